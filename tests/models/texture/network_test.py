"""The mender of moved accompaniment: numpy and Keras agree, it begins as the identity, and each note's numbers go to the cells they are for."""
import keras
import numpy as np
import pytest

from musicnst import configs
from musicnst.analysis import score as score_lib
from musicnst.models.texture import network
from musicnst.models.texture import windows
from musicnst.representations import testing

KEYS = windows.KEYS


def _random_windows(count, seed=0):
  rng = np.random.default_rng(seed)
  inputs = np.zeros((count, windows.STEPS, windows.DEPTH), np.float32)
  for window in inputs:
    for _ in range(rng.integers(5, 40)):
      start, key, length = rng.integers(0, 30), rng.integers(0, KEYS), rng.integers(1, 6)
      window[start, key] = 1
      window[start + 1:start + length, KEYS + key] = 1
  inputs[:, :, :KEYS][inputs[:, :, KEYS:2 * KEYS] > 0] = 0
  inputs[:, :, 2 * KEYS:] = rng.random(inputs[:, :, 2 * KEYS:].shape) < .2
  return inputs


@pytest.fixture(scope='module')
def model():
  keras.utils.set_random_seed(3)
  return configs.get('texture-2bar', 'units=16,layers=2,heads=2').build_model()


def _weights(model):
  return {name: np.asarray(part) for name, part in model.parts.items()}


def test_untrained_it_changes_nothing(model):
  inputs = _random_windows(3)
  np.testing.assert_array_equal(np.asarray(model(inputs)) >= 0, inputs[:, :, :2 * KEYS] > 0)


def test_numpy_and_keras_agree():
  """Each window by itself and all together, whatever else the batch holds."""
  model = configs.get('texture-2bar', 'units=16,layers=2,heads=2').build_model()
  rng = np.random.default_rng(1)
  for part in model.parts.values():
    part.assign(rng.normal(size=part.shape) * .3)
  inputs = _random_windows(4)
  expected = np.asarray(model(inputs))
  assert np.abs(expected - inputs[:, :, :2 * KEYS] * (network.ON - network.OFF) - network.OFF).max() > 1
  for rows in (slice(0, 4), slice(2, 3)):
    found = network.logits(_weights(model), inputs[rows], *network.notes_of(inputs[rows, :, :KEYS]), 2, 2, np)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected[rows], rtol=2e-3, atol=2e-3)


def test_numbers_go_to_the_cells_that_they_are_for(model):
  """A last layer that says 'one key up' moves every note one key up, where it begins and where it is held."""
  p = _weights(model)
  p['out_bias'] = np.zeros(2 * network.REACH + 1, np.float32)
  p['out_bias'][[network.REACH, network.REACH + 1]] = -20, 20
  inputs = np.zeros((1, windows.STEPS, windows.DEPTH), np.float32)
  inputs[0, 2, 40] = inputs[0, 3:6, KEYS + 40][:] = 1
  inputs[0, 8, 60] = inputs[0, 30, KEYS - 1] = 1  # the highest key has none above it
  found = network.logits(p, inputs, *network.notes_of(inputs[:, :, :KEYS]), 2, 2, np)[0] >= 0
  assert {tuple(cell) for cell in np.argwhere(found)} == {(2, 41), (3, KEYS + 41), (4, KEYS + 41), (5, KEYS + 41), (8, 61)}


def test_notes_by_step_then_key():
  roll = np.zeros((2, 4, KEYS))
  roll[0, 1, 5] = roll[0, 0, 80] = roll[1, 3, 0] = 1
  places, valid = network.notes_of(roll)
  assert places.tolist() == [[80, KEYS + 5], [3 * KEYS, 0]] and valid.tolist() == [[1, 1], [1, 0]]


def test_what_is_read():
  """One beat of C with E in the bass in C major under a G that is held: cell by cell."""
  major, line = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11)), np.zeros((1, 176), np.uint8)
  line[0, KEYS + 79 - 21] = 1
  under = windows.Under(np.array([0]), np.array([4]), np.isin(np.arange(12), (0, 4, 7))[None], major[None], line, np.array([[1, 1]], np.uint8))
  read = windows.read(windows.roll_of(np.array([60]), np.array([.02]), np.array([1.0]), 1), under)
  assert read.shape == (1, windows.DEPTH)
  roots, tones, bass, scale = 352, 364, 376, 388
  cells = [39, 176 + 88 + 58, roots, tones, tones + 4, tones + 7, bass + 4, *(scale + np.flatnonzero(major)), 400, 401]
  assert np.flatnonzero(read[0]).tolist() == cells


def test_where_it_comes_from():
  """G7 of C major laid over D: what was the third is F sharp, what was the seventh C."""
  tones, scale = (np.isin(np.arange(12), pcs)[None] for pcs in ((7, 11, 2, 5), (0, 2, 4, 5, 7, 9, 11)))
  found = windows.source_of(np.array([2]), np.array([7]), tones, scale)[0]
  assert set(np.flatnonzero(found[:12])) == {2, 6, 9, 0} and set(np.flatnonzero(found[12:])) == {7, 9, 11, 0, 2, 4, 6}
  assert not windows.source_of(np.array([-1]), np.array([7]), tones, scale).any()


def test_windows_of_a_transposed_piece_are_the_transposed_windows():
  """Notes and tune; which chords are heard in noise depends on its register a little."""
  converter, low, high = windows.TextureConverter(), testing.chords(8, 1), testing.chords(8, 1)
  for note in high.notes:
    note.pitch += 3
  for plain, moved in zip(converter.to_windows(low), converter.to_windows(high)):
    for name, cells in (('inputs', windows.ROOT), ('outputs', windows.ROLL)):
      index = converter.transpose_index(3, name)
      there = np.where(index >= 0, getattr(plain, name)[:, index], 0)
      np.testing.assert_array_equal(there[:, :cells], getattr(moved, name)[:, :cells])
  assert windows.steps_of(score_lib.of(low)) % 16 == 0


def test_chords_are_transposed_with_the_notes():
  index = windows.TextureConverter().transpose_index(3, 'inputs')
  read = np.zeros(windows.DEPTH)
  read[[windows.ROOT + 11, windows.TONES + 4, windows.BASS, windows.SCALE + 9, windows.PLACES, windows.FROM_TONES + 10]] = 1
  moved = np.where(index >= 0, read[index], 0)
  cells = [windows.ROOT + 2, windows.TONES + 7, windows.BASS + 3, windows.SCALE, windows.PLACES, windows.FROM_TONES + 1]
  assert np.flatnonzero(moved).tolist() == cells
