"""A trained CycleGAN as a transfer method: windows of four bars to the other genre, stitched, and where asked back again."""
import dataclasses

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst.models import base
from musicnst.representations import binary
from musicnst.representations import pianoroll
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer import method
from musicnst.style_transfer import request as request_lib

# The binary roll's pitches among the 88 keys; notes on other keys stay as they are.
_FIRST_KEY = binary.MIN_PITCH - pianoroll.MIN_PITCH
_KEYS = slice(_FIRST_KEY, _FIRST_KEY + binary.NUM_PITCHES)
# Windows that go through the generator at once.
_ROWS = 32


@dataclasses.dataclass(frozen=True, eq=False)
class CycleGANMethod(method.Method):
  """Every content to the genre of the style, which settings name (`style_genre`, or `content_genre`).

  `strength` .5 is the papers' decision, a cell being on from probability .5; a cell changes where its probability of being other than in
  the content is at least 1 - strength. The style piece itself, `protect_melody` and `candidates` play no part.

  Args:
    name: of the model.
    model: `models.base.TranslationModel` of windows of the binary roll.
    there_and_back: transfer the result back to the content's genre.
  """

  name: str
  model: object
  there_and_back: bool = False

  wants = ('a model of a cyclegan-... config. Train one: musicnst train --config=cyclegan-full_classical_pop-small --run_dir=RUN '
           '--examples_path=RECORDS')

  @classmethod
  def takes(cls, loaded):
    return isinstance(loaded.model, base.TranslationModel) and isinstance(loaded.converter, binary.BinaryConverter)

  @classmethod
  def load(cls, loaded, there_and_back=False):
    return cls(loaded.name, loaded.model, there_and_back)

  @property
  def genres(self):
    return self.model.domains

  def run(self, request):
    """As `Method.run`.

    Raises:
      ArgumentError: the genres are not named, or not two different ones.
    """
    target = self._target(request.settings)
    steps, strength = self.model.converter_arguments['steps'], request.settings.strength
    turn = tf.function(lambda rolls: self.model.translate(rolls, target), reduce_retracing=True)
    back = tf.function(lambda rolls: self.model.translate(rolls, 1 - target), reduce_retracing=True)
    edits = []
    for i, piece in enumerate(request.contents):
      cells = piece.frames[:, _KEYS]
      result = transferred(turn, cells, steps, strength)
      if self.there_and_back:
        result = transferred(back, result, steps, strength)
      edits.append(_edit(piece, np.where(request.editable[i][:, None], result, cells)))
      if request.progress is not None:
        request.progress(i + 1, len(request.contents))
    details = {'content_genre': self.genres[1 - target], 'style_genre': self.genres[target], 'model': self.name}
    return request_lib.MethodResult([edits], details=details)

  def _target(self, settings):
    """0 or 1: which of the model's two genres the result is to have."""
    first, second = self.genres
    if not (settings.content_genre or settings.style_genre):
      raise errors.ArgumentError(f'method cyclegan does not recognise genres: name --style_genre={first} or --style_genre={second}')
    if settings.content_genre == settings.style_genre:
      raise errors.ArgumentError(f'content and style are both {settings.style_genre}; this model goes from {first} to {second} or back')
    return self.genres.index(settings.style_genre) if settings.style_genre else 1 - self.genres.index(settings.content_genre)


def transferred(turn, cells, window_steps, strength=.5):
  """Cells bool `[T, 84]` of a whole piece through `turn`, window by window -> bool `[T, 84]`; the last window is filled with silence."""
  total = len(cells)
  windows = np.pad(cells, ((0, -total % window_steps), (0, 0))).reshape(-1, window_steps, cells.shape[1]).astype(np.float32)
  probabilities = np.concatenate([turn(tf.constant(windows[i:i + _ROWS])).numpy() for i in range(0, len(windows), _ROWS)])
  on = probabilities >= np.where(windows > 0, strength, 1 - strength)
  return on.reshape(-1, cells.shape[1])[:total]


def _edit(piece, cells):
  """Edit that makes a piece sound in `cells` `[T, 84]`, and nowhere else on those keys.

  A note whose cells are all on stays, longer where the sound goes on; a note struck again while its pitch sounds is still struck again.
  """
  frames = piece.frames.copy()
  frames[:, _KEYS] = cells
  struck = piece.roll[:, 0] > 0
  steps, keys = np.nonzero((piece.owner >= 0) & ~frames)
  broken = np.zeros(frames.shape, bool)
  broken[piece.owner[steps, keys], keys] = True
  gates = struck & ~broken
  columns = np.arange(frames.shape[1])[None]
  kept = (piece.owner >= 0) & gates[np.maximum(piece.owner, 0), columns]
  kept |= piece.frames & (piece.owner < 0)  # notes that began before this stretch sound on
  new = frames & ~kept
  before = np.pad(frames, ((1, 0), (0, 0)))[:-1]
  return compose.edit_of(piece, gates, new & (struck | ~before), new)
