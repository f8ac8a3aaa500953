"""Arrays that TensorFlow takes as they are: a tensor made of one shares its memory, so that large weights are not held twice."""
import numpy as np

# TensorFlow needs a tensor's memory to begin at a multiple of this.
_ALIGNMENT = 64


def aligned(shape, dtype):
  """An uninitialized array that `as_tensor` need not copy."""
  dtype = np.dtype(dtype)
  size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
  data = np.empty(size + _ALIGNMENT, np.uint8)
  start = -data.ctypes.data % _ALIGNMENT
  return data[start:start + size].view(dtype).reshape(shape)


def as_tensor(array):
  """A tensor of an array, which must not be changed afterwards: it shares the memory where that is aligned, and is a copy elsewhere.

  Under another backend of Keras than TensorFlow it is one of that backend's.
  """
  import keras  # pylint: disable=import-outside-toplevel
  if keras.backend.backend() != 'tensorflow':
    return keras.ops.convert_to_tensor(array)
  import tensorflow as tf  # pylint: disable=import-outside-toplevel
  if array.size and array.flags.writeable and array.flags.c_contiguous and array.ctypes.data % _ALIGNMENT == 0:
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
  return tf.convert_to_tensor(array)
