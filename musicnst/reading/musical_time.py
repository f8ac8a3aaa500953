"""Musical time: seconds <-> quarter-note beats, through a tempo map, annotated beats, estimated beats or a fixed rate.

A `BeatMap` is the one bridge. `choose` picks it, `in_beats` rewrites a sequence so that its seconds are quarters (tempo 60), and
`in_seconds` brings it back: the two are inverse for one map.
"""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import onsets
from musicnst.reading import pulse
from musicnst.reading import sustain

apply_sustain = sustain.apply_sustain

DEFAULT_QPM = 120.0
# Quarters in a bar where nothing says how many.
BEATS_PER_BAR = 4
LOWEST_QPM, HIGHEST_QPM = 1.0, 6000.0
# Two tempo changes closer than this many seconds count as one: the later in the list wins.
SAME_TIME_SECS = 1e-9
MODES = ('auto', 'tempo', 'estimate', 'fixed:QPM')
STRAIGHT_GRID, MIXED_GRID = pulse.STRAIGHT_GRID, pulse.MIXED_GRID
onset_times = onsets.times


@dataclasses.dataclass(frozen=True, eq=False)
class BeatMap:
  """Monotone piecewise-linear map between seconds and quarter-note beats, extrapolated by its outer segments.

  Args:
    seconds: float64 `[K]`, K >= 2, strictly increasing.
    beats: float64 `[K]`, the beat at each of those seconds, strictly increasing.

  Raises:
    ValueError: fewer than two knots, unequal lengths, values that are not finite or not strictly increasing.

  Example:
    beat_map = BeatMap.fixed(90.0)
    beat_map.to_beats([0.0, 2.0])  # [0., 3.]
  """

  seconds: np.ndarray
  beats: np.ndarray

  def __post_init__(self):
    seconds, beats = np.array(self.seconds, np.float64), np.array(self.beats, np.float64)
    if seconds.ndim != 1 or seconds.shape != beats.shape or len(seconds) < 2:
      raise ValueError(f'A beat map needs two or more knots of equal count, not {seconds.shape} seconds and {beats.shape} beats.')
    for name, values in (('seconds', seconds), ('beats', beats)):
      if not np.all(np.isfinite(values)) or np.any(np.diff(values) <= 0):
        raise ValueError(f'The {name} of a beat map must be finite and strictly increasing.')
    object.__setattr__(self, 'seconds', seconds)
    object.__setattr__(self, 'beats', beats)

  @classmethod
  def from_tempos(cls, sequence):
    """The map of the sequence's own tempos: second 0 is beat 0; 120 qpm before the first one or where there is none.

    Tempos out of order are sorted, of several at one time the last in the list holds, those outside 1 to 6000 qpm are passed over.
    """
    times, qpms = [0.0], [DEFAULT_QPM]
    for tempo in sorted(sequence.tempos, key=lambda t: t.time):
      if not LOWEST_QPM <= tempo.qpm <= HIGHEST_QPM or not np.isfinite(tempo.time):
        continue
      time = max(tempo.time, 0.0)
      if time - times[-1] <= SAME_TIME_SECS:
        qpms[-1] = tempo.qpm
      elif tempo.qpm != qpms[-1]:
        times.append(time)
        qpms.append(tempo.qpm)
    seconds = np.append(times, times[-1] + 60.0)
    beats = np.concatenate([[0.0], np.cumsum(np.diff(seconds) * np.array(qpms) / 60.0)])
    return cls(seconds, beats)

  @classmethod
  def from_beat_times(cls, times, beats_per_bar=1, first_downbeat=0):
    """The map of annotated or tracked beats, one quarter each.

    Beat 0 is put at or before second 0, a whole number of bars before the first downbeat, so that every second >= 0 has a beat
    >= 0 and every downbeat is a multiple of `beats_per_bar`.

    Args:
      times: `[K]` seconds of consecutive quarters; sorted and made unique here.
      beats_per_bar: quarters in a bar.
      first_downbeat: index in `times` of a beat that begins a bar.

    Raises:
      ValueError: fewer than two different times.
    """
    times = np.unique(np.asarray(times, np.float64))
    if len(times) < 2:
      raise ValueError(f'A beat map needs two or more different beat times, not {len(times)}.')
    period = times[1] - times[0]
    before = max(0, int(np.ceil(times[0] / period - 1e-6)))
    before += -(before + int(first_downbeat)) % int(beats_per_bar)
    return cls(times, before + np.arange(len(times), dtype=np.float64))

  @classmethod
  def fixed(cls, qpm):
    """One tempo throughout, beat 0 at second 0.

    Raises:
      ValueError: `qpm` outside 1 to 6000.
    """
    if not LOWEST_QPM <= qpm <= HIGHEST_QPM:
      raise ValueError(f'A fixed rate must lie between {LOWEST_QPM:g} and {HIGHEST_QPM:g} quarters a minute, not {qpm}.')
    return cls(np.array([0.0, 60.0]), np.array([0.0, float(qpm)]))

  def to_beats(self, seconds):
    """Seconds (a number or an array) -> quarter-note beats, float64 of the same shape."""
    return _interpolate(seconds, self.seconds, self.beats)

  def to_seconds(self, beats):
    """Quarter-note beats -> seconds, the inverse of `to_beats`."""
    return _interpolate(beats, self.beats, self.seconds)

  def moved(self, shift, beats_per_bar=1):
    """The map with its beats `shift` quarters later; whole bars are added so that second 0 keeps a beat >= 0."""
    beats = self.beats - shift
    at_zero = float(_interpolate(0.0, self.seconds, beats))
    return BeatMap(self.seconds, beats + beats_per_bar * max(0.0, np.ceil(-at_zero / beats_per_bar - 1e-9)))

  def tempos(self):
    """(seconds `[K-1]`, qpm `[K-1]`): where each segment begins (the first at 0 or earlier) and its quarters a minute."""
    return self.seconds[:-1], 60.0 * np.diff(self.beats) / np.diff(self.seconds)


def _interpolate(x, knots, values):
  x = np.asarray(x, np.float64)
  segment = np.clip(np.searchsorted(knots, x, side='right') - 1, 0, len(knots) - 2)
  slope = np.diff(values) / np.diff(knots)
  return values[segment] + (x - knots[segment]) * slope[segment]


def on_grid_share(sequence, beat_map, grid=STRAIGHT_GRID, tolerance=pulse.GRID_TOLERANCE_STEPS):
  """Share of onsets within `tolerance` sixteenths of a grid point.

  Args:
    sequence: NoteSequence; drums count only where there is nothing else.
    beat_map: the map that lays the grid.
    grid: the points within one quarter, in quarters, such as `STRAIGHT_GRID` or `MIXED_GRID`.
    tolerance: in sixteenths.

  Returns:
    float in [0, 1]; 0.0 where there are no notes.
  """
  return pulse.share_near(beat_map.to_beats(onset_times(sequence)), grid, tolerance / 4)


def following(sequence, beat_map):
  """The map, moved so that its beats lie where the music's do, or None where the music does not follow its pulse.

  A map whose grid holds the onsets is returned as it is. See `pulse` for the other cases. Where the beat lies more than an eighth of a
  quarter from the nominal one, bars lie elsewhere too: they are then put where the longest bass notes begin.
  """
  phases = beat_map.to_beats(onset_times(sequence))
  if pulse.on_grid(phases):
    return beat_map
  if pulse.concentration(phases) < pulse.CONCENTRATION:
    return None
  times, weights = onsets.events(sequence)
  shift = pulse.shift(beat_map.to_beats(times), weights)
  if not shift:
    return beat_map
  if abs(shift) <= pulse.NEAR:
    return beat_map.moved(shift, BEATS_PER_BAR)
  moved = beat_map.moved(shift)
  return moved.moved(onsets.first_downbeat(sequence, moved, BEATS_PER_BAR), BEATS_PER_BAR)


def choose(sequence, mode='auto', beat_times=None):
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
    return BeatMap.from_tempos(sequence), 'tempo'
  if mode == 'estimate':
    return _estimated(sequence)
  if mode.startswith('fixed:'):
    try:
      return BeatMap.fixed(float(mode[len('fixed:'):])), 'fixed'
    except ValueError as error:
      raise errors.ArgumentError(f'beats {mode!r}: expected fixed:QPM with QPM from 1 to 6000, such as fixed:120.') from error
  if mode != 'auto':
    raise errors.ArgumentError(f'Unknown mode of beats {mode!r}; known: {", ".join(MODES)}.')
  if beat_times is not None and len(np.unique(beat_times)) > 1:
    return BeatMap.from_beat_times(beat_times), 'annotation'
  followed = following(sequence, BeatMap.from_tempos(sequence))
  return (followed, 'tempo') if followed is not None else _estimated(sequence)


def _estimated(sequence):
  from musicnst.reading import beats
  return beats.estimate(sequence), 'estimate'


def in_beats(sequence, beat_map):
  """A copy whose seconds are quarter-note beats: every time moved through the map, one tempo of 60.

  Meters and keys at second 0 stay at 0, so that bars are counted from beat 0. With the maps made here no beat is negative.
  `in_seconds` is the inverse.
  """
  result = _moved(sequence, beat_map.to_beats)
  result.tempos.add(time=0.0, qpm=60.0)
  return result


def in_seconds(sequence, beat_map, tempos=None):
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


def _moved(sequence, move):
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
