"""The Wasserstein critic's game with a gradient penalty (Gulrajani et al. 2017; MusAE, Valenti et al. 2020, equations 4 to 6)."""
from keras import ops


def interpolated(real, fake, share):
  """Points on the lines from fake to real `[B, Z]`, at `share` `[B, 1]` of their length."""
  return share * real + (1 - share) * fake


def gradient_penalty(gradient):
  """(|gradient| - 1)^2 of the critic's gradients `[B, Z]`, each at its own point: `[B]`."""
  norm = ops.sqrt(ops.sum(ops.square(gradient), axis=-1) + 1e-12)
  return ops.square(norm - 1)
