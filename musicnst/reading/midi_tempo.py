"""The tempo map of a MIDI file in pretty_midi's float64 arithmetic, so that seconds are equal to the last bit."""
import dataclasses

import numpy as np

_DEFAULT_QPM = 120.0


@dataclasses.dataclass(frozen=True)
class TempoMap:
  """Ticks -> seconds, linear between the ticks where the tempo changes.

  `ticks` int64 `[C]` (the first is 0), `scales` float64 `[C]` seconds a tick, `starts` float64 `[C]` seconds at `ticks`.
  """
  ticks: np.ndarray
  scales: np.ndarray
  starts: np.ndarray
  resolution: int

  @classmethod
  def from_changes(cls, changes, resolution, qpm=_DEFAULT_QPM):
    """From (tick, microseconds a quarter) pairs in order of ticks; the first tempo is `qpm` where none is set at tick 0."""
    scales = [(0, 60.0 / (qpm * resolution))]
    for tick, micros in changes:
      scale = 60.0 / ((6e7 / micros) * resolution)
      if tick == 0:
        scales = [(0, scale)]
      elif scale != scales[-1][1]:
        scales.append((tick, scale))
    ticks, values = np.array([tick for tick, _ in scales], np.int64), np.array([scale for _, scale in scales])
    starts = np.concatenate([[0.0], np.cumsum(values[:-1] * np.diff(ticks))])  # adds in order, as pretty_midi does
    return cls(ticks, values, starts, resolution)

  def seconds(self, ticks):
    """Seconds of ticks (int array)."""
    if len(self.ticks) == 1:
      return self.scales[0] * ticks
    i = np.searchsorted(self.ticks, ticks, side='right') - 1
    return self.starts[i] + self.scales[i] * (ticks - self.ticks[i])

  def qpm(self):
    """Quarters a minute from each of `ticks` on."""
    return 60.0 / (self.scales * self.resolution)
