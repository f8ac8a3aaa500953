"""The wire format of `tf.train.Example`, for the two kinds of features that window records use, without TensorFlow or protobuf.

Example{1: Features{1: map<string, Feature>}}; Feature{1: BytesList{1: bytes}} or Feature{3: Int64List{1: packed varints}}.
"""
from musicnst import errors


def bytes_feature(data):
  """A Feature of one byte string."""
  return _field(1, _field(1, data))


def int64_feature(numbers):
  """A Feature of non-negative integers."""
  return _field(3, _field(1, b''.join(_varint(int(n)) for n in numbers)))


def example(features):
  """Dict of name -> Feature (as the functions above give it) -> serialized Example."""
  entries = (_field(1, _field(1, name.encode()) + _field(2, feature)) for name, feature in features.items())
  return _field(1, b''.join(entries))


def parse(serialized):
  """A serialized Example as a dict: bytes, or a list of ints for an int64 feature.

  Raises:
    DataError: these bytes were not written by `example`.
  """
  try:
    found = {}
    for _, entry in _fields(next(_fields(serialized))[1]):
      parts = dict(_fields(entry))
      kind, values = next(_fields(parts[2]))
      value = dict(_fields(values)).get(1, b'')
      found[parts[1].decode()] = value if kind == 1 else _varints(value)
    return found
  except (IndexError, KeyError, StopIteration, UnicodeDecodeError) as error:
    raise errors.DataError('not a window record; prepare the windows again') from error


def _varint(number):
  out = bytearray()
  while number > 0x7F:
    out.append(number & 0x7F | 0x80)
    number >>= 7
  out.append(number)
  return bytes(out)


def _field(number, data):
  return _varint(number << 3 | 2) + _varint(len(data)) + data


def _fields(data):
  """Yields (number, bytes) of a message whose fields are all length-delimited."""
  position = 0
  while position < len(data):
    tag, position = read_varint(data, position)
    size, position = read_varint(data, position)
    yield tag >> 3, data[position:position + size]
    position += size


def read_message(data):
  """Any message as {field number: list of its values}: ints of varints and fixed ones, bytes of what has a length.

  Raises:
    IndexError: it ends in the middle of a field.
    DataError: groups, which protobuf gave up long ago.
  """
  found, position = {}, 0
  while position < len(data):
    tag, position = read_varint(data, position)
    kind = tag & 7
    if kind == 0:
      value, position = read_varint(data, position)
    elif kind in (1, 2, 5):
      size = {1: 8, 5: 4}.get(kind)
      if size is None:
        size, position = read_varint(data, position)
      if position + size > len(data):
        raise IndexError('cut short inside a field')
      value, position = data[position:position + size], position + size
      value = value if kind == 2 else int.from_bytes(value, 'little')
    else:
      raise errors.DataError(f'a field of wire type {kind}')
    found.setdefault(tag >> 3, []).append(value)
  return found


def read_varint(data, position):
  """(the number at `position`, the position after it)."""
  value = shift = 0
  while True:
    byte = data[position]
    value |= (byte & 0x7F) << shift
    position, shift = position + 1, shift + 7
    if byte < 0x80:
      return value, position


def _varints(data):
  numbers, position = [], 0
  while position < len(data):
    number, position = read_varint(data, position)
    numbers.append(number)
  return numbers
