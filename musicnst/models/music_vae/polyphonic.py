"""The beat network: a non-autoregressive polyphonic encoder and decoder whose unit of time is the beat, not the sixteenth.

A window of 32 steps is 8 beats of 4 steps. Dense layers, shared by the beats, read each beat (4 x 176 cells); what they find is laid side
by side and becomes the latent. The decoder mirrors it. Every product is a large dense one, so it trains several times faster on a CPU
than a recurrence over 32 steps. Beats know of each other through the latent, and, if asked for, through an LSTM over the 8 beats
(`rnn_size`, the conductor's place in Roberts et al.).

Deviation: not in the paper (Roberts et al. 2018 use recurrent layers throughout); BUILD_NOTES.md gives the comparison.
"""
import keras
from keras import ops

from musicnst.layers import residual


@keras.saving.register_keras_serializable('musicnst')
class BeatEncoder(keras.layers.Layer):
  """`[B, T, D]` -> features `[B, E]`, E = beats x width.

  Args:
    width: units of the dense layers shared over the beats.
    blocks: residual dense blocks after the first layer.
    steps_per_beat: steps that make one unit. Defaults to 4.
    rnn_size: units of a bidirectional LSTM over the beats after the blocks; 0 for none.
  """

  # It has no dropout that would take noise keys.
  takes_key = False

  def __init__(self, width=512, blocks=1, steps_per_beat=4, rnn_size=0, **kwargs):
    super().__init__(**kwargs)
    self.width, self.num_blocks, self.steps_per_beat, self.rnn_size = width, blocks, steps_per_beat, rnn_size
    self.read = keras.layers.Dense(width, activation='relu', name='read')
    self.blocks = [residual.ResidualBlock(width, name=f'block_{i}') for i in range(blocks)]
    self.rnn = residual.ResidualRNN(width, rnn_size, name='rnn') if rnn_size else None

  def build(self, shape):
    batch, steps, depth = shape
    self.beats = steps // self.steps_per_beat
    self.read.build((batch, self.beats, depth * self.steps_per_beat))
    for block in self.blocks:
      block.build((batch, self.beats, self.width))
    if self.rnn:
      self.rnn.build((batch, self.beats, self.width))

  def call(self, inputs, lengths=None, training=False):
    steps, depth = inputs.shape[1:]
    x = ops.reshape(inputs, (-1, steps // self.steps_per_beat, self.steps_per_beat * depth))  # [B, T, D] -> [B, beats, 4 D]
    x = self.read(x)
    for block in self.blocks:
      x = block(x)
    if self.rnn:
      x = self.rnn(x)
    return ops.reshape(x, (-1, self.beats * self.width))

  def compute_output_shape(self, shape):
    return (shape[0], shape[1] // self.steps_per_beat * self.width)

  def get_config(self):
    return {**super().get_config(), 'width': self.width, 'blocks': self.num_blocks, 'steps_per_beat': self.steps_per_beat,
            'rnn_size': self.rnn_size}


@keras.saving.register_keras_serializable('musicnst')
class BeatDecoder(keras.layers.Layer):
  """z `[B, Z]` -> logits `[B, T, D]`; mirrors `BeatEncoder`.

  Args:
    steps, depth: T and D of the output.
    width: units of the dense layers shared over the beats.
    blocks: residual dense blocks before the last layer.
    steps_per_beat: steps that make one unit. Defaults to 4.
    bias: first bias of the output, the logit of a cell's rate (about 2 % of the cells are on).
    rnn_size: units of a bidirectional LSTM over the beats before the blocks; 0 for none.
  """

  def __init__(self, steps=32, depth=176, width=512, blocks=1, steps_per_beat=4, bias=-4.0, rnn_size=0, **kwargs):
    super().__init__(**kwargs)
    self.steps, self.depth, self.width, self.num_blocks = steps, depth, width, blocks
    self.steps_per_beat, self.bias, self.rnn_size = steps_per_beat, bias, rnn_size
    self.beats = steps // steps_per_beat
    self.spread = keras.layers.Dense(self.beats * width, activation='relu', name='spread')
    self.rnn = residual.ResidualRNN(width, rnn_size, name='rnn') if rnn_size else None
    self.blocks = [residual.ResidualBlock(width, name=f'block_{i}') for i in range(blocks)]
    self.write = keras.layers.Dense(
        steps_per_beat * depth, bias_initializer=keras.initializers.Constant(bias), name='write')

  def build(self, shape):
    self.spread.build(shape)
    if self.rnn:
      self.rnn.build((shape[0], self.beats, self.width))
    for block in self.blocks:
      block.build((shape[0], self.beats, self.width))
    self.write.build((shape[0], self.beats, self.width))

  def call(self, z):
    x = ops.reshape(self.spread(z), (-1, self.beats, self.width))
    if self.rnn:
      x = self.rnn(x)
    for block in self.blocks:
      x = block(x)
    return ops.reshape(self.write(x), (-1, self.steps, self.depth))  # [B, beats, 4 D] -> [B, T, D]

  def compute_output_shape(self, shape):
    return (shape[0], self.steps, self.depth)

  def get_config(self):
    return {**super().get_config(), 'steps': self.steps, 'depth': self.depth, 'width': self.width, 'blocks': self.num_blocks,
            'steps_per_beat': self.steps_per_beat, 'bias': self.bias, 'rnn_size': self.rnn_size}
