"""A model of ours written as one of Magenta's checkpoints: its names, its shapes, its files."""
import os
import tarfile
import tempfile

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst import files
from musicnst.checkpoint_import import locations
from musicnst.checkpoint_import import table
from musicnst.models import naming
from musicnst.models.music_vae import model as music_vae

ADAM_BETAS = (.9, .999)
_DATA, _INDEX = '.data-00000-of-00001', '.index'


def export(model, path, step=0, updates=None, moments=None):
  """Writes a checkpoint that Magenta's `TrainedModel` and `music_vae_train` read.

  Args:
    model: a MusicVAE of one of the recurrent configs.
    path: prefix of the files (a state file `checkpoint` that names it is written beside), or an archive: .tar, .tgz, .tar.gz.
    step: `global_step`.
    updates: updates that Adam has made; None writes weights and step only, as Magenta's public checkpoints have them.
    moments: {'m/<our name>', 'v/<our name>': array or variable}, with `updates`.

  Raises:
    ArgumentError: a model that Magenta has no names for, or moments that do not fit.
    OutputError: the path cannot be written.
  """
  tensors = _tensors(model, step)
  if updates is not None:
    tensors.update(_training_tensors(model, updates, moments))
  path = os.path.abspath(os.path.expanduser(str(path)))
  if path.endswith(locations.ARCHIVE_ENDINGS):
    _write_archive(path, tensors)
  else:
    _write_files(path, tensors)


def _tensors(model, step):
  """{Magenta's name: tensor} of weights and step."""
  variables = naming.named_variables(model)
  if not isinstance(model, music_vae.RecurrentVAE):
    raise errors.ArgumentError('only recurrent MusicVAE models can be written as a checkpoint of Magenta\'s')
  return {table.STEP: tf.constant(int(step), tf.int64), **{row.magenta: _read(variables[row.ours]) for row in table.of_model(model)}}


def _training_tensors(model, updates, moments):
  powers = {name: tf.constant(beta ** (updates + 1), tf.float32) for name, beta in zip(table.POWERS, ADAM_BETAS)}
  slots = {}
  for row in table.of_model(model):
    for slot, moment in zip(table.SLOTS, 'mv'):
      value = moments.get(f'{moment}/{row.ours}')
      if value is None or tuple(value.shape) != row.shape:
        raise errors.ArgumentError(f'the moments do not fit the model: {moment}/{row.ours}')
      slots[f'{row.magenta}/{slot}'] = _read(value)
  return {**powers, **slots}


def _read(value):
  """A float32 tensor; that of a variable is not copied."""
  value = getattr(value, 'value', value)
  value = value() if callable(value) else value
  return tf.cast(value if tf.is_tensor(value) or isinstance(value, tf.Variable) else np.asarray(value), tf.float32)


def _save(prefix, tensors):
  names = sorted(tensors)
  with tf.device('CPU'):
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[''] * len(names), tensors=[tensors[name] for name in names])


def _write_files(prefix, tensors):
  """Both files are complete under temporary names before either gets its own; the index, which makes a checkpoint of them, is last."""
  folder, name = os.path.split(prefix)
  try:
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.writing-', dir=folder) as temporary:
      written = os.path.join(temporary, name)
      _save(written, tensors)
      if os.path.exists(prefix + _INDEX):
        os.remove(prefix + _INDEX)
      for ending in (_DATA, _INDEX):
        os.replace(written + ending, prefix + ending)
  except (OSError, tf.errors.OpError) as error:
    raise errors.OutputError(f'{prefix}: cannot be written ({getattr(error, "strerror", None) or error})') from error
  with files.atomic_path(os.path.join(folder, 'checkpoint')) as state, open(state, 'w', encoding='utf-8') as file:
    file.write(f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n')


def _write_archive(path, tensors):
  name = os.path.basename(path)
  for ending in locations.ARCHIVE_ENDINGS:
    name = name.removesuffix(ending)
  name = name if name.endswith('.ckpt') else f'{name}.ckpt'
  with files.atomic_path(path) as temporary, tempfile.TemporaryDirectory(prefix='.writing-', dir=os.path.dirname(temporary)) as folder:
    try:
      _save(os.path.join(folder, name), tensors)
    except tf.errors.OpError as error:
      raise errors.OutputError(f'{path}: cannot be written ({error})') from error
    with tarfile.open(temporary, 'w' if path.endswith('.tar') else 'w:gz') as archive:
      for ending in (_INDEX, _DATA):
        archive.add(os.path.join(folder, name + ending), name + ending)
