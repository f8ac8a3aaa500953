"""A piece on the grid: its notes as arrays, its roll, and for each cell of the roll the note that owns it."""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter
from musicnst.reading import musical_time
from musicnst.representations import pianoroll
from musicnst.style_transfer.pieces import compose

POSITIONS = 16
# More steps than this (six hours at 400 quarters a minute) are a damaged tempo map, not a piece; about half a kilobyte each.
MAX_STEPS = 600_000


@dataclasses.dataclass(frozen=True, eq=False)
class Piece:
  """One piece, or one instrument's part of it, T steps long.

  Args:
    sequence: the NoteSequence it was made from, in seconds.
    beat_map: its seconds <-> quarter-note beats.
    steps_per_quarter: the grid.
    note_index: int `[N]`, the place of each note used here in `sequence.notes`.
    pitches, velocities, start_steps, end_steps: int `[N]`.
    start_beats: float `[N]`, exact, before quantizing.
    roll: uint8 `[T, 2, 88]`, onset and sustain.
    owner: int32 `[T, 88]`, the step of the onset that a sounding cell belongs to, -1 where nothing sounds.
    positions: int `[T]`, place of each step in its bar, 0 to 15.
    beats_from: how the beats were found: 'tempo', 'estimate', 'fixed' or 'annotation'.
    first_step: where this stretch begins in the whole piece; the steps here count from it.
  """

  sequence: object
  beat_map: beat_map_lib.BeatMap
  steps_per_quarter: int
  note_index: np.ndarray
  pitches: np.ndarray
  velocities: np.ndarray
  start_steps: np.ndarray
  end_steps: np.ndarray
  start_beats: np.ndarray
  roll: np.ndarray
  owner: np.ndarray
  positions: np.ndarray
  beats_from: str = 'tempo'
  first_step: int = 0

  @property
  def total_steps(self):
    return len(self.roll)

  @property
  def frames(self):
    """bool `[T, 88]`: something sounds."""
    return self.roll.any(1)

  def section(self, first, last):
    """The stretch of steps `first` to `last` (exclusive) as a Piece of its own, or None where no note starts in it."""
    last = min(last, self.total_steps)
    inside = (self.start_steps >= first) & (self.start_steps < last)
    if not inside.any():
      return None
    roll = self.roll[first:last]
    return dataclasses.replace(
        self, note_index=self.note_index[inside], pitches=self.pitches[inside], velocities=self.velocities[inside],
        start_steps=self.start_steps[inside] - first, end_steps=np.minimum(self.end_steps[inside], last) - first,
        start_beats=self.start_beats[inside], roll=roll, owner=cell_owners(roll), positions=self.positions[first:last],
        first_step=self.first_step + first)

  def bar_beats(self):
    """float `[bars]`: the beat of the whole piece at which each bar begins."""
    return np.array([bar.start_beat for bar in meter.bars(self.sequence, self.beat_map)])

  def bar_start_steps(self):
    """int `[bars]`: the step of the whole piece at which each bar begins."""
    return pianoroll.quantize_steps(self.bar_beats(), self.steps_per_quarter)

  def unchanged(self):
    """The `compose.Edit` that changes nothing."""
    return compose.keeping(np.ones(len(self.note_index), bool))

  def changes(self, edit):
    """A `compose.Edit` -> `compose.Changes` of `sequence`."""
    return compose.changes_of(self, edit)


def from_sequence(sequence, steps_per_quarter=4, beats='auto', instruments=None, name='the piece', beat_map=None, meter_text=''):
  """NoteSequence -> Piece, drums left out.

  Args:
    sequence: in seconds; times may lie off every grid.
    steps_per_quarter: grid.
    beats: 'auto', 'tempo', 'estimate' or 'fixed:QPM', see `musical_time.choose`.
    instruments: the set of instrument numbers to use; None takes all.
    name: named in errors.
    beat_map: use this map and do not choose one.
    meter_text: such as '4/4', see `musical_time.choose`.

  Raises:
    RejectedSequence: `no_pitched_notes`, `too_long`.
  """
  source = 'annotation'
  if beat_map is None:
    beat_map, source = musical_time.choose(sequence, beats, meter=meter_text)
  index = np.array([
      i for i, n in enumerate(sequence.notes)
      if not n.is_drum and pianoroll.MIN_PITCH <= n.pitch <= pianoroll.MAX_PITCH and (instruments is None or n.instrument in instruments)], int)
  if not len(index):
    drums = any(n.is_drum for n in sequence.notes)
    raise errors.RejectedSequence(
        'no_pitched_notes', f'{name} holds {"only drums" if drums else "no notes"}; style transfer needs notes of pitch 21 to 108.')
  notes = [sequence.notes[i] for i in index]
  start_beats = beat_map.to_beats(np.array([n.start_time for n in notes]))
  end_beats = beat_map.to_beats(np.array([n.end_time for n in notes]))
  starts = np.maximum(pianoroll.quantize_steps(start_beats, steps_per_quarter), 0)
  ends = np.maximum(pianoroll.quantize_steps(end_beats, steps_per_quarter), starts + 1)
  total = int(ends.max())
  if total > MAX_STEPS:
    raise errors.RejectedSequence('too_long', f'{name} is {total} steps long, over {MAX_STEPS}; cut it, or give --beats=fixed:120.')
  pitches, velocities = np.array([n.pitch for n in notes]), np.array([n.velocity for n in notes])
  roll, _ = pianoroll.encode_notes(pitches, starts, ends, total, velocities)
  return Piece(
      sequence=sequence, beat_map=beat_map, steps_per_quarter=steps_per_quarter, note_index=index, pitches=pitches, velocities=velocities,
      start_steps=starts, end_steps=ends, start_beats=start_beats, roll=roll, owner=cell_owners(roll),
      positions=_positions(sequence, beat_map, steps_per_quarter, total), beats_from=source)


def cell_owners(roll):
  """roll `[T, 2, 88]` -> int32 `[T, 88]`: step of the onset that each sounding cell belongs to, -1 elsewhere."""
  total, keys = roll.shape[0], roll.shape[2]
  owner = np.full((total, keys), -1, np.int32)
  current = np.full(keys, -1, np.int32)
  for t in range(total):
    current = np.where(roll[t, 0] > 0, t, np.where(roll[t, 1] > 0, current, -1))
    owner[t] = current
  return owner


def _positions(sequence, beat_map, steps_per_quarter, total):
  """Place of each step in its bar in sixteenths, 0 to 15; in bars longer than 16 the last places share 15."""
  result = np.arange(total) * 4 // steps_per_quarter % POSITIONS
  for bar in meter.bars(sequence, beat_map):
    first, last = pianoroll.quantize_steps(np.array([bar.start_beat, bar.end_beat]), steps_per_quarter)
    steps = np.arange(max(first, 0), min(last, total))
    result[steps] = np.minimum((steps - first) * 4 // steps_per_quarter, POSITIONS - 1)
  return result


def melody_cells(roll):
  """bool `[T, 88]`, True at the onset of each note that is the highest sounding one at its onset."""
  onset, frames = roll[:, 0] > 0, roll.any(1)
  keys = np.arange(onset.shape[1])
  top = np.where(frames.any(1), (frames * (keys + 1)).max(1) - 1, -1)  # [T] highest sounding key
  return onset & (keys[None] == top[:, None])


def skyline_cells(roll):
  """bool `[T, 88]`, True at the top onset of each step where something starts (the skyline)."""
  onset = roll[:, 0] > 0
  keys = np.arange(onset.shape[1])
  top = np.where(onset.any(1), (onset * (keys + 1)).max(1) - 1, -1)
  return onset & (keys[None] == top[:, None])
