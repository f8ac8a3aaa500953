"""Which pieces follow the beat of their file: how TPD's threshold was chosen.

  python benchmarks/beat_concentration.py --root=/data     # the folder with manifest.csv; about a minute

Prints, for corpora that lie on their grid, that are played freely, and for TPD's jazz between them, how many pieces have a beat concentration
(`data_prep.corpora.tpd.beat_concentration`) in each tenth, and how many reach the threshold.
"""
import argparse
import os

import numpy as np

from data_prep.corpora import corpus_map
from data_prep.corpora import tpd
from musicnst import errors
from musicnst.reading import files

GROUPS = (('nottingham', 'folk', 9), ('asap', 'classical', 2), ('maestro', 'classical', 30), ('tpd', 'classical', 5), ('tpd', 'jazz', 1))


def main():
  """Prints a row a group."""
  parser = argparse.ArgumentParser()
  parser.add_argument('--root', default=os.environ.get('MUSICNST_SHARED', '../shared') + '/data')
  root = parser.parse_args().root
  print(f'{"corpus":12} {"genre":10} pieces  reach {tpd.MIN_CONCENTRATION}  pieces by tenth of concentration')
  for name, genre, every in GROUPS:
    values = []
    for piece in [p for p in corpus_map.CORPUS_MAP[name].pieces(root) if p.genre == genre][::every]:
      try:
        values.append(tpd.beat_concentration(files.read(piece.path)[0]))
      except errors.ReadError as error:
        print(error)
    reached = sum(value >= tpd.MIN_CONCENTRATION for value in values)
    print(f'{name:12} {genre:10} {len(values):6} {reached:10}  {np.histogram(values, np.linspace(0, 1, 11))[0].tolist()}')


if __name__ == '__main__':
  main()
