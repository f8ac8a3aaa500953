"""Methods to compare with: copy, silence, half of the notes, the style piece itself, reconstruction, and three simple walks in latent space.

None has a loop. The walks transpose the style to the content's key first.
"""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst import inference
from musicnst.data import transposition as transposition_lib
from musicnst.analysis import key as key_lib
from musicnst.style_transfer import method
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer import roll_latents
from musicnst.style_transfer import spaces
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer.pieces import compose

# Strength 1 of latent arithmetic goes this many times the difference of the means.
ARITHMETIC_REACH = 2.5
LEAST_DEVIATION = 1e-3


class Control(method.Method):
  """A control that needs no model."""

  uses_model = False

  @classmethod
  def load(cls, loaded):
    del loaded
    return cls()


class Copy(Control):
  """Everything stays."""

  def run(self, request):
    return _found(request, lambda i: request.contents[i].roll)


class Silence(Control):
  """Nothing stays."""

  def run(self, request):
    return _found(request, lambda i: np.zeros_like(request.contents[i].roll))


class HalfNotes(Control):
  """Half of the notes stay, drawn by the seed."""

  def run(self, request):
    edits = []
    for candidate in range(request.settings.candidates):
      generator = np.random.default_rng([request.settings.seed, candidate])
      edits.append([compose.keeping(_half(piece, generator) | ~editable[piece.start_steps])
                    for piece, editable in zip(request.contents, request.editable)])
    return request_lib.MethodResult(edits)


class StylePiece(Control):
  """The style piece's notes in place of the content's, at the content's tempo, from the same bar on, repeated or cut to its length."""

  def run(self, request):
    return request_lib.MethodResult([[
        _replaced(piece, editable, _style_roll(styles, piece)) for piece, editable, styles in
        zip(request.contents, request.editable, request.styles)]])


@dataclasses.dataclass(frozen=True, eq=False)
class LatentWalk(method.Method):
  """One of the four walks of `moved`, content by content.

  Args:
    latents: roll_latents.RollLatents.
    name: of the walk.
    use_residual: decode the change alone (`residual.decode`), else the latents as they are; of arithmetic and moment-matching.
  """

  latents: roll_latents.RollLatents
  name: str
  use_residual: bool = True

  default_model = roll_latents.DEFAULT_MODEL
  wants = roll_latents.WANTS

  @classmethod
  def takes(cls, loaded):
    return roll_latents.takes(loaded)

  @classmethod
  def load(cls, loaded, name):
    return cls(roll_latents.of(loaded), name)

  @functools.cached_property
  def decoder(self):
    """residual.ResidualDecoder."""
    return residual.ResidualDecoder(self.latents)

  def run(self, request):
    edits = [self._edit(request, i, content) for i, content in enumerate(request.contents)]
    return request_lib.MethodResult([edits], details={'latents': self.latents.name})

  def _edit(self, request, index, content):
    latents = self.latents.encode_rolls(spaces.rolls_of([content]))
    style = None
    if self.name != 'reconstruction':
      style = _style_latents(self.latents, request.styles[index], content, latents.shape[1])
    found = np.asarray(moved(self.name, latents[0], style, request.settings.strength), np.float32)[None]
    if self.use_residual and self.name in ('arithmetic', 'moment-matching'):
      return residual_edit(self.decoder, content, request.editable[index], request.settings.protect_melody, latents, found)
    return compose.edit_from_roll(content, self.latents.decode_rolls(found)[0], request.editable[index])


def moved(name, z, style, strength):
  """Where a walk leads.

  - reconstruction: where it started, so that only the autoencoder changes something.
  - interpolation: window by window on the great circle from the content's latents to the style's; `strength` is how far.
  - arithmetic: z + strength x 2.5 x (mean of the style's latents - mean of the content's), so that every window moves alike.
  - moment-matching: mean and deviation of each dimension over the piece moved to those of the style; `strength` of the way.

  Args:
    name: of the walk.
    z: latents of the content `[S, Z]`.
    style: latents of the style `[R, Z]`; not used by reconstruction.
    strength: 0 to 1.

  Returns:
    `[S, Z]`.

  Raises:
    UnknownNameError: no such walk.
  """
  if name == 'reconstruction':
    return z
  if name == 'interpolation':
    return np.concatenate([inference.slerp(a, b, [strength]) for a, b in zip(z, spaces.repeated(style, len(z)))])
  if name == 'arithmetic':
    return z + ARITHMETIC_REACH * strength * (style.mean(0) - z.mean(0))
  if name != 'moment-matching':
    raise errors.UnknownNameError(f'unknown walk {name!r}. Known: arithmetic, interpolation, moment-matching, reconstruction')
  whitened = (z - z.mean(0)) / np.maximum(z.std(0), LEAST_DEVIATION)
  return z + strength * (whitened * style.std(0) + style.mean(0) - z)


def residual_edit(decoder, content, editable, protect_melody, latents, found):
  """Edit of the change between two latents, note by note.

  Args:
    decoder: residual.ResidualDecoder.
    content: Piece.
    editable: bool `[T]`.
    protect_melody: see `residual.batch_contents`.
    latents, found: the content's own latents and those to go to, float32 `[1, S, Z]`.
  """
  batch = residual.batch_contents(
      [content], [np.ones((content.total_steps, 12), bool)], [editable], multiple=spaces.WINDOW_STEPS, protect_melody=protect_melody)
  tensors, start = batch.tensors(), tf.constant(latents)
  context = {'content': tensors, 'z': start, 'probability': decoder.compiled_probability(start, tensors)}
  return compose.edit_of_notes(content, {name: value.numpy() for name, value in decoder.written(tf.constant(found), context).items()})


# === Style and content in latents ===

def transposition(content_roll, style_roll):
  """Semitones, -5 to 6, that bring the style to the content's key: where the 24 key scores of both correlate most."""
  return key_shift(_chroma(content_roll), _chroma(style_roll))


def key_shift(content_chroma, style_chroma):
  """The same of how long each pitch class sounds, `[12]` each."""
  content = key_lib.key_scores(content_chroma)
  scores = [float(content @ key_lib.key_scores(np.roll(style_chroma, shift))) for shift in range(-5, 7)]
  # Of equal ones the smallest move.
  return max(range(-5, 7), key=lambda shift: (round(scores[shift + 5], 9), -abs(shift)))


def _chroma(roll):
  frames = np.asarray(roll).reshape(len(roll), 2, -1).any(1)
  return np.bincount((np.arange(frames.shape[1]) + 21) % 12, weights=frames.sum(0), minlength=12)


def _in_key_of(content_roll, roll):
  """A style's roll `[T, 2, 88]` brought to the content's key."""
  semitones = transposition(content_roll, roll)
  return np.asarray(transposition_lib.shift_keys(roll, semitones, abs(semitones)))


def _style_latents(latents, styles, content, rows):
  """`[rows, Z]` of the style's pieces one after the other, in the content's key, repeated or cut."""
  padded = [spaces.rolls_of([piece])[0] for piece in styles]
  joined = np.concatenate([_in_key_of(content.roll, roll) for roll in padded])
  steps = min(len(joined), rows * spaces.WINDOW_STEPS)
  return spaces.repeated(latents.encode_rolls(joined[None, :steps])[0], rows)


# === Edits ===

def _found(request, roll):
  return request_lib.MethodResult([[
      compose.edit_from_roll(piece, roll(i), request.editable[i]) for i, piece in enumerate(request.contents)]])


def _half(piece, generator):
  """bool `[N]`, True for half of the notes (the larger half of an odd number)."""
  count = len(piece.note_index)
  keep = np.zeros(count, bool)
  keep[generator.permutation(count)[:-(-count // 2)]] = True
  return keep


def _style_roll(styles, piece):
  """The first style piece's roll, repeated or cut to the content's stretch."""
  return spaces.repeated(styles[0].roll, piece.first_step + piece.total_steps)[piece.first_step:]


def _replaced(piece, editable, roll):
  """Edit that takes all notes away where the piece may change, and writes the roll's there."""
  free = editable[:, None] & ~(piece.frames & (piece.owner < 0))
  keys = piece.pitches - 21
  gates = np.zeros(piece.frames.shape, bool)
  gates[piece.start_steps, keys] = ~editable[piece.start_steps]
  return compose.edit_of(piece, gates, (roll[:, 0] > 0) & free, roll.any(1) & free)
