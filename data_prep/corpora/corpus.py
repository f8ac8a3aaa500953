"""What a corpus is: where its pieces are, how one is read, whose they are and under which licence."""
import csv
import dataclasses
import hashlib
import os
from collections.abc import Callable
from collections.abc import Iterator

from data_prep import splits
from musicnst import errors
from musicnst import music_proto
from musicnst.reading import files
from musicnst.reading import musical_time


@dataclasses.dataclass(frozen=True)
class Archive:
  """A public download of a corpus.

  Args:
    url: where it lies.
    sha256: of the file, as its publisher or a second source gives it; empty where none is known, and then the downloader asks for one.
    num_bytes: size, 0 where unknown.
    folder: the folder that unpacking makes, which is the corpus's root.
  """

  url: str
  sha256: str = ''
  num_bytes: int = 0
  folder: str = ''


@dataclasses.dataclass(frozen=True)
class Piece:
  """One piece that a corpus knows of, not read yet.

  Args:
    path: its file.
    id: stable name, such as `/id/midi/pop909/<sha1 of the path within the corpus>`.
    corpus, genre, composer: labels; empty where unknown.
    split: `train`, `validation`, `test`, or empty where the corpus has none.
    filename: path within the corpus.
    work: a name that all versions of one composition share (they go into one split), or empty.
  """

  path: str
  id: str
  corpus: str
  genre: str = ''
  composer: str = ''
  split: str = ''
  filename: str = ''
  work: str = ''

  @property
  def labels(self) -> dict[str, str]:
    return {'id': self.id, 'genre': self.genre, 'composer': self.composer, 'corpus': self.corpus}


def read_file(piece: Piece) -> list[music_proto.NoteSequence]:
  """The usual reader: every sequence of the piece's file, in seconds."""
  return files.read(piece.path)


@dataclasses.dataclass(frozen=True)
class Corpus:
  """An entry of CORPUS_MAP.

  Args:
    name: its name in CORPUS_MAP.
    description: one line.
    license, citation, url: of the corpus.
    find: `(root) -> list[Piece]`, by name and cheap: nothing is read.
    read: `(piece) -> list[NoteSequence]`, raising ReadError, or RejectedSequence for a piece that does not belong.
    time: how its music gets its beats (a mode of `musical_time.choose`); `beats` where `read` gives beats already.
    archives: its public downloads.
  """

  name: str
  description: str
  license: str
  citation: str
  url: str
  find: Callable[[str], list[Piece]]
  read: Callable[[Piece], list[music_proto.NoteSequence]] = read_file
  time: str = 'auto'
  archives: tuple[Archive, ...] = ()

  def pieces(self, root: str | os.PathLike, split: str | None = None) -> list[Piece]:
    """The corpus's pieces under `root`, sorted by path: all, or those of one split and those that declare none.

    Raises:
      DataError: none found there.
    """
    found = sorted(self.find(os.path.abspath(os.path.expanduser(root))), key=lambda p: p.path)
    if not found:
      raise errors.DataError(f'{root}: no pieces of the corpus {self.name!r} here; {self.where()}')
    return [p for p in found if not split or p.split in (split, '')]

  def where(self) -> str:
    """One sentence on where to get the corpus."""
    if self.archives:
      return f'--download fetches it from {self.url}'
    return f'get it from {self.url} and name its folder' if self.url else 'name the folder that holds it'

  def sequences(self, root: str | os.PathLike, split: str | None = None,
                on_reject: Callable[[Piece, Exception], object] | None = None) -> Iterator[music_proto.NoteSequence]:
    """Yields labelled NoteSequences, piece by piece.

    Args:
      root: folder of the corpus, or the one above it that holds `manifest.csv`.
      split: only pieces of this split, declared or, where none is, by the sha256 of the work or id.
      on_reject: called with (piece, error) for each piece that cannot be used; without it they are passed over.
    """
    for piece in self.pieces(root, split):
      if split and (piece.split or splits.by_hash(piece.work or piece.id)) != split:
        continue
      try:
        yield from self.labelled(piece)
      except (errors.ReadError, errors.RejectedSequence) as error:
        if on_reject:
          on_reject(piece, error)

  def labelled(self, piece: Piece) -> list[music_proto.NoteSequence]:
    """The sequences of one piece, with id, filename and labels filled in."""
    sequences = self.read(piece)
    for i, sequence in enumerate(sequences):
      sequence.id = piece.id if len(sequences) == 1 else f'{piece.id}/{i}'
      sequence.filename, sequence.collection_name = piece.filename, self.name
      label(sequence, piece.genre, piece.composer)
    return sequences

  def in_beats(self, sequence: music_proto.NoteSequence) -> music_proto.NoteSequence:
    """The sequence in musical time, as this corpus needs it."""
    return self.timed(sequence)[0]

  def timed(self, sequence: music_proto.NoteSequence, meter: str = '') -> tuple[music_proto.NoteSequence, list[str]]:
    """(the sequence in musical time, what was assumed for it: of `beats_estimated`, `meter_guessed`); `meter` as in `musical_time.choose`."""
    if self.time == 'beats':
      return sequence, []
    beat_map, source = musical_time.choose(sequence, self.time, meter=meter)
    return musical_time.in_beats(sequence, beat_map), musical_time.assumed(beat_map, source)


def label(sequence: music_proto.NoteSequence, genre: str = '', composer: str = '') -> None:
  """Puts labels into `sequence_metadata`, in place of others."""
  metadata = sequence.sequence_metadata
  for field, value in ((metadata.genre, genre), (metadata.composers, composer)):
    if value:
      del field[:]
      field.append(value)


def keep_instrument(sequence: music_proto.NoteSequence, instrument: int) -> None:
  """Takes the notes of all other instruments out of a sequence.

  Raises:
    RejectedSequence: `no_melody`, where nothing is left.
  """
  notes = [note for note in sequence.notes if note.instrument == instrument and not note.is_drum]
  if not notes:
    raise errors.RejectedSequence('no_melody', f'instrument {instrument} has no notes')
  del sequence.notes[:]
  sequence.notes.extend(notes)


# ---------------------- finding pieces ----


def manifest_rows(root: str, corpus: str) -> list[dict[str, str]] | None:
  """Rows of `manifest.csv` (columns corpus, path, label, split, license) for a corpus; None where there is no manifest."""
  path = os.path.join(root, 'manifest.csv')
  if not os.path.isfile(path):
    return None
  with open(path, newline='', encoding='utf-8') as file:
    return [row for row in csv.DictReader(file) if row['corpus'] == corpus]


def make_piece(corpus: str, root: str, relative: str, **labels: str) -> Piece:
  """A `Piece` for a file under `root`, its id made of the corpus and the relative path as Magenta makes it."""
  kind = os.path.splitext(relative)[1].lstrip('.').lower()
  kind = {'mid': 'midi', 'kar': 'midi', 'rmi': 'midi', 'xml': 'musicxml', 'mxl': 'musicxml'}.get(kind, kind)
  digest = hashlib.sha1(relative.encode('utf-8')).hexdigest()
  return Piece(os.path.join(root, relative), f'/id/{kind}/{corpus}/{digest}', corpus, filename=relative, **labels)


def walk(root: str, extensions: tuple[str, ...] = ('.mid', '.midi')) -> list[str]:
  """Relative paths of the files under `root` with these extensions, sorted."""
  found: list[str] = []
  for folder, folders, names in os.walk(root):
    folders[:] = [name for name in folders if not name.startswith('.')]
    found += [os.path.relpath(os.path.join(folder, name), root) for name in names
              if name.lower().endswith(extensions) and not name.startswith('.')]
  return sorted(found)
