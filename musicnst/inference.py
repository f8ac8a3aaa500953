"""A trained model on music: NoteSequences in, latents or NoteSequences out."""
from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from musicnst import bundles
from musicnst import config as config_lib
from musicnst import configs
from musicnst import errors
from musicnst import music_proto
from musicnst.models import base
from musicnst.representations import base as representations
from musicnst.representations import converter_map
from musicnst.representations import padding
from musicnst.checkpoint_import import importing
from musicnst.checkpoint_import import tensor_bundle
from musicnst.training import run_dir as run_dir_lib

# One NoteSequence, or several.
Music: TypeAlias = 'music_proto.NoteSequence | Sequence[music_proto.NoteSequence]'


class NoExtractedExamplesError(errors.MusicnstError):
  """Music in which the model's converter finds no window."""

  reason = 'no_extracted_examples'


class MultipleExtractedExamplesError(errors.MusicnstError):
  """Music of several windows where one is asked for; `count` says how many."""

  reason = 'multiple_extracted_examples'

  def __init__(self, message: str, count: int):
    self.count = count
    super().__init__(message)

  def __reduce__(self) -> tuple[Any, ...]:
    return type(self), (str(self), self.count)


@dataclasses.dataclass(frozen=True)
class Source:
  """What names a model, with the config that a checkpoint outside a run folder does not say itself; goes wherever a name goes.

  Args:
    path: see `load_model`.
    config_name: '' where the model knows it.
    hparams: overrides of that config.
  """

  path: str
  config_name: str = ''
  hparams: str = ''

  def __str__(self) -> str:
    return str(self.path)

  def config(self) -> config_lib.Config | None:
    """The Config; None where none is named.

    Raises:
      ArgumentError: hyperparameters of no config.
    """
    if self.hparams and not self.config_name:
      raise errors.ArgumentError(f'--hparams={self.hparams} needs --config, to say of which config')
    return configs.get(self.config_name, self.hparams) if self.config_name else None


def load_model(
    name_or_path: Source | str | os.PathLike[str], config: config_lib.Config | None = None,
    checkpoint: str = 'best') -> tuple[base.MusicModel, config_lib.Config, dict[str, Any]]:
  """(model, config, info) of whatever names a trained model.

  Args:
    name_or_path: a shipped bundle's name, a bundle (folder or .zip), a run folder, the prefix of a checkpoint, one of Magenta's checkpoints
      (prefix, folder, .tar or .tgz), or a `Source`.
    config: `config.Config`, needed for a checkpoint that lies outside a run folder (Magenta's: where several configs fit).
    checkpoint: of a run folder: 'best' (the latest where there is no best) or 'latest'.

  Raises:
    ModelNotFoundError: nothing of that name, or a damaged one.
  """
  if isinstance(name_or_path, Source):
    source = name_or_path
    name_or_path, config = source.path, config or source.config()
  if bundles.locate(name_or_path) is not None:
    return bundles.load(name_or_path)
  path = os.path.abspath(os.path.expanduser(str(name_or_path)))
  if tensor_bundle.is_magentas(path):
    return importing.load_found(config or importing.only_config(name_or_path), name_or_path)
  if os.path.isdir(path):
    folder = run_dir_lib.RunDir(path)
    config = folder.read_config()
    prefix = folder.checkpoint(checkpoint)
    if not prefix:
      raise errors.ModelNotFoundError(f'{path}: a run folder without a checkpoint; train it first')
  elif os.path.isfile(path + '.index'):
    prefix, config = path, config or _config_above(path)
  else:
    return bundles.load(name_or_path)  # names what ships, or what is wrong with the file
  model = config.build_model()
  step = run_dir_lib.restore_model(model, prefix)
  return model, config, {**config.to_dict(), 'step': step, 'checkpoint': prefix, 'card': ''}


def _config_above(prefix: str) -> config_lib.Config:
  """The config of the run folder that a checkpoint lies in."""
  for folder in list(pathlib.Path(prefix).parents)[:2]:
    if (folder / 'config.json').is_file():
      return run_dir_lib.RunDir(folder).read_config()
  raise errors.ModelNotFoundError(f'{prefix}: a checkpoint outside a run folder does not say its config; name it with --config')


class TrainedModel:
  """A model that encodes, decodes or makes music, and its converter. What a method needs beyond that it says if the model cannot do it.

  Args:
    model: `models.base.LatentModel` or `models.base.GenerativeModel`.
    config: its `config.Config`.
    info: what its bundle says.
    max_batch_size: windows that go through the network at once. Defaults to 64.

  Raises:
    AbilityError: a model that is neither of the two.

  Example:
    >>> model = TrainedModel.load('polyphonic-2bar')
    >>> mean, stddev = model.encode([sequence])
    >>> model.decode(mean, join=True)[0]
  """

  def __init__(
      self, model: base.MusicModel, config: config_lib.Config, info: dict[str, Any] | None = None, max_batch_size: int = 64):
    base.require(model, (base.LatentModel, base.GenerativeModel), 'TrainedModel')
    if max_batch_size < 1:
      raise errors.ArgumentError(f'max_batch_size is {max_batch_size}; it must be at least 1')
    self.model, self.config, self.info, self.max_batch_size = model, config, info or {}, max_batch_size
    self.converter = converter_map.for_inference(config.build_converter())
    self._encode = tf.function(self._gaussian)
    self._decode = tf.function(self._tokens)
    self._sample = tf.function(self._drawn)

  @classmethod
  def load(
      cls, name_or_path: Source | str | os.PathLike[str], config: config_lib.Config | None = None, checkpoint: str = 'best',
      max_batch_size: int = 64) -> TrainedModel:
    """See `load_model` for the names and the errors."""
    return cls(*load_model(name_or_path, config, checkpoint), max_batch_size=max_batch_size)

  @property
  def z_size(self) -> int:
    return self._latent('decoding').z_size

  def _latent(self, what: str) -> base.LatentModel:
    return base.require(self.model, base.LatentModel, what)

  def windows(self, sequence: music_proto.NoteSequence) -> list[representations.Window]:
    """Every window of a sequence, at least one.

    Raises:
      NoExtractedExamplesError: there is none, and why.
    """
    name = sequence.filename or sequence.id or 'the sequence'
    try:
      windows = self.converter.to_windows(sequence)
    except errors.RejectedSequence as error:
      raise NoExtractedExamplesError(f'{name}: config {self.config.name!r} finds nothing to encode ({error})') from error
    if not windows:
      raise NoExtractedExamplesError(f'{name}: config {self.config.name!r} finds no window of {self.converter.steps} steps in it')
    return windows

  def encode(self, sequences: Music) -> tuple[np.ndarray, np.ndarray]:
    """(mean, stddev), float32 `[N, Z]` each: a row for every window of the sequences (a list, or one), in order."""
    return self.encode_windows([window for sequence in _listed(sequences) for window in self.windows(sequence)])

  def encode_windows(self, windows: Sequence[representations.Window]) -> tuple[np.ndarray, np.ndarray]:
    """As `encode`, of `representations.base.Window`s."""
    self._latent('encoding')
    rows = [self._encode(batch) for batch in self._batches(windows)]
    mean, stddev = (np.concatenate([np.asarray(row[i]) for row in rows])[:len(windows)] for i in range(2))
    return mean, stddev

  def decode(
      self, latents: np.ndarray, temperature: float = 0.0, length: int | None = None, seed: int = 0, qpm: float = 120.0, join: bool = False,
      controls: np.ndarray | None = None) -> list[music_proto.NoteSequence]:
    """Latents `[N, Z]` -> a list of N sequences, a window each, or of one sequence of all windows in a row (`join`).

    Args:
      latents: rows of latents.
      temperature: of the draw; 0 takes the likeliest.
      length: steps of a window; the converter's by default (only a recurrent decoder writes other lengths).
      seed: of the draw.
      qpm: tempo of the sequences.
      join: whether the rows are consecutive windows of one piece.
      controls: `[N, T, C]`, or `[T, C]` for all rows alike, of a model that has them; no chord (or no hit) at any step by default.
    """
    controls = self._controls(controls, len(latents), length)
    return self._sequences(self.decode_outputs(latents, temperature, length, seed, controls), controls, qpm, join)

  def _sequences(self, outputs: np.ndarray, controls: np.ndarray | None, qpm: float, join: bool = False) -> list[music_proto.NoteSequence]:
    """Outputs `[N, T, D]` as sequences, one each or one of all."""
    parts = [{'outputs': outputs, **({} if controls is None else {'controls': controls[:, :outputs.shape[1]]})}]
    if not join:
      parts = [{name: array[i:i + 1] for name, array in parts[0].items()} for i in range(len(outputs))]
    return [self.converter.from_windows(**part, qpm=qpm) for part in parts]

  def _controls(self, controls: np.ndarray | None, rows: int, length: int | None) -> np.ndarray | None:
    """float32 `[rows, T, C]` of what `decode` takes, or None."""
    depth, steps = self.converter.control_depth, length or self.converter.steps
    if not depth:
      if controls is not None:
        raise errors.ArgumentError(f'config {self.config.name!r} has no controls')
      return None
    if controls is None:
      return np.broadcast_to(self.converter.no_controls(), (rows, self.converter.steps, depth))[:, :steps].astype(np.float32)
    controls = np.asarray(controls, np.float32)
    if controls.ndim not in (2, 3) or controls.shape[-1] != depth or controls.ndim == 3 and len(controls) != rows:
      raise errors.ArgumentError(f'controls of shape {controls.shape}; this model takes [T, {depth}] or [{rows}, T, {depth}]')
    return np.broadcast_to(controls, (rows, *controls.shape[-2:]))

  def decode_outputs(
      self, latents: np.ndarray, temperature: float = 0.0, length: int | None = None, seed: int = 0,
      controls: np.ndarray | None = None) -> np.ndarray:
    """As `decode`, giving uint8 0 and 1 `[N, T, D]`, or float32 of a representation that is not of bits."""
    latents = np.asarray(latents, np.float32)
    if latents.ndim != 2 or latents.shape[1] != self.z_size:
      raise errors.ArgumentError(f'latents of shape {latents.shape}; this model takes [N, {self.z_size}]')
    controls = self._controls(controls, len(latents), length)

    def write(rows: slice, size: int, draws: Any, own: tuple[Any, ...]) -> Any:
      return self._decode(tf.constant(padding.to_length(latents[rows], size)), draws, float(temperature), length, *own)

    return self._written(write, len(latents), temperature, length, seed, controls)

  def _written(self, write: Any, count: int, temperature: float, length: int | None, seed: int, controls: np.ndarray | None) -> np.ndarray:
    """Outputs `[count, T, D]` by `write(rows, size, seed, controls)`, batch by batch: `rows` a slice, `size` what it is filled up to."""
    if temperature < 0:
      raise errors.ArgumentError(f'temperature is {temperature}; it must not be negative')
    outputs, kind = [], np.float32 if self.converter.real_valued else np.uint8
    for number, start in enumerate(range(0, count, self.max_batch_size)):
      rows = slice(start, min(start + self.max_batch_size, count))
      draws, size = tf.constant(seed * 1000003 + number, tf.int64), self._size(rows.stop - start)
      own = () if controls is None else (tf.constant(padding.to_length(controls[rows], size)),)
      outputs.append(np.asarray(write(rows, size, draws, own))[:rows.stop - start].astype(kind))
    return np.concatenate(outputs) if outputs else np.zeros((0, length or self.converter.steps, self.converter.output_depth), kind)

  def sample(
      self, n: int, temperature: float = 1.0, length: int | None = None, seed: int = 0, qpm: float = 120.0) -> list[music_proto.NoteSequence]:
    """`n` sequences that the model makes from nothing: of latents drawn from its prior, where it has latents.

    Raises:
      AbilityError: it cannot.
    """
    model = base.require(self.model, base.GenerativeModel, 'sampling')
    if isinstance(model, base.PriorModel):
      return self.decode(model.draw_latents(n, seed), temperature, length, seed, qpm)
    controls = self._controls(None, n, length)
    write = lambda rows, size, draws, own: self._sample(size, draws, float(temperature), length, *own)
    return self._sequences(self._written(write, n, temperature, length, seed, controls), controls, qpm)

  def interpolate(
      self, start: music_proto.NoteSequence, end: music_proto.NoteSequence, num_steps: int, temperature: float = 0.0, seed: int = 0,
      qpm: float = 120.0) -> list[music_proto.NoteSequence]:
    """`num_steps` sequences from `start` to `end`, both included (as decoded from their means), on the great circle or as the model says.

    Raises:
      AbilityError: the model has no latents.
      MultipleExtractedExamplesError: `start` or `end` has more than one window.
    """
    model = self._latent('interpolation')
    path = lerp if model.straight else slerp
    rows = path(self._single(start), self._single(end), np.linspace(0, 1, num_steps))
    return self.decode(rows, temperature, seed=seed, qpm=qpm)

  def _single(self, sequence: music_proto.NoteSequence) -> np.ndarray:
    """The mean `[Z]` of a sequence of one window."""
    windows = self.windows(sequence)
    if len(windows) > 1:
      raise MultipleExtractedExamplesError(
          f'{sequence.filename or "the sequence"}: {len(windows)} windows of {self.converter.steps} steps where one is needed', len(windows))
    return self.encode_windows(windows)[0][0]

  def reconstruct(self, sequences: Music, temperature: float = 0.0, seed: int = 0) -> list[music_proto.NoteSequence]:
    """Each sequence (a list, or one) through its means and back: a list of whole sequences at their first tempo, from their first beat.

    Raises:
      AbilityError: the model has no latents.
    """
    self._latent('reconstruction')
    results = []
    for sequence in _listed(sequences):
      windows = self.windows(sequence)
      controls = _stacked([window.controls for window in windows], np.float32)
      outputs = self.decode_outputs(self.encode_windows(windows)[0], temperature, seed=seed, controls=controls)
      qpm = sequence.tempos[0].qpm if sequence.tempos else 120.0
      known = {} if controls is None else {'controls': controls}
      velocities = _stacked([window.velocities for window in windows])
      results.append(self.converter.from_windows(outputs, qpm=qpm, velocities=velocities, **known))
    return results

  def _gaussian(self, batch: base.Batch) -> tuple[base.Tensor, base.Tensor]:
    posterior = self.model.encode(batch)
    return posterior.mean, posterior.stddev

  def _tokens(self, latents: Any, seed: Any, temperature: float, length: int | None, controls: Any = None) -> Any:
    return self.model.decode_tokens(latents, steps=length, temperature=temperature, seed=seed, controls=controls)

  def _drawn(self, n: int, seed: Any, temperature: float, length: int | None, controls: Any = None) -> Any:
    return self.model.sample(n, steps=length, temperature=temperature, controls=controls, seed=seed)

  def _size(self, rows: int) -> int:
    """Rows of a batch that is compiled for: the next power of two, so that few sizes are."""
    return min(self.max_batch_size, 1 << max(rows - 1, 0).bit_length())

  def _batches(self, windows: Sequence[representations.Window]) -> Iterator[dict[str, base.Tensor]]:
    for start in range(0, len(windows), self.max_batch_size):
      part = windows[start:start + self.max_batch_size]
      size = self._size(len(part))
      batch = {
          'inputs': np.stack([window.inputs for window in part]).astype(np.float32),
          'outputs': np.stack([window.outputs for window in part]).astype(np.float32),
          'lengths': np.array([window.length for window in part], np.int32)}
      controls = _stacked([window.controls for window in part], np.float32)
      if controls is not None:
        batch['controls'] = controls
      yield {name: tf.constant(padding.to_length(value, size)) for name, value in batch.items()}


def slerp(start: np.ndarray, end: np.ndarray, positions: Sequence[float] | np.ndarray) -> np.ndarray:
  """Rows `[N, Z]` at `positions` (0 to 1) on the great circle from `start` `[Z]` to `end` `[Z]` (Shoemake 1985); straight where they align."""
  start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
  positions = np.asarray(positions, np.float64)[:, None]
  norms = np.linalg.norm(start) * np.linalg.norm(end)
  angle = np.arccos(np.clip(start @ end / norms, -1, 1)) if norms else 0.0
  if np.sin(angle) < 1e-6:
    rows = (1 - positions) * start + positions * end
  else:
    rows = (np.sin((1 - positions) * angle) * start + np.sin(positions * angle) * end) / np.sin(angle)
  return rows.astype(np.float32)


def lerp(start: np.ndarray, end: np.ndarray, positions: Sequence[float] | np.ndarray) -> np.ndarray:
  """Rows `[N, Z]` at `positions` (0 to 1) on the straight line from `start` `[Z]` to `end` `[Z]`."""
  positions = np.asarray(positions, np.float64)[:, None]
  return ((1 - positions) * np.asarray(start) + positions * np.asarray(end)).astype(np.float32)


def _stacked(arrays: Sequence[Any], dtype: Any = None) -> np.ndarray | None:
  """One array of those of several windows; None where they have none."""
  return None if arrays[0] is None else np.stack(arrays).astype(dtype or arrays[0].dtype)


def _listed(sequences: Music) -> list[music_proto.NoteSequence]:
  return list(sequences) if isinstance(sequences, (list, tuple)) else [sequences]
