"""LSTM layers against a plain numpy reading of the cell's formulas, and against keras.layers.LSTM."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst.layers import lstm
from musicnst.layers import recurrence

T, B, D, U = 6, 3, 4, 5


def numpy_lstm(x, kernel, bias, cell, hidden, lengths=None, reverse=False):
  """One step at a time: (outputs, cell, hidden); past an example's length nothing moves and the output is 0."""
  sigmoid = lambda v: 1 / (1 + np.exp(-v))
  outputs = np.zeros((*x.shape[:2], hidden.shape[1]))
  cell, hidden = cell.copy(), hidden.copy()
  for b in range(x.shape[1]):
    steps = range(x.shape[0] if lengths is None else lengths[b])
    for t in reversed(steps) if reverse else steps:
      i, j, f, o = np.split(np.concatenate([x[t, b], hidden[b]]) @ kernel + bias, 4)
      cell[b] = sigmoid(f + 1) * cell[b] + sigmoid(i) * np.tanh(j)
      hidden[b] = outputs[t, b] = sigmoid(o) * np.tanh(cell[b])
  return outputs, cell, hidden


@pytest.fixture
def rng():
  return np.random.default_rng(3)


def make_cell(rng, units=U, depth=D):
  cell = lstm.LSTMCell(units)
  cell.build((None, depth))
  cell.kernel.assign(rng.normal(size=cell.kernel.shape) * .5)
  cell.bias.assign(rng.normal(size=cell.bias.shape) * .5)
  return cell


def arrays(rng, *shapes):
  return [rng.normal(size=shape).astype('float32') for shape in shapes]


@pytest.mark.parametrize('reverse', [False, True])
@pytest.mark.parametrize('lengths', [None, [6, 2, 0]])
def test_sequence(rng, reverse, lengths):
  cell = make_cell(rng)
  x, c, h = arrays(rng, (T, B, D), (B, U), (B, U))
  valid = None if lengths is None else (np.arange(T)[:, None] < np.array(lengths)).astype('float32')[..., None]
  outputs, (cell_state, hidden) = cell.sequence([x], (c, h), valid, reverse)
  expected = numpy_lstm(x, cell.kernel.numpy(), cell.bias.numpy(), c, h, lengths, reverse)
  for ours, theirs in zip((outputs, cell_state, hidden), expected):
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_pieces_constant_in_time_are_as_if_repeated(rng):
  cell = make_cell(rng, depth=D + 3)
  x, z, c, h = arrays(rng, (T, B, D), (B, 3), (B, U), (B, U))
  outputs, _ = cell.sequence([x, z], (c, h))
  joined, _ = cell.sequence([np.concatenate([x, np.repeat(z[None], T, 0)], -1)], (c, h))
  np.testing.assert_allclose(outputs, joined, atol=1e-6)


@pytest.mark.parametrize('reverse', [False, True])
def test_gradient_is_that_of_automatic_differentiation(rng, reverse):
  gates, still, kernel, c, h, weight = map(
      tf.constant, arrays(rng, (T, B, 4 * U), (B, 4 * U), (U, 4 * U), (B, U), (B, U), (T, B, U)))
  valid = tf.constant((np.arange(T)[:, None] < [6, 2, 0]).astype('float32')[..., None])

  def plain(gates, still, kernel, c, h):
    outputs = [None] * T
    for t in range(T)[::-1] if reverse else range(T):
      new_h, new_c, _ = recurrence.step(gates[t] + still + h @ kernel, c)
      outputs[t] = new_h * valid[t]
      c, h = tf.where(valid[t] > 0, new_c, c), tf.where(valid[t] > 0, new_h, h)
    return tf.stack(outputs), (c, h)

  def gradient(function):
    with tf.GradientTape() as tape:
      tape.watch((gates, still, kernel, c, h))
      outputs, (last_c, last_h) = function(gates, still, kernel, c, h)
      loss = tf.reduce_sum(outputs * weight) + tf.reduce_sum(last_c ** 2) + tf.reduce_sum(tf.sin(last_h))
    return tape.gradient(loss, (gates, still, kernel, c, h))

  ours = gradient(lambda gates, still, kernel, c, h: recurrence.run(gates, still, kernel, (c, h), valid, reverse))
  for mine, theirs in zip(ours, gradient(plain)):
    np.testing.assert_allclose(mine, theirs, atol=2e-6)


def test_weights_to_keras_and_back(rng):
  cell = make_cell(rng)
  x, = arrays(rng, (B, T, D))
  stock = keras.layers.LSTM(U, return_sequences=True)
  stock.build((None, T, D))
  weights = lstm.to_keras(cell.kernel.numpy(), cell.bias.numpy(), U)
  stock.set_weights(weights)
  outputs, _ = cell.sequence([x.transpose(1, 0, 2)], cell.zero_state(B))
  np.testing.assert_allclose(outputs, stock(x).numpy().transpose(1, 0, 2), atol=1e-5)
  kernel, bias = lstm.from_keras(weights, U)
  np.testing.assert_array_equal(kernel, cell.kernel.numpy())
  np.testing.assert_allclose(bias, cell.bias.numpy(), atol=1e-6)


def test_residual_layer_adds_its_projected_input_but_keeps_the_cells_state(rng):
  layer = lstm.LSTMLayer(U, residual=True, project=True)
  layer.build((None, D))
  x, c, h = arrays(rng, (T, B, D), (B, U), (B, U))
  outputs, (_, hidden) = layer.sequence([x], (c, h))
  projected = x @ layer.projection.kernel.numpy() + layer.projection.bias.numpy()
  plain, _, last = numpy_lstm(projected, layer.cell.kernel.numpy(), layer.cell.bias.numpy(), c, h)
  np.testing.assert_allclose(outputs, plain + projected, atol=1e-5)
  np.testing.assert_allclose(hidden, last, atol=1e-5)


@pytest.mark.parametrize('residual', [False, True])
def test_stack_steps_as_it_runs(rng, residual):
  stack = lstm.LSTMStack((U, U, 7), residual)
  stack.build((None, D + 2))
  x, z, flat = arrays(rng, (T, B, D), (B, 2), (B, stack.state_size))
  outputs, after = stack.sequence([x, z], stack.split_state(flat))
  step, states = stack.stepper([z], [D]), stack.split_state(flat)
  for t in range(T):
    output, states = step([x[t]], states)
    np.testing.assert_allclose(output, outputs[t], atol=1e-5)
  np.testing.assert_allclose(states[2][0], after[2][0], atol=1e-5)


def test_states_are_split_cell_first():
  stack = lstm.LSTMStack((1, 2))
  (c0, h0), (c1, h1) = stack.split_state(tf.constant([[0., 1, 2, 3, 4, 5]]))
  assert [c0.numpy().tolist(), h0.numpy().tolist(), c1.numpy().tolist(), h1.numpy().tolist()] == [[[0]], [[1]], [[2, 3]], [[4, 5]]]


def test_dropout_takes_input_cells_anew_at_each_step(rng):
  layer = lstm.LSTMLayer(U, dropout_rate=.5)
  layer.build((None, 40))
  x = np.ones((T, B, 40), 'float32')
  dropped = layer._dropped(x, tf.constant([1, 2, 3], tf.int64)).numpy()
  assert set(np.unique(dropped)) == {0, 2} and .4 < (dropped == 0).mean() < .6
  assert (dropped[0] != dropped[1]).any() and (dropped[:, 0] != dropped[:, 1]).any()
