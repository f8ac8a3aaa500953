"""Layers of networks that read a piano roll as an image `[B, T, P, C]`: convolution blocks, instance normalization, self-attention."""
import keras
from keras import ops

# As in the published code of the CycleGAN papers.
KERNEL_DEVIATION, LEAK = .02, .2


def kernel_initializer():
  """Truncated normal of deviation .02."""
  return keras.initializers.TruncatedNormal(stddev=KERNEL_DEVIATION)


def leaky_relu(x):
  """Slope .2 below 0."""
  return ops.leaky_relu(x, negative_slope=LEAK)


def reflect(x, margin):
  """`[B, T, P, C]` with `margin` cells more on each side of time and pitch, mirrored."""
  return ops.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode='reflect')


def convolution(filters, kernel, strides=1, padding='same', spectral=False, bias=False, name=None):
  """Conv2D, its kernel divided by its largest singular value (one power iteration a step) if `spectral`.

  Spectral normalization is Keras's layer (Miyato et al., 2018), which scales the kernel itself in each training step.
  """
  layer = keras.layers.Conv2D(
      filters, kernel, strides, padding=padding, use_bias=bias, kernel_initializer=kernel_initializer(), name=None if spectral else name)
  return keras.layers.SpectralNormalization(layer, name=name) if spectral else layer


class InstanceNormalization(keras.layers.Layer):
  """Each channel of each example brought to mean 0 and variance 1 over its cells, then scaled and shifted (Ulyanov et al., 2016).

  Args:
    epsilon: added to the variance.
  """

  def __init__(self, epsilon=1e-5, **kwargs):
    super().__init__(**kwargs)
    self.epsilon = epsilon

  def build(self, shape):
    self.scale = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.RandomNormal(1.0, KERNEL_DEVIATION), name='scale')
    self.offset = self.add_weight(shape=(shape[-1],), initializer='zeros', name='offset')

  def compute_output_shape(self, shape):
    return shape

  def call(self, x):
    """`[B, T, P, C]` -> the same shape; moments in float32 whatever the policy."""
    wide = ops.cast(x, 'float32')
    mean = ops.mean(wide, axis=(1, 2), keepdims=True)  # [B, 1, 1, C]
    variance = ops.mean(ops.square(wide - mean), axis=(1, 2), keepdims=True)
    factor = ops.cast(self.scale, 'float32') * ops.rsqrt(variance + self.epsilon)
    shift = ops.cast(self.offset, 'float32') - mean * factor
    return x * ops.cast(factor, x.dtype) + ops.cast(shift, x.dtype)


class ConvolutionBlock(keras.layers.Layer):
  """Convolution, instance normalization, ReLU.

  Args:
    filters, kernel, strides, padding, spectral: as of `convolution`; with padding 'valid' it is built for an input that is `reflect`ed.
  """

  def __init__(self, filters, kernel, strides, padding, spectral, **kwargs):
    super().__init__(**kwargs)
    self.convolution = convolution(filters, kernel, strides, padding, spectral)
    self.normalization, self.margin = InstanceNormalization(), kernel - 1 if padding == 'valid' else 0

  def build(self, shape):
    shape = (shape[0], shape[1] + self.margin, shape[2] + self.margin, shape[3])
    self.convolution.build(shape)
    self.normalization.build(self.convolution.compute_output_shape(shape))

  def compute_output_shape(self, shape):
    return self.convolution.compute_output_shape((shape[0], shape[1] + self.margin, shape[2] + self.margin, shape[3]))

  def call(self, x, training=False):
    return ops.relu(self.normalization(apply(self.convolution, x, training)))


class ResidualBlock(keras.layers.Layer):
  """relu(x + f(x)), f two 3 x 3 convolutions of as many filters as x has channels, with mirrored margins."""

  def __init__(self, filters, spectral, **kwargs):
    super().__init__(**kwargs)
    self.convolutions = [convolution(filters, 3, padding='valid', spectral=spectral) for _ in range(2)]
    self.normalizations = [InstanceNormalization() for _ in range(2)]

  def build(self, shape):
    for convolution, normalization in zip(self.convolutions, self.normalizations):
      convolution.build((shape[0], shape[1] + 2, shape[2] + 2, shape[3]))
      normalization.build(shape)

  def compute_output_shape(self, shape):
    return shape

  def call(self, x, training=False):
    y = ops.relu(self.normalizations[0](apply(self.convolutions[0], reflect(x, 1), training)))
    y = self.normalizations[1](apply(self.convolutions[1], reflect(y, 1), training))
    return ops.relu(x + y)


class UpsamplingBlock(keras.layers.Layer):
  """Transposed convolution to twice the size, instance normalization, ReLU."""

  def __init__(self, filters, **kwargs):
    super().__init__(**kwargs)
    self.convolution = keras.layers.Conv2DTranspose(
        filters, 3, 2, padding='same', use_bias=False, kernel_initializer=kernel_initializer())
    self.normalization = InstanceNormalization()

  def build(self, shape):
    self.convolution.build(shape)
    self.normalization.build(self.convolution.compute_output_shape(shape))

  def compute_output_shape(self, shape):
    return self.convolution.compute_output_shape(shape)

  def call(self, x):
    return ops.relu(self.normalization(self.convolution(x)))


class SelfAttention(keras.layers.Layer):
  """Every cell attends to every cell (Zhang et al., 2019, section 3): x + gamma * attention, gamma 0 at first.

  Queries and keys have an eighth of the channels, values all of them; scores are not scaled.

  Args:
    spectral: spectral normalization of its convolutions.
    pool: keys and values are the maxima of squares of so many cells a side, as in the code published with that paper; 1, the paper's
      formula and what the CycleGAN papers use, is all cells.
  """

  def __init__(self, spectral=False, pool=1, **kwargs):
    super().__init__(**kwargs)
    self.spectral, self.pool = spectral, pool

  def build(self, shape):
    channels = shape[-1]
    narrow = max(channels // 8, 1)
    self.query = convolution(narrow, 1, spectral=self.spectral, bias=True, name='query')
    self.key = convolution(narrow, 1, spectral=self.spectral, bias=True, name='key')
    self.value = convolution(channels, 1, spectral=self.spectral, bias=True, name='value')
    for layer in (self.query, self.key, self.value):
      layer.build(shape)
    self.gamma = self.add_weight(shape=(), initializer='zeros', name='gamma')

  def compute_output_shape(self, shape):
    return shape

  def call(self, x, training=False):
    """`[B, T, P, C]` -> the same shape."""
    shape = ops.shape(x)
    query, key, value = (apply(layer, x, training) for layer in (self.query, self.key, self.value))
    if self.pool > 1:
      key, value = (ops.max_pool(part, self.pool, padding='same') for part in (key, value))
    query, key, value = _cells(query), _cells(key), _cells(value)
    scores = ops.matmul(query, ops.transpose(key, (0, 2, 1)))  # [B, N, M], N = T P, M as many or a pool-th of a pool-th
    found = ops.matmul(ops.softmax(scores, axis=-1), value)  # [B, N, C]
    return x + ops.cast(self.gamma, x.dtype) * ops.reshape(found, shape)


def apply(layer, x, training):
  """A convolution of `convolution`: only a spectral one knows of training."""
  return layer(x, training=training) if isinstance(layer, keras.layers.SpectralNormalization) else layer(x)


def _cells(x):
  return ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
