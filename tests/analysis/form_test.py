"""Forms written by hand: what comes back, what varies, where phrases lie, pick-ups, introductions and endings."""
import time

import numpy as np
import pytest

from musicnst import music_proto
from musicnst.analysis import form
from musicnst.analysis import score

# One bar of 4/4 each, as (quarter, length, pitch).
RUN, LEAP, LONG = [(i, 1, 60 + 2 * i) for i in range(4)], [(0, 1, 72), (1, 1, 64), (2, 1, 69), (3, 1, 65)], [(0, 4, 67)]
TURN = [(0, .5, 67), (.5, .5, 69), (1, .5, 67), (1.5, .5, 65), (2, 2, 64)]
HIGH, CLIMB = [(0, 1.5, 76), (1.5, .5, 74), (2, 1, 72), (3, 1, 71)], [(0, 2, 74), (2, .5, 76), (2.5, .5, 77), (3, 1, 79)]
FALL, HOME = [(0, 1, 79), (1, 1, 77), (2, 1, 76), (3, 1, 74)], [(0, 4, 72)]
A, B = [RUN, LEAP, TURN, LONG], [HIGH, CLIMB, FALL, HOME]


def _of(bars, meter=(4, 4), start=0.0, instrument=0, sequence=None, jitter=0.0):
  generator = np.random.default_rng(0)
  sequence = sequence or music_proto.NoteSequence()
  if not sequence.tempos:
    sequence.tempos.add(qpm=60)
    sequence.time_signatures.add(numerator=meter[0], denominator=meter[1])
  length = 4 * meter[0] / meter[1]
  for i, bar in enumerate(bars):
    for begin, lasts, pitch in bar:
      late = jitter * generator.random()
      at = start + i * length + begin
      sequence.notes.add(pitch=pitch, velocity=80, start_time=at + late, end_time=at + lasts, instrument=instrument)
  sequence.total_time = max(sequence.total_time, start + len(bars) * length)
  return sequence


def _tune(bars, **kwargs):
  found = score.of(_of(bars, **kwargs))
  return form.of(found, np.ones(len(found), bool))


def _lines(phrases):
  return [(p.first_bar, p.bars) for p in phrases]


def test_phrases_of_four_bars_that_come_back():
  found = _tune(A + A + B + A)
  assert _lines(found.phrases) == [(0, 4), (4, 4), (8, 4), (12, 4)]
  assert [p.label for p in found.phrases] == ['A', 'A', 'B', 'A']
  assert set(found.equal) == {(i, i + 4, i + 12) for i in range(4)}
  assert found.pickup == 0 and found.intro == 0 and found.outro == 0


def test_equal_but_for_tiny_timing():
  assert set(_tune(A + A, jitter=.04).equal) == {(i, i + 4) for i in range(4)}
  assert not _tune([RUN, LEAP, [(0, 1, 60), (1.25, .75, 62), (2, 1, 64), (3, 1, 66)]]).equal


def test_a_varied_repeat_is_told_from_the_same():
  ornamented = [RUN, LEAP, [(0, .5, 67), (.5, .5, 69), (1, .5, 67), (1.5, .5, 65), (2, 1, 64), (3, 1, 62)], LONG]
  found = _tune(A + ornamented + B)
  assert [p.label for p in found.phrases] == ['A', "A'", 'B']
  assert (2, 6) in found.varied and (2, 6) not in found.equal and (0, 4) in found.equal


def test_phrases_of_five_bars():
  five = [RUN, LEAP, TURN, FALL, LONG]
  assert _lines(_tune(five * 4).phrases) == [(0, 5), (5, 5), (10, 5), (15, 5)]


def test_a_pickup_in_a_short_first_bar():
  sequence = music_proto.NoteSequence(total_time=25.0)
  sequence.tempos.add(qpm=60)
  sequence.time_signatures.add(numerator=1, denominator=4)
  sequence.time_signatures.add(numerator=3, denominator=4, time=1.0)
  sequence.notes.add(pitch=67, velocity=80, start_time=0, end_time=1)
  three = [[(0, 1, 72), (1, 1, 71), (2, 1, 69)], [(0, 2, 67), (2, 1, 67)]]
  found = score.of(_of(three * 4, meter=(3, 4), start=1.0, sequence=sequence))
  found = form.of(found, np.ones(len(found), bool))
  assert found.pickup == 1 and found.phrases[0].first_bar == 1 and found.phrases[-1].last_bar == 9


def test_a_pickup_in_a_full_bar():
  pickup = [(3, 1, 67)]
  found = _tune([pickup] + A + A)
  assert found.pickup == 1 and _lines(found.phrases) == [(1, 4), (5, 4)]


def test_introduction_and_ending_lie_outside_the_tune():
  chords = [[(0, 2, 48), (2, 2, 55)]] * 14
  sequence = _of(A + A, start=16.0, instrument=1, sequence=_of(chords))
  played = score.of(sequence)
  found = form.of(played, played.instrument == 1)
  assert found.intro == 4 and found.outro == 2
  assert {0, 4, 12} <= {p.first_bar for p in found.phrases} and found.phrases[-1].last_bar == 14


def test_sections_hold_whole_phrases():
  found = _tune((A + B) * 2 + ([TURN, TURN, FALL, LONG] + [LEAP, FALL, CLIMB, HOME]) * 2)
  assert {p.first_bar for p in found.sections} <= {p.first_bar for p in found.phrases}
  assert _lines(found.sections) == [(0, 8), (8, 8), (16, 8), (24, 8)] and [p.label for p in found.sections] == ['A', 'A', 'B', 'B']


@pytest.mark.parametrize('bars', [[], [[(0, 1, 60)]]])
def test_nothing_and_one_note(bars):
  found = score.of(_of(bars))
  assert len(form.of(found).phrases) == len(bars) and form.of(found).equal == ()


def test_drums_alone():
  sequence = _of([[(0, .1, 36), (1, .1, 38), (2, .1, 36), (3, .1, 38)]] * 8)
  for note in sequence.notes:
    note.is_drum = True
  assert form.of(score.of(sequence)).equal == (tuple(range(8)),)


def test_time_grows_with_the_bars():
  generator = np.random.default_rng(0)
  bars = [[(i / 2, .5, int(generator.integers(55, 80))) for i in range(8)] for _ in range(2000)]
  seconds = []
  for count in (500, 2000):
    played = score.of(_of(bars[:count]))
    begun = time.process_time()
    form.of(played, np.ones(len(played), bool))
    seconds.append(time.process_time() - begun)
  assert seconds[1] < 8 * seconds[0]
