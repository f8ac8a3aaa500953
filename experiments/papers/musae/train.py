"""Trains what the experiments on MusAE look at (musae_train): windows -> runs -> bundles, with the time they took.

  python -m experiments.run musae_train --corpus_root=/data --work_dir=/tmp/musae --models=all

Everything can be interrupted and goes on with the next call. Bundles go to WORK_DIR/bundles/<name>, with the time in <name>.json beside
it. Each takes five to eight minutes of a processor.

  python -m experiments.run musae_train --count_genres=windows.tfrecord

prints the 32 most frequent tags of other windows (a Lakh folder's, say) as `--hparams` takes them.
"""
from absl import flags

from experiments.papers import recipes as common
from experiments.papers.musae import recipes


def run(names, corpus_root, work_dir, max_seconds=0.0, show_progress=True, known=recipes.RECIPES):
  """Trains the named recipes of `known`; returns {name: whether it is finished}.

  Raises:
    UnknownNameError: a name without a recipe.
  """
  common.check_names(names, known)
  return {name: recipes.train(name, known[name], recipes.windows(known[name], corpus_root, work_dir), work_dir, max_seconds, show_progress)
          for name in names}


def define_flags(flag_values):
  """The experiment's flags."""
  common.define_flags(flag_values, recipes.RECIPES)
  flags.DEFINE_string('count_genres', '', 'Prefix of window records whose tags are counted, instead of training.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`, or the genres of windows."""
  if flag_values.count_genres:
    from musicnst.data import dataset
    print(f"genres=[{','.join(recipes.most_frequent(dataset.count_labels(f'{flag_values.count_genres}-train-*')))}]")
    return
  names = common.chosen(flag_values, recipes.RECIPES)
  common.say(run(names, flag_values.corpus_root, flag_values.work_dir, flag_values.max_seconds))
