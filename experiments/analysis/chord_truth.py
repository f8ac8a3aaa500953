"""Chords that people wrote down, beside the notes they belong to: POP909-CL, Nottingham, and music21's analyses of its own corpus.

A truth is a list of `Labelled`: from, to (quarters), root, quality, bass as `musicnst.analysis.qualities` numbers them.

POP909-CL and Nottingham hold chords as block notes in a track of their own. A block is what begins at one time; it lasts until the next
one, the last one until its notes end. Its root and quality are those that share most tones with it (`qualities.spelled`), its bass is its
lowest note.
"""
import csv
import dataclasses
import os
import typing

import numpy as np

from musicnst.analysis import qualities
from musicnst.analysis import score as score_lib
from musicnst.reading import files

CORPORA = ('pop909cl', 'nottingham')


class Labelled(typing.NamedTuple):
  """A stretch of one chord; NONE in root, quality and bass for no chord."""

  start: float
  end: float
  root: int
  quality: int
  bass: int


class Example(typing.NamedTuple):
  """A piece without its track of chords, that track, and what it says."""

  name: str
  score: score_lib.Score
  chords: score_lib.Score
  truth: list


def join(*scores):
  """Scores of one piece -> one Score of all their notes."""
  names = [field.name for field in dataclasses.fields(score_lib.Score) if field.name not in ('bars', 'track_names')]
  arrays = {name: np.concatenate([getattr(score, name) for score in scores]) for name in names}
  return dataclasses.replace(scores[0], **arrays).select(np.lexsort((arrays['pitch'], arrays['start'])))


def blocks(score):
  """The chords of a Score that holds nothing but block chords, list of Labelled."""
  if not len(score):
    return []
  starts, which = np.unique(np.round(score.start, 3), return_inverse=True)
  ends = np.append(starts[1:], score.end.max())
  spelled = [qualities.spelled(score.pitch[which == i]) for i in range(len(starts))]
  return [Labelled(start, end, *chord) for start, end, chord in zip(starts.tolist(), ends.tolist(), spelled)]


def examples(corpus_root, corpus, split, limit=0):
  """Yields an Example for each piece of a corpus that has a track of notes and one of chords, in this order; others are passed over.

  Args:
    corpus_root: folder with `manifest.csv` (corpus, path, label, split).
    corpus: one of CORPORA.
    split: 'train', 'validation' or 'test'.
    limit: how many at most; 0 for all.
  """
  with open(os.path.join(corpus_root, 'manifest.csv'), encoding='utf-8', newline='') as file:
    paths = [row['path'] for row in csv.DictReader(file) if (row['corpus'], row['split']) == (corpus, split)]
  for path in paths[:limit or None]:
    score = score_lib.of(files.read(os.path.join(corpus_root, path))[0])
    tracks = np.unique(score.instrument)
    if len(tracks) == 2:
      notes, chords = (score.select(score.instrument == track) for track in tracks)
      yield Example(path, notes, chords, blocks(chords))


def by_beat(truth, grid):
  """The chord that each beat has for longest: int64 `[B, 3]` of root, quality, bass; NONE where no chord is said for longest."""
  found, longest = np.full((len(grid), 3), qualities.NONE), np.zeros(len(grid))
  said = np.zeros(len(grid))
  for label in truth:
    if label.root < 0:
      continue
    first = max(0, int(np.searchsorted(grid.edges, label.start, side='right')) - 1)
    last = min(len(grid), int(np.searchsorted(grid.edges, label.end, side='left')))
    for beat in range(first, last):
      overlap = min(label.end, grid.edges[beat + 1]) - max(label.start, grid.edges[beat])
      said[beat] += overlap
      if overlap > longest[beat]:
        longest[beat], found[beat] = overlap, label[2:]
  found[said < grid.lengths / 2] = qualities.NONE
  return found
