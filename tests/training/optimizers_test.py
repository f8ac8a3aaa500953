"""Adam against its formula in float64 and against TensorFlow 1's optimizer; learning rates by hand."""
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


def _of_tensors(rate):
  value, path = tf.constant(START, tf.float32), []
  m = v = tf.zeros_like(value)
  for t, gradient in enumerate(GRADIENTS.astype(np.float32), 1):
    value, m, v = optimizers.updated(value, m, v, tf.constant(gradient), tf.constant(rate), tf.constant(t, tf.float32))
    path.append(value.numpy())
  return np.array(path)


@pytest.mark.parametrize('ours', [_ours, _of_tensors])
def test_adam_is_the_epsilon_hat_formula(ours):
  value, m, v, path = START.copy(), 0.0, 0.0, []
  for t, gradient in enumerate(GRADIENTS, 1):
    m, v = .9 * m + .1 * gradient, .999 * v + .001 * gradient**2
    value = value - .01 * math.sqrt(1 - .999**t) / (1 - .9**t) * m / (np.sqrt(v) + 1e-8)
    path.append(value)
  np.testing.assert_allclose(ours(.01), path, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('ours', [_ours, _of_tensors])
def test_adam_equals_tensorflow_1(ours):
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    variable = tf.compat.v1.get_variable('x', initializer=START.astype(np.float32), use_resource=True)
    gradient = tf.compat.v1.placeholder(tf.float32, [5])
    step = tf.compat.v1.train.AdamOptimizer(.01).apply_gradients([(gradient, variable)])
    session.run(tf.compat.v1.global_variables_initializer())
    path = []
    for row in GRADIENTS.astype(np.float32):
      session.run(step, {gradient: row})
      path.append(session.run(variable))
  np.testing.assert_allclose(ours(.01), path, rtol=1e-5, atol=1e-7)


def test_learning_rate_falls_as_in_magenta():
  hparams = hparams_lib.HParams(learning_rate=1e-3, min_learning_rate=1e-5, decay_rate=.9999)
  for step in (0, 1, 10000, 200000):
    expected = (1e-3 - 1e-5) * .9999**step + 1e-5
    assert float(schedules.learning_rate(hparams, tf.constant(step, tf.int64))) == pytest.approx(expected, rel=1e-3)


def test_the_rate_stays_and_then_falls_to_nought():
  hparams = hparams_lib.HParams(learning_rate=.01, constant_steps=10, zero_rate_step=30)
  rates = [float(schedules.learning_rate(hparams, tf.constant(step, tf.int64))) for step in (0, 10, 15, 20, 30, 40)]
  np.testing.assert_allclose(rates, [.01, .01, .0075, .005, 0, 0], atol=1e-8)
