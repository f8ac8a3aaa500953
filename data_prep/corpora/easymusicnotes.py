"""Easymusicnotes: easy piano arrangements by level."""
from data_prep.corpora import corpus

NAME = 'easymusicnotes'


def find(root: str) -> list[corpus.Piece]:
  """Pieces of a manifest's folder, or every MIDI file below `root`."""
  rows = corpus.manifest_rows(root, NAME)
  if rows is not None:
    return [corpus.make_piece(NAME, root, row['path'], genre=row['label'], split=row['split']) for row in rows]
  return [corpus.make_piece(NAME, root, path, genre='easy-piano') for path in corpus.walk(root)]


CORPUS = corpus.Corpus(
    name=NAME,
    description='easy piano arrangements by level, on the grid',
    license='research use only',
    citation='',
    url='https://www.easymusicnotes.com',
    find=find,
    time='tempo',
)
