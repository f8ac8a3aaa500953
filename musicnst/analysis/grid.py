"""The beats of a score: quarters, or dotted quarters in 6/8, 9/8 and their like, counted anew in each bar."""
import dataclasses

import numpy as np

# What is left of a bar counts as a beat of its own from this many quarters on; less is added to the beat before.
SHORTEST_BEAT = .3


@dataclasses.dataclass(frozen=True, eq=False)
class Grid:
  """B beats, at least one, without gaps.

  Args:
    edges: float64 `[B + 1]`, where each beat begins, in quarters; the last one is where the last beat ends.
    bar: int64 `[B]`, the bar that each beat lies in.
    place: int64 `[B]`, its place in the bar, from 0.
    per_bar: int64 `[B]`, how many beats its bar has.
  """

  edges: np.ndarray
  bar: np.ndarray
  place: np.ndarray
  per_bar: np.ndarray

  def __len__(self):
    return len(self.bar)

  @property
  def lengths(self):
    """float64 `[B]`, quarters."""
    return np.diff(self.edges)

  def position(self, beats):
    """Quarters `[N]` -> beats of the grid as fractions, float64 `[N]` in [0, B]."""
    return np.interp(beats, self.edges, np.arange(len(self.edges), dtype=np.float64))


def of(score):
  """The Grid of a Score."""
  starts, bars, places, counts = [], [], [], []
  for i, bar in enumerate(score.bars):
    found = _beats(bar)
    starts.extend(found)
    bars.extend([i] * len(found))
    places.extend(range(len(found)))
    counts.extend([len(found)] * len(found))
  as_array = lambda values: np.array(values, np.int64)
  return Grid(edges=np.append(np.array(starts, np.float64), score.end_beat), bar=as_array(bars), place=as_array(places), per_bar=as_array(counts))


def _beats(bar):
  """Where the beats of a bar begin, in quarters."""
  compound = bar.denominator >= 8 and bar.numerator % 3 == 0
  length = 12 / bar.denominator if compound else 1.0
  whole = bar.end_beat - bar.start_beat
  count = max(1, int((whole - SHORTEST_BEAT) // length) + 1)
  return [bar.start_beat + length * i for i in range(count)]
