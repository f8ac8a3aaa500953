"""The contract of a transfer method, and the one place where a method's model is loaded."""
import dataclasses
import functools
from typing import TYPE_CHECKING
from typing import Any
from typing import ClassVar

import numpy as np

from musicnst import config as config_lib
from musicnst import errors
from musicnst import music_proto
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.pieces import measures
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer.pieces import result as result_lib
from musicnst.style_transfer.pieces import stretches as stretches_lib

if TYPE_CHECKING:
  from musicnst.models import base  # loads Keras


@dataclasses.dataclass(frozen=True, eq=False)
class LoadedModel:
  """What a name of a model leads to.

  Args:
    name: bundle, run folder or path.
    model: `models.base.MusicModel`.
    config: its `config.Config`.
    info: what its bundle says.
  """

  name: str
  model: 'base.MusicModel'
  config: config_lib.Config
  info: dict[str, Any]

  @functools.cached_property
  def converter(self) -> Any:
    return self.config.build_converter()


@functools.lru_cache(maxsize=4)
def load_model(name: Any) -> LoadedModel:
  """LoadedModel of a bundle, run folder, checkpoint or `inference.Source`, once a process.

  Raises:
    ModelNotFoundError: nothing of that name, or a damaged one.
  """
  from musicnst import inference  # loads TensorFlow, which methods without a model do without
  return LoadedModel(str(name), *inference.load_model(name))


# Options of methods that know the roles of notes; the others leave them unused.
ROLES_ONLY = ('keep', 'melody', 'instruments')


class Method:
  """One way to transfer style. A new method is a subclass, and one entry of `registry.TRANSFER_MAP`.

  What the class says by itself:
    default_model: what is loaded where no model is named; '' for none.
    uses_model: whether it works with a model at all; one that does not takes None for it.
    wants: the models that it takes, in words.
    unused: names of `request.Settings` that play no part; asking for another value than the default is an error.

  Example:
    method = registry.load('arrange')
    piece, style = method.prepare(content, settings), method.prepare(other, settings)
    result = method.run(request.Request([piece], [[style]], [editable], settings))
    changes = piece.changes(result.edits[0][0])
  """

  default_model: ClassVar[str] = ''
  uses_model: ClassVar[bool] = True
  wants: ClassVar[str] = ''
  unused: ClassVar[tuple[str, ...]] = ROLES_ONLY

  @property
  def genres(self) -> tuple[str, ...]:
    """Names that `content_genre` and `style_genre` may have; empty where genres play no part."""
    return ()

  @classmethod
  def takes(cls, loaded: LoadedModel) -> bool:
    """Whether a `LoadedModel` is one that this method works with."""
    raise NotImplementedError

  @classmethod
  def load(cls, loaded: LoadedModel | None, **arguments: Any) -> 'Method':
    """`LoadedModel` (None where the method uses none) -> the method, with all else that it needs loaded.

    Args:
      loaded: LoadedModel that the class takes.
      **arguments: of the registry's entry.

    Raises:
      ModelNotFoundError: something it needs beside the model is missing.
    """
    raise NotImplementedError

  def prepare(self, sequence: music_proto.NoteSequence, settings: request_lib.Settings, name: str = 'the piece') -> Any:
    """What the method reads of a NoteSequence: a `pieces.piece.Piece` on the settings' grid, unless a subclass says otherwise.

    It has `sequence`, `beat_map`, `beats_from`, `bar_beats()`, `total_steps`, `unchanged()` (the edit that changes nothing) and `changes(edit)`
    (an edit as `pieces.compose.Changes`).

    Raises:
      RejectedSequence: nothing in it that the method reads; names the piece.
    """
    return piece_lib.from_sequence(sequence, settings.steps_per_quarter, settings.beats, name=name, meter_text=settings.meter)

  def stretches(self, piece: Any, settings: request_lib.Settings) -> list[tuple[Any, np.ndarray]]:
    """[(piece, editable)]: what of a prepared piece may change, by tracks and bars as settings say, in stretches of bounded length."""
    return stretches_lib.of(piece, settings.tracks, settings.bars)

  def run(self, request: request_lib.Request) -> request_lib.MethodResult:
    """`request.Request` -> `request.MethodResult`."""
    raise NotImplementedError

  def measures(self, piece: Any, result: music_proto.NoteSequence, details: dict[str, Any]) -> dict[str, float]:
    """{name: float}: figures of one result (NoteSequence) beyond those that every transfer gets; `details` are the MethodResult's."""
    del piece, result, details
    return {}

  def reading(self, piece: Any) -> result_lib.Reading | None:
    """Chords, phrases and tune of a prepared piece, for the report; None where the method looks for none."""
    del piece
    return None

  def score(self, metrics: dict[str, float]) -> float:
    """What the best of several candidates has most of, from its figures (those that every transfer gets, and `measures`)."""
    return measures.score(metrics)

  def check(self, settings: request_lib.Settings) -> None:
    """Raises ArgumentError or UnknownNameError where settings (as they were given, not filled) ask for what this method does not do."""
    for field in dataclasses.fields(settings):
      value = getattr(settings, field.name)
      if field.name in self.unused and value != field.default:
        raise errors.ArgumentError(
            f'{field.name}={value} plays no part in this method; another one, such as guided, may take it (musicnst list --kind=methods)')
    for name in (settings.content_genre, settings.style_genre):
      if name and name not in self.genres:
        known = f'Known: {", ".join(self.genres)}.' if self.genres else 'This method does not use genres.'
        raise errors.UnknownNameError(f'unknown genre {name!r}. {known}')
