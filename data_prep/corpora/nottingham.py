"""Nottingham: about a thousand British and American folk tunes with chords."""
import dataclasses

from data_prep.corpora import corpus
from musicnst import music_proto

NAME = 'nottingham'


def find(root: str) -> list[corpus.Piece]:
  """Tunes of a manifest's folder, or of the cleaned repository's layout (`MIDI/*.mid`, without its `melody` and `chords` copies)."""
  rows = corpus.manifest_rows(root, NAME)
  if rows is not None:
    return [corpus.make_piece(NAME, root, row['path'], genre='folk', split=row['split']) for row in rows]
  tunes = [path for path in corpus.walk(root) if not {'melody', 'chords'} & set(path.lower().split('/')[:-1])]
  return [corpus.make_piece(NAME, root, path, genre='folk') for path in tunes]


def read_melody(piece: corpus.Piece) -> list[music_proto.NoteSequence]:
  """The tune without its chords, which stand in the file's second track.

  Raises:
    RejectedSequence: `no_melody`.
  """
  sequences = corpus.read_file(piece)
  for sequence in sequences:
    corpus.keep_instrument(sequence, min((note.instrument for note in sequence.notes), default=0))
  return sequences


CORPUS = corpus.Corpus(
    name=NAME,
    description='folk tunes with chords, on the grid',
    license='GPL-3.0',
    citation='E. Foxley. Nottingham Database, 2001; cleaned by Jukedeck, 2017.',
    url='https://github.com/jukedeck/nottingham-dataset',
    find=find,
    time='tempo',
    # GitHub publishes no checksum of a branch's archive.
    archives=(corpus.Archive('https://github.com/jukedeck/nottingham-dataset/archive/refs/heads/master.zip', folder='nottingham-dataset'),),
)
MELODY = dataclasses.replace(CORPUS, name='nottingham-melody', description='the tunes of nottingham without their chords', read=read_melody)
