"""The hierarchical decoder: a conductor gives each segment an embedding, a core decoder writes the segment from it.

Roberts et al. 2018, section 3.2; Magenta's `HierarchicalLstmDecoder` with autoregression of the conductor disabled, as in all its public
configs. Under teacher forcing the segments do not depend on each other given the conductor: all are decoded side by side.
"""
import math

import keras
from keras import ops

from musicnst import errors
from musicnst.layers import lstm
from musicnst.layers import noise
from musicnst.layers import recurrence
from musicnst.models.music_vae import decoders
from musicnst.models.music_vae import recurrent

# Stream of the core's noise.
CORE_STREAM = 7


class Conductor(keras.layers.Layer):
  """`[B, Z]` -> embeddings `[B, S, U]`: an LSTM stack whose first state is tanh(dense(z)) and whose input is a zero at every step.

  Args:
    units: tuple, U of each layer.
    steps: S.
    residual: see `LSTMLayer`.
  """

  def __init__(self, units, steps, residual=False, **kwargs):
    super().__init__(**kwargs)
    self.steps = int(steps)
    self.stack = lstm.LSTMStack(units, residual, name='stack')
    self.initial_state = keras.layers.Dense(self.stack.state_size, activation='tanh', name='initial_state')

  def build(self, shape):
    self.initial_state.build(shape)
    self.stack.build((None, 1))
    self.built = True

  def call(self, z):
    states = self.stack.split_state(self.initial_state(z))
    outputs, _ = self.stack.sequence([ops.zeros((self.steps, ops.shape(z)[0], 1), self.compute_dtype)], states)
    return ops.transpose(outputs, (1, 0, 2))  # [S, B, U] -> [B, S, U]


class HierarchicalDecoder(decoders.Decoder):
  """z -> conductors -> core decoder.

  Args:
    core: a `LSTMDecoder` or `SplitDecoder` of one segment's steps.
    level_lengths: segments of each conductor, then steps a segment: (16, 16) is 16 segments of 16 steps.
    units: tuple, U of each conductor layer.
    residual: see `LSTMLayer`.
  """

  def __init__(self, core, level_lengths, units, residual=False, **kwargs):
    super().__init__(core.head, math.prod(level_lengths), **kwargs)
    if len(level_lengths) < 2 or level_lengths[-1] != core.steps:
      raise errors.HparamError(f'level_lengths {tuple(level_lengths)} must end in the core decoder\'s {core.steps} steps and have a conductor')
    self.core, self.segment_steps = core, int(level_lengths[-1])
    self.segments = math.prod(level_lengths[:-1])
    self.conductors = [Conductor(units, n, residual, name=f'conductor_{i}') for i, n in enumerate(level_lengths[:-1])]

  @property
  def autoregressive(self):
    return self.core.autoregressive

  def build(self, shape):
    for conductor in self.conductors:
      conductor.build(shape)
      shape = (None, conductor.stack.units[-1])
    self.core.build(shape)
    self.built = True

  def embeddings(self, z):
    """`[B, Z]` -> what each segment is decoded from, `[B, S, U]`."""
    x = z[:, None]
    for conductor in self.conductors:
      found = conductor(ops.reshape(x, (-1, x.shape[-1])))  # [B S, U] -> [B S, S', U]
      x = ops.reshape(found, (-1, x.shape[1] * conductor.steps, found.shape[-1]))
    return x

  def logits(self, z, batch=None, training=False, step=0, key=None):
    targets = ops.cast(batch['outputs'], 'float32')
    segments, steps = self.segments, self.segment_steps
    if targets.shape[1] != segments * steps:
      raise ValueError(f'outputs of {targets.shape[1]} steps, but this decoder writes {segments} segments of {steps}')
    embeddings = self.embeddings(z)
    # The first token a segment reads is the last of the segment before it.
    previous = ops.reshape(recurrent.shifted(targets), (-1, steps, targets.shape[-1]))  # [B, T, D] -> [B S, T/S, D]
    controls = batch.get('controls')
    if controls is not None:
      controls = ops.reshape(controls, (-1, steps, controls.shape[-1]))
    spread = None
    if key is not None:
      spread = ops.reshape(noise.split(key, CORE_STREAM)[:, None] + ops.arange(segments, dtype='int64'), (-1,))
    logits = self.core.forced(ops.reshape(embeddings, (-1, embeddings.shape[-1])), previous, controls, training, step, spread)
    logits = ops.reshape(logits, (-1, segments * steps, logits.shape[-1]))  # [B S, T/S, L] -> [B, T, L]
    return logits * self.mask(batch)[..., None]

  def tokens(self, z, steps=None, temperature=0.0, controls=None, key=None):
    count = self.segments if steps is None else min(-(-steps // self.segment_steps), self.segments)
    embeddings = ops.transpose(self.embeddings(z), (1, 0, 2))[:count]  # [B, S, U] -> [S, B, U]
    xs = {'embedding': embeddings, 'index': ops.arange(count, dtype='int64')}
    if controls is not None:
      cut = ops.cast(controls, 'float32')[:, :count * self.segment_steps]
      xs['controls'] = ops.transpose(ops.reshape(cut, (-1, count, self.segment_steps, cut.shape[-1])), (1, 0, 2, 3))
    names = sorted(xs)

    def body(carry, x):
      x = dict(zip(names, x))
      stream = None if key is None else noise.split(key, CORE_STREAM) + x['index']
      return (self.core.free(x['embedding'], carry[0][:, -1], self.segment_steps, temperature, x.get('controls'), stream),)

    silence = ops.zeros((ops.shape(z)[0], self.segment_steps, self.head.depth), 'float32')
    written, = recurrence.loop(body, (silence,), tuple(xs[name] for name in names), count)
    written = ops.reshape(ops.transpose(written, (1, 0, 2, 3)), (-1, count * self.segment_steps, self.head.depth))
    return written[:, :steps]  # [S, B, T/S, D] -> [B, T, D]


class SplitDecoder(keras.layers.Layer):
  """Several core decoders side by side, each fed its own block of the token and the same embedding (Magenta's `SplitMultiOutLstmDecoder`).

  Args:
    cores: `LSTMDecoder`s, one a block.
    head: the head of all blocks together, a `Categorical` of their depths.
  """

  def __init__(self, cores, head, **kwargs):
    super().__init__(**kwargs)
    self.cores, self.head, self.steps = list(cores), head, cores[0].steps
    self.autoregressive = any(core.autoregressive for core in cores)

  def build(self, shape):
    for core in self.cores:
      core.build(shape)
    self.built = True

  def forced(self, z, previous, controls=None, training=False, step=0, key=None):
    """As `LSTMDecoder.forced`, blocks side by side."""
    found = [core.forced(z, block, controls, training, step, None if key is None else noise.split(key, i))
             for i, (core, block) in enumerate(zip(self.cores, self._blocks(previous)))]
    return ops.concatenate(found, axis=-1)

  def free(self, z, first, steps, temperature=0.0, controls=None, key=None):
    """As `LSTMDecoder.free`, blocks side by side."""
    found = [core.free(z, block, steps, temperature, controls, None if key is None else noise.split(key, i))
             for i, (core, block) in enumerate(zip(self.cores, self._blocks(first)))]
    return ops.concatenate(found, axis=-1)

  def _blocks(self, x):
    edges = [sum(core.head.depth for core in self.cores[:i]) for i in range(1, len(self.cores))]
    return ops.split(x, edges, axis=-1)
