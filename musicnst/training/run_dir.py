"""A run folder: `config.json`, `train/` (checkpoints, summaries), `best/` (the best checkpoint), `eval<suffix>/`.

Every later job finds its model by the folder alone. Checkpoints are TensorFlow's, written under a temporary name and renamed, and hold every
variable under a name of ours; a run that is killed at any moment goes on from the last complete one.
"""
import contextlib
import json
import os

import tensorflow as tf

from musicnst import configs
from musicnst import errors
from musicnst import files
from musicnst.models import naming
from musicnst.training import optimizers


class RunDir:
  """The paths of a run and what is read from and written to them.

  Raises:
    OutputError: the folder cannot be made (with `create`).
  """

  def __init__(self, path, create=False):
    self.path = os.path.abspath(os.path.expanduser(str(path)))
    self.train, self.best = os.path.join(self.path, 'train'), os.path.join(self.path, 'best')
    if create:
      for folder in (self.path, self.train):
        _make(folder)

  def evaluation(self, suffix=''):
    """The folder of an evaluation's summaries, made where it is missing."""
    folder = os.path.join(self.path, f'eval{suffix}')
    _make(folder)
    return folder

  def write_config(self, config, **run):
    """Writes `config.json`: the resolved config and, under `run`, how it was trained."""
    with files.atomic_path(os.path.join(self.path, 'config.json')) as path, open(path, 'w', encoding='utf-8') as handle:
      json.dump({**config.to_dict(), 'run': run}, handle, indent=2)

  def read_json(self):
    """The dict of `config.json`; {} where there is none.

    Raises:
      ModelNotFoundError: it is there but damaged.
    """
    path = os.path.join(self.path, 'config.json')
    try:
      with open(path, encoding='utf-8') as handle:
        values = json.load(handle)
        return {'name': values['name'], 'hparams': values['hparams'], 'run': values.get('run', {})}
    except (FileNotFoundError, NotADirectoryError):
      return {}
    except (ValueError, KeyError, TypeError, OSError) as error:
      raise errors.ModelNotFoundError(f'{path}: not the config of a run ({error})') from error

  def read_config(self):
    """The run's `config.Config`.

    Raises:
      ModelNotFoundError: no `config.json`, or a damaged one.
    """
    values = self.read_json()
    if not values:
      raise errors.ModelNotFoundError(f'{self.path}: no config.json, so this is not a run folder; train makes one with --run_dir')
    return configs.from_dict(values)

  def checkpoint(self, which='latest'):
    """Prefix of the latest or the best checkpoint, '' where there is none; 'best' falls back to the latest.

    Raises:
      ArgumentError: `which` is neither.
    """
    if which not in ('latest', 'best'):
      raise errors.ArgumentError(f'checkpoint {which!r}: known are latest and best')
    best = tf.train.latest_checkpoint(self.best) if which == 'best' else None
    return best or tf.train.latest_checkpoint(self.train) or ''


def managed(trainer, folder, keep, keep_every_n_hours=None):
  """(checkpoint, manager) of everything the trainer needs to go on."""
  checkpoint = tf.train.Checkpoint(variables=trainer.variables())
  return checkpoint, tf.train.CheckpointManager(
      checkpoint, folder, max_to_keep=keep or None, keep_checkpoint_every_n_hours=keep_every_n_hours, checkpoint_name='model')


def restore(trainer, prefix):
  """Reads everything back; the trainer goes on at the checkpoint's step.

  Raises:
    ModelNotFoundError: missing, truncated, or of a model with other variables.
  """
  variables = trainer.variables()
  if not any(optimizers.SHIFT in name for name in _listed(prefix)):  # written before there was one, which means 0
    variables = {name: variable for name, variable in variables.items() if not name.startswith(optimizers.SHIFT)}
  _read(tf.train.Checkpoint(variables=variables), prefix, lambda status: status.assert_existing_objects_matched())


def restore_model(model, prefix):
  """Reads only the model's variables; returns the step.

  Raises:
    ModelNotFoundError: see `restore`.
  """
  step = tf.Variable(0, dtype=tf.int64, trainable=False)
  named = {f'model/{name}': variable.value for name, variable in naming.named_variables(model).items()}
  _read(tf.train.Checkpoint(variables={**named, 'step': step}), prefix, lambda status: status.expect_partial().assert_existing_objects_matched())
  return int(step.numpy())


def _read(checkpoint, prefix, check):
  with _damage_told(prefix):
    check(checkpoint.read(prefix))


def _listed(prefix):
  """Names of a checkpoint's tensors."""
  with _damage_told(prefix):
    return [name for name, _ in tf.train.list_variables(prefix)]


@contextlib.contextmanager
def _damage_told(prefix):
  try:
    yield
  except (tf.errors.OpError, AssertionError, ValueError, IndexError, RuntimeError) as error:
    reason = ' '.join(str(error).split())[:300]
    raise errors.ModelNotFoundError(f'{prefix}: cannot be read as a checkpoint of this config ({reason})') from error


def _make(folder):
  try:
    os.makedirs(folder, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
      raise PermissionError(13, 'Permission denied')
  except OSError as error:
    raise errors.OutputError(f'{folder}: cannot be written ({error.strerror}). Choose a --run_dir you may write to.') from error
