"""Layers of networks that read a piano roll as a picture `[B, T, P, C]`: normalization by instance, self-attention over all cells."""
import keras
from keras import ops

# As in the published code of the CycleGAN papers.
KERNEL_DEVIATION = .02


def kernel_initializer():
  """Truncated normal of deviation .02."""
  return keras.initializers.TruncatedNormal(stddev=KERNEL_DEVIATION)


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


class SelfAttention(keras.layers.Layer):
  """Every cell looks at every cell (Zhang et al., 2019, section 3): x + gamma * attention, gamma 0 at first.

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
