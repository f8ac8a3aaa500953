"""Recipes from corpora to bundles, on music that the test makes; and that every recipe that ships can be built."""
import json
import os

import pytest
import tensorflow as tf

from data_prep.corpora import corpus_map
from experiments.bundles import train_bundles
from musicnst import bundles
from musicnst import errors
from musicnst import inference
from musicnst.data import dataset
from musicnst.evaluation import model as evaluation
from musicnst.rendering import midi
from musicnst.representations import testing

TINY = train_bundles.Recipe(
    corpora='folder', config='cat-mel_2bar_small', num_steps=4, seed=3, eval_every_steps=2, best_by='metrics/accuracy_sampled',
    hparams='batch_size=4,enc_rnn_size=[4],dec_rnn_size=[4],z_size=3', about='A tiny model.')


RECIPES = {'tiny': TINY}


@pytest.fixture(autouse=True)
def process_settings(monkeypatch):
  """A training makes TensorFlow deterministic for the rest of the process, which other tests would feel."""
  monkeypatch.setattr(tf.config.experimental, 'enable_op_determinism', lambda: None)


def _run(names, corpus_root, work_dir, recipes=RECIPES, **options):
  return train_bundles.run(names, str(corpus_root), str(work_dir), recipes=recipes, show_progress=False, **options)


@pytest.fixture(scope='module')
def corpus_root(tmp_path_factory):
  root = tmp_path_factory.mktemp('corpus')
  for seed in range(40):
    midi.write(testing.chords(6, seed=seed), str(root / f'{seed:02d}.mid'))
  return root


def _weights(folder):
  return {name: value.tobytes() for name, value in bundles.read_weights(folder).items()}


@pytest.mark.slow
def test_the_chain_gives_a_bundle_that_loads(corpus_root, tmp_path):
  made = _run('tiny', corpus_root, tmp_path / 'a')
  target = tmp_path / 'a' / 'bundles' / 'tiny'
  card = (target / 'CARD.md').read_text()
  report = json.loads((tmp_path / 'a' / 'figures' / 'tiny_test.json').read_text())
  # The figures are those of the bundle on the windows of the test split.
  records = str(next((tmp_path / 'a' / 'windows').iterdir()) / '*-test-*')
  model, config, info = bundles.load(str(target))
  measures = evaluation.evaluate(model, config, records)['measures']
  assert report['step'] == info['step'] in (2, 4) and report['measures']['windows'] == dataset.count_examples(records) == measures['windows']
  for name in ('sampled/accuracy', 'teacher_forced/accuracy', 'loss'):
    assert made['tiny']['measures'][name] == pytest.approx(measures[name], rel=1e-2), name
  for text in ('A tiny model.', '4 steps of 4 windows, seed 3', 'test, all windows', 'at step', '--bundle=tiny', 'transposition -5 to +5'):
    assert text in card
  trained = inference.TrainedModel.load(str(target))
  assert len(trained.sample(2, temperature=1.0, seed=0)) == 2
  assert trained.config.hparams.z_size == 3


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_to_the_same_weights(corpus_root, tmp_path):
  whole, parts = str(tmp_path / 'whole'), str(tmp_path / 'parts')
  _run('tiny', corpus_root, whole)
  calls = 0
  while _run('tiny', corpus_root, parts, max_seconds=1e-6)['tiny'] is None:
    calls += 1  # max_seconds is over before the first step: nothing is trained
    assert not os.path.exists(os.path.join(parts, 'bundles'))
    if calls == 2:
      _run('tiny', corpus_root, parts)
  assert _weights(os.path.join(whole, 'bundles', 'tiny')) == _weights(os.path.join(parts, 'bundles', 'tiny'))


@pytest.mark.slow
def test_a_training_starts_from_the_first_ones_best_weights(corpus_root, tmp_path):
  still = train_bundles.dataclasses.replace(
      TINY, num_steps=2, first=TINY, hparams=TINY.hparams + ',learning_rate=0.0,min_learning_rate=0.0')
  recipes = {'still': still, 'tiny': TINY}
  _run('still', corpus_root, tmp_path, recipes)
  assert sorted(name.split('-')[0] for name in os.listdir(tmp_path / 'runs')) == ['still', 'tiny']
  _run('tiny', corpus_root, tmp_path, recipes)  # is there already
  assert len(os.listdir(tmp_path / 'runs')) == 2
  assert _weights(tmp_path / 'bundles' / 'still') == _weights(tmp_path / 'bundles' / 'tiny')
  assert 'from the weights of 4 steps' in (tmp_path / 'bundles' / 'still' / 'CARD.md').read_text()


@pytest.mark.slow
def test_windows_are_shared_and_runs_are_not(corpus_root, tmp_path):
  _run('tiny', corpus_root, tmp_path)
  other = train_bundles.dataclasses.replace(TINY, seed=4, num_steps=2)
  _run('tiny', corpus_root, tmp_path, {'tiny': other})
  assert len(os.listdir(tmp_path / 'windows')) == 1 and len(os.listdir(tmp_path / 'runs')) == 2


def test_an_unknown_name_is_refused(tmp_path):
  with pytest.raises(errors.UnknownNameError, match="Did you mean 'tiny'"):
    _run('tinyy', tmp_path, tmp_path)


@pytest.mark.parametrize('name', train_bundles.RECIPES)
def test_recipe(name):
  recipe = train_bundles.RECIPES[name]
  recipe = getattr(recipe, 'trunk', recipe)
  if isinstance(recipe, train_bundles.Recipe):
    config = train_bundles.config_of(recipe)
    assert config.build_converter().steps >= 32 and recipe.num_steps >= recipe.eval_every_steps > 0
    assert recipe.best_by == 'loss' or recipe.best_by.startswith('metrics/')
  if recipe:
    assert corpus_map.get(recipe.corpora)


def test_what_is_made_together_is_made_once(tmp_path):
  calls = []
  both = train_bundles.Composers(inputs='rolls', run=lambda *args, **kwargs: calls.append(kwargs) or {'rows': {}})
  assert _run('all', tmp_path, tmp_path, {'one': both, 'two': both}) == {'one': {'rows': {}}, 'two': {'rows': {}}}
  assert calls == [{'make': str(tmp_path / 'bundles'), 'inputs': 'rolls'}]


def test_what_ships_has_a_recipe():
  assert set(bundles.names()) <= set(train_bundles.RECIPES)
