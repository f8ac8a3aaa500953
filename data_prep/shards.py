"""Window records to output files: spread over buckets on disk, then bucket by bucket sorted, de-duplicated and written to shards.

Memory is one bucket, whatever the number of windows. The order within a shard is that of the records' 16-byte keys, so the
output depends on neither the runner nor the order in which pieces were done, and it is shuffled already.
"""
import contextlib
import glob
import os
import struct
import tempfile

from data_prep import splits
from musicnst import errors
from musicnst import files
from musicnst.data import tfrecords

NUM_BUCKETS = 64
_HEADER = struct.Struct('<16sIII')
# Of equal windows the one in the rarer split stays: what is in test is never in train.
_PRECEDENCE = {split: i for i, split in enumerate(reversed(splits.SPLITS))}


def bucket_of(key, number):
  """Which of `number` equal parts of the key space a key lies in: parts are ranges, in order."""
  return int.from_bytes(key[:8], 'big') * number >> 64


def shard_paths(output, split_names, num_shards):
  """Output files by split: `<output>-<split>-00000-of-00004`, without the split where there is but one."""
  name = lambda split, i: f'{output}-{split}-{i:05d}-of-{num_shards:05d}' if len(split_names) > 1 else f'{output}-{i:05d}-of-{num_shards:05d}'
  return {split: [name(split, i) for i in range(num_shards)] for split in split_names}


def rank(split, index, position):
  """Sort order among equal windows: test before validation before train, then the job's order."""
  return _PRECEDENCE[split], index, position


class Buckets:
  """Records on disk, in a folder that its user removes."""

  def __init__(self, folder):
    self._paths = [os.path.join(folder, f'bucket-{i:03d}') for i in range(NUM_BUCKETS)]
    self._files = [open(path, 'wb') for path in self._paths]

  def add(self, index, windows):
    """Stores the windows [(key, record)] of item `index`."""
    for position, (key, record) in enumerate(windows):
      self._files[bucket_of(key, NUM_BUCKETS)].write(_HEADER.pack(key, index, position, len(record)) + record)

  def close(self):
    for file in self._files:
      file.close()

  def read(self):
    """Yields each bucket, in order of keys, as a list of (key, index, position, record)."""
    self.close()
    for path in self._paths:
      with open(path, 'rb') as file:
        data = file.read()
      rows, at = [], 0
      while at < len(data):
        key, index, position, size = _HEADER.unpack_from(data, at)
        at += _HEADER.size + size
        rows.append((key, index, position, data[at - size:at]))
      yield rows


def unique(rows, split_of, paths, counts):
  """Rows of one bucket -> [(split, key, record)] sorted by key, each key once.

  Args:
    rows: (key, index, position, record).
    split_of: split of each item by index; None leaves its windows out.
    paths: dict whose keys are the splits to write; rows of others are left out.
    counts: `Counts`, stage `windows`.
  """
  kept = [row for row in rows if split_of[row[1]]]
  counts.add('windows', 'rejected_near_duplicate_of_another_split', len(rows) - len(kept))
  kept.sort(key=lambda row: (row[0], rank(split_of[row[1]], row[1], row[2])))
  result = []
  for key, index, _, record in kept:
    split = split_of[index]
    if result and result[-1][1] == key:
      counts.add('windows', 'rejected_duplicate' if result[-1][0] == split else f'rejected_duplicate_of_{result[-1][0]}')
      continue
    result.append((split, key, record))
    counts.add('windows', f'written_{split}' if split in paths else f'not_asked_for_{split}')
  return [row for row in result if row[0] in paths]


@contextlib.contextmanager
def writing(paths):
  """Yields `write(split, key, record)` onto shards that appear under their names all together at the end, or not at all."""
  with contextlib.ExitStack() as stack:
    temporary = {path: stack.enter_context(files.atomic_path(path)) for shards in paths.values() for path in shards}
    opened = {path: stack.enter_context(open(name, 'wb')) for path, name in temporary.items()}

    def write(split, key, record):
      shards = paths[split]
      opened[shards[bucket_of(key, len(shards))]].write(tfrecords.frame(record))

    yield write
    for file in opened.values():
      file.close()


def remove_stale(paths):
  """Removes shards of an earlier run under the same name with another number of shards."""
  current = {path for shards in paths.values() for path in shards}
  for stem in {path.rsplit('-', 3)[0] for path in current}:
    for path in glob.glob(glob.escape(stem) + '-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]'):
      if path not in current:
        os.remove(path)


def check_writable(output):
  """Raises OutputError early if nothing can be written beside `output`."""
  if os.path.isdir(output) or not os.path.basename(output):
    raise errors.OutputError(f'{output}: is a folder; name a file prefix inside it, such as {os.path.join(output, "windows.tfrecord")}')
  folder = os.path.dirname(os.path.abspath(output))
  try:
    os.makedirs(folder, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()
  except OSError as error:
    raise errors.OutputError(f'{output}: cannot be written ({error.strerror or error}). Choose a folder you may write to.') from error
