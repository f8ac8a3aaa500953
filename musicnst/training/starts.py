"""What a run starts from where its folder is empty: another model's weights, or a whole training of elsewhere that goes on here."""
from musicnst import bundles
from musicnst import errors
from musicnst.checkpoint_import import importing
from musicnst.checkpoint_import import tensor_bundle
from musicnst.training import run_dir as run_dir_lib


def warm_start(trainer, source):
  """First weights from a bundle, from the best checkpoint of another run folder, or from a checkpoint of Magenta's.

  Raises:
    ModelNotFoundError: none of these, or it does not fit the trainer's config.
  """
  if bundles.locate(source) is not None:
    bundles.assign(trainer.model, bundles.read_weights(source), source)
    return
  if tensor_bundle.is_magentas(source):
    with importing.Import(trainer.config, source) as found:
      importing.assign(trainer.model, found)
    return
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
    with bundles.training_state(source) as (step, updates, moments):
      bundles.assign(trainer.model, bundles.read_weights(source), source)
      _adopt(trainer, source, step, updates, moments.items())
    return
  with importing.Import(trainer.config, source) as found:
    importing.assign(trainer.model, found)
    _adopt(trainer, source, found.step, found.updates or 0, found.moments())


def _adopt(trainer, source, step, updates, moments):
  slots = trainer.moments('model')
  for name, value in moments:
    if name not in slots or tuple(slots[name].shape) != tuple(value.shape):
      raise errors.ModelNotFoundError(f'{source}: its moments do not fit this config: {name} {tuple(value.shape)}')
    slots[name].assign(value[...])
  trainer.step.assign(step)
  trainer.optimizers['model'].shift.assign(updates - step)
