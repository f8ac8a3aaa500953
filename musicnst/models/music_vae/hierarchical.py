"""The hierarchical decoder: conductors give each segment an embedding, a core decoder writes the segment from it.

Roberts et al. 2018, section 3.2; Magenta's `HierarchicalLstmDecoder`. In all public configs the conductor is not autoregressive: under
teacher forcing the segments then do not depend on each other, and all are decoded side by side. Otherwise a conductor reads what came of
the segment before, and the segments are decoded one after another.
"""
import math

import keras
from keras import ops

from musicnst import errors
from musicnst.layers import lstm
from musicnst.layers import noise
from musicnst.layers import recurrence
from musicnst.losses import reconstruction
from musicnst.models.music_vae import decoders
from musicnst.models.music_vae import encoders
from musicnst.models.music_vae import recurrent

# Streams of the core's noise and of the conductors' dropout.
CORE_STREAM, CONDUCTOR_STREAM = 7, 8


class Conductor(keras.layers.Layer):
  """`[B, Z]` -> embeddings `[B, S, U]`: an LSTM stack whose first state is tanh(dense(z)).

  Its input is a zero at every step, or, if autoregressive, what came of the step before (zeros at first), and z.

  Args:
    units: tuple, U of each layer.
    steps: S.
    residual, dropout_rate: see `LSTMLayer`.
    below: width of what comes of a step, for an autoregressive conductor; 0 for one that is not.

  Deviation: Magenta builds the conductor's cells so that their dropout acts in inference too; here it acts in training only.
  """

  def __init__(self, units, steps, residual=False, dropout_rate=0.0, below=0, **kwargs):
    super().__init__(**kwargs)
    self.steps, self.below = int(steps), int(below)
    self.stack = lstm.LSTMStack(units, residual, dropout_rate, name='stack')
    self.initial_state = keras.layers.Dense(self.stack.state_size, activation='tanh', name='initial_state')

  def build(self, shape):
    self.initial_state.build(shape)
    self.stack.build((None, self.below + shape[-1] if self.below else 1))
    self.built = True

  def call(self, z, key=None):
    """All steps of a conductor that is not autoregressive; `key` int64 `[B]` turns dropout on."""
    inputs = ops.zeros((self.steps, ops.shape(z)[0], 1), self.compute_dtype)
    outputs, _ = self.stack.sequence([inputs], self.first_states(z), key)
    return ops.transpose(outputs, (1, 0, 2))  # [S, B, U] -> [B, S, U]

  def first_states(self, z):
    return self.stack.split_state(self.initial_state(z))

  def step(self, z, below, states, key=None):
    """One step: (embedding `[B, U]`, states)."""
    inputs = ops.concatenate([ops.cast(x, self.compute_dtype) for x in (below, z)], axis=-1) if self.below else ops.zeros_like(z[:, :1])
    outputs, states = self.stack.sequence([ops.cast(inputs, self.compute_dtype)[None]], states, key)
    return outputs[0], states


class HierarchicalDecoder(decoders.Decoder):
  """z -> conductors -> core decoder.

  Args:
    core: a `LSTMDecoder` or `SplitDecoder` of one segment's steps.
    level_lengths: segments of each conductor, then steps a segment: (16, 16) is 16 segments of 16 steps.
    units: tuple, U of each conductor layer.
    residual, dropout_rate: see `LSTMLayer`.
    autoregressive_levels: conductors, counted from 0 at the top, that read the last states of the level below them.
    rereader: a built `HierarchicalEncoder`; autoregressive conductors read what it makes of the tokens below, in place of states.
  """

  def __init__(self, core, level_lengths, units, residual=False, dropout_rate=0.0, autoregressive_levels=(), rereader=None, **kwargs):
    super().__init__(math.prod(level_lengths), **kwargs)
    if len(level_lengths) < 2 or level_lengths[-1] != core.steps:
      raise errors.HparamError(f'level_lengths {tuple(level_lengths)} must end in the core decoder\'s {core.steps} steps and have a conductor')
    if rereader is not None and rereader.level_lengths != tuple(level_lengths)[::-1]:
      raise errors.HparamError(f'the encoder\'s levels {rereader.level_lengths} are not those of the decoder, {tuple(level_lengths)}, reversed')
    self.core, self.segment_steps, self.rereader = core, int(level_lengths[-1]), rereader
    self.segments, self.in_order = math.prod(level_lengths[:-1]), bool(autoregressive_levels)
    inner = 2 * sum(units)
    below = [inner] * (len(level_lengths) - 2) + [core.state_size]
    if rereader is not None:
      below = [2 * rereader.levels[0].units[-1]] * len(below)
    self.conductors = [Conductor(units, n, residual, dropout_rate, width if i in autoregressive_levels else 0, name=f'conductor_{i}')
                       for i, (n, width) in enumerate(zip(level_lengths[:-1], below))]

  @property
  def head(self):
    return self.core.head

  @property
  def autoregressive(self):
    return self.core.autoregressive

  def build(self, shape):
    for conductor in self.conductors:
      conductor.build(shape)
      shape = (None, conductor.stack.units[-1])
    self.core.build(shape)
    self.built = True

  def embeddings(self, z, key=None):
    """`[B, Z]` -> what each segment is decoded from, `[B, S, U]`; `key` turns dropout on."""
    x = z[:, None]
    for level, conductor in enumerate(self.conductors):
      spread = None if key is None else _spread(noise.split(key, CONDUCTOR_STREAM + level), x.shape[1])
      found = conductor(ops.reshape(x, (-1, x.shape[-1])), key=spread)  # [B S, U] -> [B S, S', U]
      x = ops.reshape(found, (-1, x.shape[1] * conductor.steps, found.shape[-1]))
    return x

  def logits(self, z, batch=None, training=False, step=0, key=None):
    targets = ops.cast(batch['outputs'], 'float32')
    if targets.shape[1] != self.steps:
      raise ValueError(f'outputs of {targets.shape[1]} steps, but this decoder writes {self.segments} segments of {self.segment_steps}')
    controls = batch.get('controls')
    controls = None if controls is None or not controls.shape[-1] else controls
    write = self._forced_in_order if self.in_order else self._forced_side_by_side
    logits = write(z, targets, controls, batch.get('lengths'), training, step, key)
    return logits * self.mask(batch)[..., None]

  def _forced_side_by_side(self, z, targets, controls, lengths, training, step, key):
    del lengths
    embeddings = self.embeddings(z, key if training else None)
    # The first token a segment reads is the last of the segment before it.
    previous = self._cut(recurrent.shifted(targets))
    controls = None if controls is None else self._cut(controls)
    spread = None if key is None else _spread(noise.split(key, CORE_STREAM), self.segments)
    logits = self.core.forced(ops.reshape(embeddings, (-1, embeddings.shape[-1])), previous, controls, training, step, spread)
    return ops.reshape(logits, (-1, self.steps, logits.shape[-1]))  # [B S, T/S, L] -> [B, T, L]

  def _forced_in_order(self, z, targets, controls, lengths, training, step, key):
    lengths = None if lengths is None else encoders.segment_lengths(lengths, self.segments, self.segment_steps)
    previous, found = recurrent.shifted(targets), []
    stream = None if key is None else noise.split(key, CORE_STREAM)

    def write(embedding, k):
      own = slice(k * self.segment_steps, (k + 1) * self.segment_steps)
      # Magenta's loop runs as long as the batch's longest segment, and the states of the others go on with it.
      longest = None if lengths is None else ops.max(lengths[:, k]) * ops.ones_like(lengths[:, k])
      valid = None if lengths is None else reconstruction.step_mask(longest, self.segment_steps)
      logits, states, read = self.core.forced_to_end(
          embedding, previous[:, own], None if controls is None else controls[:, own], training, step,
          None if stream is None else stream + k, valid)
      found.append(logits)
      if self.rereader is None:
        return lstm.flat_state(states)
      return self._reread(_with_last(read, targets[:, own], None if lengths is None else lengths[:, k]),
                          None if lengths is None else lengths[:, k])

    self._descend(z, write, key if training else None)
    return ops.concatenate(found, axis=1)

  def tokens(self, z, steps=None, temperature=0.0, controls=None, key=None):
    count = self.segments if steps is None else min(-(-steps // self.segment_steps), self.segments)
    if controls is not None and controls.shape[1] < count * self.segment_steps:
      raise ValueError(f'controls of {controls.shape[1]} steps, but {count} segments of {self.segment_steps} are to be written')
    write = self._free_in_order if self.in_order else self._free_by_loop
    return write(z, count, temperature, controls, key)[:, :steps]

  def _free_by_loop(self, z, count, temperature, controls, key):
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
    return ops.reshape(ops.transpose(written, (1, 0, 2, 3)), (-1, count * self.segment_steps, self.head.depth))  # [S, B, T/S, D] -> [B, T, D]

  def _free_in_order(self, z, count, temperature, controls, key):
    found = [ops.zeros((ops.shape(z)[0], self.segment_steps, self.head.depth), 'float32')]
    stream = None if key is None else noise.split(key, CORE_STREAM)

    def write(embedding, k):
      own = None if controls is None else controls[:, k * self.segment_steps:(k + 1) * self.segment_steps]
      tokens, states = self.core.free_to_end(
          embedding, found[-1][:, -1], self.segment_steps, temperature, own, None if stream is None else stream + k)
      found.append(tokens)
      return lstm.flat_state(states) if self.rereader is None else self._reread(tokens, None)

    self._descend(z, write)
    return ops.concatenate(found[1:count + 1], axis=1)

  # === Conductors that read what was written ===

  def _descend(self, z, write, key=None, level=0, index=0):
    """Depth first through the conductors; `write(embedding, k)` makes segment k and gives what the conductor above reads next."""
    if level == len(self.conductors):
      return write(z, index)
    conductor = self.conductors[level]
    states, below, found = conductor.first_states(z), ops.zeros((ops.shape(z)[0], conductor.below), self.compute_dtype), []
    for i in range(conductor.steps):
      own = None if key is None else noise.split(key, CONDUCTOR_STREAM + level) + index * conductor.steps + i
      embedding, states = conductor.step(z, below, states, own)
      below = self._descend(embedding, write, key, level + 1, index * conductor.steps + i)
      found.append(below)
    if self.rereader is None:
      return lstm.flat_state(states)
    return self.rereader.levels[len(self.conductors) - level](ops.stack(found, axis=1))

  def _reread(self, tokens, lengths):
    return self.rereader.levels[0](ops.cast(tokens, self.compute_dtype), lengths=lengths)

  def _cut(self, x):
    return ops.reshape(x, (-1, self.segment_steps, x.shape[-1]))  # [B, T, D] -> [B S, T/S, D]


def _spread(key, count):
  """Keys `[B]` -> `[B count]`, one for each part of an example."""
  return ops.reshape(key[:, None] + ops.arange(count, dtype='int64'), (-1,))


def _with_last(read, targets, lengths):
  """The tokens a segment stands for: what was read, one step earlier, and the true token at the last valid step; zeros after it."""
  steps = targets.shape[1]
  last = ops.full((ops.shape(targets)[0], 1), steps - 1, 'int32') if lengths is None else ops.maximum(lengths[:, None] - 1, 0)
  place = ops.arange(steps, dtype='int32')[None]
  before, at = (ops.cast(mask, 'float32')[..., None] for mask in (place < last, ops.equal(place, last)))
  return before * ops.pad(read[:, 1:], ((0, 0), (0, 1), (0, 0))) + at * targets
