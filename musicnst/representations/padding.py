"""Silence behind a roll, or zeros behind any rows."""
import numpy as np


def to_length(rows: np.ndarray, length: int) -> np.ndarray:
  """Rows `[N, ...]` -> `[length, ...]`, zeros behind them."""
  rows = np.asarray(rows)
  return np.pad(rows, [(0, length - len(rows))] + [(0, 0)] * (rows.ndim - 1))


def to_multiple(rows: np.ndarray, multiple: int) -> np.ndarray:
  """The same up to the next multiple."""
  return to_length(rows, -(-len(rows) // multiple) * multiple)
