"""How far something that went there and back lies from what it was."""
from keras import ops


def mean_absolute(first, second):
  """Mean absolute difference of arrays `[B, ...]` over all but the first axis, `[B]` (cycle consistency: Zhu et al., 2017, equation 2)."""
  apart = ops.abs(ops.cast(first, 'float32') - ops.cast(second, 'float32'))
  return ops.mean(apart, axis=tuple(range(1, len(apart.shape))))
