"""Meters that cannot be are guessed anew; a meter that is given holds; what the file says is kept where it can be."""
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter
from musicnst.reading import meter_guess
from musicnst.reading import musical_time

CHORDS = ((48, 64, 67, 72), (45, 64, 69, 72), (41, 65, 69, 72), (43, 62, 67, 71))


def song(beats_a_bar=4, bars=24, first=0, signature=(1, 4), qpm=100.0, shift=0.0):
  """Chords that change with the bar and are held, a bass note on its first beat, weaker chords on the others; bars begin at beat `first`."""
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(qpm=qpm)
  sequence.time_signatures.add(numerator=signature[0], denominator=signature[1])
  add = lambda pitch, start, length, velocity: sequence.notes.add(
      pitch=pitch, velocity=velocity, start_time=(first + start + shift) * 60 / qpm, end_time=(first + start + shift + length) * 60 / qpm)
  for bar in range(bars):
    bass, *upper = CHORDS[bar % 4]
    add(bass, bar * beats_a_bar, beats_a_bar, 90)
    add(upper[-1] + 12, bar * beats_a_bar, 2, 90)
    for beat in range(beats_a_bar):
      for pitch in upper:
        add(pitch, bar * beats_a_bar + beat, 1, 70 - 10 * (beat > 0))
  sequence.total_time = max(note.end_time for note in sequence.notes)
  return sequence


def starts(sequence, mode='auto', text=''):
  """Seconds of the bars from the first note on, and the map."""
  beat_map, _ = musical_time.choose(sequence, mode, meter=text)
  lines = beat_map.to_seconds([bar.start_beat for bar in meter.bars(sequence, beat_map)])
  first = min(note.start_time for note in sequence.notes)
  return [round(float(line), 6) for line in lines if line >= first - 1e-6], beat_map


@pytest.mark.parametrize('beats_a_bar', [3, 4])
@pytest.mark.parametrize('first', [0, 1, 2, 3])
def test_a_quarter_is_no_bar(beats_a_bar, first):
  sequence = song(beats_a_bar, first=first)
  found, beat_map = starts(sequence)
  assert found[:20] == [pytest.approx((first + beats_a_bar * i) * .6) for i in range(20)]
  assert beat_map.meters[0][1:] == (beats_a_bar, 4) and beat_map.meter_from == 'guess'


def test_a_meter_that_can_be_is_the_files():
  for signature in ((4, 4), (3, 4), (2, 4), (6, 8), (7, 8), (3, 8), (2, 2)):
    found, beat_map = starts(song(4, signature=signature))
    length = meter.bar_beats(*signature)
    assert found[:9] == [pytest.approx(length * i * .6) for i in range(9)] and beat_map.meter_from == 'file' and not beat_map.meters


def test_a_meter_that_is_given():
  found, beat_map = starts(song(3, signature=(1, 4)), text='3/4')
  assert found[:5] == [pytest.approx(1.8 * i) for i in range(5)] and beat_map.meter_from == 'given'
  found, beat_map = starts(song(4, signature=(4, 4)), text='6/8')  # against the file: from its first beat on
  assert found[:5] == [pytest.approx(1.8 * i) for i in range(5)] and beat_map.meters == ((0.0, 6, 8),)
  inside = musical_time.in_beats(song(4, signature=(4, 4)), beat_map)
  assert [(m.time, m.numerator, m.denominator) for m in inside.time_signatures] == [(0.0, 6, 8)]
  for text in ('4', '4/0', 'x/4', '4/4/4', '-3/4'):
    with pytest.raises(errors.ArgumentError):
      musical_time.choose(song(), meter=text)


def test_a_bar_of_two_among_bars_of_four():
  sequence, later = song(4, bars=40), song(4, bars=40, first=162)
  sequence.notes.extend(later.notes)
  sequence.total_time = later.total_time
  _, beat_map = starts(sequence)
  bars = meter.bars(sequence, beat_map)
  assert {bar.start_beat for bar in bars} >= {4.0 * i for i in range(38)} | {162.0 + 4 * i for i in range(2, 39)}


def test_beats_that_lie_on_the_halves():
  """All onsets half a quarter late: bars follow the music, not the ticks."""
  found, _ = starts(song(4, shift=0.5))
  assert found[:9] == [pytest.approx(.3 + 2.4 * i) for i in range(9)]


def test_which_meters_are_believed():
  assert not any(meter_guess.believed(*each) for each in ((1, 4), (1, 8), (1, 2), (2, 8), (33, 4)))
  assert all(meter_guess.believed(*each) for each in ((4, 4), (2, 4), (3, 8), (12, 8), (5, 4), (1, 1), (4, 2)))


def test_nothing_to_go_by():
  sequence = music_proto.NoteSequence(total_time=1.0)
  sequence.time_signatures.add(numerator=1, denominator=4)
  beat_map = meter_guess.lay(sequence, beat_map_lib.BeatMap.fixed(120))
  assert beat_map.meters == ((0.0, 4, 4),)
