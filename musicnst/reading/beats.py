"""Beats of a performance, estimated from its onsets alone: sequence -> BeatMap.

Three steps, all on onset events (`onsets.events`):

1. The best path through (event, beat period) by dynamic programming. As in D. Ellis, Beat Tracking by Dynamic Programming, JNMR 36(1),
   2007, a beat earns the weight of its onset and pays for a change of period; as in the grid models of A. Cemgil and B. Kappen, Monte
   Carlo Methods for Tempo Tracking and Rhythm Quantization, JAIR 18, 2003, the onsets between two beats earn what their places in the
   quarter are worth (halves, sixteenths, triplets), which settles period and phase together. Periods near .7 s are preferred
   (log-normal); beats without an onset are allowed at a price.
2. Beat times are refined by least squares: onsets near a place of the grid pull the beats, changes of tempo are penalized.
3. Bars of four begin on the beats with the longest bass notes.

Deviation: the period is a state of the path, not fixed for the piece as in Ellis's method, so that rubato can be followed.

The constants were chosen by random search on 40 training songs of POP909 and 40 training pieces of asap-scores played by random tempo
curves. How well it does on test pieces stands in experiments/benchmark/beat_estimation.py.
"""
import math

import numpy as np

from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import onsets

FASTEST_SECS, SLOWEST_SECS = 0.25, 1.35
BINS_PER_OCTAVE = 16
PREFERRED_SECS, PREFERENCE_OCTAVES, PREFERENCE = 0.7, 0.5, 0.38
# Price of a beat, of a beat without an onset, and of a change of period by one bin (squared).
BEAT_PRICE, MISSING_PRICE, CHANGE_PRICE, MOST_CHANGE, MOST_MISSING = 1.2, 0.6, 0.15, 5, 4
# Worth of an onset on the half, the sixteenth and the triplet of a quarter (on the beat: 1), and how wide a place is.
HALF, SIXTEENTH, TRIPLET = 0.585, 0.7, 0.22
WIDTH_BEATS, WIDTH_SECS = 0.014, 0.005
# Beats may begin and end this far from the first and last onset.
EDGE_SECS, EDGE_PRICE = 4.0, 2.0
GAP_PRICE = 3.0
STIFFNESS, ROUNDS, PULL_BEATS = 0.05, 4, 0.05
# Phases that pull in the refinement, and how much nearer an onset must be to count there than on the beat.
PLACES = np.array([0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1])
HANDICAPS = np.array([0, 0.02, 0.03, 0.01, 0.03, 0.02, 0])


def estimate(sequence):
  """Estimates the beats of a sequence from its onsets, ignoring its tempo map.

  Args:
    sequence: NoteSequence in seconds.

  Returns:
    BeatMap with a knot at each beat, bars of four beginning at multiples of 4. With fewer than three beats to be found, the map of the
    sequence's own tempos.
  """
  times, weights = onsets.events(sequence)
  beats = track(times, weights) if len(times) > 2 else times
  if len(beats) < 3:
    return beat_map_lib.BeatMap.from_tempos(sequence)
  beats = refine(_extended(beats, times[0], times[-1]), times, weights)
  numbered = beat_map_lib.BeatMap(beats, np.arange(len(beats)))
  beats_per_bar = beat_map_lib.BEATS_PER_BAR
  return beat_map_lib.BeatMap.from_beat_times(beats, beats_per_bar, onsets.first_downbeat(sequence, numbered, beats_per_bar))


def track(times, weights):
  """Step 1: event seconds `[M]` and weights `[M]` -> seconds of the beats, increasing; those without an onset are interpolated."""
  from musicnst.reading import beats_path
  bins = int(math.log2(SLOWEST_SECS / FASTEST_SECS) * BINS_PER_OCTAVE) + 1
  periods = FASTEST_SECS * 2 ** (np.arange(bins) / BINS_PER_OCTAVE)
  prices = BEAT_PRICE + PREFERENCE * (np.log2(periods / PREFERRED_SECS) / PREFERENCE_OCTAVES) ** 2
  settings = (FASTEST_SECS, float(BINS_PER_OCTAVE), MISSING_PRICE, CHANGE_PRICE, MOST_CHANGE, MOST_MISSING, HALF, SIXTEENTH, TRIPLET,
              WIDTH_BEATS, WIDTH_SECS, EDGE_SECS, EDGE_PRICE, GAP_PRICE)
  events, gaps = beats_path.best(times, weights, prices, settings)
  numbers = np.cumsum(np.append(0, gaps[1:]))
  return np.interp(np.arange(numbers[-1] + 1), numbers, times[events])


def refine(beats, times, weights):
  """Step 2: moves beat seconds `[K]` so that the events near a place of the grid come to lie on it.

  Minimizes the weighted squared distances (seconds) of events from their places, places interpolated between beats, plus `STIFFNESS`
  times the squared second differences of the beats; events off every place count less each round (Cauchy weights).
  """
  from scipy import linalg
  count = len(beats)
  for _ in range(ROUNDS):
    position = np.interp(times, beats, np.arange(count))
    whole = np.floor(position)
    distances = np.abs((position - whole)[:, None] - PLACES) + HANDICAPS  # [M, G]
    place = PLACES[distances.argmin(1)]
    residual = position - whole - place
    weight = weights / (1 + (residual / PULL_BEATS) ** 2)
    left = np.clip((whole + place).astype(np.int64), 0, count - 2)
    share = whole + place - left
    bands = _stiff_bands(count)
    bands[2] += np.bincount(left, weight * (1 - share) ** 2, count) + np.bincount(left + 1, weight * share**2, count)
    bands[1, 1:] += np.bincount(left, weight * share * (1 - share), count)[:-1]
    target = np.bincount(left, weight * (1 - share) * times, count) + np.bincount(left + 1, weight * share * times, count)
    moved = linalg.solveh_banded(bands, target)
    if np.any(np.diff(moved) < FASTEST_SECS / 4):
      break
    beats = moved
  return beats


def _stiff_bands(count):
  """The penalty of second differences as the upper bands `[3, K]` of a symmetric matrix, with a trace of identity."""
  bands = np.zeros((3, count))
  bands[2] = 1e-9
  bands[2, :-2] += STIFFNESS
  bands[2, 1:-1] += 4 * STIFFNESS
  bands[2, 2:] += STIFFNESS
  bands[1, 1:-1] -= 2 * STIFFNESS
  bands[1, 2:] -= 2 * STIFFNESS
  bands[0, 2:] += STIFFNESS
  return bands


def _extended(beats, first, last):
  """The beats, continued at their outer periods until they enclose `first` and `last` seconds."""
  before, after = np.median(np.diff(beats[:5])), np.median(np.diff(beats[-5:]))
  earlier = beats[0] - before * np.arange(math.ceil(max(0.0, beats[0] - first) / before), 0, -1)
  later = beats[-1] + after * np.arange(1, math.ceil(max(0.0, last - beats[-1]) / after) + 1)
  return np.concatenate([earlier, beats, later])
