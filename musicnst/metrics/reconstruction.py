"""How well a model gives back what went in: F1 of onsets and frames on rolls, accuracy of tokens.

Per-example values where the name has no `pooled` or `mean`; those count cells or steps of all examples together, as the published
figures do.
"""
from collections.abc import Sequence

import numpy as np
from numpy import typing as npt


def counts(truth: npt.ArrayLike, predicted: npt.ArrayLike,
           lengths: npt.ArrayLike | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Cells right, predicted and true, per example: int64 arrays `[B]` of two rolls `[B, T, P]` (on where not 0), cut at `lengths` `[B]`."""
  wanted_cells, found_cells = np.asarray(truth) != 0, np.asarray(predicted) != 0
  if wanted_cells.shape != found_cells.shape:
    raise ValueError(f'truth and prediction have shapes {wanted_cells.shape} and {found_cells.shape}')
  if lengths is not None:
    valid = _valid(lengths, wanted_cells.shape[1])[..., None]
    wanted_cells, found_cells = wanted_cells & valid, found_cells & valid
  right, found, wanted = (x.sum(axis=(1, 2)) for x in (wanted_cells & found_cells, found_cells, wanted_cells))
  return right, found, wanted


def f1(truth: npt.ArrayLike, predicted: npt.ArrayLike, lengths: npt.ArrayLike | None = None) -> np.ndarray:
  """F1 of the cells of two rolls `[B, T, P]`: float64 `[B]`; two empty rolls agree (1)."""
  right, found, wanted = counts(truth, predicted, lengths)
  return np.where(found + wanted, 2 * right / np.maximum(found + wanted, 1), 1.)


def pooled_f1(truth: npt.ArrayLike, predicted: npt.ArrayLike, lengths: npt.ArrayLike | None = None) -> tuple[float, float, float]:
  """(F1, precision, recall) of the cells of all examples together, floats; 1 where there is nothing to find or nothing found."""
  right, found, wanted = (int(x.sum()) for x in counts(truth, predicted, lengths))
  return (2 * right / (found + wanted) if found + wanted else 1., right / found if found else 1., right / wanted if wanted else 1.)


def onsets(outputs: npt.ArrayLike) -> np.ndarray:
  """Onset cells `[B, T, P]` of the polyphonic roll `[B, T, 2 * P]`, bool."""
  return np.asarray(outputs)[..., :np.shape(outputs)[-1] // 2] != 0


def frames(outputs: npt.ArrayLike) -> np.ndarray:
  """Sounding cells `[B, T, P]`, onset or sustain, of the polyphonic roll `[B, T, 2 * P]`, bool."""
  cells = np.asarray(outputs) != 0
  half = cells.shape[-1] // 2
  return cells[..., :half] | cells[..., half:]


def onset_f1(truth: npt.ArrayLike, predicted: npt.ArrayLike, lengths: npt.ArrayLike | None = None) -> float:
  """Pooled F1 of the onsets of polyphonic rolls `[B, T, 2 * P]`: right where pitch and step are."""
  return pooled_f1(onsets(truth), onsets(predicted), lengths)[0]


def frame_f1(truth: npt.ArrayLike, predicted: npt.ArrayLike, lengths: npt.ArrayLike | None = None) -> float:
  """Pooled F1 of the sounding cells of polyphonic rolls `[B, T, 2 * P]`."""
  return pooled_f1(frames(truth), frames(predicted), lengths)[0]


def accuracy(truth: npt.ArrayLike, predicted: npt.ArrayLike, lengths: npt.ArrayLike | None = None) -> float:
  """Share of valid steps with the right token, float, as Magenta's `metrics/accuracy`.

  Args:
    truth: one-hot `[B, T, D]`, or tokens `[B, T]`.
    predicted: logits or one-hot `[B, T, D]`, or tokens `[B, T]`.
    lengths: `[B]` valid steps; all if None.
  """
  wanted, valid = _tokens(truth), _valid(lengths, np.shape(truth)[1])
  right = (wanted == _tokens(predicted)) & valid
  return float(right.sum() / max(np.broadcast_to(valid, wanted.shape).sum(), 1))


def per_class_accuracy(truth: npt.ArrayLike, predicted: npt.ArrayLike, lengths: npt.ArrayLike | None = None,
                       num_classes: int | None = None) -> np.ndarray:
  """Share of each class's valid steps that are right: float64 `[D]`, nan for classes that do not occur; arguments as in `accuracy`.

  `num_classes` is needed where both are tokens.
  """
  num_classes = num_classes or next(np.shape(x)[-1] for x in (truth, predicted) if np.ndim(x) == 3)
  wanted = _tokens(truth)
  valid = np.broadcast_to(_valid(lengths, wanted.shape[1]), wanted.shape)
  total = np.bincount(wanted[valid], minlength=num_classes).astype(np.float64)
  right = np.bincount(wanted[valid & (wanted == _tokens(predicted))], minlength=num_classes)
  return np.divide(right, total, out=np.full(num_classes, np.nan), where=total > 0)


def mean_per_class_accuracy(truth: npt.ArrayLike, predicted: npt.ArrayLike, lengths: npt.ArrayLike | None = None,
                            num_classes: int | None = None, present_only: bool = False) -> float:
  """Mean of `per_class_accuracy`, float. Classes that do not occur count 0, as in Magenta's figure, or not at all if `present_only`."""
  classes = per_class_accuracy(truth, predicted, lengths, num_classes)
  present = ~np.isnan(classes)
  return float(np.nansum(classes) / max(present.sum() if present_only else len(classes), 1))


def split(array: npt.ArrayLike, depths: Sequence[int]) -> list[np.ndarray]:
  """`[..., sum(depths)]` -> list of `[..., depth]`, one for each categorical output of a converter."""
  return np.split(np.asarray(array), np.cumsum(depths)[:-1], axis=-1)


def _tokens(array: npt.ArrayLike) -> np.ndarray:
  tokens = np.asarray(array)
  return tokens.argmax(axis=-1) if tokens.ndim == 3 else tokens


def _valid(lengths: npt.ArrayLike | None, steps: int) -> np.ndarray:
  return np.ones([1, steps], bool) if lengths is None else np.arange(steps) < np.asarray(lengths)[:, None]
