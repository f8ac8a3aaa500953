"""What a track looks like beside the others: numbers by which its part in a band is told. Names and programs are not used."""
import functools
import os

import numpy as np

from musicnst.analysis import melody_network
from musicnst.analysis import note_features
from musicnst.analysis import track_names

OWN = ('pitch', 'spread', 'kinds', 'kinds_a_note', 'doubled', 'length', 'held_on', 'density', 'active', 'repeated', 'steps', 'leaps',
       'same_bar', 'drum_range', 'kick_snare', 'simultaneous', 'loudness', 'loudness_spread', 'overlapping')
AMONG = ('highest', 'lowest', 'above_others', 'notes', 'tune', 'second', 'mostly_tune', 'register', 'tune_of_most', 'rank_high', 'rank_low')
# What the two classifiers tell apart; `rest` is everything that goes on under the tune: chords, pads, counter-melodies.
PARTS = TUNE, BASS, REST = track_names.TUNE, track_names.BASS, 'rest'
_WEIGHTS = os.path.join(os.path.dirname(__file__), 'weights', 'tracks.npz')
_STEPS = 16


@functools.cache
def weights():
  """{name: float32 array} of the classifiers: `drums` `[len(OWN) + 1]`, `parts` `[len(OWN) + len(AMONG) + 1, 3]`, each with mean, scale."""
  with np.load(_WEIGHTS) as file:
    return {name: file[name].astype(np.float32) for name in file.files}


def own(score):
  """float64 `[T, len(OWN)]`: each instrument by itself, in rising order of its number."""
  rows = [_own(score, score.instrument == one) for one in np.unique(score.instrument)]
  return np.array([[row[name] for name in OWN] for row in rows]).reshape(-1, len(OWN))


def among(score, probability):
  """float64 `[T, len(AMONG)]`: each instrument beside the others.

  Args:
    score: Score of N notes without drums.
    probability: float `[N, 3]` of `melody_network`.
  """
  order, columns = note_features.features(score)
  sides = np.empty((len(score), 2), bool)
  for side, name in enumerate(('sounding_above', 'sounding_below')):
    sides[order, side] = columns[:, note_features.NAMES.index(name)] == 0
  instruments = np.unique(score.instrument)
  masks = [score.instrument == one for one in instruments]
  rows = np.array([_among(score, mask, sides, probability) for mask in masks]).reshape(-1, len(AMONG) - 3)
  if not len(rows):
    return np.zeros((0, len(AMONG)))
  likeliest, registers = rows[:, AMONG.index('tune')], rows[:, AMONG.index('register')]
  rank = np.argsort(np.argsort(registers))
  return np.column_stack([rows, likeliest - np.max(likeliest), np.exp(rank - rank.max()), np.exp(-rank.astype(float))])


def _among(score, mask, sides, probability):
  others = score.pitch[~mask]
  above = score.pitch[mask].mean() - (others.mean() if len(others) else score.pitch[mask].mean())
  tune = probability[mask, melody_network.TUNE]
  return [sides[mask, 0].mean(), sides[mask, 1].mean(), above / 12, np.log2(mask.mean() + 1e-3) / 4, tune.mean(),
          probability[mask, melody_network.SECOND].mean(), np.mean(tune > 0.5), np.median(score.pitch[mask]) / 12 - 5]


def _own(score, mask):
  pitch, start = score.pitch[mask], score.start[mask]
  length = np.maximum(score.end[mask] - start, note_features.SHORTEST_BEATS)
  times, counts, tops = _chords(pitch, start)
  gaps = np.minimum(np.append(np.diff(times), 4.0), 4.0)
  moves = np.abs(np.diff(tops))
  moves = moves if len(moves) else np.zeros(1)
  bars = np.searchsorted(score.bar_starts, start + note_features.CHORD_BEATS, side='right')
  kinds = len(np.unique(pitch))
  return {
      'pitch': pitch.mean() / 12 - 5, 'spread': pitch.std() / 12, 'kinds': np.log2(kinds) / 4, 'kinds_a_note': kinds / len(pitch),
      'doubled': np.mean(counts > 1), 'simultaneous': np.log2(counts.mean()), 'length': np.log2(np.median(length)),
      'held_on': np.clip(np.log2(np.median(length) / np.median(gaps)) if np.median(gaps) > 0 else 0, -3, 3),
      'density': np.log2(len(times) / max(len(np.unique(np.floor(times))), 1)), 'active': len(np.unique(bars)) / max(len(score.bars), 1),
      'repeated': np.mean(moves == 0), 'steps': np.mean((moves > 0) & (moves < 3)), 'leaps': np.mean(moves > 6),
      'same_bar': _same_bars(score, bars, start), 'drum_range': np.mean((pitch >= 35) & (pitch <= 59)),
      'kick_snare': np.mean(np.isin(pitch, (35, 36, 38, 40, 42, 44, 46))), 'loudness': score.velocity[mask].mean() / 32 - 2.5,
      'loudness_spread': score.velocity[mask].std() / 16, 'overlapping': np.mean(start[1:] < (start + length)[:-1] - 0.1) if len(start) > 1 else 0}


def _chords(pitch, start):
  """Of notes in order of start: times of their chords, how many notes each has, its highest pitch."""
  first = np.flatnonzero(np.r_[True, np.diff(start) > note_features.CHORD_BEATS])
  return start[first], np.diff(np.r_[first, len(start)]), np.maximum.reduceat(pitch, first)


def _same_bars(score, bars, start):
  """Share of bars whose rhythm is that of the bar before."""
  place = np.floor((start - score.bar_starts[np.clip(bars - 1, 0, None)]) * 4 + 0.5).astype(np.int64)
  rhythms = {}
  for bar, where in zip(bars.tolist(), np.clip(place, 0, 2 * _STEPS).tolist()):
    rhythms.setdefault(bar, set()).add(where)
  return float(np.mean([rhythms.get(bar - 1) == rhythm for bar, rhythm in rhythms.items()]))


def drum_likeness(rows, parameters=None):
  """float `[T]`: how likely each track of `own` is drums, by its notes alone."""
  p = parameters or weights()
  return 1 / (1 + np.exp(-(((rows - p['drums_mean']) / p['drums_scale']) @ p['drums'][:-1] + p['drums'][-1])))


def part_likeness(rows, parameters=None):
  """float `[T, len(PARTS)]`: how likely each track of `own` and `among`, side by side, plays each part."""
  p = parameters or weights()
  values = ((rows - p['parts_mean']) / p['parts_scale']) @ p['parts'][:-1] + p['parts'][-1]
  values = np.exp(values - values.max(axis=1, keepdims=True))
  return values / values.sum(axis=1, keepdims=True)
