"""Style statistics of a (soft) piano roll: what a genre, or one piece, does with time, register, intervals and note lengths.

Every statistic is a sum or a product of cells, so that gradients pass; those over pairs of notes are matrix products. The groups and
their weights follow the whitened genre statistics that beat Gram matrices of latents; see `Targets`.
"""
import dataclasses

import numpy as np
import tensorflow as tf

PITCHES = 88
# First key (21 = A0 is key 0) of each register band: below C3, C3 to B3, C4 to B4, C5 and above.
BAND_EDGES = (0, 27, 39, 51, 88)
REGISTER_WIDTH = 7
MAX_INTERVAL = 19
TRANSITION_LAGS = (1, 2, 3, 4, 6, 8)
MAX_TRANSITION = 14
# Lags (steps) and intervals of the correlation of onsets: Groove2Groove's time-pitch profile (pairs less than 4 beats apart) on the grid.
CORRELATION_LAGS, CORRELATION_INTERVAL = 16, 20
# Lengths of the Fourier transforms: 88 keys and the intervals, the steps and so many more for the lags (less would wrap around).
_KEY_TRANSFORM, _MORE_STEPS = PITCHES + CORRELATION_INTERVAL, 32
PULSE_LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16)
LENGTH_EDGES = (1, 2, 3, 5, 9)
CHORD_SIZES = 5
# Upper edges of the classes of steps from one onset to the next.
GAP_EDGES = (1, 2, 3, 4, 6, 8, 12, 16)
# How many steps ahead the next note of the bass is looked for.
LINE_REACH = 4
HARMONY_STEPS, BAR_STEPS = 8, 16
EPSILON = 1e-3

# group -> weight in the style term.
GROUP_WEIGHTS = {
    'onset_density': 1.0, 'frame_density': 1.0, 'onset_share': 1.0, 'register': .5, 'register_share': .5, 'intervals': 1.0,
    'polyphony': 1.0, 'sustain': 1.0, 'transitions': .5, 'pulse': .5, 'note_lengths': 3.0, 'chord_sizes': 1.0, 'gaps': 1.0, 'bass': .5,
    'harmony': .5, 'repetition': .5,
}


def _one_hot_rows(edges, size):
  """`[bands, size]` 0/1 rows that sum keys between consecutive edges."""
  rows = np.zeros((len(edges) - 1, size), np.float32)
  for i, (low, high) in enumerate(zip(edges[:-1], edges[1:])):
    rows[i, low:high] = 1
  return rows


_BANDS = _one_hot_rows(BAND_EDGES, PITCHES)
_REGISTERS = _one_hot_rows((*range(0, PITCHES, REGISTER_WIDTH), PITCHES), PITCHES)


def _diagonals(lowest, highest):
  """`[88 * 88, highest - lowest + 1]` 0/1: cell (p, q) of a pitch by pitch matrix counts for interval q - p."""
  interval = np.arange(PITCHES)[None, :] - np.arange(PITCHES)[:, None]
  return np.stack([(interval == i).ravel() for i in range(lowest, highest + 1)], 1).astype(np.float32)


_INTERVALS = _diagonals(1, MAX_INTERVAL)
_MOVES = _diagonals(-MAX_TRANSITION, MAX_TRANSITION)


def _shares(counts):
  """Counts `[..., N]` -> shares of their sum; all zero stays zero."""
  return counts / (tf.reduce_sum(counts, -1, keepdims=True) + EPSILON)


def measure(onsets, frames, positions, valid, pairs=None):
  """Statistics of a batch of pieces.

  Args:
    onsets, frames: float `[B, T, 88]`, 1 where a note starts / sounds.
    positions: float `[B, T, 16]`, one-hot place of the step in its bar.
    valid: float `[B, T]`, 0 where the piece is padding.
    pairs: `correlation` of the onsets, where it is known already.

  Returns:
    dict of group -> `[B, N]`.
  """
  onsets, frames = onsets * valid[..., None], frames * valid[..., None]
  steps = tf.reduce_sum(valid, 1)[:, None] + EPSILON  # [B, 1]
  at_position = tf.reduce_sum(positions * valid[..., None], 1)[:, :, None] + 1.0  # [B, 16, 1]
  onset_bands = tf.matmul(onsets, _BANDS, transpose_b=True)  # [B, T, 88] -> [B, T, 4]
  frame_bands = tf.matmul(frames, _BANDS, transpose_b=True)
  onset_grid = tf.matmul(positions, onset_bands, transpose_a=True)  # [B, 16, 4]
  frame_grid = tf.matmul(positions, frame_bands, transpose_a=True)
  registers = tf.matmul(tf.reduce_sum(frames, 1), _REGISTERS, transpose_b=True)  # [B, 13]
  flat = lambda x: tf.reshape(x, (tf.shape(x)[0], 16 * 4))
  return {
      'onset_density': flat(onset_grid / at_position),
      'frame_density': flat(frame_grid / at_position),
      'onset_share': _shares(flat(onset_grid)),
      'register': registers / steps,
      'register_share': _shares(registers),
      'intervals': _interval_shares(frames),
      'polyphony': _polyphony(frames, valid),
      'sustain': _sustain(onset_bands, frame_bands),
      'transitions': _transition_shares(correlation(onsets) if pairs is None else pairs),
      'pulse': _pulse(onsets, valid),
      'note_lengths': _length_shares(onsets, frames),
      'chord_sizes': _chord_shares(onsets),
      'gaps': _gap_shares(onsets, valid),
      'bass': _line_shares(onsets * lowest(onsets)),
      'harmony': _harmony(frames),
      'repetition': _repetition(onsets, frames),
  }


def _interval_shares(frames):
  """Intervals of 1 to 19 semitones between notes that sound together: `[B, 19]`."""
  together = tf.matmul(frames, frames, transpose_a=True)  # [B, 88, 88]
  return _shares(tf.matmul(tf.reshape(together, (-1, PITCHES * PITCHES)), _INTERVALS))


def correlation(onsets):
  """Pairs of onsets by how many steps and semitones apart they are: `[B, T, 88]` -> `[B, 16, 41]`, lags 0 to 15, intervals -20 to 20.

  A pair that starts together counts both ways; a note is no pair with itself. The product of Fourier transforms gives all lags and
  intervals at once.
  """
  size = tf.stack([tf.shape(onsets)[1] + _MORE_STEPS, _KEY_TRANSFORM])
  spectrum = tf.signal.rfft2d(onsets, size)
  pairs = tf.signal.irfft2d(tf.complex(tf.square(tf.abs(spectrum)), 0.0), size)[:, :CORRELATION_LAGS]
  pairs = tf.concat([pairs[:, :, -CORRELATION_INTERVAL:], pairs[:, :, :CORRELATION_INTERVAL + 1]], 2)
  itself = np.ones((1, CORRELATION_LAGS, 2 * CORRELATION_INTERVAL + 1), np.float32)
  itself[0, 0, CORRELATION_INTERVAL] = 0.0
  return tf.nn.relu(pairs * itself)


def time_pitch(pairs):
  """`correlation` as a vector of length 1: `[B, 16 * 41]`; the dot product of two is the similarity of Groove2Groove's profiles on the grid."""
  pairs = tf.reshape(pairs, (-1, CORRELATION_LAGS * (2 * CORRELATION_INTERVAL + 1)))
  return pairs / tf.sqrt(tf.reduce_sum(tf.square(pairs), -1, keepdims=True) + EPSILON)


def _transition_shares(pairs):
  """Pitch steps from an onset to the onsets 1, 2, 3, 4, 6, 8 steps later: `[B, 6 * 29]`, each lag's shares, of `correlation`."""
  low, high = CORRELATION_INTERVAL - MAX_TRANSITION, CORRELATION_INTERVAL + MAX_TRANSITION + 1
  return tf.concat([_shares(pairs[:, lag, low:high]) for lag in TRANSITION_LAGS], -1)


def _polyphony(frames, valid):
  """log mean, log deviation and log ratio of the number of notes that sound: `[B, 3]`."""
  count = tf.reduce_sum(frames, -1)
  steps = tf.reduce_sum(valid, 1) + EPSILON
  mean = tf.reduce_sum(count, 1) / steps
  deviation = tf.sqrt(tf.reduce_sum(valid * tf.square(count - mean[:, None]), 1) / steps + EPSILON)
  mean = mean + .05
  return tf.stack([tf.math.log(mean), tf.math.log(deviation), tf.math.log(deviation / mean)], -1)


def _sustain(onset_bands, frame_bands):
  """log steps a note, in all and by band: `[B, 5]`."""
  onsets, frames = tf.reduce_sum(onset_bands, 1), tf.reduce_sum(frame_bands, 1)
  onsets = tf.concat([tf.reduce_sum(onsets, -1, keepdims=True), onsets], -1)
  frames = tf.concat([tf.reduce_sum(frames, -1, keepdims=True), frames], -1)
  return tf.math.log((frames + 4.0) / (onsets + 2.0))


def _pulse(onsets, valid):
  """Autocorrelation of 'something starts here' at lags of 1 to 16 steps: `[B, 10]`."""
  # A step counts as struck by its first note; min(x, 1) with the gradient of x below 1.
  struck = tf.minimum(tf.reduce_sum(onsets, -1), 1.0) * valid
  total = tf.reduce_sum(struck, 1) + 1.0
  return tf.stack([tf.reduce_sum(struck[:, :-lag] * struck[:, lag:], 1) / total for lag in PULSE_LAGS], -1)


def _length_shares(onsets, frames):
  """Shares of notes lasting 1, 2, 3-4, 5-8 and more steps: `[B, 5]`."""
  held = tf.pad(frames * (1.0 - onsets), [[0, 0], [0, LENGTH_EDGES[-1]], [0, 0]])
  steps = tf.shape(onsets)[1]
  # Whether all of the next 1, 2, 4 and 8 steps are held, by doubling.
  at_least, run, length = [onsets], held[:, 1:], 1
  while length < LENGTH_EDGES[-1]:
    at_least.append(onsets * run[:, :steps])
    run = run[:, :-length] * run[:, length:]
    length *= 2
  at_least = tf.stack([tf.reduce_sum(x, (1, 2)) for x in at_least] + [tf.zeros_like(onsets[:, 0, 0])], -1)
  return (at_least[:, :-1] - at_least[:, 1:]) / (at_least[:, :1] + EPSILON)


def _chord_shares(onsets):
  """Of the steps where something starts, shares where 1, 2, 3, 4, 5 or more notes start (linear between): `[B, 5]`."""
  count = tf.minimum(tf.reduce_sum(onsets, -1), float(CHORD_SIZES))[..., None]
  size = tf.range(1, CHORD_SIZES + 1, dtype=count.dtype)
  return _shares(tf.reduce_sum(tf.nn.relu(1.0 - tf.abs(count - size)), 1))


def lowest(onsets):
  """`[B, T, 88]`, 1 at and below the lowest onset of each step (linear in between)."""
  return tf.nn.relu(1.0 - tf.cumsum(onsets, -1, exclusive=True))


def _gap_shares(onsets, valid):
  """Shares of 1, 2, 3, 4, 5-6, 7-8, 9-12 and 13-16 steps from a step where something starts to the next: `[B, 8]`."""
  struck = tf.minimum(tf.reduce_sum(onsets, -1), 1.0) * valid
  open_since, counts = struck, []
  for lag in range(1, GAP_EDGES[-1] + 1):
    open_since = open_since[:, :tf.shape(struck)[1] - lag]
    counts.append(tf.reduce_sum(open_since * struck[:, lag:], 1))
    open_since *= 1.0 - struck[:, lag:]
  edges = (0, *GAP_EDGES)
  return _shares(tf.stack([tf.add_n(counts[low:high]) for low, high in zip(edges[:-1], edges[1:])], -1))


def _line_shares(line):
  """Moves, -14 to 14 semitones, of a line `[B, T, 88]` from one note to its next, at most 4 steps later: `[B, 29]` shares."""
  steps = tf.shape(line)[1]
  later = tf.pad(line, [[0, 0], [0, LINE_REACH], [0, 0]])
  empty = tf.stop_gradient(1.0 - tf.minimum(tf.reduce_sum(later, -1, keepdims=True), 1.0))
  between, following = 1.0, 0.0
  for lag in range(1, LINE_REACH + 1):
    following += between * later[:, lag:lag + steps]
    between *= empty[:, lag:lag + steps]
  pairs = tf.matmul(line, following, transpose_a=True)  # [B, 88, 88]
  return _shares(tf.matmul(tf.reshape(pairs, (-1, PITCHES * PITCHES)), _MOVES))


_FOLD = ((np.arange(PITCHES)[:, None] + 21) % 12 == np.arange(12)).astype(np.float32)


def half_bars(frames):
  """Sound by pitch class in each half bar: `[B, T, 88]` -> `[B, T / 8, 12]`."""
  return tf.reduce_sum(_blocks(tf.matmul(frames, _FOLD), HARMONY_STEPS), 2)


def _harmony(frames):
  """Cosine of the pitch classes with themselves 1 to 6 semitones higher; pitch classes in a half bar, by 12: `[B, 7]`."""
  halves = half_bars(frames)
  whole = tf.reduce_sum(halves, 1)
  power = tf.reduce_sum(tf.square(whole), -1) + EPSILON
  alike = [tf.reduce_sum(whole * tf.roll(whole, shift, -1), -1) / power for shift in range(1, 7)]
  sounding = tf.cast(tf.reduce_sum(halves, -1) > 0, tf.float32)
  classes = tf.reduce_sum(tf.minimum(halves, 1.0), (1, 2)) / (tf.reduce_sum(sounding, 1) + EPSILON)
  return tf.stack([*alike, classes / 12.0], -1)


def _repetition(onsets, frames):
  """Mean cosine between 16 steps and those 16 or 32 steps later, of the rhythm and of the keys that sound: `[B, 4]`."""
  rhythm = _blocks(tf.reduce_sum(onsets, -1, keepdims=True), BAR_STEPS)[..., 0]  # [B, bars, 16]
  keys = tf.reduce_sum(_blocks(frames, BAR_STEPS), 2)  # [B, bars, 88]
  return tf.stack([_mean_cosine(rows, lag) for rows in (rhythm, keys) for lag in (1, 2)], -1)


def _blocks(x, steps):
  """`[B, T, D]` -> `[B, T / steps, steps, D]`, padded with silence."""
  x = tf.pad(x, [[0, 0], [0, -tf.shape(x)[1] % steps], [0, 0]])
  return tf.reshape(x, (tf.shape(x)[0], -1, steps, x.shape[-1]))


def _mean_cosine(rows, lag):
  """`[B]`: mean over neighbours `lag` apart of which both hold something."""
  first, second = rows[:, :-lag], rows[:, lag:]
  power = tf.reduce_sum(tf.square(first), -1) * tf.reduce_sum(tf.square(second), -1)
  there = tf.cast(power > 0, tf.float32)
  cosine = tf.reduce_sum(first * second, -1) / tf.sqrt(power + EPSILON)
  return tf.reduce_sum(cosine * there, 1) / (tf.reduce_sum(there, 1) + EPSILON)


def vector(measured):
  """What `measure` gives, all groups side by side in the order of `GROUP_WEIGHTS`: `[B, N]`."""
  return tf.concat([measured[group] for group in GROUP_WEIGHTS], -1)


@dataclasses.dataclass(frozen=True)
class Targets:
  """Where the statistics should go, and how much each one varies between real pieces.

  Args:
    mean: group -> float32 `[N]` (or `[B, N]`).
    deviation: group -> float32 `[N]`, standard deviation between pieces.
  """

  mean: dict
  deviation: dict


def whitened_distance(statistics, targets):
  """Per piece `[B]`: over groups, weight x mean of sqrt(1 + u^2) - 1, u = (statistic - mean) / deviation.

  The deviation of a statistic is at least .3 of its group's mean deviation, so that one that hardly ever varies cannot rule.
  """
  total = 0.0
  for group, weight in GROUP_WEIGHTS.items():
    deviation = targets.deviation[group]
    scale = tf.maximum(deviation, .3 * tf.reduce_mean(deviation, -1, keepdims=True) + 1e-4)
    u = (statistics[group] - targets.mean[group]) / scale
    total += weight * tf.reduce_mean(tf.sqrt(1.0 + tf.square(u)) - 1.0, -1)
  return total
