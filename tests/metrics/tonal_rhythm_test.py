"""Key finding against music21, the rest by hand."""
import numpy as np
import pytest

from musicnst.metrics import notes as notes_lib
from musicnst.metrics import rhythm
from musicnst.analysis import key as key_lib
from musicnst.metrics import tonal
from musicnst.representations import testing

SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0)


@pytest.mark.parametrize('tonic', range(12))
def test_keys_of_scales(tonic):
  major = testing.sequence([(60 + tonic + s, i, i + (2 if s in (0, 12) else 1)) for i, s in enumerate(SCALE)])
  assert tonal.estimate_key(major) == tonic
  weighted = enumerate(zip((0, 2, 3, 5, 7, 8, 7, 3, 0), (3, 1, 2, 1, 2, 1, 1, 2, 3), strict=True))
  minor = testing.sequence([(60 + tonic + s, i, i + w) for i, (s, w) in weighted])
  assert tonal.estimate_key(minor) == 12 + tonic


@pytest.mark.parametrize('seed', range(5))
def test_key_scores_equal_music21s(seed):
  discrete = pytest.importorskip('music21.analysis.discrete')
  from music21 import note
  from music21 import stream
  random = np.random.default_rng(seed)
  notes = [(int(random.integers(40, 90)), float(length)) for length in random.integers(1, 5, size=30)]
  score, at, tuples = stream.Part(), 0., []
  for pitch, length in notes:
    score.append(note.Note(pitch, quarterLength=length))
    tuples.append((pitch, at, at + length))
    at += length
  analysis = discrete.KrumhanslKessler()
  found = analysis.getSolution(score)
  key = tonal.estimate_key(testing.sequence(tuples))
  assert key_lib.KEY_NAMES[key].split()[1] == found.mode
  assert key % 12 == found.tonic.pitchClass
  histogram = tonal.pitch_class_histogram(testing.sequence(tuples))
  assert key_lib.key_scores(histogram)[key] == pytest.approx(found.correlationCoefficient, abs=2e-2)


def test_tonal_by_hand():
  sequence = testing.sequence([(60, 0, 2), (72, 2, 3), (64, 0, 1), (61, 3, 4)])
  testing.add(sequence, [(66, 0, 8)], is_drum=True)
  np.testing.assert_allclose(tonal.pitch_class_histogram(sequence)[:5], [3, 1, 0, 0, 1])
  assert tonal.in_key_share(sequence, 0) == .75
  assert tonal.pitch_class_entropy(sequence) == pytest.approx(1.5)
  assert tonal.pitch_range(sequence) == 12
  empty = testing.sequence([])
  assert (tonal.estimate_key(empty), tonal.in_key_share(empty, 0)) == (0, 1.)
  assert (tonal.pitch_class_entropy(empty), tonal.pitch_range(empty)) == (0., 0)
  assert tonal.scale_mask(12 + 9).tolist() == tonal.scale_mask(0).tolist()  # A minor and C major


def test_rhythm_by_hand():
  sequence = testing.sequence([(60, 0, 1), (64, 0, 2), (67, 1.5, 2), (60, 4.25, 8)])
  np.testing.assert_allclose(rhythm.rhythmic_intensity(sequence), [2 / 16, 1 / 16])
  np.testing.assert_allclose(rhythm.polyphony(sequence), [(4 + 8 + 2) / 16, 15 / 16])
  np.testing.assert_allclose(rhythm.length_shares(sequence), [0, .25, .25, .25, .25])
  assert rhythm.off_beat_share(sequence) == .5
  other = testing.sequence([(60, 0, 1), (64, 2, 3)])
  # First bars: (2, 1) against (1, 1) at positions 0, 6 and 0, 8; second bar silent on one side.
  assert rhythm.groove_similarity(sequence, other) == pytest.approx(2 / np.sqrt(5 * 2) / 2)
  assert rhythm.bar_chroma_similarity(sequence, other) == pytest.approx(2 / np.sqrt(3 * 2) / 2)
  assert rhythm.groove_similarity(testing.sequence([]), testing.sequence([])) == 0.
  assert rhythm.rhythmic_intensity(testing.sequence([])).shape == (0,)


def test_notes_follow_the_tempo_map_and_rolls_fill_cells():
  sequence = testing.sequence([], qpm=60.)
  sequence.tempos.add(time=2., qpm=120.)
  sequence.notes.add(pitch=60, velocity=5, start_time=3., end_time=3.5)
  sequence.notes.add(pitch=50, velocity=6, start_time=1., end_time=2.5)
  notes = notes_lib.of(sequence)
  assert (notes.start.tolist(), notes.end.tolist(), notes.pitch.tolist()) == ([1., 4.], [3., 5.], [50, 60])
  roll = notes_lib.roll(notes)
  assert roll.shape == (20, 128) and np.argwhere(roll[:, 60]).ravel().tolist() == [16, 17, 18, 19]
  assert notes_lib.roll(notes, onsets_only=True, num_steps=10).sum() == 1
