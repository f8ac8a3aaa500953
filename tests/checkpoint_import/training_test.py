"""A training of Magenta's that goes on here: its next step is Magenta's next step."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.checkpoint_import import importing
from musicnst.checkpoint_import import table
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.layers import noise
from musicnst.models import naming
from musicnst.representations import base
from musicnst.training import loop
from musicnst.training import run_dir
from musicnst.training import starts
from musicnst.training import trainer as trainer_lib
from tests.models import magenta_weights
from tests.training import tiny


def _trainer(path):
  """Teacher forcing and the fixture's batch size, as the golden step was made."""
  config = magenta_weights.config(path).override('sampling_schedule=constant,sampling_rate=0', batch_size=magenta_weights.info(path)['batch_size'])
  return trainer_lib.Trainer(config, tf.distribute.get_strategy())


@pytest.mark.slow
@pytest.mark.parametrize('name', magenta_weights.NAMES)
@pytest.mark.parametrize('form', ['checkpoint', 'bundle'])
def test_one_step_equals_magentas(name, form, request, monkeypatch, tmp_path):
  path = magenta_weights.folder(name, request)
  golden, info, trainer = np.load(path / 'golden.npz'), magenta_weights.info(path), _trainer(path)
  source = path / 'model.ckpt'
  if form == 'bundle':
    importing.to_bundle(trainer.config, source, tmp_path / 'bundle')
    source = tmp_path / 'bundle'
  starts.go_on(trainer, source)
  assert int(trainer.step.numpy()) == info['global_step']
  variables = _by_magentas_names(trainer.model)
  before = {key: variable.numpy() for key, variable in variables.items()}
  monkeypatch.setattr(noise, 'normal', lambda key, shape: tf.constant(golden['eps']))
  batch = {'inputs': golden['input_sequence'].astype(np.float32), 'outputs': golden['output_sequence'].astype(np.float32),
           'lengths': golden['sequence_length'].astype(np.int32), 'seeds': np.arange(len(golden['eps']), dtype=np.int32)}
  row, = trainer.train(iter(tf.data.Dataset.from_tensors(batch).repeat()), 1)
  assert row['loss'] == pytest.approx(float(golden['train/loss_before']), rel=1e-5)
  assert row['global_norm'] == pytest.approx(float(golden['train/global_norm']), rel=1e-4)
  np.testing.assert_allclose(variables['encoder/mu/kernel'], golden['train/after_mu_kernel'], rtol=1e-4, atol=1e-7)
  np.testing.assert_allclose(variables['encoder/sigma/bias'], golden['train/after_sigma_bias'], rtol=1e-4, atol=1e-7)
  moved = [np.linalg.norm(variables[key].numpy().astype(np.float64) - before[key]) for key in info['train_var_order']]
  np.testing.assert_allclose(moved, golden['train/delta_l2'], rtol=2e-3)  # differences of float32 weights a thousand times larger
  if 'train/loss_after' in golden:
    row, = trainer.train(iter(tf.data.Dataset.from_tensors(batch).repeat()), 1)
    assert row['loss'] == pytest.approx(float(golden['train/loss_after']), rel=1e-4)


def _by_magentas_names(model):
  ours = naming.named_variables(model)
  return {row.magenta: ours[row.ours] for row in table.of_model(model)}


@pytest.fixture(scope='module')
def windows(tmp_path_factory, source):
  """A record file of the fixture's four windows."""
  golden, converter = np.load(source / 'golden.npz'), magenta_weights.config(source).build_converter()
  path = tmp_path_factory.mktemp('windows') / 'w.tfrecord'
  path.write_bytes(b''.join(
      tfrecords.frame(records.write_example(base.Window(x.astype(np.uint8), x.astype(np.uint8), 32, labels={'id': str(i)}), converter))
      for i, x in enumerate(golden['input_sequence'])))
  return str(path)


@pytest.mark.slow
def test_a_run_goes_on_from_the_step_and_resumes_exactly(source, config, windows, tmp_path):
  config = config.override(batch_size=4)
  settings = {**tiny.EACH_STEP, 'checkpoint_file': str(source / 'model.ckpt'), 'show_progress': False}
  loop.train(config, tmp_path / 'whole', windows, num_steps=31341, **settings)
  loop.train(config, tmp_path / 'parts', windows, num_steps=31339, **settings)
  loop.train(config, tmp_path / 'parts', windows, num_steps=31341, **settings)
  whole, parts = (tf.train.load_checkpoint(run_dir.RunDir(tmp_path / name).checkpoint()) for name in ('whole', 'parts'))
  names = [name for name in whole.get_variable_to_shape_map() if name.startswith('variables/')]
  assert len(names) == 3 * 18 + 2
  for name in names:
    np.testing.assert_array_equal(whole.get_tensor(name), parts.get_tensor(name))
  with starts.opened(tmp_path / 'whole', checkpoint='latest') as found:
    assert (found.step, found.updates) == (31341, 41)  # 37 updates by the beta powers, and four


def test_a_stripped_checkpoint_starts_the_optimizer_anew(source, config, tmp_path):
  trainer = _trainer(source)
  importing.to_bundle(trainer.config, source / 'model.ckpt', tmp_path / 'bundle', with_training=False)
  starts.go_on(trainer, tmp_path / 'bundle')
  adam = trainer.optimizers['model']
  assert int(trainer.step.numpy()) == 31337 and int(adam.shift.numpy()) == -31337
  assert not any(np.any(slot.numpy()) for slot in adam.m + adam.v)


def test_a_warm_start_takes_only_the_weights(source, config, tmp_path):
  trainer = _trainer(source)
  starts.warm_start(trainer, str(source / 'model.ckpt'))
  reader = tf.train.load_checkpoint(str(source / 'model.ckpt'))
  for name, variable in _by_magentas_names(trainer.model).items():
    np.testing.assert_array_equal(variable, reader.get_tensor(name))
  assert int(trainer.step.numpy()) == 0 and int(trainer.optimizers['model'].shift.numpy()) == 0
  assert not any(np.any(slot.numpy()) for slot in trainer.optimizers['model'].m)


def test_a_run_that_would_not_train_says_so(source, config, windows, tmp_path):
  with pytest.raises(errors.ArgumentError, match='of step 31337; num_steps is 100'):
    loop.train(config, tmp_path, windows, num_steps=100, checkpoint_file=str(source / 'model.ckpt'), show_progress=False)
  with pytest.raises(errors.ArgumentError, match='not both'):
    loop.train(config, tmp_path, windows, checkpoint_file='a', warm_start='b')
  with pytest.raises(errors.CheckpointError, match='It fits'):
    loop.train(config.override('z_size=8'), tmp_path / 'b', windows, num_steps=99999, warm_start=str(source / 'model.ckpt'), show_progress=False)
