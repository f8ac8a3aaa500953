"""The beat network: a non-autoregressive polyphonic encoder and decoder whose unit of time is the beat, not the sixteenth.

A window of 32 steps is 8 beats of 4 steps. One dense layer, shared by the beats, reads each beat (4 x 176 cells); what it finds is laid
side by side and becomes the latent. The decoder mirrors it. Every product is a large dense one, so it trains several times faster
on a CPU than a recurrence over 32 steps.

Deviation: not in the paper (Roberts et al. 2018 use recurrent layers throughout); BUILD_NOTES.md gives the comparison.
"""
import keras
from keras import ops


@keras.saving.register_keras_serializable('musicnst')
class BeatEncoder(keras.layers.Layer):
  """`[B, T, D]` -> features `[B, E]`, E = beats x width.

  Args:
    width: units of the dense layers shared over the beats.
    blocks: residual dense blocks after the first layer.
    steps_per_beat: steps that make one unit. Defaults to 4.
  """

  def __init__(self, width=512, blocks=1, steps_per_beat=4, **kwargs):
    super().__init__(**kwargs)
    self.width, self.num_blocks, self.steps_per_beat = width, blocks, steps_per_beat
    self.read = keras.layers.Dense(width, activation='relu', name='read')
    self.blocks = [ResidualBlock(width, name=f'block_{i}') for i in range(blocks)]

  def build(self, shape):
    batch, steps, depth = shape
    self.read.build((batch, steps // self.steps_per_beat, depth * self.steps_per_beat))
    for block in self.blocks:
      block.build((batch, steps // self.steps_per_beat, self.width))
    self.beats = steps // self.steps_per_beat

  def call(self, inputs, lengths=None, training=False):
    steps, depth = inputs.shape[1:]
    x = ops.reshape(inputs, (-1, steps // self.steps_per_beat, self.steps_per_beat * depth))  # [B, T, D] -> [B, beats, 4 D]
    x = self.read(x)
    for block in self.blocks:
      x = block(x)
    return ops.reshape(x, (-1, self.beats * self.width))

  def compute_output_shape(self, shape):
    return (shape[0], shape[1] // self.steps_per_beat * self.width)

  def get_config(self):
    return {**super().get_config(), 'width': self.width, 'blocks': self.num_blocks, 'steps_per_beat': self.steps_per_beat}


@keras.saving.register_keras_serializable('musicnst')
class BeatDecoder(keras.layers.Layer):
  """z `[B, Z]` -> logits `[B, T, D]`; mirrors `BeatEncoder`.

  Args:
    steps, depth: T and D of the output.
    width: units of the dense layers shared over the beats.
    blocks: residual dense blocks before the last layer.
    steps_per_beat: steps that make one unit. Defaults to 4.
    bias: first bias of the output, the logit of a cell's rate (about 2 % of the cells are on).
  """

  def __init__(self, steps=32, depth=176, width=512, blocks=1, steps_per_beat=4, bias=-4.0, **kwargs):
    super().__init__(**kwargs)
    self.steps, self.depth, self.width, self.num_blocks = steps, depth, width, blocks
    self.steps_per_beat, self.bias = steps_per_beat, bias
    self.beats = steps // steps_per_beat
    self.spread = keras.layers.Dense(self.beats * width, activation='relu', name='spread')
    self.blocks = [ResidualBlock(width, name=f'block_{i}') for i in range(blocks)]
    self.write = keras.layers.Dense(
        steps_per_beat * depth, bias_initializer=keras.initializers.Constant(bias), name='write')

  def build(self, shape):
    self.spread.build(shape)
    for block in self.blocks:
      block.build((shape[0], self.beats, self.width))
    self.write.build((shape[0], self.beats, self.width))

  def call(self, z):
    x = ops.reshape(self.spread(z), (-1, self.beats, self.width))
    for block in self.blocks:
      x = block(x)
    return ops.reshape(self.write(x), (-1, self.steps, self.depth))  # [B, beats, 4 D] -> [B, T, D]

  def compute_output_shape(self, shape):
    return (shape[0], self.steps, self.depth)

  def get_config(self):
    return {**super().get_config(), 'steps': self.steps, 'depth': self.depth, 'width': self.width, 'blocks': self.num_blocks,
            'steps_per_beat': self.steps_per_beat, 'bias': self.bias}


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
