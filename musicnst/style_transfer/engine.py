"""What every method works with: the latent model, the inner classifiers and the genre statistics, loaded once a process."""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst import bundles
from musicnst import errors
from musicnst.style_transfer import genres
from musicnst.style_transfer import guided

DEFAULT_MODEL = 'polyphonic-2bar'
# Three different classifiers that steer the transfer; judges of results are others.
CLASSIFIERS = ('genre-inner-a', 'genre-inner-b', 'genre-inner-c')
WINDOW_STEPS, WINDOW_DEPTH = 32, 176


@dataclasses.dataclass(frozen=True, eq=False)
class Engine:
  """Models of one process.

  Args:
    name: of the latent model's bundle.
    model: LatentModel over windows of 32 steps x 176 cells.
    threshold: probability at which a decoded cell is on.
    classifiers: inner genre classifiers.
    classes: their genres.
    statistics: GenreStatistics.
  """

  name: str
  model: object
  threshold: float
  classifiers: tuple
  classes: tuple
  statistics: genres.GenreStatistics

  @functools.cached_property
  def objective(self):
    return guided.GuidedObjective(self.model, self.threshold_logit, self.classifiers)

  @property
  def threshold_logit(self):
    return float(np.log(self.threshold / (1.0 - self.threshold)))

  @functools.cached_property
  def _encode(self):
    return tf.function(lambda windows: self.model.encode({'inputs': windows, 'outputs': windows}).mean, reduce_retracing=True)

  def encode(self, windows):
    """float32 `[B * S, 32, 176]` -> posterior means `[B * S, Z]`."""
    return self._encode(tf.constant(windows))

  @functools.cached_property
  def probability(self):
    """Compiled `GuidedObjective.probability(z, content)`."""
    return tf.function(self.objective.probability, reduce_retracing=True)

  @functools.cached_property
  def decode(self):
    """Compiled `GuidedObjective.decode(z, context)`."""
    return tf.function(self.objective.decode, reduce_retracing=True)


@functools.lru_cache(maxsize=2)
def load(name=DEFAULT_MODEL):
  """The Engine around the named bundle (or path).

  Raises:
    ModelNotFoundError: no such bundle, or one whose windows are not 32 steps of the polyphonic roll.
  """
  model, config, info = bundles.load(name)
  converter = config.build_converter()
  if getattr(converter, 'output_depth', 0) != WINDOW_DEPTH or converter.steps != WINDOW_STEPS or not hasattr(model, 'decode_logits'):
    raise errors.ModelNotFoundError(
        f'{name}: style transfer works with a latent model of 32 steps of the polyphonic roll, and this is {config.name}.')
  classifiers = [bundles.load(classifier) for classifier in CLASSIFIERS]
  return Engine(
      name=name, model=model, threshold=float(info.get('threshold') or config.hparams.threshold), classifiers=tuple(c[0] for c in classifiers),
      classes=tuple(classifiers[0][1].hparams.classes), statistics=genres.load())
