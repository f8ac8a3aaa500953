"""Dropout whose masks belong to the example (layers/noise.py): the same after a resume and on any number of replicas."""
from keras import ops

from musicnst.layers import noise


def drop(x, rate, key, per_step=True):
  """`x` `[B, ..., D]` with a share `rate` of its cells zero and the others scaled up; `per_step` False drops whole channels of `[B, T, D]`."""
  if not rate:
    return x
  shape = tuple(x.shape[1:]) if per_step else (1, x.shape[-1])
  keep = ops.cast(noise.uniform(key, shape) >= rate, x.dtype)
  return x * keep / (1 - rate)
