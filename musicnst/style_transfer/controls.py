"""Methods to compare with: copy, silence, half of the notes, the style piece itself, reconstruction, and three simple walks in latent space.

Each is `run(request, ...)` -> Found without a loop. The walks transpose the style to the content's key first.
"""
import functools

import numpy as np
import tensorflow as tf

from musicnst import inference
from musicnst.data import transposition as transposition_lib
from musicnst.metrics import tonal
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer import spaces

# Strength 1 of latent arithmetic goes this many times the difference of the means.
ARITHMETIC_REACH = 2.5
LEAST_DEVIATION = 1e-3


def copy(request):
  """Everything stays."""
  return _found(request, lambda i: request.contents[i].roll)


def silence(request):
  """Nothing stays."""
  return _found(request, lambda i: np.zeros_like(request.contents[i].roll))


def half_notes(request):
  """Half of the notes stay, drawn by the seed."""
  edits = []
  for candidate in range(request.settings.candidates):
    generator = np.random.default_rng([request.settings.seed, candidate])
    edits.append([compose.keeping(_half(piece, generator) | ~editable[piece.start_steps])
                  for piece, editable in zip(request.contents, request.editable)])
  return request_lib.Found(edits)


def style_piece(request):
  """The style piece's notes in place of the content's, at the content's tempo, from the same bar on, repeated or cut to its length."""
  return request_lib.Found([[
      _replaced(piece, editable, _style_roll(styles, piece)) for piece, editable, styles in
      zip(request.contents, request.editable, request.styles)]])


def reconstruction(request):
  """The content through the latents and back: what the autoencoder alone changes."""
  return _walk(request, 'reconstruction')


def interpolation(request):
  """Window by window on the great circle from the content's latents to the style's; `strength` is how far."""
  return _walk(request, 'interpolation')


def arithmetic(request, use_residual=True):
  """Latents + strength x 2.5 x (mean of the style's latents - mean of the content's), so that every window moves alike.

  Args:
    request: Request.
    use_residual: decode the change alone (`residual.decode`); else the latents as they are.
  """
  return _walk(request, 'arithmetic', use_residual)


def moment_matching(request, use_residual=True):
  """Mean and deviation of each latent dimension over the piece moved to those of the style; `strength` of the way. Arguments as above."""
  return _walk(request, 'moment-matching', use_residual)


def walked(method, z, style, strength):
  """Latents `[S, Z]` and those of the style `[R, Z]` (not needed by 'reconstruction') -> where one of the four walks above leads, `[S, Z]`."""
  if method == 'reconstruction':
    return z
  if method == 'interpolation':
    return np.concatenate([inference.slerp(a, b, [strength]) for a, b in zip(z, spaces.repeated(style, len(z)))])
  if method == 'arithmetic':
    return z + ARITHMETIC_REACH * strength * (style.mean(0) - z.mean(0))
  whitened = (z - z.mean(0)) / np.maximum(z.std(0), LEAST_DEVIATION)
  return z + strength * (whitened * style.std(0) + style.mean(0) - z)


def _walk(request, method, use_residual=False):
  """Found of a walk."""
  style_of = lambda style: None if method == 'reconstruction' else style()
  return _decoded(request, lambda z, style: walked(method, z, style_of(style), request.settings.strength), use_residual)


# === Style and content in latents ===

def transposition(content_roll, style_roll):
  """Semitones, -5 to 6, that bring the style to the content's key: where the 24 key scores of both correlate most."""
  return key_shift(_chroma(content_roll), _chroma(style_roll))


def key_shift(content_chroma, style_chroma):
  """The same of how long each pitch class sounds, `[12]` each."""
  content = tonal.key_scores(content_chroma)
  scores = [float(content @ tonal.key_scores(np.roll(style_chroma, shift))) for shift in range(-5, 7)]
  # Of equal ones the smallest move.
  return max(range(-5, 7), key=lambda shift: (round(scores[shift + 5], 9), -abs(shift)))


def _chroma(roll):
  frames = np.asarray(roll).reshape(len(roll), 2, -1).any(1)
  return np.bincount((np.arange(frames.shape[1]) + 21) % 12, weights=frames.sum(0), minlength=12)


def _in_key_of(content_roll, roll):
  """A style's roll `[T, 2, 88]` brought to the content's key."""
  semitones = transposition(content_roll, roll)
  return np.asarray(transposition_lib.shift_keys(roll, semitones, abs(semitones)))


def _style_latents(engine, styles, content, rows):
  """`[rows, Z]` of the style's pieces one after the other, in the content's key, repeated or cut."""
  padded = [spaces.rolls_of([piece])[0] for piece in styles]
  joined = np.concatenate([_in_key_of(content.roll, roll) for roll in padded])
  steps = min(len(joined), rows * spaces.WINDOW_STEPS)
  return spaces.repeated(engine.encode_rolls(joined[None, :steps])[0], rows)


def _decoded(request, walk, use_residual=False):
  """Found of `walk(z [S, Z], style: () -> [S, Z]) -> [S, Z]`, content by content."""
  engine, edits = request.engine, []
  for i, content in enumerate(request.contents):
    rolls = spaces.rolls_of([content])
    latents = engine.encode_rolls(rolls)
    moved = walk(latents[0], functools.partial(_style_latents, engine, request.styles[i], content, latents.shape[1]))
    moved = np.asarray(moved, np.float32)[None]
    if use_residual:
      edits.append(_residual_edit(request, i, latents, moved))
    else:
      edits.append(request_lib.edit_within(request, i, engine.decode_rolls(moved)[0]))
  return request_lib.Found([edits], details={'latents': engine.name})


def _residual_edit(request, index, latents, moved):
  """Edit of the change between two latents `[1, S, Z]`, note by note."""
  content, engine = request.contents[index], request.engine
  batch = residual.batch_contents(
      [content], [np.ones((content.total_steps, 12), bool)], [request.editable[index]], multiple=spaces.WINDOW_STEPS,
      protect_melody=request.settings.protect_melody)
  tensors, start = batch.tensors(), tf.constant(latents)
  context = {'content': tensors, 'z': start, 'probability': engine.probability(start, tensors)}
  return compose.edit_of_notes(content, {name: value.numpy() for name, value in engine.decode(tf.constant(moved), context).items()})


# === Edits ===

def _found(request, roll):
  return request_lib.Found([[request_lib.edit_within(request, i, roll(i)) for i in range(len(request.contents))]])


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
