"""The training loop: what it writes, how it goes on, and how it stops."""
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import bundles
from musicnst import config as config_lib
from musicnst import configs
from musicnst import errors
from musicnst import hparams as hparams_lib
from musicnst import inference
from musicnst.data import dataset
from musicnst.models import base
from musicnst.models import naming
from musicnst.training import feed
from musicnst.training import loop
from musicnst.training import run_dir as run_dir_lib
from musicnst.training import summaries
from musicnst.training import trainer as trainer_lib
from tests.training import tiny


def _train(config, run_dir, windows, **settings):
  return loop.train(config, run_dir, windows, **{'show_progress': False, 'log_every_steps': 5, 'steps_per_call': 5, **settings})


def _events(folder):
  """{(tag, step): value} of the event files in a folder; text as bytes."""
  found = {}
  for path in summaries.event_files(folder):
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        content = tf.make_ndarray(value.tensor)
        found[value.tag, event.step] = content.item() if content.dtype.kind == 'f' else content.ravel()[0]
  return found


def _weights(prefix):
  reader = tf.train.load_checkpoint(prefix)
  return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map() if 'model' in name}


class _Toy(base.MusicModel):
  """Two players who pull one number each: one towards 3, one towards -1; a loss of nan once a number reaches `limit`."""

  def __init__(self, limit):
    super().__init__()
    self.limit = limit
    self.a = self.add_weight(shape=(), initializer='zeros', name='a')
    self.b = self.add_weight(shape=(), initializer='zeros', name='b')
    self.built = True

  def players(self):
    return (base.Player('a', lambda batch, training, step: {'pull': self._pull(batch, self.a, 3.0)}, lambda: [self.a]),
            base.Player('b', lambda batch, training, step: {'pull': self._pull(batch, self.b, -1.0)}, lambda: [self.b], steps=2))

  def _pull(self, batch, number, target):
    distance = keras.ops.square(number - target) + 0 * keras.ops.sum(batch['inputs'], axis=(1, 2))
    return keras.ops.where(self.a < self.limit, distance, float('nan'))


def _toy(limit=1e9, **hparams):
  values = {'batch_size': 4, 'learning_rate': .1, 'clip_mode': 'none', **hparams}
  real = configs.get('polyphonic-2bar')
  return config_lib.Config('toy', lambda hparams, converter: _Toy(limit), lambda hparams: real.build_converter(), hparams_lib.HParams(**values))


@pytest.mark.slow
def test_curves_hyperparameters_and_checkpoints(config, windows, tmp_path):
  last = _train(config, tmp_path, windows, num_steps=10, eval_examples_path=windows, eval_every_steps=5, eval_num_batches=2)
  train, evaluation = _events(tmp_path / 'train'), _events(tmp_path / 'eval')
  tags = {tag for tag, step in train if step == 10}
  assert tags >= {'loss', 'losses/reconstruction', 'losses/divergence', 'learning_rate', 'global_norm', 'metrics/beta', 'metrics/kl_bits',
                  'metrics/accuracy', 'metrics/onset_f1', 'metrics/frame_f1', 'steps_per_second'}
  assert train['loss', 10] == pytest.approx(train['losses/reconstruction', 10] + train['losses/divergence', 10], rel=1e-5)
  assert train['metrics/kl_bits', 10] == pytest.approx(train['metrics/kl_nats', 10] / np.log(2), rel=1e-5)
  # Mean over steps 5 to 9 of (learning_rate - min) decay^step + min.
  rates = [(1e-3 - 1e-5) * .9999**step + 1e-5 for step in range(5, 10)]
  assert train['learning_rate', 10] == pytest.approx(np.mean(rates), rel=1e-4)
  assert b'|z_size|4|' in train['hyperparameters', 0]
  assert {step for _, step in evaluation} == {5, 10} and ('metrics/onset_f1', 10) in evaluation
  assert last['loss'] == pytest.approx(train['loss', 10], rel=1e-6) and 'evaluation/loss' in last
  folder = run_dir_lib.RunDir(tmp_path)
  assert folder.checkpoint().endswith('train/model-10')
  assert folder.read_config().hparams == config.hparams
  best = json.loads((tmp_path / 'best' / 'best.json').read_text())
  assert folder.checkpoint('best').endswith(f'model-{best["step"]}')
  scores = [-evaluation['loss', 5], -evaluation['loss', 10]]
  assert best['score'] == pytest.approx(max(scores), rel=1e-6) and best['step'] == (5, 10)[int(np.argmax(scores))]


@pytest.mark.slow
def test_goes_on_and_keeps_no_more_checkpoints_than_asked(windows, tmp_path):
  _train(_toy(), tmp_path, windows, num_steps=5)
  steps = []
  _train(_toy(), tmp_path, windows, num_steps=15, checkpoint_every_steps=2, checkpoints_to_keep=2, keep_checkpoint_every_n_hours=None,
         callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: steps.append(step))])
  assert steps == [6, 8, 10, 12, 14, 15]
  assert sorted(path.stem for path in (tmp_path / 'train').glob('*.index')) == ['model-14', 'model-15']


@pytest.mark.slow
def test_steps_per_call_changes_nothing(config, windows, unbroken, tmp_path):
  _train(config, tmp_path, windows, num_steps=20, steps_per_call=7)
  first, second = (_weights(run_dir_lib.RunDir(folder).checkpoint()) for folder in (unbroken[0], tmp_path))
  for name, value in first.items():
    np.testing.assert_array_equal(second[name], value)


@pytest.mark.slow
def test_mixed_precision_computes_in_bfloat16(config, windows, unbroken, tmp_path):
  half = _train(config, tmp_path, windows, num_steps=5, mixed_precision=True)['loss']
  full = np.mean([unbroken[1][step] for step in range(1, 6)])
  assert half != full and half == pytest.approx(full, rel=.02)
  assert all(value.dtype == np.float32 for value in _weights(run_dir_lib.RunDir(tmp_path).checkpoint()).values())
  assert keras.config.dtype_policy().name == 'float32'


def test_players_move_in_turn_each_by_its_own_loss(windows, tmp_path):
  last = _train(_toy(), tmp_path, windows, num_steps=200, log_every_steps=200)
  weights = {name.split('.S')[-1].split('/')[0]: value for name, value in _weights(run_dir_lib.RunDir(tmp_path).checkpoint()).items()}
  assert weights['a'] == pytest.approx(3, abs=.05) and weights['b'] == pytest.approx(-1, abs=.05)
  assert {'a/loss', 'b/loss', 'a/losses/pull', 'b/global_norm'} <= set(last)


def test_a_loss_that_is_not_finite_stops_at_its_step(windows, tmp_path):
  # Adam moves `a` by about its rate .1 a step: it passes .35 at the fourth update, in step 3, and `b`, who moves next, sees it.
  with pytest.raises(errors.TrainingError, match=r'step 3: b/loss is nan'):
    _train(_toy(limit=.35), tmp_path, windows, num_steps=50, checkpoint_every_steps=2)
  assert run_dir_lib.RunDir(tmp_path).checkpoint().endswith('model-2')


def test_fewer_examples_than_a_batch_is_a_clear_error(config, windows, tmp_path):
  with pytest.raises(errors.DataError, match='60 examples .* fewer than a batch of 64'):
    _train(config.override(batch_size=64), tmp_path, windows, num_steps=5)


def test_a_batch_that_the_replicas_do_not_divide_is_a_clear_error():
  class Three:
    num_replicas_in_sync = 3
  with pytest.raises(errors.ArgumentError, match='8 cannot be divided over 3 replicas'):
    feed.training_feed(Three(), tf.data.Dataset.from_tensors({'inputs': tf.zeros([8, 1])}), 8, 0)


def test_another_config_in_the_run_folder_is_refused(windows, unbroken):
  with pytest.raises(errors.ArgumentError, match="holds a run of config 'polyphonic-2bar', not 'toy'"):
    _train(_toy(), unbroken[0], windows, num_steps=30)


def test_a_truncated_checkpoint_is_named(windows, tmp_path):
  _train(_toy(), tmp_path, windows, num_steps=1)
  data = next((tmp_path / 'train').glob('*.data*'))
  data.write_bytes(data.read_bytes()[:100])
  with pytest.raises(errors.ModelNotFoundError, match='model-1: cannot be read as a checkpoint'):
    _train(_toy(), tmp_path, windows, num_steps=2)


def test_a_checkpoint_of_other_sizes_is_named(config, windows, unbroken):
  with pytest.raises(errors.ModelNotFoundError, match='cannot be read as a checkpoint of this config'):
    _train(config.override(width=16), unbroken[0], windows, num_steps=30)


def test_a_run_folder_that_cannot_be_made_is_an_output_error(config, windows, tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(errors.OutputError, match='cannot be written'):
    _train(config, tmp_path / 'file' / 'run', windows, num_steps=1)


def test_stops_after_max_seconds_with_a_checkpoint(windows, tmp_path):
  steps = []
  _train(_toy(), tmp_path, windows, num_steps=10**6, max_seconds=.01,
         callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: steps.append(step))])
  last = steps[-1] if steps else 0  # on a busy machine the time is over before the first step
  assert run_dir_lib.RunDir(tmp_path).checkpoint().endswith(f'model-{last}') and last < 10**6


def test_a_callback_may_stop_the_run(windows, tmp_path):
  class Stop(keras.callbacks.Callback):

    def on_train_batch_end(self, batch, logs=None):
      self.model.stop_training = batch >= 10

  _train(_toy(), tmp_path, windows, num_steps=10**6, callbacks=[Stop()])
  assert run_dir_lib.RunDir(tmp_path).checkpoint().endswith('model-10')


@pytest.mark.slow
def test_warm_start_from_a_bundle_and_from_a_run(config, windows, unbroken, tmp_path):
  model, _, _ = inference.load_model(unbroken[0])
  bundles.save(model, config, tmp_path / 'bundle.zip', dtype='float32')
  frozen = config.override(learning_rate=0.0, min_learning_rate=0.0)
  expected = {name: variable.numpy() for name, variable in naming.named_variables(model).items()}
  for number, source in enumerate((tmp_path / 'bundle.zip', unbroken[0])):
    _train(frozen, tmp_path / str(number), windows, num_steps=1, warm_start=str(source), seed=7)
    found = naming.named_variables(inference.load_model(tmp_path / str(number))[0])
    for name, value in expected.items():
      np.testing.assert_array_equal(found[name].numpy(), value)


def test_warm_start_from_nothing_is_named(config, windows, tmp_path):
  with pytest.raises(errors.ModelNotFoundError, match='neither a bundle nor a run folder'):
    _train(config, tmp_path / 'run', windows, num_steps=1, warm_start=str(tmp_path / 'nowhere'))


def test_progress_is_lines_where_there_is_no_terminal(windows, tmp_path, capsys):
  _train(_toy(), tmp_path, windows, num_steps=10, show_progress=True)
  lines = capsys.readouterr().err.strip().splitlines()
  assert [line.split()[1] for line in lines] == ['5/10', '10/10'] and 'steps/s' in lines[0]


@pytest.mark.parametrize('wrong', [{'num_steps': 0}, {'steps_per_call': 0}, {'max_seconds': -1.0}])
def test_settings_out_of_range_are_named(config, windows, tmp_path, wrong):
  with pytest.raises(errors.ArgumentError, match=next(iter(wrong))):
    _train(config, tmp_path, windows, **wrong)


@pytest.mark.slow
def test_a_classifier_of_latents_trains_on_its_bundles_encoder(config, tmp_path):
  bundles.save(config.build_model(), config, tmp_path / 'encoder', dtype='float32')
  latent = configs.get('genre-latent', f'encoder={tmp_path / "encoder"},z_size=4,steps=64,batch_size=4,classes=[pop,folk],filters=[4],'
                                       'kernels=[3],strides=[1],dense=[4]')
  path = tiny.write_windows(tmp_path / 'w.tfrecord', latent.build_converter(), 8, genres=('pop', 'folk'))
  trainer = trainer_lib.Trainer(latent, tf.distribute.get_strategy())
  batches = dataset.batches(path, latent.build_converter(), latent.hparams, 4, True, classes=('pop', 'folk'))
  batch = next(iter(feed.training_feed(trainer.strategy, batches, 4, 0)))
  first = [variable.numpy() for variable in trainer.model.trainable_variables]
  row, = trainer.train(iter(tf.data.Dataset.from_tensors(batch)), 1)
  # It is loaded while the step is traced, and must not stay at its first random weights.
  weights = bundles.read_weights(tmp_path / 'encoder')
  for name, variable in naming.named_variables(trainer.model.frozen.model).items():
    np.testing.assert_array_equal(variable.numpy(), weights[name])
  # The loss was that of the first weights on the latents of that encoder.
  for variable, value in zip(trainer.model.trainable_variables, first):
    variable.assign(value)
  terms = trainer.model.players()[0].loss_terms(batch, training=True, step=tf.constant(0, tf.int64))
  assert row['loss'] == pytest.approx(float(tf.reduce_mean(sum(terms.values()))), rel=1e-4)
