"""The loop under JAX against the trainer under TensorFlow: the same first weights and batches give the same losses and weights."""
import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.data import transposition
from musicnst.models import naming
from musicnst.representations import testing
from musicnst.training import jax_loop
from musicnst.training import trainer

STEPS, SEED = 4, 3
COMMON = 'batch_size=4,transpose_low=-2,transpose_high=2'
# One of each kind: a variational autoencoder of beats, LSTMs with sampled steps, a classifier whose windows have labels.
CONFIGS = {
    'polyphonic-2bar': f'{COMMON},width=8,z_size=4,grad_clip=.5',
    'cat-mel_2bar_small': 'batch_size=4,enc_rnn_size=[6],dec_rnn_size=[5],z_size=4,sampling_schedule=constant,sampling_rate=.5',
    'genre-roll_small': 'batch_size=4,classes=[folk,jazz],steps=32',
}
WORKER = '''
import json, sys
sys.modules['tensorflow'] = None  # as where it is not installed: importing it fails
from musicnst import bundles
from musicnst.training import jax_loop
found = {}
for name, hparams in json.loads(sys.argv[1]).items():
  found[name] = jax_loop.train(name, f'{name}.tfrecord', f'{name}-made', %d, hparams, f'{name}.tfrecord', seed=%d, warm_start=f'{name}-first',
                               every=1, show_progress=False)
  assert bundles.load(f'{name}-made')[1].name == name
print(json.dumps(found))
''' % (STEPS, SEED)


def _config(name):
  return configs.get(name, CONFIGS[name])


@pytest.fixture(scope='module')
def made(tmp_path_factory):
  """(folder, history of each config): records and first weights of every config, trained in a process of its own."""
  folder = tmp_path_factory.mktemp('jax')
  keras.utils.set_random_seed(1)
  for name in CONFIGS:
    config = _config(name)
    converter, frames = config.build_converter(), []
    for i in range(7):
      piece = testing.melody(2, i) if name.startswith('cat') else testing.chords(2, i)
      window = converter.to_windows(piece)[0]
      window.labels.update(genre=('folk', 'jazz', 'pop')[i % 3])
      frames.append(tfrecords.frame(records.write_example(window, converter)))
    (folder / f'{name}.tfrecord').write_bytes(b''.join(frames))
    bundles.save(config.build_model(), config, folder / f'{name}-first', dtype='float32')
  environment = {**os.environ, 'KERAS_BACKEND': 'jax', 'JAX_PLATFORMS': 'cpu', 'PYTHONPATH': os.pathsep.join([str(_root()), *sys.path])}
  run = subprocess.run([sys.executable, '-c', WORKER, json.dumps(CONFIGS)], env=environment, cwd=folder, capture_output=True, text=True, check=False)
  assert run.returncode == 0, run.stderr[-3000:]
  return folder, json.loads(run.stdout.splitlines()[-1])


def _root():
  return pathlib.Path(__file__).parents[2]


def _loss(model, windows, step):
  """Mean over all windows, of the sum of the terms."""
  terms = [model.players()[0].loss_terms({k: tf.constant(v) for k, v in batch.items()}, training=False, step=tf.constant(step))
           for batch in windows.in_order(4)]
  return sum(float(tf.reduce_sum(value)) for batch in terms for value in batch.values()) / len(windows.windows)


@pytest.mark.slow
@pytest.mark.parametrize('name', CONFIGS)
def test_losses_and_weights_are_the_trainers(made, name):
  folder, history = made[0], made[1][name]
  config, path = _config(name), str(folder / f'{name}.tfrecord')
  own = trainer.Trainer(config, tf.distribute.get_strategy())
  bundles.assign(own.model, bundles.read_weights(folder / f'{name}-first'), name)
  windows = jax_loop.Windows.read(config, path)
  assert len(windows.windows) == (5 if 'classes' in config.hparams else 7)
  feed = windows.batches(4, SEED)
  transposer = transposition.Transposer.of(config.build_converter(), config.hparams)
  batches = [jax_loop.transposed(next(feed), transposer) if transposer else next(feed) for _ in range(STEPS)]
  stacked = tf.data.Dataset.from_tensor_slices({key: np.stack([batch[key] for batch in batches]) for key in batches[0]})
  rows = own.train(iter(stacked), STEPS)
  np.testing.assert_allclose([row['loss'] for row in rows], [point[1] for point in history], rtol=2e-4)
  assert rows[0]['loss'] != pytest.approx(rows[-1]['loss'], rel=1e-5)  # something moved
  assert history[-1][2] == pytest.approx(_loss(own.model, windows, STEPS), rel=2e-3)
  if history[-1][2] == min(point[2] for point in history):  # then the bundle is the last step's
    found = bundles.read_weights(folder / f'{name}-made')
    values = {key: np.asarray(variable) for key, variable in naming.named_variables(own.model).items()}
    apart = np.concatenate([np.abs(found[key] - value).ravel() for key, value in values.items() if np.issubdtype(value.dtype, np.floating)])
    # Where a gradient is nothing but rounding, Adam's first steps go either way.
    assert np.mean(apart > 2e-4) < .01


@pytest.mark.slow
def test_the_bundle_is_of_the_best_evaluation(made):
  folder, history = made
  for name in CONFIGS:
    model, config, info = bundles.load(folder / f'{name}-made')
    best = min(history[name], key=lambda point: point[2])
    assert (info['step'], info['loss']) == (best[0], best[2]) and 'on JAX' in info['card']
    windows = jax_loop.Windows.read(config, str(folder / f'{name}.tfrecord'))
    assert _loss(model, windows, best[0]) == pytest.approx(best[2], rel=2e-3)  # under TensorFlow


@pytest.mark.slow
def test_transposition_moves_all_cells_or_none(made):
  config = configs.get('polyphonic-2bar', COMMON)
  windows = jax_loop.Windows.read(config, str(made[0] / 'polyphonic-2bar.tfrecord'))
  plain = windows.in_order(7)
  sums = {int(batch['inputs'][row].sum()) for batch in plain for row in range(7)}
  feed, transposer = windows.batches(4, 0), transposition.Transposer.of(config.build_converter(), config.hparams)
  known, shifts = next(windows.in_order(7))['inputs'], set()
  for _ in range(6):
    for row in jax_loop.transposed(next(feed), transposer)['inputs'].numpy():
      assert int(row.sum()) in sums
      same = [s for s in range(-2, 3) for one in known if np.array_equal(np.roll(one.reshape(32, 2, 88), s, 2), row.reshape(32, 2, 88))]
      assert same
      shifts.update(same)
  assert shifts == {-2, -1, 0, 1, 2}


@pytest.mark.slow
def test_bad_input(made, tmp_path):
  with pytest.raises(errors.ArgumentError, match='Keras runs on tensorflow; set KERAS_BACKEND=jax'):
    jax_loop.train('polyphonic-2bar', 'nowhere', str(tmp_path / 'made'), 1)
  windows = jax_loop.Windows.read(_config('polyphonic-2bar'), str(made[0] / 'polyphonic-2bar.tfrecord'))
  with pytest.raises(errors.DataError, match='7 examples, fewer than a batch of 8'):
    next(windows.batches(8))
  config = configs.get('genre-roll_small', 'classes=[polka,waltz],steps=32')
  with pytest.raises(errors.DataError, match='with a genre of polka, waltz'):
    jax_loop.Windows.read(config, str(made[0] / 'genre-roll_small.tfrecord'))


@pytest.mark.parametrize('name, message', [('musae-2bar_mixture-small', 'has 2 players'), ('genre-phrase_jazz_pop', 'side by side')])
def test_what_needs_the_trainer_is_refused(name, message):
  with pytest.raises(errors.ArgumentError, match=message):
    jax_loop.Loop(configs.get(name))
