"""Several tracks side by side, one of 130 states a step each: MusAE's representation (Valenti, Carta and Bacciu 2020, section 3.1).

States 0..127: a note of that pitch begins; 128: silence; 129: the note that sounds is held. A track has one note at a time. What the tracks
are is the subclass's business: the parts of a band (`band`), or voices taken from any texture (`voices`).
"""
import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import base
from musicnst.representations import labels
from musicnst.representations import quantize

SILENCE, HOLD = 128, 129
DEPTH = 130
OUTPUT_VELOCITY = 80


def voice(notes, highest=False):
  """Indices int64 of the notes of `QuantizedNotes` that make one voice, in order of time.

  A note belongs to the lowest voice if, where it begins, no lower one begins with it or still sounds in the voice; it is cut where the next
  one begins. `highest` likewise from above.
  """
  pitch = -notes.pitch if highest else notes.pitch
  kept, looked_at, now, until = [], -1, 0, -1
  for i in np.lexsort((pitch, notes.start)).tolist():
    start = int(notes.start[i])
    if start == looked_at:
      continue
    looked_at = start
    if start >= until or pitch[i] <= now:
      kept.append(i)
      now, until = int(pitch[i]), int(notes.end[i])
  return np.array(kept, np.int64)


def encode(notes, total_steps):
  """States int64 `[total_steps]` of one voice (see `voice`); what lies beyond is cut."""
  states = np.full(total_steps, SILENCE, np.int64)
  ends = np.minimum(notes.end, np.append(notes.start[1:], total_steps))
  for pitch, start, end in zip(notes.pitch.tolist(), notes.start.tolist(), ends.tolist(), strict=True):
    if start < total_steps:
      states[start:end] = HOLD
      states[start] = pitch
  return states


def decode(states):
  """States `[T]` -> int64 arrays (pitches, start_steps, end_steps); a hold after silence is silence."""
  states = np.asarray(states, np.int64)
  events = np.append(np.flatnonzero(states != HOLD), len(states))
  begins = states[events[:-1]] < SILENCE
  return states[events[:-1]][begins], events[:-1][begins], events[1:][begins]


def sounding(states):
  """int64 `[T]`: the pitch that sounds at each step, or SILENCE."""
  states = np.asarray(states, np.int64)
  event = np.maximum.accumulate(np.where(states != HOLD, np.arange(len(states)), -1))
  return np.where(event >= 0, states[np.maximum(event, 0)], SILENCE)


def begin_anew(states, first, steps):
  """`steps` states from `first` on, to stand alone: a note that is held into them begins with them."""
  part = np.array(states[first:first + steps])
  if part[0] == HOLD:
    part[0] = sounding(states[:first + 1])[-1]
  return part


def longest_silence(states, bar):
  """Bars of consecutive silence at most, in the whole bars of `states` `[bars * bar]`."""
  longest = run = 0
  for silent in (sounding(states).reshape(-1, bar) == SILENCE).all(axis=1).tolist():
    run = run + 1 if silent else 0
    longest = max(longest, run)
  return longest


class TracksConverter(base.Converter):
  """Base: NoteSequence <-> windows of K tracks, `[T, K * 130]`; bars of four quarters only.

  Windows slide bar by bar; one is kept where no track that must sound is silent for more than `max_silent_bars` bars on end. A note held into a
  window begins with it: a window stands alone.

  Args:
    steps: steps a window: 32 for 2 bars, 256 for 16.
    steps_per_quarter: grid.
    max_silent_bars: bars of consecutive silence that a track may have in a window.
    continuous: the first group of tracks from the beginning of the piece to its end as consecutive windows, the last filled with silence
      (see `length`); held notes cross the seams.

  Deviation: the published code marks a hold wherever the lowest sounding pitch stays the same, and so begins a note anew where a lower one
  over it ends; here a note enters its track where it begins, or not at all.
  """

  # Names of the tracks in order; `moving` those that transposition moves; `required` those that must sound.
  track_names = ()
  drum_tracks = ()
  required = ()

  def __init__(self, steps=32, steps_per_quarter=4, max_silent_bars=1, continuous=False):
    self.steps, self.steps_per_quarter = steps, steps_per_quarter
    self.max_silent_bars, self.continuous = max_silent_bars, continuous
    self.categorical_depths = (DEPTH,) * len(self.track_names)
    self.input_depth = self.output_depth = DEPTH * len(self.track_names)

  def to_dict(self):
    return {'steps': self.steps, 'steps_per_quarter': self.steps_per_quarter, 'max_silent_bars': self.max_silent_bars,
            'continuous': self.continuous}

  def groups(self, sequence, notes):
    """Every choice of tracks that the notes allow: list of (list of `QuantizedNotes`, one voice a track, maybe empty; dict of labels).

    Raises:
      RejectedSequence: `missing_tracks`.
    """
    raise NotImplementedError

  def add_track(self, sequence, index, states):
    """Appends the notes of track `index` to a sequence."""
    raise NotImplementedError

  def to_windows(self, sequence):
    """See `Converter.to_windows`.

    Raises:
      RejectedSequence: another meter (`unsupported_meter`), not the tracks that are needed (`missing_tracks`), or no stretch of a window in
        which they play (`shorter_than_window`).
    """
    quantize.require_four_quarters(sequence)
    notes = quantize.quantize(sequence, self.steps_per_quarter)
    found = []
    for voices, names in self.groups(sequence, notes.select(notes.velocity > 0)):
      total = max(int(v.end.max(initial=0)) for v in voices)
      cut = self._consecutive if self.continuous else self._sliding
      found += cut(voices, total, labels.of(sequence, **names))
      if self.continuous:
        break
    if not found:
      raise errors.RejectedSequence('shorter_than_window', f'nowhere do the tracks play for {self.steps} steps on end')
    return found

  def _consecutive(self, voices, total, names):
    states = [encode(v, -(-total // self.steps) * self.steps) for v in voices]
    return [self._window([s[start:start + self.steps] for s in states], start, min(self.steps, total - start), names)
            for start in range(0, len(states[0]), self.steps)]

  def _sliding(self, voices, total, names):
    bar = quantize.BAR_QUARTERS * self.steps_per_quarter
    states = [encode(v, -(-total // bar) * bar) for v in voices]
    found = []
    for start in range(0, len(states[0]) - self.steps + 1, bar):
      parts = [begin_anew(s, start, self.steps) for s in states]
      if all(longest_silence(parts[i], bar) <= self.max_silent_bars for i in self.required):
        found.append(self._window(parts, start, self.steps, names))
    return found

  def _window(self, states, start, length, names):
    hot = self.one_hot(np.stack(states, axis=1))
    return base.Window(hot, hot, length, start_step=start, labels=names)

  def one_hot(self, states):
    """States int64 `[T, K]` -> bool `[T, K * 130]`."""
    return np.concatenate([quantize.one_hot(column, DEPTH) for column in states.T], axis=1)

  def states(self, outputs):
    """One-hot (or logits) `[..., K * 130]` -> states int64 `[..., K]`."""
    outputs = np.asarray(outputs)
    return np.argmax(outputs.reshape(*outputs.shape[:-1], len(self.track_names), DEPTH), axis=-1)

  def from_windows(self, outputs, qpm=120.0, velocities=None):
    """Consecutive outputs `[S, T, K * 130]` -> NoteSequence of velocity 80; `velocities` is not used."""
    states = self.states(outputs)  # [S, T, K]
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    if not self.continuous:
      states[:, 0] = np.where(states[:, 0] == HOLD, SILENCE, states[:, 0])
    for index, column in enumerate(states.reshape(-1, len(self.track_names)).T):
      self.add_track(sequence, index, column)
    sequence.total_time = states.shape[0] * states.shape[1] * 60.0 / qpm / self.steps_per_quarter
    return sequence

  def _add(self, sequence, states, **fields):
    seconds = 60.0 / sequence.tempos[0].qpm / self.steps_per_quarter
    for pitch, start, end in zip(*(column.tolist() for column in decode(states)), strict=True):
      sequence.notes.add(pitch=pitch, velocity=OUTPUT_VELOCITY, start_time=start * seconds, end_time=end * seconds, **fields)

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`; drums stay."""
    index = np.arange(DEPTH)
    source = np.where((index - semitones >= 0) & (index - semitones < SILENCE), index - semitones, -1)
    moved = np.where(index < SILENCE, source, index)
    blocks = [index if i in self.drum_tracks else moved for i in range(len(self.track_names))]
    return np.concatenate([np.where(block >= 0, block + i * DEPTH, -1) for i, block in enumerate(blocks)]).astype(np.int32)
