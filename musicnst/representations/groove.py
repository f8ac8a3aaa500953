"""Drums with feeling: what is struck, how hard and how far from the grid, equal to the tensors of Magenta's GrooveConverter.

One step is three blocks of N = 9 drums (Gillick et al. 2019, "Learning to Groove with Inverse Sequence Transformations"): hits 0 or 1;
velocities, MIDI's over 127; offsets, how many half steps a stroke comes before its step (-1 late .. 1 early). All are 0 where nothing is
struck. Only the loudest stroke of a drum in a step is kept.
"""
import hashlib

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import base
from musicnst.representations import drums
from musicnst.representations import labels
from musicnst.representations import quantize

# The drum that a tapped rhythm is written to: the open hi-hat.
TAP_CLASS = 3
# Least share of the drop chance that even the loudest note has.
LEAST_DROP = .2


class GrooveConverter(base.Converter):
  """NoteSequence <-> windows of drums, float32 `[T, 27]`; bars of four quarters, one tempo.

  The outputs are the music; the inputs may hide some of it, for a decoder to add. The piece is cut from its first beat into consecutive
  windows; a remainder shorter than a window is left out, unless `continuous`.

  Args:
    steps: steps a window: 32 for 2 bars.
    steps_per_quarter: grid.
    humanize: inputs have no velocities and offsets.
    tapify: inputs have all drums of a step as one stroke, the loudest, on the open hi-hat.
    fixed_velocities: inputs have no velocities.
    add_instruments: classes that inputs leave out, such as (2,) for the closed hi-hat.
    hits_as_controls: controls `[T, 9]` say what is struck.
    split_instruments: each drum of a step is a step of its own, `[9 T, 3]`; controls say which.
    max_note_dropout_probability: inputs lack notes by chance, soft ones more often; the chance of a piece is drawn up to this one.
    classes: 'roland', as Magenta trains, or 'reduced', as it encodes and decodes with a trained model.
    continuous: for whole pieces: the last window is filled with silence (see `length`), no note is dropped by chance, and notes that
      would begin before 0 begin at 0.

  Deviation: notes of other instruments than drums, or of unknown keys, are left out, where Magenta reads or fails; which notes are
  dropped is decided by the sequence's id and notes, not anew at each reading.
  """

  name = 'groove'
  four_four = True
  real_valued = True

  def __init__(self, steps=32, steps_per_quarter=4, humanize=False, tapify=False, fixed_velocities=False, add_instruments=(),
               hits_as_controls=False, split_instruments=False, max_note_dropout_probability=0.0, classes='roland', continuous=False):
    if classes not in drums.CLASSES:
      raise errors.ArgumentError(f'unknown drum classes {classes!r}; known: {", ".join(drums.CLASSES)}')
    self.class_pitches = drums.CLASSES[classes]
    self._table, count = drums.class_of_pitch(self.class_pitches), len(self.class_pitches)
    self.num_drums, self.per_step = count, count if split_instruments else 1
    self.steps, self.steps_per_quarter = steps, steps_per_quarter
    self.humanize, self.tapify, self.fixed_velocities = humanize, tapify, fixed_velocities
    self.add_instruments, self.hits_as_controls = tuple(add_instruments), hits_as_controls
    self.split_instruments, self.max_note_dropout_probability = split_instruments, max_note_dropout_probability
    self.classes, self.continuous = classes, continuous
    self.input_depth = self.output_depth = 3 * count // self.per_step
    self.control_depth = hits_as_controls * count // self.per_step + split_instruments * count
    if steps % self.per_step:
      raise errors.ArgumentError(f'{steps} steps a window do not divide into {count} drums')

  @property
  def variant(self):
    """What the inputs hide, in words, such as `tapify+fixed_velocities`."""
    hidden = [name for name in ('humanize', 'tapify', 'fixed_velocities', 'max_note_dropout_probability') if getattr(self, name)]
    return '+'.join([*hidden, *(f'without_{number}' for number in self.add_instruments)])

  def to_dict(self):
    names = ('steps', 'steps_per_quarter', 'humanize', 'tapify', 'fixed_velocities', 'hits_as_controls', 'split_instruments',
             'max_note_dropout_probability', 'classes', 'continuous')
    return {**{name: getattr(self, name) for name in names}, 'add_instruments': list(self.add_instruments)}

  def inference_arguments(self):
    """Roland's keys, of the data, give way to those of any drums, as Magenta's do when a trained model is used."""
    return {'classes': 'reduced'} if self.classes == 'roland' else {}

  def piece_arguments(self):
    return {'continuous': True, **self.inference_arguments()}

  @property
  def grid_steps(self):
    return self.steps // self.per_step

  def to_windows(self, sequence):
    """See `Converter.to_windows`.

    Raises:
      RejectedSequence: another meter (`unsupported_meter`), several tempos (`tempo_changes`), no drums (`no_drums`), or less of them
        than a window (`shorter_than_window`).
    """
    quantize.require_four_quarters(sequence)
    if len({tempo.qpm for tempo in sequence.tempos}) > 1:
      raise errors.RejectedSequence('tempo_changes', 'offsets from the grid need one tempo')
    grid, valid = self._grid(sequence)  # [3, T, N]
    inputs = self._hidden(grid, sequence)
    names, found = labels.of(sequence), []
    for start in range(0, grid.shape[1] - self.grid_steps + 1, self.grid_steps):
      own = slice(start, start + self.grid_steps)
      length = min(self.grid_steps, valid - start) * self.per_step
      found.append(base.Window(self._laid_out(inputs[:, own]), self._laid_out(grid[:, own]), length, self._controls(grid[0, own]),
                               start_step=start, labels=names))
    if not found:
      raise errors.RejectedSequence('shorter_than_window', f'the drums are shorter than a window of {self.steps} steps')
    return found

  def _grid(self, sequence):
    """(hits, velocities and offsets float64 `[3, T, N]`, valid steps); T in whole bars, or whole windows of a `continuous` converter."""
    notes = quantize.quantize(sequence, self.steps_per_quarter)
    seconds = np.array([note.start_time for note in sequence.notes], np.float64)
    kept = notes.is_drum & (self._table[notes.pitch] >= 0)
    notes, seconds = notes.select(kept), seconds[kept]
    if not len(notes):
      raise errors.RejectedSequence('no_drums', 'no drum note of a known class')
    valid, unit = int(notes.start.max()) + 1, self.grid_steps if self.continuous else quantize.BAR_QUARTERS * self.steps_per_quarter
    total = -(-valid // unit) * unit
    step_seconds = 60.0 / (sequence.tempos[0].qpm if sequence.tempos else 120.0) / self.steps_per_quarter
    grid = np.zeros([3, total, self.num_drums])
    # The loudest note last, of equal ones the first: what is written last stays.
    order = np.lexsort((-np.arange(len(notes)), notes.velocity))
    place = notes.start[order], self._table[notes.pitch[order]]
    grid[(0, *place)] = 1
    grid[(1, *place)] = notes.velocity[order] / 127.0
    grid[(2, *place)] = (step_seconds * notes.start[order] - seconds[order]) / step_seconds * 2
    return grid, valid if self.continuous else total

  def _hidden(self, grid, sequence):
    """What the encoder is shown of a grid `[3, T, N]`."""
    shown = grid.copy()
    if self.max_note_dropout_probability and not self.continuous:
      shown *= self._kept_by_chance(grid[1], sequence)
    if self.tapify:
      loudest = np.argmax(shown[1], axis=1)
      shown[:] = 0
      shown[:, :, TAP_CLASS] = grid[:, np.arange(grid.shape[1]), loudest]
    if self.humanize:
      shown[1:] = 0
    if self.fixed_velocities:
      shown[1] = 0
    shown[:, :, list(self.add_instruments)] = 0
    return shown

  def _kept_by_chance(self, velocities, sequence):
    """0 or 1 `[T, N]`."""
    digest = hashlib.sha256(sequence.id.encode() + velocities.tobytes()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], 'little'))
    chance = random.uniform(0, self.max_note_dropout_probability)
    return random.random(velocities.shape) >= np.maximum(LEAST_DROP, 1 - velocities) * chance

  def _laid_out(self, grid):
    """`[3, T, N]` -> float32 `[T, 3 N]`, or `[T N, 3]` of split instruments."""
    if self.split_instruments:
      return grid.reshape(3, -1).T.astype(np.float32)
    return np.concatenate(list(grid), axis=1).astype(np.float32)

  def _controls(self, hits):
    """bool `[T, control_depth]`, or None."""
    parts = []
    if self.hits_as_controls:
      parts.append(hits.reshape(-1, self.num_drums // self.per_step) > 0)
    if self.split_instruments:
      parts.append(np.tile(np.eye(self.num_drums, dtype=bool), (len(hits), 1)))
    return np.concatenate(parts, axis=1) if parts else None

  def from_windows(self, outputs, qpm=120.0, velocities=None, controls=None):
    """Consecutive outputs `[S, T, depth]` -> NoteSequence of strokes of one step where a hit is above a half.

    A stroke before its step's time may begin before 0, as in Magenta, unless `continuous`. `velocities` and `controls` are not used.
    """
    grid = self._unlaid(np.asarray(outputs, np.float32))
    seconds = 60.0 / qpm / self.steps_per_quarter
    velocity = np.clip(np.round(grid[1] * 127), 0, 127).astype(np.int64)
    offset = np.clip(grid[2] / 2, -.5, .5)
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    for step, drum in np.argwhere(grid[0] > .5).tolist():
      window, inside = divmod(step, self.grid_steps)
      # Within a window in single precision, as Magenta's arithmetic is.
      start = window * self.grid_steps * seconds + float((np.float32(inside) - offset[step, drum]) * np.float32(seconds))
      sequence.notes.add(pitch=self.class_pitches[drum][0], velocity=velocity[step, drum], start_time=max(start, 0) if self.continuous else start,
                         end_time=start + seconds, instrument=drums.INSTRUMENT, is_drum=True)
    sequence.total_time = grid.shape[1] * seconds
    return sequence

  def _unlaid(self, outputs):
    """The inverse of `_laid_out`, for outputs `[S, T, depth]`: `[3, S T, N]`."""
    if self.split_instruments:
      return outputs.reshape(-1, self.num_drums, 3).transpose(2, 0, 1)
    return outputs.reshape(-1, 3, self.num_drums).transpose(1, 0, 2)

  def no_controls(self):
    """See `Converter.no_controls`: nothing is struck; which drum is asked for is said all the same."""
    controls = self._controls(np.zeros([self.grid_steps, self.num_drums]))
    return np.zeros([self.steps, 0], bool) if controls is None else controls

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`: only 0, drums have no pitch."""
    if semitones:
      raise ValueError(f'drums cannot be transposed (by {semitones})')
    return np.arange(self.control_depth if which == 'controls' else self.output_depth, dtype=np.int32)
