"""LSTM cells and stacks of them with Magenta's weights and wrappers; sequences are time-major, `[T, B, D]`.

A cell has one kernel `[input + U, 4 U]` (rows: input first, then the state h; columns: gates i, j, f, o) and a bias `[4 U]` without the
forget bias, as TensorFlow 1's LSTMBlockCell has, so that its checkpoints load as they are. To and from `keras.layers.LSTM` (gates i, f,
j, o; forget bias stored) see `to_keras` and `from_keras`.
"""
import functools

import keras
import numpy as np
from keras import ops

from musicnst.layers import dropout
from musicnst.layers import noise
from musicnst.layers import recurrence


class LSTMCell(keras.layers.Layer):
  """One cell.

  Args:
    units: U.
  """

  def __init__(self, units, **kwargs):
    super().__init__(**kwargs)
    self.units = int(units)

  def build(self, shape):
    """Makes the variables for inputs of depth `shape[-1]`."""
    self.kernel = self.add_weight(shape=(shape[-1] + self.units, 4 * self.units), initializer='glorot_uniform', name='kernel')
    self.bias = self.add_weight(shape=(4 * self.units,), initializer='zeros', name='bias')
    self.built = True

  def parts(self, depths):
    """The kernel's rows for inputs of `depths`, then those of the state, in the compute dtype."""
    edges = np.cumsum(depths).tolist()
    return ops.split(ops.cast(self.kernel, self.compute_dtype), edges, axis=0)

  def project(self, pieces, parts):
    """What bias and inputs give to the gates; `pieces` are `[..., D]`."""
    gates = ops.cast(self.bias, self.compute_dtype)
    for piece, part in zip(pieces, parts):
      gates = gates + ops.matmul(ops.cast(piece, self.compute_dtype), part)
    return gates

  def sequence(self, pieces, state, valid=None, reverse=False):
    """`pieces`: list of `[T, B, D]` or, constant in time, `[B, D]`, at least one with time. Returns (outputs `[T, B, U]`, (c, h))."""
    parts = self.parts([piece.shape[-1] for piece in pieces])
    pairs = list(zip(pieces, parts))
    constant = [(piece, part) for piece, part in pairs if len(piece.shape) == 2]
    still = self.project(*zip(*constant)) if constant else ops.broadcast_to(self.project([], []), (ops.shape(state[0])[0], 4 * self.units))
    timed = [ops.matmul(ops.cast(piece, self.compute_dtype), part) for piece, part in pairs if len(piece.shape) == 3]
    return recurrence.run(functools.reduce(ops.add, timed), still, parts[-1], state, valid, reverse)

  def step(self, gates, kernel, state):
    """One step from the gates' input part `[B, 4 U]` and the state's kernel: (h, (c, h))."""
    cell, hidden = state
    gates = ops.cast(gates, 'float32') + ops.cast(ops.matmul(ops.cast(hidden, kernel.dtype), kernel), 'float32')
    hidden, cell, _ = recurrence.step(gates, ops.cast(cell, 'float32'))
    hidden = ops.cast(hidden, kernel.dtype)
    return hidden, (cell, hidden)

  def zero_state(self, batch_size):
    return ops.zeros((batch_size, self.units), 'float32'), ops.zeros((batch_size, self.units), self.compute_dtype)


class LSTMLayer(keras.layers.Layer):
  """A cell in Magenta's wrappers, from outside in: dropout of the input, projection to U (dense, biased), residual sum.

  The sum adds the projected input; the state stays the cell's own h.

  Args:
    units: U.
    residual: whether to add the input.
    project: whether the input of a residual layer is projected first.
    dropout_rate: share of the input's cells dropped in training, anew at each step.
  """

  def __init__(self, units, residual=False, project=False, dropout_rate=0.0, **kwargs):
    super().__init__(**kwargs)
    self.units, self.residual, self.dropout_rate = int(units), residual, dropout_rate
    self.cell = LSTMCell(units, name='cell')
    self.projection = keras.layers.Dense(units, name='projection') if residual and project else None

  def build(self, shape):
    if self.projection is not None:
      self.projection.build(shape)
      shape = (*shape[:-1], self.units)
    self.cell.build(shape)
    self.built = True

  def sequence(self, pieces, state, valid=None, reverse=False, key=None):
    """As `LSTMCell.sequence`; `key` int64 `[B]` turns dropout on."""
    if key is not None and self.dropout_rate:
      pieces = [self._dropped(_joined(pieces), key)]
    if self.residual:
      pieces = [self._projected(_joined(pieces))]
    outputs, state = self.cell.sequence(pieces, state, valid, reverse)
    return (outputs + ops.cast(pieces[0], outputs.dtype) if self.residual else outputs), state

  def stepper(self, constants, depths):
    """A function for running freely: `(pieces, state) -> (output [B, U], state)` with kernels read once.

    Args:
      constants: pieces `[B, D]` that are the same at every step, which come after the others in the kernel's rows.
      depths: depths of the pieces that the function will be given.
    """
    if self.residual:
      return lambda pieces, state: self._plain_step([*pieces, *constants], state)
    parts = self.cell.parts([*depths, *(piece.shape[-1] for piece in constants)])
    still = self.cell.project(constants, parts[len(depths):-1])

    def step(pieces, state):
      gates = still
      for piece, part in zip(pieces, parts):
        gates = gates + ops.matmul(ops.cast(piece, self.compute_dtype), part)
      return self.cell.step(gates, parts[-1], state)

    return step

  def _plain_step(self, pieces, state):
    x = self._projected(ops.concatenate([ops.cast(p, self.compute_dtype) for p in pieces], axis=-1))
    parts = self.cell.parts([x.shape[-1]])
    hidden, state = self.cell.step(self.cell.project([x], parts), parts[-1], state)
    return hidden + ops.cast(x, hidden.dtype), state

  def _projected(self, x):
    return x if self.projection is None else self.projection(x)

  def _dropped(self, x, key):
    by_example = ops.transpose(x, (1, 0, 2))  # [T, B, D] -> [B, T, D]
    return ops.transpose(dropout.drop(by_example, self.dropout_rate, key), (1, 0, 2))


class LSTMStack(keras.layers.Layer):
  """Layers upon each other, as a decoder or a conductor has them; the input is projected in layer 0 and where sizes differ.

  Args:
    units: tuple, U of each layer.
    residual, dropout_rate: see `LSTMLayer`.
  """

  def __init__(self, units, residual=False, dropout_rate=0.0, **kwargs):
    super().__init__(**kwargs)
    self.units = tuple(int(u) for u in units)
    self.layers = [
        LSTMLayer(u, residual, i == 0 or u != self.units[i - 1], dropout_rate, name=f'layer_{i}') for i, u in enumerate(self.units)]

  @property
  def state_size(self):
    """Width of all states side by side."""
    return 2 * sum(self.units)

  def build(self, shape):
    for layer in self.layers:
      layer.build(shape)
      shape = (*shape[:-1], layer.units)
    self.built = True

  def split_state(self, flat):
    """`[B, state_size]` in the order c0, h0, c1, h1, ... -> list of (c, h)."""
    edges = np.cumsum(np.repeat(self.units, 2))[:-1].tolist()
    parts = ops.split(flat, edges, axis=-1)
    return list(zip(parts[::2], parts[1::2]))

  def zero_state(self, batch_size):
    return [layer.cell.zero_state(batch_size) for layer in self.layers]

  def sequence(self, pieces, states, key=None, valid=None):
    """Runs all layers: (outputs of the top `[T, B, U]`, states); `valid` as in `recurrence.run`."""
    after = []
    for i, (layer, state) in enumerate(zip(self.layers, states)):
      outputs, state = layer.sequence(pieces, state, valid, key=None if key is None else noise.split(key, i))
      pieces = [outputs]
      after.append(state)
    return outputs, after

  def stepper(self, constants, depths):
    """As `LSTMLayer.stepper`, for the stack: `(pieces, states) -> (output of the top, states)`."""
    steppers = [layer.stepper(constants if i == 0 else [], depths if i == 0 else [self.units[i - 1]])
                for i, layer in enumerate(self.layers)]

    def step(pieces, states):
      after = []
      for one, state in zip(steppers, states):
        output, state = one(pieces, state)
        pieces = [output]
        after.append(state)
      return output, after

    return step


def flat_state(states):
  """List of (c, h) -> `[B, state_size]` in the order c0, h0, c1, h1, ... (the inverse of `LSTMStack.split_state`)."""
  return ops.concatenate([ops.cast(part, states[0][0].dtype) for state in states for part in state], axis=-1)


def _joined(pieces):
  """All pieces side by side, `[T, B, D]`, those constant in time repeated."""
  timed = next(piece for piece in pieces if len(piece.shape) == 3)
  steps = ops.shape(timed)[0]
  spread = [p if len(p.shape) == 3 else ops.repeat(p[None], steps, axis=0) for p in pieces]
  return ops.concatenate([ops.cast(p, spread[0].dtype) for p in spread], axis=-1)


def to_keras(kernel, bias, units):
  """Kernel and bias of `LSTMCell` -> [kernel, recurrent kernel, bias] of `keras.layers.LSTM` (numpy)."""
  order = _swap_middle_gates(units)
  kernel, bias = np.asarray(kernel)[:, order], np.asarray(bias)[order].copy()
  bias[units:2 * units] += recurrence.FORGET_BIAS
  return [kernel[:-units], kernel[-units:], bias]


def from_keras(weights, units):
  """The inverse of `to_keras`: (kernel, bias)."""
  kernel, recurrent_kernel, bias = (np.asarray(w) for w in weights)
  bias = bias.copy()
  bias[units:2 * units] -= recurrence.FORGET_BIAS
  order = _swap_middle_gates(units)  # its own inverse
  return np.concatenate([kernel, recurrent_kernel])[:, order], bias[order]


def _swap_middle_gates(units):
  return np.concatenate([np.arange(units) + units * block for block in (0, 2, 1, 3)])
