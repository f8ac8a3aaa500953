"""Half and double time, and straight figures under swung tunes."""
import numpy as np
import pytest

from musicnst.representations import testing
from musicnst.style_transfer import transfer
from musicnst.style_transfer.arrange import piece
from musicnst.style_transfer.arrange import speed


def _beats(places, count=8, meter=(4, 4)):
  """A note at each of the places of `count` quarters."""
  return testing.sequence([(72, beat + place, beat + place + .2) for beat in range(count) for place in places], meter=meter)


def _read(sequence):
  return piece.read(sequence, 'tempo')


@pytest.mark.parametrize('places, expected', [((0, .5), .5), ((0, 2 / 3), 2 / 3), ((0, .6), .6), ((0, .75), .5), ((0, .25, .5, .75), .5),
                                              ((0, 1 / 3, 2 / 3), 2 / 3), ((0,), .5)])
def test_swing(places, expected):
  assert _read(_beats(places)).swing == pytest.approx(expected, abs=.02)


def test_straight_places_bend_and_swung_ones_stay():
  places = np.array([0, .25, .5, .75])
  np.testing.assert_allclose(speed.warped(places, .5, 2 / 3), [0, 1 / 3, 2 / 3, 5 / 6])
  np.testing.assert_allclose(speed.warped(places, 2 / 3, 2 / 3), places)
  np.testing.assert_allclose(speed.warped(places, 2 / 3, .5), places)


@pytest.mark.parametrize('content, style, expected', [(165, 80, 2.0), (120, 100, 1.0), (60, 120, .5)])
def test_time_is_halved_and_doubled(content, style, expected):
  of = lambda qpm: _read(testing.sequence([(60, b, b + 1) for b in range(8)], qpm=qpm))
  assert speed.factor(of(content), of(style)) == expected


def test_the_beat_of_a_compound_meter_is_three_eighths():
  """A jig of 110 dotted quarters a minute under a tune of 72 quarters: a beat for a beat."""
  of = lambda qpm, meter: _read(testing.sequence([(60, b, b + 1) for b in range(12)], qpm=qpm, meter=meter))
  assert speed.factor(of(72, (4, 4)), of(165, (6, 8))) == 1.0


def test_bars_at_half_and_double_time():
  found = _read(testing.sequence([(60, b, b + 1) for b in range(12)]))
  edges = lambda style: [(bar.start_beat, bar.end_beat) for bar in style.score.bars]
  assert edges(found) == [(0, 4), (4, 8), (8, 12)]
  assert edges(speed.at(found, 2.0)) == [(0, 4), (4, 8), (8, 12), (12, 16), (16, 20), (20, 24)]
  assert edges(speed.at(found, .5)) == [(0, 4), (4, 6)]
  late = _read(testing.sequence([(60, b, b + 1) for b in range(3, 16)]))
  assert edges(speed.at(late, .5)) == [(0, 2), (2, 6), (6, 8)]  # the bar of a pick-up by itself
  assert speed.at(found, 2.0).score.start.tolist() == list(range(0, 24, 2))
  assert speed.at(found, 2.0).harmony.edges[-1] == 24


def test_an_accompaniment_in_eighths_swings_with_the_tune():
  """A tune of long and short, 2/3 and 1/3 of a beat, over held chords; a style of straight eighths."""
  tune = [(76 + beat % 3, beat + place, beat + place + .3) for beat in range(16) for place in (0, 2 / 3)]
  held = [(pitch, 4 * bar, 4 * bar + 4) for bar in range(4) for pitch in (48, 55, 64)]
  style = [(pitch, beat + i / 2, beat + i / 2 + .5) for beat in range(16) for i, pitch in enumerate((48, 60))] + [
      (84, 4 * bar, 4 * bar + 4) for bar in range(4)]
  result = transfer.transfer(testing.sequence(tune + held), testing.sequence(style), method='arrange', beats='tempo')
  places = {round(note.start_time * 2 % 1, 2) for note in result.added}
  assert places == {0.0, .67}
