"""What discriminators and generators are judged by, per example."""
from keras import ops


def least_squares(opinions, target):
  """Mean squared distance of opinions `[B, ...]` from `target` (1: real, 0: made), `[B]` (Mao et al., 2017, equation 2)."""
  squares = ops.square(ops.cast(opinions, 'float32') - target)
  return ops.mean(squares, axis=tuple(range(1, len(squares.shape))))
