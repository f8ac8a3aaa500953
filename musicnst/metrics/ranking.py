"""What listeners say of models that they rank, and how a measure agrees with them (Brunner et al., 2019, section 4.1)."""
import csv
import os
from collections.abc import Iterable

import numpy as np
from numpy import typing as npt

from musicnst import errors

# Listener, snippet, model, rank.
Rank = tuple[str, str, str, int]


def human_ranking_score(ranks: Iterable[tuple[int, int]]) -> float:
  """Score of one model, 0 (always last) to 1 (always first): the mean of (K - r) / (K - 1) over all its ranks r.

  Args:
    ranks: pairs (r, K): rank among K models, 1 the best.

  Raises:
    DataError: no ranks, a rank outside 1..K, or fewer than two models.
  """
  scores = []
  for rank, models in ranks:
    if models < 2 or not 1 <= rank <= models:
      raise errors.DataError(f'rank {rank} of {models} models: ranks go from 1 to the number of models, which is at least 2')
    scores.append((models - rank) / (models - 1))
  if not scores:
    raise errors.DataError('no ranks to score')
  return float(np.mean(scores))


def read_ranks(path: str | os.PathLike) -> tuple[list[Rank], list[str]]:
  """A csv with columns `listener, snippet, model, rank` -> (list of (listener, snippet, model, rank), models in order of first mention).

  Raises:
    DataError: it cannot be read, a column is missing, a rank is no whole number, or a listener did not rank every model of a snippet 1 to K.
  """
  try:
    with open(path, newline='', encoding='utf-8') as file:
      rows = [(row['listener'], row['snippet'], row['model'], int(row['rank'])) for row in csv.DictReader(file)]
  except OSError as error:
    raise errors.DataError(f'{path}: cannot be read ({error.strerror})') from error
  except (KeyError, TypeError, ValueError) as error:
    raise errors.DataError(f'{path}: needs columns listener, snippet, model and rank, ranks being whole numbers ({error})') from error
  if not rows:
    raise errors.DataError(f'{path}: no ranks in it')
  models = list(dict.fromkeys(model for _, _, model, _ in rows))
  for (listener, snippet), ranks in _grouped(rows).items():
    if sorted(ranks) != list(range(1, len(models) + 1)):
      raise errors.DataError(f'{path}: {listener} gave {snippet} the ranks {sorted(ranks)}; each of the {len(models)} models needs one of 1 to '
                             f'{len(models)}')
  return rows, models


def _grouped(rows: list[Rank]) -> dict[tuple[str, str], list[int]]:
  """(listener, snippet) -> ranks."""
  found: dict[tuple[str, str], list[int]] = {}
  for listener, snippet, _, rank in rows:
    found.setdefault((listener, snippet), []).append(rank)
  return found


def scores(rows: list[Rank], models: list[str]) -> tuple[dict[tuple[str, str], float], dict[str, float]]:
  """{(snippet, model): score} and {model: score} of what `read_ranks` gives."""
  score = lambda kept: human_ranking_score([(rank, len(models)) for *_, rank in kept])
  snippets = dict.fromkeys(snippet for _, snippet, _, _ in rows)
  by_snippet = {(snippet, model): score([row for row in rows if row[1:3] == (snippet, model)]) for snippet in snippets for model in models}
  return by_snippet, {model: score([row for row in rows if row[2] == model]) for model in models}


def pearson(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
  """Pearson's correlation of two equally long lists; nan where one of them does not vary.

  Raises:
    DataError: fewer than two pairs, or lists of different lengths.
  """
  x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
  if x.shape != y.shape or x.size < 2:
    raise errors.DataError(f'a correlation needs two or more pairs, and got {x.size} and {y.size} values')
  x, y = x - x.mean(), y - y.mean()
  norm = np.sqrt((x ** 2).sum() * (y ** 2).sum())
  return float((x * y).sum() / norm) if norm > 0 else float('nan')
