"""Donors: stretches of the style piece, as many beats long as a bar of the content, and what must be known to choose among them."""
import dataclasses

import numpy as np

from musicnst.style_transfer.arrange import piece as piece_lib

# Rhythms are compared at so many places a beat.
PLACES = 4


@dataclasses.dataclass(frozen=True, eq=False)
class Donors:
  """W windows of n beats each of one style piece.

  Args:
    piece: ArrangedPiece of the style.
    beats: int `[W, n]`, the style's beats that take the places of a bar's beats.
    follows: int `[W]`, the window that comes next in the style, -1 for none.
    first, last: bool `[W]`, windows at the beginning and at the end of the music.
    rhythm: float `[W, n * PLACES]`, onsets of the tune, of length 1 (or 0).
    root: int `[W, n]`, of the chord of each beat; -1 for none.
    chord, scale: bool `[W, n, 12]`, semitones over each root that belong to the chord and to the key; all of them where there is none.
    used_chord, used_scale: float `[W, n, 12]`, the shares of the window's notes around the tune that are tones of the chord, and others, by
      semitones over the root.
    energy: float `[W]`, onsets around the tune by their loudness, as a rank from 0 to 1.
    count: int `[W]`, notes around the tune.
    low: bool `[W]`, whether a bass begins.
  """

  piece: piece_lib.ArrangedPiece
  beats: np.ndarray
  follows: np.ndarray
  first: np.ndarray
  last: np.ndarray
  rhythm: np.ndarray
  root: np.ndarray
  chord: np.ndarray
  scale: np.ndarray
  used_chord: np.ndarray
  used_scale: np.ndarray
  energy: np.ndarray
  count: np.ndarray
  low: np.ndarray


def of(piece, length):
  """Donors of a style piece for bars of `length` beats."""
  starts, beats = windows(piece.beats, length, piece.first_full_bar)
  around, notes = _beat_counts(piece, piece.around), _beat_counts(piece, np.arange(len(piece.score)))
  first, last = _ends(beats, around if around.any() else notes)
  summary = bars_summary(piece, beats)
  number = {start: i for i, start in enumerate(starts)}
  step = np.array([last + 1 for last in beats.max(1)])
  follows = np.array([number.get(int(after), -1) for after in step])
  return Donors(
      piece=piece, beats=beats, follows=follows, first=first, last=last, count=around[beats].sum(1), **summary,
      **dict(zip(('used_chord', 'used_scale'), _used(piece, beats, summary))))


def _ends(beats, notes):
  """(first, last), bool `[W]`: the first window that sounds, and those with the last beat that does.

  Args:
    beats: int `[W, n]`. notes: int `[B]`, how many begin in each beat.
  """
  first, sounding = np.zeros(len(beats), bool), np.flatnonzero(notes)
  if not len(sounding):
    return first, first.copy()
  first[int(notes[beats].any(1).argmax())] = True
  return first, (beats == sounding[-1]).any(1)


def windows(beats, length, begin=0):
  """(first beat of each, int `[W, length]`): the style's beats in windows of `length` that begin at bars or at whole parts of bars.

  None begins before bar `begin`: the bar of a pick-up is no bar of accompaniment.

  Shorter bars are joined where that comes out even, else their last beat is repeated; longer ones are divided, or cut.
  """
  starts, rows = [], []
  total, sizes = len(beats.bar), np.diff(beats.first)
  for bar, size in enumerate(sizes.tolist()):
    if bar < begin:
      continue
    first = int(beats.first[bar])
    for part in range(0, size if size % length == 0 else 1, length):
      row = np.arange(first + part, first + part + length)
      if size < length and (length % size or row[-1] >= total or (sizes[beats.bar[row]] != size).any()):
        row = first + np.minimum(np.arange(length), size - 1)
      starts.append(first + part)
      rows.append(np.minimum(row, total - 1))
  return starts, np.array(rows)


def bars_summary(piece, beats):
  """What donors and bars of a content are compared by: dict of arrays, a row for each of `beats` `[W, n]`."""
  tune = _rhythm(piece, np.flatnonzero(piece.tune))[beats].reshape(len(beats), -1)
  rhythm = tune / np.maximum(np.linalg.norm(tune, axis=1, keepdims=True), 1e-9)
  spans = piece.harmony.at(piece.beats.edges[beats] + 1e-3)  # [W, n]
  root = piece.harmony.root[spans]
  over = (np.arange(12) + np.maximum(root, 0)[..., None]) % 12
  relative = lambda classes: np.take_along_axis(classes[spans], over, -1) | (root < 0)[..., None]
  loud = np.zeros(len(piece.beats.bar))
  np.add.at(loud, piece.beats.of(piece.onsets), piece.score.velocity / 64.0)
  return {'rhythm': rhythm, 'root': root, 'chord': relative(piece.harmony.tones), 'scale': relative(piece.harmony.scale),
          'energy': _rank(loud[beats].sum(1)), 'low': _beat_counts(piece, np.flatnonzero(piece.bass & piece.accompanying))[beats].any(1)}


def _used(piece, beats, summary):
  """(used_chord, used_scale) of Donors."""
  beat, root = piece.beats.of(piece.onsets[piece.around]), piece.harmony.root[piece.harmony.at(piece.beats.edges[:-1] + 1e-3)]
  count = np.zeros((len(piece.beats.bar), 12))
  np.add.at(count, (beat, (piece.score.pitch[piece.around] - np.maximum(root[beat], 0)) % 12), 1)
  used = count[beats]  # [W, n, 12]
  used /= np.maximum(used.sum((1, 2), keepdims=True), 1)
  return used * summary['chord'], used * ~summary['chord']


def _rank(values):
  """Values -> 0 to 1 by their order, equal ones alike."""
  _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
  middle = np.cumsum(counts) - (counts + 1) / 2
  return middle[inverse] / max(len(values) - 1, 1)


def _rhythm(piece, notes):
  """float `[B, PLACES]`: 1 where one of the notes begins."""
  beat = piece.beats.of(piece.onsets[notes])
  start, end = piece.beats.edges[beat], piece.beats.edges[beat + 1]
  place = np.clip(((piece.onsets[notes] - start) / (end - start) * PLACES + 1e-3).astype(int), 0, PLACES - 1)
  result = np.zeros((len(piece.beats.bar), PLACES))
  result[beat, place] = 1
  return result


def _beat_counts(piece, notes):
  return np.bincount(piece.beats.of(piece.onsets[notes]), minlength=len(piece.beats.bar))
