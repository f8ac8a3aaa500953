"""What `transfer` takes as content and as style: files, folders, NoteSequences -> named NoteSequences."""
from collections.abc import Callable
from collections.abc import Sequence
import os
from typing import Any
from typing import TypeAlias

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import files

# A path, or music itself; a style may be several, or a folder.
Source: TypeAlias = str | os.PathLike[str] | music_proto.NoteSequence
Style: TypeAlias = Source | Sequence[Source]


def load_sequence(source: Source) -> tuple[str, music_proto.NoteSequence]:
  """Path or NoteSequence -> (name, NoteSequence); of an ABC file's tunes the first. `reading.manner.using` says how it is read."""
  if isinstance(source, music_proto.NoteSequence):
    return source.filename or source.id or 'the sequence', source
  return os.path.basename(str(source)), files.read(source)[0]


def load_styles(style: Style, prepare: Callable[[music_proto.NoteSequence, str], Any],
                problems: list[errors.MusicnstError] | None = None) -> tuple[list[tuple[str, Any]], bool]:
  """What `transfer` takes as style -> (list of (name, what `prepare(sequence, name)` makes of it), whether it is several files).

  In a folder, files that cannot be used are skipped as long as one can; `problems` gets the reasons.

  Raises:
    MusicnstError: a file that was named cannot be used, or none of a folder.
  """
  sources: list[Any] = list(style) if isinstance(style, (list, tuple)) else [style]
  found: list[tuple[str, Any]] = []
  problems = [] if problems is None else problems
  for source in sources:
    is_folder = not isinstance(source, music_proto.NoteSequence) and os.path.isdir(str(source))
    for path in files.find(str(source)) if is_folder else [source]:
      try:
        found.extend(_prepared(path, is_folder, prepare))
      except errors.MusicnstError as error:
        if not is_folder:
          raise
        problems.append(error)
  if not found:
    raise problems[0] if problems else errors.ArgumentError(f'style {style}: no music files in it')
  return found, len(found) > 1


def _prepared(path: Any, every_tune: bool, prepare: Callable[[music_proto.NoteSequence, str], Any]) -> list[tuple[str, Any]]:
  name, sequence = load_sequence(path)
  sequences = files.read(path) if every_tune else [sequence]
  return [(name, prepare(s, name)) for s in sequences]
