"""TFRecord files read and written without TensorFlow: data jobs run in small processes that never import it.

A record on disk is `uint64 length | uint32 masked crc of the length | data | uint32 masked crc of the data`, little-endian, the
checksum being CRC-32C (Castagnoli) rotated and offset as TensorFlow does it.
"""
import glob
import os
import struct

import numpy as np

from musicnst import errors
from musicnst.reading import compiled

_HEADER = struct.Struct('<QI')
_FOOTER = struct.Struct('<I')
_MAX_RECORD_BYTES = 1 << 30


def _crc_table():
  table = np.zeros(256, np.uint32)
  for i in range(256):
    value = i
    for _ in range(8):
      value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    table[i] = value
  return table


_TABLE = _crc_table()


@compiled.compiled
def _crc32c(data, table):
  crc = np.uint32(0xFFFFFFFF)
  for byte in data:
    crc = table[(crc ^ byte) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
  return crc ^ np.uint32(0xFFFFFFFF)


def masked_crc32c(data):
  """The checksum that TensorFlow stores for `data` (bytes): CRC-32C, rotated right by 15 bits, plus a constant."""
  crc = int(_crc32c(np.frombuffer(data, np.uint8), _TABLE))
  return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def frame(data):
  """`data` (bytes) as one record of a TFRecord file."""
  length = struct.pack('<Q', len(data))
  return b''.join((length, _FOOTER.pack(masked_crc32c(length)), data, _FOOTER.pack(masked_crc32c(data))))


def read(path):
  """Yields the records of one file as bytes, one at a time.

  Raises:
    DataError: the file cannot be opened, is cut short or fails a checksum.
  """
  try:
    with open(path, 'rb') as file:
      while header := file.read(_HEADER.size):
        if len(header) < _HEADER.size:
          raise errors.DataError(f'{path}: cut short inside a record; write it again')
        yield _body(file, header, path)
  except OSError as error:
    raise errors.DataError(f'{path}: cannot be read ({error.strerror})') from error


def _body(file, header, path):
  length, check = _HEADER.unpack(header)
  if check != masked_crc32c(header[:8]) or length > _MAX_RECORD_BYTES:
    raise errors.DataError(f'{path}: not a TFRecord file, or damaged at byte {file.tell() - _HEADER.size}')
  data = file.read(length + _FOOTER.size)
  if len(data) < length + _FOOTER.size:
    raise errors.DataError(f'{path}: cut short inside a record; write it again')
  if _FOOTER.unpack(data[length:])[0] != masked_crc32c(data[:length]):
    raise errors.DataError(f'{path}: damaged record before byte {file.tell()} (checksum)')
  return data[:length]


def count(path):
  """Number of records in one file, by hopping over their lengths: nothing is decoded.

  Raises:
    DataError: the file is no TFRecord file or is cut short.
  """
  size, number = os.path.getsize(path), 0
  with open(path, 'rb') as file:
    position = 0
    while position < size:
      file.seek(position)
      header = file.read(_HEADER.size)
      if len(header) < _HEADER.size:
        raise errors.DataError(f'{path}: cut short inside a record; write it again')
      length, check = _HEADER.unpack(header)
      position += _HEADER.size + length + _FOOTER.size
      if position > size or (number == 0 and check != masked_crc32c(header[:8])):
        raise errors.DataError(f'{path}: not a TFRecord file, or cut short')
      number += 1
  return number


def expand(patterns):
  """Files for a comma-separated list of paths and glob patterns, sorted by name, each once; job reports (.json) left out.

  Raises:
    DataError: nothing matches one of the patterns.
  """
  found = []
  for pattern in filter(None, (p.strip() for p in str(patterns).split(','))):
    pattern = os.path.expanduser(pattern)
    names = [n for n in sorted(glob.glob(pattern)) if os.path.isfile(n) and not n.endswith('.json')]
    if not names:
      near = sorted(n for n in glob.glob(pattern + '-*') if not n.endswith('.json'))
      hint = f' Did you mean {near[0].rsplit("-", 3)[0]}-*?' if near else ''
      raise errors.DataError(f'no record files match {pattern!r}.{hint}')
    found.extend(n for n in names if n not in found)
  if not found:
    raise errors.DataError('no record files named')
  return found
