"""A style felt at twice or half its beat where content and style go at very different tempos, so that a figure keeps about its own speed."""
import dataclasses

import numpy as np

from musicnst.reading import meter

# Beyond these ratios of the content's seconds a beat to the style's, the style goes at half or at double time.
HALF_TIME_BELOW, DOUBLE_TIME_ABOVE = .6, 1.7


def factor(content, style):
  """How many of the content's beats a beat of the style lasts: 2, 1 or .5.

  Args:
    content, style: ArrangedPieces.
  """
  ratio = _beat_seconds(content) / _beat_seconds(style)
  return 2.0 if ratio < HALF_TIME_BELOW else .5 if ratio > DOUBLE_TIME_ABOVE else 1.0


def _beat_seconds(piece):
  """Mean seconds of a beat, of which a compound meter has one for three eighths."""
  return piece.beat_seconds * float(np.diff(piece.beats.edges).mean())


def at(style, factor):
  """The ArrangedPiece with every time `factor` times as late, in bars of the meter that it has."""
  if factor == 1:
    return style
  score, harmony = style.score, style.harmony
  bars = _halves(score.bars) if factor > 1 else _pairs(score.bars, style.first_full_bar)
  score = dataclasses.replace(score, start=score.start * factor, end=score.end * factor, bars=tuple(bars))
  return dataclasses.replace(style, score=score, harmony=dataclasses.replace(harmony, edges=harmony.edges * factor))


def _halves(bars):
  """Bars twice as long, each as two of its meter."""
  result = []
  for bar in bars:
    middle = bar.start_beat + bar.end_beat
    result += [meter.Bar(2 * bar.start_beat, bar.numerator, bar.denominator, middle),
               meter.Bar(middle, bar.numerator, bar.denominator, 2 * bar.end_beat)]
  return result


def _pairs(bars, alone=0):
  """Bars half as long, two of them as one of their meter where they are alike; others, and the first `alone`, as half a bar each."""
  result, i = [], 0
  while i < len(bars):
    last = bars[i + 1] if alone <= i < len(bars) - 1 and _length(bars[i + 1]) == _length(bars[i]) else bars[i]
    result.append(meter.Bar(bars[i].start_beat / 2, bars[i].numerator, bars[i].denominator, last.end_beat / 2))
    i += 2 if last is not bars[i] else 1
  return result


def _length(bar):
  return round(bar.end_beat - bar.start_beat, 6)


# The middle of a beat of this many quarters lies at two thirds of it: three eighths.
COMPOUND, THIRD = 1.5, 2 / 3
# Onsets of a beat's middle lie between these fractions; they swing where their median lies beyond SWINGS and no more than a share of SHARP
# of them lies at the half itself.
MIDDLE, SWINGS, HALF, SHARP, LEAST = (.4, .8), .56, .04, .25, 8


def swing(piece):
  """Where the second half of a quarter begins, as a fraction of it: .5 for straight eighths, up to .75.

  Args:
    piece: ArrangedPiece; its onsets as played.
  """
  beats, onsets = piece.beats, piece.score.start
  beat = beats.of(onsets)
  length = np.diff(beats.edges)[beat]
  place = ((onsets - beats.edges[beat]) / length)[np.abs(length - 1) < .01]
  middle = place[(place > MIDDLE[0]) & (place < MIDDLE[1])]
  if len(middle) < LEAST or np.median(middle) <= SWINGS or (np.abs(middle - .5) < HALF).mean() > SHARP:
    return .5
  if (np.abs(middle - .75) < HALF).mean() > .5:
    return .5  # dotted rhythms on straight sixteenths
  return float(np.median(middle))


def middles(piece, beats):
  """float: where the middle of each of some beats (indices) lies, as a fraction of the beat."""
  length = np.diff(piece.beats.edges)[beats]
  return np.where(np.abs(length - COMPOUND) < .01, THIRD, np.where(np.abs(length - 1) < .01, piece.swing, .5))


def warped(place, theirs, ours):
  """Fractions of beats whose middle lies at `theirs`, in beats whose middle lies at `ours`.

  Straight halves go to the middle of a swung or a compound beat; what swings by itself stays as it is.
  """
  straight = (theirs < SWINGS) & (ours > SWINGS)
  inside = np.clip(place, 0, 1)
  bent = np.where(inside < .5, inside * ours / .5, ours + (inside - .5) * (1 - ours) / .5)
  return np.where(straight, place - inside + bent, place)
