"""The longest common run against the quadratic textbook table."""
import numpy as np
import pytest

from musicnst.metrics import common_run


def _table(first, second):
  best = 0
  ends = np.zeros([len(first) + 1, len(second) + 1], int)
  for i, a in enumerate(first):
    for j, b in enumerate(second):
      ends[i + 1, j + 1] = ends[i, j] + 1 if a == b else 0
      best = max(best, ends[i + 1, j + 1])
  return best


@pytest.mark.parametrize('seed', range(30))
def test_equals_the_table(seed):
  random = np.random.default_rng(seed)
  first, second = (random.integers(0, random.integers(1, 5), size=random.integers(0, 40)) for _ in range(2))
  length, at_first, at_second = common_run.longest(first, second)
  assert length == _table(first, second)
  np.testing.assert_array_equal(first[at_first:at_first + length], second[at_second:at_second + length])


def test_a_long_run_inside_noise():
  random = np.random.default_rng(0)
  first, second = random.integers(0, 1000, 5000), random.integers(0, 1000, 6000)
  second[3000:3777] = first[1000:1777]
  assert common_run.longest(first, second) == (777, 1000, 3000)
