"""Residual decoding: the content's own notes, minus those the latents have left, plus those they have come to.

A note is the unit. Each content note stays or goes as a whole, by what the decoder now says at its onset; a new note is an onset cell
that the decoder newly wants, held as long as it wants its sustain. What the autoencoder cannot reconstruct stays out of the result,
because only the *change* of the decoded probability, p(z) - p(z_content), counts. How long notes last can be moved besides, cell by cell, by
`lengthen`: the decoder says which notes are likely, and hardly ever how long a new one should be held.

Decisions are hard (0 or 1) with the gradient of a sigmoid (straight-through), so that the objective measures exactly the notes that will be
written.
"""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst.style_transfer import spaces
from musicnst.style_transfer.guided import settings as settings_lib
from musicnst.style_transfer.pieces import piece as piece_lib

PITCHES = 88
DEFAULTS = settings_lib.GuidedSettings()


@dataclasses.dataclass(frozen=True)
class ContentBatch:
  """Contents side by side, padded with silence to one length: numpy arrays, made by `batch_contents`.

  Args:
    roll: float32 `[B, T, 2, 88]`.
    owner: int32 `[B, T * 88]`, flat index of the onset cell that owns a sounding cell; its own index where silent.
    positions: float32 `[B, T, 16]`, one-hot.
    valid: float32 `[B, T]`.
    protected: float32 `[B, T, 88]`, 1 at onsets that must stay.
    allowed: float32 `[B, T, 88]`, 1 where new notes may start or sound.
    editable: float32 `[B, T]`, 0 at steps that must stay as they are.
    skyline: float32 `[B, T, 88]`, 1 at the top onset of each step.
    last: float32 `[B, T, 88]`, 1 at the last cell of each note.
    outside_key: float32 `[B, T, 88]`, 1 where a pitch is foreign to the content's key there.
  """

  roll: np.ndarray
  owner: np.ndarray
  positions: np.ndarray
  valid: np.ndarray
  protected: np.ndarray
  allowed: np.ndarray
  editable: np.ndarray
  skyline: np.ndarray
  last: np.ndarray
  outside_key: np.ndarray

  @property
  def windows(self):
    """float32 `[B * S, 32, 176]`, what the encoder reads."""
    batch, steps = self.roll.shape[:2]
    return self.roll.reshape(batch * steps // 32, 32, 2 * PITCHES)

  def tensors(self):
    """dict of name -> tf tensor."""
    return {field.name: tf.constant(getattr(self, field.name)) for field in dataclasses.fields(self)}


def batch_contents(pieces, keys, editable=None, multiple=128, protect_melody=True):
  """Pieces -> ContentBatch.

  Args:
    pieces: list of Piece.
    keys: list of bool `[T, 12]`, the pitch classes of the content's key at each step (see `harmony.scales`).
    editable: list of bool `[T]`, or None for everything.
    multiple: T is padded up to a multiple of this.
    protect_melody: keep every note that is the highest sounding one at its onset, and put nothing above it while it sounds.
  """
  steps = -(-max(p.total_steps for p in pieces) // multiple) * multiple
  rows = [_content_row(p, keys[i], None if editable is None else editable[i], steps, protect_melody) for i, p in enumerate(pieces)]
  return ContentBatch(**{name: np.stack([row[name] for row in rows]) for name in rows[0]})


def _content_row(piece, scale, editable, steps, protect_melody):
  total = piece.total_steps
  pad = lambda x: np.pad(np.asarray(x, np.float32), [(0, steps - total)] + [(0, 0)] * (np.ndim(x) - 1))
  cells = np.arange(steps * PITCHES, dtype=np.int32).reshape(steps, PITCHES)
  owner = np.pad(piece.owner, ((0, steps - total), (0, 0)), constant_values=-1)
  owner = np.where(owner >= 0, owner * PITCHES + np.arange(PITCHES, dtype=np.int32), cells)
  frames = piece.frames
  editable = np.ones(total, bool) if editable is None else editable
  melody = piece_lib.melody_cells(piece.roll)
  low, high = piece.pitches.min() - 21, piece.pitches.max() - 21
  keys = np.arange(PITCHES)
  allowed = np.tile((keys >= min(low, 15) - 5) & (keys <= high + 2), (total, 1))
  if protect_melody:
    allowed &= ~_above_melody(frames)
  allowed &= editable[:, None]
  allowed &= ~(frames & (piece.owner < 0))  # notes that began before this stretch sound on
  protected = piece.roll[:, 0] * ~editable[:, None]
  if protect_melody:
    protected = np.maximum(protected, melody)
  return {
      'roll': pad(piece.roll), 'owner': owner.reshape(-1).astype(np.int32), 'valid': pad(np.ones(total)),
      'positions': pad(np.eye(piece_lib.POSITIONS)[piece.positions]), 'protected': pad(protected), 'allowed': pad(allowed),
      'editable': pad(editable), 'skyline': pad(piece_lib.skyline_cells(piece.roll)), 'last': pad(_last_cells(piece)),
      'outside_key': pad(~scale[:, (keys + 21) % 12])}


def _last_cells(piece):
  """bool `[T, 88]`: cells after which their note sounds no more."""
  after = np.pad(piece.owner[1:], ((0, 1), (0, 0)), constant_values=-2)
  return piece.frames & (piece.owner >= 0) & (after != piece.owner)


def _above_melody(frames):
  """bool `[T, 88]`: cells above the highest sounding note of their step."""
  keys = np.arange(PITCHES)
  top = np.where(frames.any(1), (frames * (keys + 1)).max(1) - 1, PITCHES)
  return keys[None] > top[:, None]


def decision(u, settings=DEFAULTS):
  """1 where u > 0 else 0, with the gradient of sigmoid(6 u)."""
  soft = tf.sigmoid(settings.decision_slope * u)
  return soft + tf.stop_gradient(tf.cast(u > 0, soft.dtype) - soft)


def probability(logits, threshold_logit, settings=DEFAULTS):
  """Decoder logits -> probabilities centred on the decoder's threshold.

  Their gradient is that of a flatter sigmoid: a good decoder is so sure of most cells that the steep one would pass nothing.
  """
  centred = logits - threshold_logit
  soft = tf.sigmoid(settings.gradient_slope * centred)
  return soft + tf.stop_gradient(tf.sigmoid(settings.probability_slope * centred) - soft)


def decode(delta, content, lengthen=None, settings=DEFAULTS):
  """Change of probability -> decided notes.

  Args:
    delta: `[B, T, 2, 88]`, p(z) - p(z_content).
    content: dict of tensors of a ContentBatch.
    lengthen: `[B, T, 88]`, added to what the decoder says of holding a note at a cell; kept notes can then be held longer too. None: kept
      notes keep their lengths.
    settings: GuidedSettings: the slopes.

  Returns:
    dict of `[B, T, 88]` tensors, hard values with gradients: `gates` (at content onsets: stays), `kept_frames`, `added_onsets`,
    `added_frames` (of new notes, and of kept notes beyond their end), and their sums `onsets` and `frames`.
  """
  decide = functools.partial(decision, settings=settings)
  onset, hold = content['roll'][:, :, 0], content['roll'][:, :, 1]
  gates = onset * tf.maximum(decide(.5 + delta[:, :, 0]), content['protected'])
  kept_frames = tf.reshape(tf.gather(_flat(gates), content['owner'], batch_dims=1), tf.shape(onset)) * tf.maximum(onset, hold)
  room = content['allowed'] * (1.0 - kept_frames)
  added_onsets = decide(delta[:, :, 0] - .5) * room * (1.0 - onset)
  wanted = hold + delta[:, :, 1] - .5
  if lengthen is None:
    ends = tf.zeros_like(kept_frames)
  else:
    wanted += lengthen
    ends = kept_frames * content['last']
  held = decide(wanted) * room * (1.0 - added_onsets)
  added_frames = held_from(added_onsets + ends, held, settings.hold_doublings) - ends
  return {
      'gates': gates, 'kept_frames': kept_frames, 'added_onsets': added_onsets, 'added_frames': added_frames,
      'onsets': gates + added_onsets, 'frames': kept_frames + added_frames}


def _flat(x):
  return tf.reshape(x, (tf.shape(x)[0], -1))


def held_from(onsets, held, doublings=DEFAULTS.hold_doublings):
  """Cells that sound: an onset, or held on from an onset without a gap (prefix scan by doubling, at most 2 ** doublings steps)."""
  sounding = onsets
  for i in range(doublings):
    shift = 2 ** i
    later = [[0, 0], [shift, 0], [0, 0]]
    sounding = sounding + held * tf.pad(sounding[:, :-shift], later)
    held = held * tf.pad(held[:, :-shift], later)
  return sounding


class ResidualDecoder:
  """Latents -> notes of a content.

  What is decoded is the variable of the loop, `[B, S, Z + 32 * 88]`: for each window its latent, and for each of its cells how much notes
  should be held there (`lengthen` of `decode`); or `[B, S, Z]`, the latents alone.

  Args:
    latents: roll_latents.RollLatents.
    settings: GuidedSettings.
  """

  def __init__(self, latents, settings=DEFAULTS):
    self.latents, self.settings = latents, settings

  def probability(self, z, content):
    """z `[B, S, Z]` -> centred probabilities `[B, T, 2, 88]`; an autoregressive decoder is teacher-forced on the content."""
    shape = tf.shape(content['roll'])
    windows = tf.reshape(content['roll'], (-1, spaces.WINDOW_STEPS, 2 * PITCHES))
    logits = self.latents.model.decode_logits(tf.reshape(z, (-1, z.shape[-1])), {'inputs': windows, 'outputs': windows})
    return tf.reshape(probability(logits, self.latents.threshold_logit, self.settings), shape)

  def unpack(self, variable):
    """What is optimized `[B, S, Z + 32 * 88]` -> z `[B, S, Z]`, lengthen `[B, T, 88]`; of z alone, lengthen is None."""
    size = self.latents.model.z_size
    if variable.shape[-1] == size:
      return variable, None
    shape = tf.shape(variable)
    cells = tf.reshape(variable[..., size:], (shape[0], shape[1] * spaces.WINDOW_STEPS, PITCHES))
    return variable[..., :size], self.settings.lengthen_scale * cells

  def notes(self, variable, context):
    """Variable -> decided notes with gradients (see `decode`)."""
    z, lengthen = self.unpack(variable)
    return decode(self.probability(z, context['content']) - context['probability'], context['content'], lengthen, self.settings)

  @functools.cached_property
  def compiled_probability(self):
    """`probability` as a tf.function."""
    return tf.function(self.probability, reduce_retracing=True)

  def written(self, variable, context):
    """Variable -> decided notes as they are written, compiled.

    What an autoregressive decoder writes freely at z and at the content's own latents takes the place of probabilities.
    """
    variable = tf.convert_to_tensor(variable)
    if not self.latents.autoregressive:
      return self._notes(variable, context)
    z, lengthen = self.unpack(variable)
    change = self.latents.decode_rolls(np.asarray(z)) - self.latents.decode_rolls(np.asarray(context['z']))
    return self._decided(tf.constant(change), context['content'], lengthen)

  @functools.cached_property
  def _notes(self):
    return tf.function(self.notes, reduce_retracing=True)

  @functools.cached_property
  def _decided(self):
    return tf.function(functools.partial(decode, settings=self.settings), reduce_retracing=True)
