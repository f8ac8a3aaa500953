"""What is exported is a checkpoint of Magenta's: read by TensorFlow 1's reader, and the same again when imported."""
import os
import tarfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import checkpoint_import
from musicnst import configs
from musicnst import errors
from musicnst.checkpoint_import import exporting
from musicnst.checkpoint_import import importing
from musicnst.checkpoint_import import table
from musicnst.layers import lstm
from musicnst.models import naming
from tests.models import magenta_weights

# One of each kind of encoder, decoder and head.
SMALL = {
    'cat-mel_2bar_small': 'enc_rnn_size=[5],dec_rnn_size=[4,6],residual_encoder=true,residual_decoder=true',
    'cat-mel_2bar_med_chords': 'enc_rnn_size=[5],dec_rnn_size=[4,4]', 'nade-drums_2bar_reduced': 'enc_rnn_size=[5],dec_rnn_size=[4]',
    'hier-trio_16bar': 'enc_rnn_size=[5],dec_rnn_size=[4,4]', 'hier-multiperf_vel_1bar_med_chords': 'enc_rnn_size=[5],dec_rnn_size=[4]',
    'groovae_2bar_humanize': 'enc_rnn_size=[5],dec_rnn_size=[4]'}


def _values(model):
  return {name: np.asarray(variable) for name, variable in naming.named_variables(model).items()}


@pytest.mark.parametrize('name, form', [
    *((name, 'model.ckpt') for name in sorted(SMALL)), ('cat-mel_2bar_small', 'model.tar'), ('cat-mel_2bar_small', 'model.tgz')])
def test_import_of_export_is_the_identity(name, form, tmp_path):
  config = configs.get(name, f'z_size=3,{SMALL[name]}')
  keras.utils.set_random_seed(3)
  model = config.build_model()
  for variable in naming.named_variables(model).values():  # biases too
    variable.assign(keras.random.normal(variable.shape))
  exporting.export(model, tmp_path / form, step=12)
  again, found, info = importing.load_found(config, tmp_path / form)
  assert found is config and info['step'] == 12
  for key, value in _values(model).items():
    np.testing.assert_array_equal(_values(again)[key], value)


def test_names_shapes_and_values_are_those_of_the_original(source, tmp_path):
  """The fixture, written by Magenta, through our model and back, read by TensorFlow."""
  config = magenta_weights.config(source)
  with importing.Import(config, source / 'model.ckpt') as found:
    model = checkpoint_import.load_magenta(config, source / 'model.ckpt')
    exporting.export(model, tmp_path / 'new' / 'model.ckpt', found.step, found.updates, dict(found.moments()))
  first, second = (tf.train.load_checkpoint(str(path)) for path in (source / 'model.ckpt', tmp_path / 'new' / 'model.ckpt'))
  assert second.get_variable_to_shape_map() == first.get_variable_to_shape_map()
  assert second.get_variable_to_dtype_map() == first.get_variable_to_dtype_map()
  for name in first.get_variable_to_shape_map():
    np.testing.assert_allclose(second.get_tensor(name), first.get_tensor(name), rtol=0 if '/' in name else 3e-7, atol=0, err_msg=name)
  assert tf.train.latest_checkpoint(tmp_path / 'new') == str(tmp_path / 'new' / 'model.ckpt')
  assert sorted(os.listdir(tmp_path / 'new')) == ['checkpoint', 'model.ckpt.data-00000-of-00001', 'model.ckpt.index']


def test_a_cell_is_that_of_keras_with_the_forget_bias_moved_by_one(source, tmp_path):
  """keras.layers.LSTM with the checkpoint's numbers (gates i, j, f, o -> i, f, j, o) runs as our encoder's first layer."""
  config = magenta_weights.config(source)
  model = checkpoint_import.load_magenta(config, source / 'model.ckpt')
  exporting.export(model, tmp_path / 'model.ckpt')
  reader = tf.train.load_checkpoint(str(tmp_path / 'model.ckpt'))
  scope = 'encoder/cell_0/bidirectional_rnn/fw/multi_rnn_cell/cell_0/lstm_cell'
  kernel, bias = reader.get_tensor(f'{scope}/kernel'), reader.get_tensor(f'{scope}/bias')
  i, j, f, o = np.split(np.concatenate([kernel, bias[None]]), 4, axis=1)
  columns = np.concatenate([i, f, j, o], axis=1)
  keras_bias = columns[-1] + np.repeat([0, 1, 0, 0], 24)
  layer = keras.layers.LSTM(24, return_sequences=True)
  layer.build((None, 32, 90))
  layer.set_weights([columns[:90], columns[90:-1], keras_bias])
  np.testing.assert_allclose(lstm.to_keras(kernel, bias, 24)[2], keras_bias)
  inputs = np.load(source / 'golden.npz')['input_sequence'].astype(np.float32)
  forward = model.encoder.forward[0]
  ours, _ = forward.sequence([tf.transpose(inputs, (1, 0, 2))], forward.cell.zero_state(4))
  np.testing.assert_allclose(tf.transpose(ours, (1, 0, 2)), layer(inputs), atol=1e-5)


def test_a_model_that_magenta_has_no_names_for_is_refused(tmp_path):
  model = configs.get('polyphonic-2bar', 'width=4,z_size=3').build_model()
  with pytest.raises(errors.ArgumentError, match='only recurrent'):
    exporting.export(model, tmp_path / 'model.ckpt')
  assert not list(tmp_path.iterdir())


def test_a_failure_leaves_what_was_there(source, config, tmp_path, monkeypatch):
  model = checkpoint_import.load_magenta(config, source / 'model.ckpt')
  for name in ('model.ckpt', 'model.tar'):
    exporting.export(model, tmp_path / name, step=5)
  before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

  def full(**_):
    raise tf.errors.ResourceExhaustedError(None, None, 'No space left on device')

  monkeypatch.setattr(tf.raw_ops, 'SaveV2', full)
  for name in ('model.ckpt', 'model.tar'):
    with pytest.raises(errors.OutputError, match='No space left'):
      exporting.export(model, tmp_path / name, step=6)
  assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_moments_that_do_not_fit_are_refused(source, config, tmp_path):
  model = checkpoint_import.load_magenta(config, source / 'model.ckpt')
  with pytest.raises(errors.ArgumentError, match='moments do not fit'):
    exporting.export(model, tmp_path / 'model.ckpt', 5, 3, {})
  assert not list(tmp_path.iterdir())


def test_an_archive_holds_the_two_files_at_its_top(source, config, tmp_path):
  exporting.export(checkpoint_import.load_magenta(config, source / 'model.ckpt'), tmp_path / 'mel.tgz')
  with tarfile.open(tmp_path / 'mel.tgz') as archive:
    assert archive.getnames() == ['mel.ckpt.index', 'mel.ckpt.data-00000-of-00001']
  assert [path.name for path in tmp_path.iterdir()] == ['mel.tgz']
  assert len(table.of(config)) == 18
