"""Window records: TensorFlow's Example proto is the judge of what is written, numpy of what is parsed."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.data import records
from musicnst.representations import base
from musicnst.representations import pianoroll
from musicnst.representations import testing


class Small(base.Converter):
  """A converter of odd depths, so that bits do not fill whole bytes; with controls and other outputs than inputs."""

  name = 'small'
  steps, input_depth, output_depth, control_depth = 3, 5, 7, 2

  def to_dict(self):
    return {}


def _window(seed=0, length=2, **labels):
  random = np.random.default_rng(seed)
  bits = lambda depth: random.integers(0, 2, (3, depth)).astype(np.uint8)
  return base.Window(bits(5), bits(7), length, bits(2), random.integers(0, 128, (3, 4)).astype(np.uint8), 6, labels)


def _piano_windows():
  converter = pianoroll.PolyphonicConverter()
  return converter, converter.to_windows(testing.chords(8, seed=3))


def test_a_record_is_a_tf_train_example():
  window = _window(genre='jazz', id='/id/1', mood='späte Nacht')
  example = tf.train.Example.FromString(records.write_example(window, Small()))
  feature = example.features.feature
  assert feature['genre'].bytes_list.value == [b'jazz']
  assert feature['mood'].bytes_list.value == ['späte Nacht'.encode()]
  assert feature['composer'].bytes_list.value == [b'']
  assert feature['lengths'].int64_list.value == [2]
  assert feature['start_step'].int64_list.value == [6]
  assert feature['format'].bytes_list.value == [b'small:3x5/7/2']


def test_read_window_gives_back_what_was_written():
  window = _window(genre='jazz', id='/id/1')
  back = records.read_window(records.write_example(window, Small()), Small())
  for name in ('inputs', 'outputs', 'controls', 'velocities'):
    np.testing.assert_array_equal(getattr(back, name), getattr(window, name))
  assert (back.length, back.start_step) == (2, 6)
  assert back.labels == {'genre': 'jazz', 'id': '/id/1', 'composer': '', 'corpus': ''}


def test_parse_example_equals_the_windows():
  windows = [_window(seed, genre=genre) for seed, genre in enumerate(('a', 'b', 'c'))]
  batch = records.parse_example([records.write_example(w, Small()) for w in windows], Small(), label_names=('genre',), velocities=True)
  for name, values in (('inputs', 'inputs'), ('outputs', 'outputs'), ('controls', 'controls'), ('velocities', 'velocities')):
    np.testing.assert_array_equal(batch[name], np.stack([getattr(w, values) for w in windows]))
  assert batch['inputs'].dtype == tf.float32 and batch['lengths'].dtype == tf.int32
  assert batch['lengths'].numpy().tolist() == [2, 2, 2]
  assert batch['genre'].numpy().tolist() == [b'a', b'b', b'c']


def test_parse_example_of_one_record_has_no_batch_axis():
  batch = records.parse_example(records.write_example(_window(), Small()), Small())
  assert batch['inputs'].shape == (3, 5) and batch['lengths'].shape == ()


def test_equal_outputs_are_stored_once_and_come_back():
  converter, windows = _piano_windows()
  serialized = [records.write_example(w, converter) for w in windows]
  assert 'outputs' not in tf.train.Example.FromString(serialized[0]).features.feature
  batch = records.parse_example(serialized, converter)
  np.testing.assert_array_equal(batch['outputs'], np.stack([w.outputs for w in windows]))
  assert len(serialized[0]) < 32 * 176 / 8


def test_records_with_and_without_outputs_in_one_batch():
  class Square(Small):
    output_depth, control_depth = 5, 0
  same = _window().inputs
  windows = [base.Window(same, same, 3), base.Window(same, 1 - same, 3)]
  batch = records.parse_example([records.write_example(w, Square()) for w in windows], Square())
  np.testing.assert_array_equal(batch['outputs'], np.stack([same, 1 - same]))


def test_lengths_by_segment():
  serialized = records.write_example(_window(length=(3, 1, 0, 300)), Small())
  assert records.read_window(serialized, Small()).length == (3, 1, 0, 300)
  assert records.parse_example([serialized], Small(), num_lengths=4)['lengths'].numpy().tolist() == [[3, 1, 0, 300]]


def test_parsing_runs_inside_a_graph():
  parse = tf.function(lambda s: records.parse_example(s, Small()))
  serialized = [records.write_example(_window(seed), Small()) for seed in range(4)]
  np.testing.assert_array_equal(parse(tf.constant(serialized))['inputs'], np.stack([_window(seed).inputs for seed in range(4)]))


def test_wrong_shapes_values_and_converters_are_refused():
  window = _window()
  with pytest.raises(errors.DataError, match='shape'):
    records.write_example(base.Window(window.inputs[:2], window.outputs, 2, window.controls), Small())
  with pytest.raises(errors.DataError, match='0 and 1'):
    records.write_example(base.Window(window.inputs * 2, window.outputs, 2, window.controls), Small())
  with pytest.raises(errors.DataError, match='prepare them with this config'):
    records.read_window(records.write_example(window, Small()), pianoroll.PolyphonicConverter())
  for junk in (b'', b'junk', b'\x0a\x05abc'):
    with pytest.raises(errors.DataError):
      records.read_window(junk, Small())


def test_content_key_knows_content_only():
  keys = {records.content_key(_window(seed)) for seed in range(20)}
  assert len(keys) == 20 and {len(key) for key in keys} == {16}
  assert records.content_key(_window(1, genre='a')) == records.content_key(_window(1, genre='b'))
  assert records.content_key(_window(1, length=1)) != records.content_key(_window(1, length=2))


def test_windows_of_numbers_and_of_many_lengths_come_back():
  from musicnst.representations import groove
  from musicnst.representations import multitrack
  for converter, music in ((groove.GrooveConverter(humanize=True, hits_as_controls=True), testing.groove(6, 2)),
                           (multitrack.MultitrackConverter(chords=True), testing.lead_sheet_of_band(3, 2))):
    windows = converter.to_windows(music)
    written = [records.write_example(window, converter) for window in windows]
    assert len({records.content_key(window) for window in windows}) == len(windows)
    for window, serialized in zip(windows, written, strict=True):
      back = records.read_window(serialized, converter)
      for name in ('inputs', 'outputs', 'controls'):
        np.testing.assert_array_equal(getattr(back, name), getattr(window, name))
      assert back.length == window.length
    batch = records.parse_example(written, converter, converter.num_lengths)
    for name in ('inputs', 'outputs', 'controls'):
      np.testing.assert_array_equal(batch[name], np.stack([getattr(window, name) for window in windows]))
    np.testing.assert_array_equal(batch['lengths'], [window.length for window in windows])


def test_drums_among_other_tracks_stay_when_the_rest_is_transposed():
  from musicnst.data import transposition
  from musicnst.representations import multitrack
  converter = multitrack.MultitrackConverter()
  music = testing.band(2, 4)
  moved = transposition.Transposer(converter, 0, 2)
  before = np.stack([w.inputs for w in converter.to_windows(music)])
  for note in music.notes:
    note.pitch += 0 if note.is_drum else 2
  after = np.stack([w.inputs for w in converter.to_windows(music)])
  found, complete = moved.move(tf.constant(before.astype(np.uint8)), tf.constant([2, 2]))
  np.testing.assert_array_equal(found, after)
  assert complete.numpy().all()


def test_grooves_that_hide_different_things_are_not_taken_for_each_other():
  from musicnst.representations import groove
  written = records.write_example(groove.GrooveConverter(humanize=True).to_windows(testing.groove(4, 2))[0], groove.GrooveConverter(humanize=True))
  with pytest.raises(errors.DataError, match='humanize.*tapify'):
    records.read_window(written, groove.GrooveConverter(tapify=True))
