"""Variants of a song in which the tune stays the tune: other keys, registers, loudness, timing, tempo and bar lines."""
import dataclasses

import numpy as np

from musicnst.analysis import score as scores
from experiments.analysis import melody_songs


def variant(song, generator):
  """A Song drawn from all variants of a Song."""
  pitch = _pitches(song, generator)
  velocity = _velocities(song, generator)
  start, end = _times(song, generator)
  kept = _kept(song, start, generator)
  return _sorted(song, pitch, velocity, start, end, kept)


def flattened(song):
  """The song with one loudness throughout."""
  return dataclasses.replace(song, score=dataclasses.replace(song.score, velocity=np.full(len(song.score), 80)))


def _pitches(song, generator):
  pitch = song.score.pitch + generator.integers(-6, 7)
  below, tune = song.label == melody_songs.ACCOMPANIMENT, song.label == melody_songs.TUNE
  draw = generator.random()
  if draw < 0.06:
    pitch = pitch - 12 * below
  elif draw < 0.14:
    pitch = pitch + 12 * below
  elif draw < 0.2:
    pitch = pitch - 12 * tune
  elif draw < 0.23:
    pitch = pitch + 12 * tune
  return np.clip(pitch, 0, 127)


def _velocities(song, generator):
  velocity, draw = song.score.velocity.astype(np.float64), generator.random()
  if draw < 0.4:
    return np.full(len(velocity), 80)
  if draw < 0.52:
    velocity = 80 + generator.uniform(0, 15) * generator.normal(size=len(velocity))
  elif draw < 0.65:
    velocity = velocity + generator.uniform(-25, 25, 3)[np.maximum(song.label, 0)]
  return np.clip(np.round(velocity), 1, 127).astype(np.int64)


def _times(song, generator):
  start, end = song.score.start, song.score.end
  draw = generator.random()
  if draw < 0.4:
    grid = (4, 4, 6, 12)[generator.integers(4)]
    start, end = np.round(start * grid) / grid, np.maximum(np.round(end * grid), np.round(start * grid) + 1) / grid
  elif draw < 0.6:
    start = start + generator.uniform(0, 0.03) * generator.normal(size=len(start))
  length = np.maximum(end - start, 1 / 32)
  draw = generator.random()
  if draw < 0.2:
    length = length * generator.uniform(0.4, 1)
  elif draw < 0.3:
    length = length * generator.uniform(0.4, 1.5, 3)[np.maximum(song.label, 0)]
  factor = (1, 1, 1, 1, 0.5, 2)[generator.integers(6)]
  shift = generator.uniform(0, 4) if generator.random() < 0.3 else 0.0
  start = np.maximum(start * factor + shift, 0)
  return start, start + length * factor


def _kept(song, start, generator):
  kept = np.ones(len(start), bool)
  if generator.random() < 0.15:
    kept &= song.label != melody_songs.SECOND
  if generator.random() < 0.3:
    kept &= start >= np.quantile(start, generator.uniform(0, 0.4))
  return kept


def _sorted(song, pitch, velocity, start, end, kept):
  order = np.lexsort((pitch, start))
  order = order[kept[order]]
  old = song.score
  score = scores.Score(
      index=old.index[order], pitch=pitch[order], velocity=velocity[order], program=old.program[order], instrument=old.instrument[order],
      start=start[order], end=end[order], is_drum=old.is_drum[order], bars=old.bars, track_names=old.track_names)
  return dataclasses.replace(song, score=score, label=song.label[order])
