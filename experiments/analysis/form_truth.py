"""Where the parts of Nottingham's tunes begin: the repeat signs, double bars and P: fields of their ABC, through all repeats as played.

A mark is written into the ABC before the first note of each part; the reader then carries it to every time that the part is played.
"""
import re
import typing

import numpy as np

from musicnst import errors
from musicnst.analysis import score as score_lib
from musicnst.reading import abc

MARK = 'part-'
# A mark belongs to the next bar line also where half a bar of pick-up comes first.
LATE = .1
# A bar line that ends or begins a part; not one before a second ending.
_LINE = re.compile(r'(\|:|:\|:|::|:\||\|\||\|\])(?!\s*\|?\s*\[?[2-9])')


class Tune(typing.NamedTuple):
  """A tune: its Score with chords taken out, the bars at which parts begin, which part each of them is."""

  name: str
  score: score_lib.Score
  lines: list
  parts: list


def tunes(path):
  """Yields a Tune for each tune of an .abc file that has two parts or more; those that cannot be read are passed over."""
  with open(path, encoding='latin-1') as file:
    header, found = abc.split(file.read())
  for number, lines in found:
    text = '\n'.join(header + marked(lines))
    try:
      sequences, _ = abc.read_text(text, f'{path}:{number}')
    except errors.ReadError:
      continue
    for sequence in sequences:
      tune = _tune(f'{path}:{number}', sequence)
      if len(tune.lines) > 1:
        yield tune


def marked(lines):
  """The lines of a tune with a mark before the first note of each part."""
  result, count, in_header, pending = [], 0, True, True
  for line in lines:
    if in_header or re.match(r'[A-Za-z]:', line):
      in_header = in_header and not line.startswith('K:')
      pending = pending or (line.startswith('P:') and not in_header)
      result.append(line)
      continue
    pieces = _LINE.split(re.sub(r'(?<!\\)%.*$', '', line))
    for i, piece in enumerate(pieces):
      if i % 2:
        pending = True
      elif pending and re.search(r'[A-Ga-gz]', re.sub(r'"[^"]*"', '', piece)):
        pieces[i], count, pending = _with_mark(piece, count), count + 1, False
    result.append(''.join(pieces))
  return result


def _with_mark(piece, count):
  """The mark goes after any bracket of an ending, before the first chord symbol or note."""
  ending = re.match(r'\s*\|?\s*\[?[1-9]?\s*', piece).end() if re.match(r'\s*\|?\s*\[?[1-9]', piece) else 0
  return piece[:ending] + f'"^{MARK}{count}"' + piece[ending:]


def _tune(name, sequence):
  score = score_lib.of(sequence)
  marks = sorted((a.time, a.text) for a in sequence.text_annotations if a.text.lstrip('^').startswith(MARK))
  beats = sequence.tempos[0].qpm / 60 if sequence.tempos else 2.0
  starts = np.append(score.bar_starts, score.end_beat)
  lines, parts = [], []
  for time, text in marks:
    bar = int(np.abs(starts - time * beats - LATE).argmin())
    if lines and lines[-1] == bar:  # a pick-up written before its part's first bar line
      lines.pop()
      parts.pop()
    lines.append(bar)
    parts.append(text)
  return Tune(name, score, lines, parts)


def boundary_scores(estimated, truth, tolerance):
  """(precision, recall, F1) of bar lines within `tolerance` bars, one to one, the first and last line of the piece left out by the caller."""
  left, used, hits = sorted(estimated), set(), 0
  for line in sorted(truth):
    near = [x for x in left if x not in used and abs(x - line) <= tolerance]
    if near:
      used.add(min(near, key=lambda x: abs(x - line)))
      hits += 1
  precision, recall = (hits / len(lines) if lines else 0.0 for lines in (estimated, truth))
  return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0
