"""From a checkpoint of Magenta's to a model, to a bundle, or into a training that goes on: tensor by tensor."""
import math

import numpy as np
import tensorflow as tf

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.checkpoint_import import matching
from musicnst.checkpoint_import import table
from musicnst.checkpoint_import import tensor_bundle
from musicnst.data import memory
from musicnst.models import filling
from musicnst.models import naming

ADAM_BETA2 = .999
_CARD = """# {config}, imported

Weights of a checkpoint made with Magenta's MusicVAE: `{file}`, step {step}. What it was trained on, and under which licence, its makers say;
for those that Magenta publishes see https://github.com/magenta/magenta/tree/main/magenta/models/music_vae.
"""


class Import:
  """An open checkpoint that has been found to be of a config; a context manager.

  Args:
    config: `config.Config`.
    path: prefix, folder or archive.

  Attributes:
    step: the training step, 0 where the checkpoint does not say.
    updates: updates that Adam has made, by its powers; None where the optimizer's state is not there in full.

  Raises:
    CheckpointError: see `matching.match` and `tensor_bundle.Checkpoint`.
  """

  def __init__(self, config, path):
    self.config, self.checkpoint = config, tensor_bundle.Checkpoint(path)
    try:
      self.rows = matching.match(config, self.checkpoint)
      self.checkpoint.check_files()
      self.step = int(self._scalar(table.STEP)) if table.STEP in self.checkpoint.shapes else 0
      self.updates = self._updates()
    except BaseException:
      self.checkpoint.close()
      raise

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.checkpoint.close()

  def weights(self):
    """Yields (our name, float32 array) of every weight, in the order of the file."""
    for name, value in self.checkpoint.tensors(list(self.rows)):
      yield self.rows[name].ours, self._checked(name, value)

  def moments(self):
    """Yields ('m/<our name>' or 'v/<our name>', array) of Adam's moments; nothing where they are not there in full."""
    if self.updates is None:
      return
    places = {f'{name}/{slot}': f'{moment}/{row.ours}' for name, row in self.rows.items() for slot, moment in zip(table.SLOTS, 'mv')}
    for name, value in self.checkpoint.tensors(list(places)):
      yield places[name], self._checked(name, value)

  def _updates(self):
    """Adam's powers are beta ** (updates + 1); a power too small for a float32 says only that the updates are many."""
    slots = {f'{name}/{slot}': row.shape for name, row in self.rows.items() for slot in table.SLOTS}
    if any(self.checkpoint.shapes.get(name) != shape for name, shape in slots.items()) or table.POWERS[1] not in self.checkpoint.shapes:
      return None
    power = float(self._scalar(table.POWERS[1]))
    if not 0 <= power <= 1:
      raise errors.CheckpointError(f'{self.checkpoint.path}: {table.POWERS[1]} is {power}, not a power of {ADAM_BETA2}')
    found = max(round(math.log(power) / math.log(ADAM_BETA2)) - 1, 0) if power else self.step
    # Multiplied up one by one in float32, the powers drift; where they say as many as the step does, within that, the step is right.
    return self.step if power < .5 and abs(found - self.step) <= 1e-3 * self.step else found

  def _scalar(self, name):
    value = self.checkpoint.tensor(name)
    if value.size != 1:
      raise errors.CheckpointError(f'{self.checkpoint.path}: {name} is of shape {value.shape}, not one number')
    return value.reshape(())[()]

  def _checked(self, name, value):
    if not np.issubdtype(value.dtype, np.floating):
      raise errors.CheckpointError(f'{self.checkpoint.path}: {name} is of type {value.dtype}, not floating-point')
    return value.astype(np.float32, copy=False)


def load(config, path):
  """A new model with the checkpoint's weights. Errors as `Import`."""
  return load_found(config, path)[0]


def load_found(config, path):
  """(model, config, info) of a checkpoint, as `inference.load_model` gives it. Errors as `Import`."""
  with Import(config, path) as found, tf.init_scope():
    model = filling.unfilled(config)
    filling.fill(naming.named_variables(model), ((name, memory.as_tensor(value)) for name, value in found.weights()))
    return model, config, {**config.to_dict(), 'step': found.step, 'checkpoint': found.checkpoint.path, 'card': ''}


def only_config(path):
  """The Config of a checkpoint that can be of one config only.

  Raises:
    CheckpointError: several fit, or none.
  """
  with tensor_bundle.Checkpoint(path) as checkpoint:
    fits = matching.fitting(checkpoint.shapes)
    if len(fits) != 1:
      raise errors.CheckpointError(f'{path}: name the config of this checkpoint with --config. {matching.advice(checkpoint)}.')
  return configs.get(*fits[0])


def assign(model, found):
  """Sets every weight of a model of the Import's config."""
  variables = naming.named_variables(model)
  for name, value in found.weights():
    variables[name].assign(memory.as_tensor(value))


def to_bundle(config, path, output, dtype='float32', card_text='', with_training=True):
  """Writes a bundle; returns {'step', 'updates'}. No model is built: one tensor at a time is in memory.

  Args:
    config, path: see `Import`.
    output: see `bundles.save`.
    dtype: of the weights, 'float32' or 'float16'; moments are float32.
    card_text: data card; by default it says where the weights are from.
    with_training: whether the optimizer's moments go along, where the checkpoint has them.

  Raises:
    CheckpointError: see `Import`.
    ArgumentError, OutputError: see `bundles.save`.
  """
  with Import(config, path) as found:
    file = found.checkpoint.path.rstrip('/').rpartition('/')[2]
    carried = with_training and found.updates is not None
    info = {'step': found.step, 'imported_from': file, **({'training': {'updates': found.updates}} if carried else {})}
    if 'threshold' in config.hparams:
      info['threshold'] = config.hparams.threshold
    card_text = card_text or _CARD.format(config=config.name, file=file, step=found.step)
    bundles.write(config, output, found.weights(), card_text, dtype, slots=found.moments() if carried else None, **info)
    return {'step': found.step, 'updates': found.updates if carried else None}
