"""Tests of `musicnst.analysis.roles` and of the names that they read."""
import pytest

from musicnst.analysis import roles
from musicnst.analysis import track_names
from tests.analysis import small_scores as small

_BASS = [(31 + 5 * (i % 3), i, .9) for i in range(16)]
_DRUMS = [(pitch, i / 2, .1) for i in range(32) for pitch in ((36, 42) if i % 4 == 0 else (38, 42) if i % 4 == 2 else (42,))]
_PAD = [(pitch, 4.0 * i, 4.0) for i in range(4) for pitch in (55, 59, 62)]
_COMP = [(pitch, i + .5, .4) for i in range(16) for pitch in (59, 62, 67)]


def _names(score):
  return {one: role.name for one, role in roles.of_tracks(score).items()}


def test_a_band_with_names():
  score = small.score((small.tune(), 'Vocals', 85), (_BASS, 'Bass', 33), (_COMP, 'Rhythm Guitar', 25), (_PAD, 'Strings', 48),
                      (_DRUMS, 'Drums', 0, True), ([(83, i, 1) for i in range(16)], 'Backing vocals', 52))
  assert _names(score) == {0: 'tune', 1: 'bass', 2: 'chords', 3: 'pad', 4: 'drums', 5: 'counter-melody'}


def test_a_band_by_programs_and_notes():
  score = small.score((small.repeated(small.tune(), 4), '', 65), (small.repeated(_BASS, 4), '', 33), (small.repeated(_COMP, 4), '', 25),
                      (small.repeated(_PAD, 4), '', 89), (small.repeated(_DRUMS, 4), '', 0, True))
  assert _names(score) == {0: 'tune', 1: 'bass', 2: 'chords', 3: 'pad', 4: 'drums'}


def test_a_band_by_notes_alone():
  score = small.score(*[(small.repeated(part, 4),) for part in (_COMP, small.tune(), _PAD, _BASS, _DRUMS)])
  assert _names(score) == {0: 'chords', 1: 'tune', 2: 'pad', 3: 'bass', 4: 'drums'}


def test_a_keyboard_plays_both():
  score = small.score((small.repeated(small.tune() + small.chords(), 4),))
  assert _names(score) == {0: roles.MIXED}


def test_drums_alone_and_nothing():
  assert _names(small.score((_DRUMS, '', 0, True))) == {0: 'drums'}
  assert roles.of_tracks(small.score()) == {}


@pytest.mark.parametrize('name, role', [
    ('MELODY', 'tune'), ('Lead Vocal 1', 'tune'), ('Singstimme', 'tune'), ('chant', 'tune'), ('メロディ', 'tune'), ('Solo Violin', 'tune'),
    ('Bass Guitar', 'bass'), ('Contrebasse', 'bass'), ('E-Bass', 'bass'), ('ベース', 'bass'), ('Lead Bass', 'bass'),
    ('Drum Kit', 'drums'), ('Schlagzeug', 'drums'), ('batteria', 'drums'), ('Melodic Tom', None),
    ('Backing Vocals', 'counter-melody'), ('2nd voice', 'counter-melody'), ('Alto', 'counter-melody'), ('Alto Saxophone', None),
    ('Slow Strings', 'pad'), ('Rhythm Guitar', 'chords'), ('Klavier', 'chords'), ('Track 3', None), ('', None)])
def test_names(name, role):
  assert track_names.role(name) == role


def test_the_title_is_no_name():
  assert track_names.telling({0: 'Lead me on', 1: 'Lead me on', 2: 'Lead me on'}, [0, 1, 2]) == {}
  assert track_names.telling({0: 'Melody', 1: 'Piano'}, [0, 1]) == {0: 'Melody', 1: 'Piano'}
  assert track_names.telling({0: 'Melody'}, [0]) == {0: 'Melody'}
