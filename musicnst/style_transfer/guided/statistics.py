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
# Pieces are counted in segments of 8 bars, which the genre network hears one by one.
SEGMENT_STEPS = 128
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


def measure(onsets, frames, positions, valid):
  """Statistics of a batch of pieces or segments.

  Args:
    onsets, frames: float `[B, T, 88]`, 1 where a note starts / sounds.
    positions: float `[B, T, 16]`, one-hot place of the step in its bar.
    valid: float `[B, T]`, 0 where the piece is padding.

  Returns:
    dict of group -> `[B, N]`.
  """
  return of_counts(count(onsets, frames, positions, valid))


def count(onsets, frames, positions, valid):
  """What `of_counts` makes statistics of: sums over steps, name -> `[B, N]`, that can be added up over the segments of a piece (`pooled`).

  Arguments as of `measure`.
  """
  onsets, frames = onsets * valid[..., None], frames * valid[..., None]
  flat = lambda x: tf.reshape(x, (tf.shape(x)[0], x.shape[1] * x.shape[2]))
  grid = lambda cells: flat(tf.matmul(positions, tf.matmul(cells, _BANDS, transpose_b=True), transpose_a=True))  # [B, 16 * 4]
  sounding, started = tf.reduce_sum(frames, -1), tf.reduce_sum(onsets, -1)  # [B, T]
  # A step counts as struck by its first note; min(x, 1) with the gradient of x below 1.
  struck = tf.minimum(started, 1.0) * valid
  return {
      'steps': tf.reduce_sum(valid, 1, keepdims=True),
      'positions': tf.reduce_sum(positions * valid[..., None], 1),
      'onset_grid': grid(onsets),
      'frame_grid': grid(frames),
      'registers': tf.matmul(tf.reduce_sum(frames, 1), _REGISTERS, transpose_b=True),
      'intervals': _by_interval(frames, frames, _INTERVALS),
      'sounding': tf.stack([tf.reduce_sum(sounding, 1), tf.reduce_sum(tf.square(sounding), 1)], -1),
      'pairs': flat(correlation(onsets)),
      'struck': tf.reduce_sum(struck, 1, keepdims=True),
      'pulse': _pulse(struck),
      'note_lengths': _lengths(onsets, frames),
      'chord_sizes': _chords(started),
      'gaps': _gaps(struck),
      'bass': _line_moves(onsets * lowest(onsets)),
      **_harmony(frames),
      **_repetition(onsets, frames),
  }


def pooled(counts, pieces):
  """`count` of segments, those of a piece one after another -> of whole pieces: each `[B * S, N]` -> `[B, N]`.

  What spans two segments (a pair of onsets, a held note) counts in neither; pieces are compared in segments alike.
  """
  return {name: tf.reduce_sum(tf.reshape(value, (pieces, -1, value.shape[-1])), 1) for name, value in counts.items()}


def of_counts(counts):
  """`count` -> statistics: dict of group -> `[B, N]`, each a share, a mean or a logarithm."""
  at_position = tf.repeat(counts['positions'] + 1.0, len(BAND_EDGES) - 1, axis=-1)
  pairs = tf.reshape(counts['pairs'], (-1, CORRELATION_LAGS, 2 * CORRELATION_INTERVAL + 1))
  at_least = tf.pad(counts['note_lengths'], [[0, 0], [0, 1]])
  return {
      'onset_density': counts['onset_grid'] / at_position,
      'frame_density': counts['frame_grid'] / at_position,
      'onset_share': _shares(counts['onset_grid']),
      'register': counts['registers'] / (counts['steps'] + EPSILON),
      'register_share': _shares(counts['registers']),
      'intervals': _shares(counts['intervals']),
      'polyphony': _polyphony(counts),
      'sustain': _sustain(counts),
      'transitions': _transition_shares(pairs),
      'pulse': counts['pulse'] / (counts['struck'] + 1.0),
      'note_lengths': (at_least[:, :-1] - at_least[:, 1:]) / (at_least[:, :1] + EPSILON),
      'chord_sizes': _shares(counts['chord_sizes']),
      'gaps': _shares(counts['gaps']),
      'bass': _shares(counts['bass']),
      'harmony': _chroma_likeness(counts),
      'repetition': counts['cosines'] / (counts['neighbours'] + EPSILON),
  }


def _by_interval(first, second, intervals):
  """How often a note of `first` and one of `second` (`[B, T, 88]`) meet in a step, by their interval: `[B, N]`."""
  together = tf.matmul(first, second, transpose_a=True)  # [B, 88, 88]
  return tf.matmul(tf.reshape(together, (-1, PITCHES * PITCHES)), intervals)


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


def time_pitch(counts):
  """The `pairs` of `count` as a vector of length 1: `[B, 16 * 41]`; the dot product of two is the similarity of Groove2Groove's profiles
  on the grid."""
  pairs = counts['pairs']
  return pairs / tf.sqrt(tf.reduce_sum(tf.square(pairs), -1, keepdims=True) + EPSILON)


def _transition_shares(pairs):
  """Pitch steps from an onset to the onsets 1, 2, 3, 4, 6, 8 steps later: `[B, 6 * 29]`, each lag's shares, of `correlation`."""
  low, high = CORRELATION_INTERVAL - MAX_TRANSITION, CORRELATION_INTERVAL + MAX_TRANSITION + 1
  return tf.concat([_shares(pairs[:, lag, low:high]) for lag in TRANSITION_LAGS], -1)


def _polyphony(counts):
  """log mean, log deviation and log ratio of the number of notes that sound: `[B, 3]`."""
  steps = counts['steps'][:, 0] + EPSILON
  mean, square = counts['sounding'][:, 0] / steps, counts['sounding'][:, 1] / steps
  deviation = tf.sqrt(tf.nn.relu(square - tf.square(mean)) + EPSILON)
  mean = mean + .05
  return tf.stack([tf.math.log(mean), tf.math.log(deviation), tf.math.log(deviation / mean)], -1)


def _sustain(counts):
  """log steps a note, in all and by band: `[B, 5]`."""
  bands = len(BAND_EDGES) - 1
  by_band = lambda grid: tf.reduce_sum(tf.reshape(grid, (-1, 16, bands)), 1)
  in_all = lambda x: tf.concat([tf.reduce_sum(x, -1, keepdims=True), x], -1)
  return tf.math.log((in_all(by_band(counts['frame_grid'])) + 4.0) / (in_all(by_band(counts['onset_grid'])) + 2.0))


def _pulse(struck):
  """How often something starts at a step `[B, T]` and 1 to 16 steps later: `[B, 10]`."""
  return tf.stack([tf.reduce_sum(struck[:, :-lag] * struck[:, lag:], 1) for lag in PULSE_LAGS], -1)


def _lengths(onsets, frames):
  """Notes lasting at least 1, 2, 3, 5 and 9 steps: `[B, 5]`."""
  held = tf.pad(frames * (1.0 - onsets), [[0, 0], [0, LENGTH_EDGES[-1]], [0, 0]])
  steps = tf.shape(onsets)[1]
  # Whether all of the next 1, 2, 4 and 8 steps are held, by doubling.
  at_least, run, length = [onsets], held[:, 1:], 1
  while length < LENGTH_EDGES[-1]:
    at_least.append(onsets * run[:, :steps])
    run = run[:, :-length] * run[:, length:]
    length *= 2
  return tf.stack([tf.reduce_sum(x, (1, 2)) for x in at_least], -1)


def _chords(started):
  """Steps `[B, T]` where 1, 2, 3, 4, 5 or more notes start (linear between): `[B, 5]`."""
  most = tf.minimum(started, float(CHORD_SIZES))[..., None]
  size = tf.range(1, CHORD_SIZES + 1, dtype=most.dtype)
  return tf.reduce_sum(tf.nn.relu(1.0 - tf.abs(most - size)), 1)


def lowest(onsets):
  """`[B, T, 88]`, 1 at and below the lowest onset of each step (linear in between)."""
  return tf.nn.relu(1.0 - tf.cumsum(onsets, -1, exclusive=True))


def _gaps(struck):
  """How often it takes 1, 2, 3, 4, 5-6, 7-8, 9-12 and 13-16 steps from a step where something starts to the next: `[B, 8]`."""
  open_since, counts = struck, []
  for lag in range(1, GAP_EDGES[-1] + 1):
    open_since = open_since[:, :tf.shape(struck)[1] - lag]
    counts.append(tf.reduce_sum(open_since * struck[:, lag:], 1))
    open_since *= 1.0 - struck[:, lag:]
  edges = (0, *GAP_EDGES)
  return tf.stack([tf.add_n(counts[low:high]) for low, high in zip(edges[:-1], edges[1:])], -1)


def _line_moves(line):
  """Moves, -14 to 14 semitones, of a line `[B, T, 88]` from one note to its next, at most 4 steps later: `[B, 29]`."""
  steps = tf.shape(line)[1]
  later = tf.pad(line, [[0, 0], [0, LINE_REACH], [0, 0]])
  empty = tf.stop_gradient(1.0 - tf.minimum(tf.reduce_sum(later, -1, keepdims=True), 1.0))
  between, following = 1.0, 0.0
  for lag in range(1, LINE_REACH + 1):
    following += between * later[:, lag:lag + steps]
    between *= empty[:, lag:lag + steps]
  return _by_interval(line, following, _MOVES)


_FOLD = ((np.arange(PITCHES)[:, None] + 21) % 12 == np.arange(12)).astype(np.float32)


def half_bars(frames):
  """Sound by pitch class in each half bar: `[B, T, 88]` -> `[B, T / 8, 12]`."""
  return tf.reduce_sum(_blocks(tf.matmul(frames, _FOLD), HARMONY_STEPS), 2)


def _harmony(frames):
  """Sound by pitch class, pitch classes summed over half bars, and half bars that sound: `[B, 12]`, `[B, 1]`, `[B, 1]`."""
  halves = half_bars(frames)
  there = tf.cast(tf.reduce_sum(halves, -1) > 0, tf.float32)
  return {'chroma': tf.reduce_sum(halves, 1), 'classes': tf.reduce_sum(tf.minimum(halves, 1.0), (1, 2))[:, None],
          'half_bars': tf.reduce_sum(there, 1, keepdims=True)}


def _chroma_likeness(counts):
  """Cosine of the pitch classes with themselves 1 to 6 semitones higher; pitch classes in a half bar, by 12: `[B, 7]`."""
  whole = counts['chroma']
  power = tf.reduce_sum(tf.square(whole), -1) + EPSILON
  alike = [tf.reduce_sum(whole * tf.roll(whole, shift, -1), -1) / power for shift in range(1, 7)]
  classes = counts['classes'][:, 0] / (counts['half_bars'][:, 0] + EPSILON)
  return tf.stack([*alike, classes / 12.0], -1)


def _repetition(onsets, frames):
  """Cosines between 16 steps and those 16 or 32 steps later, of the rhythm and of the keys that sound, summed; and how many: `[B, 4]` each."""
  rhythm = _blocks(tf.reduce_sum(onsets, -1, keepdims=True), BAR_STEPS)[..., 0]  # [B, bars, 16]
  keys = tf.reduce_sum(_blocks(frames, BAR_STEPS), 2)  # [B, bars, 88]
  cosines, neighbours = zip(*(_cosines(rows, lag) for rows in (rhythm, keys) for lag in (1, 2)))
  return {'cosines': tf.stack(cosines, -1), 'neighbours': tf.stack(neighbours, -1)}


def _blocks(x, steps):
  """`[B, T, D]` -> `[B, T / steps, steps, D]`, padded with silence."""
  x = tf.pad(x, [[0, 0], [0, -tf.shape(x)[1] % steps], [0, 0]])
  return tf.reshape(x, (tf.shape(x)[0], -1, steps, x.shape[-1]))


def _cosines(rows, lag):
  """Rows `[B, N, D]` -> `[B]` each: sum over neighbours `lag` apart of which both hold something, and how many there are."""
  first, second = rows[:, :-lag], rows[:, lag:]
  power = tf.reduce_sum(tf.square(first), -1) * tf.reduce_sum(tf.square(second), -1)
  there = tf.cast(power > 0, tf.float32)
  cosine = tf.reduce_sum(first * second, -1) / tf.sqrt(power + EPSILON)
  return tf.reduce_sum(cosine * there, 1), tf.reduce_sum(there, 1)


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
