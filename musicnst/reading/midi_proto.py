"""Columns of numbers -> the wire format of a repeated message field.

A Python loop that fills a proto note by note is the slowest part of reading a file. The wire format of such a message is
short and regular: a tag byte for each field, then a little-endian float64 or a varint; fields that are zero are left out
(https://protobuf.dev/programming-guides/encoding). So the columns are written as bytes by one kernel, and protobuf parses them.
"""
import numpy as np

from musicnst.reading import compiled


def encode(field, doubles, integers):
  """The bytes of a repeated message field.

  Args:
    field: the field's number in the outer message, at most 15.
    doubles: dict of number in the inner message -> float64 `[N]`; at most 15.
    integers: dict of number in the inner message -> integers `[N]` (also enums and booleans).

  Returns:
    bytes; appended to a serialized outer message they add N messages to the field. Inner messages stay below 128 bytes for
    up to three doubles and nine integers.
  """
  double_numbers, integer_numbers = np.array(list(doubles), np.uint8), np.array(list(integers), np.uint8)
  double_columns = np.stack([np.asarray(column, np.float64) for column in doubles.values()]).view(np.uint64)
  count = double_columns.shape[1]
  if not count:
    return b''
  integer_columns = np.zeros((len(integers), count), np.int64)
  for row, column in zip(integer_columns, integers.values(), strict=True):
    row[:] = column
  return _encode(field, double_numbers, double_columns, integer_numbers, integer_columns.view(np.uint64)).tobytes()


@compiled.compiled
def _encode(field, double_numbers, doubles, integer_numbers, integers):
  num_doubles, count = doubles.shape
  out = np.empty(count * (2 + 9 * num_doubles + 11 * len(integers)), dtype=np.uint8)
  position = 0
  for i in range(count):
    out[position] = field << 3 | 2
    start = position + 2
    position = start
    for j in range(num_doubles):
      value = doubles[j, i]
      if value:
        out[position] = double_numbers[j] << 3 | 1
        for k in range(8):
          out[position + 1 + k] = (value >> np.uint64(8 * k)) & np.uint64(0xFF)
        position += 9
    for j in range(len(integers)):
      value = integers[j, i]
      if value:
        out[position] = integer_numbers[j] << 3
        position += 1
        while value > 127:
          out[position] = (value & np.uint64(0x7F)) | np.uint64(0x80)
          value >>= np.uint64(7)
          position += 1
        out[position] = value
        position += 1
    out[start - 1] = position - start
  return out[:position]
