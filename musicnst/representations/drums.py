"""Drums as one of 512 combinations of 9 instruments a step, or as bits, equal to the tensors of Magenta's DrumsConverter.

Token = 9-bit number, bit i set where class i is struck: 0 bass drum, 1 snare, 2 closed hi-hat, 3 open hi-hat, 4 low, 5 mid, 6 high
tom, 7 crash, 8 ride. As an input the bits stand by themselves, with a tenth that is on where none of them is. The `full` classes are 61,
each a key of General MIDI's percussion; they have no tokens, only bits.
"""
import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import base
from musicnst.representations import labels
from musicnst.representations import melody
from musicnst.representations import quantize

# General MIDI percussion keys by class, as Magenta groups them; the first of each is the one written back.
CLASS_PITCHES = (
    (36, 35),
    (38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85),
    (42, 44, 54, 68, 69, 70, 71, 73, 78, 80, 22),
    (46, 67, 72, 74, 79, 81, 26),
    (45, 29, 41, 43, 61, 64, 84),
    (48, 47, 60, 63, 77, 86, 87),
    (50, 30, 62, 76, 83),
    (49, 52, 55, 57, 58),
    (51, 53, 59, 82),
)
NUM_CLASSES = len(CLASS_PITCHES)
DEPTH = 1 << NUM_CLASSES
# Every key of the nine classes by itself, in Magenta's order (in which key 43 stands with the high toms).
FULL_PITCHES = tuple((pitch,) for pitch in (
    36, 35, 38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85, 42, 44, 54, 68, 69, 70, 71, 73, 78, 80, 46, 67, 72, 74, 79, 81,
    45, 29, 41, 61, 64, 84, 48, 47, 60, 63, 77, 86, 87, 50, 30, 43, 62, 76, 83, 49, 55, 57, 58, 51, 52, 53, 59, 82))
# The keys of Roland's electronic drums, as the Groove MIDI dataset has them.
ROLAND_PITCHES = ((36,), (38, 37, 40), (42, 22, 44), (46, 26), (43, 58), (47, 45), (50, 48), (49, 52, 55, 57), (51, 53, 59))
CLASSES = {'reduced': CLASS_PITCHES, 'full': FULL_PITCHES, 'roland': ROLAND_PITCHES}
INSTRUMENT = 9


def class_of_pitch(class_pitches):
  """int64 `[128]`: the class of each key, -1 for none."""
  table = np.full(128, -1)
  for index, pitches in enumerate(class_pitches):
    table[list(pitches)] = index
  return table


CLASS_OF_PITCH = class_of_pitch(CLASS_PITCHES)


def hits(notes, table=CLASS_OF_PITCH):
  """`QuantizedNotes` -> int64 arrays (steps, classes) of the strokes that belong to a class of `table` (see `class_of_pitch`)."""
  struck = notes.select(notes.is_drum & (notes.velocity > 0) & (table[notes.pitch] >= 0))
  return struck.start, table[struck.pitch]


def encode_roll(steps, classes, total_steps, num_classes):
  """Strokes -> bool `[total_steps, num_classes]`; strokes outside are left out."""
  roll = np.zeros([total_steps, num_classes], bool)
  inside = (steps >= 0) & (steps < total_steps)
  roll[steps[inside], classes[inside]] = True
  return roll


def encode(steps, classes, total_steps):
  """Strokes -> tokens int64 `[total_steps]`; strokes outside are left out."""
  return to_tokens(encode_roll(steps, classes, total_steps, NUM_CLASSES))


def to_tokens(roll):
  """bool `[T, 9]` -> int64 `[T]`."""
  return roll.astype(np.int64) @ (1 << np.arange(NUM_CLASSES))


def to_roll(tokens):
  """Tokens `[T]` -> bool `[T, 10]`: the nine bits, and one where all are off."""
  return with_silence(((np.asarray(tokens)[:, None] >> np.arange(NUM_CLASSES)) & 1).astype(bool))


def with_silence(roll):
  """bool `[T, N]` -> `[T, N + 1]`: one more bit, on where all others are off."""
  return np.concatenate([roll, ~roll.any(axis=1, keepdims=True)], axis=1)


def add_notes(sequence, tokens, steps_per_quarter):
  """Appends the strokes of `tokens` `[T]` to a sequence in its first tempo, one step long each."""
  add_strokes(sequence, to_roll(tokens)[:, :NUM_CLASSES], steps_per_quarter)


def add_strokes(sequence, roll, steps_per_quarter, class_pitches=CLASS_PITCHES):
  """The same of bits `[T, N]`; a class sounds as the first of its keys."""
  seconds = 60.0 / sequence.tempos[0].qpm / steps_per_quarter
  for step, drum in np.argwhere(roll).tolist():
    sequence.notes.add(pitch=class_pitches[drum][0], velocity=melody.OUTPUT_VELOCITY, start_time=step * seconds,
                       end_time=(step + 1) * seconds, instrument=INSTRUMENT, is_drum=True)


class DrumsConverter(base.Converter):
  """NoteSequence <-> windows of drums: inputs `[T, 10]` (bits and silence), outputs one-hot `[T, 512]`; bars of four quarters only.

  All drum instruments are read as one part, cut where `gap_bars` bars are silent; windows slide over each stretch bar by bar.

  Args:
    steps: steps a window: 32 for 2 bars.
    steps_per_quarter: grid.
    gap_bars: silent bars that end a stretch; None for never.
    roll_input: False makes the inputs one-hot too, as the trio's.
    continuous: read from the beginning of the piece to its end, as consecutive windows, the last filled with silence (see `length`).
    classes: 'reduced' for the nine, 'full' for the 61 keys, 'roland' for the nine of the Groove MIDI dataset.
    roll_output: outputs are the bits `[T, N]`, without the one for silence, in place of one-hot.

  Raises:
    ArgumentError: unknown classes, or one-hot tokens of the 61.

  Deviation: as in `melody.MelodyConverter`, no cap on bars or windows, and repeats are kept.
  """

  name = 'drums'
  four_four = True

  def __init__(self, steps=32, steps_per_quarter=4, gap_bars=1.0, roll_input=True, continuous=False, classes='reduced', roll_output=False):
    if classes not in CLASSES:
      raise errors.ArgumentError(f'unknown drum classes {classes!r}; known: {", ".join(CLASSES)}')
    self.steps, self.steps_per_quarter, self.gap_bars = steps, steps_per_quarter, gap_bars
    self.roll_input, self.roll_output, self.continuous, self.classes = roll_input, roll_output, continuous, classes
    self.class_pitches = CLASSES[classes]
    self._table, self._count = class_of_pitch(self.class_pitches), len(self.class_pitches)
    if self._count > NUM_CLASSES and not (roll_input and roll_output):
      raise errors.ArgumentError(f'{self._count} drum classes have no one-hot tokens; set roll_input and roll_output')
    self.input_depth = self._count + 1 if roll_input else DEPTH
    self.output_depth = self._count if roll_output else DEPTH
    self.categorical_depths = () if roll_output else (DEPTH,)

  def to_dict(self):
    return {'steps': self.steps, 'steps_per_quarter': self.steps_per_quarter, 'gap_bars': self.gap_bars, 'roll_input': self.roll_input,
            'continuous': self.continuous, 'classes': self.classes, 'roll_output': self.roll_output}

  def to_windows(self, sequence):
    """See `Converter.to_windows`.

    Raises:
      RejectedSequence: another meter (`unsupported_meter`), no drums (`no_drums`), or stretches shorter than a window
        (`shorter_than_window`).
    """
    quantize.require_four_quarters(sequence)
    steps, classes = hits(quantize.quantize(sequence, self.steps_per_quarter), self._table)
    if not len(steps):
      raise errors.RejectedSequence('no_drums', 'no drum note of a known class')
    found = []
    for first, length, valid in self._stretches(np.unique(steps)):
      roll = encode_roll(steps - first, classes, length, self._count)
      stride = self.steps if self.continuous else quantize.BAR_QUARTERS * self.steps_per_quarter
      for start in range(0, length - self.steps + 1, stride):
        found.append(self._window(roll[start:start + self.steps], min(self.steps, valid - start), first + start, labels.of(sequence)))
    if not found:
      raise errors.RejectedSequence('shorter_than_window', f'every stretch of drums is shorter than a window of {self.steps} steps')
    return found

  def _stretches(self, steps):
    """(first step, length, valid length) of each part between gaps, given the sorted steps with a stroke."""
    if self.continuous:
      valid = int(steps[-1]) + 1
      return [(0, -(-valid // self.steps) * self.steps, valid)]
    bar = quantize.BAR_QUARTERS * self.steps_per_quarter
    gap_steps = np.inf if not self.gap_bars else self.gap_bars * bar
    parts = np.split(steps, np.nonzero(np.diff(steps) - 1 >= gap_steps)[0] + 1)
    found, next_search = [], 0
    for part in parts:
      part = part[part >= next_search]
      if len(part):
        first = int(part[0]) // bar * bar
        next_search = first + -(-(int(part[-1]) + 1 - first) // bar) * bar
        found.append((first, next_search - first, next_search - first))
    return found

  def _window(self, roll, length, start_step, window_labels):
    hot = None if self.roll_input and self.roll_output else quantize.one_hot(to_tokens(roll), DEPTH)
    return base.Window(with_silence(roll) if self.roll_input else hot, roll if self.roll_output else hot, length, start_step=start_step,
                       labels=window_labels)

  def from_windows(self, outputs, qpm=120.0, velocities=None):
    """Consecutive outputs `[S, T, 512]`, one-hot, or `[S, T, N]`, bits -> NoteSequence of strokes of one step and velocity 80.

    `velocities` is not used.
    """
    outputs = np.asarray(outputs).reshape(-1, self.output_depth)
    roll = outputs.astype(bool) if self.roll_output else to_roll(np.argmax(outputs, axis=-1))[:, :NUM_CLASSES]
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    add_strokes(sequence, roll, self.steps_per_quarter, self.class_pitches)
    sequence.total_time = len(roll) * 60.0 / qpm / self.steps_per_quarter
    return sequence

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`: only 0, drums have no pitch."""
    if semitones:
      raise ValueError(f'drums cannot be transposed (by {semitones})')
    return np.arange(self.input_depth if which == 'inputs' else self.output_depth, dtype=np.int32)
