"""Chords and keys of music21's own analyses in roman numerals, beside the scores that they analyse, both shipped with music21.

Twenty chorales of Bach (analyst Andrew Jones) and forty-eight madrigals of Monteverdi. The numerals' roots and basses are taken as music21
reads them; the quality is the one that shares most tones on that root.
"""
import os
import re
import typing

import music21
import numpy as np

from experiments.analysis import chord_truth
from musicnst import music_proto
from musicnst.analysis import qualities
from musicnst.analysis import score as score_lib

FOLDERS = {'bach': 'bach/choraleAnalyses', 'monteverdi': 'monteverdi'}
# Analysis and score may differ by this many quarters (a last chord held); where they differ by more they do not tell of the same edition.
MOST_DIFFERENCE = 4.0


class Analysed(typing.NamedTuple):
  """A piece, its chords as list of `chord_truth.Labelled`, and its keys as list of (start, end, key 0 to 23)."""

  name: str
  score: score_lib.Score
  truth: list
  keys: list


def examples(collection, limit=0):
  """Yields an Analysed for each analysis of 'bach' or 'monteverdi' whose score is as long as it; `limit` of them at most."""
  folder = os.path.join(os.path.dirname(music21.__file__), 'corpus', FOLDERS[collection])
  names = sorted(name for name in os.listdir(folder) if name.endswith('.rntxt'))
  for name in names[:limit or None]:
    path = os.path.join(folder, name)
    analysis, written = music21.converter.parse(path, format='romantext'), music21.corpus.parse(_score_name(path))
    if abs(analysis.duration.quarterLength - written.duration.quarterLength) <= MOST_DIFFERENCE:
      yield _analysed(name, analysis, written)


def _score_name(path):
  """Where the corpus keeps the score of an analysis: the chorale of its BWV, or the madrigal of the same name."""
  if 'bach' not in path:
    return path.removesuffix('.rntxt') + '.mxl'
  with open(path, encoding='utf-8') as file:
    number = next(line.split(':')[1].strip() for line in file if line.startswith('BWV'))
  # Part 2 of the Christmas Oratorio, number 12, is written 248(2).12 in the one and 248.12-2 in the other, 41.6s is 41.6.
  return 'bach/bwv' + re.sub(r'\((\d+)\)\.(\d+)', r'.\2-\1', number).removesuffix('s')


def _analysed(name, analysis, written):
  numerals = list(analysis.flatten().getElementsByClass('RomanNumeral'))
  starts = [float(numeral.offset) for numeral in numerals]
  ends = starts[1:] + [float(analysis.duration.quarterLength)]
  truth, keys = [], []
  for numeral, start, end in zip(numerals, starts, ends):
    root = numeral.root().pitchClass
    pitches = [pitch.pitchClass for pitch in numeral.pitches]
    _, quality, _ = qualities.spelled(pitches, root) if len(set(pitches)) > 1 else (root, qualities.MAJOR, root)
    truth.append(chord_truth.Labelled(start, end, root, quality, numeral.bass().pitchClass))
    keys.append((start, end, numeral.key.tonic.pitchClass + 12 * (numeral.key.mode == 'minor')))
  return Analysed(name, _score(written), truth, keys)


def _score(written):
  """A music21 score -> Score, a quarter a second."""
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(qpm=60)
  for signature in written.parts[0].flatten().getElementsByClass('TimeSignature'):
    sequence.time_signatures.add(time=float(signature.offset), numerator=signature.numerator, denominator=signature.denominator)
  for part, stream in enumerate(written.parts):
    for event in stream.stripTies().flatten().notes:
      for pitch in event.pitches:
        start = float(event.offset)
        sequence.notes.add(pitch=int(pitch.midi), velocity=80, start_time=start, end_time=start + float(event.quarterLength), instrument=part)
  sequence.total_time = float(written.duration.quarterLength)
  _count_from_pickup(sequence, written)
  return score_lib.of(sequence)


def _count_from_pickup(sequence, written):
  """Writes a first measure that is cut short as a meter of its own, so that bars begin where the score's do."""
  measures = list(written.parts[0].getElementsByClass('Measure'))
  if len(measures) < 2 or not sequence.time_signatures:
    return
  first, full = float(measures[1].offset), 4 * sequence.time_signatures[0].numerator / sequence.time_signatures[0].denominator
  if 0 < first < full - 1e-6:
    whole = sequence.time_signatures[0]
    sequence.time_signatures.add(time=first, numerator=whole.numerator, denominator=whole.denominator)
    sequence.time_signatures[0].numerator, sequence.time_signatures[0].denominator = max(1, int(np.round(first * 2))), 8
