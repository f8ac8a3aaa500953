"""Random numbers that belong to an example: a hash of (the example's key, a stream, a counter), with no state to save.

Training noise drawn this way is the same after a resume, and the same whether a global batch sits on one replica or on eight, since
nothing but the key of the example enters. Keys come with the batch (`seeds`, int32 `[B]`, a number that names step and place in the
global batch); a batch without them gets keys of the step and the place in the local batch.

The mixing function is the 32-bit finalizer with low bias found by C. Wellons ("Prospecting for hash functions", 2018), applied twice.
"""
import math

import numpy as np
from keras import ops

MASK = 0xffffffff


def keys(batch, step=0, seed=0):
  """int64 `[B]` keys of the examples of `batch`; see the module's docstring."""
  if batch.get('seeds') is not None:
    number = ops.cast(batch['seeds'], 'int64')
  else:
    number = ops.arange(ops.shape(batch['inputs'])[0], dtype='int64') + _mix(ops.cast(step, 'int64') + 1)
  return _mix(_mix(number & MASK) + _constant(seed))


def split(key, stream):
  """Keys of another, independent stream of the same examples."""
  return _mix(key + _constant(stream + 1))


def uniform(key, shape):
  """float32 `[B, *shape]` in (0, 1): never 0, never 1, so that logarithms are finite."""
  count = math.prod(shape)
  counters = ops.convert_to_tensor((np.arange(count, dtype=np.int64) * 0x9e3779b9) & MASK)
  return ops.reshape(from_cells(ops.expand_dims(key, 1), counters), (-1, *shape))


def from_cells(key, cells):
  """float32 in (0, 1) for int64 `cells`, broadcast against `key`: equal key and cell, equal number."""
  bits = _mix(_mix(key + cells) ^ key)
  return (ops.cast(ops.right_shift(bits, 9), 'float32') + .5) * (1 / 2 ** 23)


def normal(key, shape):
  """float32 `[B, *shape]`, standard normal (Box and Muller)."""
  half = -(-shape[-1] // 2)
  draws = uniform(key, (*shape[:-1], 2, half))
  radius, angle = ops.sqrt(-2 * ops.log(draws[..., 0, :])), 2 * math.pi * draws[..., 1, :]
  return ops.concatenate([radius * ops.cos(angle), radius * ops.sin(angle)], axis=-1)[..., :shape[-1]]


def _constant(number):
  """A Python int spread over 32 bits."""
  return ((int(number) & MASK) * 0x9e3779b9 + 0x7f4a7c15) & MASK


def _mix(x):
  """A permutation of the 32-bit integers, held in int64."""
  x = x & MASK
  x = ((x ^ ops.right_shift(x, 16)) * 0x7feb352d) & MASK
  x = ((x ^ ops.right_shift(x, 15)) * 0x846ca68b) & MASK
  return x ^ ops.right_shift(x, 16)
