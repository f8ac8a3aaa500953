"""Trains the CycleGANs and classifiers that the experiments on CycleGAN look at (cyclegan_train): windows -> runs -> bundles, with their time.

  python -m experiments.run cyclegan_train --corpus_root=/data --work_dir=/tmp/cyclegan --models=all

Everything can be interrupted and goes on with the next call. Bundles go to WORK_DIR/bundles/<config>, with the time in <config>.json
beside it. On one thread a small CycleGAN takes about ten minutes, with self-attention more; a classifier two.
"""
from absl import flags

from experiments.papers import recipes as common
from experiments.papers.cyclegan import recipes

MODELS = (*recipes.CLASSIFIERS, *recipes.RUNS)


def run(names, corpus_root, work_dir, max_seconds=0.0, show_progress=True, seed=0, recipe_of=recipes.recipe):
  """Trains the named models (a list of `MODELS`) from a seed; returns {name: whether it is finished}.

  Args:
    names, corpus_root, work_dir, max_seconds, show_progress: as in `recipes.train`.
    seed: of every recipe.
    recipe_of: `(name, seed) -> Recipe`.

  Raises:
    UnknownNameError: a name that is no recipe.
  """
  common.check_names(names, MODELS)
  prefix = recipes.windows(corpus_root, work_dir)
  return {name: recipes.train(name, recipe_of(name, seed), prefix, work_dir, max_seconds, show_progress) for name in names}


def define_flags(flag_values):
  """The experiment's flags."""
  common.define_flags(flag_values, MODELS)
  flags.DEFINE_integer('seed', 0, 'Of weights, order and noise; each seed in a folder of its own.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  names = common.chosen(flag_values, MODELS)
  common.say(run(names, flag_values.corpus_root, flag_values.work_dir, flag_values.max_seconds, seed=flag_values.seed))
