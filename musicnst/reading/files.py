"""Any file of music -> NoteSequences: the reader is chosen by the extension, and every failure is a ReadError."""
import os

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import guards

MIDI, MUSICXML, ABC, PIANO_ROLL = ('.mid', '.midi', '.kar', '.rmi'), ('.xml', '.musicxml', '.mxl'), ('.abc',), ('.npz',)
EXTENSIONS = MIDI + MUSICXML + ABC + PIANO_ROLL


def read(path: str | os.PathLike, limits: guards.Limits | None = None, piano_only: bool = False) -> list[music_proto.NoteSequence]:
  """Every piece in a file: one, but for .abc, which may hold many tunes. `manner.using` says how, and tells what was mended.

  Args:
    path: a file with one of `EXTENSIONS`, in either case.
    limits: `guards.Limits`, or None for the defaults.
    piano_only: of a piano-roll archive (.npz), read the piano tracks only.

  Returns:
    non-empty list of NoteSequence. Tunes of an .abc file that cannot be read are left out (see `read_all`).

  Raises:
    ReadError: the file cannot be read, or nothing in it can.
  """
  sequences, rejects = read_all(path, limits, piano_only)
  if not sequences:
    raise rejects[0]
  return sequences


def read_all(path: str | os.PathLike, limits: guards.Limits | None = None,
             piano_only: bool = False) -> tuple[list[music_proto.NoteSequence], list[errors.ReadError]]:
  """As `read`, with what was rejected inside a file that could be opened.

  Returns:
    (list of NoteSequence, list of ReadError): at least one of them is not empty.

  Raises:
    ReadError: missing, a folder, empty, unreadable, of an unknown extension, or damaged as a whole.
  """
  path = os.fspath(path)
  extension = check(path)
  if extension in MIDI:
    from musicnst.reading import midi
    return [midi.read(path, limits) if limits else midi.read(path)], []
  if extension in MUSICXML:
    from musicnst.reading import musicxml
    return [musicxml.read(path, limits)], []
  if extension in ABC:
    from musicnst.reading import abc
    return abc.read(path, limits)
  from musicnst.reading import lakh
  return [lakh.read(path, limits, 'piano' if piano_only else 'all')], []


def check(path: str) -> str:
  """The lower-case extension of a file that exists, is a file, is not empty and is of a known kind.

  Raises:
    ReadError: with reason `missing_file`, `not_a_file`, `unknown_format`, `unreadable_file` or `empty_file`.
  """
  extension = os.path.splitext(path)[1].lower()
  if os.path.isdir(path):
    raise errors.ReadError(path, 'not_a_file', 'is a folder, not a file.', 'Name one file in it.')
  if not os.path.exists(path):
    raise errors.ReadError(path, 'missing_file', 'there is no such file.')
  if extension not in EXTENSIONS:
    raise errors.ReadError(path, 'unknown_format', f'has the extension {extension!r}.', f'Known: {" ".join(EXTENSIONS)}.')
  if not os.access(path, os.R_OK):
    raise errors.ReadError(path, 'unreadable_file', 'may not be read.', 'Check its permissions.')
  if not os.path.isfile(path):
    raise errors.ReadError(path, 'not_a_file', 'is not a regular file.')
  if not os.path.getsize(path):
    raise errors.ReadError(path, 'empty_file', 'is empty (0 bytes).')
  return extension


def find(path: str | os.PathLike, recursive: bool = True) -> list[str]:
  """Files of music at a path, sorted: the file itself, or those in a folder with one of `EXTENSIONS`.

  Hidden files and folders are passed over; links to folders are not followed.

  Raises:
    ReadError: no such file or folder, or a folder without a file of music.
  """
  path = os.fspath(path)
  if not os.path.isdir(path):
    check(path)
    return [path]
  found = []
  for folder, folders, names in os.walk(path):
    folders[:] = [name for name in folders if recursive and not name.startswith('.')]
    found += [os.path.join(folder, name) for name in names
              if not name.startswith('.') and os.path.splitext(name)[1].lower() in EXTENSIONS]
  if not found:
    raise errors.ReadError(path, 'no_music_files', f'holds no file of music ({" ".join(EXTENSIONS)}).')
  return sorted(found)
