"""Greensleeves: verse and refrain over broken chords, then again over plucked ones."""
import fractions

from musicnst.pieces import notation
from musicnst.pieces import patterns

_METER, _EIGHTH = (6, 8), fractions.Fraction(1, 2)

_VERSE = """c5:2 d5 e5:3/2 f#5:1/2 e5 | d5:2 b4 g4:3/2 a4:1/2 b4 | c5:2 a4 a4:3/2 g#4:1/2 a4 | b4:2 g#4 e4:2 a4 |
c5:2 d5 e5:3/2 f#5:1/2 e5 | d5:2 b4 g4:3/2 a4:1/2 b4 | c5:3/2 b4:1/2 a4 g#4:3/2 f#4:1/2 g#4 | a4:3 a4:3 |"""
_REFRAIN = """g5:3 g5:3/2 f#5:1/2 e5 | d5:2 b4 g4:3/2 a4:1/2 b4 | c5:2 a4 a4:3/2 g#4:1/2 a4 | b4:2 g#4 e4:3 |
g5:3 g5:3/2 f#5:1/2 e5 | d5:2 b4 g4:3/2 a4:1/2 b4 | c5:3/2 b4:1/2 a4 g#4:3/2 f#4:1/2 g#4 | a4:5"""
_MELODY = f'a4 | {_VERSE} {_REFRAIN} a4 | {_VERSE} {_REFRAIN} r |'
_CHORDS = 'Am | G | Am | E | Am | G | Am E | Am | C | G | Am | E | C | G | Am E | Am'

_HALF = fractions.Fraction(3, 2)
_BROKEN = [(place * _EIGHTH, _EIGHTH, (patterns.bass(43, step),)) for place, step in enumerate((0, 2, 3))]
_ANSWER = [(place * _EIGHTH, _EIGHTH, (patterns.bass(43, step),)) for place, step in enumerate((1, 3, 2))]
_PLUCKED = [(0, _HALF, (patterns.bass(40),)), (_EIGHTH * 2, _EIGHTH, patterns.close(52))]


def _accompaniment():
  chords = patterns.progression(_CHORDS, _METER)
  again = [(start + 16 * 3, length, root, intervals) for start, length, root, intervals in chords]
  whole = [chord for chord in chords if chord[1] == 3]
  first_half = [(start, _HALF, root, intervals) for start, _, root, intervals in chords]
  second_half = [(start + _HALF, _HALF, root, intervals) for start, _, root, intervals in whole]
  halves = [(start + at, _HALF, root, intervals) for start, length, root, intervals in again for at in (0, _HALF) if at < length]
  return patterns.figure(first_half, _BROKEN) + patterns.figure(second_half, _ANSWER) + patterns.figure(halves, _PLUCKED)


PIECE = notation.Piece(
    title='Greensleeves', composer='traditional, about 1580',
    source='the tune twice (32 bars), over an accompaniment of our own', meter=_METER, key='am', qpm=84.,
    voices=(notation.Voice('tune', notation.read(_MELODY, _METER, _EIGHTH), velocity=78),
            notation.Voice('accompaniment', _accompaniment(), velocity=56)))
