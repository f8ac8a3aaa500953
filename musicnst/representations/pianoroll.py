"""Polyphonic piano roll: onset and sustain of 88 keys on a grid of steps, velocities beside.

Layout of one step, depth 176: cells 0-87 are onsets (a note of pitch 21 + i starts here), cells 88-175 sustains (a note that started
earlier still sounds here). A quarter note C4 on a grid of 4 steps is one onset cell followed by three sustain cells:

  step      0  1  2  3  4
  onset     1  0  0  0  0
  sustain   0  1  1  1  0
"""
import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.representations import base
from musicnst.representations import padding

MIN_PITCH, MAX_PITCH = 21, 108
NUM_PITCHES = MAX_PITCH - MIN_PITCH + 1
DEFAULT_VELOCITY = 80


def quantize_steps(beats, steps_per_quarter):
  """Beats (quarters) -> nearest step, halves up; int64."""
  return np.floor(np.asarray(beats, np.float64) * steps_per_quarter + .5).astype(np.int64)


def encode_notes(pitches, start_steps, end_steps, total_steps, velocities=None):
  """Notes on the grid -> (roll uint8 `[total_steps, 2, 88]`, velocities uint8 `[total_steps, 88]`).

  A note lasts at least one step. Where the same pitch starts again before it ended, the first note ends there and the second lasts until
  both have ended, so that what sounds is what sounded; of two equal onsets the louder velocity stays. Notes outside 21..108 or outside
  the steps are left out (the caller counts them).
  """
  roll = np.zeros((total_steps, 2, NUM_PITCHES), np.uint8)
  loudness = np.zeros((total_steps, NUM_PITCHES), np.uint8)
  velocities = np.full(len(pitches), DEFAULT_VELOCITY) if velocities is None else velocities
  order = np.lexsort((end_steps, start_steps))
  for i in order:
    key, start = int(pitches[i]) - MIN_PITCH, int(start_steps[i])
    end = min(max(int(end_steps[i]), start + 1), total_steps)
    if not 0 <= key < NUM_PITCHES or not 0 <= start < total_steps:
      continue
    roll[start, 0, key] = 1
    roll[start + 1:end, 1, key] = 1
    loudness[start, key] = max(loudness[start, key], velocities[i])
  roll[:, 1] &= 1 - roll[:, 0]
  return roll, loudness


def decode_notes(roll):
  """roll `[T, 2, 88]` (0/1) -> int64 arrays (pitches, start_steps, end_steps), by onset then pitch.

  A sustain cell that no onset leads to is silent: it is not a note.
  """
  roll = np.asarray(roll).astype(bool)
  onset, hold = roll[:, 0], roll[:, 1] & ~roll[:, 0]
  total = len(roll)
  starts, keys = np.nonzero(onset)
  # First step at or after t where nothing is held: found from the back, a row at a time.
  free = np.empty((total + 1, NUM_PITCHES), np.int64)
  free[total] = total
  for t in range(total - 1, -1, -1):
    free[t] = np.where(hold[t], free[t + 1], t)
  return keys + MIN_PITCH, starts, free[starts + 1, keys]


class PolyphonicConverter(base.Converter):
  """NoteSequence <-> windows of the polyphonic roll.

  Drums are left out. The piece is cut from its first beat into consecutive windows; the last one is padded with silence and says so in
  `length`.

  Args:
    steps: steps a window; default 32 (two bars of 4/4).
    steps_per_quarter: grid; default 4 (sixteenths).
  """

  name = 'polyphonic'
  is_roll = True
  input_depth = output_depth = 2 * NUM_PITCHES

  def __init__(self, steps=32, steps_per_quarter=4):
    self.steps, self.steps_per_quarter = steps, steps_per_quarter

  def to_dict(self):
    return {'steps': self.steps, 'steps_per_quarter': self.steps_per_quarter}

  def to_roll(self, sequence):
    """sequence -> (roll `[T, 2, 88]`, velocities `[T, 88]`), T the steps up to the last note's end.

    Raises:
      RejectedSequence: no pitched note in range.
    """
    notes = [n for n in sequence.notes if not n.is_drum and MIN_PITCH <= n.pitch <= MAX_PITCH]
    if not notes:
      raise errors.RejectedSequence('no_pitched_notes', 'no note of pitch 21 to 108 outside the drums')
    beat_map = beat_map_lib.BeatMap.from_tempos(sequence)
    starts = quantize_steps(beat_map.to_beats(np.array([n.start_time for n in notes])), self.steps_per_quarter)
    ends = quantize_steps(beat_map.to_beats(np.array([n.end_time for n in notes])), self.steps_per_quarter)
    ends = np.maximum(ends, starts + 1)
    return encode_notes(np.array([n.pitch for n in notes]), starts, ends, int(ends.max()), np.array([n.velocity for n in notes]))

  def to_windows(self, sequence):
    """See `Converter.to_windows`; every stretch of `steps` from beat 0, silent ones too."""
    roll, velocities = self.to_roll(sequence)
    total, windows = len(roll), []
    roll, velocities = padding.to_multiple(roll.reshape(total, -1), self.steps), padding.to_multiple(velocities, self.steps)
    for start in range(0, total, self.steps):
      inputs = roll[start:start + self.steps]
      windows.append(base.Window(
          inputs=inputs, outputs=inputs, length=min(self.steps, total - start),
          velocities=velocities[start:start + self.steps], start_step=start))
    return windows

  def from_windows(self, outputs, qpm=120.0, velocities=None):
    """Consecutive outputs `[S, T, 176]` -> NoteSequence; `velocities` `[S, T, 88]` where known, else 80."""
    outputs = np.asarray(outputs)
    roll = outputs.reshape(-1, 2, NUM_PITCHES)
    pitches, starts, ends = decode_notes(roll)
    loudness = None if velocities is None else np.asarray(velocities).reshape(-1, NUM_PITCHES)
    seconds = 60.0 / qpm / self.steps_per_quarter
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    for pitch, start, end in zip(pitches.tolist(), starts.tolist(), ends.tolist()):
      velocity = int(loudness[start, pitch - MIN_PITCH]) if loudness is not None else 0
      sequence.notes.add(pitch=pitch, velocity=velocity or DEFAULT_VELOCITY, start_time=start * seconds, end_time=end * seconds)
    sequence.total_time = len(roll) * seconds
    return sequence

  def transpose_index(self, semitones, which='outputs'):
    index = np.arange(NUM_PITCHES) - semitones
    index = np.where((index >= 0) & (index < NUM_PITCHES), index, -1)
    return np.concatenate([index, np.where(index >= 0, index + NUM_PITCHES, -1)]).astype(np.int32)
