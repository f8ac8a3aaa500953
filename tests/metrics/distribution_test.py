"""Distances and overlaps of sets of pieces, copying and BLEU, on cases worked out by hand or known in closed form."""
import math

import numpy as np
import pytest

from musicnst.metrics import distribution
from musicnst.metrics import metric_map
from musicnst.representations import testing

# C4 quarter, E4 eighth at 1, G4 eighth at 1.5, C5 half at 2.
TUNE = testing.sequence([(60, 0, 1), (64, 1, 1.5), (67, 1.5, 2), (72, 2, 4)])


def test_features_of_a_tune():
  assert distribution.pitch_count(TUNE) == 4
  assert distribution.pitch_range(TUNE) == 12
  histogram = distribution.pitch_class_histogram(TUNE)
  assert histogram[0] == .5 and histogram[4] == histogram[7] == .25 and histogram.sum() == 1
  transitions = distribution.pitch_class_transitions(TUNE)
  assert transitions[0, 4] == transitions[4, 7] == transitions[7, 0] == pytest.approx(1 / 3)
  lengths = dict(zip(distribution.LENGTHS, distribution.note_lengths(TUNE)))
  assert lengths[1] == .25 and lengths[.5] == .5 and lengths[2] == .25
  assert distribution.inter_onset_interval(TUNE) == pytest.approx(2 / 3)


def test_features_of_silence():
  found = distribution.features([testing.sequence([])] * 2)
  assert {name: values.shape for name, values in found.items()} == {
      'pitch_count': (2, 1), 'pitch_range': (2, 1), 'pitch_class_histogram': (2, 12), 'pitch_class_transitions': (2, 144),
      'note_lengths': (2, 12), 'inter_onset_interval': (2, 1)}
  assert not any(values.any() for values in found.values())


def test_distances():
  values = np.array([[0., 0], [3, 4], [0, 8]])
  np.testing.assert_allclose(distribution.intra_distances(values), [5, 8, 5])
  np.testing.assert_allclose(distribution.inter_distances(values, [[0., 4]]), [[4], [3], [4]])


def test_overlap_and_divergence_of_normal_samples():
  """Two normals of deviation 1, 2 apart: overlap 2 Phi(-1) = .3173, divergence 2; the kernel widens both a little."""
  grid = np.linspace(.0005, .9995, 1000)
  normal = np.sqrt(2) * np.vectorize(_inverse_erf)(2 * grid - 1)
  width = 1 + 1000 ** -.4  # variance of the smoothed sample
  wanted = math.erfc(1 / math.sqrt(width) / math.sqrt(2))
  assert distribution.overlap(normal, normal + 2) == pytest.approx(wanted, abs=.01)
  assert distribution.divergence(normal, normal + 2) == pytest.approx(2, rel=.1)
  assert distribution.overlap(normal, normal) == pytest.approx(1, abs=1e-3)
  assert distribution.divergence(normal, normal) == pytest.approx(0, abs=1e-9)


def _inverse_erf(x):
  low, high = -6., 6.
  for _ in range(60):
    middle = (low + high) / 2
    low, high = (middle, high) if math.erf(middle) < x else (low, middle)
  return low


def test_overlap_of_constants():
  assert distribution.overlap(np.zeros(5), np.zeros(5)) == pytest.approx(1, abs=1e-2)
  assert distribution.overlap(np.zeros(5), np.ones(5)) == pytest.approx(0, abs=1e-3)


def test_compare():
  real = [testing.melody(2, seed) for seed in range(6)]
  other = [testing.melody(2, seed, low=30, high=32) for seed in range(6)]
  same = distribution.compare(real, real)
  far = distribution.compare(real, other)
  assert set(same) == set(distribution.FEATURES)
  assert same['pitch_range']['intra_overlap'] == pytest.approx(1, abs=1e-3)
  assert far['pitch_range']['generated_intra'] < 1 < far['pitch_range']['inter']
  assert far['pitch_range']['overlap'] < same['pitch_range']['overlap']
  assert metric_map.METRIC_MAP['distribution_overlap'].function(real, other) == pytest.approx(np.mean([r['overlap'] for r in far.values()]))


@pytest.mark.parametrize('first, second, length', [
    ('ABCBDAB', 'BDCABA', 4), ('', 'A', 0), ('AAAA', 'AA', 2), ('ABC', 'XYZ', 0), ('nematode knowledge', 'empty bottle', 7)])
def test_longest_common_subsequence(first, second, length):
  assert distribution.longest_common_subsequence(list(first), list(second)) == length
  assert distribution.longest_common_subsequence(list(second), list(first)) == length


def test_longest_common_subsequence_agrees_with_the_table():
  random = np.random.default_rng(0)
  for _ in range(20):
    a, b = (random.integers(0, 5, random.integers(1, 90)).tolist() for _ in range(2))
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, x in enumerate(a):
      for j, y in enumerate(b):
        table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    assert distribution.longest_common_subsequence(a, b) == table[-1, -1]


def test_copied_share():
  other = testing.sequence([(70, 0, 1), (72, 1, 1.5), (75, 1.5, 2)])
  assert distribution.copied_share(TUNE, [other]) == .5  # the first note's length, and three semitones upwards after an eighth
  moved = testing.sequence([(n + 3, a, b) for n, a, b in ((60, 0, 1), (64, 1, 1.5), (67, 1.5, 2), (72, 2, 4))])
  assert distribution.copied_share(TUNE, [other, moved]) == 1
  assert distribution.copied_share(testing.sequence([]), [TUNE]) == 0


def test_bleu():
  """Papineni et al. (2002), examples 2 and 1: 'the' seven times has a clipped precision of 2/7."""
  the, cat = 'the the the the the the the'.split(), ['the cat is on the mat'.split(), 'there is a cat on the mat'.split()]
  assert distribution.bleu([the], cat, max_order=1) == pytest.approx(2 / 7)
  candidate = 'It is a guide to action which ensures that the military always obeys the commands of the party'.split()
  references = ['It is a guide to action that ensures that the military will forever heed Party commands'.split(),
                'It is the guiding principle which guarantees the military forces always being under the command of the Party'.split(),
                'It is the practical guide for the army always to heed the directions of the party'.split()]
  assert distribution.bleu([candidate], references, max_order=1) == pytest.approx(17 / 18)
  precisions = 17 / 18 * 10 / 17 * 7 / 16 * 4 / 15
  assert distribution.bleu([candidate], references) == pytest.approx(precisions ** .25)
  assert distribution.bleu([candidate], [candidate]) == 1
  assert distribution.bleu([['x']], references) == 0


def test_bleu_of_music_hears_intervals_and_times():
  moved = testing.sequence([(63, 0, .5), (67, 1, 1.25), (70, 1.5, 2), (75, 2, 3)])  # TUNE a third higher and staccato
  assert distribution.music_bleu([moved], [TUNE], max_order=3) == 1
  assert metric_map.METRIC_MAP['bleu'].function([TUNE], [testing.sequence([(60, 0, 1), (61, 3, 4), (80, 7, 8)])]) == 0


def test_bleu_is_shorter_for_what_is_too_short():
  assert distribution.bleu([list('abcde')], [list('abcdefgh')]) == pytest.approx(math.exp(1 - 8 / 5))
