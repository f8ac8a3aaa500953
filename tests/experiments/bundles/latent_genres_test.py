"""The genre classifier of latents from a trained one, on windows that the test makes."""
import json

import numpy as np
import pytest
import tensorflow as tf

from experiments import report
from experiments.bundles import latent_genres
from musicnst import bundles
from musicnst import configs
from musicnst.data import dataset

CLASSES = ('folk', 'jazz', 'pop')
SIZES = {'train': 96, 'validation': 48, 'test': 48}


def _batches(pattern, *_, **__):
  """Genres by how many notes begin at a step; `pattern` says the split."""
  split = next(name for name in SIZES if f'-{name}-' in pattern)
  rng, labels = np.random.default_rng(len(split)), np.arange(SIZES[split]) % 3
  rolls = np.zeros((SIZES[split], 64, 176), 'float32')
  rolls[..., 20:60] = rng.random((SIZES[split], 64, 40)) < (.01 + .04 * labels)[:, None, None]
  yield {'inputs': tf.constant(rolls), 'lengths': tf.fill([SIZES[split], 1], 64), 'labels': tf.constant(labels)}


@pytest.mark.slow
def test_statistics_are_fitted_beside_the_convolutions(tmp_path, monkeypatch):
  monkeypatch.setattr(dataset, 'batches', _batches)
  encoder = configs.get('polyphonic-2bar').override(width=4, z_size=6)
  bundles.save(encoder.build_model(), encoder, str(tmp_path / 'encoder'))
  shared = dict(classes=CLASSES, steps=64, filters=(4,), kernels=(3,), strides=(1,), dense=())
  trunk = configs.get('genre-latent').override(encoder=str(tmp_path / 'encoder'), z_size=6, **shared)
  bundles.save(trunk.build_model(), trunk, str(tmp_path / 'trunk'))
  rolls = configs.get('genre-roll').override(**shared)
  bundles.save(rolls.build_model(), rolls, str(tmp_path / 'rolls'))
  # An encoder without training keeps little; what is decoded here are the notes themselves.
  monkeypatch.setattr('musicnst.models.classifiers.model.FrozenEncoder.decode', lambda self, z: tf.reshape(_notes(z), (-1, 32, 176)))
  found = latent_genres.run(str(tmp_path / 'w'), str(tmp_path / 'trunk'), str(tmp_path / 'made'), str(tmp_path / 'genres.json'),
                            str(tmp_path / 'rolls'))
  assert found['test']['latents']['windows'] == 48 and set(found['test']) == {'latents', f'rolls ({tmp_path / "rolls"})'}
  assert json.loads((tmp_path / 'genres.json').read_text()) == report.rounded(found)
  model, config, info = bundles.load(str(tmp_path / 'made'))
  assert model.classes == CLASSES and config.hparams.statistics and 'genre-latent' in info['card']
  # The bundle says what the figures say.
  batch = next(_batches('w-test-*'))
  right = np.asarray(model(batch['inputs'], lengths=batch['lengths'][:, 0])).argmax(1) == batch['labels'].numpy()
  assert right.mean() == pytest.approx(found['test']['latents']['accuracy'], abs=.03)


def _notes(z):
  """More notes for larger latents: something to decode that depends on z."""
  level = tf.reduce_mean(tf.abs(z), axis=1)[:, None, None]
  grid = tf.reshape(tf.cast(tf.range(32 * 176) % 97, tf.float32) / 97, (1, 32, 176))
  return tf.cast(grid < level, tf.float32)


def test_figures_by_hand():
  logits = np.eye(3)[[0, 0, 1, 2, 2]]
  row = latent_genres.figures(logits, np.array([0, 1, 1, 2, 2]), CLASSES)
  assert row == {'windows': 5, 'accuracy': .8, 'mean_per_class_accuracy': pytest.approx(2.5 / 3), 'folk': 1.0, 'jazz': .5, 'pop': 1.0}
