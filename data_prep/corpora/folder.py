"""Any folder of music: the label of a piece is the first sub-folder that it lies in."""
import os

from data_prep.corpora import corpus
from musicnst.reading import files

NAME = 'folder'


def find(root: str) -> list[corpus.Piece]:
  """Every music file below `root`: `root/jazz/a.mid` is labelled `jazz`; a file in `root` itself has no label."""
  pieces = []
  for relative in corpus.walk(root, files.EXTENSIONS):
    genre, _, rest = relative.partition(os.sep)
    pieces.append(corpus.make_piece(NAME, root, relative, genre=genre if rest else ''))
  return pieces


CORPUS = corpus.Corpus(
    name=NAME,
    description='your own music: --corpus_root=FOLDER, label = sub-folder',
    license='yours',
    citation='',
    url='',
    find=find,
    time='auto',
)
