"""Adam against its formula in float64 and against TensorFlow 1's optimizer; clipping by hand."""
import math

import numpy as np
import pytest
import tensorflow as tf

from musicnst import hparams as hparams_lib
from musicnst.training import optimizers
from musicnst.training import schedules

GRADIENTS = np.random.default_rng(0).normal(size=(30, 5)) * 10.0 ** np.random.default_rng(1).integers(-9, 2, (30, 5))
START = np.random.default_rng(2).normal(size=5)


def _ours(rate):
  variable = tf.Variable(START, dtype=tf.float32)
  adam = optimizers.Adam([variable])
  step = tf.function(lambda gradient, updates: adam.apply([gradient], rate, updates))
  path = []
  for i, gradient in enumerate(GRADIENTS.astype(np.float32)):
    step(tf.constant(gradient), tf.constant(i, tf.int64))
    path.append(variable.numpy())
  return np.array(path)


def test_adam_is_the_epsilon_hat_formula():
  value, m, v, path = START.copy(), 0.0, 0.0, []
  for t, gradient in enumerate(GRADIENTS, 1):
    m, v = .9 * m + .1 * gradient, .999 * v + .001 * gradient**2
    value = value - .01 * math.sqrt(1 - .999**t) / (1 - .9**t) * m / (np.sqrt(v) + 1e-8)
    path.append(value)
  np.testing.assert_allclose(_ours(.01), path, rtol=1e-4, atol=1e-6)


def test_adam_equals_tensorflow_1():
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    variable = tf.compat.v1.get_variable('x', initializer=START.astype(np.float32), use_resource=True)
    gradient = tf.compat.v1.placeholder(tf.float32, [5])
    step = tf.compat.v1.train.AdamOptimizer(.01).apply_gradients([(gradient, variable)])
    session.run(tf.compat.v1.global_variables_initializer())
    path = []
    for row in GRADIENTS.astype(np.float32):
      session.run(step, {gradient: row})
      path.append(session.run(variable))
  np.testing.assert_allclose(_ours(.01), path, rtol=1e-5, atol=1e-7)


def _clip(gradients, **hparams):
  settings = hparams_lib.HParams(**{'grad_clip': 1.0, 'clip_mode': 'global_norm', 'grad_norm_clip_to_zero': 100.0, **hparams})
  clipped, norm = optimizers.clip([tf.constant(g, tf.float32) for g in gradients], settings)
  return [g.numpy().tolist() for g in clipped], float(norm)


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


def test_learning_rate_falls_as_in_magenta():
  hparams = hparams_lib.HParams(learning_rate=1e-3, min_learning_rate=1e-5, decay_rate=.9999)
  for step in (0, 1, 10000, 200000):
    expected = (1e-3 - 1e-5) * .9999**step + 1e-5
    assert float(schedules.learning_rate(hparams, tf.constant(step, tf.int64))) == pytest.approx(expected, rel=1e-3)


def test_the_rate_stays_and_then_falls_to_nought():
  hparams = hparams_lib.HParams(learning_rate=.01, constant_steps=10, zero_rate_step=30)
  rates = [float(schedules.learning_rate(hparams, tf.constant(step, tf.int64))) for step in (0, 10, 15, 20, 30, 40)]
  np.testing.assert_allclose(rates, [.01, .01, .0075, .005, 0, 0], atol=1e-8)
