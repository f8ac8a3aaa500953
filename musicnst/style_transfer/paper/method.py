"""The paper's four experiments: {VGG-19, composer classifier} x {roll, latents}, each a network and a space for one loop."""
import dataclasses
import math

import numpy as np
import tensorflow as tf

from musicnst.style_transfer import method
from musicnst.style_transfer import optimize
from musicnst.style_transfer.paper import feature_networks
from musicnst.style_transfer.paper import objective as objective_lib
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer import roll_latents
from musicnst.style_transfer import spaces

# Stretches of the style, evenly chosen, whose features are averaged.
MAX_STYLE_STRETCHES = 8


class _PaperMethod(method.Method):
  """The way of Volker and Paskova, section 6, in one space.

  The variable starts at the content and is optimized by `objective`; `strength` is how far along the way from the content to the
  optimum the result lies. A roll is decided at .5; latents are decoded as they are, without the residual of method `guided`, by an
  autoregressive decoder freely.

  Deviations: the published code moved the roll with L-BFGS; here the loop is Adam, as for every method. Its rolls held loudness, at most
  100, and every cell from 5 up was written as a note of that velocity; here a cell is a note from .5.
  """

  def task(self, request):
    """The request with its network and space: Task.

    Raises:
      ModelNotFoundError: the network's weights are missing.
    """
    raise NotImplementedError

  def run(self, request):
    task, settings = self.task(request), request.settings
    rows = [(i, candidate) for i in range(len(request.contents)) for candidate in range(settings.candidates)]
    groups = [rows[i:i + task.network.group] for i in range(0, len(rows), task.network.group)]
    edits, snapshots, histories = {}, {}, []
    for number, group in enumerate(groups):
      prepared = task.prepare(group)
      outcome = task.optimize(prepared, _progress(request, number, len(groups)))
      edits.update(zip(group, task.edits(prepared, outcome.variable)))
      for iteration, variable in outcome.snapshots.items():
        snapshots.setdefault(iteration, {}).update(zip(group, task.edits(prepared, variable)))
      histories.append((len(group), outcome.history))
    count = range(len(request.contents))
    return request_lib.MethodResult(
        edits=[[edits[i, candidate] for i in count] for candidate in range(settings.candidates)], history=_mean_history(histories),
        snapshots={iteration: [found[i, 0] for i in count] for iteration, found in snapshots.items()},
        details={'network': task.network.name, 'variable': task.space.description})


@dataclasses.dataclass(frozen=True, eq=False)
class PaperRoll(_PaperMethod):
  """Experiments 1 and 2: the roll itself is optimized.

  Args:
    network: 'vgg' or 'classifier'.
  """

  network: str

  uses_model = False

  @classmethod
  def load(cls, loaded, network):
    del loaded
    return cls(network)

  def task(self, request):
    network = _vgg(request) if self.network == 'vgg' else feature_networks.composer_of_rolls()
    return Task(request, network, spaces.RollSpace())


@dataclasses.dataclass(frozen=True, eq=False)
class PaperLatents(_PaperMethod):
  """Experiments 3 and 4: rows of latents are optimized.

  Args:
    latents: roll_latents.RollLatents.
    network: 'vgg' or 'classifier'.
  """

  latents: roll_latents.RollLatents
  network: str

  default_model = roll_latents.DEFAULT_MODEL
  wants = roll_latents.WANTS

  @classmethod
  def takes(cls, loaded):
    return roll_latents.takes(loaded)

  @classmethod
  def load(cls, loaded, network):
    return cls(roll_latents.of(loaded), network)

  def task(self, request):
    network = _vgg(request) if self.network == 'vgg' else feature_networks.composer_of_latents(self.latents)
    return Task(request, network, spaces.LatentSpace(self.latents))


def _vgg(request):
  imagenet = request.settings.imagenet
  return feature_networks.vgg(imagenet, 0 if imagenet else request.settings.seed)


@dataclasses.dataclass(frozen=True)
class Prepared:
  """A group of contents, ready for the loop.

  Args:
    group: list of (index of the content in the request, candidate).
    own: the contents' own variables, numpy `[R, ...]`.
    start: where the loop begins: `own`, with noise for further candidates.
    context: what `PaperObjective.terms` reads beside the variable.
  """

  group: list
  own: np.ndarray
  start: np.ndarray
  context: dict


@dataclasses.dataclass
class Task:
  """One request with its network and space."""

  request: request_lib.Request
  network: object
  space: object

  def __post_init__(self):
    self.objective, self.style_products = objective_lib.of(self.network, self.space.name), {}

  def prepare(self, group):
    """[(content, candidate)] -> Prepared."""
    settings, contents = self.request.settings, [self.request.contents[i] for i, _ in group]
    steps, steps_per_column, section = self._plan(contents)
    own = self.space.encode(spaces.rolls_of(contents, steps))
    filled = np.array([math.ceil(piece.total_steps / self.space.row_steps) for piece in contents])
    lengths = np.clip(filled[:, None] - section * np.arange(own.shape[1] // section), 0, section)  # [R, N]
    products = [self._products(self.request.styles[i], section, steps_per_column) for i, _ in group]
    context = {
        **_reading(lengths.reshape(-1), steps_per_column), 'section_weights': tf.constant(lengths, tf.float32),
        'style': {name: tf.constant(np.repeat(np.stack([p[name] for p in products]), lengths.shape[1], 0)) for name in products[0]},
        'style_weight': tf.constant(settings.style_weight, tf.float32), 'content_weight': tf.constant(settings.content_weight, tf.float32)}
    variable = tf.constant(own)
    context.update(content=self.objective.anchors(variable, context), variation=self.objective.variation(variable, context))
    return Prepared(group, own, (own + _candidate_noise(group, own.shape, self)).astype(np.float32), context)

  def optimize(self, prepared, progress=None):
    """Runs the loop: optimize.Outcome."""
    settings = self.request.settings
    return optimize.run(
        self.objective, prepared.start, prepared.context, settings.num_steps, settings.learning_rate, settings.snapshots, progress)

  def edits(self, prepared, variable):
    """For each row of `prepared` its Edit: `strength` of the way from the content's variable to the one found."""
    rolls = self.space.decode(prepared.own + self.request.settings.strength * (variable - prepared.own))
    request = self.request
    return [compose.edit_from_roll(request.contents[i], roll, request.editable[i]) for (i, _), roll in zip(prepared.group, rolls)]

  def _plan(self, pieces):
    """(steps to pad to, steps a column, rows of the variable in a section)."""
    row, longest = self.space.row_steps, max(piece.total_steps for piece in pieces)
    if self.network.section is not None:
      unit = row * self.network.section
      return -(-longest // unit) * unit, 1, self.network.section
    steps_per_column = -(-longest // (feature_networks.MAX_COLUMNS * row)) if row == 1 else 1
    unit = row * steps_per_column
    steps = -(-longest // unit) * unit
    return steps, steps_per_column, steps // row

  def _products(self, styles, section, steps_per_column):
    """layer -> numpy, the style's Gram matrices or dot products, mean over its stretches of `section` rows."""
    key = id(styles), section, steps_per_column
    if key not in self.style_products:
      variable = self.space.encode(_style_rolls(styles, section * self.space.row_steps))
      context = _reading(np.full(len(variable), section), steps_per_column)
      found = self.objective.products(tf.constant(variable), context)
      self.style_products[key] = {name: value.numpy().mean(0) for name, value in found.items()}
    return self.style_products[key]


def _reading(lengths, steps_per_column):
  """What the networks read beside the variable."""
  return {'lengths': tf.constant(lengths, tf.int32), 'steps_per_column': tf.constant(steps_per_column, tf.int32)}


def _candidate_noise(group, shape, task):
  """`spaces.candidate_noise`, drawn for each content and candidate by itself, so that it does not depend on how they are grouped."""
  normal = lambda row: np.random.default_rng([task.request.settings.seed, *group[row]]).standard_normal(shape[1:])
  return spaces.candidate_noise([candidate for _, candidate in group], shape, task.space.noise, normal).astype(np.float32)


def _style_rolls(styles, steps):
  """float32 `[M, steps, 2, 88]`: consecutive stretches of the style's pieces, each piece repeated to whole stretches; at most 8, evenly."""
  stretches = []
  for piece in styles:
    count = -(-piece.total_steps // steps)
    stretches.extend(spaces.repeated(piece.roll, count * steps).reshape(count, steps, *piece.roll.shape[1:]))
  chosen = np.unique(np.linspace(0, len(stretches) - 1, MAX_STYLE_STRETCHES).round().astype(int))
  return np.stack([stretches[i] for i in chosen]).astype(np.float32)


def _progress(request, number, groups):
  """Progress of one group as that of all."""
  if request.progress is None:
    return None
  return lambda done, total: request.progress(number * total + done, groups * total)


def _mean_history(histories):
  """[(pieces, term -> values)] -> term -> mean over all pieces."""
  weights = np.array([count for count, _ in histories], np.float64)
  return {term: np.average([h[term] for _, h in histories], axis=0, weights=weights).tolist() for term in histories[0][1]}
