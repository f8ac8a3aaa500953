"""Convolutions over time, or over time and pitch, masked pooling and dense layers: the trunk of every classifier here."""
import keras
from keras import ops

from musicnst.layers import dropout


class ConvTrunk(keras.layers.Layer):
  """`[B, T, C]` of any length -> named activations, the last of them `[B, E]`.

  Args:
    filters, kernels, strides: one entry a convolution.
    dense: units of the dense layers after the pooling.
    pooling: 'mean_max' over the valid steps, or 'flatten' (a fixed T, as in the paper).
    activation: of every layer.
    dropout: rate after each layer in training; whole channels after convolutions.
    pitch_kernels, pitch_strides: where given, one entry a convolution: they go over the 88 keys too, of a roll `[B, T, 2 x 88]`.
  """

  def __init__(self, filters, kernels, strides, dense=(), pooling='mean_max', activation='relu', dropout_rate=0.0, pitch_kernels=(),
               pitch_strides=(), **kwargs):
    super().__init__(**kwargs)
    if pitch_kernels and not len(pitch_kernels) == len(pitch_strides) == len(filters):
      raise ValueError(f'pitch_kernels {pitch_kernels}, pitch_strides {pitch_strides} and filters {filters} must have one length')
    if not len(filters) == len(kernels) == len(strides):
      raise ValueError(f'filters {filters}, kernels {kernels} and strides {strides} must have one length')
    if pooling not in ('mean_max', 'flatten'):
      raise ValueError(f'pooling {pooling!r} is neither mean_max nor flatten')
    self.pooling, self.dropout_rate, self.strides = pooling, dropout_rate, tuple(strides)
    self.square = bool(pitch_kernels)
    sizes = [zip(a, b) for a, b in ((kernels, pitch_kernels), (strides, pitch_strides))] if self.square else [kernels, strides]
    layer = keras.layers.Conv2D if self.square else keras.layers.Conv1D
    self.convolutions = [
        layer(f, k, s, padding='same', activation=activation, name=f'conv_{i}') for i, (f, k, s) in enumerate(zip(filters, *sizes))]
    self.dense = [keras.layers.Dense(units, activation=activation, name=f'dense_{i}') for i, units in enumerate(dense)]

  def build(self, shape):
    if self.square:
      shape = (*shape[:-1], shape[-1] // 2, 2)
    for layer in self.convolutions:
      layer.build(shape)
      shape = layer.compute_output_shape(shape)
    if self.square:
      shape = (*shape[:-2], shape[-2] * shape[-1])
    shape = (shape[0], 2 * shape[2] if self.pooling == 'mean_max' else shape[1] * shape[2])
    for layer in self.dense:
      layer.build(shape)
      shape = layer.compute_output_shape(shape)
    self.output_depth = shape[-1]

  def call(self, x, valid=None, training=False, key=None):
    """x and `valid` `[B, T]` or None -> {'conv_0': `[B, T', F]` (or `[B, T', P', F]`), ..., 'pooled': `[B, E]`, 'dense_0': ...,
    'output': `[B, E]`}."""
    found = {}
    mask = ops.ones(ops.shape(x)[:2], x.dtype) if valid is None else ops.cast(valid, x.dtype)
    x = x * mask[..., None]
    if self.square:  # [B, T, 2 x 88] -> [B, T, 88, 2]
      x = ops.transpose(ops.reshape(x, (-1, *ops.shape(x)[1:-1], 2, x.shape[-1] // 2)), (0, 1, 3, 2))
    for i, (layer, stride) in enumerate(zip(self.convolutions, self.strides)):
      mask = mask[:, ::stride]
      x = layer(x)
      x = x * ops.reshape(mask, (*ops.shape(mask), *(1 for _ in x.shape[2:])))
      found[layer.name] = x
      x = self._drop(x, training, key, i, False)
    if self.square:
      x = ops.reshape(x, (-1, ops.shape(x)[1], x.shape[2] * x.shape[3]))
    x = found['pooled'] = self._pool(x, mask)
    for i, layer in enumerate(self.dense):
      x = found[layer.name] = layer(x)
      x = self._drop(x, training, key, len(self.convolutions) + i, True)
    found['output'] = x
    return found

  def _drop(self, x, training, key, index, per_step):
    if not training or not self.dropout_rate:
      return x
    flat = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3])) if len(x.shape) == 4 else x
    return ops.reshape(dropout.drop(flat, self.dropout_rate, key + index, per_step), ops.shape(x))

  def _pool(self, x, mask):
    if self.pooling == 'flatten':
      return ops.reshape(x, (-1, x.shape[1] * x.shape[2]))
    weights = mask[..., None]
    mean = ops.sum(x * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1)
    low = ops.cast(-1e4, x.dtype)
    # A piece without one valid step has neither mean nor maximum: zeros.
    highest = ops.max(ops.where(weights > 0, x, low), axis=1)
    return ops.concatenate([mean, ops.where(highest > low, highest, ops.zeros_like(highest))], axis=-1)
