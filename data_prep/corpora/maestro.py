"""MAESTRO v1: piano performances with composer, title and official split (Hawthorne et al., ICLR 2019)."""
import csv
import os

from data_prep.corpora import corpus

NAME = 'maestro'
_FOLDER = 'maestro-v1.0.0'


def find(root: str) -> list[corpus.Piece]:
  """Performances that the dataset's own csv names; `root` is its folder or the one above."""
  for folder in (root, os.path.join(root, _FOLDER)):
    table = os.path.join(folder, _FOLDER + '.csv')
    if os.path.isfile(table):
      return _of_table(folder, table)
  return []


def _of_table(folder: str, table: str) -> list[corpus.Piece]:
  with open(table, newline='', encoding='utf-8') as file:
    rows = [row for row in csv.DictReader(file) if os.path.isfile(os.path.join(folder, row['midi_filename']))]
  return [corpus.make_piece(NAME, folder, row['midi_filename'], genre='classical', composer=row['canonical_composer'], split=row['split'],
                            work=f'{row["canonical_composer"]}: {row["canonical_title"]}') for row in rows]


CORPUS = corpus.Corpus(
    name=NAME,
    description='piano performances, composer by file, official split',
    license='CC BY-NC-SA 4.0',
    citation='C. Hawthorne et al. Enabling Factorized Piano Music Modeling and Generation with the MAESTRO Dataset. ICLR 2019.',
    url='https://magenta.tensorflow.org/datasets/maestro',
    find=find,
    time='estimate',
    # Size and sha256 as MusPy's downloader gives them.
    archives=(corpus.Archive('https://storage.googleapis.com/magentadata/datasets/maestro/v1.0.0/maestro-v1.0.0-midi.zip',
                             'f620f9e1eceaab8beea10617599add2e9c83234199b550382a2f603098ae7135', 46579421, _FOLDER),),
)
