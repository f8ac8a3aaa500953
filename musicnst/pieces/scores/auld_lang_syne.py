"""Auld Lang Syne as a pop ballad: piano, bass and drums."""
import fractions

from musicnst.pieces import notation
from musicnst.pieces import patterns

_METER, _EIGHTH = (4, 4), fractions.Fraction(1, 2)

_VERSE = """f4:3 f4 f4:2 a4:2 | g4:3 f4 g4:2 a4:2 | f4:3 f4 a4:2 c5:2 | d5:6 d5:2 |
c5:3 a4 a4:2 f4:2 | g4:3 f4 g4:2 a4:2 | f4:3 d4 d4:2 c4:2 | f4:6 d5:2 |"""
_REFRAIN = """c5:3 a4 a4:2 f4:2 | g4:3 f4 g4:2 d5:2 | c5:3 a4 a4:2 c5:2 | d5:6 d5:2 |
c5:3 a4 a4:2 f4:2 | g4:3 f4 g4:2 a4:2 | f4:3 d4 d4:2 c4:2 | f4:6"""
_MELODY = f'c4:2 | {_VERSE} {_REFRAIN} c4:2 | {_VERSE} {_REFRAIN} r:2 |'
_CHORDS = """F | C7 | F F7 | Bb | F | C7 | Bb C7 | F | F | C7 | F F7 | Bb | F | C7 | Bb C7 | F"""
_TWICE = f'{_CHORDS} | {_CHORDS}'

_BROKEN = [(place * _EIGHTH, _EIGHTH, (patterns.bass(48, step),)) for place, step in enumerate((0, 2, 3, 2, 1, 2, 3, 2))]
_BASS = [(0, _EIGHTH * 3, (patterns.bass(29),)), (_EIGHTH * 3, _EIGHTH, (patterns.bass(29),)), (2, _EIGHTH * 3, (patterns.bass(29),)),
         (_EIGHTH * 7, _EIGHTH, (patterns.bass(29, 2),))]
_KICK, _SNARE, _HAT = 36, 38, 42
_BEAT = [(0, _KICK), (_EIGHTH * 5, _KICK), (1, _SNARE), (3, _SNARE)] + [(_EIGHTH * i, _HAT) for i in range(8)]
_PROGRESSION = patterns.progression(_TWICE, _METER)

PIECE = notation.Piece(
    title='Auld Lang Syne', composer='traditional, published 1799',
    source='verse and refrain twice (32 bars), over a pop accompaniment of our own', meter=_METER, key='f', qpm=84.,
    voices=(notation.Voice('melody', notation.read(_MELODY, _METER, _EIGHTH), velocity=84),
            notation.Voice('piano', patterns.figure(_PROGRESSION, _BROKEN), velocity=60),
            notation.Voice('bass', patterns.figure(_PROGRESSION, _BASS), program=33, velocity=78),
            notation.Voice('drums', patterns.drums(16, 4, _BEAT, start_bar=17), velocity=64, is_drum=True)))
