"""Windows out of records, and networks over many of them at once, as the experiments on trained models need them."""
import numpy as np

from musicnst import errors
from musicnst.data import records
from musicnst.data import tfrecords

# Windows through a network at once.
ROWS = 64


def drawn(pattern, converter, count=None, seed=0, keep=lambda labels: True):
  """(one-hot outputs bool `[N, T, D]`, list of N dicts of labels): windows drawn at random without repeats, in the order of their records.

  Args:
    pattern: of the files.
    converter: of the windows.
    count: at most so many; None for all.
    seed: of the draw.
    keep: function of a window's labels; where it is false the window is passed over.

  Raises:
    DataError: no such records, or none that `keep` takes.
  """
  found, chosen = list(_serialized(pattern)), {}
  for index in np.random.default_rng(seed).permutation(len(found)).tolist():
    window = records.read_window(found[index], converter)
    if keep(window.labels):
      chosen[index] = window
    if count is not None and len(chosen) == count:
      break
  if not chosen:
    raise errors.DataError(f'{pattern}: no window to use')
  ordered = [chosen[index] for index in sorted(chosen)]
  return np.stack([window.outputs for window in ordered]).astype(bool), [window.labels for window in ordered]


def by_genre(pattern, converter, genres):
  """genre -> float32 `[N, T, P]`, the inputs of every window of the genre in the order of the records.

  Raises:
    DataError: no window of one of the genres.
  """
  found = {genre: [] for genre in genres}
  for serialized in _serialized(pattern):
    window = records.read_window(serialized, converter)
    if window.labels['genre'] in found:
      found[window.labels['genre']].append(window.inputs)
  for genre, rolls in found.items():
    if not rolls:
      raise errors.DataError(f'{pattern}: no window of genre {genre!r}')
  return {genre: np.stack(rolls).astype(np.float32) for genre, rolls in found.items()}


def _serialized(pattern):
  for path in tfrecords.expand(pattern):
    yield from tfrecords.read(path)


def batched(function, *arrays):
  """A function of arrays of windows on `ROWS` of them at a time, its results joined; numpy."""
  return np.concatenate([np.asarray(function(*(array[i:i + ROWS] for array in arrays))) for i in range(0, len(arrays[0]), ROWS)])
