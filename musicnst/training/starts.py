"""Trainings that come from elsewhere or go elsewhere: first weights, a training that goes on here, and one opened to be carried away."""
import contextlib
import dataclasses
import os

import tensorflow as tf

from musicnst import bundles
from musicnst import errors
from musicnst.checkpoint_import import importing
from musicnst.checkpoint_import import tensor_bundle
from musicnst.training import run_dir as run_dir_lib
from musicnst.training import trainer as trainer_lib


@dataclasses.dataclass(frozen=True)
class Opened:
  """A training as it stands.

  Args:
    model: with its weights.
    step: of the training.
    updates: that Adam has made; None where its moments are not there.
    moments: {'m/<name>', 'v/<name>': array or variable}.
  """

  model: object
  step: int
  updates: int | None
  moments: dict


def warm_start(trainer, source):
  """First weights from a bundle, from the best checkpoint of another run folder, or from a checkpoint of Magenta's.

  Raises:
    ModelNotFoundError: none of these, or it does not fit the trainer's config.
  """
  if bundles.locate(source) is not None:
    bundles.assign(trainer.model, bundles.read_weights(source), source)
  elif tensor_bundle.is_magentas(source):
    with importing.Import(trainer.config, source) as found:
      importing.assign(trainer.model, found)
  else:
    prefix = run_dir_lib.RunDir(source).checkpoint('best')
    if not prefix:
      raise errors.ModelNotFoundError(f'{source}: neither a bundle nor a run folder with a checkpoint, nor a checkpoint of Magenta\'s')
    run_dir_lib.restore_model(trainer.model, prefix)


def go_on(trainer, source):
  """Weights, step, and Adam's moments and updates where they are there, from a checkpoint of Magenta's or a bundle made of one.

  Where the moments are missing Adam starts anew, at the step that the source says.

  Raises:
    ModelNotFoundError: neither of the two, or it does not fit the trainer's config.
    ArgumentError: a model with several optimizers, which no such source has.
  """
  if list(trainer.optimizers) != ['model']:
    raise errors.ArgumentError(f'config {trainer.config.name!r} has several optimizers; only --warm_start takes weights into it')
  if bundles.locate(source) is not None:
    bundles.assign(trainer.model, bundles.read_weights(source), source)
    with bundles.training_state(source) as (step, updates, moments):
      _adopt(trainer, source, step, updates, moments.items())
    return
  with importing.Import(trainer.config, source) as found:
    importing.assign(trainer.model, found)
    _adopt(trainer, source, found.step, found.updates or 0, found.moments())


@contextlib.contextmanager
def opened(source, config=None, checkpoint='best'):
  """Yields the `Opened` training of a bundle, a run folder or a checkpoint of Magenta's.

  Args:
    source: its path (or the name of a bundle that ships).
    config: of a checkpoint of Magenta's; None for the only one that fits.
    checkpoint: 'best' or 'latest' of a run folder.

  Raises:
    ModelNotFoundError: none of these.
  """
  path = os.path.expanduser(str(source))
  if bundles.locate(source) is None and tensor_bundle.is_magentas(path):
    with importing.Import(config or importing.only_config(path), path) as found:
      model = found.config.build_model()
      importing.assign(model, found)
      yield Opened(model, found.step, found.updates, dict(found.moments()))
  elif bundles.locate(source) is not None or not os.path.isdir(path):
    model, _, _ = bundles.load(source)
    with bundles.training_state(source) as (step, updates, moments):
      yield Opened(model, step, updates if moments else None, moments)
  else:
    yield _of_run(path, checkpoint)


def _of_run(path, checkpoint):
  folder = run_dir_lib.RunDir(path)
  config, prefix = folder.read_config(), folder.checkpoint(checkpoint)
  if not prefix:
    raise errors.ModelNotFoundError(f'{path}: a run folder without a checkpoint; train it first')
  trainer = trainer_lib.Trainer(config, tf.distribute.get_strategy())
  run_dir_lib.restore(trainer, prefix)
  step = int(trainer.step.numpy())
  if list(trainer.optimizers) != ['model']:
    return Opened(trainer.model, step, None, {})
  return Opened(trainer.model, step, step + int(trainer.optimizers['model'].shift.numpy()), trainer.moments('model'))


def _adopt(trainer, source, step, updates, moments):
  slots = trainer.moments('model')
  for name, value in moments:
    if name not in slots or tuple(slots[name].shape) != tuple(value.shape):
      raise errors.ModelNotFoundError(f'{source}: its moments do not fit this config: {name} {tuple(value.shape)}')
    slots[name].assign(value[...])
  trainer.step.assign(step)
  trainer.optimizers['model'].shift.assign(updates - step)
