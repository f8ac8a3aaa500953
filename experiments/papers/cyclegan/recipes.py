"""What the experiments on CycleGAN train: classifiers of phrases and small CycleGANs, each by a config, a number of steps and a seed."""
import os

from data_prep import cleaning
from experiments.papers import recipes
from musicnst import configs

CORPORA = 'tpd-jazz,asap,pop909'
PAIRS = ('classical_pop', 'jazz_pop', 'jazz_classical')
# The four variants of the successor paper: how they are called there -> what stands in the name of the config.
VARIANTS = {'Baseline': 'full', 'SN': 'full-sn', 'SA': 'full-sa', 'SN+SA': 'full-sn-sa'}
# On the pair that is looked at closest all four, and base; on the others full and base. In the order of their weight.
RUNS = tuple(f'cyclegan-{variant}_{pair}-small' for variant, pair in (
    ('full', 'classical_pop'), ('full-sn', 'classical_pop'), ('base', 'classical_pop'), ('full-sa', 'classical_pop'),
    ('full-sn-sa', 'classical_pop'), ('full', 'jazz_classical'), ('base', 'jazz_classical'), ('full', 'jazz_pop'), ('base', 'jazz_pop')))
CLASSIFIERS = tuple(f'genre-phrase_{pair}' for pair in PAIRS)


def recipe(name, seed=0):
  """The `recipes.Recipe` of a config's name."""
  if name.startswith('genre-phrase'):
    return recipes.Recipe(name, 800, 'learning_rate=.0005,constant_steps=300,zero_rate_step=800', seed, best_by='metrics/accuracy')
  return recipes.Recipe(name, configs.get(name).hparams.zero_rate_step, seed=seed)


def windows(corpus_root, work_dir):
  """Prefix of the window records of the three genres, prepared unless they are there."""
  prefix = os.path.join(work_dir, 'windows', 'windows.tfrecord')
  return recipes.prepared(prefix, recipe(RUNS[0]), CORPORA, corpus_root, filters=cleaning.Filters())


def train(name, made, prefix, work_dir, max_seconds=0.0, show_progress=True):
  """Trains a recipe, or goes on; returns whether it is finished.

  WORK_DIR/bundles/<config> becomes the bundle: of a classifier the best step by accuracy on the validation split, of a CycleGAN the best by
  strength (`validation_history.ValidationHistory`).

  Raises:
    ModelNotFoundError: a CycleGAN before the classifier of its pair.
  """
  classifies = name in CLASSIFIERS
  callbacks = () if classifies else (_history(name, made, prefix, work_dir),)
  run_dir, cost = recipes.train(name, made, prefix, work_dir, max_seconds, show_progress, callbacks)
  finished = cost['steps'] >= made.num_steps
  if finished and classifies:
    from musicnst.cli import bundle
    bundle.run(run_dir, recipes.bundle_path(name, work_dir), card=_card(name, made))
  return finished


def _history(name, made, prefix, work_dir):
  """The callback that keeps the best step of a CycleGAN as its bundle."""
  from experiments import windows as windows_lib  # this and the callback load Keras
  from experiments.papers.cyclegan import validation_history
  from musicnst import bundles
  config, target = made.build(), recipes.bundle_path(name, work_dir)
  classifier = recipes.load(classifier_of(name), work_dir, 'cyclegan_train')[0]
  rolls = windows_lib.by_genre(f'{prefix}-validation-*', config.build_converter(), config.hparams.classes[:2])

  def keep(model, point):
    bundles.save(model, config, target, _card(name, made), 'float32', step=point['step'], validation=point)

  return validation_history.ValidationHistory(classifier, rolls, made.eval_every_steps, history_path(name, work_dir), keep)


def history_path(name, work_dir):
  """Where the validation history of a CycleGAN lies."""
  return recipes.bundle_path(name, work_dir) + '.validation.json'


def classifier_of(name):
  """The classifier of a CycleGAN's pair, by the CycleGAN's name."""
  return 'genre-phrase_' + name.split('_', 1)[1].removesuffix('-small')


def _card(name, made):
  return (f'# {name}\n\nTrained on {CORPORA} (training split), up to {made.num_steps} steps, seed {made.seed}; the step is the best on the '
          f'validation split.\n\n`python -m experiments.run cyclegan_train --models={name} --seed={made.seed}`\n')
