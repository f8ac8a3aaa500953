"""MusicVAE in plain float64 numpy, one example and one step at a time, from Magenta's conventions: what the Keras models are tested against.

Weights are a dict of our variable names. Nothing here is fast, and nothing is shared with the models.
"""
import numpy as np


def sigmoid(x):
  return 1 / (1 + np.exp(-x))


def dense(weights, name, x):
  return x @ weights[f'{name}/kernel'] + weights[f'{name}/bias']


class Layer:
  """One LSTM cell in its wrappers, of the variables below `name`."""

  def __init__(self, weights, name, residual=False):
    self.weights, self.name, self.residual = weights, name, residual
    self.units = len(weights[f'{name}/cell/bias']) // 4

  def zeros(self):
    return np.zeros(self.units), np.zeros(self.units)

  def step(self, x, state):
    """(output, (c, h)): gates i, j, f, o; 1 is added to f; a residual layer adds what the cell was given."""
    if self.residual and f'{self.name}/projection/kernel' in self.weights:
      x = dense(self.weights, f'{self.name}/projection', x)
    i, j, f, o = np.split(dense(self.weights, f'{self.name}/cell', np.concatenate([x, state[1]])), 4)
    cell = sigmoid(f + 1) * state[0] + sigmoid(i) * np.tanh(j)
    hidden = sigmoid(o) * np.tanh(cell)
    return (hidden + x if self.residual else hidden), (cell, hidden)


class Stack:

  def __init__(self, weights, name, residual=False):
    self.layers = []
    while f'{name}/layers_{len(self.layers)}/cell/bias' in weights:
      self.layers.append(Layer(weights, f'{name}/layers_{len(self.layers)}', residual))

  def states(self, flat):
    """c0, h0, c1, h1, ... side by side -> list of (c, h)."""
    edges = np.cumsum([layer.units for layer in self.layers for _ in range(2)])[:-1]
    parts = np.split(flat, edges)
    return list(zip(parts[::2], parts[1::2]))

  def step(self, x, states):
    after = []
    for layer, state in zip(self.layers, states):
      x, state = layer.step(x, state)
      after.append(state)
    return x, after


def flat(states):
  return np.concatenate([part for state in states for part in state])


def bidirectional(weights, name, sequence, length, residual=False):
  """`[T, D]` -> the last layer's final h of both directions."""
  i, ends = 0, None
  while f'{name}/forward_{i}/cell/bias' in weights:
    outputs, ends = [], []
    for way in ('forward', 'backward'):
      layer = Layer(weights, f'{name}/{way}_{i}', residual)
      state, found = layer.zeros(), np.zeros((len(sequence), layer.units))
      for t in range(length) if way == 'forward' else reversed(range(length)):
        found[t], state = layer.step(sequence[t], state)
      outputs.append(found)
      ends.append(state[1])
    sequence, i = np.concatenate(outputs, axis=1), i + 1
  return np.concatenate(ends)


def hierarchical_encoder(weights, sequence, lengths, level_lengths, residual=False):
  """Segments of `level_lengths[0]` rows and their lengths, then each level over the embeddings of the one below."""
  rows = sequence
  for level, steps in enumerate(level_lengths):
    groups = rows.reshape(-1, steps, rows.shape[1])
    rows = np.stack([bidirectional(weights, f'encoder/levels_{level}', group, lengths[k] if level == 0 else steps, residual)
                     for k, group in enumerate(groups)])
  return rows[0]


def posterior(weights, features):
  return dense(weights, 'mean_head', features), np.log1p(np.exp(dense(weights, 'stddev_head', features)))


def decode(weights, name, z, previous, controls=None, residual=False):
  """Teacher-forced logits `[T, L]` and the last states: token, z and control of each step in, in this order."""
  stack = Stack(weights, f'{name}/stack', residual)
  states = stack.states(np.tanh(dense(weights, f'{name}/z_to_state', z)))
  found = []
  for t, token in enumerate(previous):
    x, states = stack.step(np.concatenate([token, z] + ([] if controls is None else [controls[t]])), states)
    found.append(dense(weights, f'{name}/output_projection', x))
  return np.array(found), states


def conducted(weights, z, targets, level_lengths, lengths, longest, controls=None, autoregressive=False, residual=False):
  """Teacher-forced logits `[T, L]` of conductors over a core: depth first, a segment after another.

  Args:
    lengths: valid steps of each segment; logits behind them are 0.
    longest: of each segment, the most of the batch: as long as Magenta's loop runs, and so how far the core's states go.
  """
  steps = level_lengths[-1]
  previous = np.concatenate([np.zeros_like(targets[:1]), targets[:-1]])
  logits = []

  def core(embedding):
    k = len(logits)
    own = slice(k * steps, (k + 1) * steps)
    found, _ = decode(weights, 'decoder/core', embedding, previous[own], None if controls is None else controls[own], residual)
    found[lengths[k]:] = 0
    logits.append(found)
    cut = slice(k * steps, k * steps + longest[k])
    if longest[k]:
      return flat(decode(weights, 'decoder/core', embedding, previous[cut], None if controls is None else controls[cut], residual)[1])
    return np.tanh(dense(weights, 'decoder/core/z_to_state', embedding))

  def descend(embedding, level):
    if level == len(level_lengths) - 1:
      return core(embedding)
    name = f'decoder/conductors_{level}'
    stack = Stack(weights, f'{name}/stack', residual)
    states = stack.states(np.tanh(dense(weights, f'{name}/initial_state', embedding)))
    rows = weights[f'{name}/stack/layers_0/' + ('projection' if residual else 'cell') + '/kernel'].shape[0]
    below = np.zeros(rows - len(embedding) - (0 if residual else stack.layers[0].units)) if autoregressive else None
    for _ in range(level_lengths[level]):
      x = np.concatenate([below, embedding]) if autoregressive else np.zeros(1)
      output, states = stack.step(x, states)
      below = descend(output, level + 1)
    return flat(states)

  descend(z, 0)
  return np.concatenate(logits)


def nade_nats(weights, name, logits, targets):
  """Nats of each step of bits `[T, D]`; b_enc stands before b_dec in the logits."""
  w_enc, w_dec = weights[f'{name}/w_enc'], weights[f'{name}/w_dec_t']
  hidden, found = w_enc.shape[2], []
  for row, bits in zip(logits, targets):
    state, b_dec, nats = row[:hidden], row[hidden:], 0
    for i, bit in enumerate(bits):
      chance = sigmoid(b_dec[i] + sigmoid(state) @ w_dec[i, :, 0])
      nats -= bit * np.log(1e-6 + chance) + (1 - bit) * np.log(1e-6 + 1 - chance)
      state = state + bit * w_enc[i, 0]
    found.append(nats)
  return np.array(found)


def groove_nats(logits, targets):
  """Log loss of the hits and squared errors of velocities and offsets, each step's sum."""
  hits, velocities, offsets = np.split(logits, 3, axis=1)
  struck, loud, early = np.split(targets, 3, axis=1)
  hits = sigmoid(hits)
  loss = -struck * np.log(hits + 1e-7) - (1 - struck) * np.log(1 - hits + 1e-7)
  return (loss + (sigmoid(velocities) - loud) ** 2 + (np.tanh(offsets) - early) ** 2).sum(axis=1)


def categorical_nats(logits, targets):
  shifted = logits - logits.max(axis=1, keepdims=True)
  return (np.log(np.exp(shifted).sum(axis=1)) - (shifted * targets).sum(axis=1)) * targets.sum(axis=1)
