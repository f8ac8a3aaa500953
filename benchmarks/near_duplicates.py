"""How well sketches of the tune know versions of one piece again.

  python benchmarks/near_duplicates.py --root=/data     # the folder with manifest.csv; about a minute

All pairs of a corpus are compared, not only those that the banded search of `data_prep.splits` looks at. Pairs of one work (MAESTRO: composer
and title; asap: editions with and without repeats) should share their numbers, others not; a title may span several movements, and
one work has several titles, so both columns hold some of the other kind. The last columns are what a search finds and what its groups say.
"""
import argparse
import os

import numpy as np

from data_prep import cleaning
from data_prep import splits
from data_prep.corpora import corpus_map
from musicnst import errors
from musicnst.reading import files

EDGES = (0, .05, .1, .15, .2, .3, .5, 1.01)


def entries_of(name, root):
  """Entries of every readable piece of a corpus."""
  found = []
  for piece in corpus_map.CORPUS_MAP[name].pieces(root):
    try:
      sketch = cleaning.signature(files.read(piece.path)[0])
    except errors.ReadError:
      continue
    if sketch is not None:
      found.append(splits.Entry(piece.id, piece.split, piece.work, sketch))
  return found


def main():
  """Prints the shares of equal numbers of pairs by corpus, and how many pieces would have leaked."""
  parser = argparse.ArgumentParser()
  parser.add_argument('--root', default=os.environ.get('MUSICNST_SHARED', '../shared') + '/data')
  root = parser.parse_args().root
  print('share of equal numbers, pairs from', *EDGES[:-1])
  for name in ('asap', 'maestro', 'nottingham', 'pop909', 'tpd', 'easymusicnotes'):
    entries = entries_of(name, root)
    table = np.stack([entry.signature for entry in entries])
    share = sum((column[:, None] == column[None]).astype(np.float32) for column in table.T) / table.shape[1]
    rows, columns = np.triu_indices(len(entries), 1)
    works = np.array([entry.work or str(i) for i, entry in enumerate(entries)])
    same = works[rows] == works[columns]
    for label, chosen in (('one work', same), ('others', ~same)):
      print(f'{name:15} {label:9}', np.histogram(share[rows[chosen], columns[chosen]], EDGES)[0].tolist())
    pairs = splits.similar_pairs([entry.signature for entry in entries])
    groups = splits.group(entries)
    left_out = sum(split is None for split in splits.assign(entries)[0])
    print(f'{name:15} found {len(pairs)} of {int((share[rows, columns] >= splits.SAME_PIECE).sum())} pairs from {splits.SAME_PIECE}; '
          f'{len(entries)} pieces in {len(set(groups.tolist()))} groups; {left_out} left out of their declared split')


if __name__ == '__main__':
  main()
