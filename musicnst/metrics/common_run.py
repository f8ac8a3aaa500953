"""Longest run that two token sequences share, exactly, in O(n log^2 n): how much was copied."""
import numpy as np
from numpy import typing as npt

Pair = tuple[np.ndarray, np.ndarray]


def longest(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[int, int, int]:
  """Longest common contiguous run of two int arrays: (length, start in first, start in second); (0, 0, 0) if none.

  Runs of a power of two are numbered so that equal runs, and only those, have equal numbers (as in Karp, Miller and Rosenberg, 1972);
  a run of any other length is two overlapping ones.
  """
  one, other = np.asarray(first, np.int64), np.asarray(second, np.int64)
  numbers = _number(np.concatenate([one, other]))
  level = numbers[:len(one)], numbers[len(one):]
  found = _match(*level)
  if found is None:
    return 0, 0, 0
  size = 1
  while (doubled := _paired(level, size, 2 * size)) and (longer := _match(*doubled)):
    level, size, found = doubled, 2 * size, longer
  low, high = size, 2 * size  # a common run of `low` exists, one of `high` does not
  while high - low > 1:
    middle = (low + high) // 2
    pair = _paired(level, size, middle)
    match = _match(*pair) if pair else None
    low, high, found = (middle, high, match) if match else (low, middle, found)
  return low, *found


def _paired(level: Pair, size: int, length: int) -> Pair | None:
  """Numbers of all runs of `length` (size < length <= 2 * size) from those of runs of `size`; None if one side is too short."""
  shift = length - size
  if min(len(side) for side in level) <= shift:
    return None
  most = max(int(side.max()) for side in level) + 1
  joined = [side[:-shift] * most + side[shift:] for side in level]
  numbers = _number(np.concatenate(joined))
  return numbers[:len(joined[0])], numbers[len(joined[0]):]


def _number(keys: np.ndarray) -> np.ndarray:
  return np.unique(keys, return_inverse=True)[1].reshape(-1)


def _match(first: np.ndarray, second: np.ndarray) -> tuple[int, int] | None:
  """Positions of one number that both sides hold, or None."""
  _, at_first, at_second = np.intersect1d(first, second, return_indices=True)
  if not len(at_first):
    return None
  earliest = np.argmin(at_first)
  return int(at_first[earliest]), int(at_second[earliest])
