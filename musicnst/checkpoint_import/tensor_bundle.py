"""TensorFlow's checkpoint files read tensor by tensor, in place: only what is asked for is in memory, also from inside an archive.

A checkpoint is `<prefix>.index`, a sorted table (LevelDB's format: blocks of prefix-compressed keys, a footer that points to the block of
blocks) of name -> BundleEntryProto, and `<prefix>.data-<i>-of-<n>`, the tensors' bytes one after the other, each with a checksum.
"""
import dataclasses
import struct

import numpy as np

from musicnst import errors
from musicnst.checkpoint_import import locations
from musicnst.data import memory
from musicnst.data import tfrecords
from musicnst.data import wire

_FOOTER_BYTES, _TRAILER_BYTES = 48, 5
_MAGIC = 0xDB4775248B80FB57
_MAX_INDEX_BYTES = 1 << 28
# So much at a time is read: inside a .tar, Python holds it twice.
_READ_BYTES = 1 << 22
# TensorFlow's numbers for the types that a checkpoint of weights has.
_TYPES = {1: np.float32, 2: np.float64, 3: np.int32, 9: np.int64, 10: np.bool_, 19: np.float16}


# What TensorFlow 2 adds to a checkpoint, such as those of our run folders, and Magenta's never hold.
_OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'


def is_magentas(path):
  """Whether a path names a checkpoint that is not one of our own training's; damaged ones count as Magenta's, to be reported as damaged."""
  if not locations.is_checkpoint(path):
    return False
  try:
    with Checkpoint(path) as checkpoint:
      return _OBJECT_GRAPH not in checkpoint.shapes
  except errors.CheckpointError:
    return True


@dataclasses.dataclass(frozen=True)
class Entry:
  """Where a tensor's bytes lie: `size` bytes from `offset` in data file `shard`; `checksum` as in record files."""

  dtype: int
  shape: tuple
  shard: int
  offset: int
  size: int
  checksum: int
  is_sliced: bool


class Checkpoint:
  """A checkpoint opened for reading; a context manager.

  Args:
    path: prefix, folder or archive, see `locations.locate`.

  Attributes:
    shapes: {name: tuple} of every tensor.

  Raises:
    CheckpointError: missing, incomplete or damaged.
  """

  def __init__(self, path):
    self.path = str(path)
    self.location = locations.locate(path)
    self._shards = {}
    try:
      with self.location.open('.index') as file:
        self.num_shards, self.entries = _read_index(file.read(_MAX_INDEX_BYTES))
    except (IndexError, KeyError, ValueError, OSError, EOFError, struct.error, UnicodeDecodeError, errors.DataError) as error:
      self.close()
      raise errors.CheckpointError(f'{path}: its .index is damaged, or not a TensorFlow checkpoint ({error})') from error
    except BaseException:
      self.close()
      raise
    self.shapes = {name: entry.shape for name, entry in self.entries.items()}

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.close()

  def close(self):
    for file in self._shards.values():
      file.close()
    self.location.close()

  def tensors(self, names):
    """Yields (name, array) for each of `names`, in the order in which they lie in the files, so that a compressed archive is read once."""
    for name in sorted(names, key=lambda name: (self.entries[name].shard, self.entries[name].offset)):
      yield name, self.tensor(name)

  def tensor(self, name):
    """One tensor as an array of its own type.

    Raises:
      CheckpointError: its bytes are missing or fail their checksum.
    """
    entry = self.entries[name]
    if entry.dtype not in _TYPES or entry.is_sliced:
      raise errors.CheckpointError(f'{self.path}: {name} is {"cut in slices" if entry.is_sliced else f"of type {entry.dtype}"}; cannot be read')
    data = memory.aligned((entry.size,), np.uint8)
    try:
      file = self._shard(entry.shard)
      file.seek(entry.offset)
      count = _fill(file, data)
    except (OSError, EOFError, ValueError) as error:
      raise errors.CheckpointError(f'{self.path}: {name} cannot be read ({error})') from error
    if count < entry.size:
      raise errors.CheckpointError(f'{self.path}: cut short: {name} lacks {entry.size - count} of its {entry.size} bytes; get the file again')
    if tfrecords.masked_crc32c(data) != entry.checksum:
      raise errors.CheckpointError(f'{self.path}: {name} fails its checksum: the file is damaged; get it again')
    array = data.view(_TYPES[entry.dtype])
    if array.size != int(np.prod(entry.shape, dtype=np.int64)):
      raise errors.CheckpointError(f'{self.path}: {name} of shape {entry.shape} has {array.size} numbers')
    return array.reshape(entry.shape)

  def check_files(self):
    """Opens every data file, so that a missing one is reported before anything is built."""
    for shard in range(self.num_shards):
      self._shard(shard)

  def _shard(self, number):
    if number not in self._shards:
      self._shards[number] = self.location.open(f'.data-{number:05d}-of-{self.num_shards:05d}')
    return self._shards[number]


def _fill(file, data):
  """Reads until `data` is full or the file ends; how many bytes came."""
  count = 0
  while count < len(data):
    more = file.readinto(memoryview(data)[count:count + _READ_BYTES])
    if not more:
      break
    count += more
  return count


def _read_index(data):
  """(number of data files, {name: Entry})."""
  if len(data) < _FOOTER_BYTES or struct.unpack('<Q', data[-8:])[0] != _MAGIC:
    raise ValueError('it does not end as one')
  _, position = _handle(data, len(data) - _FOOTER_BYTES)  # of the table's own notes
  blocks, _ = _handle(data, position)
  entries = dict(pair for _, handle in _block(data, *blocks) for pair in _block(data, *_handle(handle, 0)[0]))
  header = wire.read_message(entries.pop(b''))
  if header.get(2, [0])[0]:
    raise ValueError('written on a big-endian machine')
  return header[1][0], {name.decode(): _entry(value) for name, value in entries.items()}


def _handle(data, position):
  """((offset, size) of a block, position after the handle)."""
  offset, position = wire.read_varint(data, position)
  size, position = wire.read_varint(data, position)
  return (offset, size), position


def _block(data, offset, size):
  """Yields (key, value) of a block; each key says how much of the key before it it shares."""
  block, trailer = data[offset:offset + size], data[offset + size:offset + size + _TRAILER_BYTES]
  if len(trailer) < _TRAILER_BYTES or trailer[0]:
    raise ValueError('cut short, or compressed')
  if tfrecords.masked_crc32c(block + trailer[:1]) != struct.unpack('<I', trailer[1:])[0]:
    raise ValueError('a block fails its checksum')
  end = size - 4 * (1 + struct.unpack('<I', block[-4:])[0])  # the restart points, and how many there are
  key, position = b'', 0
  while position < end:
    shared, position = wire.read_varint(block, position)
    own, position = wire.read_varint(block, position)
    length, position = wire.read_varint(block, position)
    key = key[:shared] + block[position:position + own]
    yield key, block[position + own:position + own + length]
    position += own + length


def _entry(value):
  """BundleEntryProto: 1 dtype, 2 shape, 3 shard, 4 offset, 5 size, 6 checksum, 7 slices; 0 is left out."""
  fields = wire.read_message(value)
  number = lambda field: fields.get(field, [0])[0]
  shape = wire.read_message(fields[2][0]) if 2 in fields else {}
  dims = tuple(wire.read_message(dim).get(1, [0])[0] for dim in shape.get(2, []))
  return Entry(number(1), dims, number(3), number(4), number(5), number(6), 7 in fields)
