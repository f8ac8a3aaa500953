"""Losses of discriminators and generators, per example."""
from keras import ops


def least_squares(logits, target):
  """Mean squared distance of discriminator logits `[B, ...]` from `target` (1: real, 0: generated), `[B]` (Mao et al., 2017, equation 2)."""
  squares = ops.square(ops.cast(logits, 'float32') - target)
  return ops.mean(squares, axis=tuple(range(1, len(squares.shape))))
