"""MusAE's networks: encoder, decoders of all steps at once (one a track), critic; at the paper's size, and of beats and bars for a CPU."""
import keras
from keras import ops

from musicnst import errors
from musicnst.layers import lstm
from musicnst.layers import residual


# ---------------------- the paper's: recurrences over all steps ----


class RecurrentEncoder(keras.layers.Layer):
  """Stacked bidirectional LSTMs; features are the top's last states (equation 7).

  Args:
    units: tuple, of each layer and direction.
  """

  def __init__(self, units, **kwargs):
    super().__init__(**kwargs)
    self.units = tuple(int(u) for u in units)
    self.directions = [[lstm.LSTMLayer(u, name=f'{direction}_{i}') for direction in ('forward', 'backward')] for i, u in enumerate(self.units)]

  def build(self, shape):
    for pair, units in zip(self.directions, self.units):
      for layer in pair:
        layer.build(shape)
      shape = (*shape[:-1], 2 * units)
    self.built = True

  def call(self, inputs):
    """`[B, T, D]` -> `[B, 2 U]`."""
    x = ops.transpose(inputs, (1, 0, 2))
    for pair in self.directions:
      both = [layer.sequence([x], layer.cell.zero_state(ops.shape(inputs)[0]), reverse=bool(backward)) for backward, layer in enumerate(pair)]
      x = ops.concatenate([outputs for outputs, _ in both], axis=-1)
    return ops.concatenate([hidden for _, (_, hidden) in both], axis=-1)

  def compute_output_shape(self, shape):
    return shape[0], 2 * self.units[-1]


class RecurrentDecoder(keras.layers.Layer):
  """One track: LSTMs that read z at every step and nothing of what was written, begun at W z (equations 11 and 12).

  Args:
    steps, depth: T and D of the output.
    units: tuple, of each layer.
  """

  def __init__(self, steps, depth, units, **kwargs):
    super().__init__(**kwargs)
    self.steps, self.depth, self.units = steps, depth, tuple(int(u) for u in units)
    self.layers = [lstm.LSTMLayer(u, name=f'layer_{i}') for i, u in enumerate(self.units)]
    self.starts = [keras.layers.Dense(u, name=f'start_{i}') for i, u in enumerate(self.units)]
    self.write = keras.layers.Dense(depth, name='write')

  def build(self, shape):
    latents = shape
    for layer, start in zip(self.layers, self.starts):
      start.build(latents)
      layer.build(shape)
      shape = (*shape[:-1], layer.units)
    self.write.build(shape)
    self.built = True

  def call(self, z):
    """`[B, Z]` -> logits `[B, T, D]`."""
    x = ops.repeat(z[None], self.steps, axis=0)
    for layer, start in zip(self.layers, self.starts):
      x, _ = layer.sequence([x], (ops.zeros((ops.shape(z)[0], layer.units)), start(z)))
    return ops.transpose(self.write(x), (1, 0, 2))


# ---------------------- for a CPU: steps make beats, beats make bars ----


class Levels(keras.layers.Layer):
  """Base of the small networks: a window as beats of 4 steps and, with a `bar_width`, bars of 4 beats.

  Args:
    width: units of a beat.
    bar_width: units of a bar; 0 for no bars.
    rnn_units: of each direction of an LSTM over the bars.
  """

  BEAT, BAR = 4, 4

  def __init__(self, width, bar_width=0, rnn_units=0, **kwargs):
    super().__init__(**kwargs)
    self.width, self.bar_width, self.rnn_units = width, bar_width, rnn_units
    self.beat_block = residual.ResidualBlock(width, name='beat_block')
    if bar_width:
      self.over_bars = residual.ResidualRNN(bar_width, rnn_units, name='over_bars')
      self.bar_block = residual.ResidualBlock(bar_width, name='bar_block')

  def sizes(self, steps):
    """(bars, beats a bar, steps a beat); a window shorter than a bar is one bar of fewer beats."""
    beat = min(self.BEAT, steps)
    bar = min(self.BAR, steps // beat)
    return steps // (beat * bar), bar, beat

  def flat_size(self, steps):
    """Units of all bars, or all beats, side by side."""
    bars, bar, _ = self.sizes(steps)
    return bars * (self.bar_width or bar * self.width)


class LevelEncoder(Levels):
  """`[B, T, D]` -> features `[B, flat_size]`: dense layers shared by the beats, others by the bars, an LSTM over the bars.

  Deviation: the paper's encoder is recurrent over all steps; this one needs a tenth of its time on a CPU.
  """

  def __init__(self, width, **kwargs):
    super().__init__(width, **kwargs)
    self.read_beat = keras.layers.Dense(width, activation='relu', name='read_beat')
    self.read_bar = keras.layers.Dense(self.bar_width, activation='relu', name='read_bar') if self.bar_width else None

  def build(self, shape):
    _, self.steps, self.depth = shape
    self.bars, self.per_bar, self.per_beat = self.sizes(self.steps)
    self.read_beat.build((None, self.bars * self.per_bar, self.per_beat * self.depth))
    self.beat_block.build((None, self.bars * self.per_bar, self.width))
    if self.read_bar:
      self.read_bar.build((None, self.bars, self.per_bar * self.width))
      self.over_bars.build((None, self.bars, self.bar_width))
      self.bar_block.build((None, self.bars, self.bar_width))
    self.built = True

  def call(self, inputs):
    x = ops.reshape(inputs, (-1, self.bars * self.per_bar, self.per_beat * self.depth))  # [B, T, D] -> [B, beats, 4 D]
    x = self.beat_block(self.read_beat(x))
    if self.read_bar:
      x = self.read_bar(ops.reshape(x, (-1, self.bars, self.per_bar * self.width)))  # [B, beats, W] -> [B, bars, W']
      x = self.bar_block(self.over_bars(x))
    return ops.reshape(x, (-1, self.flat_size(self.steps)))

  def compute_output_shape(self, shape):
    return shape[0], self.flat_size(shape[1])


class DealtDense(keras.layers.Layer):
  """Features `[B, bars * F]` -> `[B, size]`: the first `whole` from the mean over the bars, the others dealt to the bars in turn.

  All bars share one dense layer, so a window of sixteen bars asks for as many weights as one bar.

  Args:
    size: units; without `whole` a multiple of the bars.
    whole: of those that belong to the whole window.
    bars: of the window.
    bias_initializer: of both dense layers.

  Raises:
    HparamError: units that cannot be dealt evenly.
  """

  def __init__(self, size, whole, bars, bias_initializer='zeros', **kwargs):
    super().__init__(**kwargs)
    self.size, self.bars = size, bars
    dense = lambda units, name: keras.layers.Dense(units, bias_initializer=bias_initializer, dtype=self.dtype_policy, name=name)
    self.of_whole, self.of_bar = dense(whole, 'of_whole'), dense(dealt(size, whole, bars), 'of_bar')

  def build(self, shape):
    for layer in (self.of_whole, self.of_bar):
      layer.build((None, shape[-1] // self.bars))
    self.built = True

  def call(self, features):
    x = ops.reshape(features, (-1, self.bars, features.shape[-1] // self.bars))  # [B, bars, F]
    return ops.concatenate([self.of_whole(ops.mean(x, axis=1)), ops.reshape(self.of_bar(x), (-1, self.bars * self.of_bar.units))], axis=-1)


def dealt(size, whole, bars):
  """Dimensions a bar, of `size` of which `whole` belong to no bar.

  Raises:
    HparamError: they cannot be dealt evenly, or none are left.
  """
  if size <= whole or (size - whole) % bars:
    raise errors.HparamError(f'z_size {size} less whole_size {whole} must be a multiple of the {bars} bars of a window')
  return (size - whole) // bars


class LevelDecoder(Levels):
  """One track, z `[B, Z]` -> logits `[B, T, D]`; mirrors `LevelEncoder`, and like the paper's decoder reads nothing but z.

  Args:
    steps, depth: T and D of the output.
    whole: dimensions of z that every bar reads beside its own (`DealtDense`); 0: every bar reads all of z.
  """

  def __init__(self, steps, depth, width, whole=0, **kwargs):
    super().__init__(width, **kwargs)
    self.steps, self.depth, self.whole = steps, depth, whole
    self.bars, self.per_bar, self.per_beat = self.sizes(steps)
    flat = self.flat_size(steps)
    self.spread = keras.layers.Dense(flat // self.bars if whole else flat, activation='relu', name='spread')
    self.write_bar = keras.layers.Dense(self.per_bar * width, activation='relu', name='write_bar') if self.bar_width else None
    self.write_beat = keras.layers.Dense(self.per_beat * depth, name='write_beat')

  def build(self, shape):
    bars, beats = (None, self.bars, self.bar_width), (None, self.bars * self.per_bar, self.width)
    self.spread.build((None, self.whole + dealt(shape[-1], self.whole, self.bars)) if self.whole else shape)
    if self.write_bar:
      self.over_bars.build(bars)
      self.bar_block.build(bars)
      self.write_bar.build(bars)
    self.beat_block.build(beats)
    self.write_beat.build(beats)
    self.built = True

  def call(self, z):
    x = self.spread(self._by_bar(z) if self.whole else z)
    if self.write_bar:
      x = self.bar_block(self.over_bars(ops.reshape(x, (-1, self.bars, self.bar_width))))
      x = self.write_bar(x)  # [B, bars, 4 W]
    x = self.beat_block(ops.reshape(x, (-1, self.bars * self.per_bar, self.width)))
    return ops.reshape(self.write_beat(x), (-1, self.steps, self.depth))

  def _by_bar(self, z):
    """`[B, Z]` -> `[B, bars, whole + the bar's own]`."""
    own = ops.reshape(z[:, self.whole:], (-1, self.bars, dealt(z.shape[-1], self.whole, self.bars)))
    return ops.concatenate([ops.repeat(z[:, None, :self.whole], self.bars, axis=1), own], axis=-1)


# ---------------------- the critic ----


class Critic(keras.layers.Layer):
  """A perceptron of tanh layers with one linear score, of z and, if conditional, of a tag; knows its own gradient (section 3.2.3).

  The gradient is written out, so that its penalty can be differentiated on any backend.

  Args:
    units: tuple, of each hidden layer.
  """

  def __init__(self, units, **kwargs):
    super().__init__(dtype='float32', **kwargs)
    self.hidden = [keras.layers.Dense(u, activation='tanh', dtype='float32', name=f'hidden_{i}') for i, u in enumerate(units)]
    self.score = keras.layers.Dense(1, dtype='float32', name='score')

  def build(self, shape):
    for layer in self.hidden:
      layer.build(shape)
      shape = (shape[0], layer.units)
    self.score.build(shape)
    self.built = True

  def call(self, z, condition=None):
    """z `[B, Z]` and its condition `[B, G]` (or None) -> scores `[B]`."""
    return self.score(self._activations(z, condition)[-1])[:, 0]

  def gradient(self, z, condition=None):
    """Gradient of the scores in z: `[B, Z]`."""
    activations = self._activations(z, condition)
    gradient = ops.ones_like(activations[0][:, :1]) * self.score.kernel[:, 0]
    for layer, output in zip(self.hidden[::-1], activations[::-1]):
      gradient = ops.matmul(gradient * (1 - ops.square(output)), ops.transpose(layer.kernel))
    return gradient[:, :z.shape[-1]]

  def _activations(self, z, condition):
    x, found = z if condition is None else ops.concatenate([z, condition], axis=-1), []
    for layer in self.hidden:
      x = layer(x)
      found.append(x)
    return found
