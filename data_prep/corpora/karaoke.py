"""Karaoke: full bands with melody, lyrics and drums."""
from data_prep.corpora import corpus

NAME = 'karaoke'


def find(root: str) -> list[corpus.Piece]:
  """Songs of a manifest's folder, or every .mid and .kar file below `root`."""
  rows = corpus.manifest_rows(root, NAME)
  if rows is not None:
    return [corpus.make_piece(NAME, root, row['path'], genre=row['label'], split=row['split']) for row in rows]
  return [corpus.make_piece(NAME, root, path, genre='pop-band') for path in corpus.walk(root, ('.mid', '.midi', '.kar'))]


CORPUS = corpus.Corpus(
    name=NAME,
    description='full bands: drums, bass, guitars, strings, melody, lyrics',
    license='CC BY-NC-SA 4.0',
    citation='',
    url='',
    find=find,
    time='tempo',
)
