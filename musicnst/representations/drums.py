"""Drums as one of 512 combinations of 9 instruments a step, equal to the tensors of Magenta's DrumsConverter.

Token = 9-bit number, bit i set where class i is struck: 0 bass drum, 1 snare, 2 closed hi-hat, 3 open hi-hat, 4 low, 5 mid, 6 high
tom, 7 crash, 8 ride. As an input the bits stand by themselves, with a tenth that is on where none of them is.
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
CLASS_OF_PITCH = np.full(128, -1)
for _index, _pitches in enumerate(CLASS_PITCHES):
  CLASS_OF_PITCH[list(_pitches)] = _index
INSTRUMENT = 9


def hits(notes):
  """`QuantizedNotes` -> int64 arrays (steps, classes) of the strokes that belong to a class."""
  struck = notes.select(notes.is_drum & (notes.velocity > 0) & (CLASS_OF_PITCH[notes.pitch] >= 0))
  return struck.start, CLASS_OF_PITCH[struck.pitch]


def encode(steps, classes, total_steps):
  """Strokes -> tokens int64 `[total_steps]`; strokes outside are left out."""
  roll = np.zeros([total_steps, NUM_CLASSES], np.int64)
  inside = (steps >= 0) & (steps < total_steps)
  roll[steps[inside], classes[inside]] = 1
  return roll @ (1 << np.arange(NUM_CLASSES))


def to_roll(tokens):
  """Tokens `[T]` -> bool `[T, 10]`: the nine bits, and one where all are off."""
  bits = (np.asarray(tokens)[:, None] >> np.arange(NUM_CLASSES)) & 1
  return np.concatenate([bits, ~bits.any(axis=1, keepdims=True)], axis=1).astype(bool)


def add_notes(sequence, tokens, steps_per_quarter):
  """Appends the strokes of `tokens` `[T]` to a sequence in its first tempo, one step long each."""
  seconds = 60.0 / sequence.tempos[0].qpm / steps_per_quarter
  for step, drum in np.argwhere(to_roll(tokens)[:, :NUM_CLASSES]).tolist():
    sequence.notes.add(pitch=CLASS_PITCHES[drum][0], velocity=melody.OUTPUT_VELOCITY, start_time=step * seconds,
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

  Deviation: as in `melody.MelodyConverter`, no cap on bars or windows, and repeats are kept.
  """

  name = 'drums'
  output_depth = DEPTH
  categorical_depths = (DEPTH,)

  def __init__(self, steps=32, steps_per_quarter=4, gap_bars=1.0, roll_input=True, continuous=False):
    self.steps, self.steps_per_quarter, self.gap_bars = steps, steps_per_quarter, gap_bars
    self.roll_input, self.continuous = roll_input, continuous
    self.input_depth = NUM_CLASSES + 1 if roll_input else DEPTH

  def to_dict(self):
    return {'steps': self.steps, 'steps_per_quarter': self.steps_per_quarter, 'gap_bars': self.gap_bars,
            'roll_input': self.roll_input, 'continuous': self.continuous}

  def to_windows(self, sequence):
    """See `Converter.to_windows`.

    Raises:
      RejectedSequence: another meter (`unsupported_meter`), no drums (`no_drums`), or stretches shorter than a window
        (`shorter_than_window`).
    """
    quantize.require_four_quarters(sequence)
    steps, classes = hits(quantize.quantize(sequence, self.steps_per_quarter))
    if not len(steps):
      raise errors.RejectedSequence('no_drums', 'no drum note of a known class')
    found = []
    for first, length, valid in self._stretches(np.unique(steps)):
      tokens = encode(steps - first, classes, length)
      stride = self.steps if self.continuous else quantize.BAR_QUARTERS * self.steps_per_quarter
      for start in range(0, length - self.steps + 1, stride):
        found.append(self._window(tokens[start:start + self.steps], min(self.steps, valid - start), first + start, labels.of(sequence)))
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

  def _window(self, tokens, length, start_step, window_labels):
    outputs = quantize.one_hot(tokens, DEPTH)
    return base.Window(to_roll(tokens) if self.roll_input else outputs, outputs, length, start_step=start_step, labels=window_labels)

  def from_windows(self, outputs, qpm=120.0, velocities=None):
    """Consecutive one-hot outputs `[S, T, 512]` -> NoteSequence of strokes of one step and velocity 80; `velocities` is not used."""
    tokens = np.argmax(np.asarray(outputs), axis=-1).reshape(-1)
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    add_notes(sequence, tokens, self.steps_per_quarter)
    sequence.total_time = len(tokens) * 60.0 / qpm / self.steps_per_quarter
    return sequence

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`: only 0, drums have no pitch."""
    if semitones:
      raise ValueError(f'drums cannot be transposed (by {semitones})')
    return np.arange(self.input_depth if which == 'inputs' else DEPTH, dtype=np.int32)
