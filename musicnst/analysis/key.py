"""The key of each bar and of a piece: probe-tone profiles on the notes, and the chords that a key uses, by a dynamic programme over bars."""
import dataclasses
import functools
import os

import numpy as np

from musicnst.analysis import qualities

# Probe-tone ratings of Krumhansl and Kessler (1982), tonic first.
MAJOR_PROFILE = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_PROFILE = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10)
KEY_NAMES = tuple(f'{tonic} {mode}' for mode in ('major', 'minor') for tonic in qualities.ROOTS)
PATH = os.path.join(os.path.dirname(__file__), 'weights', 'keys.npz')
# Chosen on validation pieces of POP909-CL and Nottingham: what a bar's notes, chords and the last chord count, and what a change of key costs,
# for each fifth of distance more (a change to the relative key counts as one).
NOTES, CHORDS, LAST, CHANGE, FIFTH = 1.0, 1.0, 1.0, 8.0, 1.0


@dataclasses.dataclass(frozen=True, eq=False)
class Keys:
  """Keys as numbers: 0 to 11 C major to B major, 12 to 23 C minor to B minor (see KEY_NAMES).

  Args:
    bars: int64 `[M]`, the local key of each bar.
    overall: the key of the piece: the one that explains all its bars best.
  """

  bars: np.ndarray
  overall: int

  def scales(self):
    """bool `[M, 12]`: the pitch classes of each bar's key, in minor the natural and the leading tone."""
    return np.array([scale(key) for key in self.bars])


def scale(key):
  """bool `[12]`, pitch classes of a key; a minor key has its leading tone beside the natural seventh."""
  tones = MINOR_SCALE + (11,) if key >= 12 else MAJOR_SCALE
  return np.isin((np.arange(12) - key) % 12, tones)


def key_scores(histogram):
  """Correlation of pitch-class histograms `[..., 12]` with each of the 24 keys: float64 `[..., 24]`, majors from C first, then minors.

  Krumhansl and Schmuckler's key finding: Pearson's r against the rotated probe-tone profiles. All 0 for a flat or empty histogram.
  """
  profiles = np.array([np.roll(p, tonic) for p in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(12)])
  profiles -= profiles.mean(axis=1, keepdims=True)
  histogram = np.asarray(histogram, np.float64)
  centred = histogram - histogram.mean(-1, keepdims=True)
  norms = np.linalg.norm(profiles, axis=1) * np.linalg.norm(centred, axis=-1)[..., None]
  return np.divide(centred @ profiles.T, norms, out=np.zeros(norms.shape), where=norms > 1e-12)


def chord_class(root, quality, key):
  """0 to 35: root over the tonic, times kind of third (major, minor, neither); arrays or numbers."""
  kind = np.where(qualities.THIRDS[quality] == 4, 0, np.where(qualities.THIRDS[quality] == 3, 1, 2))
  return (root - key) % 12 * 3 + kind


@functools.cache
def _log_tables():
  """Log chance of each chord class over an even spread, in the middle and at the end of a piece: two float64 `[2, 36]`."""
  with np.load(PATH) as data:
    return tuple(np.log(36 * data[name].astype(np.float64)) for name in ('used', 'last'))


def of(score, chords):
  """Keys of a Score whose Chords are known; a piece of drums or silence is in C major."""
  evidence = _evidence(score, chords)
  return Keys(_path(evidence), int(evidence.sum(0).argmax()))


def _evidence(score, chords):
  """What speaks for each key in each bar, float64 `[M, 24]`: 1 is a bar whose notes correlate fully."""
  bars = len(score.bars)
  heard = key_scores(_histograms(score, chords.grid)) * NOTES
  used, last = _log_tables()
  keys = np.arange(24)
  there = np.flatnonzero(chords.root >= 0)
  if len(there):
    classes = chord_class(chords.root[there, None], chords.quality[there, None], keys)
    bar, lengths = chords.grid.bar[there], chords.grid.lengths
    share = lengths[there] / np.bincount(chords.grid.bar, weights=lengths, minlength=bars)[bar]
    np.add.at(heard, bar, CHORDS * share[:, None] * used[keys // 12, classes])
    heard[bar[-1]] += LAST * last[keys // 12, classes[-1]]
  return heard


def _histograms(score, grid):
  """Quarters that each pitch class sounds, counted where notes begin, `[M, 12]`."""
  notes = score.pitched()
  bar = grid.bar[np.clip(grid.position(notes.start).astype(np.int64), 0, len(grid) - 1)]
  weights = np.clip(notes.end - notes.start, 0, 4)
  return np.bincount(bar * 12 + notes.pitch % 12, weights=weights, minlength=12 * len(score.bars)).reshape(-1, 12)


def _path(evidence):
  """The keys with the highest sum of evidence less the cost of changes, int64 `[M]`."""
  cost = _costs()
  total, back = evidence[0], np.zeros(evidence.shape, np.int64)
  for bar in range(1, len(evidence)):
    reached = total[:, None] - cost
    back[bar] = reached.argmax(0)
    total = reached.max(0) + evidence[bar]
  path = np.zeros(len(evidence), np.int64)
  path[-1] = total.argmax()
  for bar in range(len(evidence) - 1, 0, -1):
    path[bar - 1] = back[bar, path[bar]]
  return path


@functools.cache
def _costs():
  """What it costs to go from each key to each other, `[24, 24]`."""
  keys = np.arange(24)
  sharps = np.where(keys < 12, keys * 7, (keys + 3) * 7) % 12
  apart = (sharps[:, None] - sharps) % 12
  apart = np.minimum(apart, 12 - apart)
  return np.where(keys[:, None] == keys, 0, CHANGE + FIFTH * np.maximum(apart, 1))
