"""BeatMap: hand-computed answers, and that the way back is the way there."""
import hypothesis
from hypothesis import strategies as st
import numpy as np
import pytest

from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib


def with_tempos(tempos):
  sequence = music_proto.NoteSequence()
  for time, qpm in tempos:
    sequence.tempos.add(time=time, qpm=qpm)
  return sequence


def test_without_tempo_120_qpm():
  beat_map = beat_map_lib.BeatMap.from_tempos(with_tempos([]))
  np.testing.assert_allclose(beat_map.to_beats([0.0, 0.5, 30.0]), [0, 1, 60])


def test_changing_tempos_by_hand():
  # 60 qpm for 2 s (2 beats), then 120 for 1 s (2 beats), then 30.
  beat_map = beat_map_lib.BeatMap.from_tempos(with_tempos([(0, 60), (2, 120), (3, 30)]))
  np.testing.assert_allclose(beat_map.to_beats([0, 1, 2, 2.5, 3, 5, 123]), [0, 1, 2, 3, 4, 5, 64])
  np.testing.assert_allclose(beat_map.to_seconds([0, 1, 2, 3, 4, 5, 64]), [0, 1, 2, 2.5, 3, 5, 123])


def test_first_tempo_after_the_start_leaves_120_before_it():
  beat_map = beat_map_lib.BeatMap.from_tempos(with_tempos([(1, 60)]))
  np.testing.assert_allclose(beat_map.to_beats([1, 2]), [2, 3])


def test_of_tempos_at_one_time_the_last_holds_and_disorder_is_sorted():
  beat_map = beat_map_lib.BeatMap.from_tempos(with_tempos([(2, 120), (0, 90), (0, 60)]))
  np.testing.assert_allclose(beat_map.to_beats([2, 3]), [2, 4])


def test_impossible_tempos_are_passed_over():
  beat_map = beat_map_lib.BeatMap.from_tempos(with_tempos([(0, 60), (1, 0), (1, -5), (2, 1e9), (3, float('nan'))]))
  np.testing.assert_allclose(beat_map.to_beats([10]), [10])


@pytest.mark.parametrize('qpm', [10, 60, 400])
def test_slow_and_fast(qpm):
  beat_map = beat_map_lib.BeatMap.from_tempos(with_tempos([(0, qpm)]))
  np.testing.assert_allclose(beat_map.to_beats(7200.0), 120 * qpm)


def test_beat_times_extend_to_both_sides_and_beat_0_is_at_or_before_the_start():
  beat_map = beat_map_lib.BeatMap.from_beat_times([1.25, 1.75, 2.75])
  # Half a second a beat before: 0.75, 0.25, -0.25 come first; a second a beat after.
  np.testing.assert_allclose(beat_map.to_beats([-0.25, 0.25, 1.25, 1.75, 2.25, 2.75, 4.75]), [0, 1, 3, 4, 4.5, 5, 7])


def test_downbeats_are_multiples_of_the_bar():
  beat_map = beat_map_lib.BeatMap.from_beat_times([1.25, 1.75, 2.25, 2.75], beats_per_bar=4, first_downbeat=1)
  np.testing.assert_allclose(beat_map.to_beats(1.75), 4)
  assert beat_map.to_beats(0.0) >= 0


@pytest.mark.parametrize('times', [[], [1.0], [1.0, 1.0]])
def test_too_few_beat_times(times):
  with pytest.raises(ValueError, match='two or more'):
    beat_map_lib.BeatMap.from_beat_times(times)


@pytest.mark.parametrize('seconds, beats', [([0, 1], [0, 0]), ([1, 0], [0, 1]), ([0, np.nan], [0, 1]), ([0, 1, 2], [0, 1])])
def test_bad_knots(seconds, beats):
  with pytest.raises(ValueError):
    beat_map_lib.BeatMap(seconds, beats)


knots = st.lists(st.floats(0.01, 20.0), min_size=1, max_size=8)


@hypothesis.given(knots, knots, st.lists(st.floats(0, 500), min_size=1, max_size=20))
def test_any_map_is_monotone_and_invertible(first, second, times):
  size = min(len(first), len(second))
  beat_map = beat_map_lib.BeatMap(np.cumsum([0.0] + first[:size]), np.cumsum([0.0] + second[:size]))
  times = np.sort(times)
  beats = beat_map.to_beats(times)
  assert np.all(np.diff(beats) >= 0)
  np.testing.assert_allclose(beat_map.to_seconds(beats), times, atol=1e-6, rtol=1e-9)


@pytest.mark.parametrize('shift', [-0.1, -0.02, 0.02, 0.1])
def test_a_nudge_keeps_the_numbers_of_beats(shift):
  beat_map = beat_map_lib.BeatMap(np.array([0.0, 2.0, 8.0]), np.array([0.0, 4.0, 10.0])).nudged(shift)
  assert beat_map.to_beats(0.0) == pytest.approx(max(0.0, -shift))
  # Beat 1 of the old map lies at second .5, later beats at their tempos; all now have numbers smaller by the shift.
  for seconds, beat in ((1.0, 2.0), (2.0, 4.0), (3.0, 5.0), (20.0, 22.0)):
    assert float(beat_map.to_beats(seconds)) == pytest.approx(beat - shift)
  short = beat_map_lib.BeatMap.fixed(60).nudged(shift)
  assert float(short.to_beats(100.0)) == pytest.approx(100 - shift) and float(short.to_beats(0.5)) == pytest.approx(0.5, abs=0.11)
