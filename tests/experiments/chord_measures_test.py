"""Agreement of chords: by hand, and as mir_eval counts it."""
import mir_eval
import numpy as np
import pytest

from experiments.analysis import chord_measures
from musicnst.analysis import qualities

NONE = (qualities.NONE,) * 3
Q = qualities.QUALITIES.index


def test_by_hand():
  truth = [(0, 2, 0, Q('maj'), 0), (2, 4, 9, Q('min7'), 9), (4, 5, *NONE), (5, 8, 7, Q('sus4'), 7), (8, 10, 2, Q('min'), 5)]
  estimated = [(0, 1, 0, Q('maj'), 4), (1, 2, 0, Q('min'), 0), (2, 4, 9, Q('min'), 9), (4, 5, *NONE), (5, 8, 7, Q('maj'), 7), (8, 10, 5, Q('maj'), 5)]
  found = chord_measures.agreement(estimated, truth)
  assert found == {'root': (8, 10), 'majmin': (4, 7), 'majmin_all': (4, 10), 'quality': (2, 10), 'full': (1, 10)}


def test_where_one_says_nothing_there_is_no_chord():
  found = chord_measures.agreement([(1, 2, 0, 0, 0)], [(0, 1, *NONE), (1, 4, 0, 0, 0)])
  assert found['full'] == (2, 4)
  assert chord_measures.agreement([], [])['root'] == (0, 0)


def _random(generator, end):
  edges = np.unique(np.append(generator.integers(1, end, 30), [0, end])).astype(float)
  labels = []
  for a, b in zip(edges[:-1], edges[1:]):
    root = int(generator.integers(-1, 3))
    quality = int(generator.integers(len(qualities.QUALITIES)))
    labels.append((a, b, root, quality, (root + qualities.TONES[quality][generator.integers(3)]) % 12) if root >= 0 else (a, b, *NONE))
  return labels


def _as_mir_eval(labels):
  names = {'hdim7': 'hdim7', 'minmaj7': 'minmaj7'}
  degrees = {0: '1', 2: '2', 3: 'b3', 4: '3', 5: '4', 6: 'b5', 7: '5', 8: '#5', 9: '6', 10: 'b7', 11: '7'}
  text = [f'{qualities.ROOTS[r]}:{names.get(qualities.QUALITIES[q], qualities.QUALITIES[q])}/{degrees[(b - r) % 12]}' if r >= 0 else 'N'
          for _, _, r, q, b in labels]
  return np.array([label[:2] for label in labels]), text


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('mine, theirs', [('root', 'root'), ('majmin', 'majmin'), ('full', 'tetrads_inv')])
def test_as_mir_eval_counts(mine, theirs, seed):
  generator = np.random.default_rng(seed)
  truth, estimated = _random(generator, 60), _random(generator, 60)
  agrees, counts = chord_measures.agreement(estimated, truth)[mine]
  intervals, left, right = mir_eval.util.merge_labeled_intervals(*_as_mir_eval(truth), *_as_mir_eval(estimated))
  compared = getattr(mir_eval.chord, theirs)(left, right)
  expected = mir_eval.chord.weighted_accuracy(compared, mir_eval.util.intervals_to_durations(intervals))
  assert agrees / counts == pytest.approx(expected)
