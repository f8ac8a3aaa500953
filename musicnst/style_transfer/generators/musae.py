"""A trained MusAE as a transfer method: the piece's voices are carried from their genre's Gaussian to another's, the notes between them stay.

The mixture's components differ by a turn in the first two dimensions of the latent; turning a piece's latents by the angle between two
genres carries one component exactly to the other, and everything that is not genre stays where it was.
"""
import dataclasses

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst.models import base
from musicnst.representations import pianoroll
from musicnst.representations import quantize
from musicnst.representations import tracks
from musicnst.representations import voices as voices_lib
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer import method
from musicnst.style_transfer import request as request_lib

# Windows that go through the model at once.
_ROWS = 64


@dataclasses.dataclass(frozen=True, eq=False)
class MusAEMethod(method.Method):
  """The voices of every content turned from its genre to the style's, by `strength` of the angle between them.

  Genres that settings do not name are recognised: the component under which the latents are likeliest. `protect_melody` and `candidates` play
  no part.

  Args:
    name: of the model.
    model: `models.base.MixtureModel` over voices.
    use_residual: take over only the states that the turn changes in what is decoded; else all of it, errors of reconstruction too.
  """

  name: str
  model: object
  use_residual: bool = True

  wants = ('a mixture of genres over voices, such as musae-2bar_mixture-small. Train one: musicnst train --config=musae-2bar_mixture-small '
           '--run_dir=RUN --examples_path=RECORDS')

  @classmethod
  def takes(cls, loaded):
    return isinstance(loaded.model, base.MixtureModel) and isinstance(loaded.converter, voices_lib.VoicesConverter)

  @classmethod
  def load(cls, loaded):
    return cls(loaded.name, loaded.model)

  @property
  def genres(self):
    return self.model.genres

  def run(self, request):
    """As `Method.run`.

    Raises:
      ArgumentError: another grid than the model's.
    """
    voices, edits, details, settings = _Voices(self.model), [], {'model': self.name}, request.settings
    style_genre = settings.style_genre or voices.recognise([p for pieces in request.styles for p in pieces])
    for i, piece in enumerate(request.contents):
      content_genre = settings.content_genre or voices.recognise([piece])
      details.setdefault('content_genre', content_genre)
      edits.append(voices.edit(piece, request.editable[i], content_genre, style_genre, settings.strength, self.use_residual))
      if request.progress is not None:
        request.progress(i + 1, len(request.contents))
    return request_lib.MethodResult([edits], details={**details, 'style_genre': style_genre})


class _Voices:
  """A model on the voices of pieces."""

  def __init__(self, model):
    self.model = model
    self.converter = voices_lib.VoicesConverter(**{**model.converter_arguments, 'continuous': True})
    self._encode = tf.function(lambda inputs: model.encode({'inputs': inputs}).mean, reduce_retracing=True)
    self._decode = tf.function(model.decode_tokens, reduce_retracing=True)

  def recognise(self, pieces):
    """The genre whose component the latents of all pieces together are likeliest under."""
    found = [self.latents(self.states(piece)[1]) for piece in pieces]
    total = self.model.prior.log_densities(np.concatenate(found)).sum(axis=0)
    return max(self.model.genres, key=lambda genre: total[self.model.component_of(genre)])

  def states(self, piece):
    """(places of each voice's notes in the piece: list of int64 arrays; states int64 `[T, K]`, T whole windows)."""
    if piece.steps_per_quarter != self.converter.steps_per_quarter:
      raise errors.ArgumentError(f'steps_per_quarter is {piece.steps_per_quarter}, and this model reads {self.converter.steps_per_quarter}')
    zeros = np.zeros(len(piece.pitches), np.int64)
    notes = quantize.QuantizedNotes(piece.pitches, piece.velocities, piece.start_steps, piece.end_steps, zeros, zeros, zeros > 0)
    places = self.converter.indices(notes)
    total = -(-piece.total_steps // self.converter.steps) * self.converter.steps
    return places, np.stack([tracks.encode(notes.select(place), total) for place in places], axis=1)

  def latents(self, states):
    """States `[S * T, K]` -> means `[S, Z]`; each window stands alone."""
    steps = self.converter.steps
    alone = [np.stack([tracks.begin_anew(column, start, steps) for column in states.T], axis=1) for start in range(0, len(states), steps)]
    hot = np.stack([self.converter.one_hot(window) for window in alone]).astype(np.float32)
    return np.concatenate([self._encode(hot[i:i + _ROWS]).numpy() for i in range(0, len(hot), _ROWS)])

  def decoded(self, z):
    """Latents `[S, Z]` -> states `[S * T, K]`."""
    found = [self.converter.states(self._decode(tf.constant(z[i:i + _ROWS])).numpy()) for i in range(0, len(z), _ROWS)]
    return np.concatenate(found).reshape(-1, self.converter.num_voices)

  def edit(self, piece, editable, source, target, strength, use_residual):
    """The Edit that turns a piece's voices."""
    places, own = self.states(piece)
    z = self.latents(own)
    prior, of = self.model.prior, self.model.component_of
    angle = (prior.angles[of(target)] - prior.angles[of(source)] + np.pi) % (2 * np.pi) - np.pi  # the shorter way round
    result = self.decoded(prior.turned(z, strength * angle))
    if use_residual:
      result = np.where(result == self.decoded(z), own, result)
    return edit_of_voices(piece, editable, places, own, joined(own, result, self.converter.steps))


def joined(own, result, steps):
  """States `[T, K]` whose windows begin with notes that the content held into them: held again, where the result still has them."""
  result = result.copy()
  for voice in range(own.shape[1]):
    before, held = tracks.sounding(own[:, voice]), own[:, voice] == tracks.HOLD
    for start in range(steps, len(own), steps):
      sounds = tracks.sounding(result[:start, voice])[-1]
      if held[start] and result[start, voice] == before[start] == sounds:
        result[start, voice] = tracks.HOLD
  return result


def edit_of_voices(piece, editable, places, own, result):
  """Edit that makes the voices of a piece sound as `result`, and leaves its other notes.

  Args:
    piece: Piece.
    editable: bool `[T]`.
    places: list of int64 arrays, the notes of each voice.
    own, result: states int64 `[T', K]`; where they agree nothing changes.
  """
  keep, added = np.ones(len(piece.pitches), bool), []
  for voice, place in enumerate(places):
    if np.array_equal(own[:, voice], result[:, voice]):
      continue
    there = {(int(piece.pitches[i]), int(piece.start_steps[i])): i for i in place}
    keep[place] = ~editable[piece.start_steps[place]]
    for pitch, start, end in zip(*(column.tolist() for column in tracks.decode(result[:, voice]))):
      if start >= piece.total_steps or not editable[start] or not pianoroll.MIN_PITCH <= pitch <= pianoroll.MAX_PITCH:
        continue
      if (pitch, start) in there:
        keep[there[pitch, start]] = True
      else:
        added.append((pitch, start, min(end, piece.total_steps)))
  taken = set(zip(piece.pitches[keep].tolist(), piece.start_steps[keep].tolist()))
  notes = np.array(sorted({note for note in added if note[:2] not in taken}, key=lambda note: (note[1], note[0])), int).reshape(-1, 3)
  return compose.Edit(keep=keep, pitches=notes[:, 0], start_steps=notes[:, 1], end_steps=notes[:, 2])
