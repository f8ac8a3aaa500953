"""What the experiments train: classifiers of phrases and small CycleGANs, each by a config, a number of steps and a seed."""
import dataclasses
import json
import os
import time

from data_prep import cleaning
from data_prep import prepare
from musicnst import configs
from musicnst import files

CORPORA = 'tpd-jazz,asap,pop909'
PAIRS = ('classical_pop', 'jazz_pop', 'jazz_classical')
# The four variants of the successor paper: how they are called there -> what stands in the name of the config.
VARIANTS = {'Baseline': 'full', 'SN': 'full-sn', 'SA': 'full-sa', 'SN+SA': 'full-sn-sa'}
# On the pair that is looked at closest all four, and base; on the others full and base. In the order of their weight.
RUNS = tuple(f'cyclegan-{variant}_{pair}-small' for variant, pair in (
    ('full', 'classical_pop'), ('full-sn', 'classical_pop'), ('base', 'classical_pop'), ('full-sa', 'classical_pop'),
    ('full-sn-sa', 'classical_pop'), ('full', 'jazz_classical'), ('base', 'jazz_classical'), ('full', 'jazz_pop'), ('base', 'jazz_pop')))
CLASSIFIERS = tuple(f'genre-phrase_{pair}' for pair in PAIRS)


@dataclasses.dataclass(frozen=True)
class Recipe:
  """How one model is trained; one comment a field."""

  config: str                  # of CONFIG_MAP
  num_steps: int               # the training ends there
  hparams: str = ''            # overrides of the config's
  seed: int = 0                # of weights, order and noise
  look_every: int = 50         # steps between looks at the validation split


def recipe(name, seed=0):
  """The Recipe of a config's name."""
  if name.startswith('genre-phrase'):
    return Recipe(name, 800, 'learning_rate=.0005,constant_steps=300,zero_rate_step=800', seed)
  return Recipe(name, configs.get(name).hparams.zero_rate_step, seed=seed)


def windows(corpus_root, work_dir):
  """Prefix of the window records of the three genres, prepared unless they are there."""
  prefix = os.path.join(work_dir, 'windows', 'windows.tfrecord')
  if not os.path.isfile(f'{prefix}.report.json'):  # written last
    prepare.run(prefix, RUNS[0], corpus_names=CORPORA, corpus_root=corpus_root, filters=cleaning.Filters())
  return prefix


def train(name, prefix, work_dir, output_dir, max_seconds=0.0, show_progress=True, seed=0):
  """Trains a recipe, or goes on; returns whether it is finished.

  `output_dir/<config>` becomes the bundle: of a classifier the best step by accuracy on the validation split, of a CycleGAN the best by
  strength (`looks.Looks`). Time is kept in `output_dir/<config>.json`, summed over the calls: wall and processor seconds.

  Raises:
    ModelNotFoundError: a CycleGAN before the classifier of its pair.
  """
  from musicnst.training import loop
  from musicnst.training import run_dir as run_dir_lib
  made = recipe(name, seed)
  config = configs.get(name, made.hparams)
  run_dir, record = os.path.join(work_dir, 'runs', name), os.path.join(output_dir, f'{name}.json')
  os.makedirs(output_dir, exist_ok=True)
  wall, processor = time.monotonic(), time.process_time()
  if name in CLASSIFIERS:
    looking = {'eval_examples_path': f'{prefix}-validation-*', 'eval_every_steps': made.look_every, 'best_by': 'metrics/accuracy'}
  else:
    looking = {'callbacks': [_looks(config, made, prefix, output_dir)]}
  loop.train(config, run_dir, f'{prefix}-train-*', num_steps=made.num_steps, seed=made.seed, checkpoints_to_keep=1,
             keep_checkpoint_every_n_hours=None, max_seconds=max_seconds, show_progress=show_progress, **looking)
  step = int(run_dir_lib.RunDir(run_dir).checkpoint('latest').rsplit('-', 1)[1])
  spent = {'config': name, 'hparams': made.hparams, 'seed': made.seed, 'steps': step, **_summed(record, wall, processor)}
  with files.atomic_path(record) as path, open(path, 'w', encoding='utf-8') as out:
    json.dump(spent, out, indent=2)
  if step >= made.num_steps and name in CLASSIFIERS:
    from musicnst.cli import bundle
    bundle.run(run_dir, os.path.join(output_dir, name), card=_card(name, made))
  return step >= made.num_steps


def _looks(config, made, prefix, output_dir):
  """The callback that keeps the best step of a CycleGAN as its bundle."""
  from experiments.papers.cyclegan import looks
  from experiments.papers.cyclegan import measure
  from musicnst import bundles
  classifier = bundles.load(os.path.join(output_dir, classifier_of(config.name)))[0]
  rolls = measure.windows(f'{prefix}-validation-*', config.build_converter(), config.hparams.classes[:2])
  target = os.path.join(output_dir, config.name)
  keep = lambda model, look: bundles.save(model, config, target, _card(config.name, made), 'float32', step=look['step'], look=look)
  return looks.Looks(classifier, rolls, made.look_every, f'{target}.looks.json', keep)


def classifier_of(name):
  """The classifier of a CycleGAN's pair, by the CycleGAN's name."""
  return 'genre-phrase_' + name.split('_', 1)[1].removesuffix('-small')


def _summed(record, wall, processor):
  before = {}
  if os.path.exists(record):
    with open(record, encoding='utf-8') as handle:
      before = json.load(handle)
  return {'wall_seconds': round(before.get('wall_seconds', 0) + time.monotonic() - wall, 1),
          'processor_seconds': round(before.get('processor_seconds', 0) + time.process_time() - processor, 1)}


def _card(name, made):
  return (f'# {name}\n\nTrained on {CORPORA} (training split), up to {made.num_steps} steps, seed {made.seed}; the step is the best on the '
          f'validation split.\n\n`python -m experiments.run cyclegan_train --models={name} --seed={made.seed}`\n')
