"""The map between seconds and quarter-note beats, whatever it was made of: tempos, annotated or tracked beats, a fixed rate."""
import dataclasses

import numpy as np
from numpy import typing as npt

from musicnst import music_proto

DEFAULT_QPM = 120.0
# Quarters in a bar where nothing says how many.
BEATS_PER_BAR = 4
LOWEST_QPM, HIGHEST_QPM = 1.0, 6000.0
# Two tempo changes closer than this many seconds count as one: the later in the list wins.
SAME_TIME_SECS = 1e-9


@dataclasses.dataclass(frozen=True, eq=False)
class BeatMap:
  """Monotone piecewise-linear map between seconds and quarter-note beats, extrapolated by its outer segments.

  Args:
    seconds: float64 `[K]`, K >= 2, strictly increasing.
    beats: float64 `[K]`, the beat at each of those seconds, strictly increasing.
    meters: ((beat, numerator, denominator), ...), the first at beat 0: meters that hold instead of the sequence's own; () for those.
    meter_from: where the meter comes from: 'file', 'guess' or 'given'.

  Raises:
    ValueError: fewer than two knots, unequal lengths, values that are not finite or not strictly increasing.

  Example:
    beat_map = BeatMap.fixed(90.0)
    beat_map.to_beats([0.0, 2.0])  # [0., 3.]
  """

  seconds: np.ndarray
  beats: np.ndarray
  meters: tuple[tuple[float, int, int], ...] = ()
  meter_from: str = 'file'

  def __post_init__(self) -> None:
    seconds, beats = np.array(self.seconds, np.float64), np.array(self.beats, np.float64)
    if seconds.ndim != 1 or seconds.shape != beats.shape or len(seconds) < 2:
      raise ValueError(f'A beat map needs two or more knots of equal count, not {seconds.shape} seconds and {beats.shape} beats.')
    for name, values in (('seconds', seconds), ('beats', beats)):
      if not np.all(np.isfinite(values)) or np.any(np.diff(values) <= 0):
        raise ValueError(f'The {name} of a beat map must be finite and strictly increasing.')
    object.__setattr__(self, 'seconds', seconds)
    object.__setattr__(self, 'beats', beats)

  @classmethod
  def from_tempos(cls, sequence: music_proto.NoteSequence) -> 'BeatMap':
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
  def from_beat_times(cls, times: npt.ArrayLike, beats_per_bar: int = 1, first_downbeat: int = 0) -> 'BeatMap':
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
  def fixed(cls, qpm: float) -> 'BeatMap':
    """One tempo throughout, beat 0 at second 0.

    Raises:
      ValueError: `qpm` outside 1 to 6000.
    """
    if not LOWEST_QPM <= qpm <= HIGHEST_QPM:
      raise ValueError(f'A fixed rate must lie between {LOWEST_QPM:g} and {HIGHEST_QPM:g} quarters a minute, not {qpm}.')
    return cls(np.array([0.0, 60.0]), np.array([0.0, float(qpm)]))

  def to_beats(self, seconds: npt.ArrayLike) -> np.ndarray:
    """Seconds (a number or an array) -> quarter-note beats, float64 of the same shape."""
    return _interpolate(seconds, self.seconds, self.beats)

  def to_seconds(self, beats: npt.ArrayLike) -> np.ndarray:
    """Quarter-note beats -> seconds, the inverse of `to_beats`."""
    return _interpolate(beats, self.beats, self.seconds)

  def moved(self, shift: float, beats_per_bar: int = 1) -> 'BeatMap':
    """The map with its beats `shift` quarters later; whole bars are added so that second 0 keeps a beat >= 0."""
    beats = self.beats - shift
    at_zero = float(_interpolate(0.0, self.seconds, beats))
    return BeatMap(self.seconds, beats + beats_per_bar * max(0.0, np.ceil(-at_zero / beats_per_bar - 1e-9)))

  def nudged(self, shift: float) -> 'BeatMap':
    """The map with its beats `shift` quarters later, less than one; second 0 keeps a beat >= 0 and beats their numbers, so that bars stay
    where they are: where beat 0 would come to lie after second 0, the first beat begins there and is so much longer."""
    beats = self.beats - shift
    if float(_interpolate(0.0, self.seconds, beats)) >= 0:
      return BeatMap(self.seconds, beats)
    first = float(_interpolate(1.0, beats, self.seconds))
    later = (beats > 1) & (self.seconds > first)
    ends = np.array([self.seconds[-1] + 1.0]) if not later.any() else np.zeros(0)
    seconds = np.concatenate([[0.0, first], self.seconds[later], ends])
    return BeatMap(seconds, np.concatenate([[0.0, 1.0], beats[later], _interpolate(ends, self.seconds, beats)]))

  def tempos(self) -> tuple[np.ndarray, np.ndarray]:
    """(seconds `[K-1]`, qpm `[K-1]`): where each segment begins (the first at 0 or earlier) and its quarters a minute."""
    return self.seconds[:-1], 60.0 * np.diff(self.beats) / np.diff(self.seconds)


def _interpolate(x: npt.ArrayLike, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
  x = np.asarray(x, np.float64)
  segment = np.clip(np.searchsorted(knots, x, side='right') - 1, 0, len(knots) - 2)
  slope = np.diff(values) / np.diff(knots)
  return values[segment] + (x - knots[segment]) * slope[segment]
