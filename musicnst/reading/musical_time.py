"""Musical time: seconds <-> quarter-note beats, through a tempo map, annotated beats, estimated beats or a fixed rate.

A `BeatMap` is the one bridge. `choose` picks it, `in_beats` rewrites a sequence so that its seconds are quarters (tempo 60), and
`in_seconds` brings it back: the two are inverse for one map.
"""
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses

import numpy as np
from numpy import typing as npt

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import beats
from musicnst.reading import meter as meter_lib
from musicnst.reading import meter_guess
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

  A map whose grid holds the onsets is returned as it is, unless its meter cannot be and its beats lie on the halves. See `pulse` for the
  other cases.
  """
  return _followed(sequence, beat_map)[0]


def _followed(sequence: music_proto.NoteSequence, beat_map: beat_map_lib.BeatMap) -> tuple[beat_map_lib.BeatMap | None, bool]:
  """As `following`, with whether bars may lie elsewhere too: where the beat lies more than an eighth of a quarter from the nominal one."""
  phases = beat_map.to_beats(onsets.times(sequence))
  if pulse.on_grid(phases):
    doubtful = not meter_guess.believed(*meter_guess.of_file(sequence, beat_map))
    off = doubtful and meter_guess.off_by_half(sequence, beat_map, False)
    return (beat_map.moved(0.5), True) if off else (beat_map, False)
  if pulse.concentration(phases) < pulse.CONCENTRATION:
    return None, True
  times, weights = onsets.events(sequence)
  shift = pulse.shift(beat_map.to_beats(times), weights)
  near = abs(shift) <= pulse.NEAR
  moved = beat_map if not shift else beat_map.nudged(shift) if near else beat_map.moved(shift)
  if meter_guess.off_by_half(sequence, moved, not near):
    return moved.moved(0.5), True
  return moved, not near


def choose(sequence: music_proto.NoteSequence, mode: str = 'auto',
           beat_times: npt.ArrayLike | None = None, meter: str = '') -> tuple[beat_map_lib.BeatMap, str]:
  """The beat map to use for a piece, and where it comes from.

  Its bars (`meter.bars(sequence, beat_map)`) are those of the file's signatures, unless these cannot be, such as 1/4, or beats are not the
  file's; then they are estimated (`meter_guess`), and `BeatMap.meter_from` says so.

  Args:
    sequence: NoteSequence in seconds.
    mode: 'auto' (annotation if given, else the tempo map where the onsets follow it, moved
      onto their beat if that lies elsewhere, else an estimate), 'tempo', 'estimate', or
      'fixed:QPM' such as 'fixed:120'.
    beat_times: seconds of the annotated beats, or None; used by 'auto' only.
    meter: such as '4/4', instead of the file's; bars begin at the file's beat 0, or where that is not known or the file's meter cannot be,
      where they most likely do. '' takes the file's.

  Returns:
    (BeatMap, source), source one of 'annotation', 'tempo', 'estimate', 'fixed'.

  Raises:
    ArgumentError: another mode, a rate that is not a number between 1 and 6000, or no meter.
  """
  given = meter_lib.parse(meter) if meter else None
  beat_map, source, lost = _chosen(sequence, mode, beat_times)
  return _with_bars(sequence, beat_map, source, lost, given), source


def assumed(beat_map: beat_map_lib.BeatMap, source: str) -> list[str]:
  """What `choose` assumed, for counting: of `beats_estimated`, `meter_guessed`."""
  return ['beats_estimated'] * (source == 'estimate') + ['meter_guessed'] * (beat_map.meter_from == 'guess')


def _chosen(sequence: music_proto.NoteSequence, mode: str, beat_times: npt.ArrayLike | None) -> tuple[beat_map_lib.BeatMap, str, bool]:
  """`choose` without bars: map, source, and whether the file's bar lines are lost."""
  if mode == 'tempo':
    return beat_map_lib.BeatMap.from_tempos(sequence), 'tempo', False
  if mode == 'estimate':
    return beats.estimate(sequence), 'estimate', True
  if mode.startswith('fixed:'):
    try:
      return beat_map_lib.BeatMap.fixed(float(mode[len('fixed:'):])), 'fixed', False
    except ValueError as error:
      raise errors.ArgumentError(f'beats {mode!r}: expected fixed:QPM with QPM from 1 to 6000, such as fixed:120.') from error
  if mode != 'auto':
    raise errors.ArgumentError(f'Unknown mode of beats {mode!r}; known: {", ".join(MODES)}.')
  if beat_times is not None and len(np.unique(beat_times)) > 1:
    return beat_map_lib.BeatMap.from_beat_times(beat_times), 'annotation', False
  followed, lost = _followed(sequence, beat_map_lib.BeatMap.from_tempos(sequence))
  return (followed, 'tempo', lost) if followed is not None else (beats.estimate(sequence), 'estimate', True)


def _with_bars(sequence: music_proto.NoteSequence, beat_map: beat_map_lib.BeatMap, source: str, lost: bool,
               given: tuple[int, int] | None) -> beat_map_lib.BeatMap:
  """The map with bars that can be; `source` and `lost` as `_chosen` gives them, `given` a meter or None."""
  if source == 'fixed' and not given:  # time by the clock: nothing is known of bars, and nothing asked
    return beat_map
  said = meter_guess.of_file(sequence, beat_map)
  believed = meter_guess.believed(*said)
  if given and (believed and not lost):
    return dataclasses.replace(beat_map, meters=((0.0, *given),), meter_from='given')
  if given:
    return meter_guess.lay(sequence, beat_map, (given,), 'given')
  if believed and not lost:
    return beat_map
  # Beats that had to be estimated stand in files that say 4/4 because they must say something; any other meter somebody wrote.
  known = believed and (source == 'tempo' or said != meter_lib.DEFAULT_METER)
  return meter_guess.lay(sequence, beat_map, (said,) if known else meter_guess.GUESSES)


def in_beats(sequence: music_proto.NoteSequence, beat_map: beat_map_lib.BeatMap) -> music_proto.NoteSequence:
  """A copy whose seconds are quarter-note beats: every time moved through the map, one tempo of 60.

  Meters and keys at second 0 stay at 0, so that bars are counted from beat 0. With the maps made here no beat is negative.
  Where the map has meters of its own, they stand in the result. `in_seconds` is the inverse of all else.
  """
  result = _moved(sequence, beat_map.to_beats)
  if beat_map.meters:
    del result.time_signatures[:]
  for beat, numerator, denominator in beat_map.meters:
    result.time_signatures.add(time=beat, numerator=numerator, denominator=denominator)
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
