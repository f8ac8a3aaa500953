"""Style transfer with a latent model of tokens, such as Magenta's MusicVAE checkpoints: melodies, drums, trios, bars of several instruments.

Contents and styles are read window by window as the model's representation reads whole pieces; what it does not read stays as it is. New
latents are found by the loop on `token_objective` (method `guided`), or by the walks of `controls`. On a grid, only the tokens that differ between
what the decoder writes at the new latents and at the content's own are taken over, so that errors of reconstruction stay out.
"""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst import inference
from musicnst.style_transfer import controls
from musicnst.style_transfer import optimize
from musicnst.style_transfer.tokens import objective as token_objective

METHODS = ('guided', 'reconstruction', 'arithmetic', 'interpolation', 'moment-matching')
# Of strength 1: tokens that may come or go in a window, for each of its own.
FULL_BUDGET = 1.0
# Halvings of the way from the content's latents, to find where the budget is spent.
HALVINGS = 5
# Windows whose latents are optimized side by side, by rows of the decoder.
_ROWS = 2048


@dataclasses.dataclass(frozen=True, eq=False)
class TokenEngine:
  """A trained model of tokens, in the place of an `engine.Engine`.

  Args:
    name: bundle or path.
    trained: `inference.TrainedModel`.
    converter: reads whole pieces.
  """

  name: str
  trained: inference.TrainedModel
  converter: object
  classifiers: tuple = ()
  classes: tuple = ()
  statistics: object = None

  @property
  def on_grid(self):
    """Whether a step of a window is one of the grid, and not an event."""
    return self.converter.grid_steps == self.converter.steps

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
    return token_objective.TokenObjective(self.trained.model, depths, self.on_grid)


@dataclasses.dataclass
class Latents:
  """What a method found.

  Args:
    outputs: `[S, T, D]`, the new tokens of the content's windows.
    history: term -> list of floats.
    snapshots: iteration -> outputs.
  """

  outputs: np.ndarray
  history: dict = dataclasses.field(default_factory=dict)
  snapshots: dict = dataclasses.field(default_factory=dict)


def run(engine, method, windows, style, settings, progress=None):
  """New tokens for a content.

  Args:
    engine: TokenEngine.
    method: one of `METHODS`.
    windows: list of the content's Windows.
    style: list of the style's Windows.
    settings: request.Settings.
    progress: called with (iteration, total).

  Returns:
    Latents.

  Raises:
    ArgumentError: the method does not work with such a model.
  """
  objective = engine.objective if method == 'guided' else None  # refused before anything is worked on
  if method not in METHODS:
    raise errors.ArgumentError(f'method {method} works on piano rolls, and {engine.name} writes tokens. With it work: {", ".join(METHODS)}.')
  start = engine.trained.encode_windows(windows)[0]
  written = functools.partial(_written, engine, windows, settings.seed)
  own = written(start)
  if method != 'guided':
    target = engine.trained.encode_windows(style)[0] if method != 'reconstruction' else None
    moved = controls.walked(method, start, target, settings.strength)
    return Latents(written(moved) if method in ('reconstruction', 'interpolation') else _differing(engine, windows, own, written(moved)))
  size = max(1, _ROWS // engine.converter.steps)
  parts = [_optimized(objective, windows[i:i + size], start[i:i + size], style, settings, progress) for i in range(0, len(windows), size)]
  budget = FULL_BUDGET * settings.strength
  result = lambda pick: _within_budget(engine, windows, own, written, start, np.concatenate([pick(part) for part in parts]), budget)
  return Latents(
      outputs=result(lambda part: part.variable[0]),
      history={name: np.mean([part.history[name] for part in parts], 0).tolist() for name in parts[0].history},
      snapshots={i: result(lambda part, i=i: part.snapshots[i][0]) for i in parts[0].snapshots})


def outputs_of(windows):
  """The tokens of a list of Windows, `[S, T, D]`."""
  return np.stack([window.outputs for window in windows])


def controls_of(windows):
  """{'controls': float32 `[S, T, C]`} of a list of Windows, or {} where they have none."""
  return {} if windows[0].controls is None else {'controls': np.stack([window.controls for window in windows]).astype(np.float32)}


def _within_budget(engine, windows, own, written, start, moved, budget):
  """Tokens `[S, T, D]` as far from `start` to `moved` as each window's change stays within the budget (found by halving the way)."""
  content = outputs_of(windows)
  low, high, best = np.zeros(len(start)), np.ones(len(start)), content.copy()
  place = high
  for _ in range(HALVINGS + 1):
    outputs = _differing(engine, windows, own, written((start + place[:, None] * (moved - start)).astype(np.float32)))
    inside = token_change(content, outputs, engine.converter.categorical_depths) <= budget
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
  outputs = outputs_of(windows).astype(np.float32)
  steps = outputs.shape[1]
  lengths = np.array([window.length for window in windows], np.int32)
  segments = lengths.reshape(len(windows), -1)
  place = np.arange(steps // segments.shape[1])
  mask = (place < segments[..., None]).reshape(len(windows), steps).astype(np.float32)
  found = {'outputs': outputs, 'lengths': lengths, 'mask': mask, **controls_of(windows)}
  return {name: tf.constant(value) for name, value in found.items()}


def _written(engine, windows, seed, latents):
  """What the decoder writes at latents `[S, Z]`: the likeliest tokens `[S, T, D]`."""
  return engine.trained.decode_outputs(latents, seed=seed, **controls_of(windows))


def _differing(engine, windows, own, outputs):
  """The content's tokens, and new ones where the decoder writes others than at the content's own latents; event lists are taken whole."""
  if not engine.on_grid:
    return outputs
  content = outputs_of(windows)
  depths = engine.converter.categorical_depths or (1,) * content.shape[-1]
  edges = np.cumsum(depths)[:-1]
  parts = [np.where((new != old).any(-1, keepdims=True), new, kept) for new, old, kept in zip(
      *(np.split(x, edges, -1) for x in (outputs, own, content)))]
  return np.concatenate(parts, -1)
