"""Bach's first prelude: 32 bars of one figure over five-note chords, then three bars of their own."""
import fractions

from musicnst.pieces import notation

_METER, _SIXTEENTH = (4, 4), fractions.Fraction(1, 4)

# One chord a bar, from the bottom: the first is held for half a bar, the second for a sixteenth less, the others are broken twice.
_CHORDS = """
c4 e4 g4 c5 e5 | c4 d4 a4 d5 f5 | b3 d4 g4 d5 f5 | c4 e4 g4 c5 e5 | c4 e4 a4 e5 a5 | c4 d4 f#4 a4 d5 | b3 d4 g4 d5 g5 | b3 c4 e4 g4 c5
a3 c4 e4 g4 c5 | d3 a3 d4 f#4 c5 | g3 b3 d4 g4 b4 | g3 bb3 e4 g4 c#5 | f3 a3 d4 a4 d5 | f3 ab3 d4 f4 b4 | e3 g3 c4 g4 c5 | e3 f3 a3 c4 f4
d3 f3 a3 c4 f4 | g2 d3 g3 b3 f4 | c3 e3 g3 c4 e4 | c3 g3 bb3 c4 e4 | f2 f3 a3 c4 e4 | f#2 c3 a3 c4 eb4 | ab2 f3 b3 c4 d4 | g2 f3 g3 b3 d4
g2 e3 g3 c4 e4 | g2 d3 g3 c4 f4 | g2 d3 g3 b3 f4 | g2 eb3 a3 c4 f#4 | g2 e3 g3 c4 g4 | g2 d3 g3 c4 f4 | g2 d3 g3 b3 f4 | c2 c3 g3 bb3 e4
"""
_END_RIGHT = """r:2 f3 a3 c4 f4 c4 a3 c4 a3 f3 a3 f3 d3 f3 d3 | r:2 g4 b4 d5 f5 d5 b4 d5 b4 g4 b4 d4 f4 e4 d4 | [e4 g4 c5]:16 |"""
_END_LEFT = """c2:16 | c2:16 | c2:16 |"""
_END_MIDDLE = """r c3:15 | r b2:15 | c3:16 |"""


def _bars():
  chords = [chord.split() for line in _CHORDS.strip().splitlines() for chord in line.split('|')]
  right, middle, left = [], [], []
  for low, second, *high in chords:
    right.append(f'r:2 {" ".join(high * 2)} ' * 2)
    middle.append(f'r {second}:7 ' * 2)
    left.append(f'{low}:8 ' * 2)
  return [' | '.join(['', *bars]) + ' | ' for bars in (right, middle, left)]


def _voice(name, body, end, velocity):
  return notation.Voice(name, notation.read(body + end, _METER, _SIXTEENTH), velocity=velocity)


_RIGHT, _MIDDLE, _LEFT = _bars()
PIECE = notation.Piece(
    title='Prelude in C major, BWV 846', composer='Johann Sebastian Bach, 1722',
    source='all 35 bars; written out from its chords, which are broken in one figure throughout', meter=_METER, key='c', qpm=72.,
    voices=(_voice('right hand', _RIGHT, _END_RIGHT, 66), _voice('middle', _MIDDLE, _END_MIDDLE, 62),
            _voice('left hand', _LEFT, _END_LEFT, 66)))
