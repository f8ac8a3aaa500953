"""Bundles: how a trained model travels. A folder, or one .zip of it:

  config.json        format version, config name and hyperparameters, threshold, step, and the list of weights with their shapes
  model.weights.h5   one dataset a variable, by its name in `models.naming`, float16 or float32; no pickles
  CARD.md            the data card: what it was trained on, how, with what result, under which licence

Bundles that ship lie in `musicnst/pretrained/<name>` and are found by name.
"""
import contextlib
import io
import json
import os
import pathlib
import posixpath
import zipfile

import h5py
import numpy as np

import musicnst
from musicnst import configs
from musicnst import errors
from musicnst import files

FORMAT, FORMAT_VERSION = 'musicnst-bundle', 1
CONFIG, WEIGHTS, CARD = 'config.json', 'model.weights.h5', 'CARD.md'
PRETRAINED = pathlib.Path(__file__).parent / 'pretrained'
# A bundle is read into memory; no shipped one is near this, and a .zip that claims more is not unpacked.
MAX_BYTES = 4 << 30


def names():
  """{name: description} of the bundles that ship; reads their `config.json` only."""
  found = {}
  for path in sorted(PRETRAINED.iterdir()) if PRETRAINED.is_dir() else ():
    with contextlib.suppress(errors.ModelNotFoundError):
      found[path.name.removesuffix('.zip')] = _Reader(path).read_info().get('description', '')
  return found


def locate(name_or_path):
  """Path of a bundle given by its shipped name, its folder or its .zip; None where it is none of them."""
  for path in (pathlib.Path(os.path.expanduser(str(name_or_path))), PRETRAINED / str(name_or_path), PRETRAINED / f'{name_or_path}.zip'):
    if path.is_file() and zipfile.is_zipfile(path) or path.is_dir() and (path / WEIGHTS).is_file():
      return path
  return None


def save(model, config, path, card_text='', dtype='float16', **info):
  """Writes a bundle; `path` ending in .zip makes one file, anything else a folder (replaced if it is there).

  Args:
    model: the trained model of `config`.
    card_text: markdown of the data card.
    dtype: 'float16' or 'float32', of the floating-point weights.
    **info: further JSON-able entries of `config.json`, such as step, threshold, description.

  Raises:
    ArgumentError: another dtype, or float16 would overflow.
    OutputError: the path cannot be written.
  """
  from musicnst.models import naming  # loads Keras; `names`, which list calls, must not
  if dtype not in ('float16', 'float32'):
    raise errors.ArgumentError(f'dtype {dtype!r}: known are float16 and float32')
  weights = {name: _converted(name, np.asarray(variable), dtype) for name, variable in naming.named_variables(model).items()}
  values = {
      'format': FORMAT, 'format_version': FORMAT_VERSION, 'musicnst_version': musicnst.__version__, **config.to_dict(), **info,
      'description': info.get('description') or config.description, 'dtype': dtype,
      'weights': {name: list(value.shape) for name, value in weights.items()}}
  contents = {CONFIG: json.dumps(values, indent=2).encode(), WEIGHTS: _to_h5(weights), CARD: card_text.encode()}
  if str(path).endswith('.zip'):
    with files.atomic_path(path) as temporary, zipfile.ZipFile(temporary, 'w', zipfile.ZIP_DEFLATED) as archive:
      for name, data in contents.items():
        archive.writestr(name, data)
  else:
    with files.atomic_folder(path) as temporary:
      for name, data in contents.items():
        (pathlib.Path(temporary) / name).write_bytes(data)


def load(name_or_path):
  """(model, config, info) of a bundle; info is the dict of `config.json` with `card` added.

  Raises:
    ModelNotFoundError: no such bundle, or it is damaged, or of another version, or its weights do not fit its config.
  """
  reader = _reader(name_or_path)
  info = reader.read_info()
  try:
    config = configs.from_dict(info)
  except errors.MusicnstError as error:
    raise errors.ModelNotFoundError(f'{reader.path}: {error}') from error
  weights = reader.read_weights(info)
  import tensorflow as tf  # late, as in `save`
  with tf.init_scope():  # a model may load another one's bundle while a step is being traced
    model = config.build_model()
    assign(model, weights, reader.path)
  return model, config, {**info, 'card': reader.read_card()}


def read_weights(name_or_path):
  """{name: array} of a bundle's weights, without building its model; errors as `load`."""
  reader = _reader(name_or_path)
  return reader.read_weights(reader.read_info())


def assign(model, weights, origin):
  """Sets every variable of a model; random states that the weights lack stay as they are.

  Raises:
    ModelNotFoundError: names or shapes differ; names the first few.
  """
  from musicnst.models import naming  # as in `save`
  variables = naming.named_variables(model)
  wrong = [f'{name} is not in the model' for name in weights if name not in variables]
  for name, variable in variables.items():
    if name not in weights:
      wrong += [] if 'seed_generator' in name else [f'{name} is missing']
    elif tuple(weights[name].shape) != tuple(variable.shape):
      wrong.append(f'{name} is {tuple(weights[name].shape)} and should be {tuple(variable.shape)}')
  if wrong:
    raise errors.ModelNotFoundError(f'{origin}: its weights do not fit this config: {"; ".join(wrong[:3])}' + (' ...' if len(wrong) > 3 else ''))
  for name, value in weights.items():
    variables[name].assign(value.astype(variables[name].dtype))


def _reader(name_or_path):
  path = locate(name_or_path)
  if path is None:
    raise errors.ModelNotFoundError(
        f'{name_or_path}: no bundle, folder or .zip of that name; bundles that ship: {", ".join(names()) or "none"}')
  return _Reader(path)


class _Reader:
  """The three files of a bundle, from a folder or a .zip."""

  def __init__(self, path):
    self.path = pathlib.Path(path)

  def read_info(self):
    """The dict of `config.json`, its version checked."""
    try:
      info = json.loads(self._bytes(CONFIG))
      version = info['format_version'] if info['format'] == FORMAT else None
    except (ValueError, KeyError, TypeError) as error:
      raise errors.ModelNotFoundError(f'{self.path}: not a bundle: {CONFIG} is damaged or of something else ({error})') from error
    if version != FORMAT_VERSION:
      raise errors.ModelNotFoundError(
          f'{self.path}: bundle format {version}, made by musicnst {info.get("musicnst_version", "?")}; this is musicnst '
          f'{musicnst.__version__}, which reads format {FORMAT_VERSION}. Make the bundle again from its run folder.')
    if not isinstance(info.get('weights'), dict) or 'name' not in info or not isinstance(info.get('hparams'), dict):
      raise errors.ModelNotFoundError(f'{self.path}: {CONFIG} lacks name, hparams or weights')
    return info

  def read_weights(self, info):
    """{name: array} as listed in `info`."""
    data, weights = self._bytes(WEIGHTS), {}
    try:
      with h5py.File(io.BytesIO(data), 'r') as archive:
        for name, shape in info['weights'].items():
          weights[name] = np.asarray(archive[name])
          if list(weights[name].shape) != list(shape):
            raise errors.ModelNotFoundError(f'{self.path}: {name} is {weights[name].shape} and should be {tuple(shape)}')
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
      raise errors.ModelNotFoundError(f'{self.path}: {WEIGHTS} is truncated or damaged ({error})') from error
    return weights

  def read_card(self):
    """The data card; '' where there is none."""
    try:
      return self._bytes(CARD).decode('utf-8', 'replace')
    except errors.ModelNotFoundError:
      return ''

  def _bytes(self, name):
    try:
      return (self.path / name).read_bytes() if self.path.is_dir() else self._unzipped(name)
    except (OSError, KeyError, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
      raise errors.ModelNotFoundError(f'{self.path}: {name} is missing or cannot be read ({error})') from error
    except zipfile.zlib.error as error:
      raise errors.ModelNotFoundError(f'{self.path}: {name} is damaged ({error})') from error

  def _unzipped(self, name):
    """A member's bytes, never unpacked to the disk, so that no name in the archive can lead anywhere."""
    with zipfile.ZipFile(self.path) as archive:
      # The bundle's files lie at the top, or all in one folder (as when a folder is zipped by hand).
      members = {posixpath.basename(member.filename): member for member in archive.infolist() if _plain(member.filename)}
      member = members[name]
      if member.file_size > MAX_BYTES:
        raise errors.ModelNotFoundError(f'{self.path}: {name} claims {member.file_size} bytes, more than {MAX_BYTES}')
      return archive.read(member)


def _plain(name):
  """Whether an archive's name stays inside the archive, at most one folder deep."""
  parts = posixpath.normpath(name).split('/')
  return not name.startswith(('/', '\\')) and '..' not in name.split('/') and '\\' not in name and len(parts) <= 2


def _converted(name, value, dtype):
  """Floating-point weights as `dtype`; integers as they are."""
  if not np.issubdtype(value.dtype, np.floating):
    return value
  with np.errstate(over='ignore'):
    converted = value.astype(dtype)
  if not np.array_equal(np.isfinite(converted), np.isfinite(value.astype(np.float64))):
    raise errors.ArgumentError(f'{name} has values that {dtype} cannot hold (up to {np.abs(value).max():.3g}); save as float32')
  return converted


def _to_h5(weights):
  """The bytes of an .h5 file with one gzip-compressed dataset a weight; the same weights give the same bytes."""
  buffer = io.BytesIO()
  with h5py.File(buffer, 'w', track_order=False) as archive:
    for name, value in weights.items():
      packed = {'compression': 'gzip', 'shuffle': True} if value.ndim else {}
      archive.create_dataset(name, data=value, track_times=False, **packed)
  return buffer.getvalue()
