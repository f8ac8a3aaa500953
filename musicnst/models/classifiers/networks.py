"""One-dimensional convolutions over time, masked pooling and dense layers: the trunk of every classifier here."""
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
  """

  def __init__(self, filters, kernels, strides, dense=(), pooling='mean_max', activation='relu', dropout_rate=0.0, **kwargs):
    super().__init__(**kwargs)
    if not len(filters) == len(kernels) == len(strides):
      raise ValueError(f'filters {filters}, kernels {kernels} and strides {strides} must have one length')
    if pooling not in ('mean_max', 'flatten'):
      raise ValueError(f'pooling {pooling!r} is neither mean_max nor flatten')
    self.pooling, self.dropout_rate, self.strides = pooling, dropout_rate, tuple(strides)
    self.convolutions = [
        keras.layers.Conv1D(f, k, s, padding='same', activation=activation, name=f'conv_{i}')
        for i, (f, k, s) in enumerate(zip(filters, kernels, strides))]
    self.dense = [keras.layers.Dense(units, activation=activation, name=f'dense_{i}') for i, units in enumerate(dense)]

  def build(self, shape):
    for layer in self.convolutions:
      layer.build(shape)
      shape = layer.compute_output_shape(shape)
    shape = (shape[0], 2 * shape[2] if self.pooling == 'mean_max' else shape[1] * shape[2])
    for layer in self.dense:
      layer.build(shape)
      shape = layer.compute_output_shape(shape)
    self.output_depth = shape[-1]

  def call(self, x, valid=None, training=False, key=None):
    """Returns {'conv_0': `[B, T', F]`, ..., 'pooled': `[B, E]`, 'dense_0': ..., 'output': `[B, E]`} of x; `valid` `[B, T]` or None."""
    found = {}
    mask = ops.ones(ops.shape(x)[:2], x.dtype) if valid is None else ops.cast(valid, x.dtype)
    x = x * mask[..., None]
    for i, (layer, stride) in enumerate(zip(self.convolutions, self.strides)):
      mask = mask[:, ::stride]
      x = layer(x) * mask[..., None]
      found[layer.name] = x
      x = self._drop(x, training, key, i, False)
    x = found['pooled'] = self._pool(x, mask)
    for i, layer in enumerate(self.dense):
      x = found[layer.name] = layer(x)
      x = self._drop(x, training, key, len(self.convolutions) + i, True)
    found['output'] = x
    return found

  def _drop(self, x, training, key, index, per_step):
    return dropout.drop(x, self.dropout_rate, key + index, per_step) if training and self.dropout_rate else x

  def _pool(self, x, mask):
    if self.pooling == 'flatten':
      return ops.reshape(x, (-1, x.shape[1] * x.shape[2]))
    weights = mask[..., None]
    mean = ops.sum(x * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1)
    low = ops.cast(-1e4, x.dtype)
    # A piece without one valid step has neither mean nor maximum: zeros.
    highest = ops.max(ops.where(weights > 0, x, low), axis=1)
    return ops.concatenate([mean, ops.where(highest > low, highest, ops.zeros_like(highest))], axis=-1)
