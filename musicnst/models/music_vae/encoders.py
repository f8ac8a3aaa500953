"""The recurrent encoders: a stack of bidirectional LSTMs, and the same over segments of a window."""
import keras
from keras import ops

from musicnst import errors
from musicnst.layers import lstm
from musicnst.layers import noise
from musicnst.losses import reconstruction


class BidirectionalEncoder(keras.layers.Layer):
  """Stacked bidirectional LSTMs: `[B, T, D]` -> `[B, 2 U]`, the last layer's final states side by side (Roberts et al. 2018, section 3.1).

  Each layer reads both directions of the one below; steps past an example's length are not read (the state stands still, outputs are 0),
  and the backward direction starts at the last valid step.

  Args:
    units: tuple, U of each layer and direction.
    residual: whether a layer adds its projected input to its outputs (Magenta's `residual_encoder`).
    dropout_rate: share of each layer's input cells dropped in training.
  """

  # Whether `call` takes noise keys for its dropout.
  takes_key = True

  def __init__(self, units, residual=False, dropout_rate=0.0, **kwargs):
    super().__init__(**kwargs)
    self.units = tuple(int(u) for u in units)
    self.forward, self.backward = [
        [lstm.LSTMLayer(u, residual, True, dropout_rate, name=f'{name}_{i}') for i, u in enumerate(self.units)]
        for name in ('forward', 'backward')]

  def build(self, shape):
    for forward, backward in zip(self.forward, self.backward):
      forward.build(shape)
      backward.build(shape)
      shape = (*shape[:-1], 2 * forward.units)
    self.built = True

  def compute_output_shape(self, shape):
    return shape[0], 2 * self.units[-1]

  def call(self, inputs, lengths=None, training=False, key=None):
    batch, steps = ops.shape(inputs)[0], ops.shape(inputs)[1]
    x = ops.transpose(inputs, (1, 0, 2))  # [B, T, D] -> [T, B, D]
    valid = None if lengths is None else ops.transpose(reconstruction.step_mask(lengths, steps))[..., None]
    for i, pair in enumerate(zip(self.forward, self.backward)):
      both = [self._direction(layer, x, batch, valid, way, key if training else None, 2 * i + way)
              for way, layer in enumerate(pair)]
      x = ops.concatenate([outputs for outputs, _ in both], axis=-1)
    return ops.concatenate([hidden for _, (_, hidden) in both], axis=-1)

  def _direction(self, layer, x, batch, valid, backward, key, stream):
    key = None if key is None else noise.split(key, stream)
    # Standing still until the first valid step, the backward pass over the padded sequence is that over the reversed one.
    return layer.sequence([x], layer.cell.zero_state(batch), valid, bool(backward), key)


class ForwardEncoder(keras.layers.Layer):
  """A stack of LSTMs that reads forwards: `[B, T, D]` -> `[B, U]`, the top's output at the last step (Magenta's `LstmEncoder`).

  The output is that of step T - 1, so an example shorter than that gives zeros.

  Args:
    units: tuple, U of each layer.
    residual, dropout_rate: see `layers.lstm.LSTMLayer`.
  """

  takes_key = True

  def __init__(self, units, residual=False, dropout_rate=0.0, **kwargs):
    super().__init__(**kwargs)
    self.stack = lstm.LSTMStack(units, residual, dropout_rate, name='stack')
    self.units = self.stack.units

  def build(self, shape):
    self.stack.build(shape)
    self.built = True

  def compute_output_shape(self, shape):
    return shape[0], self.units[-1]

  def call(self, inputs, lengths=None, training=False, key=None):
    steps, states = inputs.shape[1], self.stack.zero_state(ops.shape(inputs)[0])
    mask = None if lengths is None else reconstruction.step_mask(lengths, steps)
    valid = None if lengths is None else ops.transpose(mask)[..., None]
    outputs, _ = self.stack.sequence([ops.transpose(inputs, (1, 0, 2))], states, key if training else None, valid)
    return outputs[-1] if lengths is None else outputs[-1] * ops.cast(mask[:, -1:], outputs.dtype)


class HierarchicalEncoder(keras.layers.Layer):
  """A bidirectional encoder over the steps of each segment, then one over the segments (Magenta's `HierarchicalLstmEncoder`).

  Segments of no length embed to zeros and are still read.

  Args:
    level_lengths: (steps a segment, segments); their product is T.
    level_units: tuple of tuples, the units of each level's layers.
    residual, dropout_rate: see `BidirectionalEncoder`.
  """

  takes_key = True

  def __init__(self, level_lengths, level_units, residual=False, dropout_rate=0.0, **kwargs):
    super().__init__(**kwargs)
    self.level_lengths = tuple(int(n) for n in level_lengths)
    if len(level_units) != len(self.level_lengths):
      raise errors.HparamError(f'{len(level_units)} levels of units for {len(self.level_lengths)} level lengths {self.level_lengths}')
    self.levels = [BidirectionalEncoder(units, residual, dropout_rate, name=f'level_{i}') for i, units in enumerate(level_units)]

  def build(self, shape):
    for level, steps in zip(self.levels, self.level_lengths):
      level.build((None, steps, shape[-1]))
      shape = level.compute_output_shape((None, steps, shape[-1]))
    self.built = True

  def compute_output_shape(self, shape):
    return shape[0], 2 * self.levels[-1].units[-1]

  def call(self, inputs, lengths=None, training=False, key=None):
    count = ops.shape(inputs)[0]
    for i, (level, steps) in enumerate(zip(self.levels, self.level_lengths)):
      groups = inputs.shape[1] // steps
      inside = ops.reshape(segment_lengths(lengths, groups, steps), (-1,)) if i == 0 and lengths is not None else None
      spread = None if key is None else ops.reshape(noise.split(key, i)[:, None] + ops.arange(groups, dtype='int64'), (-1,))
      found = level(ops.reshape(inputs, (-1, steps, inputs.shape[2])), lengths=inside, training=training, key=spread)
      inputs = ops.reshape(found, (count, groups, found.shape[-1]))  # [B S, E] -> [B, S, E]
    return inputs[:, 0]


def segment_lengths(lengths, segments, steps):
  """Lengths of each segment, int32 `[B, segments]`: 2-D ones as they are; a 1-D length fills segments of `steps` from the first on."""
  lengths = ops.cast(lengths, 'int32')
  if len(lengths.shape) == 2:
    return lengths
  return ops.clip(lengths[:, None] - steps * ops.arange(segments, dtype='int32')[None], 0, steps)
