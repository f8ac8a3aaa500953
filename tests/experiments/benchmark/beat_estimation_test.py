"""The measures of the beat experiment, by hand."""
import numpy as np
import pytest

from experiments.benchmark import beat_estimation
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib


def test_f_measure_by_hand():
  truth = np.array([1.0, 5.0, 6.0, 7.0, 8.0])
  # The first five seconds do not count; 5.06 and 7.0 hit, 6.08 misses, 9.0 is one too many: 2 hits of 4 and of 4.
  assert beat_estimation.f_measure(np.array([5.06, 6.08, 7.0, 9.0]), truth) == pytest.approx(0.5)
  assert beat_estimation.f_measure(truth, truth) == 1
  assert beat_estimation.f_measure(np.array([]), truth) == 0


def test_f_measure_against_mir_eval():
  mir_eval = pytest.importorskip('mir_eval')
  generator = np.random.default_rng(0)
  for _ in range(20):
    truth = np.cumsum(generator.uniform(0.3, 0.7, 60))
    estimated = np.sort(truth[generator.random(60) < 0.8] + generator.normal(0, 0.06))
    expected = mir_eval.beat.f_measure(mir_eval.beat.trim_beats(truth), mir_eval.beat.trim_beats(estimated))
    assert beat_estimation.f_measure(estimated, truth) == pytest.approx(expected)


def test_levels():
  assert [list(times) for times in beat_estimation.levels(np.array([0.0, 1.0, 3.0]))] == [[0, 1, 3], [0, 0.5, 1, 2, 3], [0, 3], [1]]


def test_a_played_score_keeps_its_beats():
  sequence = music_proto.NoteSequence(total_time=20)
  for beat in range(40):
    sequence.notes.add(pitch=60, velocity=80, start_time=beat / 2, end_time=beat / 2 + 0.5)
  result, beats = beat_estimation.played(sequence, seed=3)
  np.testing.assert_allclose([note.start_time for note in result.notes], beats[:40], atol=5 * beat_estimation.JITTER_SECS)
  scores = beat_estimation.score(result, beat_map_lib.BeatMap.from_beat_times(beats), beats)
  assert scores['F'] == scores['F any level'] == scores['intervals'] == 1
