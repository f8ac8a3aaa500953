"""How far a diagonal Gaussian lies from the standard normal: values per example, in nats."""
import math

from keras import ops

NATS_PER_BIT = math.log(2)


def kl_to_standard_normal(mean, stddev):
  """KL(N(mean, stddev^2) || N(0, 1)) summed over dimensions, nats `[B]`, of `mean` and `stddev` `[B, Z]`."""
  return ops.sum(kl_per_dimension(mean, stddev), axis=-1)


def kl_per_dimension(mean, stddev):
  """KL to the standard normal of each dimension, nats `[B, Z]`."""
  mean, stddev = ops.cast(mean, 'float32'), ops.cast(stddev, 'float32')
  return .5 * (ops.square(mean) + ops.square(stddev) - 1) - ops.log(stddev)


def beyond_free_bits(kl_nats, free_bits):
  """What of `kl_nats` `[B]` exceeds `free_bits`, counted once on the total of an example (Magenta's rule, not one a dimension)."""
  return ops.maximum(kl_nats - free_bits * NATS_PER_BIT, 0.)


def beta(step, max_beta, beta_rate):
  """KL weight at `step`: (1 - beta_rate^step) max_beta in float32; with rate 0 it is 0 at step 0 and `max_beta` from step 1."""
  step = ops.cast(step, 'float32')
  decay = ops.power(ops.convert_to_tensor(beta_rate, dtype='float32'), step)
  return (1. - decay) * ops.convert_to_tensor(max_beta, dtype='float32')
