"""The notes of a sequence as arrays in quarter-note beats: what every sequence-level metric starts from."""
import dataclasses
import typing
from collections.abc import Iterable

import numpy as np

from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib

# Times are also given as whole units of 1 / (6 * 2^20) beat, so that steps of 1/6 and of 1/2^n beat, and the positions of MIDI ticks,
# compare and fall into bins exactly, whatever the rounding of the seconds they came from.
UNITS_PER_BEAT = 6 << 20


@dataclasses.dataclass(frozen=True)
class Notes:
  """N notes sorted by (start, pitch).

  Args:
    pitch: int64 `[N]`.
    velocity: int64 `[N]`.
    start: float64 `[N]`, in beats.
    end: float64 `[N]`, in beats.
    is_drum: bool `[N]`.
  """

  pitch: np.ndarray
  velocity: np.ndarray
  start: np.ndarray
  end: np.ndarray
  is_drum: np.ndarray

  def __len__(self) -> int:
    return len(self.pitch)

  @property
  def start_units(self) -> np.ndarray:
    return _units(self.start)

  @property
  def end_units(self) -> np.ndarray:
    return _units(self.end)

  def select(self, mask: np.ndarray) -> 'Notes':
    """The notes where `mask` (bool `[N]`) is true."""
    return Notes(self.pitch[mask], self.velocity[mask], self.start[mask], self.end[mask], self.is_drum[mask])

  def without_drums(self) -> 'Notes':
    return self.select(~self.is_drum)

  def steps(self, steps_per_beat: int = 4) -> np.ndarray:
    """Nearest grid step of each onset, int64 `[N]`; halves go up."""
    return np.floor(self.start * steps_per_beat + .5 + 1e-6).astype(np.int64)

  def end_steps(self, steps_per_beat: int = 4) -> np.ndarray:
    """Nearest grid step of each end, at least one after the onset's, int64 `[N]`."""
    ends = np.floor(self.end * steps_per_beat + .5 + 1e-6).astype(np.int64)
    return np.maximum(ends, self.steps(steps_per_beat) + 1)


# What metrics of pieces take.
Music: typing.TypeAlias = music_proto.NoteSequence | Notes


def of(music: Music, beat_map: beat_map_lib.BeatMap | None = None, notes: Iterable[music_proto.NoteSequence.Note] | None = None) -> Notes:
  """`Notes` of a NoteSequence; a `Notes` is returned as it is.

  Args:
    music: NoteSequence or Notes.
    beat_map: seconds -> beats; the sequence's own tempo map if None.
    notes: Note protos on the sequence's clock to take in place of all of its notes, such as the ones a transfer added.
  """
  if isinstance(music, Notes):
    return music
  beat_map = beat_map or beat_map_lib.BeatMap.from_tempos(music)
  notes = music.notes if notes is None else notes
  fields = np.array([(n.pitch, n.velocity, n.start_time, n.end_time, n.is_drum) for n in notes], np.float64).reshape(-1, 5)
  start, end = beat_map.to_beats(fields[:, 2]), beat_map.to_beats(fields[:, 3])
  order = np.lexsort((fields[:, 0], _units(start)))
  whole = fields[order].astype(np.int64)
  return Notes(whole[:, 0], whole[:, 1], start[order], end[order], whole[:, 4].astype(bool))


def pitched(music: Music) -> Notes:
  """`of(music)` without its drums."""
  return of(music).without_drums()


def roll(music: Music, steps_per_beat: int = 4, onsets_only: bool = False, num_steps: int | None = None) -> np.ndarray:
  """Binary roll bool `[T, 128]` of the pitched notes on a grid.

  Args:
    music: NoteSequence or Notes.
    steps_per_beat: grid.
    onsets_only: mark only the first cell of each note.
    num_steps: T; as long as the music if None. Notes beyond it are cut.
  """
  notes = pitched(music)
  starts = notes.steps(steps_per_beat)
  ends = starts + 1 if onsets_only else notes.end_steps(steps_per_beat)
  keep = starts >= 0
  num_steps = int(ends.max(initial=0)) if num_steps is None else num_steps
  # A note adds 1 where it starts and takes 1 away where it ends: the running sum is the number of notes sounding.
  edges = np.zeros([num_steps + 1, 128], np.int32)
  np.add.at(edges, (np.minimum(starts[keep], num_steps), notes.pitch[keep]), 1)
  np.add.at(edges, (np.minimum(ends[keep], num_steps), notes.pitch[keep]), -1)
  return np.cumsum(edges, axis=0)[:num_steps] > 0


def _units(beats: np.ndarray) -> np.ndarray:
  return np.floor(beats * UNITS_PER_BEAT + .5).astype(np.int64)
