"""Petzold's minuet, from Anna Magdalena Bach's notebook."""
import fractions

from musicnst.pieces import notation

_METER, _EIGHTH = (3, 4), fractions.Fraction(1, 2)

_RIGHT = """ |
d5:2 g4 a4 b4 c5 | d5:2 g4:2 g4:2 | e5:2 c5 d5 e5 f#5 | g5:2 g4:2 g4:2 | c5:2 d5 c5 b4 a4 | b4:2 c5 b4 a4 g4 |
f#4:2 g4 a4 b4 g4 | a4:6 |
d5:2 g4 a4 b4 c5 | d5:2 g4:2 g4:2 | e5:2 c5 d5 e5 f#5 | g5:2 g4:2 g4:2 | c5:2 d5 c5 b4 a4 | b4:2 c5 b4 a4 g4 |
a4:2 b4 a4 g4 f#4 | g4:6 |
b5:2 g5 a5 b5 g5 | a5:2 d5 e5 f#5 d5 | g5:2 e5 f#5 g5 d5 | c#5:2 b4 c#5 a4:2 | a4 b4 c#5 d5 e5 f#5 | g5:2 f#5:2 e5:2 | f#5:2 a4:2 c#5:2 | d5:6 |
d5:2 g4 f#4 g4:2 | e5:2 g4 f#4 g4:2 | d5:2 c5:2 b4:2 | a4 g4 f#4 g4 a4:2 | d4 e4 f#4 g4 a4 b4 | c5:2 b4:2 a4:2 | b4 d5 g4:2 f#4:2 | [b3 d4 g4]:6 |
"""
_LEFT = """ |
[g3 b3 d4]:4 a3:2 | b3:6 | c4:6 | b3:6 | a3:6 | g3:6 | d4:2 b3:2 g3:2 | d4:2 d3 c4 b3 a3 |
b3:4 a3:2 | g3:2 b3:2 g3:2 | c4:6 | b3:2 c4 b3 a3 g3 | a3:4 f#3:2 | g3:4 b3:2 | c4:2 d4:2 d3:2 | g3:4 g2:2 |
g3:6 | f#3:6 | e3:2 g3:2 e3:2 | a3:4 a2:2 | a3:6 | b3:2 d4:2 c#4:2 | d4:2 f#3:2 a3:2 | d4:2 d3:2 c4:2 |
b3:6 | c4:6 | b3:2 a3:2 g3:2 | d4:4 r:2 | d3:4 f#3:2 | e3:2 g3:2 f#3:2 | g3:2 b2:2 d3:2 | g3:2 d3:2 g2:2 |
"""

PIECE = notation.Piece(
    title='Minuet in G major, BWV Anh. 114', composer='Christian Petzold, before 1725',
    source='all 32 bars without repeats or ornaments; in bars 25 and 26 only the bass of the left hand', meter=_METER, key='g', qpm=120.,
    voices=(notation.Voice('right hand', notation.read(_RIGHT, _METER, _EIGHTH), velocity=76),
            notation.Voice('left hand', notation.read(_LEFT, _METER, _EIGHTH), velocity=64)))
