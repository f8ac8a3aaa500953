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
  evaluated: bool = False      # the best checkpoint by accuracy on the validation split, not the last one


def recipe(name):
  """The Recipe of a config's name."""
  if name.startswith('genre-phrase'):
    return Recipe(name, 800, 'learning_rate=.0005,constant_steps=300,zero_rate_step=800', evaluated=True)
  config = configs.get(name)
  return Recipe(name, config.hparams.zero_rate_step)


def windows(corpus_root, work_dir):
  """Prefix of the window records of the three genres, prepared unless they are there."""
  prefix = os.path.join(work_dir, 'windows', 'windows.tfrecord')
  if not os.path.isfile(f'{prefix}.report.json'):  # written last
    prepare.run(prefix, RUNS[0], corpus_names=CORPORA, corpus_root=corpus_root, filters=cleaning.Filters())
  return prefix


def train(name, prefix, work_dir, output_dir, max_seconds=0.0, show_progress=True):
  """Trains a recipe, or goes on; at its last step writes the bundle `output_dir/<config>`. Returns whether it is there.

  Time is kept in `output_dir/<config>.json`, summed over the calls: wall and processor seconds.
  """
  from musicnst.training import loop
  from musicnst.training import run_dir as run_dir_lib
  made, config = recipe(name), configs.get(name, recipe(name).hparams)
  run_dir, record = os.path.join(work_dir, 'runs', name), os.path.join(output_dir, f'{name}.json')
  wall, processor = time.monotonic(), time.process_time()
  looks = {'eval_examples_path': f'{prefix}-validation-*', 'eval_every_steps': 100, 'best_by': 'metrics/accuracy'} if made.evaluated else {}
  loop.train(config, run_dir, f'{prefix}-train-*', num_steps=made.num_steps, seed=made.seed, checkpoints_to_keep=1,
             keep_checkpoint_every_n_hours=None, max_seconds=max_seconds, show_progress=show_progress, **looks)
  checkpoint = run_dir_lib.RunDir(run_dir).checkpoint('latest')
  step = int(checkpoint.rsplit('-', 1)[1])
  spent = {'config': name, 'hparams': made.hparams, 'seed': made.seed, 'steps': step, **_summed(record, wall, processor)}
  os.makedirs(output_dir, exist_ok=True)
  with files.atomic_path(record) as path, open(path, 'w', encoding='utf-8') as out:
    json.dump(spent, out, indent=2)
  if step < made.num_steps:
    return False
  _bundle(run_dir, os.path.join(output_dir, name), spent)
  return True


def _summed(record, wall, processor):
  before = {}
  if os.path.exists(record):
    with open(record, encoding='utf-8') as handle:
      before = json.load(handle)
  return {'wall_seconds': round(before.get('wall_seconds', 0) + time.monotonic() - wall, 1),
          'processor_seconds': round(before.get('processor_seconds', 0) + time.process_time() - processor, 1)}


def _bundle(run_dir, target, spent):
  from musicnst.cli import bundle
  card = (f'# {spent["config"]}\n\nTrained on {CORPORA} (training split), {spent["steps"]} steps, seed {spent["seed"]}, '
          f'{spent["processor_seconds"] / 60:.1f} minutes of a processor: `python -m experiments.run cyclegan_train --models={spent["config"]}`.\n')
  bundle.run(run_dir, target, card=card)
