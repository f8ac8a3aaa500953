"""Joplin's rag: its first two strains."""
import fractions

from musicnst.pieces import notation

_METER, _SIXTEENTH = (2, 4), fractions.Fraction(1, 4)

_RIGHT = """ r:2 |
r ab4 [eb4 eb5] ab4 c5 [eb4 eb5]:2 g4 | [eb4 eb5] g4 bb4 [eb4 eb5]~ [eb4 eb5]:4 |
r ab4 [eb4 eb5] ab4 c5 [eb4 eb5]:2 g4 | [eb4 eb5] g4 bb4 [eb4 eb5]~ [eb4 eb5]:2 r [eb4 eb5] |
r ab4 b4 [e4 e5] r [eb4 eb5] r [eb4 eb5] | r ab4 b4 [e4 e5] r [eb4 eb5] r:2 |
r:8 | r ab4 b4 ab5 r ab5 b5 ab6 |
[ab5 ab6]:2 [ab5 ab6]:2 [ab5 ab6]:2 [ab5 ab6] [ab5 ab6]~ | [ab5 ab6] eb6 f6 c6 eb6 [ab5 f6]:2 [e5 ab5]~ |
[e5 ab5] bb5 [e5 b5] ab5 bb5 [eb5 c6]:2 ab5 | [eb5 c6] ab5 [eb5 bb5]:2 [eb5 ab5]:2 r [ab4 ab5]~ |
[ab4 ab5]:2 [ab4 ab5]:2 [ab4 ab5]:2 [ab4 ab5] [ab4 ab5]~ | [ab4 ab5] eb5 [ab4 f5] c5 eb5 [ab4 f5]:2 [e4 ab4]~ |
[e4 ab4] bb4 [e4 b4] ab4 bb4 [eb4 c5]:2 ab4 | [eb4 c5] ab4 [eb4 bb4]:2 [eb4 ab4]:2 r:2 |
r g5 [eb5 eb6] g5 bb5 [d5 d6]:2 g5 | [db5 db6] g5 bb5 [c5 c6]~ [c5 c6] eb5 [bb4 bb5] eb5 |
r c5 [ab4 ab5] c5 eb5 [f4 f5]:2 c5 | [ab4 ab5] c5 eb5 [f4 f5]~ [f4 f5] c5 [f4 f5]:2 |
r eb5 [g4 g5] bb4 db5 [f4 f5]:2 eb5 | [g4 g5] bb4 db5 [f4 f5]~ [f4 f5] db5 [f4 f5]:2 |
r c5 [ab4 ab5] c5 eb5 [f4 f5]:2 c5 | [ab4 ab5] c5 eb5 [f4 f5]~ [f4 f5] c5 [f4 f5]:2 |
r g5 [eb5 eb6] g5 bb5 [d5 d6]:2 g5 | [db5 db6] g5 bb5 [c5 c6]~ [c5 c6] eb5 [bb4 bb5] eb5 |
r c5 [ab4 ab5] c5 eb5 [f4 f5]:2 c5 | [ab4 ab5]:2 [ab4 ab5]:2 [g4 g5]:2 [gb4 gb5]:2 |
r f4 a4 c5 f5 c5 a4 f4 | r f4 bb4 db5 [f4 f5]:2 [f4 bb4 db5]:2 |
[d4 f4 ab4 c5]:2 r [d4 f4 ab4 c5] r [db4 bb4]:2 eb4 | [c4 ab4]:2 [eb4 eb5]:2 [ab4 ab5]:2 r:2 |
"""
_LEFT = """ [eb2 eb3]:2 |
[ab2 ab3]:2 [eb3 ab3 c4]:2 [eb3 ab3 c4]:2 [a2 a3]:2 | [bb2 bb3]:2 [eb3 g3 db4]:2 [eb3 g3 db4]:2 [eb2 eb3]:2 |
[ab2 ab3]:2 [eb3 ab3 c4]:2 [eb3 ab3 c4]:2 [a2 a3]:2 | [bb2 bb3]:2 [eb3 g3 db4]:2 [eb3 g3 db4]:2 [eb2 eb3]:2 |
[e2 e3]:4 [eb2 eb3]:2 [eb2 eb3]:2 | [e2 e3]:4 [eb2 eb3]:2 r:2 |
ab1 ab2 b2 ab3 ab2 ab3 b3 ab4 | ab3:2 r:2 ab4:2 r:2 |
[d4 f4 ab4 b4]:2 [d4 f4 ab4 b4]:2 [d4 f4 ab4 b4]:2 [d4 f4 ab4 b4]:2 | [eb4 ab4 c5]:2 [eb4 ab4 c5]:2 [eb4 ab4 c5]:2 [eb4 ab4 c5]:2 |
[e4 ab4 b4]:2 [e4 ab4 b4]:2 [eb4 ab4 c5]:2 [eb4 ab4 c5]:2 | [eb4 ab4 c5]:2 [eb4 g4 db5]:2 [ab4 c5]:2 r:2 |
[d3 f3 ab3 b3]:2 [d3 f3 ab3 b3]:2 [d3 f3 ab3 b3]:2 [d3 f3 ab3 b3]:2 | [eb3 ab3 c4]:2 [eb3 ab3 c4]:2 [eb3 ab3 c4]:2 [eb3 ab3 c4]:2 |
[e3 ab3 b3]:2 [e3 ab3 b3]:2 [eb3 ab3 c4]:2 [eb3 ab3 c4]:2 | [eb3 ab3 c4]:2 [eb3 g3 db4]:2 [ab3 c4]:2 [a2 a3]:2 |
[bb2 bb3]:2 [eb3 g3 db4]:2 [eb2 eb3]:2 [eb3 g3 db4]:2 | [bb2 bb3]:2 [eb3 g3 db4]:2 [eb2 eb3]:2 [g2 g3]:2 |
[ab2 ab3]:2 [eb3 ab3 c4]:2 [eb2 eb3]:2 [eb3 ab3 c4]:2 | [ab2 ab3]:2 [eb3 ab3 c4]:2 [ab2 ab3]:2 [a2 a3]:2 |
[bb2 bb3]:2 [eb3 g3 db4]:2 [eb2 eb3]:2 [eb3 g3 db4]:2 | [bb2 bb3]:2 [eb3 g3 db4]:2 [bb2 bb3]:2 [b2 b3]:2 |
[c3 c4]:2 [eb3 ab3 c4]:2 [eb2 eb3]:2 [eb3 ab3 c4]:2 | [ab2 ab3]:2 [eb3 ab3 c4]:2 [ab2 ab3]:2 [a2 a3]:2 |
[bb2 bb3]:2 [eb3 g3 db4]:2 [eb2 eb3]:2 [eb3 g3 db4]:2 | [bb2 bb3]:2 [eb3 g3 db4]:2 [eb2 eb3]:2 [g2 g3]:2 |
[ab2 ab3]:2 [eb3 ab3 c4]:2 [eb2 eb3]:2 [eb3 ab3 c4]:2 | [ab2 ab3]:2 [ab2 ab3]:2 [g2 g3]:2 [gb2 gb3]:2 |
[f2 f3]:2 [f2 f3]:2 [a2 a3]:2 [a2 a3]:2 | [bb2 bb3]:2 [f3 bb3 db4]:2 [f3 bb3 db4]:2 [f3 bb3 db4]:2 |
[bb2 f3 bb3]:2 [bb2 f3 bb3]:2 [eb2 eb3]:2 [g2 g3]:2 | [ab2 ab3]:2 [eb3 ab3 c4]:2 [ab2 ab3]:2 r:2 |
"""

PIECE = notation.Piece(
    title='Maple Leaf Rag', composer='Scott Joplin, 1899',
    source='first and second strain without repeats (32 bars), closed by a chord of its own', meter=_METER, key='ab', qpm=84.,
    voices=(notation.Voice('right hand', notation.read(_RIGHT, _METER, _SIXTEENTH), velocity=78),
            notation.Voice('left hand', notation.read(_LEFT, _METER, _SIXTEENTH), velocity=70)))
