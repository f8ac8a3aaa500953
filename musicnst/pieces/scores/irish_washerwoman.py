"""The Irish Washerwoman: a jig, each part twice."""
import fractions

from musicnst.pieces import notation
from musicnst.pieces import patterns

_METER, _EIGHTH = (6, 8), fractions.Fraction(1, 2)

_FIRST = """b4 g4 g4 d4 g4 g4 | b4 g4 b4 d5 c5 b4 | c5 a4 a4 e4 a4 a4 | c5 a4 c5 e5 d5 c5 |
b4 g4 g4 d4 g4 g4 | b4 g4 b4 d5 c5 b4 | c5 b4 c5 a4 d5 c5 | b4 g4 g4 g4:2"""
_SECOND = """g5 d5 g5 g5 d5 g5 | g5 d5 g5 b5 a5 g5 | f#5 d5 f#5 f#5 d5 f#5 | f#5 d5 f#5 a5 g5 f#5 |
e5 g5 g5 d5 g5 g5 | c5 g5 g5 b4 g5 g5 | c5 b4 c5 a4 d5 c5 | b4 g4 g4 g4:2"""
_MELODY = f'd5:1/2 c5:1/2 | {_FIRST} d5:1/2 c5:1/2 | {_FIRST} d5 | {_SECOND} d5 | {_SECOND} r |'
_CHORDS = """G | G | Am | D7 | G | G | Am D7 | G | G | G | Am | D7 | G | G | Am D7 | G |
G | G | D7 | D7 | C G | C G | Am D7 | G | G | G | D7 | D7 | C G | C G | Am D7 | G"""

_HALF_BARS = [(start + half, fractions.Fraction(3, 2), root, intervals)
              for start, whole, root, intervals in patterns.progression(_CHORDS.replace('\n', ' '), _METER)
              for half in (0, fractions.Fraction(3, 2)) if half < whole]

PIECE = notation.Piece(
    title='The Irish Washerwoman', composer='traditional, 18th century',
    source='the tune, each part twice (32 bars), over an accompaniment of our own', meter=_METER, key='g', qpm=165.,
    voices=(notation.Voice('fiddle', notation.read(_MELODY, _METER, _EIGHTH), program=40, velocity=80),
            notation.Voice('chords', patterns.figure(_HALF_BARS, [(1, _EIGHTH, patterns.close(55))]), program=24, velocity=58),
            notation.Voice('bass', patterns.figure(_HALF_BARS, [(0, 1, (patterns.bass(40),))]), program=32, velocity=72)))
