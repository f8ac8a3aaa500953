"""When the Saints Go Marching In, swung: piano, walking bass and drums; the second chorus is a variation of our own."""
import fractions

from musicnst.pieces import notation
from musicnst.pieces import patterns

_METER, _EIGHTH = (4, 4), fractions.Fraction(1, 2)

_PICKUP = 'f4:2 a4:2 bb4:2'
_TUNE = f"""c5:8 | r:2 {_PICKUP} | c5:8 | r:2 {_PICKUP} | c5:4 a4:4 | f4:4 a4:4 | g4:8 | r:2 a4:2 a4:2 g4:2 |
f4:6 f4:2 | a4:4 c5:4 | bb4:8 | r:4 a4:2 bb4:2 | c5:4 a4:4 | f4:4 g4:4 | f4:8 | r:2"""
_VARIATION = """r c5:2 a4 c5 d5 c5 a4 | r:2 f4 g4 a4:2 bb4:2 | r c5:2 eb5 d5 c5 a4:2 | r:2 f4 g4 a4 f4 bb4:2 | c5:2 d5 c5 a4:2 g4 a4 |
f4:2 g4 f4 a4:3 c5 | g4:2 bb4 d5 f5 d5 bb4 g4 | r a4 r a4:2 g4 f4:2 |
a4 f4 a4 c5 d5:3 f4 | a4 c5 eb5 c5 a4:2 c5:2 |
d5 bb4 f4 bb4 d5 f5 d5 bb4 | r:2 db5 bb4 f4:2 bb4:2 |
c5:2 a4 c5 f5:2 e5 c5 | d5 c5 a4 f4 g4:2 e4 g4 | f4:3 c5 a4 f4 d4 c4 | f4:8 |"""
_MELODY = f'{_PICKUP} | {_TUNE} {_PICKUP} | {_VARIATION}'
_CHORDS = 'F6 | F6 | F6 | F6 | F6 | F6 | C7 | C7 | F6 | F7 | Bb6 | Bbm6 | F6 | C7 | F6 | F6'
_PROGRESSION = patterns.progression(f'{_CHORDS} | {_CHORDS}', _METER)

_CHARLESTON = [(0, _EIGHTH * 3, patterns.close(52, (1, 2, 3))), (_EIGHTH * 3, _EIGHTH, patterns.close(52, (1, 2, 3)))]
_RIDE, _PEDAL_HAT, _KICK = 51, 44, 36
_SWING = [*((place, _RIDE) for place in (0, 1, _EIGHTH * 3, 2, 3, _EIGHTH * 7)), (1, _PEDAL_HAT), (3, _PEDAL_HAT), (0, _KICK)]

PIECE = notation.Piece(
    title='When the Saints Go Marching In', composer='traditional, 19th century',
    source='the tune and a variation of our own (32 bars), over a swing accompaniment of our own', meter=_METER, key='f', qpm=168.,
    swing=fractions.Fraction(2, 3),
    voices=(notation.Voice('melody', notation.read(_MELODY, _METER, _EIGHTH), velocity=84),
            notation.Voice('piano', patterns.figure(_PROGRESSION, _CHARLESTON), velocity=58),
            notation.Voice('bass', patterns.walking(_PROGRESSION), program=32, velocity=80),
            notation.Voice('drums', patterns.drums(32, 4, _SWING), velocity=62, is_drum=True)))
