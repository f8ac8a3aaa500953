"""Who plays what is new, what stays by name, and the tempo of the result."""
import numpy as np
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.analysis import instruments
from musicnst.style_transfer import transfer

PIANO, BASS, FLUTE, STRINGS, GUITAR = 0, 33, 73, 48, 25
CHORDS = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))


def _sequence(tracks, qpm=120.0):
  """{(name, program): [(pitch, start beat, end beat)]} -> NoteSequence in 4/4."""
  sequence = music_proto.NoteSequence(ticks_per_quarter=480)
  sequence.tempos.add(time=0, qpm=qpm)
  sequence.time_signatures.add(time=0, numerator=4, denominator=4)
  for number, ((name, program), notes) in enumerate(tracks.items()):
    sequence.instrument_infos.add(instrument=number, name=name)
    for pitch, start, end in notes:
      sequence.notes.add(pitch=pitch, velocity=80, start_time=start * 60 / qpm, end_time=end * 60 / qpm, instrument=number, program=program)
  sequence.total_time = max(n.end_time for n in sequence.notes)
  return sequence


def _tune(bars):
  return [(pitch, 4 * bar + beat, 4 * bar + beat + 1) for bar in range(bars) for beat, pitch in enumerate((79, 76, 72, 76))]


def _band(bars=8):
  """A flute's tune over a piano's chords and a bass."""
  return _sequence({
      ('Melody', FLUTE): _tune(bars), ('Piano', PIANO): [(p, 4 * b, 4 * b + 4) for b in range(bars) for p in CHORDS[b % 4]],
      ('Bass', BASS): [(CHORDS[b % 4][0] - 12, 4 * b, 4 * b + 4) for b in range(bars)]})


def _style(bars=8, qpm=90.0):
  """Broken chords of a guitar over a bass that walks, under another tune."""
  broken = [(CHORDS[b % 4][i % 3] + 12, 4 * b + i / 2, 4 * b + i / 2 + .5) for b in range(bars) for i in range(8)]
  walking = [(CHORDS[b % 4][i % 3] - 24, 4 * b + i, 4 * b + i + 1) for b in range(bars) for i in range(4)]
  return _sequence({('Lead', FLUTE): [(84, 4 * b, 4 * b + 4) for b in range(bars)], ('Guitar', GUITAR): broken, ('Bass', 32): walking}, qpm)


def _by_program(notes):
  return {program: sorted((round(n.start_time, 3), n.pitch) for n in notes if n.program == program) for program in {n.program for n in notes}}


@pytest.mark.parametrize('program, expected', [(73, (59, 98)), (33, (28, 67)), (40, (55, 103)), (81, (0, 127))])
def test_ranges(program, expected):
  assert instruments.pitch_range(program) == expected


def test_the_contents_bass_plays_the_bass_one_note_at_a_time_in_its_range():
  result = transfer.transfer(_band(), _style(), method='arrange', beats='tempo')
  found = _by_program(result.added)
  assert set(found) == {BASS, PIANO}
  assert len(found[BASS]) == 32 and all(28 <= pitch <= 67 for _, pitch in found[BASS])
  line = sorted((n for n in result.sequence.notes if n.program == BASS), key=lambda n: n.start_time)
  assert all(a.end_time <= b.start_time + 1e-6 for a, b in zip(line, line[1:]))


def test_the_styles_instruments_are_tracks_of_their_own():
  result = transfer.transfer(_band(), _style(), method='arrange', beats='tempo', instruments='style')
  assert set(_by_program(result.added)) == {GUITAR, 32}
  assert not {n.instrument for n in result.added} & {0, 1, 2}


def test_a_flute_gets_no_chords():
  """The content is a tune and a second flute: nothing there plays chords, so the style's guitar comes with them."""
  low = [(pitch - 12, start, end) for pitch, start, end in _tune(8)]
  content = _sequence({('Melody', FLUTE): _tune(8), ('Flute 2', FLUTE): low})
  result = transfer.transfer(content, _style(), method='arrange', beats='tempo')
  assert FLUTE not in _by_program(result.added) and GUITAR in _by_program(result.added)


def test_what_is_named_stays():
  content = _band()
  result = transfer.transfer(content, _style(), method='arrange', beats='tempo', keep=('bass',))
  line = lambda notes: sorted((n.start_time, n.pitch) for n in notes if n.program == BASS)
  assert line(result.sequence.notes) == line(content.notes) and _by_program(result.added).keys() == {PIANO}
  named = transfer.transfer(content, _style(), method='arrange', beats='tempo', keep=('Piano',))
  assert not [n for n in named.removed if n.program == PIANO] and named.removed
  with pytest.raises(errors.ArgumentError, match="'Oboe'.*0 Melody, 1 Piano, 2 Bass"):
    transfer.transfer(content, _style(), method='arrange', beats='tempo', keep=('Oboe',))


def test_the_tune_that_is_named_stays():
  result = transfer.transfer(_band(), _style(), method='arrange', beats='tempo', melody='Piano')
  assert not [n for n in result.removed if n.program == PIANO] and [n for n in result.removed if n.program == FLUTE]
  with pytest.raises(errors.ArgumentError, match='Oboe'):
    transfer.transfer(_band(), _style(), method='arrange', beats='tempo', melody='Oboe')


def test_the_styles_tempo():
  """A beat of the style lasts 60 / 90 s; the content's tune of one beat a note does then too."""
  result = transfer.transfer(_band(), _style(), method='arrange', beats='tempo', tempo='style')
  tune = sorted(n.start_time for n in result.sequence.notes if n.program == FLUTE)
  np.testing.assert_allclose(np.diff(tune), 60 / 90, atol=1e-6)
  assert [t.qpm for t in result.sequence.tempos] == [pytest.approx(90)]
  np.testing.assert_allclose(np.diff(result.bars), 240 / 90, atol=1e-6)


def test_other_methods_refuse_roles():
  with pytest.raises(errors.ArgumentError, match='keep'):
    transfer.transfer(_band(), _style(), method='copy', keep=('bass',))


def test_nothing_to_play():
  """Bars of the style that are silent around its tune leave the content's tune alone."""
  content = _band()
  silent = _sequence({('Lead', FLUTE): [(84, 4 * b, 4 * b + 4) for b in range(8)], ('Guitar', GUITAR): [(48, 30, 31)]})
  result = transfer.transfer(content, silent, method='arrange', beats='tempo', bars=(1, 2))
  assert not result.added or {n.program for n in result.added} <= {PIANO, BASS}
  assert sorted(n.pitch for n in result.sequence.notes if n.program == FLUTE) == sorted(n.pitch for n in content.notes if n.program == FLUTE)
