"""Tonal measures: the key of a piece, pitch classes and how they are distributed."""
import numpy as np

from musicnst.analysis import key as key_lib
from musicnst.metrics import notes as notes_lib


def pitch_class_histogram(music: notes_lib.Music, by_duration: bool = True) -> np.ndarray:
  """float64 `[12]`, beats (or notes, if not `by_duration`) of each pitch class; drums are left out."""
  notes = notes_lib.pitched(music)
  weights = np.maximum(notes.end - notes.start, 0.) if by_duration else np.ones(len(notes))
  return np.bincount(notes.pitch % 12, weights=weights, minlength=12)


def estimate_key(music: notes_lib.Music) -> int:
  """Most likely key, 0..11 C major .. B major, 12..23 C minor .. B minor (see `analysis.key.KEY_NAMES`); 0 for music without pitched notes."""
  return int(np.argmax(key_lib.key_scores(pitch_class_histogram(music))))


def scale_mask(key: int) -> np.ndarray:
  """bool `[12]`: the pitch classes of a key (natural minor, so that a key and its relative share them)."""
  mask = np.zeros(12, bool)
  mask[(np.array(key_lib.MINOR_SCALE if key >= 12 else key_lib.MAJOR_SCALE) + key) % 12] = True
  return mask


def in_key_share(music: notes_lib.Music, key: int) -> float:
  """Share of the pitched notes whose pitch class belongs to `key`; 1 where there are none."""
  pitches = notes_lib.pitched(music).pitch
  return float(scale_mask(key)[pitches % 12].mean()) if len(pitches) else 1.


def pitch_class_entropy(music: notes_lib.Music) -> float:
  """Entropy in bits of the pitch classes by number of notes: 0 (one) to 3.58 (all twelve alike)."""
  counts = pitch_class_histogram(music, by_duration=False)
  shares = counts[counts > 0] / max(counts.sum(), 1.)
  return float(-(shares * np.log2(shares)).sum()) + 0.


def pitch_range(music: notes_lib.Music) -> int:
  """Semitones from the lowest to the highest pitched note; 0 for one or none."""
  pitches = notes_lib.pitched(music).pitch
  return int(np.ptp(pitches)) if len(pitches) else 0
