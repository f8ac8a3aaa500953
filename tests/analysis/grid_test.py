"""Beats of bars in several meters, counted by hand."""
import numpy as np
import pytest

from musicnst import music_proto
from musicnst.analysis import grid
from musicnst.analysis import score


def _of(*meters, total):
  sequence = music_proto.NoteSequence(total_time=total)
  sequence.tempos.add(qpm=60)
  for time, numerator, denominator in meters:
    sequence.time_signatures.add(time=time, numerator=numerator, denominator=denominator)
  return grid.of(score.of(sequence))


@pytest.mark.parametrize('meter, total, edges', [
    ((4, 4), 4, [0, 1, 2, 3, 4]), ((3, 4), 3, [0, 1, 2, 3]), ((6, 8), 3, [0, 1.5, 3]), ((12, 8), 6, [0, 1.5, 3, 4.5, 6]),
    ((7, 8), 3.5, [0, 1, 2, 3, 3.5]), ((2, 2), 4, [0, 1, 2, 3, 4]), ((3, 16), .75, [0, .75])])
def test_beats_of_one_bar(meter, total, edges):
  assert np.allclose(_of((0, *meter), total=total).edges, edges)


def test_changing_meters():
  found = _of((0, 1, 4), (1, 3, 4), (4, 6, 8), total=7)
  assert np.allclose(found.edges, [0, 1, 2, 3, 4, 5.5, 7])
  assert found.bar.tolist() == [0, 1, 1, 1, 2, 2] and found.place.tolist() == [0, 0, 1, 2, 0, 1] and found.per_bar.tolist() == [1, 3, 3, 3, 2, 2]
  assert np.allclose(found.position([0.5, 4.75, 99]), [.5, 4.5, 6])
