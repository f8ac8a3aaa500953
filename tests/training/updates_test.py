"""Clipping by hand."""
import math

import numpy as np
import pytest
import tensorflow as tf

from musicnst import hparams as hparams_lib
from musicnst.training import updates


def _clip(gradients, **hparams):
  settings = hparams_lib.HParams(**{'grad_clip': 1.0, 'clip_mode': 'global_norm', 'grad_norm_clip_to_zero': 100.0, **hparams})
  gradients = [tf.constant(g, tf.float32) for g in gradients]
  norm = tf.linalg.global_norm(gradients)
  return [g.numpy().tolist() for g in updates.clip(gradients, norm, settings)], float(norm)


def test_a_long_gradient_is_scaled_to_the_clip():
  clipped, norm = _clip([[3.0], [0.0, 4.0]])
  assert norm == 5
  np.testing.assert_allclose(clipped[0] + clipped[1], [.6, 0, .8], rtol=1e-6)


def test_a_short_gradient_is_left_alone():
  assert _clip([[.25], [0.0, .5]])[0] == [[.25], [0, .5]]


@pytest.mark.parametrize('value', [100.0, math.inf, math.nan])
def test_a_gradient_out_of_bounds_is_zero(value):
  assert _clip([[value], [1.0]])[0] == [[0], [0]]


def test_clip_by_value_and_none():
  assert _clip([[3.0, -.5]], clip_mode='value')[0] == [[1, -.5]]
  assert _clip([[3.0, -.5]], clip_mode='none')[0] == [[3, -.5]]
  with pytest.raises(ValueError, match='global_norm, value, none'):
    _clip([[1.0]], clip_mode='other')
