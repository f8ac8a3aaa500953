"""Trains what the experiments on MusAE look at (musae_train): windows -> runs -> bundles, with the time they took.

  python -m experiments.run musae_train --corpus_root=/data --work_dir=/tmp/musae --models=all

Everything can be interrupted and goes on with the next call. Bundles go to WORK_DIR/bundles/<name>, with the time in <name>.json beside
it. Each takes five to eight minutes of a processor.

  python -m experiments.run musae_train --count_genres=windows.tfrecord

prints the 32 most frequent tags of other windows (a Lakh folder's, say) as `--hparams` takes them.
"""
from absl import flags

from experiments.papers.musae import recipes
from musicnst import errors
from musicnst import registry


def run(names, corpus_root, work_dir, max_seconds=0.0, show_progress=True):
  """Trains the named recipes; returns {name: whether it is finished}.

  Raises:
    UnknownNameError: a name without a recipe.
  """
  for name in names:
    registry.lookup(recipes.RECIPES, name, 'recipe')
  return {name: recipes.train(name, recipes.windows(recipes.RECIPES[name], corpus_root, work_dir), work_dir, max_seconds, show_progress)
          for name in names}


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', '', 'Folder that holds the corpora.', flag_values=flag_values)
  flags.DEFINE_string('work_dir', '', 'Folder for windows, runs and bundles.', flag_values=flag_values)
  flags.DEFINE_string('count_genres', '', 'Prefix of window records whose tags are counted, instead of training.', flag_values=flag_values)
  flags.DEFINE_list('models', ['all'], f'Which: all, or of {", ".join(recipes.RECIPES)}.', flag_values=flag_values)
  flags.DEFINE_float('max_seconds', 0.0, 'Stop each training after this time; call again to go on. 0 for no limit.', flag_values=flag_values)
  flags.DEFINE_integer('num_threads', 1, "TensorFlow's threads; 0 for as many as there are cores.", flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`, or the genres of windows.

  Raises:
    ArgumentError: not told where the corpora are and where to work.
  """
  if flag_values.count_genres:
    from musicnst.data import dataset
    print(f"genres=[{','.join(recipes.most_frequent(dataset.count_labels(f'{flag_values.count_genres}-train-*')))}]")
    return
  if not flag_values.corpus_root or not flag_values.work_dir:
    raise errors.ArgumentError('--corpus_root and --work_dir are required')
  from musicnst.training import strategy
  strategy.prepare_devices(num_threads=flag_values.num_threads)
  names = list(recipes.RECIPES) if flag_values.models == ['all'] else flag_values.models
  for name, finished in run(names, flag_values.corpus_root, flag_values.work_dir, flag_values.max_seconds).items():
    print(f'{name}: ' + ('made' if finished else 'not finished; call again to go on'))
