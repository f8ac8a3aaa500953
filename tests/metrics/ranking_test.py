"""Ranking score by hand, correlation against numpy, damaged csv files named."""
import numpy as np
import pytest

from musicnst import errors
from musicnst.metrics import ranking

RANKS = 'listener,snippet,model,rank\nann,s1,SN,1\nann,s1,SA,3\nann,s1,base,2\nbob,s1,SN,2\nbob,s1,SA,3\nbob,s1,base,1\n'


def write(tmp_path, text):
  path = tmp_path / 'ranks.csv'
  path.write_text(text)
  return path


def test_score_is_the_papers():
  assert ranking.human_ranking_score([(1, 4), (4, 4), (2, 4)]) == pytest.approx((1 + 0 + 2 / 3) / 3)
  assert ranking.human_ranking_score([(1, 4)] * 3) == 1 and ranking.human_ranking_score([(4, 4)] * 3) == 0


def test_csv_to_scores(tmp_path):
  rows, models = ranking.read_ranks(write(tmp_path, RANKS))
  by_snippet, by_model = ranking.scores(rows, models)
  assert models == ['SN', 'SA', 'base']
  assert by_model == {'SN': .75, 'SA': 0, 'base': .75}
  assert by_snippet['s1', 'SN'] == .75


def test_pearson_is_numpys():
  x, y = np.random.default_rng(0).normal(size=(2, 9))
  assert ranking.pearson(x, y) == pytest.approx(np.corrcoef(x, y)[0, 1])
  assert np.isnan(ranking.pearson([1, 2], [3, 3]))
  with pytest.raises(errors.DataError, match='two or more'):
    ranking.pearson([1], [2])


@pytest.mark.parametrize('text, match', [
    ('listener,snippet,model,rank\n', 'no ranks'),
    ('listener,snippet,model\nann,s1,SN\n', 'needs columns'),
    (RANKS.replace('SN,1', 'SN,one'), 'whole numbers'),
    (RANKS.replace('SN,1', 'SN,2'), r'ranks \[2, 2, 3\]'),
    (RANKS.replace('bob,s1,base,1\n', ''), 'bob gave s1'),
])
def test_bad_files(tmp_path, text, match):
  with pytest.raises(errors.DataError, match=match):
    ranking.read_ranks(write(tmp_path, text))


def test_bad_ranks():
  for ranks in ([(0, 4)], [(5, 4)], [(1, 1)]):
    with pytest.raises(errors.DataError):
      ranking.human_ranking_score(ranks)
