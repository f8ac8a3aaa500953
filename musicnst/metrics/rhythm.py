"""Rhythmic measures: how busy, how many at once, where in the bar. Bars are of `beats_per_bar` quarters from beat 0; drums are left out."""
import numpy as np
from numpy import typing as npt

from musicnst.metrics import notes as notes_lib
from musicnst.representations import padding

# Classes of note length, in steps of the grid: 1, 2, 3-4, 5-8, more.
LENGTH_BOUNDS = (1, 2, 4, 8)


def onset_counts(music: notes_lib.Music, steps_per_beat: int = 4, beats_per_bar: int = 4) -> np.ndarray:
  """Notes that begin at each position of each bar: int64 `[bars, positions]`."""
  starts = notes_lib.pitched(music).steps(steps_per_beat)
  positions = steps_per_beat * beats_per_bar
  num_bars = int(starts.max(initial=-1)) // positions + 1
  return np.bincount(starts, minlength=num_bars * positions).reshape(num_bars, positions)


def rhythmic_intensity(music: notes_lib.Music, steps_per_beat: int = 4, beats_per_bar: int = 4) -> np.ndarray:
  """Share of the positions of each bar at which a note begins: float64 `[bars]` (Wu and Yang, MuseMorphose, 2021)."""
  return (onset_counts(music, steps_per_beat, beats_per_bar) > 0).mean(axis=1)


def polyphony(music: notes_lib.Music, steps_per_beat: int = 4, beats_per_bar: int = 4) -> np.ndarray:
  """Mean number of notes that sound at the positions of each bar: float64 `[bars]` (the same)."""
  sounding = notes_lib.roll(music, steps_per_beat).sum(axis=1)
  positions = steps_per_beat * beats_per_bar
  return padding.to_multiple(sounding, positions).reshape(-1, positions).mean(axis=1)


def groove_similarity(reference: notes_lib.Music, result: notes_lib.Music, steps_per_beat: int = 4, beats_per_bar: int = 4) -> float:
  """Mean cosine of the onset counts of bars with one number (the MuseMorphose paper's sim_grv), 0 to 1.

  A bar silent in one piece counts 0; bars silent in both do not count; 0 if there are none.
  """
  return aligned_cosine(*(onset_counts(m, steps_per_beat, beats_per_bar) for m in (reference, result)))


def bar_chroma_similarity(reference: notes_lib.Music, result: notes_lib.Music, beats_per_bar: int = 4) -> float:
  """Mean cosine of the pitch classes that begin in bars with one number (the MuseMorphose paper's sim_chr); as `groove_similarity`."""
  return aligned_cosine(*(_bar_chroma(m, beats_per_bar) for m in (reference, result)))


def _bar_chroma(music: notes_lib.Music, beats_per_bar: int) -> np.ndarray:
  notes = notes_lib.pitched(music)
  bars = notes.steps(4) // (4 * beats_per_bar)
  num_bars = int(bars.max(initial=-1)) + 1
  return np.bincount(bars * 12 + notes.pitch % 12, minlength=num_bars * 12).reshape(num_bars, 12)


def aligned_cosine(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
  """Mean cosine of rows `[N, D]` and `[M, D]` of one number, over the rows that are not 0 in both."""
  both = np.asarray(first, np.float64), np.asarray(second, np.float64)
  rows = max(map(len, both))
  one, other = (padding.to_length(array, rows) for array in both)
  norms = np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1)
  product = norms[0] * norms[1]
  cosine = np.divide((one * other).sum(axis=1), product, out=np.zeros(rows), where=product > 0)
  return float(cosine.sum() / max(((norms[0] > 0) | (norms[1] > 0)).sum(), 1))


def length_shares(music: notes_lib.Music, steps_per_beat: int = 4) -> np.ndarray:
  """Shares of the notes that last 1, 2, 3-4, 5-8 and more steps: float64 `[5]`, 0 without notes."""
  notes = notes_lib.pitched(music)
  lengths = notes.end_steps(steps_per_beat) - notes.steps(steps_per_beat)
  classes = np.bincount(np.searchsorted(LENGTH_BOUNDS, lengths), minlength=len(LENGTH_BOUNDS) + 1)
  return classes / max(len(notes), 1)


def off_beat_share(music: notes_lib.Music, steps_per_beat: int = 4) -> float:
  """Share of the notes that begin between the beats (at no whole quarter of the grid); 0 without notes."""
  starts = notes_lib.pitched(music).steps(steps_per_beat)
  return float((starts % steps_per_beat != 0).mean()) if len(starts) else 0.
