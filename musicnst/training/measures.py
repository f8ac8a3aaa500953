"""Named per-example values on their way to a log: summed over the examples into one vector, so that one all-reduce carries them all.

A measure is a value `[B]`, averaged over the examples, or a pair (numerators, denominators) `[B]` or `[B, C]` that is summed first, divided
then, and averaged over the columns that occur (see `models.base.MusicModel.metric_terms`).
"""
import numpy as np
import tensorflow as tf


class Layout:
  """The order of the measures in a vector; filled by `pack` when a step is traced."""

  def __init__(self):
    self.columns = {}

  def pack(self, terms, weights):
    """{name: measure} -> float32 vector of numerators and denominators, weighted by `weights` `[B]` and summed over the examples."""
    parts = []
    self.columns = {}
    for name, value in terms.items():
      numerator, denominator = value if isinstance(value, tuple) else (value, tf.ones_like(weights))
      numerator, denominator = _columns(numerator, weights), _columns(denominator, weights)
      self.columns[name] = int(numerator.shape[0])
      parts += [numerator, denominator]
    return tf.concat(parts, 0) if parts else tf.zeros([0])

  @property
  def size(self):
    return 2 * sum(self.columns.values())

  def unpack(self, vector):
    """{name: float}; a measure of which nothing occurred is nan."""
    vector, values, start = np.asarray(vector, np.float64), {}, 0
    for name, count in self.columns.items():
      numerator, denominator = vector[start:start + count], vector[start + count:start + 2 * count]
      start += 2 * count
      occurs = denominator > 0
      values[name] = float(np.mean(numerator[occurs] / denominator[occurs])) if occurs.any() else float('nan')
    return values


def _columns(value, weights):
  """`[B]` or `[B, C]` -> weighted sums `[1]` or `[C]`."""
  value = tf.cast(value, tf.float32)
  value = value[:, None] if value.shape.rank == 1 else value
  return tf.reduce_sum(tf.where(weights[:, None] > 0, value * weights[:, None], 0.0), 0)
