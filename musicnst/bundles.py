"""Bundles: how a trained model travels. A folder, or one .zip of it:

  config.json        format version, config name and hyperparameters, threshold, step, and the list of weights with their shapes
  model.weights.h5   one dataset a variable, by its name in `models.naming`, float16 or float32; no pickles
  CARD.md            the data card: what it was trained on, how, with what result, under which licence
  training.h5        where training is to go on: Adam's moments as m/<name> and v/<name>, float32; config.json says `training.updates`

Weights are written and read one by one, so that a bundle may be larger than the memory left beside the model. Bundles that ship lie in
`musicnst/pretrained/<name>` and are found by name.
"""
from __future__ import annotations

import contextlib
import json
import os
import pathlib
import posixpath
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import IO
from typing import TYPE_CHECKING

import h5py
import numpy as np

import musicnst
from musicnst import config as config_lib
from musicnst import configs
from musicnst import errors
from musicnst import files
from musicnst.data import memory

if TYPE_CHECKING:  # loads Keras
  from musicnst.models import base

FORMAT, FORMAT_VERSION = 'musicnst-bundle', 1
CONFIG, WEIGHTS, CARD, TRAINING = 'config.json', 'model.weights.h5', 'CARD.md', 'training.h5'
PRETRAINED = pathlib.Path(__file__).parent / 'pretrained'
# No bundle is near this; a .zip that claims more is not unpacked.
MAX_BYTES = 8 << 30
# Rounded: float16 with so few bits of mantissa (one less than bfloat16) that it packs a fifth smaller.
ROUNDED, MANTISSA_BITS = 'float16-rounded', 6
DTYPES = ('float16', ROUNDED, 'float32')
# A larger weight is not compressed: it takes long, and of float32 gains a tenth.
_COMPRESSED_BYTES = 16 << 20
# Of a member of a .zip: more than this is unpacked to a temporary file, not into memory.
_IN_MEMORY_BYTES = 32 << 20


def names() -> dict[str, str]:
  """{name: description} of the bundles that ship; reads their `config.json` only."""
  found = {}
  for path in sorted(PRETRAINED.iterdir()) if PRETRAINED.is_dir() else ():
    with contextlib.suppress(errors.ModelNotFoundError):
      found[path.name.removesuffix('.zip')] = _Reader(path).read_info().get('description', '')
  return found


def locate(name_or_path: str | os.PathLike[str]) -> pathlib.Path | None:
  """Path of a bundle given by its shipped name, its folder or its .zip; None where it is none of them."""
  for path in (pathlib.Path(os.path.expanduser(str(name_or_path))), PRETRAINED / str(name_or_path), PRETRAINED / f'{name_or_path}.zip'):
    if path.is_file() and zipfile.is_zipfile(path) or path.is_dir() and (path / WEIGHTS).is_file():
      return path
  return None


def save(
    model: base.MusicModel, config: config_lib.Config, path: str | os.PathLike[str], card_text: str = '', dtype: str = 'float16',
    **info: Any) -> None:
  """Writes a bundle; `path` ending in .zip makes one file, anything else a folder (replaced if it is there).

  Args:
    model: the trained model of `config`.
    card_text: markdown of the data card.
    dtype: one of `DTYPES`, of the floating-point weights.
    **info: further JSON-able entries of `config.json`, such as step, threshold, description.

  Raises:
    ArgumentError: another dtype, or float16 would overflow.
    OutputError: the path cannot be written.
  """
  from musicnst.models import naming  # loads Keras; `names`, which list calls, must not
  weights = ((name, np.asarray(variable)) for name, variable in naming.named_variables(model).items())
  write(config, path, weights, card_text, dtype, **info)


def write(
    config: config_lib.Config, path: str | os.PathLike[str], weights: Iterable[tuple[str, np.ndarray]], card_text: str = '',
    dtype: str = 'float16', slots: Iterable[tuple[str, np.ndarray]] | None = None, **info: Any) -> None:
  """As `save`, from (name, array) pairs that are taken one after the other: no more than one is held.

  Args:
    weights: iterable of the pairs.
    slots: pairs of the optimizer's moments (see `TRAINING` above), to go on training from; None for none.
  """
  if dtype not in DTYPES:
    raise errors.ArgumentError(f'dtype {dtype!r}: known are {", ".join(DTYPES)}')
  with _new_bundle(path) as folder:
    shapes = _write_h5(folder / WEIGHTS, ((name, _converted(name, value, dtype)) for name, value in weights))
    if slots is not None:
      _write_h5(folder / TRAINING, slots)
    values = {
        'format': FORMAT, 'format_version': FORMAT_VERSION, 'musicnst_version': musicnst.__version__, **config.to_dict(), **info,
        'description': info.get('description') or config.description, 'dtype': dtype, 'weights': shapes}
    (folder / CONFIG).write_text(json.dumps(values, indent=2), encoding='utf-8')
    (folder / CARD).write_text(card_text, encoding='utf-8')


@contextlib.contextmanager
def _new_bundle(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
  """A temporary folder for the files of a bundle, which takes its place (or becomes its .zip) when they are there."""
  if not str(path).endswith('.zip'):
    with files.atomic_folder(path) as folder:
      yield pathlib.Path(folder)
    return
  with files.atomic_path(path) as temporary, tempfile.TemporaryDirectory(prefix='.writing-', dir=os.path.dirname(temporary)) as folder:
    yield pathlib.Path(folder)
    with zipfile.ZipFile(temporary, 'w') as archive:
      for file in sorted(pathlib.Path(folder).iterdir()):
        archive.write(file, file.name, zipfile.ZIP_STORED if file.suffix == '.h5' else zipfile.ZIP_DEFLATED)  # .h5 is compressed inside


def load(name_or_path: str | os.PathLike[str]) -> tuple[base.MusicModel, config_lib.Config, dict[str, Any]]:
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
  from musicnst.models import filling  # late, as in `save`
  with _outside_of_graphs():  # a model may load another one's bundle while a step is being traced
    model = filling.unfilled(config) if config.deferred else config.build_model()
    with reader.weights(info) as weights:
      assign(model, weights, reader.path)
  return model, config, {**info, 'card': reader.read_card()}


def _outside_of_graphs() -> contextlib.AbstractContextManager[Any]:
  """TensorFlow's `init_scope`; nothing under another backend of Keras."""
  import keras
  if keras.backend.backend() != 'tensorflow':
    return contextlib.nullcontext()
  import tensorflow as tf
  return tf.init_scope()


def read_weights(name_or_path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
  """{name: array} of a bundle's weights, without building its model; errors as `load`."""
  reader = _reader(name_or_path)
  with reader.weights(reader.read_info()) as weights:
    return {name: np.asarray(value) for name, value in weights.items()}


@contextlib.contextmanager
def training_state(name_or_path: str | os.PathLike[str]) -> Iterator[tuple[int, int, dict[str, h5py.Dataset]]]:
  """Yields (step, updates, {name: moment}) of a bundle to go on training from; no updates and no moments where it holds none.

  Moments are `m/<variable>` and `v/<variable>`, read from the file when they are looked at. Errors as `load`.
  """
  reader = _reader(name_or_path)
  info = reader.read_info()
  step, training = info.get('step') or 0, info.get('training')
  if not training:
    yield step, 0, {}
    return
  with reader.opened(TRAINING) as archive:
    names = [f'{moment}/{name}' for moment in 'mv' for name in info['weights'] if f'{moment}/{name}' in archive]
    yield step, int(training['updates']), {name: archive[name] for name in names}


def assign(model: base.MusicModel, weights: Mapping[str, Any], origin: str | os.PathLike[str]) -> None:
  """Sets every variable of a model; random states that the weights lack stay as they are.

  Args:
    weights: {name: array or dataset of an open bundle}.

  Raises:
    ModelNotFoundError: names or shapes differ; names the first few.
  """
  from musicnst.models import filling  # as in `save`
  from musicnst.models import naming
  variables = naming.named_variables(model)
  wrong = [f'{name} is not in the model' for name in weights if name not in variables]
  for name, variable in variables.items():
    if name not in weights:
      wrong += [] if 'seed_generator' in name else [f'{name} is missing']
    elif tuple(weights[name].shape) != tuple(variable.shape):
      wrong.append(f'{name} is {tuple(weights[name].shape)} and should be {tuple(variable.shape)}')
  if wrong:
    raise errors.ModelNotFoundError(f'{origin}: its weights do not fit this config: {"; ".join(wrong[:3])}' + (' ...' if len(wrong) > 3 else ''))
  filling.fill(variables, ((name, _tensor(value, variables[name].dtype)) for name, value in weights.items()))


def _tensor(value: Any, dtype: str) -> Any:
  """A tensor of an array, which it does not share, or of a dataset, which is in memory once."""
  if not isinstance(value, h5py.Dataset):
    return np.array(value, dtype)
  read = memory.aligned(value.shape, value.dtype)
  if value.size:
    value.read_direct(read)
  if read.dtype != dtype:
    converted = memory.aligned(value.shape, dtype)
    np.copyto(converted, read, casting='unsafe')
    read = converted
  return memory.as_tensor(read)


def _reader(name_or_path: str | os.PathLike[str]) -> _Reader:
  path = locate(name_or_path)
  if path is None:
    raise errors.ModelNotFoundError(
        f'{name_or_path}: no bundle, folder or .zip of that name; bundles that ship: {", ".join(names()) or "none"}')
  return _Reader(path)


class _Reader:
  """The three files of a bundle, from a folder or a .zip."""

  def __init__(self, path: str | os.PathLike[str]):
    self.path = pathlib.Path(path)

  def read_info(self) -> dict[str, Any]:
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

  @contextlib.contextmanager
  def weights(self, info: Mapping[str, Any]) -> Iterator[dict[str, h5py.Dataset]]:
    """{name: dataset} as listed in `info`, each read when it is looked at."""
    with self.opened(WEIGHTS) as archive:
      weights = {}
      for name, shape in info['weights'].items():
        weights[name] = archive[name]
        if list(weights[name].shape) != list(shape):
          raise errors.ModelNotFoundError(f'{self.path}: {name} is {weights[name].shape} and should be {tuple(shape)}')
      yield weights

  @contextlib.contextmanager
  def opened(self, name: str) -> Iterator[h5py.File]:
    """An .h5 file of the bundle, open; what goes wrong while it is read is reported as damage."""
    try:
      with self._file(name) as file, h5py.File(file, 'r') as archive:
        yield archive
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
      if isinstance(error, errors.MusicnstError):
        raise
      raise errors.ModelNotFoundError(f'{self.path}: {name} is truncated or damaged ({error})') from error

  def read_card(self) -> str:
    """The data card; '' where there is none."""
    try:
      return self._bytes(CARD).decode('utf-8', 'replace')
    except errors.ModelNotFoundError:
      return ''

  def _bytes(self, name: str) -> bytes:
    with self._file(name) as file:
      return file.read()

  def _file(self, name: str) -> IO[bytes]:
    """A file of the bundle, open for reading bytes."""
    try:
      return open(self.path / name, 'rb') if self.path.is_dir() else self._unzipped(name)
    except (OSError, KeyError, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
      raise errors.ModelNotFoundError(f'{self.path}: {name} is missing or cannot be read ({error})') from error
    except zlib.error as error:
      raise errors.ModelNotFoundError(f'{self.path}: {name} is damaged ({error})') from error

  def _unzipped(self, name: str) -> IO[bytes]:
    """A member's bytes in memory or a nameless temporary file, so that no name in the archive can lead anywhere."""
    with zipfile.ZipFile(self.path) as archive:
      # The bundle's files lie at the top, or all in one folder (as when a folder is zipped by hand).
      members = {posixpath.basename(member.filename): member for member in archive.infolist() if _plain(member.filename)}
      member = members[name]
      if member.file_size > MAX_BYTES:
        raise errors.ModelNotFoundError(f'{self.path}: {name} claims {member.file_size} bytes, more than {MAX_BYTES}')
      file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)
      with archive.open(member) as packed:
        shutil.copyfileobj(packed, file, 1 << 20)
      file.seek(0)
      return file


def _plain(name: str) -> bool:
  """Whether an archive's name stays inside the archive, at most one folder deep."""
  parts = posixpath.normpath(name).split('/')
  return not name.startswith(('/', '\\')) and '..' not in name.split('/') and '\\' not in name and len(parts) <= 2


def _converted(name: str, value: np.ndarray, dtype: str) -> np.ndarray:
  """Floating-point weights as `dtype`; integers as they are."""
  if dtype == ROUNDED:
    return _rounded(_converted(name, value, 'float16')) if np.issubdtype(value.dtype, np.floating) else value
  if not np.issubdtype(value.dtype, np.floating) or value.dtype == dtype:
    return value
  with np.errstate(over='ignore'):
    converted = value.astype(dtype)
  if not np.array_equal(np.isfinite(converted), np.isfinite(value)):
    raise errors.ArgumentError(f'{name} has values that {dtype} cannot hold (up to {np.abs(value).max():.3g}); save as float32')
  return converted


def _rounded(value: np.ndarray) -> np.ndarray:
  """float16 -> the nearest with `MANTISSA_BITS` bits of mantissa, away from zero half-way."""
  dropped = 10 - MANTISSA_BITS
  bits = value.view(np.uint16).astype(np.uint32) + (1 << (dropped - 1))
  rounded = (bits >> dropped << dropped).astype(np.uint16).view(np.float16)
  return np.where(np.isfinite(rounded), rounded, value)  # the largest numbers would become infinite


def _write_h5(path: pathlib.Path, weights: Iterable[tuple[str, np.ndarray]]) -> dict[str, list[int]]:
  """Writes one dataset a weight, gzip-compressed if it is not very large; {name: shape}. The same weights give the same bytes."""
  shapes = {}
  with h5py.File(path, 'w', track_order=False) as archive:
    for name, value in weights:
      packed = {'compression': 'gzip', 'shuffle': True} if value.ndim and value.nbytes <= _COMPRESSED_BYTES else {}
      archive.create_dataset(name, data=value, track_times=False, **packed)
      shapes[name] = list(value.shape)
  return shapes
