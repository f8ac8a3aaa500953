"""Fixed statistics of a piano roll: what a composer does with register, intervals, chords, lines, note lengths, pulse and keys.

Most are shares of counts, as their square roots (Hellinger's distance between histograms is then the Euclidean one), times the square
root of how many there are, so that each is of the order of one. Pairs of notes are counted by matrix products. Nothing here is learned.
"""
import keras
from keras import ops
import numpy as np

from musicnst.layers import dropout
from musicnst.analysis import key as key_lib

PITCHES = 88
BAND_WIDTH = 4                          # keys of a register band
MOST_SOUNDING, MOST_AT_ONCE = 8, 6      # ends of the histograms of polyphony and of chord sizes
MAX_INTERVAL = 36                       # semitones between notes that sound together
MAX_MOVE = 16                           # semitones from onset to onset, and of a line
MOVE_LAGS = (1, 2, 3, 4, 6, 8)          # steps from onset to onset
PULSE_LAGS = 32                         # steps of the autocorrelation
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)    # steps a note is held at least
HARMONY_STEPS = (16, 64)                # windows in which few or many pitch classes are
EPSILON = 1e-4
LEAST_DEVIATION = .02                  # what a deviation is raised by
SIZE = 849                              # statistics in all
KEY_SHARPNESS = 20.0


def _diagonals(lowest, highest):
  """`[88 * 88, N]` 0/1: cell (p, q) counts for the interval q - p."""
  interval = np.arange(PITCHES)[None, :] - np.arange(PITCHES)[:, None]
  return np.stack([(interval == i).ravel() for i in range(lowest, highest + 1)], 1).astype('float32')


def _keys():
  """`[24, 12]`: the standardized profile of each key, major then minor, by its tonic."""
  rows = [np.roll(profile, tonic) for profile in (key_lib.MAJOR_PROFILE, key_lib.MINOR_PROFILE) for tonic in range(12)]
  rows = np.array(rows)
  return ((rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True)).astype('float32')


_TOGETHER, _MOVES = _diagonals(1, MAX_INTERVAL), _diagonals(-MAX_MOVE, MAX_MOVE)
_BANDS = (np.arange(PITCHES)[:, None] // BAND_WIDTH == np.arange(PITCHES // BAND_WIDTH)).astype('float32')
_CLASSES = ((np.arange(PITCHES)[:, None] + 21) % 12 == np.arange(12)).astype('float32')  # key -> pitch class
_KEYS = _keys()
_ROTATIONS = np.stack([np.eye(12)[:, (np.arange(12) + k) % 12].T for k in range(12)]).astype('float32')  # [tonic, degree, pitch class]
_UPPER = np.triu_indices(12, 1)


def measure(rolls, mask):
  """Rolls `[B, T, 176]` (0/1) and `mask` `[B, T]`, 1 at valid steps -> float32 `[B, SIZE]`, see the module."""
  mask = ops.cast(mask, 'float32')
  rolls = ops.cast(rolls, 'float32') * mask[..., None]
  onsets = rolls[..., :PITCHES]
  sounding = ops.minimum(onsets + rolls[..., PITCHES:], 1.0)
  steps = ops.sum(mask, axis=1, keepdims=True) + EPSILON  # [B, 1]
  found = [
      *_densities(onsets, sounding, steps), *_counts(onsets, sounding, mask), *_intervals(onsets, sounding), *_lines(onsets),
      *_lengths(onsets, rolls[..., PITCHES:]), _pulse(onsets, mask, steps), *_chords(sounding), *_tonality(onsets, sounding),
      *(value for size in HARMONY_STEPS for value in _fullness(sounding, mask, size))]
  return ops.concatenate(found, axis=-1)


def _shares(counts):
  """Counts `[B, N]` -> sqrt(N x share)."""
  size = counts.shape[-1]
  return ops.sqrt(size * counts / (ops.sum(counts, axis=-1, keepdims=True) + EPSILON) + EPSILON)


def _densities(onsets, sounding, steps):
  register = ops.matmul(ops.sum(onsets, axis=1), _BANDS)  # [B, 88] -> [B, 22]
  held = ops.matmul(ops.sum(sounding, axis=1), _BANDS)
  rates = [ops.log(ops.sum(x, axis=-1, keepdims=True) / steps + .02) for x in (register, held)]
  return [*rates, _shares(register), _shares(held)]


def _counts(onsets, sounding, mask):
  """Histograms of notes at once; counts between two bins are dealt to both."""
  found = []
  for x, most in ((sounding, MOST_SOUNDING), (onsets, MOST_AT_ONCE)):
    number = ops.minimum(ops.sum(x, axis=-1), most)[..., None]  # [B, T, 1]
    bins = ops.relu(1 - ops.abs(number - np.arange(most + 1, dtype='float32')))
    found.append(_shares(ops.sum(bins * mask[..., None], axis=1)))
  return found


def _pairs(a, b, diagonals):
  """How often a note of `a` meets one of `b` `[B, T, 88]` in the same row, by interval: `[B, N]`."""
  table = ops.matmul(ops.transpose(a, (0, 2, 1)), b)  # [B, 88, 88]
  return ops.matmul(ops.reshape(table, (-1, PITCHES * PITCHES)), diagonals)


def _intervals(onsets, sounding):
  found = [_shares(_pairs(sounding, sounding, _TOGETHER)), _shares(_pairs(onsets, onsets, _TOGETHER))]
  return found + [_shares(_pairs(onsets[:, :-lag], onsets[:, lag:], _MOVES)) for lag in MOVE_LAGS]


def _one_hot(keys, there):
  """Keys int `[B, T]` -> `[B, T, 88]`, nothing where `there` `[B, T]` is False."""
  return ops.one_hot(ops.where(there, keys, -1), PITCHES, dtype='float32')


def _lowest(x):
  return ops.argmax(x > 0, axis=-1)


def _lines(onsets):
  """Moves of the top and of the bottom line, from one onset to the next, to the one after it and to the fourth."""
  steps, found = onsets.shape[1], []
  struck = ops.max(onsets, axis=-1) > 0  # [B, T]
  # Steps with an onset first, in their order: the line without its rests.
  order = ops.argsort(ops.where(struck, 0, steps) + ops.arange(steps), axis=1)
  there = ops.arange(steps)[None] < ops.sum(ops.cast(struck, 'int32'), axis=1, keepdims=True)
  for keys in (PITCHES - 1 - _lowest(ops.flip(onsets, axis=-1)), _lowest(onsets)):
    line = _one_hot(ops.take_along_axis(keys, order, axis=1), there)
    found += [_shares(_pairs(line[:, :-lag], line[:, lag:], _MOVES)) for lag in (1, 2, 4)]
  return found


def _lengths(onsets, sustains):
  """How many of the notes, all, below and above middle C, are held for at least so many steps."""
  halves = np.stack([np.arange(PITCHES) >= 0, np.arange(PITCHES) < 39, np.arange(PITCHES) >= 39], 1).astype('float32')
  held, found = onsets, []
  count = ops.matmul(ops.sum(onsets, axis=1), halves) + EPSILON  # [B, 3]
  for length in range(1, LENGTHS[-1] + 1):
    held = held[:, :-1] * sustains[:, length:]
    if length in LENGTHS:
      found.append(ops.sqrt(ops.matmul(ops.sum(held, axis=1), halves) / count + EPSILON))
  return found


def _pulse(onsets, mask, steps):
  """Autocorrelation of the number of onsets, less its mean."""
  number = ops.sum(onsets, axis=-1)
  number = (number - ops.sum(number, axis=1, keepdims=True) / steps) * mask
  power = ops.sum(number * number, axis=1) + EPSILON
  later = ops.pad(number, ((0, 0), (0, PULSE_LAGS)))
  length = onsets.shape[1]
  return 3 * ops.stack([ops.sum(later[:, lag:lag + length] * number, axis=1) / power for lag in range(1, PULSE_LAGS + 1)], axis=-1)


def _chords(sounding):
  """Pitch classes over the lowest note: each, and each two together."""
  classes = ops.minimum(ops.matmul(sounding, _CLASSES), 1.0)  # [B, T, 12]
  bass = ops.matmul(_one_hot(_lowest(sounding), ops.max(sounding, axis=-1) > 0), _CLASSES)
  over = ops.stack([ops.sum(bass * ops.roll(classes, -j, axis=-1), axis=-1) for j in range(12)], axis=-1)
  together = ops.matmul(ops.transpose(over, (0, 2, 1)), over)  # [B, 12, 12]
  pairs = ops.stack([together[:, i, j] for i, j in zip(*_UPPER)], axis=-1)
  number = ops.stack([ops.sum(ops.cast(ops.abs(ops.sum(classes, axis=-1) - n) < .5, 'float32'), axis=1) for n in range(1, 8)], axis=-1)
  return [_shares(ops.sum(over, axis=1)), _shares(pairs), _shares(number)]


def _tonality(onsets, sounding):
  """Pitch classes and their successions by degree of the key, major and minor; how sure the key is."""
  chroma = ops.matmul(ops.sum(sounding, axis=1), _CLASSES)  # [B, 12]
  fit = _fit(chroma)  # [B, 24]
  weights = ops.softmax(KEY_SHARPNESS * fit, axis=-1)
  minor = ops.sum(weights[:, 12:], axis=-1, keepdims=True)
  tonic = weights[:, :12] + weights[:, 12:]
  turn = ops.einsum('bk,kdp->bdp', tonic, _ROTATIONS)  # [B, degree, pitch class]
  degrees = _shares(ops.einsum('bdp,bp->bd', turn, chroma))
  struck = ops.matmul(onsets, _CLASSES)  # [B, T, 12]
  moves = ops.matmul(ops.transpose(struck[:, :-1], (0, 2, 1)), struck[:, 1:] + ops.pad(struck[:, 2:], ((0, 0), (0, 1), (0, 0))))
  moves = ops.matmul(ops.matmul(turn, moves), ops.transpose(turn, (0, 2, 1)))
  return [degrees, degrees * minor, minor, 3 * ops.max(fit, axis=-1, keepdims=True), _shares(ops.reshape(moves, (-1, 144)))]


def _fit(chroma):
  """Correlation of pitch class counts `[..., 12]` with the 24 keys."""
  centred = chroma - ops.mean(chroma, axis=-1, keepdims=True)
  return ops.matmul(centred / ops.sqrt(ops.mean(centred * centred, axis=-1, keepdims=True) + EPSILON), _KEYS.T) / 12


def _fullness(sounding, mask, size):
  """Mean and deviation, over stretches of `size` steps, of the entropy of their pitch classes and of how well they fit a key."""
  rows = -(-sounding.shape[1] // size)
  missing = rows * size - sounding.shape[1]
  sounding, mask = ops.pad(sounding, ((0, 0), (0, missing), (0, 0))), ops.pad(mask, ((0, 0), (0, missing)))
  valid = ops.max(ops.reshape(mask, (-1, rows, size)), axis=2)  # [B, S]
  chroma = ops.matmul(ops.sum(ops.reshape(sounding, (-1, rows, size, PITCHES)), axis=2), _CLASSES)  # [B, S, 12]
  share = chroma / (ops.sum(chroma, axis=-1, keepdims=True) + EPSILON)
  entropy = -ops.sum(share * ops.log(share + EPSILON), axis=-1)
  return [*_moments(entropy, valid), *_moments(3 * ops.max(_fit(chroma), axis=-1), valid)]


def _moments(x, valid):
  """Mean and deviation of `[B, S]` where valid, each `[B, 1]`."""
  count = ops.sum(valid, axis=1, keepdims=True) + EPSILON
  mean = ops.sum(x * valid, axis=1, keepdims=True) / count
  return mean, ops.sqrt(ops.sum(ops.square(x - mean) * valid, axis=1, keepdims=True) / count + EPSILON)


class StatisticsHead(keras.layers.Layer):
  """Logits from statistics `[B, N]`: standardized, cut off at `LIMIT` deviations, one dense layer.

  `mean` and `deviation` are not trained: whoever trains sets them from the training music (`standardize`); as they come, 1 and 1, they
  suit shares.

  Args:
    size: N.
    classes: how many logits.
    dropout_rate: share of the statistics dropped in training.
  """

  LIMIT = 4.0

  def __init__(self, size, classes, dropout_rate=0.0, **kwargs):
    super().__init__(dtype='float32', **kwargs)
    self.dropout_rate = dropout_rate
    self.mean = self.add_weight(shape=(size,), initializer='ones', trainable=False, name='mean')
    self.deviation = self.add_weight(shape=(size,), initializer='ones', trainable=False, name='deviation')
    self.dense = keras.layers.Dense(classes, kernel_initializer='zeros', dtype='float32', name='dense')
    self.dense.build((None, size))
    self.built = True

  def standardize(self, statistics):
    """Takes mean and deviation from rows of statistics, numpy `[M, N]`."""
    self.mean.assign(statistics.mean(0))
    self.deviation.assign(statistics.std(0) + LEAST_DEVIATION)

  def scaled(self, x):
    """Statistics as the dense layer reads them."""
    return ops.clip((x - self.mean) / self.deviation, -self.LIMIT, self.LIMIT)

  def call(self, x, training=False, key=None):
    x = self.scaled(ops.cast(x, 'float32'))
    return self.dense(dropout.drop(x, self.dropout_rate, key) if training and self.dropout_rate else x)
