"""What every converter must do; `converter_map_test` runs it over CONVERTER_MAP."""
import numpy as np

from musicnst import music_proto
from musicnst.representations import converter_map


def consecutive(converter, windows):
  """Those of the windows that follow each other without overlap from the first on (the first instrument's)."""
  first = windows[0]
  return [w for w in windows if (w.start_step - first.start_step) % converter.steps == 0 and w.labels == first.labels]


def transposed(sequence, semitones):
  """A copy with every note but the drums moved."""
  moved = music_proto.NoteSequence()
  moved.CopyFrom(sequence)
  for note in moved.notes:
    note.pitch += 0 if note.is_drum else semitones
  return moved


def gather(array, index):
  """The array that `transpose_index` describes."""
  return np.where(index >= 0, array[..., np.maximum(index, 0)], 0)


def run_converter_contract(converter, sequences, transposable=True):
  """Round trip, shapes, values, rebuilding and transposition of one converter on sequences that it takes.

  The sequences begin sounding in their first bar and keep far enough from the edges of the pitch range to be moved by 2 semitones.
  """
  assert converter_map.CONVERTER_MAP[converter.name] is type(converter)
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
      assert array.dtype in (np.bool_, np.uint8) and set(np.unique(array)) <= {0, 1}
    assert 0 < window.length <= converter.steps and window.start_step >= 0
    if window.velocities is not None:
      assert window.velocities.dtype == np.uint8 and len(window.velocities) == converter.steps
    at = 0
    for depth in converter.categorical_depths:
      assert (window.outputs[:, at:at + depth].sum(axis=1) == 1).all()
      at += depth
    assert at in (0, converter.output_depth)


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
    assert all(0 <= n.start_time < n.end_time <= len(windows) * converter.steps * seconds + 1e-9 for n in decoded.notes)
    again = consecutive(converter, converter.to_windows(decoded))
    np.testing.assert_array_equal(np.stack([w.outputs for w in again]), outputs[:len(again)])
    assert not outputs[len(again):].any() or len(again) == len(outputs)
    if velocities is not None:
      np.testing.assert_array_equal(np.stack([w.velocities for w in again]), velocities)


def _check_transposition(converter, sequence, windows):
  up, down = converter.transpose_index(2), converter.transpose_index(-2)
  assert up.shape == (converter.output_depth,) and up.dtype == np.int32
  moved = converter.to_windows(transposed(sequence, 2))
  for window, other in zip(windows, moved, strict=True):
    np.testing.assert_array_equal(gather(window.outputs, up), other.outputs)
    np.testing.assert_array_equal(gather(other.outputs, down), window.outputs)
    np.testing.assert_array_equal(gather(window.inputs, converter.transpose_index(2, which='inputs')), other.inputs)
