"""Properties that hold for any notes: hypothesis looks for music that breaks them."""
import hypothesis
import numpy as np
from hypothesis import strategies

from musicnst import errors
from musicnst.representations import binary
from musicnst.representations import converter_map
from musicnst.representations import drums
from musicnst.representations import melody
from musicnst.representations import testing

SETTINGS = hypothesis.settings(max_examples=40, deadline=None)
NOTES = strategies.lists(strategies.tuples(strategies.integers(0, 127), strategies.floats(0, 40), strategies.floats(.01, 6),
                                           strategies.integers(1, 127)).map(lambda n: (n[0], n[1], n[1] + n[2], n[3])), max_size=40)


def _round_trip(converter, sequence, windows):
  outputs = np.stack([w.outputs for w in windows])
  velocities = None if windows[0].velocities is None else np.stack([w.velocities for w in windows])
  again = converter.to_windows(converter.from_windows(outputs, velocities=velocities))
  np.testing.assert_array_equal(np.stack([w.outputs for w in again]), outputs[:len(again)])
  return converter.from_windows(outputs)


@SETTINGS
@hypothesis.given(NOTES, strategies.sampled_from(['binary', 'polyphonic', 'melody', 'drums', 'trio']), strategies.floats(30, 250))
def test_any_notes_make_the_round_trip_or_are_rejected_by_reason(notes, name, qpm):
  sequence = testing.sequence(notes[::2], qpm=qpm)
  testing.add(sequence, notes[1::4], program=35, instrument=1)
  testing.add(sequence, notes[3::4], instrument=9, is_drum=True)
  converter = converter_map.build(name, **({} if name in ('binary', 'polyphonic') else {'continuous': True}))
  try:
    windows = converter.to_windows(sequence)
  except errors.RejectedSequence as error:
    assert error.reason in ('no_pitched_notes', 'no_melody', 'no_drums', 'no_trio')
    return
  _round_trip(converter, sequence, windows)


@SETTINGS
@hypothesis.given(strategies.lists(strategies.integers(0, melody.DEPTH - 1), min_size=1, max_size=64))
def test_any_melody_tokens_decode_to_a_voice(tokens):
  pitches, starts, ends = melody.decode(np.array(tokens))
  assert len(pitches) == sum(t >= 2 for t in tokens)
  assert (starts < ends).all() and (ends[:-1] <= starts[1:]).all() and (ends <= len(tokens)).all()


@SETTINGS
@hypothesis.given(strategies.lists(strategies.integers(0, drums.DEPTH - 1), min_size=1, max_size=64))
def test_drum_tokens_are_their_bits(tokens):
  roll = drums.to_roll(tokens)
  steps, classes = np.nonzero(roll[:, :9])
  np.testing.assert_array_equal(drums.encode(steps, classes, len(tokens)), tokens)
  np.testing.assert_array_equal(roll[:, 9], np.array(tokens) == 0)


@SETTINGS
@hypothesis.given(strategies.lists(strategies.lists(strategies.booleans(), min_size=5, max_size=5), min_size=1, max_size=20))
def test_runs_cover_exactly_the_cells(cells):
  roll = np.array(cells)
  again = np.zeros_like(roll)
  for column, start, end in zip(*binary.runs(roll), strict=True):
    assert not again[start:end, column].any()
    again[start:end, column] = True
  np.testing.assert_array_equal(again, roll)


def test_binary_roll_by_hand():
  sequence = testing.sequence([(24, 0, .5, 90), (107, .25, .3, 50), (23, 0, 4), (108, 0, 4)])
  testing.add(sequence, [(60, 0, 4)], is_drum=True)
  window, = converter_map.build('binary', steps=4).to_windows(sequence)
  expected = np.zeros([4, 84])
  expected[:2, 0] = expected[1, 83] = 1
  np.testing.assert_array_equal(window.outputs, expected)
  assert window.length == 2 and window.velocities[0, 0] == 90 and window.velocities[1, 83] == 50


def test_a_struck_note_stays_two_where_velocities_are_known():
  converter = converter_map.build('binary', steps=8)
  window, = converter.to_windows(testing.sequence([(60, 0, 1, 70), (60, 1, 2, 90)]))
  assert [n.end_time for n in converter.from_windows(window.outputs[None]).notes] == [1.]
  both = converter.from_windows(window.outputs[None], velocities=window.velocities[None])
  assert [(n.velocity, n.start_time, n.end_time) for n in both.notes] == [(70, 0., .5), (90, .5, 1.)]


def test_a_melody_note_across_a_seam_stays_one_if_continuous():
  sequence = testing.sequence([(60, 0, 3), (62, 3, 9), (64, 10, 12)])
  converter = converter_map.build('melody', steps=16, continuous=True)
  decoded = converter.from_windows(np.stack([w.outputs for w in converter.to_windows(sequence)]))
  assert [(n.pitch, n.start_time * 2, n.end_time * 2) for n in decoded.notes] == [(60, 0, 3), (62, 3, 9), (64, 10, 12)]
  alone = converter_map.build('melody', steps=16)
  windows = alone.to_windows(sequence)
  assert [w.start_step for w in windows] == [0, 16, 32]
  decoded = alone.from_windows(np.stack([w.outputs for w in windows]))
  assert [(n.pitch, n.start_time * 2, n.end_time * 2) for n in decoded.notes] == [(60, 0, 3), (62, 3, 4), (64, 10, 12)]
