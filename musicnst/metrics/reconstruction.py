"""How well a model gives back what went in: F1 of onsets and frames on rolls, accuracy of tokens.

Per-example values where the name has no `pooled` or `mean`; those count cells or steps of all examples together, as the published
figures do.
"""
import numpy as np


def counts(truth, predicted, lengths=None):
  """Cells right, predicted and true, per example: int64 arrays `[B]` of two rolls `[B, T, P]` (on where not 0), cut at `lengths` `[B]`."""
  truth, predicted = np.asarray(truth) != 0, np.asarray(predicted) != 0
  if truth.shape != predicted.shape:
    raise ValueError(f'truth and prediction have shapes {truth.shape} and {predicted.shape}')
  if lengths is not None:
    valid = _valid(lengths, truth.shape[1])[..., None]
    truth, predicted = truth & valid, predicted & valid
  return tuple(x.sum(axis=(1, 2)) for x in (truth & predicted, predicted, truth))


def f1(truth, predicted, lengths=None):
  """F1 of the cells of two rolls `[B, T, P]`: float64 `[B]`; two empty rolls agree (1)."""
  right, found, wanted = counts(truth, predicted, lengths)
  return np.where(found + wanted, 2 * right / np.maximum(found + wanted, 1), 1.)


def pooled_f1(truth, predicted, lengths=None):
  """(F1, precision, recall) of the cells of all examples together, floats; 1 where there is nothing to find or nothing found."""
  right, found, wanted = (int(x.sum()) for x in counts(truth, predicted, lengths))
  return (2 * right / (found + wanted) if found + wanted else 1., right / found if found else 1., right / wanted if wanted else 1.)


def onsets(outputs):
  """Onset cells `[B, T, P]` of the polyphonic roll `[B, T, 2 * P]`, bool."""
  return np.asarray(outputs)[..., :np.shape(outputs)[-1] // 2] != 0


def frames(outputs):
  """Sounding cells `[B, T, P]`, onset or sustain, of the polyphonic roll `[B, T, 2 * P]`, bool."""
  outputs = np.asarray(outputs) != 0
  half = outputs.shape[-1] // 2
  return outputs[..., :half] | outputs[..., half:]


def onset_f1(truth, predicted, lengths=None):
  """Pooled F1 of the onsets of polyphonic rolls `[B, T, 2 * P]`: right where pitch and step are."""
  return pooled_f1(onsets(truth), onsets(predicted), lengths)[0]


def frame_f1(truth, predicted, lengths=None):
  """Pooled F1 of the sounding cells of polyphonic rolls `[B, T, 2 * P]`."""
  return pooled_f1(frames(truth), frames(predicted), lengths)[0]


def accuracy(truth, predicted, lengths=None):
  """Share of valid steps with the right token, float, as Magenta's `metrics/accuracy`.

  Args:
    truth: one-hot `[B, T, D]`, or tokens `[B, T]`.
    predicted: logits or one-hot `[B, T, D]`, or tokens `[B, T]`.
    lengths: `[B]` valid steps; all if None.
  """
  truth, predicted, valid = _tokens(truth), _tokens(predicted), _valid(lengths, np.shape(truth)[1])
  right = (truth == predicted) & valid
  return float(right.sum() / max(np.broadcast_to(valid, truth.shape).sum(), 1))


def per_class_accuracy(truth, predicted, lengths=None, num_classes=None):
  """Share of each class's valid steps that are right: float64 `[D]`, nan for classes that do not occur; arguments as in `accuracy`.

  `num_classes` is needed where both are tokens.
  """
  num_classes = num_classes or next(np.shape(x)[-1] for x in (truth, predicted) if np.ndim(x) == 3)
  truth, predicted = _tokens(truth), _tokens(predicted)
  valid = np.broadcast_to(_valid(lengths, truth.shape[1]), truth.shape)
  total = np.bincount(truth[valid], minlength=num_classes).astype(np.float64)
  right = np.bincount(truth[valid & (truth == predicted)], minlength=num_classes)
  return np.divide(right, total, out=np.full(num_classes, np.nan), where=total > 0)


def mean_per_class_accuracy(truth, predicted, lengths=None, num_classes=None, present_only=False):
  """Mean of `per_class_accuracy`, float. Classes that do not occur count 0, as in Magenta's figure, or not at all if `present_only`."""
  classes = per_class_accuracy(truth, predicted, lengths, num_classes)
  present = ~np.isnan(classes)
  return float(np.nansum(classes) / max(present.sum() if present_only else len(classes), 1))


def split(array, depths):
  """`[..., sum(depths)]` -> list of `[..., depth]`, one for each categorical output of a converter."""
  return np.split(np.asarray(array), np.cumsum(depths)[:-1], axis=-1)


def _tokens(array):
  array = np.asarray(array)
  return array.argmax(axis=-1) if array.ndim == 3 else array


def _valid(lengths, steps):
  return np.ones([1, steps], bool) if lengths is None else np.arange(steps) < np.asarray(lengths)[:, None]
