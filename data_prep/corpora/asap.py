"""ASAP: scores of classical piano pieces as MIDI, the part of the dataset that lies on its grid (Foscarin et al., ISMIR 2020)."""
import csv
import os
import re

from data_prep.corpora import corpus

NAME = 'asap'
_IN_MANIFEST = 'asap-scores'


def find(root: str) -> list[corpus.Piece]:
  """Scores of a manifest's folder, or those that the repository's `metadata.csv` names (each score once)."""
  rows = corpus.manifest_rows(root, _IN_MANIFEST)
  if rows is not None:
    return [corpus.make_piece(NAME, root, row['path'], genre='classical', composer=row['label'], split=row['split'],
                              work=work_of(row['path'])) for row in rows]
  path = os.path.join(root, 'metadata.csv')
  if not os.path.isfile(path):
    return []
  with open(path, newline='', encoding='utf-8') as file:
    scores = {row['midi_score']: row['composer'] for row in csv.DictReader(file) if row.get('midi_score')}
  return [corpus.make_piece(NAME, root, score, genre='classical', composer=composer, work=work_of(score))
          for score, composer in sorted(scores.items())]


def work_of(path: str) -> str:
  """One name for a score and its edition without repeats (`..._no_repeat.mid`)."""
  return re.sub(r'_no(_\d)?_repeat', '', os.path.splitext(path)[0])


CORPUS = corpus.Corpus(
    name=NAME,
    description='scores of classical piano pieces, composer by file',
    license='CC BY-NC-SA 4.0',
    citation='F. Foscarin et al. ASAP: a dataset of aligned scores and performances for piano transcription. ISMIR 2020.',
    url='https://github.com/fosfrancesco/asap-dataset',
    find=find,
    time='tempo',
    # GitHub publishes no checksum of a branch's archive.
    archives=(corpus.Archive('https://github.com/fosfrancesco/asap-dataset/archive/refs/heads/master.zip', folder='asap-dataset'),),
)
