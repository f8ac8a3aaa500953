"""The form of a piece: phrases and sections, what repeats what, pick-up, introduction and ending.

Boundaries are placed by a dynamic programme over bar lines: phrases of 4, 2 and 8 bars are usual, others possible where the music says so, by
rests and long notes of the tune before the line and by bars that begin to repeat earlier ones there. Sections come first, in the same way over
longer spans; phrases divide them.
"""
import dataclasses
import typing

import numpy as np

from musicnst.analysis import bar_similarity
from musicnst.analysis import qualities

# What a phrase or section of so many bars costs; the longest in each table is the longest there is. Those of sections come from a random
# search on the parts of 250 tunes of Nottingham outside the measured ones.
PHRASE_COSTS = {1: 3.0, 2: 1.2, 3: 1.8, 4: 0.6, 5: 1.8, 6: 1.5, 7: 2.2, 8: 1.8, 9: 2.8, 10: 2.8, 11: 3.4, 12: 3.0}
SECTION_COSTS = {1: 4.9, 2: 3.6, 3: 4.2, 4: 3.8, 5: 2.7, 6: 3.5, 7: 2.6, 8: 0.0, 9: 2.3, 10: 2.2, 11: 2.9, 12: 3.0, 13: 2.9, 14: 2.7, 15: 2.9,
                 16: 3.0, 17: 3.2, 18: 3.2, 19: 3.7, 20: 3.4, 21: 4.2, 22: 4.2, 23: 4.2, 24: 3.7}
# What a full rest before a line, and a repetition that begins at it, are worth.
REST, REPETITION, CADENCE = 1.3, 1.3, .4
# Bars from here on are alike; phrases all of whose bars reach SAME_BAR are the same, and on average VARIED_PHRASE are varied.
ALIKE, SAME_BAR, VARIED_PHRASE = .7, .9, .6
# Labels of this many phrases back are compared.
MEMORY_PHRASES = 64


class Phrase(typing.NamedTuple):
  """`bars` bars from bar `first_bar`; those with one letter are the same (A, A) or varied (A, A', A'')."""

  first_bar: int
  bars: int
  label: str

  @property
  def last_bar(self):
    """The bar after its last one."""
    return self.first_bar + self.bars


@dataclasses.dataclass(frozen=True, eq=False)
class Form:
  """What repeats what in M bars.

  Args:
    phrases: tuple of Phrase, in order, without gaps from the first full bar to the last bar that sounds.
    sections: tuple of Phrase, each one or more of the phrases.
    equal: groups of bars whose notes are the same (`bar_similarity.equal_groups`).
    varied: groups of bars that are alike without all being the same.
    pickup: quarters before the first full bar in which something sounds already; 0 without a pick-up.
    intro: bars before the one in which the tune begins, a pick-up's bar not counted; 0 where no tune is known.
    outro: bars after the one in which the tune ends.
  """

  phrases: tuple
  sections: tuple
  equal: tuple
  varied: tuple
  pickup: float
  intro: int
  outro: int


def of(score, melody=None, chords=None):
  """Score -> Form.

  Args:
    score: Score of N notes.
    melody: bool `[N]`, which notes are the tune; None, or none of them, where it is not known: then all notes are looked at.
    chords: `chords.Chords`, or None.
  """
  known = melody is not None and np.any(melody)
  notes = score.pitched() if not score.is_drum.all() else score
  tune = score.select(melody) if known else notes
  rows, equal = bar_similarity.rows(score, tune), bar_similarity.equal_groups(score)
  varied = bar_similarity.varied_groups(rows, equal, ALIKE)
  if not len(score):
    return Form((), (), (), (), 0.0, 0, 0)
  start, pickup = _beginning(score)
  sounding = bar_similarity.bar_of(score, [score.start.min(), score.start.max()])
  start, end = max(start, int(sounding[0])), int(sounding[1]) + 1
  first, last = (bar_similarity.bar_of(score, [tune.start.min(), tune.start.max()]).tolist()) if known else (start, end - 1)
  first, last = max(first, start), max(last, start)
  if known and _early(score, tune, first):
    first += 1
  strength = _strengths(score, tune, rows, chords)
  fixed = {start, end} | ({first, last + 1} if known else set())
  section_lines = _segment(strength, start, end, SECTION_COSTS, fixed)
  phrase_lines = _segment(strength, start, end, PHRASE_COSTS, fixed | set(section_lines))
  return Form(_labelled(phrase_lines, rows), _labelled(section_lines, rows), equal, varied, pickup, max(first - start, 0), max(end - last - 1, 0))


def _beginning(score):
  """(first full bar, quarters of pick-up before it): a first bar shorter than the next, or in which only the second half sounds."""
  bar, first = score.bars[0], float(score.start.min())
  if len(score.bars) < 2 or first >= bar.end_beat - bar_similarity.SAME_ONSET:
    return 0, 0.0
  full, length = score.bars[1].end_beat - score.bars[1].start_beat, bar.end_beat - bar.start_beat
  if length < full - bar_similarity.SAME_ONSET or first - bar.start_beat >= full / 2 - bar_similarity.SAME_ONSET:
    return 1, float(bar.end_beat - max(first, bar.start_beat))
  return 0, 0.0


def _early(score, tune, bar):
  """Whether the tune's first bar has only a pick-up of it: its notes there begin in the second half."""
  written = score.bars[bar]
  return bar + 1 < len(score.bars) and float(tune.start.min()) - written.start_beat >= (written.end_beat - written.start_beat) / 2 - .01


# === What speaks for a boundary ===


def _strengths(score, tune, rows, chords):
  """How much speaks for a boundary before each bar, float64 `[M + 1]`."""
  bars = len(score.bars)
  found = REST * _rests(score, tune) + REPETITION * _repetitions(bar_similarity.banded(rows, bars))
  if chords is not None:
    found += CADENCE * _arrivals(chords, bars)
  return found


def _rests(score, tune):
  """How long the tune waits before each bar line or a pick-up to it, against its median, 0 to 1, `[M + 1]`."""
  found = np.zeros(len(score.bars) + 1)
  onsets = np.unique(np.round(tune.start, 2))
  if len(onsets) < 3:
    return found
  waits = np.diff(onsets)
  usual = max(float(np.median(waits)), .25)
  size = np.clip(np.log2(np.maximum(waits, 1e-3) / usual) / 2, 0, 1)
  # The line that a wait belongs to: the next one after its end, if that is at most half a bar on.
  bar = bar_similarity.bar_of(score, onsets[1:])
  edges = np.append(score.bar_starts, score.end_beat)
  into = onsets[1:] - edges[bar]
  length = edges[bar + 1] - edges[bar]
  line = np.where(into < .25 * length, bar, np.where(into >= .5 * length - .01, bar + 1, -1))
  np.maximum.at(found, line[line >= 0], size[line >= 0])
  return found


def _repetitions(band):
  """How much begins or ends to repeat at each line: 1 for a passage of 8 bars heard before, `[M + 1]`."""
  bars = len(band)
  found = np.zeros(bars + 1)
  for lag in range(2, band.shape[1]):
    alike = np.concatenate([[False], band[lag:, lag] >= ALIKE, [False]])
    starts = np.flatnonzero(alike[1:] & ~alike[:-1])
    ends = np.flatnonzero(~alike[1:] & alike[:-1])
    for first, last in zip(starts + lag, ends + lag):
      worth = min((last - first) / 8, 1) if last - first > 1 else 0
      found[first] = max(found[first], worth)
      found[first - lag] = max(found[first - lag], worth)
      found[last] = max(found[last], worth / 2)
  return found


def _arrivals(chords, bars):
  """1 where a bar of one chord ends on what may close a phrase: a chord held over the whole bar before the line, changing at it."""
  first = np.searchsorted(chords.grid.bar, np.arange(bars))
  last = np.append(first[1:], len(chords)) - 1
  whole = (chords.root[first] == chords.root[last]) & (chords.quality[first] == chords.quality[last]) & (chords.root[first] != qualities.NONE)
  changes = np.append(chords.root[first[1:]] != chords.root[last[:-1]], True)
  return np.append(0.0, (whole & changes).astype(np.float64))


# === Cutting ===


def _segment(strength, start, end, costs, fixed):
  """The bar lines from `start` to `end` that give the most strength less cost, `fixed` ones among them, as a list."""
  longest, count = max(costs), end - start
  best, back = np.full(count + 1, -np.inf), np.zeros(count + 1, np.int64)
  best[0] = 0
  latest = 0  # no part reaches over a fixed line
  for line in range(1, count + 1):
    for length in range(1, min(longest, line - latest) + 1):
      value = best[line - length] - costs[length]
      if value > best[line]:
        best[line], back[line] = value, line - length
    best[line] += strength[start + line]
    if start + line in fixed:
      latest = line
  lines = [count]
  while lines[-1]:
    lines.append(int(back[lines[-1]]))
  return [start + line for line in lines[::-1]]


def _labelled(lines, rows):
  """Phrases between lines with their letters: the letter of the phrase most like it, primes where it is varied."""
  found, heads = [], []  # heads: (letter, variants: list of (first bar, bars))
  for first, last in zip(lines[:-1], lines[1:]):
    letter, variant = _heard(first, last - first, heads, rows)
    if letter is None:
      letter = len(heads)
      heads.append([])
    if variant is None:
      variant = len(heads[letter])
      heads[letter].append((first, last - first))
    found.append(Phrase(first, last - first, _letter(letter) + "'" * variant))
  return tuple(found)


def _heard(first, bars, heads, rows):
  """(which letter, which of its variants) a phrase is; None for a new one."""
  best, found = VARIED_PHRASE, (None, None)
  for letter in range(max(0, len(heads) - MEMORY_PHRASES), len(heads)):
    for variant, (other, length) in enumerate(heads[letter][:4]):
      common = min(bars, length)
      if max(bars, length) > 1.5 * common:
        continue
      by_bar = rows.between(np.arange(first, first + common), np.arange(other, other + common))
      alike = float(by_bar.mean()) * (common / max(bars, length)) ** .5
      if alike >= best:
        best, found = alike, (letter, variant if by_bar.min() >= SAME_BAR and bars == length else None)
  return found


def _letter(number):
  """0 -> A, 25 -> Z, 26 -> AA."""
  return (_letter(number // 26 - 1) if number >= 26 else '') + chr(ord('A') + number % 26)
