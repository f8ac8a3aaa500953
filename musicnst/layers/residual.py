"""Blocks that add to what they are given: dense layers, and a recurrence over an axis of the music."""
import keras
from keras import ops

from musicnst.layers import lstm


@keras.saving.register_keras_serializable('musicnst')
class ResidualBlock(keras.layers.Layer):
  """x + dense(relu(dense(x))), the last kernel starting small so that the block starts as the identity."""

  def __init__(self, width, **kwargs):
    super().__init__(**kwargs)
    self.width = width
    self.inner = keras.layers.Dense(width, activation='relu', name='inner')
    self.outer = keras.layers.Dense(
        width, kernel_initializer=keras.initializers.RandomNormal(stddev=.01), name='outer')

  def build(self, shape):
    self.inner.build(shape)
    self.outer.build((*shape[:-1], self.width))

  def call(self, x):
    return x + self.outer(self.inner(x))

  def compute_output_shape(self, shape):
    return shape

  def get_config(self):
    return {**super().get_config(), 'width': self.width}


@keras.saving.register_keras_serializable('musicnst')
class ResidualRNN(keras.layers.Layer):
  """x `[B, T, width]` -> x + dense(bidirectional LSTM of x over T, such as beats or bars).

  Args:
    width: units of x.
    units: of each direction.
  """

  def __init__(self, width, units, **kwargs):
    super().__init__(**kwargs)
    self.width, self.units = width, units
    self.directions = [lstm.LSTMLayer(units, name=name) for name in ('forward', 'backward')]
    self.outer = keras.layers.Dense(width, name='outer')

  def build(self, shape):
    for layer in self.directions:
      layer.build(shape)
    self.outer.build((*shape[:-1], 2 * self.units))
    self.built = True

  def call(self, x):
    timed = ops.transpose(x, (1, 0, 2))  # [B, T, W] -> [T, B, W]
    state = self.directions[0].cell.zero_state(ops.shape(x)[0])
    both = [layer.sequence([timed], state, reverse=bool(i))[0] for i, layer in enumerate(self.directions)]
    return x + self.outer(ops.transpose(ops.concatenate(both, axis=-1), (1, 0, 2)))

  def compute_output_shape(self, shape):
    return shape

  def get_config(self):
    return {**super().get_config(), 'width': self.width, 'units': self.units}
