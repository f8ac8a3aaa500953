"""Trains a config on windows; goes on by itself where the run folder holds a checkpoint.

  musicnst train --config=polyphonic-2bar --run_dir=runs/first --examples_path='windows/train*' \\
      --eval_examples_path='windows/validation*' --num_steps=20000

--mode=eval measures the run's latest checkpoint instead (see also `musicnst evaluate`). TensorBoard reads the run folder.
"""
import dataclasses

from absl import flags

from musicnst import errors
from musicnst.cli import definers
from musicnst.training import settings as settings_lib


def define_flags(flag_values):
  """The verb's flags; those of Magenta's music_vae_train keep their names."""
  string, integer, number, boolean = definers.definers(flag_values)
  string('config', '', 'Name of the config; musicnst list shows them. With --mode=eval, or to go on, the run folder knows it.')
  string('run_dir', None, 'Folder of the run: config.json, train/, best/, eval/.')
  flags.DEFINE_enum('mode', 'train', ('train', 'eval'), 'Train, or measure the latest checkpoint.', flag_values=flag_values)
  string('examples_path', None, 'Window records: a glob, or several with commas between.')
  string('hparams', '', 'Overrides of the config, such as batch_size=64,z_size=128.')
  string('eval_dir_suffix', '', 'Added to the name of the folder eval/ with --mode=eval.')
  flags.DEFINE_enum('log', 'INFO', ('DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'), 'WARN and above: no progress.', flag_values=flag_values)
  string('strategy', 'auto', 'auto, one, mirrored, multi_worker (reads TF_CONFIG) or tpu.')
  string('tpu', '', 'Address of the TPU for --strategy=tpu.')
  integer('num_virtual_devices', 0, 'Split the CPU into so many devices, to try --strategy=mirrored.')
  integer('num_threads', 0, "TensorFlow's threads; 0 for as many as there are cores.")
  boolean('deterministic', False, 'Deterministic kernels also on accelerators (a CPU always has them).')
  definers.define_options(flag_values, settings_lib.Settings)
  flags.mark_flags_as_required(['run_dir', 'examples_path'], flag_values=flag_values)


def main(flag_values):
  """Flags -> `run` or, with --mode=eval, the verb evaluate."""
  if flag_values.mode == 'eval':
    from musicnst.cli import evaluate
    evaluate.run_model(
        flag_values.run_dir, flag_values.examples_path, config_name=flag_values.config, hparams=flag_values.hparams,
        num_batches=flag_values.eval_num_batches, eval_dir_suffix=flag_values.eval_dir_suffix, checkpoint='latest')
    return
  run(flag_values.config, flag_values.run_dir, flag_values.examples_path, flag_values.hparams, flag_values.strategy, flag_values.tpu,
      flag_values.num_virtual_devices, flag_values.num_threads, flag_values.deterministic,
      definers.settings_of(flag_values, settings_lib.Settings, show_progress=flag_values.log in ('DEBUG', 'INFO')))


def run(config_name, run_dir, examples_path, hparams='', strategy='auto', tpu='', num_virtual_devices=0, num_threads=0, deterministic=False,
        settings=None, callbacks=()):
  """Trains; returns the last measures. `settings` are `training.settings.Settings`; None for the defaults; `callbacks` as `loop.train`."""
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
  return loop.train(config, run_dir, examples_path, chosen, callbacks, **dataclasses.asdict(settings or settings_lib.Settings()))
