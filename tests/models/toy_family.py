"""A family as a newcomer would add it, in one module: a model of what follows what, which only samples, and one that only translates.

`new_family_test.py` adds its name to `configs.FAMILIES` and nothing else.
"""
import keras
from keras import ops

from musicnst import config as config_lib
from musicnst.data import synthetic
from musicnst.layers import noise
from musicnst.losses import reconstruction
from musicnst.models import base
from musicnst.representations import drums
from musicnst.representations import melody


class ToyMelodies(melody.MelodyConverter):
  """A representation of the family's own, in no map of converters."""

  name = 'toy-melody'


class Bigrams(base.GenerativeModel):
  """Each token is drawn by the one before it; it neither encodes nor decodes."""

  def __init__(self, hparams, converter):
    super().__init__()
    self.steps, self.depth, self.settings = converter.steps, converter.output_depth, hparams.to_dict()
    self.table = keras.layers.Dense(self.depth, name='table')
    self.table.build((None, self.depth))
    self.built = True

  def get_config(self):
    return {'hparams': self.settings}

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    tokens = ops.cast(batch['outputs'], 'float32')
    return {'cross_entropy': ops.sum(reconstruction.categorical_nats(ops.cast(self.table(tokens[:, :-1]), 'float32'), tokens[:, 1:]), axis=1)}

  def sample(self, n, steps=None, temperature=1.0, controls=None, seed=0):
    keys = noise.keys({'inputs': ops.zeros((n, 1))}, seed)
    written = [ops.one_hot(ops.zeros((n,), 'int32'), self.depth)]
    for step in range(1, steps or self.steps):
      shares = ops.cumsum(ops.softmax(ops.cast(self.table(written[-1]), 'float32') / max(temperature, 1e-6)), axis=-1)
      drawn = ops.sum(ops.cast(shares < noise.uniform(noise.split(keys, step), (1,)), 'int32'), axis=-1)
      written.append(ops.one_hot(ops.minimum(drawn, self.depth - 1), self.depth))
    return ops.stack(written, 1)


class Rolls(base.TranslationModel):
  """One-hot drums to a roll of nine drums, step by step; what it reads has another depth than what it writes."""

  domains = ('tokens', 'roll')

  def __init__(self, hparams, converter):
    super().__init__()
    self.settings, self.read = hparams.to_dict(), keras.layers.Dense(converter.output_depth, name='read')
    self.read.build((None, converter.input_depth))
    self.built = True

  def get_config(self):
    return {'hparams': self.settings}

  def translate(self, windows, target=1, training=False):
    return ops.sigmoid(self._logits(windows))

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    logits, wanted = self._logits(batch['inputs']), ops.cast(batch['outputs'], 'float32')
    return {'bits': ops.sum(ops.softplus(logits) - wanted * logits, axis=(1, 2))}

  def _logits(self, windows):
    return ops.cast(self.read(windows), 'float32')


def _melody(hparams):
  return ToyMelodies(steps=hparams.steps, continuous=True)


def _drums(hparams):
  return drums.DrumsConverter(steps=hparams.steps, roll_output=True)


HPARAMS = config_lib.TRAINING.extend(steps=16, batch_size=4)
CONFIGS = {config.name: config for config in (
    config_lib.Config('toy-bigrams', Bigrams, _melody, HPARAMS, 'what follows what'),
    config_lib.Config('toy-rolls', Rolls, _drums, HPARAMS, 'drums from tokens to rolls'))}
FAMILY = config_lib.Family(
    'toy', CONFIGS, lambda config: {'steps': 4, 'batch_size': 3},
    lambda config, size, seed=0: synthetic.batch(config.build_converter(), size, seed))
