"""Bars through changing meters, by hand."""
import pytest

from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter
from musicnst.reading import musical_time


def sequence_of(seconds, signatures, qpm=60):
  sequence = music_proto.NoteSequence(total_time=seconds)
  sequence.tempos.add(time=0, qpm=qpm)
  for time, numerator, denominator in signatures:
    sequence.time_signatures.add(time=time, numerator=numerator, denominator=denominator)
  return sequence


def starts(sequence):
  return [bar.start_beat for bar in meter.bars(sequence)]


def test_common_time_without_signature():
  bars = meter.bars(sequence_of(9, []))
  assert bars == [meter.Bar(0, 4, 4, 4), meter.Bar(4, 4, 4, 8), meter.Bar(8, 4, 4, 12)]


def test_end_on_a_bar_line_begins_no_bar():
  assert starts(sequence_of(8, [])) == [0, 4]


def test_waltz_and_five_eight():
  assert starts(sequence_of(7, [(0, 3, 4)])) == [0, 3, 6]
  assert starts(sequence_of(7, [(0, 5, 8)])) == [0, 2.5, 5]
  assert starts(sequence_of(5, [(0, 2, 2)])) == [0, 4]


def test_changing_meters_at_other_tempo():
  # 120 qpm: seconds are two beats. Two bars of 4/4, two of 3/4, one of 6/8.
  bars = meter.bars(sequence_of(8.5, [(0, 4, 4), (4, 3, 4), (7, 6, 8)], qpm=120))
  assert [(b.start_beat, b.numerator, b.denominator) for b in bars] == [(0, 4, 4), (4, 4, 4), (8, 3, 4), (11, 3, 4), (14, 6, 8)]
  assert bars[-1].end_beat == 17


def test_pickup_as_a_short_meter_or_as_a_late_first_signature():
  assert starts(sequence_of(9, [(0, 1, 4), (1, 4, 4)])) == [0, 1, 5]
  bars = meter.bars(sequence_of(7, [(1, 3, 4)]))
  assert [(b.start_beat, b.end_beat) for b in bars] == [(0, 1), (1, 4), (4, 7)]


def test_a_change_inside_a_bar_cuts_it():
  bars = meter.bars(sequence_of(9, [(0, 4, 4), (6, 3, 4)]))
  assert [(b.start_beat, b.numerator, b.end_beat) for b in bars] == [(0, 4, 4), (4, 4, 6), (6, 3, 9)]


def test_a_change_almost_on_a_bar_line_is_on_it():
  assert starts(sequence_of(7, [(0, 4, 4), (4.001, 3, 4)])) == [0, 4]
  assert starts(sequence_of(7, [(0, 4, 4), (3.999, 3, 4)])) == [0, 4]
  assert starts(sequence_of(7, [(0.01, 3, 4)])) == [0, 3, 6]


def test_repeats_begin_no_bar_and_the_last_of_two_holds():
  assert starts(sequence_of(8, [(0, 4, 4), (1, 4, 4), (5, 4, 4)])) == [0, 4]
  assert starts(sequence_of(6, [(0, 4, 4), (0, 3, 4)])) == [0, 3]
  assert starts(sequence_of(10, [(4, 3, 4), (0, 4, 4), (4, 2, 4)])) == [0, 4, 6, 8]


def test_denominators_that_are_no_power_of_two():
  # 4/6: four sixths of a whole note, 8/3 quarters.
  assert starts(sequence_of(8, [(0, 4, 6)])) == pytest.approx([0, 8 / 3, 16 / 3])


@pytest.mark.parametrize('signature', [(0, 0, 4), (0, 4, 0), (0, -3, 4), (0, 1, 2**30), (0, 255, 1)])
def test_impossible_signatures_are_passed_over(signature):
  assert starts(sequence_of(8, [signature])) == [0, 4]


def test_an_empty_sequence_has_one_bar():
  assert meter.bars(music_proto.NoteSequence()) == [meter.Bar(0, 4, 4, 4)]


def test_notes_beyond_total_time_have_bars():
  sequence = music_proto.NoteSequence()
  sequence.notes.add(pitch=60, velocity=80, start_time=0, end_time=3)
  assert starts(sequence) == [0, 4]


def test_with_a_map_of_beats():
  sequence = sequence_of(4.0, [(0, 3, 4)], qpm=120)
  beat_map = beat_map_lib.BeatMap.from_beat_times([0, 1, 2, 3, 4])
  assert [b.start_beat for b in meter.bars(sequence, beat_map)] == [0, 3]
  inside = musical_time.in_beats(sequence, beat_map)
  assert starts(inside) == [0, 3]


def test_a_meter_from_the_start_holds_from_beat_0_of_any_map():
  # The first annotated downbeat is at .6 s; beat 0 lies before second 0.
  sequence = sequence_of(4.0, [(0, 3, 4)], qpm=120)
  beat_map = beat_map_lib.BeatMap.from_beat_times([0.6, 1.1, 1.6, 2.1], beats_per_bar=3)
  assert beat_map.to_beats(0.6) == 3
  assert [b.start_beat for b in meter.bars(sequence, beat_map)] == [0, 3, 6, 9]
  inside = musical_time.in_beats(sequence, beat_map)
  assert starts(inside) == [0, 3, 6, 9]
  assert musical_time.in_seconds(inside, beat_map).time_signatures[0].time == 0
