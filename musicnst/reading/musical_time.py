"""Musical time: seconds <-> quarter-note beats, through a tempo map, annotated beats, estimated beats or a fixed rate.

A `BeatMap` is the one bridge. `choose` picks it, `in_beats` rewrites a sequence so that its seconds are quarters (tempo 60), and
`in_seconds` brings it back: the two are inverse for one map.
"""
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np
from numpy import typing as npt

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import beats
from musicnst.reading import onsets
from musicnst.reading import pulse

MODES = ('auto', 'tempo', 'estimate', 'fixed:QPM')


def on_grid_share(sequence: music_proto.NoteSequence, beat_map: beat_map_lib.BeatMap, grid: Sequence[float] = pulse.STRAIGHT_GRID,
                  tolerance: float = pulse.GRID_TOLERANCE_STEPS) -> float:
  """Share of onsets within `tolerance` sixteenths of a grid point.

  Args:
    sequence: NoteSequence; drums count only where there is nothing else.
    beat_map: the map that lays the grid.
    grid: the points within one quarter, in quarters, such as `pulse.STRAIGHT_GRID` or `pulse.MIXED_GRID`.
    tolerance: in sixteenths.

  Returns:
    float in [0, 1]; 0.0 where there are no notes.
  """
  return pulse.share_near(beat_map.to_beats(onsets.times(sequence)), grid, tolerance / 4)


def following(sequence: music_proto.NoteSequence, beat_map: beat_map_lib.BeatMap) -> beat_map_lib.BeatMap | None:
  """The map, moved so that its beats lie where the music's do, or None where the music does not follow its pulse.

  A map whose grid holds the onsets is returned as it is. See `pulse` for the other cases. Where the beat lies more than an eighth of a
  quarter from the nominal one, bars lie elsewhere too: they are then put where the longest bass notes begin.
  """
  phases = beat_map.to_beats(onsets.times(sequence))
  if pulse.on_grid(phases):
    return beat_map
  if pulse.concentration(phases) < pulse.CONCENTRATION:
    return None
  times, weights = onsets.events(sequence)
  shift = pulse.shift(beat_map.to_beats(times), weights)
  if not shift:
    return beat_map
  if abs(shift) <= pulse.NEAR:
    return beat_map.moved(shift, beat_map_lib.BEATS_PER_BAR)
  moved = beat_map.moved(shift)
  return moved.moved(onsets.first_downbeat(sequence, moved, beat_map_lib.BEATS_PER_BAR), beat_map_lib.BEATS_PER_BAR)


def choose(sequence: music_proto.NoteSequence, mode: str = 'auto',
           beat_times: npt.ArrayLike | None = None) -> tuple[beat_map_lib.BeatMap, str]:
  """The beat map to use for a piece, and where it comes from.

  Args:
    sequence: NoteSequence in seconds.
    mode: 'auto' (annotation if given, else the tempo map where the onsets follow it, moved
      onto their beat if that lies elsewhere, else an estimate), 'tempo', 'estimate', or
      'fixed:QPM' such as 'fixed:120'.
    beat_times: seconds of the annotated beats, or None; used by 'auto' only.

  Returns:
    (BeatMap, source), source one of 'annotation', 'tempo', 'estimate', 'fixed'.

  Raises:
    ArgumentError: another mode, or a rate that is not a number between 1 and 6000.
  """
  if mode == 'tempo':
    return beat_map_lib.BeatMap.from_tempos(sequence), 'tempo'
  if mode == 'estimate':
    return beats.estimate(sequence), 'estimate'
  if mode.startswith('fixed:'):
    try:
      return beat_map_lib.BeatMap.fixed(float(mode[len('fixed:'):])), 'fixed'
    except ValueError as error:
      raise errors.ArgumentError(f'beats {mode!r}: expected fixed:QPM with QPM from 1 to 6000, such as fixed:120.') from error
  if mode != 'auto':
    raise errors.ArgumentError(f'Unknown mode of beats {mode!r}; known: {", ".join(MODES)}.')
  if beat_times is not None and len(np.unique(beat_times)) > 1:
    return beat_map_lib.BeatMap.from_beat_times(beat_times), 'annotation'
  followed = following(sequence, beat_map_lib.BeatMap.from_tempos(sequence))
  return (followed, 'tempo') if followed is not None else (beats.estimate(sequence), 'estimate')


def in_beats(sequence: music_proto.NoteSequence, beat_map: beat_map_lib.BeatMap) -> music_proto.NoteSequence:
  """A copy whose seconds are quarter-note beats: every time moved through the map, one tempo of 60.

  Meters and keys at second 0 stay at 0, so that bars are counted from beat 0. With the maps made here no beat is negative.
  `in_seconds` is the inverse.
  """
  result = _moved(sequence, beat_map.to_beats)
  result.tempos.add(time=0.0, qpm=60.0)
  return result


def in_seconds(sequence: music_proto.NoteSequence, beat_map: beat_map_lib.BeatMap,
               tempos: Iterable[music_proto.NoteSequence.Tempo] | None = None) -> music_proto.NoteSequence:
  """The inverse of `in_beats`: beats -> seconds.

  Args:
    sequence: NoteSequence whose seconds are quarter-note beats.
    beat_map: the map that led there.
    tempos: the original's tempos to write back; without them the map's own segments are written as tempos.
  """
  result = _moved(sequence, beat_map.to_seconds)
  if tempos is not None:
    result.tempos.extend(tempos)
    return result
  seconds, qpms = beat_map.tempos()
  first = max(0, int(np.searchsorted(seconds, 0.0, side='right')) - 1)
  for time, qpm in zip(np.maximum(seconds[first:], 0.0), qpms[first:]):
    if not result.tempos or result.tempos[-1].qpm != qpm:
      result.tempos.add(time=time, qpm=qpm)
  return result


def _moved(sequence: music_proto.NoteSequence, move: Callable[[npt.ArrayLike], np.ndarray]) -> music_proto.NoteSequence:
  """A copy without tempos whose times all went through `move`."""
  result = music_proto.NoteSequence()
  result.CopyFrom(sequence)
  del result.tempos[:]
  notes = result.notes
  for note, start, end in zip(notes, move([note.start_time for note in notes]), move([note.end_time for note in notes])):
    note.start_time, note.end_time = start, end
  for events in (result.pitch_bends, result.control_changes, result.text_annotations, result.section_annotations):
    for event, time in zip(events, move([event.time for event in events])):
      event.time = time
  # What holds from the start holds from the start on both sides, also where beat 0 lies before second 0.
  for events in (result.time_signatures, result.key_signatures):
    for event, time in zip(events, move([event.time for event in events])):
      event.time = max(0.0, time) if event.time > 0 else 0.0
  result.total_time = move(sequence.total_time)
  return result
