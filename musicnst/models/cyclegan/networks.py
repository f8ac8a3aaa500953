"""Generator and discriminator of the CycleGAN papers, as the published code has them (Brunner et al., 2018 and 2019)."""
import keras
from keras import ops

from musicnst.layers import images

# Filters of the discriminator's second convolution, as a multiple of the first's.
SECOND = 4


class Generator(keras.layers.Layer):
  """A roll of one genre -> a roll of the other, `[B, T, P]` -> probabilities `[B, T, P]`; T and P multiples of 4.

  Two strided convolutions down, residual blocks, two transposed convolutions up, a sigmoid.

  Args:
    filters: of the first convolution (64 in the paper); 2 and 4 times as many below.
    blocks: residual blocks (10).
    spectral: spectral normalization of every convolution; not of the transposed ones, as in the published code.
    attention: self-attention after the last two blocks.
    attention_pool: see `images.SelfAttention`.
    input_skip: logits `input_skip * (2 x - 1)` of the input are added to the output's. Deviation: 0 is the paper's network; above 0 a
      training begins near the copy of the input, and short trainings spend no time on learning to copy.
  """

  def __init__(self, filters=64, blocks=10, spectral=False, attention=False, input_skip=0.0, attention_pool=1, **kwargs):
    super().__init__(**kwargs)
    self.input_skip = input_skip
    conv = lambda factor, kernel, strides, padding: images.ConvolutionBlock(filters * factor, kernel, strides, padding, spectral)
    self.down = [conv(1, 7, 1, 'valid'), conv(2, 3, 2, 'same'), conv(4, 3, 2, 'same')]
    self.blocks = [images.ResidualBlock(filters * 4, spectral) for _ in range(blocks)]
    self.attention = [images.SelfAttention(spectral, attention_pool) for _ in range(min(2, blocks))] if attention else []
    self.up = [images.UpsamplingBlock(filters * 2), images.UpsamplingBlock(filters)]
    self.output_convolution = images.convolution(1, 7, padding='valid', spectral=spectral)

  def build(self, shape):
    shape = (*shape, 1)
    for layer in (*self.down, *self.blocks, *self.attention, *self.up):
      layer.build(shape)
      shape = layer.compute_output_shape(shape)
    self.output_convolution.build((*shape[:1], shape[1] + 6, shape[2] + 6, shape[3]))

  def call(self, rolls, training=False):
    x = rolls[..., None]  # [B, T, P] -> [B, T, P, 1]
    for i, layer in enumerate(self.down):
      x = layer(images.reflect(x, 3) if i == 0 else x, training=training)  # -> [B, T/4, P/4, 4 F]
    first = len(self.blocks) - len(self.attention)
    for i, layer in enumerate(self.blocks):
      x = layer(x, training=training)
      if i >= first:
        x = self.attention[i - first](x, training=training)
    for layer in self.up:
      x = layer(x)
    logits = ops.cast(images.apply(self.output_convolution, images.reflect(x, 3), training), 'float32')[..., 0]
    return ops.sigmoid(logits + self.input_skip * (2 * ops.cast(rolls, 'float32') - 1))


class Discriminator(keras.layers.Layer):
  """A roll `[B, T, P]` -> logits of its patches `[B, T/4, P/4]`: 1 is real, 0 generated.

  Args:
    filters: of the first convolution (64 in the paper), 4 times as many of the second.
    spectral: spectral normalization of every convolution.
    attention: self-attention after both hidden convolutions.
    attention_pool: see `images.SelfAttention`.
  """

  def __init__(self, filters=64, spectral=False, attention=False, attention_pool=1, **kwargs):
    super().__init__(**kwargs)
    self.first = images.convolution(filters, 7, 2, spectral=spectral)
    self.second = images.convolution(filters * SECOND, 7, 2, spectral=spectral)
    self.normalization = images.InstanceNormalization()
    self.output_convolution = images.convolution(1, 7, spectral=spectral)
    self.attention = [images.SelfAttention(spectral, attention_pool) for _ in range(2)] if attention else []

  def build(self, shape):
    shape = (*shape, 1)
    for i, layer in enumerate((self.first, self.second)):
      layer.build(shape)
      shape = layer.compute_output_shape(shape)
      if self.attention:
        self.attention[i].build(shape)
    self.normalization.build(shape)
    self.output_convolution.build(shape)

  def call(self, rolls, training=False):
    x = ops.cast(rolls, self.compute_dtype)[..., None]
    x = self._attended(images.leaky_relu(images.apply(self.first, x, training)), 0, training)  # [B, T/2, P/2, F]
    x = self._attended(images.leaky_relu(self.normalization(images.apply(self.second, x, training))), 1, training)  # [B, T/4, P/4, 4 F]
    return ops.cast(images.apply(self.output_convolution, x, training), 'float32')[..., 0]

  def _attended(self, x, index, training):
    return self.attention[index](x, training=training) if self.attention else x
