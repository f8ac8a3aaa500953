"""Quantizing against note_seq, on hypothesis-made and real notes."""
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import labels
from musicnst.representations import quantize
from musicnst.representations import testing

TIMES = strategies.floats(0, 500, allow_nan=False)


def _assert_equal_to_note_seq(sequence, steps_per_quarter):
  import note_seq
  theirs = note_seq.quantize_note_sequence(sequence, steps_per_quarter)
  ours = quantize.quantize(sequence, steps_per_quarter)
  assert ours.start.tolist() == [n.quantized_start_step for n in theirs.notes]
  assert ours.end.tolist() == [n.quantized_end_step for n in theirs.notes]
  assert ours.pitch.tolist() == [n.pitch for n in theirs.notes]


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(strategies.lists(strategies.tuples(TIMES, TIMES), max_size=30), strategies.floats(20, 300),
                  strategies.sampled_from([1, 4, 12]))
def test_equals_note_seq(times, qpm, steps_per_quarter):
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(qpm=qpm)
  for start, end in times:
    sequence.notes.add(pitch=60, velocity=80, start_time=min(start, end), end_time=max(start, end))
  _assert_equal_to_note_seq(sequence, steps_per_quarter)


@pytest.mark.parametrize('qpm', [97., 113.7, 61.])
def test_halves_of_a_step_fall_as_in_note_seq(qpm):
  sequence = testing.sequence([(60, i / 8, i / 8 + .1) for i in range(400)], qpm=qpm)
  _assert_equal_to_note_seq(sequence, 4)


def test_tempo_changes_are_unrolled():
  sequence = testing.sequence([], qpm=60.)
  sequence.tempos.add(time=2., qpm=120.)
  for start in (0., 1., 2., 2.5, 3.):
    sequence.notes.add(pitch=60, velocity=80, start_time=start, end_time=start + .01)
  quantized = quantize.quantize(sequence)
  assert quantized.start.tolist() == [0, 4, 8, 12, 16]
  assert quantized.end.tolist() == [1, 5, 9, 13, 17]


def test_a_late_first_tempo_is_a_change():
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(time=1., qpm=60.)
  sequence.notes.add(pitch=60, velocity=80, start_time=2., end_time=3.)
  assert quantize.quantize(sequence).start.tolist() == [12]  # two quarters at 120, one at 60


def test_negative_times_are_rejected():
  sequence = testing.sequence([(60, 0, 1)])
  sequence.notes[0].start_time = -2.
  with pytest.raises(errors.RejectedSequence, match='negative_time'):
    quantize.quantize(sequence)


def test_meters():
  for meter in ((4, 4), (2, 2), None):
    quantize.require_four_quarters(testing.sequence([(60, 0, 8)], meter=meter))
  for meter in ((3, 4), (5, 8), (6, 8), (2, 4)):
    with pytest.raises(errors.RejectedSequence, match='unsupported_meter'):
      quantize.require_four_quarters(testing.sequence([(60, 0, 8)], meter=meter))
  changing = testing.sequence([(60, 0, 16)])
  changing.time_signatures.add(time=4., numerator=3, denominator=4)
  with pytest.raises(errors.RejectedSequence, match='3/4 at beat 8'):
    quantize.require_four_quarters(changing)


def test_one_hot_and_labels():
  np.testing.assert_array_equal(quantize.one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
  sequence = music_proto.NoteSequence(id='/id/midi/c/1', collection_name='c')
  assert labels.of(sequence) == {'id': '/id/midi/c/1', 'corpus': 'c'}
  sequence.sequence_metadata.genre.append('jazz')
  sequence.sequence_metadata.composers.append('Bach')
  assert labels.of(sequence, instrument=3) == {'id': '/id/midi/c/1', 'corpus': 'c', 'genre': 'jazz', 'composer': 'Bach', 'instrument': '3'}
