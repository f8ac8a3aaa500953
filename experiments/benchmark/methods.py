"""Runs a method on many contents side by side: contents and their styles in, result sequences and seconds out."""
import dataclasses
import time

import keras
import numpy as np

from experiments.benchmark import pieces
from musicnst import errors
from musicnst import registry
from musicnst.style_transfer import controls
from musicnst.style_transfer import method as method_lib
from musicnst.style_transfer import registry as transfer_registry
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer import roll_latents
from musicnst.style_transfer import spaces
from musicnst.style_transfer.guided import settings as guided_settings
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import measures

# Contents side by side: as many steps as `transfer` takes in one group.
CHUNK = 32
# Logit of a cell that is on where the roll itself takes the latents' place.
ROLL_LOGIT = 1.0
# A control of the benchmark alone: method `guided` with the roll in place of latents and decoder.
RAW_ROLL = dataclasses.replace(
    transfer_registry.TRANSFER_MAP['guided'], name='raw-roll', description="control: method guided on the roll, without autoencoder")
# Another: `arithmetic` with the difference of the genres' means over training pieces in place of the two pieces' own.
GENRE_ARITHMETIC = dataclasses.replace(
    transfer_registry.TRANSFER_MAP['arithmetic'], name='genre-arithmetic',
    description="control: latents moved by the difference of the genres' means")
METHODS = {**transfer_registry.TRANSFER_MAP, RAW_ROLL.name: RAW_ROLL, GENRE_ARITHMETIC.name: GENRE_ARITHMETIC}
# Stretches that make the mean of a genre.
MEAN_STRETCHES = 200


@dataclasses.dataclass
class Outcome:
  """Results of one method on many contents.

  Args:
    sequences: list of NoteSequence, one a content.
    seconds: wall time for each content, all of them side by side.
    cpu_seconds: the same of this process's processors.
  """

  sequences: list
  seconds: float
  cpu_seconds: float


@dataclasses.dataclass(frozen=True, eq=False)
class Runner:
  """A method that is loaded, with its settings.

  Args:
    method: method.Method.
    settings: request.Settings without None.
    conditioned: the method is given both genres, as one that is trained for a direction has them; else it recognises them.
  """

  method: method_lib.Method
  settings: request_lib.Settings
  conditioned: bool = True

  def run(self, contents, styles, strength=None, seed=0, direction=''):
    """Contents (list of Piece) and styles (list of Piece, one a content) -> Outcome; `strength` None takes the method's own."""
    settings = dataclasses.replace(self.settings, seed=seed, strength=self.settings.strength if strength is None else strength)
    if self.conditioned and direction:
      source, target = direction.split('-')
      settings = dataclasses.replace(settings, content_genre=source, style_genre=target)
    started, processor, sequences = time.monotonic(), time.process_time(), []
    for first in range(0, len(contents), CHUNK):
      sequences += self._chunk(contents[first:first + CHUNK], styles[first:first + CHUNK], settings)
    count = max(len(contents), 1)
    return Outcome(sequences, (time.monotonic() - started) / count, (time.process_time() - processor) / count)

  def _chunk(self, contents, styles, settings):
    found = self.method.run(request_lib.Request(
        contents=contents, styles=[[style] for style in styles], editable=[np.ones(piece.total_steps, bool) for piece in contents],
        settings=settings))
    return [self._best(content, styles[i], [edits[i] for edits in found.edits], found) for i, content in enumerate(contents)]

  def _best(self, content, style, edits, found):
    """The result of one content: of several candidates the one that `transfer` would keep."""
    composed = [compose.compose(content.sequence, content.changes(edit))[0] for edit in edits]
    if len(composed) == 1:
      return composed[0]
    scores = [self.method.score({**measures.of(content, [style], result), **self.method.measures(content, result, found.details)})
              for result in composed]
    return composed[int(np.argmax(scores))]


@dataclasses.dataclass(frozen=True, eq=False)
class GenreArithmetic(Runner):
  """Runner of `genre-arithmetic`: knows the direction, and the means of the genres.

  Args:
    means: genre -> float `[Z]`, mean latents of its training pieces.
  """

  means: dict = dataclasses.field(default_factory=dict)

  def run(self, contents, styles, strength=None, seed=0, direction=''):
    source, target = direction.split('-')
    moved = self.means[target] - self.means[source]
    return super().run(contents, [moved] * len(contents), strength, seed)

  def _chunk(self, contents, styles, settings):
    return [self._moved(content, shift * controls.ARITHMETIC_REACH * settings.strength) for content, shift in zip(contents, styles)]

  def _moved(self, content, shift):
    latents = self.method.latents.encode_rolls(spaces.rolls_of([content]))
    edit = controls.residual_edit(
        self.method.decoder, content, np.ones(content.total_steps, bool), self.settings.protect_melody, latents,
        (latents + shift).astype(np.float32))
    return compose.compose(content.sequence, content.changes(edit))[0]


def genre_means(latents, pools, seed=0):
  """genre -> float32 `[Z]`: mean latents of stretches of different pieces (`pools`: genre -> list of Stretch)."""
  chosen = {genre: pieces.in_turn(pool, np.random.default_rng(seed))[:MEAN_STRETCHES] for genre, pool in pools.items()}
  return {genre: np.mean([latents.encode_rolls(spaces.rolls_of([s.piece])).mean((0, 1)) for s in found], 0) for genre, found in chosen.items()}


def runner(name, options=None, model=None, training_pools=None):
  """Runner of a method.

  Args:
    name: of `METHODS`.
    options: dict of overrides by name: `conditioned` of `Runner`, fields of `request.Settings`, or of `GuidedSettings` for the methods that have
      them.
    model: latent model; None takes the shipped one.
    training_pools: `() -> {genre: list of Stretch}` of the training split, for `genre-arithmetic`.

  Raises:
    UnknownNameError: no such method or option.
  """
  entry = registry.lookup(METHODS, name, 'method')
  options = dict(options or {})
  conditioned = bool(options.pop('conditioned', True))
  settings, constants = _overridden(entry, options)
  method = entry.load(model)
  if constants:
    method = dataclasses.replace(method, constants=guided_settings.GuidedSettings(**constants))
  if name == RAW_ROLL.name:
    method = dataclasses.replace(method, latents=roll_latents.RollLatents('', RollModel(), .5))
  if name == GENRE_ARITHMETIC.name:
    return GenreArithmetic(method, settings, conditioned, genre_means(method.latents, training_pools()))
  return Runner(method, settings, conditioned)


def _overridden(entry, options):
  """(request.Settings without None, dict of fields of GuidedSettings)."""
  names = lambda cls: {field.name for field in dataclasses.fields(cls)}
  known = names(request_lib.Settings)
  guided_names = names(guided_settings.GuidedSettings) if entry.classes[0] == transfer_registry.TRANSFER_MAP['guided'].classes[0] else set()
  unknown = sorted(set(options) - known - guided_names)
  if unknown:
    raise errors.UnknownNameError(f'unknown option {unknown[0]!r}. Known: {", ".join(sorted(known | guided_names))}')
  given = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items() if name in known}
  return request_lib.Settings(**given).filled(entry.defaults), {name: value for name, value in options.items() if name in guided_names - known}


class RollModel:
  """Stands where the latent model stands and is the identity: its latents are logits of the windows' own cells."""

  z_size = 32 * 176
  autoregressive = False

  def encode(self, batch):
    """Windows `[N, 32, 176]` -> an object whose `mean` is `[N, 32 * 176]`."""
    windows = keras.ops.convert_to_tensor(batch['inputs'])
    return _Point(keras.ops.reshape((2.0 * windows - 1.0) * ROLL_LOGIT, (-1, self.z_size)))

  def decode_logits(self, z, batch=None):
    """`[N, 32 * 176]` -> logits `[N, 32, 176]`."""
    del batch
    return keras.ops.reshape(z, (-1, 32, 176))


@dataclasses.dataclass(frozen=True)
class _Point:
  mean: object
