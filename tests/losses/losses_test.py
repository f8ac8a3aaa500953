"""Losses against values worked out by hand."""
import math

import numpy as np
import pytest

from musicnst.losses import adversarial
from musicnst.losses import cycle
from musicnst.losses import divergence
from musicnst.losses import reconstruction


def test_kl_by_hand():
  # Equal to the prior: 0. Mean 2: 2^2 / 2. Deviation e: (e^2 - 1) / 2 - 1.
  mean, stddev = np.array([[0., 0.], [2., 0.], [0., 0.]]), np.array([[1., 1.], [1., 1.], [math.e, 1.]])
  np.testing.assert_allclose(divergence.kl_to_standard_normal(mean, stddev), [0, 2, (math.e ** 2 - 1) / 2 - 1], atol=1e-6)


def test_free_bits_count_once_on_the_total():
  nats = np.array([3 * math.log(2), 1 * math.log(2)], 'float32')
  np.testing.assert_allclose(divergence.beyond_free_bits(nats, 2), [math.log(2), 0], atol=1e-6)


def test_beta():
  assert [float(divergence.beta(step, .2, 0.)) for step in (0, 1, 7)] == pytest.approx([0, .2, .2])
  # float32 matters: in double this is 0.13451 (MusicVAE's own value at this step is 0.13466638).
  assert float(divergence.beta(31337, .5, .99999)) == pytest.approx(0.13466638, abs=1e-7)


def test_categorical_nats():
  logits, target = np.array([[0., math.log(3.), -1e4]]), np.array([[0., 1., 0.]])
  np.testing.assert_allclose(reconstruction.categorical_nats(logits, target), [-math.log(.75)], rtol=1e-6)


def test_bernoulli_nats_at_any_size():
  logits, target = np.array([[0., math.log(3.), 500., -500.]]), np.array([[1., 0., 1., 1.]])
  np.testing.assert_allclose(reconstruction.bernoulli_nats(logits, target), [math.log(2) - math.log(.25) + 0 + 500], rtol=1e-6)


def test_step_mask():
  np.testing.assert_array_equal(reconstruction.step_mask(np.array([0, 2, 3]), 3), [[0, 0, 0], [1, 1, 0], [1, 1, 1]])
  np.testing.assert_array_equal(reconstruction.step_mask(np.array([[1, 0], [2, 1]]), 4), [[1, 0, 0, 0], [1, 1, 1, 0]])


def test_least_squares_and_cycle_by_hand():
  logits = np.array([[[1., 0.], [3., 2.]], [[0., 0.], [0., 0.]]])
  np.testing.assert_allclose(adversarial.least_squares(logits, 1.), [(0 + 1 + 4 + 1) / 4, 1])
  np.testing.assert_allclose(adversarial.least_squares(logits, 0.), [(1 + 0 + 9 + 4) / 4, 0])
  np.testing.assert_allclose(cycle.mean_absolute(logits, 0 * logits + 1), [(0 + 1 + 2 + 1) / 4, 1])
