"""Composer classification: which performances are one composition, splits that keep them apart, heads, votes."""
import types

import numpy as np
import pytest
from sklearn import linear_model
from sklearn import metrics

from experiments.bundles.composers import fitting
from experiments.bundles.composers import measures
from experiments.bundles.composers import music
from musicnst.models.classifiers import statistics as statistics_lib


def piece(name, composer='a', split='train', group=0, notes=((0, 1, 60),)):
  notes = np.array(notes, float)
  return music.Piece(name, composer, split, name, notes, *music.roll_of(notes), np.zeros(0, int), None, group)


def test_roll_holds_eight_steps_a_second():
  roll, steps = music.roll_of(np.array([[0, .5, 60], [.55, .57, 64], [1.0, 4.1, 21]]))
  assert steps == 33 and roll.shape == (64, 176)
  assert np.argwhere(roll[:, :88]).tolist() == [[0, 39], [4, 43], [8, 0]]
  assert roll[:, 88 + 39].nonzero()[0].tolist() == [1, 2, 3] and roll[:, 88].nonzero()[0].tolist() == list(range(9, 33))


def test_a_varied_copy_is_longer_and_higher():
  copy = music.varied(piece('x', notes=((0, 1, 60), (2, 3, 107))), 1.5, 2)
  assert copy.notes.tolist() == [[0, 1.5, 62], [3, 4.5, 108]]
  assert np.argwhere(copy.roll[:, :88]).tolist() == [[0, 41], [24, 87]] and copy.steps == 36


def test_parts_of_a_book_are_found_and_idioms_are_not():
  rng = np.random.default_rng(0)
  first, second = rng.integers(50, 80, 90), rng.integers(50, 80, 90)
  scale = np.arange(21, 101)
  book = np.concatenate([first, second])
  slips = np.where(rng.random(90) < .1, first + 1, first) + 5  # another key, a tenth of the notes wrong
  tops = [book, slips, second, np.concatenate([rng.integers(50, 80, 90), scale]), np.concatenate([rng.integers(50, 80, 90), scale])]
  composers = np.array([0, 0, 0, 0, 1])
  share = music.shared_runs(tops, composers)
  assert share[0, 1] > music.SAME_COMPOSITION and share[0, 2] > .9
  assert share[1, 2] == share[0, 3] == share[3, 4] == 0
  pieces = [piece(str(i), 'ab'[c]) for i, c in enumerate(composers)]
  for one, top in zip(pieces, tops):
    one.top = top
  groups = music.compositions(pieces)
  assert groups[0] == groups[1] == groups[2] and len(set(groups.tolist())) == 3


def test_no_composition_is_in_two_splits():
  pieces = [piece('0', split='train', group=1), piece('1', split='test', group=1), piece('2', split='validation', group=2),
            piece('3', split='train', group=2), piece('4', split='train', group=3)]
  assert music.official(pieces) == ['', 'test', 'validation', '', 'train']


def test_composers_without_validation_pieces_give_some():
  many = [piece(f'm{i}', 'many', 'train', i) for i in range(20)] + [piece('mt', 'many', 'test', 99)]
  few = [piece('f0', 'few', 'train', 50), piece('f1', 'few', 'test', 51), piece('f2', 'few', 'test', 52), piece('f3', 'few', 'test', 52)]
  has = [piece('h0', 'has', 'train', 60), piece('h1', 'has', 'validation', 61)]
  pieces = many + few + has
  found = music.with_validation(pieces)
  of = lambda composer: [split for split, one in zip(found, pieces) if one.composer == composer]
  assert of('many').count('validation') == 2 and of('many').count('test') == 1
  assert of('few')[0] == 'train' and 'validation' in of('few') and 'test' in of('few')
  assert found[-4:-2] in (['test', 'test'], ['validation', 'validation'])[:2]  # f2 and f3 are one composition
  assert of('has') == ['train', 'validation']
  assert found == music.with_validation(pieces)


def test_segments_of_a_piece():
  pieces = [piece('a', notes=((0, 5.5, 60),)), piece('b', notes=((0, .5, 61),))]  # 44 and 4 steps
  segments = music.cut(pieces, 32, 32)
  assert list(zip(segments.piece, segments.start, segments.lengths)) == [(0, 0, 32), (1, 0, 4)]
  halves = music.cut(pieces, 32, 16)
  assert list(zip(halves.piece, halves.start, halves.lengths)) == [(0, 0, 32), (0, 16, 28), (1, 0, 4)]
  rolls = halves.of(halves.piece == 0).rolls([one.roll for one in pieces])
  assert rolls.shape == (2, 32, 176) and rolls[1, :28, 88 + 39].all() and not rolls[1, 28:].any()


def test_head_is_logistic_regression_beside_a_discriminant():
  rng = np.random.default_rng(0)
  labels = np.repeat([0, 2, 3], 200)
  rows = rng.normal(size=(600, 5)) + 3 + 2 * np.eye(5)[labels]
  head = fitting.fit(rows, labels, np.ones(600), .1, 4)
  found = head.logits(rows)
  assert (found.argmax(1) == labels).mean() > .8 and (found[:, 1] == fitting.ABSENT).all()
  scaled = np.clip((rows - rows.mean(0)) / (rows.std(0) + .02), -4, 4)
  alone = linear_model.LogisticRegression(C=.1, tol=1e-3).fit(scaled, labels).decision_function(scaled)
  assert np.corrcoef(found[:, 2] - found[:, 0], alone[:, 1] - alone[:, 0])[0, 1] > .98
  layer = statistics_lib.StatisticsHead(5, 4)
  head.put(layer, 2.0)
  np.testing.assert_allclose(np.asarray(layer(rows)), 2 * found, atol=1e-4)


def test_shares_are_the_likeliest():
  """The labels are drawn from a mixture of logits whose shares are known."""
  rng = np.random.default_rng(0)
  first, second = rng.normal(size=(2, 4000, 3)) * 2
  logits = .7 * first + .3 * second
  labels = (logits + rng.gumbel(size=logits.shape)).argmax(1)
  np.testing.assert_allclose(fitting.likeliest_shares(first, second, labels), [.7, .3], atol=.06)
  # Logits that speak against the labels get no share.
  labels = (first - .5 * second + rng.gumbel(size=first.shape)).argmax(1)
  assert fitting.likeliest_shares(first, second, labels)[1] == 0


def test_compositions_and_classes_are_balanced():
  # Class 0: four performances (two segments each) of one composition, one of another; class 1: one composition, one performance.
  pieces = np.repeat([0, 1, 2, 3, 4, 5], 2)
  groups, labels = np.array([0] * 8 + [1] * 2 + [2] * 2), np.array([0] * 10 + [1] * 2)
  weights = fitting.example_weights(labels, groups, pieces)
  by_group = [weights[groups == g].sum() for g in range(3)]
  assert by_group[0] / by_group[1] == pytest.approx(2)                      # sqrt(4) against sqrt(1)
  assert (by_group[0] + by_group[1]) / by_group[2] == pytest.approx(3 ** .5)  # the square root again, of 2 + 1 against 1
  assert weights.mean() == pytest.approx(1)


class _Seen(fitting.Rows):
  """Rows that only note what a head would be fitted on."""

  fitted = []

  def fit(self, *_):
    self.fitted.append(self)
    return types.SimpleNamespace(logits=lambda x: np.zeros((len(x), 2)))


def test_what_is_kept_apart_is_not_learned():
  rng, seen = np.random.default_rng(0), _Seen.fitted
  labels, number = np.arange(60) % 2, np.arange(60) // 2
  rows = _Seen(rng.normal(size=(60, 3)), labels, number * 2 + labels, number // 2 * 2 + labels)
  more = _Seen(rows.statistics + 1, rows.labels, rows.pieces, rows.groups)
  fitting.cross_validated(rows, more, rows.groups, .1, 2, folds=3)
  assert len(seen) == 3
  for known in seen:
    left = set(rows.groups) - set(known.groups)
    assert left and len(known.labels) == 2 * np.isin(rows.groups, list(set(known.groups))).sum()


def test_rows_of_latents_and_their_moments():
  latents = [np.arange(12, dtype='float32').reshape(4, 3)]
  segments = music.Segments(np.array([0, 0]), np.array([0, 64]), np.array([96, 40]), 96)
  rows, valid = fitting.rows_of(segments, latents)
  assert rows[0].tolist() == latents[0][:3].tolist() and rows[1, :2].tolist() == latents[0][2:].tolist()
  assert valid.tolist() == [[1, 1, 1], [1, 1, 0]]
  np.testing.assert_allclose(fitting.row_moments(rows, valid)[1], [7.5, 8.5, 9.5, 1.5, 1.5, 1.5])


def test_votes_and_measures_by_hand():
  logits = np.log(np.array([[.9, .1], [.4, .6], [.45, .55], [.2, .8], [.6, .4]]))
  labels, pieces = np.array([0, 0, 0, 1, 1]), np.array([4, 4, 4, 7, 7])
  assert [x.tolist() for x in measures.vote(logits, pieces)] == [[4, 7], [0, 1]]
  row = measures.measures(logits, labels, pieces, 2)
  assert row['segment_accuracy'] == pytest.approx(.4) and row['piece_accuracy'] == 1
  assert row['segment_accuracy_mean_over_classes'] == pytest.approx((1 / 3 + 1 / 2) / 2)
  rng = np.random.default_rng(1)
  truth, guess = rng.integers(0, 5, 80), rng.integers(0, 5, 80)
  row = measures.measures(np.eye(5)[guess] * 9, truth, np.arange(80), 5)
  assert row['macro_f1'] == pytest.approx(metrics.f1_score(truth, guess, average='macro'))
  assert np.array(row['confusion']).sum() == 80 and row['confusion'][2][3] == ((truth == 2) & (guess == 3)).sum()
