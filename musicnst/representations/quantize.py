"""Notes on a grid of steps, by note_seq's rule: the nearest step, halves up, and no note shorter than one step."""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter

QUANTIZE_CUTOFF = .5  # a time less than this far into a step belongs to that step, as in note_seq
BAR_QUARTERS = 4


@dataclasses.dataclass(frozen=True)
class QuantizedNotes:
  """N notes in the order of their sequence; all int64 `[N]` but `is_drum`, bool `[N]`. `end` > `start`, in steps."""

  pitch: np.ndarray
  velocity: np.ndarray
  start: np.ndarray
  end: np.ndarray
  program: np.ndarray
  instrument: np.ndarray
  is_drum: np.ndarray

  def __len__(self):
    return len(self.pitch)

  def select(self, choice):
    """The notes that a bool mask or an array of indices chooses."""
    return QuantizedNotes(*(getattr(self, field.name)[choice] for field in dataclasses.fields(self)))


def quantize(sequence, steps_per_quarter=4):
  """The notes of a sequence as `QuantizedNotes`.

  With one tempo the arithmetic is note_seq's, to the last bit (a note half-way between two steps falls the same way); tempo changes are
  unrolled through the sequence's tempo map, where note_seq would refuse.

  Raises:
    RejectedSequence: a note before time 0.
  """
  fields = np.array([(n.start_time, n.end_time, n.pitch, n.velocity, n.program, n.instrument, n.is_drum) for n in sequence.notes],
                    np.float64).reshape(-1, 7)
  start = nearest_steps(sequence, fields[:, 0], steps_per_quarter)
  end = nearest_steps(sequence, fields[:, 1], steps_per_quarter)
  if (start < 0).any() or (end < 0).any():
    raise errors.RejectedSequence('negative_time', 'a note begins or ends before time 0')
  pitch, velocity, program, instrument, is_drum = fields[:, 2:].astype(np.int64).T
  return QuantizedNotes(pitch, velocity, start, np.maximum(end, start + 1), program, instrument, is_drum.astype(bool))


def nearest_steps(sequence, seconds, steps_per_quarter):
  """Times in seconds `[N]` of a sequence -> the nearest steps, int64 `[N]`, halves up."""
  qpm = _only_tempo(sequence)
  if qpm is not None:
    steps = seconds * (steps_per_quarter * qpm / 60.0)
  else:
    steps = beat_map_lib.BeatMap.from_tempos(sequence).to_beats(seconds) * steps_per_quarter
  return np.trunc(steps + (1 - QUANTIZE_CUTOFF)).astype(np.int64)


def _only_tempo(sequence):
  """The one tempo of the whole sequence, or None. Before the first of its tempos a sequence runs at 120."""
  tempos = sorted(sequence.tempos, key=lambda tempo: tempo.time)
  if not tempos:
    return beat_map_lib.DEFAULT_QPM
  values = {tempo.qpm for tempo in tempos}
  if tempos[0].time > 0:
    values.add(beat_map_lib.DEFAULT_QPM)
  qpm = tempos[0].qpm
  return qpm if len(values) == 1 and beat_map_lib.LOWEST_QPM <= qpm <= beat_map_lib.HIGHEST_QPM else None


def require_four_quarters(sequence):
  """Raises `RejectedSequence` where a bar is not four quarters long (4/4 and 2/2 are; so is music without a signature)."""
  if all((s.numerator, s.denominator) == meter.DEFAULT_METER for s in sequence.time_signatures):
    return
  for bar in meter.bars(sequence):
    if abs(bar.end_beat - bar.start_beat - BAR_QUARTERS) > 1e-6:
      raise errors.RejectedSequence('unsupported_meter', f'a bar of {bar.numerator}/{bar.denominator} at beat {bar.start_beat:g}; '
                                    'this representation takes bars of four quarters only')


def one_hot(tokens, depth):
  """int `[T]` -> bool `[T, depth]`."""
  hot = np.zeros([len(tokens), depth], bool)
  hot[np.arange(len(tokens)), tokens] = True
  return hot
