"""What the experiments on MusAE train: small MusAEs and, on the same windows and for about the same time, MusicVAEs."""
import dataclasses
import json
import os
import time

from data_prep import prepare
from musicnst import configs
from musicnst import errors
from musicnst import files

CORPORA = 'all-genres'
# Sizes of the rivals: what a recurrence can learn on one thread in the same time.
_VAE = ('z_size=256,max_beta=.03,beta_rate=.9997,sampling_schedule=constant,sampling_rate=0,learning_rate=.004,decay_rate=.999,'
        'min_learning_rate=.0002')


@dataclasses.dataclass(frozen=True)
class Recipe:
  """How one model is trained; one comment a field."""

  config: str                  # of CONFIG_MAP
  num_steps: int               # the training ends there
  hparams: str = ''            # overrides of the config's
  seed: int = 1                # of weights, order and noise
  best_by: str = ''            # measure on the validation split that decides the checkpoint; '': the last one, which knows the whole prior
  eval_every_steps: int = 1000  # steps between looks at it
  eval_num_batches: int = 12   # of a look


def _vae(config, num_steps, hparams):
  return Recipe(config, num_steps, f'{_VAE},{hparams}', best_by='metrics/accuracy_sampled')


# By name: the paper's three, the mixture at two bars, and MusicVAE flat and hierarchical.
RECIPES = {
    'musae-2bar_gaussian': Recipe('musae-2bar_gaussian-small', 4000),
    'musae-16bar_gaussian': Recipe('musae-16bar_gaussian-small', 4000),
    'musae-16bar_mixture': Recipe('musae-16bar_mixture-small', 4000),
    'musae-2bar_mixture': Recipe('musae-2bar_mixture-small', 4000),
    'musicvae-2bar_flat': _vae('flat-voices_2bar', 2000, 'enc_rnn_size=[192],dec_rnn_size=[256],batch_size=128'),
    'musicvae-16bar_flat': _vae('flat-voices_16bar', 1950, 'enc_rnn_size=[160],dec_rnn_size=[192],batch_size=32,free_bits=64'),
    'musicvae-16bar_hierarchical': _vae(
        'hierdec-voices_16bar', 1750, 'enc_rnn_size=[160],dec_rnn_size=[192],batch_size=32,free_bits=64,hierarchical_encoder=true'),
}


def config_of(recipe):
  """The Recipe's `config.Config`."""
  return configs.get(recipe.config, recipe.hparams)


def windows(recipe, corpus_root, work_dir):
  """Prefix of the window records of a recipe's length, prepared unless they are there; recipes of one length share them.

  Raises:
    DataError: a genre of the model has no window to train on.
  """
  from musicnst.data import dataset
  config = config_of(recipe)
  prefix = os.path.join(work_dir, f'windows-{config.hparams.steps // 16}bar', 'windows.tfrecord')
  if not os.path.isfile(f'{prefix}.report.json'):  # written last
    prepare.run(prefix, recipe.config, corpus_names=CORPORA, corpus_root=corpus_root, hparams=recipe.hparams, output_shards=1, round_trip=False)
  check_genres(dataset.count_labels(f'{prefix}-train-*'), config.hparams.get('genres', ()), prefix)
  return prefix


def check_genres(counts, genres, name):
  """Raises DataError where one of `genres` is among the tags of no window; `counts`: dict of tags (`pop|rock`) -> windows."""
  found = {tag for tags, count in counts.items() if count for tag in tags.split('|')}
  missing = [genre for genre in genres if genre not in found]
  if missing:
    raise errors.DataError(f'{name}: no windows of genre {", ".join(missing)}; there are {", ".join(sorted(found - {""})) or "none with a tag"}')


def most_frequent(counts, number=32):
  """The paper's choice of genres: the `number` tags that most windows have, most frequent first (`counts` as in `check_genres`)."""
  totals = {}
  for tags, count in counts.items():
    for tag in filter(None, tags.split('|')):
      totals[tag] = totals.get(tag, 0) + count
  return sorted(totals, key=lambda tag: (-totals[tag], tag))[:number]


def train(name, prefix, work_dir, max_seconds=0.0, show_progress=True):
  """Trains a recipe, or goes on; at its last step writes the bundle `WORK_DIR/bundles/<name>`. Returns whether it is there.

  Time is kept in `WORK_DIR/bundles/<name>.json`, summed over the calls: wall and processor seconds.
  """
  from musicnst.training import loop
  from musicnst.training import run_dir as run_dir_lib
  made, target = RECIPES[name], os.path.join(work_dir, 'bundles', name)
  run_dir, record = os.path.join(work_dir, 'runs', name), f'{target}.json'
  if os.path.isdir(target):
    return True
  wall, processor = time.monotonic(), time.process_time()
  loop.train(
      config_of(made), run_dir, f'{prefix}-train-*', eval_examples_path=f'{prefix}-validation-*', num_steps=made.num_steps, seed=made.seed,
      best_by=made.best_by or 'metrics/accuracy', eval_every_steps=made.eval_every_steps, eval_num_batches=made.eval_num_batches,
      mixed_precision=True, checkpoints_to_keep=1, keep_checkpoint_every_n_hours=None, max_seconds=max_seconds, show_progress=show_progress)
  step = int(run_dir_lib.RunDir(run_dir).checkpoint('latest').rsplit('-', 1)[1])
  before = _json(record) if os.path.exists(record) else {}
  spent = {'config': made.config, 'hparams': made.hparams, 'seed': made.seed, 'steps': step,
           'examples': step * int(config_of(made).hparams.batch_size),
           'wall_seconds': round(before.get('wall_seconds', 0) + time.monotonic() - wall, 1),
           'processor_seconds': round(before.get('processor_seconds', 0) + time.process_time() - processor, 1)}
  os.makedirs(os.path.dirname(record), exist_ok=True)
  with files.atomic_path(record) as path, open(path, 'w', encoding='utf-8') as out:
    json.dump(spent, out, indent=2)
  if step >= made.num_steps:
    _bundle(name, run_dir, target, spent)
  return step >= made.num_steps


def _bundle(name, run_dir, target, spent):
  from musicnst.cli import bundle
  bundle.run(run_dir, target, checkpoint='best' if RECIPES[name].best_by else 'latest', card=(
      f'# {name}\n\nTrained on {CORPORA} (training split), {spent["steps"]} steps, seed {spent["seed"]}, '
      f'{spent["processor_seconds"] / 60:.1f} minutes of a processor: `python -m experiments.run musae_train --models={name}`.\n'))


def load(name, work_dir):
  """(model, config, what its training took) of a finished recipe.

  Raises:
    ModelNotFoundError: it is not there.
  """
  from musicnst import bundles
  path = os.path.join(work_dir, 'bundles', name)
  if not os.path.isdir(path):
    raise errors.ModelNotFoundError(f'{path}: not trained yet; python -m experiments.run musae_train --models={name}')
  model, config, _ = bundles.load(path)
  record = f'{path}.json'
  return model, config, _json(record) if os.path.exists(record) else {}


def _json(path):
  with open(path, encoding='utf-8') as handle:
    return json.load(handle)
