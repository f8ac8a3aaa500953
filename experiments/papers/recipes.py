"""Trainings that the experiments on a paper need: a recipe -> windows, a run, a bundle and what it cost; the flags of such a command.

Everything can be interrupted and goes on with the next call: WORK_DIR/runs/<name> is the run, WORK_DIR/bundles/<name> the bundle, and
WORK_DIR/bundles/<name>.json the steps and the time of all calls together.
"""
import dataclasses
import os
import time

from absl import flags

from data_prep import prepare
from experiments import report
from musicnst import configs
from musicnst import errors
from musicnst import registry


@dataclasses.dataclass(frozen=True)
class Recipe:
  """How one model is trained; one comment a field."""

  config: str                          # of CONFIG_MAP
  num_steps: int                       # the training ends there
  hparams: str = ''                    # overrides of the config's
  seed: int = 0                        # of weights, order and noise
  best_by: str = ''                    # measure on the validation split that decides the checkpoint; '': the last one
  eval_every_steps: int = 50           # steps between evaluations on it
  eval_num_batches: int | None = None  # of an evaluation; None for all
  mixed_precision: bool = False        # compute in bfloat16

  def build(self):
    """The `config.Config`."""
    return configs.get(self.config, self.hparams)


def bundle_path(name, work_dir):
  """Where a recipe's bundle lies."""
  return os.path.join(work_dir, 'bundles', name)


def cost_path(name, work_dir):
  """Where it is kept what a recipe's training took."""
  return bundle_path(name, work_dir) + '.json'


def prepared(prefix, recipe, corpora, corpus_root, **options):
  """`prefix`, under which the window records of a recipe are prepared unless they are there; `options` of `prepare.run`."""
  if not os.path.isfile(f'{prefix}.report.json'):  # written last
    prepare.run(prefix, recipe.config, corpus_names=corpora, corpus_root=corpus_root, hparams=recipe.hparams, **options)
  return prefix


def train(name, recipe, prefix, work_dir, max_seconds=0.0, show_progress=True, callbacks=()):
  """Trains a recipe, or goes on.

  Args:
    name: of run and bundle.
    recipe: Recipe.
    prefix: of the window records, before -train-*, -validation-*.
    work_dir: folder.
    max_seconds: the training stops after that time; 0 for no limit.
    show_progress: print losses.
    callbacks: `keras.callbacks.Callback`s that evaluate, in place of the recipe's own evaluations.

  Returns:
    (run folder, its cost: dict of config, hparams, seed, `steps` and `examples` so far, `wall_seconds` and `processor_seconds`).
  """
  from musicnst.training import loop  # loads TensorFlow
  from musicnst.training import run_dir as run_dir_lib
  config, run_dir = recipe.build(), os.path.join(work_dir, 'runs', name)
  wall, processor = time.monotonic(), time.process_time()
  evaluation = {} if callbacks else dict(
      eval_examples_path=f'{prefix}-validation-*', best_by=recipe.best_by or 'metrics/accuracy', eval_every_steps=recipe.eval_every_steps,
      eval_num_batches=recipe.eval_num_batches)
  loop.train(
      config, run_dir, f'{prefix}-train-*', callbacks=callbacks, num_steps=recipe.num_steps, seed=recipe.seed,
      mixed_precision=recipe.mixed_precision, checkpoints_to_keep=1, keep_checkpoint_every_n_hours=None, max_seconds=max_seconds,
      show_progress=show_progress, **evaluation)
  step = int(run_dir_lib.RunDir(run_dir).checkpoint('latest').rsplit('-', 1)[1])
  before = cost(name, work_dir)
  spent = {
      'config': recipe.config, 'hparams': recipe.hparams, 'seed': recipe.seed, 'steps': step, 'examples': step * int(config.hparams.batch_size),
      'wall_seconds': before.get('wall_seconds', 0) + time.monotonic() - wall,
      'processor_seconds': before.get('processor_seconds', 0) + time.process_time() - processor}
  report.write_json(cost_path(name, work_dir), spent, places=1)
  return run_dir, report.rounded(spent, places=1)


def cost(name, work_dir):
  """What a recipe's training took so far; {} where nothing is written down."""
  return report.read_json(cost_path(name, work_dir), {})


def load(name, work_dir, command):
  """(model, config) of a recipe's bundle.

  Raises:
    ModelNotFoundError: it is not there; `command` is the experiment that trains it.
  """
  from musicnst import bundles  # loads TensorFlow
  path = bundle_path(name, work_dir)
  if not os.path.isdir(path):
    raise errors.ModelNotFoundError(f'{path}: not trained yet; python -m experiments.run {command} --models={name}')
  return bundles.load(path)[:2]


# ---------------------- the command line ----


def define_flags(flag_values, names):
  """The flags of an experiment that trains models of these names."""
  flags.DEFINE_string('corpus_root', '', 'Folder that holds the corpora.', flag_values=flag_values)
  flags.DEFINE_string('work_dir', '', 'Folder for windows, runs and bundles.', flag_values=flag_values)
  flags.DEFINE_list('models', ['all'], f'Which: all, or of {", ".join(names)}.', flag_values=flag_values)
  flags.DEFINE_float('max_seconds', 0.0, 'Stop each training after this time; call again to go on. 0 for no limit.', flag_values=flag_values)
  flags.DEFINE_integer('num_threads', 1, "TensorFlow's threads; 0 for as many as there are cores.", flag_values=flag_values)


def chosen(flag_values, names):
  """The list of names that --models asks for, threads set.

  Raises:
    ArgumentError: not told where the corpora are and where to work.
    UnknownNameError: a name without a recipe.
  """
  if not flag_values.corpus_root or not flag_values.work_dir:
    raise errors.ArgumentError('--corpus_root and --work_dir are required')
  wanted = list(names) if flag_values.models == ['all'] else flag_values.models
  check_names(wanted, names)
  from musicnst.training import strategy  # loads TensorFlow
  strategy.prepare_devices(num_threads=flag_values.num_threads)
  return wanted


def check_names(wanted, names):
  """Raises UnknownNameError for a wanted name that is not among the names."""
  for name in wanted:
    registry.lookup(dict.fromkeys(names), name, 'recipe')


def say(finished):
  """Prints {name: whether its training is finished}."""
  for name, done in finished.items():
    print(f'{name}: ' + ('made' if done else 'not finished; call again to go on'))
