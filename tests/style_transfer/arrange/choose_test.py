"""The dynamic programme over donors, against trying everything; and bars that are equal."""
import itertools

import numpy as np
import pytest

from musicnst.style_transfer.arrange import choose
from musicnst.style_transfer.arrange import donors

FOLLOWS = np.array([1, 2, -1, -1])


def _between(moves):
  count = len(moves.follows)
  table = np.full((count, count), moves.jump)
  table[np.arange(count), np.arange(count)] = moves.repeat
  for window, to in enumerate(moves.follows):
    if to >= 0:
      table[window, to] = 0
  return table


@pytest.mark.parametrize('seed', range(5))
def test_the_path_is_the_cheapest_of_all(seed):
  alone, moves = np.random.default_rng(seed).random((5, 4)), choose.Moves(FOLLOWS, 1.0, .6)
  starts, table = np.array([True, False, False, True, False]), _between(choose.Moves(FOLLOWS, 1.0, .6))
  cost = lambda way: sum(alone[i, w] for i, w in enumerate(way)) + sum(
      table[a, b] * (.4 if starts[i + 1] else 1) for i, (a, b) in enumerate(zip(way, way[1:])))
  best = min(itertools.product(range(4), repeat=5), key=cost)
  assert tuple(choose.path(alone, moves, starts, .4)) == best


def test_moves_read_from_both_sides():
  moves = choose.Moves(FOLLOWS, 1.0, .6)
  table = _between(moves)
  for window in range(4):
    assert moves.after(window).tolist() == table[window].tolist() and moves.before(window).tolist() == table[:, window].tolist()


def test_equal_bars_get_equal_donors():
  alone = np.random.default_rng(3).random((6, 4))
  groups = np.array([0, 1, 2, 0, 1, 5])
  chosen = choose.of(alone, choose.Moves(FOLLOWS, 1.0, .6), np.zeros(6, bool), .4, groups)
  assert chosen[0] == chosen[3] and chosen[1] == chosen[4]


def test_a_window_that_stutters_or_has_no_bass_costs():
  """Two donors alike, but that one repeats its last beat; then, but that the other has no bass."""
  bars = {name: np.zeros((1, 16)) for name in ('rhythm',)} | {'root': np.zeros((1, 4), int), 'chord': np.ones((1, 4, 12), bool),
                                                              'scale': np.ones((1, 4, 12), bool), 'energy': np.zeros(1)}
  bars |= {name: np.zeros(1, bool) for name in ('active', 'first', 'last', 'low')}
  plain = np.zeros((2, 4, 12))
  two = donors.Donors(None, np.array([[0, 1, 2, 3], [4, 5, 6, 6]]), FOLLOWS[2:], np.zeros(2, bool), np.zeros(2, bool), np.zeros((2, 16)),
                      np.zeros((2, 4), int), plain > 0, plain > 0, plain, plain, np.zeros(2), np.zeros(2, int), np.array([False, True]))
  costs = choose.Costs()
  assert np.diff(choose.fit(bars, two, costs)[0]) == pytest.approx(costs.again / 4)
  two.beats[1, 3] = 7
  bars['low'][:] = True  # the bar has a bass, and only the second donor
  assert np.diff(choose.fit(bars, two, costs)[0]) == pytest.approx(-costs.bass)
