"""How likely a bar begins on each beat of a piece, from what sounds there: a logistic regression over features of beats.

Weights: `weights/downbeats.npz`, fitted by `experiments/benchmark/bar_estimation.py`.
"""
import functools
import os

import numpy as np

# An onset this near to a beat (quarters) is on it; bass is below this pitch.
NEAR_BEATS, BASS_BELOW = 0.12, 55
# Beats before and after that a beat is judged with.
CONTEXT = 4
PATH = os.path.join(os.path.dirname(__file__), 'weights', 'downbeats.npz')
KICKS, SNARES, CRASHES = (35, 36), (38, 40), (49, 52, 55, 57)
NAMES = ('onsets', 'bass', 'bass length', 'length', 'loudness', 'top length', 'held', 'harmony 1', 'harmony 2', 'harmony 4', 'bass pitch',
         'kick', 'snare', 'crash', 'off the beat', 'harmony 8', 'rhythm 8', 'rest before', 'end of notes')


@functools.cache
def weights():
  """(float64 `[(2 * CONTEXT + 1) * F]`, bias)."""
  with np.load(PATH) as data:
    return data['weights'], float(data['bias'])


def log_odds(sequence, beat_map):
  """float64 `[B]`: for each beat from beat 0 on, the log odds that a bar begins there; arguments as of `features`."""
  slopes, bias = weights()
  return in_context(features(sequence, beat_map)) @ slopes + bias


def features(sequence, beat_map):
  """The features of all beats, from beat 0 to the last that a note begins in.

  Args:
    sequence: NoteSequence in seconds.
    beat_map: its map to quarters.

  Returns:
    float64 `[B, F]`, F as `NAMES`, each of mean 0 and deviation 1 over the piece (0 where it never changes).
  """
  rows = np.array([(n.start_time, n.end_time, n.pitch, n.velocity, n.is_drum) for n in sequence.notes], np.float64).reshape(-1, 5)
  starts, ends, drum = beat_map.to_beats(rows[:, 0]), beat_map.to_beats(rows[:, 1]), rows[:, 4] > 0
  if not len(rows):
    return np.zeros((0, len(NAMES)))
  count = int(np.floor(starts.max() + NEAR_BEATS)) + 1
  found = np.zeros((count, len(NAMES)))
  _add_notes(found, starts[~drum], ends[~drum], rows[~drum, 2].astype(int), rows[~drum, 3])
  for column, pitches in ((11, KICKS), (12, SNARES), (13, CRASHES)):
    _add(found[:, column], starts[drum & np.isin(rows[:, 2], pitches)], 1.0)
  np.minimum(found[:, 11:14], 1, out=found[:, 11:14])
  deviation = found.std(0)
  return (found - found.mean(0)) / np.where(deviation > 1e-9, deviation, 1)


def _add(column, starts, values):
  """Adds values at the beats that notes begin on; those between beats are left out."""
  beats = np.round(starts).astype(int)
  on = (np.abs(starts - beats) <= NEAR_BEATS) & (beats >= 0) & (beats < len(column))
  np.add.at(column, beats[on], np.broadcast_to(values, starts.shape)[on])


def _add_notes(found, starts, ends, pitches, velocities):
  """Fills the features of pitched notes."""
  _add_weights(found, starts, ends, pitches, velocities)
  count = len(found)
  profile = _profile(starts, ends, pitches, count)
  for column, width in ((7, 1), (8, 2), (9, 4), (15, 8)):
    found[:, column] = _change(profile, width)
  found[:, 16] = _change(_rhythm(starts, count), 8)
  found[:, 17] = _rests(starts, count)
  _add(found[:, 18], ends, 1.0)
  found[:, 18] = np.log1p(found[:, 18])
  between = np.abs(starts - np.round(starts)) > NEAR_BEATS
  found[:, 14] = np.log1p(np.bincount(np.clip(np.floor(starts[between]).astype(int), 0, count - 1), minlength=count))


def _add_weights(found, starts, ends, pitches, velocities):
  """Fills the features of the notes that begin on a beat, and of those that are held over it."""
  count = len(found)
  lengths = np.clip(ends - starts, 0, 4)
  bass = pitches < BASS_BELOW if np.any(pitches < BASS_BELOW) else np.ones(len(pitches), bool)
  _add(found[:, 0], starts, 1.0)
  _add(found[:, 1], starts[bass], 1.0)
  _add(found[:, 2], starts[bass], lengths[bass])
  _add(found[:, 3], starts, lengths)
  _add(found[:, 4], starts, velocities)
  found[:, 4] /= np.maximum(found[:, 0], 1)
  quiet = found[:, 0] == 0
  found[quiet, 4] = found[~quiet, 4].min() if np.any(~quiet) else 0
  beats = np.round(starts).astype(int)
  order = np.argsort(pitches, kind='stable')  # the highest is written last
  on = order[(np.abs(starts - beats)[order] <= NEAR_BEATS) & (beats[order] >= 0) & (beats[order] < count)]
  found[beats[on], 5] = lengths[on]
  low = on[::-1]
  lowest = np.full(count, -1)
  lowest[beats[low]] = pitches[low]
  for start, end in zip(starts, ends):  # beats that lie well inside the note
    found[int(np.ceil(start + NEAR_BEATS)):max(int(np.ceil(end - NEAR_BEATS)), 0), 6] += 1
  found[:, 0], found[:, 1], found[:, 3] = np.log1p(found[:, 0]), np.minimum(found[:, 1], 2), np.log1p(found[:, 3])
  found[:, 10] = _bass_changes(lowest)


def _profile(starts, ends, pitches, count):
  """float64 `[B, 12]`: how long each pitch class sounds in each beat."""
  profile = np.zeros((count + 1, 12))
  for start, end, pitch in zip(starts, np.minimum(ends, starts + 8), pitches):
    first, last = max(int(start + NEAR_BEATS), 0), min(int(np.ceil(end - NEAR_BEATS)), count)
    for beat in range(first, max(last, first + 1)):
      if beat < count:
        profile[beat, pitch % 12] += max(min(end, beat + 1) - max(start, beat), 0.05)
  return profile[:count]


def _rhythm(starts, count):
  """float64 `[B, 4]`: onsets at each sixteenth of each beat."""
  steps = np.clip(np.floor(4 * starts + 0.5).astype(int), 0, 4 * count - 1)
  return np.log1p(np.bincount(steps, minlength=4 * count).reshape(count, 4).astype(float))


def _change(values, width):
  """float64 `[B]`: how much the sum of `values` `[B, D]` over the next `width` beats differs from that before (1 - cosine)."""
  count = len(values)
  total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, 0)])
  beats = np.arange(count)
  after = total[np.minimum(beats + width, count)] - total[beats]
  before = total[beats] - total[np.maximum(beats - width, 0)]
  norms = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
  return np.where(norms > 0, 1 - np.sum(after * before, 1) / np.maximum(norms, 1e-9), 0)


def _rests(starts, count):
  """float64 `[B]`: beats, at most 2, from the last onset before each beat to it."""
  onsets = np.sort(starts)
  before = np.searchsorted(onsets, np.arange(count) - NEAR_BEATS) - 1
  return np.clip(np.arange(count) - np.where(before >= 0, onsets[np.maximum(before, 0)], 0), 0, 2)


def _bass_changes(lowest):
  """float64 `[B]`: 1 where the lowest note that begins is of another pitch class than the one before it."""
  changes, last = np.zeros(len(lowest)), -1
  for beat, pitch in enumerate(lowest.tolist()):
    if pitch >= 0:
      changes[beat] = last >= 0 and pitch % 12 != last % 12
      last = pitch
  return changes


def in_context(found):
  """`[B, F]` -> `[B, (2 * CONTEXT + 1) * F]`: each beat with its neighbours, zeros beyond the ends."""
  padded = np.pad(found, ((CONTEXT, CONTEXT), (0, 0)))
  return np.concatenate([padded[i:i + len(found)] for i in range(2 * CONTEXT + 1)], axis=1)
