"""Beethoven's tune as a hymn in four voices."""
import fractions

from musicnst.pieces import notation

_METER, _QUARTER = (4, 4), fractions.Fraction(1)

_SOPRANO_OPENING = 'f#4 f#4 g4 a4 | a4 g4 f#4 e4 | d4 d4 e4 f#4 |'
_SOPRANO_CLOSE = 'f#4 g4 a4 | a4 g4 f#4 e4 | d4 d4 e4 f#4 | e4:3/2 d4:1/2 d4:2 |'
_SOPRANO_MIDDLE = f'e4 e4 f#4 d4 | e4 f#4:1/2 g4:1/2 f#4 d4 | e4 f#4:1/2 g4:1/2 f#4 e4 | d4 e4 a3 f#4~ | f#4 {_SOPRANO_CLOSE}'
_SOPRANO = f'| {_SOPRANO_OPENING} f#4:3/2 e4:1/2 e4:2 | f#4 {_SOPRANO_CLOSE} {_SOPRANO_MIDDLE} {_SOPRANO_MIDDLE}'

_ALTO_LINE = 'd4 d4 e4 f#4 | f#4 d4 d4 c#4 | b3 b3 c#4 d4 |'
_ALTO_CLOSE = f'{_ALTO_LINE} c#4:3/2 a3:1/2 a3:2 |'
_ALTO_MIDDLE = f'c#4 c#4 d4 b3 | c#4 c#4 d4 b3 | c#4 c#4 d4 c#4 | b3 b3 e3 d4 | {_ALTO_CLOSE}'
_ALTO = f'| {_ALTO_LINE} d4:3/2 c#4:1/2 c#4:2 | {_ALTO_CLOSE} {_ALTO_MIDDLE} {_ALTO_MIDDLE}'

_TENOR_LINE = 'a3 a3 a3 a3 | d4 b3 a3 a3 | f#3 g3 a3 a3 |'
_TENOR_CLOSE = f'{_TENOR_LINE} g3:3/2 f#3:1/2 f#3:2 |'
_TENOR_MIDDLE = f'a3 a3 a3 f#3 | a3 a3 a3 f#3 | a3 a3 a3 a3 | f#3 g#3 c#3 a3 | {_TENOR_CLOSE}'
_TENOR = f'| {_TENOR_LINE} a3:2 a3:2 | {_TENOR_CLOSE} {_TENOR_MIDDLE} {_TENOR_MIDDLE}'

_BASS_LINE = 'd3 d3 c#3 d3 | d3 g3 a3 a2 | b2 g2 a2 d3 |'
_BASS_CLOSE = f'{_BASS_LINE} a2:3/2 d3:1/2 d3:2 |'
_BASS_MIDDLE = f'a2 c#3 d3 b2 | a2 a2 d3 b2 | a2 a2 d3 a2 | b2 e3 a2 d3 | {_BASS_CLOSE}'
_BASS = f'| {_BASS_LINE} a2:2 a2:2 | {_BASS_CLOSE} {_BASS_MIDDLE} {_BASS_MIDDLE}'

PIECE = notation.Piece(
    title='Ode to Joy', composer='Ludwig van Beethoven, 1824',
    source='the tune with its second half repeated (24 bars), harmonized by ourselves in four voices', meter=_METER, key='d', qpm=108.,
    voices=tuple(notation.Voice(name, notation.read(text, _METER, _QUARTER), program=program, velocity=velocity)
                 for name, text, program, velocity in (('soprano', _SOPRANO, 19, 76), ('alto', _ALTO, 19, 64), ('tenor', _TENOR, 19, 64),
                                                       ('bass', _BASS, 19, 70))))
