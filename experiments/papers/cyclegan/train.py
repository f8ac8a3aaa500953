"""Trains the CycleGANs and classifiers that the experiments on CycleGAN look at: windows -> runs -> bundles, with the time they took.

  python -m experiments.run cyclegan_train --corpus_root=/data --work_dir=/tmp/cyclegan --models=all

Everything can be interrupted and goes on with the next call. Bundles go to WORK_DIR/bundles/<config>, with the time in <config>.json
beside it. On one thread a small CycleGAN takes about ten minutes, with self-attention more; a classifier two.
"""
import os

from absl import flags

from experiments.papers.cyclegan import recipes
from musicnst import registry

MODELS = (*recipes.CLASSIFIERS, *recipes.RUNS)


def run(names, corpus_root, work_dir, max_seconds=0.0, show_progress=True, seed=0):
  """Trains the named models (a list of `MODELS`) from a seed; returns {name: whether it is finished}.

  Raises:
    UnknownNameError: a name that is no recipe.
  """
  for name in names:
    registry.lookup(dict.fromkeys(MODELS), name, 'model')
  prefix = recipes.windows(corpus_root, work_dir)
  return {name: recipes.train(name, prefix, work_dir, os.path.join(work_dir, 'bundles'), max_seconds, show_progress, seed) for name in names}


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('work_dir', None, 'Folder for windows, runs and bundles.', flag_values=flag_values, required=True)
  flags.DEFINE_list('models', ['all'], f'Which: all, or of {", ".join(MODELS)}.', flag_values=flag_values)
  flags.DEFINE_float('max_seconds', 0.0, 'Stop each training after this time; call again to go on. 0 for no limit.', flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of weights, order and noise; each seed in a folder of its own.', flag_values=flag_values)
  flags.DEFINE_integer('num_threads', 1, "TensorFlow's threads; 0 for as many as there are cores.", flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  from musicnst.training import strategy
  strategy.prepare_devices(num_threads=flag_values.num_threads)
  names = MODELS if flag_values.models == ['all'] else flag_values.models
  for name, finished in run(names, flag_values.corpus_root, flag_values.work_dir, flag_values.max_seconds, seed=flag_values.seed).items():
    print(f'{name}: ' + ('made' if finished else 'not finished; call again to go on'))
