"""The binary piano roll of the CycleGAN papers (Brunner et al., 2018): 4 bars of 16 steps x 84 pitches, all parts merged, no drums."""
import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import base
from musicnst.representations import labels
from musicnst.representations import padding
from musicnst.representations import quantize

MIN_PITCH, NUM_PITCHES = 24, 84  # C1 .. B7, C0 .. B6 by the papers' count
OUTPUT_VELOCITY = 100


def runs(roll, onsets=None):
  """Binary roll `[T, P]` -> int64 arrays (columns, starts, ends) of the runs of cells that are on, by start then column.

  Args:
    roll: 0 or 1.
    onsets: `[T, P]`, not 0 where a run begins even if the cell before is on; optional.
  """
  on = np.pad(np.asarray(roll).astype(bool), [(1, 1), (0, 0)])  # silence before and after
  struck = on[1:] & ~on[:-1]  # [T + 1, P]
  if onsets is not None:
    struck[:-1] |= on[1:-1] & (np.asarray(onsets) != 0)
  columns, starts = np.nonzero(struck.T)
  ends = np.nonzero((on[:-1] & (struck | ~on[1:])).T)[1]
  order = np.lexsort((columns, starts))
  return columns[order], starts[order], ends[order]


class BinaryConverter(base.Converter):
  """NoteSequence <-> windows of a binary roll `[T, 84]`: a cell is on where a note of pitch 24..107 sounds.

  The piece is cut from its first beat into consecutive windows, whatever its meter; the last is filled with silence (see `length`). A
  note struck again without a rest cannot be distinguished from a held one, and comes back as one note unless the velocities are given too.

  Args:
    steps: steps a window: 64 for the papers' four bars.
    steps_per_quarter: grid.
    four_four: take only music whose bars all have four quarters, as the papers do.
  """

  name = 'binary'
  is_roll = True
  input_depth = output_depth = NUM_PITCHES

  def __init__(self, steps=64, steps_per_quarter=4, four_four=False):
    self.steps, self.steps_per_quarter, self.four_four = steps, steps_per_quarter, four_four

  def to_dict(self):
    return {'steps': self.steps, 'steps_per_quarter': self.steps_per_quarter, 'four_four': self.four_four}

  def to_roll(self, sequence):
    """(roll bool `[T, 84]`, velocities uint8 `[T, 84]` at the onsets), T the steps to the last note's end.

    Raises:
      RejectedSequence: no pitched note in range (`no_pitched_notes`).
    """
    notes = quantize.quantize(sequence, self.steps_per_quarter)
    notes = notes.select(~notes.is_drum & (notes.pitch >= MIN_PITCH) & (notes.pitch < MIN_PITCH + NUM_PITCHES))
    if not len(notes):
      raise errors.RejectedSequence('no_pitched_notes', f'no note of pitch {MIN_PITCH} to {MIN_PITCH + NUM_PITCHES - 1} outside the drums')
    column, total = notes.pitch - MIN_PITCH, int(notes.end.max())
    edges = np.zeros([total + 1, NUM_PITCHES], np.int64)
    np.add.at(edges, (notes.start, column), 1)
    np.add.at(edges, (notes.end, column), -1)
    velocities = np.zeros([total, NUM_PITCHES], np.uint8)
    np.maximum.at(velocities, (notes.start, column), notes.velocity.astype(np.uint8))
    return np.cumsum(edges, axis=0)[:total] > 0, velocities

  def to_windows(self, sequence):
    """See `Converter.to_windows`; raises as `to_roll`, and `unsupported_meter` with `four_four`."""
    if self.four_four:
      quantize.require_four_quarters(sequence)
    roll, velocities = self.to_roll(sequence)
    total, names, found = len(roll), labels.of(sequence), []
    roll, velocities = padding.to_multiple(roll, self.steps), padding.to_multiple(velocities, self.steps)
    for start in range(0, total, self.steps):
      cells = roll[start:start + self.steps]
      found.append(base.Window(cells, cells, min(self.steps, total - start), velocities=velocities[start:start + self.steps],
                               start_step=start, labels=names))
    return found

  def from_windows(self, outputs, qpm=120.0, velocities=None):
    """Consecutive outputs `[S, T, 84]` (0 or 1) -> NoteSequence; `velocities` `[S, T, 84]` where known, else 100."""
    roll = np.asarray(outputs).reshape(-1, NUM_PITCHES)
    loudness = None if velocities is None else np.asarray(velocities).reshape(-1, NUM_PITCHES)
    seconds = 60.0 / qpm / self.steps_per_quarter
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    for column, start, end in zip(*(x.tolist() for x in runs(roll, loudness)), strict=True):
      velocity = 0 if loudness is None else int(loudness[start, column])
      sequence.notes.add(pitch=column + MIN_PITCH, velocity=velocity or OUTPUT_VELOCITY, start_time=start * seconds, end_time=end * seconds)
    sequence.total_time = len(roll) * seconds
    return sequence

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`."""
    index = np.arange(NUM_PITCHES) - semitones
    return np.where((index >= 0) & (index < NUM_PITCHES), index, -1).astype(np.int32)
