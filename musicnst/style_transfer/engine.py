"""What every method works with: the latent model, the inner classifiers and the genre statistics, loaded once a process."""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst import bundles
from musicnst import errors
from musicnst import inference
from musicnst.models import base as models_base
from musicnst.representations import converter_map
from musicnst.style_transfer.paper import feature_networks
from musicnst.style_transfer.guided import genres
from musicnst.style_transfer.guided import objective as guided
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer import spaces
from musicnst.style_transfer.tokens import latents as tokens

DEFAULT_MODEL = 'polyphonic-2bar'
# Four different classifiers that steer the transfer; judges of results are others.
CLASSIFIERS = ('genre-inner-a', 'genre-inner-b', 'genre-inner-c', 'genre-inner-d')
# The paper's composer classifiers: on rolls, and on rows of the latent model's latents.
COMPOSER_ROLL, COMPOSER_LATENT = 'composer-roll', 'composer-latent'
WINDOW_DEPTH = 176
# Representations whose windows are piano rolls.
ROLLS = ('polyphonic', 'binary')
# What a method needs: everything the default method uses, the latent model alone, or nothing but the music.
NEEDS = ('guidance', 'latents', 'nothing')


@dataclasses.dataclass(frozen=True, eq=False)
class Engine:
  """Models of one process.

  Args:
    name: of the latent model's bundle.
    model: LatentModel over windows of 32 steps x 176 cells; None for methods that need none.
    threshold: probability at which a decoded cell is on.
    classifiers: inner genre classifiers.
    classes: their genres.
    statistics: GenreStatistics, or None.
    imagenet: VGG-19 takes ImageNet's weights.
  """

  name: str
  model: object
  threshold: float
  classifiers: tuple
  classes: tuple
  statistics: genres.GenreStatistics
  imagenet: bool = False

  @functools.cached_property
  def objective(self):
    return self.objective_of(guided.Weights())

  def objective_of(self, weights):
    """The default method's objective with other weights."""
    logits = self.statistics.logits if self.statistics is not None and self.statistics.network else None
    return guided.GuidedObjective(self.model, self.threshold_logit, self.classifiers, weights, logits)

  @property
  def threshold_logit(self):
    threshold = np.clip(self.threshold, 1e-6, 1.0 - 1e-6)
    return float(np.log(threshold / (1.0 - threshold)))

  @functools.cached_property
  def _encode(self):
    return tf.function(lambda windows: self.model.encode({'inputs': windows, 'outputs': windows}).mean, reduce_retracing=True)

  def encode(self, windows):
    """float32 `[B * S, 32, 176]` -> posterior means `[B * S, Z]`."""
    return self._encode(tf.constant(windows))

  def encode_rolls(self, rolls):
    """float32 `[B, S * 32, 2, 88]` -> posterior means, numpy `[B, S, Z]`."""
    batch, steps = rolls.shape[:2]
    means = self.encode(np.asarray(rolls, np.float32).reshape(-1, spaces.WINDOW_STEPS, WINDOW_DEPTH))
    return means.numpy().reshape(batch, steps // spaces.WINDOW_STEPS, self.model.z_size)

  @property
  def autoregressive(self):
    """Whether the decoder reads what it wrote: gradients then pass it teacher-forced, and results are decoded freely."""
    return self.model.autoregressive

  @functools.cached_property
  def _tokens(self):
    if self.autoregressive:
      return tf.function(lambda z: tf.cast(self.model.decode_tokens(z), tf.float32), reduce_retracing=True)
    return tf.function(lambda z: tf.cast(self.model.decode_logits(z) >= self.threshold_logit, tf.float32), reduce_retracing=True)

  def decode_rolls(self, z):
    """Latents `[B, S, Z]` -> decided cells, float32 numpy 0/1 `[B, S * 32, 2, 88]`; an autoregressive decoder runs freely."""
    batch, rows, size = z.shape
    tokens = self._tokens(tf.constant(np.asarray(z, np.float32).reshape(-1, size)))
    return tokens.numpy().reshape(batch, rows * spaces.WINDOW_STEPS, 2, WINDOW_DEPTH // 2)

  @functools.cached_property
  def composer_roll(self):
    """ComposerNetwork on rolls."""
    return _composer(COMPOSER_ROLL)

  @functools.cached_property
  def composer_latent(self):
    """ComposerNetwork on rows of this model's latents."""
    network = _composer(COMPOSER_LATENT)
    size = network.classifier.settings['z_size']
    if size != self.model.z_size:
      raise errors.ModelNotFoundError(
          f'{COMPOSER_LATENT} reads latents of {size} dimensions, and {self.name} has {self.model.z_size}. '
          + _how_to_train(COMPOSER_LATENT, f' --hparams=encoder={self.name},z_size={self.model.z_size}'))
    return network

  @functools.cached_property
  def probability(self):
    """Compiled `GuidedObjective.probability(z, content)`."""
    return tf.function(self.objective.probability, reduce_retracing=True)

  def decode(self, variable, context):
    """Variable (`GuidedObjective.unpack`) -> decided notes (`GuidedObjective.decode`); what an autoregressive decoder writes freely at z and at
    the content's own latents takes the place of probabilities."""
    variable = tf.convert_to_tensor(variable)
    if not self.autoregressive:
      return self._decode(variable, context)
    z, lengthen = self.objective.unpack(variable)
    change = self.decode_rolls(np.asarray(z)) - self.decode_rolls(np.asarray(context['z']))
    return self._decide(tf.constant(change), context['content'], lengthen)

  @functools.cached_property
  def _decode(self):
    return tf.function(self.objective.decode, reduce_retracing=True)

  @functools.cached_property
  def _decide(self):
    return tf.function(residual.decode, reduce_retracing=True)


@functools.lru_cache(maxsize=4)
def load(name=DEFAULT_MODEL, needs='guidance', imagenet=False):
  """The Engine around the named bundle (or path), with what a method needs.

  Args:
    name: of the latent model: a bundle or run folder; not used where nothing is needed.
    needs: one of `NEEDS`.
    imagenet: of the Engine.

  Returns:
    Engine; for a latent model that writes one-hot tokens or bits, and not piano rolls, a `tokens.TokenEngine`.

  Raises:
    ModelNotFoundError: no such bundle, or one that is neither.
  """
  if needs == 'nothing':
    return Engine('', None, .5, (), (), None, imagenet)
  model, config, info = inference.load_model(name)
  converter = config.build_converter()
  models_base.require(model, models_base.LatentModel, f'{name}: this method')
  if getattr(converter, 'output_depth', 0) != WINDOW_DEPTH or converter.steps != spaces.WINDOW_STEPS:
    if converter.name in ROLLS:
      raise errors.ModelNotFoundError(
          f'{name}: of piano rolls, style transfer takes {spaces.WINDOW_STEPS} steps of the polyphonic roll, and this is {config.name}.')
    trained = inference.TrainedModel(model, config, info)
    return tokens.TokenEngine(str(name), trained, converter_map.for_pieces(trained.converter))
  threshold = float(info.get('threshold') or config.hparams.threshold)
  if needs == 'latents':
    return Engine(name, model, threshold, (), (), None, imagenet)
  classifiers = [bundles.load(classifier) for classifier in CLASSIFIERS]
  return Engine(
      name=name, model=model, threshold=threshold, classifiers=tuple(c[0] for c in classifiers),
      classes=tuple(classifiers[0][1].hparams.classes), statistics=genres.load(), imagenet=imagenet)


def _composer(name):
  """ComposerNetwork of a bundle."""
  if bundles.locate(name) is None:
    raise errors.ModelNotFoundError(f'the composer classifier {name} is not there. ' + _how_to_train(name))
  model, config, _ = bundles.load(name)
  section = config.hparams.steps // getattr(config.hparams, 'window_steps', 1)
  return feature_networks.ComposerNetwork(model, f'composer classifier, bundle {name}', section)


def _how_to_train(name, hparams=''):
  return (f'Train one: musicnst train --config={name} --run_dir=runs/{name} --examples_path=RECORDS{hparams}, then '
          f'musicnst bundle --run_dir=runs/{name} --output={bundles.PRETRAINED / name}')
