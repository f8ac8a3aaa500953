"""What the experiments on MusAE train: small MusAEs and, on the same windows and for about the same time, MusicVAEs."""
import os

from experiments.papers import recipes
from musicnst import errors

CORPORA = 'all-genres'
# Sizes of the rivals: what a recurrence can learn on one thread in the same time.
_VAE = ('z_size=256,max_beta=.03,beta_rate=.9997,sampling_schedule=constant,sampling_rate=0,learning_rate=.004,decay_rate=.999,'
        'min_learning_rate=.0002')
_COMMON = dict(seed=1, eval_every_steps=1000, eval_num_batches=12, mixed_precision=True)


def _musae(config):
  # Without `best_by`: the last checkpoint knows the whole prior.
  return recipes.Recipe(config, 4000, **_COMMON)


def _vae(config, num_steps, hparams):
  return recipes.Recipe(config, num_steps, f'{_VAE},{hparams}', best_by='metrics/accuracy_sampled', **_COMMON)


# By name: the paper's three, the mixture at two bars, and MusicVAE flat and hierarchical.
RECIPES = {
    'musae-2bar_gaussian': _musae('musae-2bar_gaussian-small'),
    'musae-16bar_gaussian': _musae('musae-16bar_gaussian-small'),
    'musae-16bar_mixture': _musae('musae-16bar_mixture-small'),
    'musae-2bar_mixture': _musae('musae-2bar_mixture-small'),
    'musicvae-2bar_flat': _vae('flat-voices_2bar', 2000, 'enc_rnn_size=[192],dec_rnn_size=[256],batch_size=128'),
    'musicvae-16bar_flat': _vae('flat-voices_16bar', 1950, 'enc_rnn_size=[160],dec_rnn_size=[192],batch_size=32,free_bits=64'),
    'musicvae-16bar_hierarchical': _vae(
        'hierdec-voices_16bar', 1750, 'enc_rnn_size=[160],dec_rnn_size=[192],batch_size=32,free_bits=64,hierarchical_encoder=true'),
}


def windows(recipe, corpus_root, work_dir):
  """Prefix of the window records of a recipe's length, prepared unless they are there; recipes of one length share them.

  Raises:
    DataError: a genre of the model has no window to train on.
  """
  from musicnst.data import dataset
  hparams = recipe.build().hparams
  prefix = os.path.join(work_dir, f'windows-{hparams.steps // 16}bar', 'windows.tfrecord')
  recipes.prepared(prefix, recipe, CORPORA, corpus_root, output_shards=1, round_trip=False)
  check_genres(dataset.count_labels(f'{prefix}-train-*'), hparams.get('genres', ()), prefix)
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


def train(name, recipe, prefix, work_dir, max_seconds=0.0, show_progress=True):
  """Trains a recipe, or goes on; at its last step writes the bundle `WORK_DIR/bundles/<name>`. Returns whether it is there."""
  target = recipes.bundle_path(name, work_dir)
  if os.path.isdir(target):
    return True
  run_dir, cost = recipes.train(name, recipe, prefix, work_dir, max_seconds, show_progress)
  if cost['steps'] < recipe.num_steps:
    return False
  from musicnst.cli import bundle
  bundle.run(run_dir, target, checkpoint='best' if recipe.best_by else 'latest', card=(
      f'# {name}\n\nTrained on {CORPORA} (training split), {cost["steps"]} steps, seed {recipe.seed}, '
      f'{cost["processor_seconds"] / 60:.1f} minutes of a processor: `python -m experiments.run musae_train --models={name}`.\n'))
  return True


def load(name, work_dir):
  """(model, config) of a finished recipe; ModelNotFoundError where it is not there."""
  return recipes.load(name, work_dir, 'musae_train')


def trained(names, work_dir):
  """{name: (model, config)} of those that are finished.

  Raises:
    ModelNotFoundError: none is.
  """
  found = {}
  for name in names:
    if os.path.isdir(recipes.bundle_path(name, work_dir)):
      found[name] = load(name, work_dir)
  if not found:
    raise errors.ModelNotFoundError(f'{work_dir}: none of {", ".join(names)} is trained yet; python -m experiments.run musae_train')
  return found
