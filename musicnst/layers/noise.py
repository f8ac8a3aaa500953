"""Random numbers as a pure function of an example's seed, so that they do not depend on how a batch is split over replicas or processes.

The trainer gives every example two integers, `batch['seeds']` `[B, 2]`, drawn from (seed of the run, step, row of the global batch). What
a model draws from them is the same on one replica or on eight, and after a resume: nothing random is kept as state. A model that draws
twice gives each draw its own `salt`.

The bits are a counter hashed twice by a 32-bit mixer (C. Wellons, "lowbias32"); one call costs a handful of integer operations a number.
"""
import math

import numpy as np
from keras import ops

_GOLDEN = 0x9E3779B9


def _constant(value):
  return ops.convert_to_tensor(np.asarray(value, np.uint32))


def _mix(x):
  """Bijective avalanche of uint32 `x`."""
  x = ops.multiply(ops.bitwise_xor(x, ops.right_shift(x, _constant(16))), _constant(0x7FEB352D))
  x = ops.multiply(ops.bitwise_xor(x, ops.right_shift(x, _constant(15))), _constant(0x846CA68B))
  return ops.bitwise_xor(x, ops.right_shift(x, _constant(16)))


def _bits(seeds, count, salt):
  """uint32 `[B, count]` from seeds int32 `[B, 2]`."""
  seeds = ops.cast(seeds, 'uint32')
  counters = (np.arange(count, dtype=np.uint64) * _GOLDEN + salt * 0x85EBCA6B) % 2**32
  x = _mix(ops.bitwise_xor(_mix(_constant(counters))[None, :], seeds[:, :1]))  # [1, count] ^ [B, 1] -> [B, count]
  return _mix(ops.bitwise_xor(x, seeds[:, 1:2]))


def uniform(seeds, shape, salt=0):
  """float32 `[B, *shape]` in the open interval (0, 1); `shape` is that of one example, of plain ints."""
  count = math.prod(shape)
  high = ops.cast(ops.right_shift(_bits(seeds, count, salt), _constant(9)), 'float32')  # 23 bits: exact in float32
  return ops.reshape((high + .5) * 2.0**-23, (-1, *shape))


def normal(seeds, shape, salt=0):
  """float32 `[B, *shape]`, standard normal (Box and Muller 1958)."""
  count = math.prod(shape)
  pairs = uniform(seeds, (2, count), salt)
  values = ops.sqrt(-2.0 * ops.log(pairs[:, 0])) * ops.cos(2.0 * math.pi * pairs[:, 1])
  return ops.reshape(values, (-1, *shape))


def bernoulli(seeds, shape, probability, salt=0):
  """bool `[B, *shape]`, true with `probability` (a number or a tensor that broadcasts)."""
  return uniform(seeds, shape, salt) < probability
