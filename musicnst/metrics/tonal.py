"""Tonal measures: the key of a piece, pitch classes and how they are distributed."""
import numpy as np
from numpy import typing as npt

from musicnst.metrics import notes as notes_lib

# Probe-tone ratings of Krumhansl and Kessler (1982), tonic first.
MAJOR_PROFILE = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_PROFILE = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10)
KEY_NAMES = tuple(f'{tonic} {mode}' for mode in ('major', 'minor')
                  for tonic in ('C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'))


def pitch_class_histogram(music: notes_lib.Music, by_duration: bool = True) -> np.ndarray:
  """float64 `[12]`, beats (or notes, if not `by_duration`) of each pitch class; drums are left out."""
  notes = notes_lib.pitched(music)
  weights = np.maximum(notes.end - notes.start, 0.) if by_duration else np.ones(len(notes))
  return np.bincount(notes.pitch % 12, weights=weights, minlength=12)


def key_scores(histogram: npt.ArrayLike) -> np.ndarray:
  """Correlation of a pitch-class histogram `[12]` with each of the 24 keys: float64 `[24]`, majors from C first, then minors.

  Krumhansl and Schmuckler's key finding: Pearson's r against the rotated probe-tone profiles. All 0 for a flat or empty histogram.
  """
  profiles = np.array([np.roll(p, tonic) for p in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(12)])
  profiles -= profiles.mean(axis=1, keepdims=True)
  centred = np.asarray(histogram, np.float64)
  centred = centred - centred.mean()
  norms = np.linalg.norm(profiles, axis=1) * np.linalg.norm(centred)
  return np.divide(profiles @ centred, norms, out=np.zeros(24), where=norms > 1e-12)


def estimate_key(music: notes_lib.Music) -> int:
  """Most likely key, 0..11 C major .. B major, 12..23 C minor .. B minor (see KEY_NAMES); 0 for music without pitched notes."""
  return int(np.argmax(key_scores(pitch_class_histogram(music))))


def scale_mask(key: int) -> np.ndarray:
  """bool `[12]`: the pitch classes of a key (natural minor, so that a key and its relative share them)."""
  mask = np.zeros(12, bool)
  mask[(np.array(MINOR_SCALE if key >= 12 else MAJOR_SCALE) + key) % 12] = True
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
