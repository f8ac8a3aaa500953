"""The meter of a piece whose file says none that can be: bars of four or three quarters, and where they begin.

The best path through (beat, place in the bar) by `downbeats.log_odds`, one meter throughout; the place may jump (a bar of two quarters among
bars of four) at a price. Pieces in 6/8 come out as 3/4, those in 2/4 as 4/4: bars lie on bars.
"""
import dataclasses

import numpy as np

from musicnst.reading import downbeats
from musicnst.reading import meter as meter_lib
from musicnst.reading import onsets

GUESSES = ((4, 4), (3, 4))
# Price of a jump of the place in the bar, in log odds; chosen on validation pieces of five corpora.
JUMP_PRICE = 40.0
# A bar that lasts longer or shorter (quarters) is not believed, nor is a meter of one beat, but for 1/1.
SHORTEST_BEATS, LONGEST_BEATS = 1.5, 16
FEWEST_BEATS = 8
# A beat map is half a beat off where at most this share of the weight on beats and halves lies on beats (where the place of the beat was
# found anew; where the file says it), and bars of four on the halves are likelier by so much a beat. Chosen on training songs of POP909.
ON_BEAT_FOUND, ON_BEAT_SAID, GAIN, WIDTH_BEATS = 0.545, 0.48, 0.1, 0.06


def believed(numerator, denominator):
  """Whether bars of this meter can be bars."""
  return (numerator > 1 or denominator == 1) and SHORTEST_BEATS <= meter_lib.bar_beats(numerator, denominator) <= LONGEST_BEATS


def of_file(sequence, beat_map):
  """The meter (numerator, denominator) that holds longest by the file's signatures; 4/4 where it has none."""
  lasting = {}
  for bar in meter_lib.bars(sequence, dataclasses.replace(beat_map, meters=())):
    key = bar.numerator, bar.denominator
    lasting[key] = lasting.get(key, 0.0) + bar.end_beat - bar.start_beat
  return max(lasting, key=lasting.get)


def lay(sequence, beat_map, meters=GUESSES, meter_from='guess'):
  """The map with bars of the likeliest of some meters, laid where they most likely begin.

  Args:
    sequence: NoteSequence in seconds.
    beat_map: its map to quarters; beats must be right, bars need not.
    meters: candidates (numerator, denominator). Those whose bars are no whole number of quarters begin at beat 0.
    meter_from: what to say of the result.

  Returns:
    BeatMap, moved by whole quarters so that a bar begins at beat 0, with `meters`.
  """
  whole = [each for each in meters if meter_lib.bar_beats(*each) % 1 == 0]
  odds = downbeats.log_odds(sequence, beat_map) if whole else np.zeros(0)
  if len(odds) < FEWEST_BEATS:
    return dataclasses.replace(beat_map, meters=((0.0, *meters[0]),), meter_from=meter_from)
  paths = [(*path(odds, int(meter_lib.bar_beats(*each))), each) for each in whole]
  _, places, chosen = max(paths, key=lambda found: found[0])
  length = int(meter_lib.bar_beats(*chosen))
  starts = np.flatnonzero(places == 0)
  moved = beat_map.moved(float(starts[0] % length), length)
  later = round(float(moved.to_beats(0.0) - beat_map.to_beats(0.0)))
  return dataclasses.replace(moved, meters=_changes(starts + later, length, chosen[1]), meter_from=meter_from)


def off_by_half(sequence, beat_map, found):
  """Whether the beats lie half a quarter later than the map says; `found`: the place of its beats was found from the notes."""
  times, weights = onsets.events(sequence)
  phases = beat_map.to_beats(times) % 1.0
  on = weights[np.minimum(phases, 1 - phases) < WIDTH_BEATS].sum()
  half = weights[np.abs(phases - 0.5) < WIDTH_BEATS].sum()
  if on >= (ON_BEAT_FOUND if found else ON_BEAT_SAID) * (on + half):
    return False
  odds = [downbeats.log_odds(sequence, each) for each in (beat_map, beat_map.moved(0.5))]
  as_it_is, moved = (path(each, 4)[0] / len(each) if len(each) >= FEWEST_BEATS else 0.0 for each in odds)
  return moved > as_it_is + GAIN


def path(odds, length):
  """The likeliest places in bars of `length` beats.

  Args:
    odds: `[B]` log odds that a bar begins.

  Returns:
    (log likelihood, places int `[B]`, 0 where a bar begins).
  """
  begins, goes_on = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
  back = np.zeros((len(odds), length), np.int64)
  before = (np.arange(length) - 1) % length
  scores = np.full(length, goes_on[0])
  scores[0] = begins[0]
  for beat in range(1, len(odds)):
    best = int(scores.argmax())
    jump = scores[best] - JUMP_PRICE > scores[before]
    back[beat] = np.where(jump, best, before)
    scores = np.where(jump, scores[best] - JUMP_PRICE, scores[before]) + goes_on[beat]
    scores[0] += begins[beat] - goes_on[beat]
  places = np.zeros(len(odds), np.int64)
  places[-1] = scores.argmax()
  for beat in range(len(odds) - 1, 0, -1):
    places[beat - 1] = back[beat, places[beat]]
  return float(scores.max()), places


def _changes(starts, length, denominator):
  """Beats at which bars begin -> ((beat, numerator, denominator), ...) where the meter changes, the first at beat 0."""
  numerator = lambda beats: round(beats * denominator / 4)
  found = [(0.0, numerator(length), denominator)]
  for start, following in zip(starts, np.append(starts[1:], starts[-1] + length)):
    if numerator(following - start) != found[-1][1]:
      found.append((float(start), numerator(following - start), denominator))
  return tuple(found)
