"""Trains a config on windows; goes on by itself where the run folder holds a checkpoint.

  musicnst train --config=polyphonic-2bar --run_dir=runs/first --examples_path='windows/train*' \\
      --eval_examples_path='windows/validation*' --num_steps=20000

--mode=eval measures the run's latest checkpoint instead (see also `musicnst evaluate`). TensorBoard reads the run folder.
"""
from absl import flags

from musicnst import errors
from musicnst.cli import definers


def define_flags(flag_values):
  """The verb's flags; those of Magenta's music_vae_train keep their names."""
  string, integer, number, boolean = definers.definers(flag_values)
  string('config', '', 'Name of the config; musicnst list shows them. With --mode=eval, or to go on, the run folder knows it.')
  string('run_dir', None, 'Folder of the run: config.json, train/, best/, eval/.')
  flags.DEFINE_enum('mode', 'train', ('train', 'eval'), 'Train, or measure the latest checkpoint.', flag_values=flag_values)
  string('examples_path', None, 'Window records: a glob, or several with commas between.')
  string('hparams', '', 'Overrides of the config, such as batch_size=64,z_size=128.')
  integer('num_steps', 200000, 'The run ends at this step.')
  integer('eval_num_batches', None, 'Batches of an evaluation; all by default.')
  string('eval_dir_suffix', '', 'Added to the name of the folder eval/ with --mode=eval.')
  integer('checkpoints_to_keep', 100, 'Latest checkpoints to keep; 0 for all.')
  number('keep_checkpoint_every_n_hours', 1.0, 'Of older checkpoints, keep one every so many hours.')
  boolean('cache_dataset', True, 'Keep the windows in memory where they fit.')
  flags.DEFINE_enum('log', 'INFO', ('DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'), 'WARN and above: no progress.', flag_values=flag_values)
  string('eval_examples_path', '', 'Window records to evaluate on while training; the best checkpoint is kept in best/.')
  integer('eval_every_steps', 1000, 'Steps between these evaluations.')
  string('best_by', 'loss', 'Measure that decides the best checkpoint: loss, or metrics/onset_f1 and the like (more is better).')
  string('warm_start', '', "Bundle, run folder or one of Magenta's checkpoints to take the first weights from; the training starts at step 0.")
  string('checkpoint_file', '', "One of Magenta's checkpoints, or a bundle imported from one, whose training goes on: weights, step, and the "
         "optimizer's state where it is there.")
  string('strategy', 'auto', 'auto, one, mirrored, multi_worker (reads TF_CONFIG) or tpu.')
  string('tpu', '', 'Address of the TPU for --strategy=tpu.')
  boolean('mixed_precision', False, 'Compute in bfloat16, keep weights in float32.')
  integer('num_virtual_devices', 0, 'Split the CPU into so many devices, to try --strategy=mirrored.')
  integer('num_threads', 0, "TensorFlow's threads; 0 for as many as there are cores.")
  integer('seed', None, "Of weights, order of the data and noise; by default the run folder's, else 0.")
  boolean('deterministic', False, 'Deterministic kernels also on accelerators (a CPU always has them).')
  number('checkpoint_every_secs', 60.0, 'Wall time between checkpoints; 0 for none by time.')
  integer('checkpoint_every_steps', 0, 'Steps between checkpoints; 0 for none by steps.')
  integer('log_every_steps', 100, 'Steps between points of the curves.')
  integer('steps_per_call', 10, 'Steps that TensorFlow makes at a stretch.')
  number('max_seconds', 0.0, 'Stop, with a checkpoint, after this wall time; 0 for no limit.')
  flags.mark_flags_as_required(['run_dir', 'examples_path'], flag_values=flag_values)


_SETTINGS = (
    'num_steps', 'eval_num_batches', 'checkpoints_to_keep', 'keep_checkpoint_every_n_hours', 'cache_dataset', 'eval_examples_path',
    'eval_every_steps', 'best_by', 'warm_start', 'checkpoint_file', 'mixed_precision', 'seed', 'checkpoint_every_secs',
    'checkpoint_every_steps', 'log_every_steps', 'steps_per_call', 'max_seconds')


def main(flag_values):
  """Flags -> `run` or, with --mode=eval, the verb evaluate."""
  if flag_values.mode == 'eval':
    from musicnst.cli import evaluate
    evaluate.run_model(
        flag_values.run_dir, flag_values.examples_path, config_name=flag_values.config, hparams=flag_values.hparams,
        num_batches=flag_values.eval_num_batches, eval_dir_suffix=flag_values.eval_dir_suffix, checkpoint='latest')
    return
  run(flag_values.config, flag_values.run_dir, flag_values.examples_path, flag_values.hparams, flag_values.strategy, flag_values.tpu,
      flag_values.num_virtual_devices, flag_values.num_threads, flag_values.deterministic, quiet=flag_values.log not in ('DEBUG', 'INFO'),
      **{name: flag_values[name].value for name in _SETTINGS})


def run(config_name, run_dir, examples_path, hparams='', strategy='auto', tpu='', num_virtual_devices=0, num_threads=0, deterministic=False,
        quiet=False, **settings):
  """Trains; returns the last measures. `settings` are the fields of `training.loop.Settings`."""
  from musicnst import configs
  from musicnst.training import loop
  from musicnst.training import run_dir as run_dir_lib
  from musicnst.training import strategy as strategy_lib
  strategy_lib.prepare_devices(num_virtual_devices, num_threads, deterministic)
  chosen = strategy_lib.create(strategy, tpu)
  stored = run_dir_lib.RunDir(run_dir).read_json()
  if not config_name and not stored:
    raise errors.ArgumentError('--config is needed: the name of a config (musicnst list shows them)')
  if stored and config_name in ('', stored['name']):
    config = configs.from_dict(stored).override(hparams)  # a run goes on with its own hyperparameters
  else:
    config = configs.get(config_name, hparams)
  return loop.train(config, run_dir, examples_path, chosen, show_progress=not quiet, **settings)
