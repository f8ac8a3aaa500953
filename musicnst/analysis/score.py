"""What every analysis reads: the notes of a piece in quarter-note beats, with the instrument each belongs to, and its bars."""
import dataclasses

import numpy as np

from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter


@dataclasses.dataclass(frozen=True, eq=False)
class Score:
  """N notes sorted by (start, pitch), and M bars.

  Args:
    index: int64 `[N]`, the place of each note in the sequence that the score was made from.
    pitch, velocity, program, instrument: int64 `[N]`.
    start, end: float64 `[N]`, in quarter-note beats, as played and not quantized.
    is_drum: bool `[N]`.
    bars: tuple of `meter.Bar`, at least one; the last one ends where the music does or later.
    track_names: dict instrument -> name, as the file says; instruments without a name are missing.
  """

  index: np.ndarray
  pitch: np.ndarray
  velocity: np.ndarray
  program: np.ndarray
  instrument: np.ndarray
  start: np.ndarray
  end: np.ndarray
  is_drum: np.ndarray
  bars: tuple
  track_names: dict

  def __len__(self):
    return len(self.pitch)

  def select(self, mask):
    """The notes where `mask` (bool `[N]`) is true; bars and names stay."""
    arrays = {field.name: getattr(self, field.name)[mask] for field in dataclasses.fields(self) if field.name not in ('bars', 'track_names')}
    return dataclasses.replace(self, **arrays)

  def pitched(self):
    """The notes that are not drums."""
    return self.select(~self.is_drum)

  @property
  def bar_starts(self):
    """float64 `[M]`, the beat at which each bar begins."""
    return np.array([bar.start_beat for bar in self.bars])

  @property
  def end_beat(self):
    """The beat at which the last bar ends."""
    return self.bars[-1].end_beat


def of(sequence, beat_map=None):
  """NoteSequence in seconds -> Score.

  Args:
    sequence: NoteSequence.
    beat_map: seconds -> beats; None takes the sequence's own tempos.
  """
  beat_map = beat_map or beat_map_lib.BeatMap.from_tempos(sequence)
  fields = np.array([(n.pitch, n.velocity, n.program, n.instrument, n.is_drum) for n in sequence.notes], np.int64).reshape(-1, 5)
  times = np.array([(n.start_time, n.end_time) for n in sequence.notes], np.float64).reshape(-1, 2)
  start, end = beat_map.to_beats(times[:, 0]), beat_map.to_beats(times[:, 1])
  order = np.lexsort((fields[:, 0], start))
  pitch, velocity, program, instrument, is_drum = fields[order].T
  names = {info.instrument: info.name.strip() for info in sequence.instrument_infos if info.name.strip()}
  return Score(
      index=order, pitch=pitch, velocity=velocity, program=program, instrument=instrument, start=start[order], end=end[order],
      is_drum=is_drum.astype(bool), bars=tuple(meter.bars(sequence, beat_map)), track_names=names)
