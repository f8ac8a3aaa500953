"""What every converter must do; `converter_map_test` runs it over CONVERTER_MAP."""
import numpy as np
from note_seq import chord_symbols_lib

from musicnst import music_proto
from musicnst.representations import converter_map


def consecutive(converter, windows):
  """Those of the windows that follow each other without overlap from the first on (the first instrument's)."""
  first = windows[0]
  return [w for w in windows if (w.start_step - first.start_step) % converter.grid_steps == 0 and w.labels == first.labels]


def transposed(sequence, semitones):
  """A copy with every note but the drums, and every chord symbol, moved."""
  moved = music_proto.NoteSequence()
  moved.CopyFrom(sequence)
  for note in moved.notes:
    note.pitch += 0 if note.is_drum else semitones
  for annotation in moved.text_annotations:
    annotation.text = chord_symbols_lib.transpose_chord_symbol(annotation.text, semitones)
  return moved


def gather(array, index):
  """The array that `transpose_index` describes."""
  return np.where(index >= 0, array[..., np.maximum(index, 0)], 0)


def moved(converter, array, index):
  """The same of a window's array `[T, D]`, but for segments that stay (`Converter.unmoved_segments`)."""
  if converter.unmoved_segments is None:
    return gather(array, index)
  rows, cell = converter.unmoved_segments
  stay = np.repeat(array[::rows, cell], rows)[:, None] > 0
  return np.where(stay, array, gather(array, index))


def run_converter_contract(converter, sequences, transposable=True):
  """Round trip, shapes, values, rebuilding and transposition of one converter on sequences that it takes.

  The sequences begin sounding in their first bar and keep far enough from the edges of the pitch range to be moved by 2 semitones.
  """
  assert type(converter_map.build(converter.name)) is type(converter)
  for sequence in sequences:
    windows = converter.to_windows(sequence)
    assert windows
    _check_shapes(converter, windows)
    _check_rebuilt(converter, sequence, windows)
    _check_round_trip(converter, consecutive(converter, windows))
    if transposable:
      _check_transposition(converter, sequence, windows)
    else:
      np.testing.assert_array_equal(converter.transpose_index(0), np.arange(converter.output_depth))


def _check_shapes(converter, windows):
  for window in windows:
    assert window.inputs.shape == (converter.steps, converter.input_depth)
    assert window.outputs.shape == (converter.steps, converter.output_depth)
    for array in (window.inputs, window.outputs):
      if converter.real_valued:
        assert array.dtype == np.float32 and np.abs(array).max() <= 1
      else:
        assert array.dtype in (np.bool_, np.uint8) and set(np.unique(array)) <= {0, 1}
    valid = _valid(converter, window)
    assert (0 < valid).all() and (valid <= converter.steps // converter.num_lengths).all() and window.start_step >= 0
    if converter.control_depth:
      assert window.controls.shape == (converter.steps, converter.control_depth) and window.controls.dtype == np.bool_
    if window.velocities is not None:
      assert window.velocities.dtype == np.uint8 and len(window.velocities) == converter.steps
    at = 0
    # Segments with lengths of their own are empty behind them.
    filled = np.ones(converter.steps, bool)
    if converter.num_lengths > 1:
      filled = (np.arange(converter.steps // converter.num_lengths)[None] < valid[:, None]).reshape(-1)
    for depth in converter.categorical_depths:
      np.testing.assert_array_equal(window.outputs[:, at:at + depth].sum(axis=1), filled)
      at += depth
    assert at in (0, converter.output_depth)


def _valid(converter, window):
  """int `[num_lengths]`."""
  lengths = np.atleast_1d(window.length)
  assert lengths.shape == (converter.num_lengths,)
  return lengths


def _check_rebuilt(converter, sequence, windows):
  import json
  again = converter_map.build(converter.name, **json.loads(json.dumps(converter.to_dict())))
  assert again.to_dict() == converter.to_dict()
  for window, other in zip(windows, again.to_windows(sequence), strict=True):
    np.testing.assert_array_equal(window.outputs, other.outputs)


def _check_round_trip(converter, windows):
  outputs = np.stack([w.outputs for w in windows])
  velocities = None if windows[0].velocities is None else np.stack([w.velocities for w in windows])
  for qpm in (120.0, 97.3):
    decoded = converter.from_windows(outputs, qpm=qpm, velocities=velocities)
    assert decoded.tempos[0].qpm == qpm
    seconds = 60.0 / qpm / converter.steps_per_quarter
    early = seconds / 2 if converter.real_valued else 0  # a stroke may come before its step
    assert all(-early <= n.start_time < n.end_time <= len(windows) * converter.grid_steps * seconds + early + 1e-9 for n in decoded.notes)
    for note in decoded.notes:
      note.start_time = max(note.start_time, 0)
    again = consecutive(converter, converter.to_windows(decoded))
    np.testing.assert_allclose(np.stack([w.outputs for w in again]), outputs[:len(again)], atol=1e-4 if converter.real_valued else 0)
    assert not outputs[len(again):].any() or len(again) == len(outputs)
    if velocities is not None:
      np.testing.assert_array_equal(np.stack([w.velocities for w in again]), velocities)


def _check_transposition(converter, sequence, windows):
  up, down = converter.transpose_index(2), converter.transpose_index(-2)
  assert up.shape == (converter.output_depth,) and up.dtype == np.int32
  others = converter.to_windows(transposed(sequence, 2))
  for window, other in zip(windows, others, strict=True):
    np.testing.assert_array_equal(moved(converter, window.outputs, up), other.outputs)
    np.testing.assert_array_equal(moved(converter, other.outputs, down), window.outputs)
    np.testing.assert_array_equal(moved(converter, window.inputs, converter.transpose_index(2, which='inputs')), other.inputs)
    if converter.control_depth:
      np.testing.assert_array_equal(gather(window.controls, converter.transpose_index(2, which='controls')), other.controls)
