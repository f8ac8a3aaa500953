"""Noise that belongs to an example: its distribution, and what it does and does not depend on."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst.layers import dropout
from musicnst.layers import noise

BATCH = {'inputs': np.zeros((2000, 1))}


def test_normal_has_the_moments_of_a_normal():
  draws = noise.normal(noise.keys(BATCH, step=5), (33,)).numpy()
  assert abs(draws.mean()) < .015 and abs(draws.std() - 1) < .01
  assert abs((draws ** 3).mean()) < .05 and abs((draws ** 4).mean() - 3) < .1
  neighbours = [np.corrcoef(draws[:-1].ravel(), draws[1:].ravel()), np.corrcoef(draws[:, :-1].ravel(), draws[:, 1:].ravel())]
  assert all(abs(matrix[0, 1]) < .015 for matrix in neighbours)


def test_uniform_is_uniform_and_open():
  draws = noise.uniform(noise.keys(BATCH), (4, 25)).numpy()
  assert draws.shape == (2000, 4, 25) and 0 < draws.min() and draws.max() < 1
  assert np.abs(np.histogram(draws, 20, (0, 1))[0] / draws.size - .05).max() < .002


@pytest.mark.parametrize('bits, number', [(0, 2 ** -24), (2 ** 32 - 1, 1 - 2 ** -24), (2 ** 31, .5 + 2 ** -24)])
def test_the_outermost_numbers_are_inside(bits, number, monkeypatch):
  monkeypatch.setattr(noise, '_mix', lambda x: 0 * x + bits)
  drawn = noise.from_cells(tf.constant([0], tf.int64), tf.constant([0], tf.int64)).numpy()
  assert drawn.dtype == np.float32 and drawn.tolist() == [number]


def test_an_example_keeps_its_noise_wherever_it_stands():
  seeds = np.array([11, 12, 13, 14], np.int32)
  whole = noise.normal(noise.keys({'inputs': BATCH['inputs'][:4], 'seeds': seeds}), (5,)).numpy()
  half = noise.normal(noise.keys({'inputs': BATCH['inputs'][:2], 'seeds': seeds[2:]}), (5,)).numpy()
  np.testing.assert_array_equal(whole[2:], half)
  assert len(np.unique(whole)) == whole.size


def test_steps_seeds_and_streams_differ():
  keys = [noise.keys(BATCH, step=1), noise.keys(BATCH, step=2), noise.keys(BATCH, step=1, seed=1), noise.split(noise.keys(BATCH, step=1), 0)]
  draws = np.stack([noise.uniform(key, (3,)).numpy().ravel() for key in keys])
  assert np.abs(np.corrcoef(draws) - np.eye(4)).max() < .05


def test_dropout_keeps_the_mean():
  dropped = dropout.drop(tf.ones((2000, 30)), .25, noise.keys(BATCH)).numpy()
  np.testing.assert_allclose(np.unique(dropped), [0, 4 / 3], rtol=1e-6)
  assert abs(dropped.mean() - 1) < .01
