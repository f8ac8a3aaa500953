"""One file -> the records that `convert` writes for it; runs in a worker process."""
import dataclasses
import hashlib
import os

from musicnst import errors
from musicnst.data import tfrecords
from musicnst.reading import files
from musicnst.reading import guards
from musicnst.reading import manner as manner_lib

_SOURCES = {**dict.fromkeys(files.MIDI, 'midi'), **dict.fromkeys(files.MUSICXML, 'musicxml'), **dict.fromkeys(files.ABC, 'abc'),
            **dict.fromkeys(files.PIANO_ROLL, 'pianoroll')}


@dataclasses.dataclass(frozen=True)
class Task:
  """A file of a collection: `relative_path` below `root`, with `/`; genres and composers from the table of labels."""
  root: str
  relative_path: str
  collection: str
  genres: tuple = ()
  composers: tuple = ()
  limits: guards.Limits = guards.Limits()
  manner: manner_lib.Manner = manner_lib.Manner()


def convert(task):
  """Reads a file.

  Args:
    task: `Task`.

  Returns:
    (list of framed TFRecord records, each a serialized NoteSequence; list of (reason, detail) for what was rejected; the same for what was
    mended).
  """
  path = os.path.join(task.root, task.relative_path)
  with manner_lib.using(task.manner) as mended:
    try:
      sequences, rejects = files.read_all(path, task.limits)
    except errors.ReadError as error:
      sequences, rejects = [], [error]
  source = _SOURCES[os.path.splitext(path)[1].lower()]
  records = [tfrecords.frame(_named(sequence, task, source).SerializeToString()) for sequence in sequences]
  return records, [(reject.reason, _where(reject.path, path) + reject.detail) for reject in rejects], [tuple(each) for each in mended]


def sequence_id(source, collection, filename, tune=None):
  """The id that Magenta's convert_dir_to_note_sequences gives a sequence.

  Args:
    source: `midi`, `musicxml`, `abc` or `pianoroll`.
    collection: name of the input folder.
    filename: path below it.
    tune: reference number (X:) of a tune in an ABC file.

  Returns:
    `/id/<source>/<collection>/<sha1 of the filename, for ABC followed by _ and the tune's number>`.
  """
  name = filename if tune is None else f'{filename}_{tune}'
  return f'/id/{source}/{collection}/{hashlib.sha1(name.encode("utf-8")).hexdigest()}'


def _named(sequence, task, source):
  """Sets where the sequence comes from and its labels."""
  filename = _printable(task.relative_path)
  sequence.collection_name = _printable(task.collection)
  sequence.filename = filename
  sequence.id = sequence_id(source, sequence.collection_name, filename, sequence.reference_number if source == 'abc' else None)
  metadata = sequence.sequence_metadata
  if task.genres:
    metadata.genre[:] = task.genres
  if task.composers:
    metadata.composers[:] = task.composers
  return sequence


def _where(named, path):
  """What an error's name says beyond the path, such as ` (tune 3)`."""
  rest = named.removeprefix(path).strip()
  return f'{rest} ' if rest and named.startswith(path) else ''


def _printable(name):
  """A file name as UTF-8 text: bytes that are none become replacement characters."""
  return name.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
