"""Transfer with a latent model of tokens, such as Magenta's MusicVAE checkpoints: melodies, drums, trios, bars of several instruments.

Contents and styles are read window by window as the model's representation reads whole pieces; what it does not read stays as it is. New
latents are found by the loop on `objective` (method `guided`), or by the walks of `controls`. On a grid, only the tokens that differ between
what the decoder writes at the new latents and at the content's own are taken over, so that errors of reconstruction stay out.
"""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst import inference
from musicnst.models import base
from musicnst.representations import base as representations
from musicnst.representations import converter_map
from musicnst.style_transfer import controls
from musicnst.style_transfer import method
from musicnst.style_transfer import optimize
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.pieces import passages
from musicnst.style_transfer.tokens import objective as objective_lib
from musicnst.style_transfer.tokens import piece as piece_lib

# Of strength 1: tokens that may come or go in a window, for each of its own.
FULL_BUDGET = 1.0
# Halvings of the way from the content's latents, to find where the budget is spent.
HALVINGS = 5
# Windows whose latents are optimized side by side, by rows of the decoder.
_ROWS = 2048


@dataclasses.dataclass(frozen=True, eq=False)
class TokenMethod(method.Method):
  """What the methods with a model of tokens share.

  Args:
    name: bundle or path.
    trained: `inference.TrainedModel`.
    converter: reads whole pieces.
    walk: of `controls.moved`; '' for the loop.
  """

  name: str
  trained: inference.TrainedModel
  converter: representations.Converter
  walk: str = ''

  wants = 'a latent model of tokens'
  unused = (*method.ROLES_ONLY, 'tracks', 'drums', 'candidates')

  @classmethod
  def takes(cls, loaded):
    return isinstance(loaded.model, base.LatentModel) and not loaded.converter.is_roll

  @classmethod
  def load(cls, loaded, name=''):
    trained = inference.TrainedModel(loaded.model, loaded.config, loaded.info)
    return cls(loaded.name, trained, converter_map.for_pieces(trained.converter), name)

  def prepare(self, sequence, settings, name='the piece'):
    """A `piece.TokenPiece`."""
    return piece_lib.read(self.converter, sequence, settings.beats, name, meter_text=settings.meter)

  def stretches(self, piece, settings):
    """[(TokenPiece, bool `[S, T]`)]: the whole, and which tokens lie within the bars."""
    editable = piece.sounding()
    if settings.bars is not None:
      edges = np.append(piece.bar_beats(), np.inf)
      chosen = np.flatnonzero(passages.mask(settings.bars, piece))
      editable &= np.any([piece.within(edges[bar], edges[bar + 1]) for bar in chosen], axis=0)
    return [(piece, editable)]

  def run(self, request):
    (content,), (editable,), (styles,), settings = request.contents, request.editable, request.styles, request.settings
    style = [window for piece in styles for window in self._in_key_of(content, piece, settings).windows]
    within = lambda outputs: outputs if editable.all() else np.where(editable[..., None], outputs, content.outputs)
    outputs, history, snapshots = self.outputs(content, style, settings, request.progress)
    return request_lib.MethodResult(
        [[within(outputs)]], history, {i: [within(found)] for i, found in snapshots.items()}, {'model': self.trained.config.name})

  def outputs(self, content, style, settings, progress=None):
    """(new tokens `[S, T, D]`, term -> list of floats, iteration -> tokens) of a TokenPiece and the style's Windows."""
    raise NotImplementedError

  def _in_key_of(self, content, piece, settings):
    """The style's piece read again in the content's key."""
    return piece_lib.read(self.converter, piece.sequence, settings.beats, piece.name, transposition(content.sequence, piece.sequence),
                          settings.meter)

  def written(self, content, seed, latents):
    """What the decoder writes at latents `[S, Z]`: the likeliest tokens `[S, T, D]`."""
    return self.trained.decode_outputs(latents, seed=seed, **content.controls)

  def differing(self, content, own, outputs):
    """The content's tokens, and new ones where the decoder writes others than at the content's own latents; event lists are taken whole."""
    if not content.on_grid:
      return outputs
    edges = np.cumsum(self.converter.categorical_depths or (1,) * outputs.shape[-1])[:-1]
    parts = [np.where((new != old).any(-1, keepdims=True), new, kept) for new, old, kept in zip(
        *(np.split(x, edges, -1) for x in (outputs, own, content.outputs)))]
    return np.concatenate(parts, -1)


class TokenWalk(TokenMethod):
  """One of the walks of `controls.moved`."""

  def outputs(self, content, style, settings, progress=None):
    del progress
    start = self.trained.encode_windows(content.windows)[0]
    target = None if self.walk == 'reconstruction' else self.trained.encode_windows(style)[0]
    written = functools.partial(self.written, content, settings.seed)
    found = written(controls.moved(self.walk, start, target, settings.strength))
    if self.walk in ('arithmetic', 'moment-matching'):
      found = self.differing(content, written(start), found)
    return found, {}, {}


class TokenGuided(TokenMethod):
  """The loop on `objective.TokenObjective`, within a budget of tokens."""

  @functools.cached_property
  def objective(self):
    """TokenObjective.

    Raises:
      ArgumentError: the model's outputs are no softmax.
    """
    depths = self.converter.categorical_depths
    if not depths:
      raise errors.ArgumentError(
          f'{self.name}: method guided needs a model of one-hot tokens, and config {self.trained.config.name} writes something else; '
          'use --method=arithmetic or --method=interpolation.')
    return objective_lib.TokenObjective(self.trained.model, depths, self.converter.grid_steps == self.converter.steps)

  def outputs(self, content, style, settings, progress=None):
    objective = self.objective  # refused before anything is worked on
    start, size = self.trained.encode_windows(content.windows)[0], max(1, _ROWS // self.converter.steps)
    parts = [_optimized(objective, content.windows[i:i + size], start[i:i + size], style, settings, progress)
             for i in range(0, len(content.windows), size)]
    result = lambda pick: self._within_budget(content, start, np.concatenate([pick(part) for part in parts]), settings)
    history = {name: np.mean([part.history[name] for part in parts], 0).tolist() for name in parts[0].history}
    snapshots = {i: result(lambda part, i=i: part.snapshots[i][0]) for i in parts[0].snapshots}
    return result(lambda part: part.variable[0]), history, snapshots

  def _within_budget(self, content, start, moved, settings):
    """Tokens `[S, T, D]` as far from `start` to `moved` as each window's change stays within the budget (found by halving the way)."""
    written = functools.partial(self.written, content, settings.seed)
    own, budget, best = written(start), FULL_BUDGET * settings.strength, content.outputs
    low, high = np.zeros(len(start)), np.ones(len(start))
    place = high
    for _ in range(HALVINGS + 1):
      outputs = self.differing(content, own, written((start + place[:, None] * (moved - start)).astype(np.float32)))
      inside = token_change(content.outputs, outputs, self.converter.categorical_depths) <= budget
      best[inside] = outputs[inside]
      low, high = np.where(inside, place, low), np.where(inside, high, place)
      place = np.where(low == 1, 1.0, (low + high) / 2)
    return best


def token_change(content, outputs, depths):
  """Tokens other than the first of their block (nothing happens) that came or went, for each that the content has: `[S]`.

  Args:
    content, outputs: 0/1 `[S, T, D]`.
    depths: of the blocks of D.
  """
  came = went = had = 0.0
  for old, new in zip(*(np.split(x, np.cumsum(depths)[:-1], -1) for x in (content, outputs))):
    differs = (old != new).any(-1)
    had, went = had + old[..., 1:].any(-1).sum(1), went + (differs & old[..., 1:].any(-1)).sum(1)
    came = came + (differs & new[..., 1:].any(-1)).sum(1)
  return (came + went) / np.maximum(had, 1)


def _optimized(objective, windows, start, style, settings, progress):
  """optimize.Outcome of some windows."""
  context = _tensors(windows)
  style_tensors = _tensors(style)
  context.update(
      z=tf.constant(start), style=objective.statistics(tf.split(style_tensors['outputs'], objective.depths, -1), style_tensors['mask']),
      style_weight=tf.constant(settings.style_weight, tf.float32), content_weight=tf.constant(settings.content_weight, tf.float32))
  return optimize.run(
      objective, start[None], context, settings.num_steps, settings.learning_rate, settings.snapshots, progress, settle=True)


def _tensors(windows):
  """Windows -> dict of tensors: `outputs`, `mask`, and `controls`, `lengths` where they have them."""
  outputs = piece_lib.outputs_of(windows).astype(np.float32)
  steps = outputs.shape[1]
  lengths = np.array([window.length for window in windows], np.int32)
  segments = lengths.reshape(len(windows), -1)
  place = np.arange(steps // segments.shape[1])
  mask = (place < segments[..., None]).reshape(len(windows), steps).astype(np.float32)
  found = {'outputs': outputs, 'lengths': lengths, 'mask': mask, **piece_lib.controls_of(windows)}
  return {name: tf.constant(value) for name, value in found.items()}


def transposition(content, style):
  """Semitones, -5 to 6, that bring the style to the content's key (as `controls.transposition`, of NoteSequences); 0 without pitches."""
  chroma = lambda sequence: np.bincount(
      [n.pitch % 12 for n in sequence.notes if not n.is_drum], [n.end_time - n.start_time for n in sequence.notes if not n.is_drum], 12)
  first, second = chroma(content), chroma(style)
  return controls.key_shift(first, second) if first.any() and second.any() else 0
