"""Methods around tiny models with random weights, so that no test needs a bundle that ships."""
import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import configs
from musicnst.models import base
from musicnst.representations import testing
from musicnst.style_transfer import controls
from musicnst.style_transfer import registry
from musicnst.style_transfer import roll_latents
from musicnst.style_transfer import spaces
from musicnst.style_transfer.generators import musae as musae_method
from musicnst.style_transfer.guided import genres
from musicnst.style_transfer.guided import method as guided_method
from musicnst.style_transfer.paper import feature_networks
from musicnst.style_transfer.paper import method as paper_method
from musicnst.style_transfer.pieces import piece

GENRES = ('classical', 'folk', 'jazz', 'pop')
CLASSIFIER = 'filters=[8,8],kernels=[4,4],strides=[2,2],dense=[6],'
# Of the cells a random decoder writes, this share is on.
DECODED_SHARE = .04


def _statistics():
  rows = [genres.piece_statistics(piece.from_sequence(testing.chords(2, seed))) for seed in range(8)]
  return genres.summarize(rows, [GENRES[i % 4] for i in range(8)], GENRES)


def _composers(z_size):
  roll = configs.get('composer-roll', CLASSIFIER + 'steps=64').build_model()
  latent = configs.get('composer-latent', CLASSIFIER + f'steps=128,z_size={z_size}').build_model()
  return feature_networks.ComposerNetwork(roll, 'tiny', 64), feature_networks.ComposerNetwork(latent, 'tiny', 4)


def _threshold(model):
  """The probability that `DECODED_SHARE` of the cells exceed."""
  rolls = spaces.rolls_of([piece.from_sequence(testing.chords(8, 3))]).reshape(-1, 32, 176)
  batch = {'inputs': rolls, 'outputs': rolls}
  logits = np.asarray(model.decode_logits(model.encode(batch).mean, batch))
  return float(1 / (1 + np.exp(-np.quantile(logits, 1 - DECODED_SHARE))))


def build(config_name, hparams):
  """GuidedMethod around a tiny model of a config, with random weights of one seed."""
  keras.utils.set_random_seed(1)
  config = configs.get(config_name, hparams)
  model = config.build_model()
  threshold = _threshold(model)
  model.decoder.head.threshold = threshold
  classifiers = tuple(configs.get('genre-roll', CLASSIFIER).build_model() for _ in range(2))
  return guided_method.GuidedMethod(roll_latents.RollLatents('tiny', model, threshold), classifiers, GENRES, _statistics())


class LinearLatents:
  """A latent model whose every cell is a plane in latent space: small steps change what is decoded."""

  z_size = 6
  autoregressive = False

  def __init__(self):
    generator = np.random.default_rng(0)
    self.inward = generator.standard_normal((32 * 176, self.z_size)).astype(np.float32) / 40
    self.outward = generator.standard_normal((self.z_size, 32 * 176)).astype(np.float32)

  def encode(self, batch):
    mean = tf.matmul(tf.reshape(tf.convert_to_tensor(batch['inputs']), (-1, 32 * 176)), self.inward)
    return base.Gaussian(mean, tf.ones_like(mean))

  def decode_logits(self, z, batch=None):
    return tf.reshape(tf.matmul(z, self.outward), (-1, 32, 176))


def _picture_network():
  """A stand-in for VGG-19 that is as deep as it has named layers."""
  image = x = keras.Input((None, None, 3))
  outputs = []
  for i in range(len(feature_networks.VGG_STYLE + feature_networks.VGG_CONTENT)):
    x = keras.layers.Conv2D(3, 3, strides=2 if i else 1, padding='same', activation='relu')(x)
    outputs.append(x)
  return feature_networks.VGGNetwork(keras.Model(image, outputs), 'tiny pictures')


@pytest.fixture(scope='session')
def tiny():
  """The beat network, tiny, in method guided."""
  return build('polyphonic-2bar', 'width=8,z_size=6')


@pytest.fixture(scope='session')
def lstm():
  """The paper's recurrent model, tiny: its decoder is autoregressive."""
  return build('polyphonic-2bar_lstm', 'enc_rnn_size=[4],dec_rnn_size=[6],z_size=6')


@pytest.fixture(scope='session')
def linear(tiny):
  """`LinearLatents` with the tiny classifiers."""
  model = LinearLatents()
  return dataclasses.replace(tiny, latents=roll_latents.RollLatents('linear', model, _threshold(model)))


@pytest.fixture(scope='session')
def musae():
  """A mixture of genres over voices, tiny."""
  keras.utils.set_random_seed(3)
  sizes = 'width=6,z_size=4,critic_size=[4]'
  return musae_method.MusAEMethod('tiny', configs.get('musae-2bar_mixture-small', sizes).build_model())


@pytest.fixture(scope='session')
def composers():
  """(composer classifier of rolls, of latents of six dimensions), tiny."""
  keras.utils.set_random_seed(4)
  return _composers(6)


@pytest.fixture(scope='session')
def pictures():
  keras.utils.set_random_seed(2)
  return _picture_network()


@pytest.fixture
def load_around(monkeypatch, musae, composers, pictures):
  """`load_around(guided)` makes every method that is loaded work around the latents of that GuidedMethod, and with tiny networks."""
  def load_around(guided):
    def load(name, model=None):
      entry = registry.lookup(name)
      around = {'guided.method:GuidedMethod': lambda **_: guided, 'generators.musae:MusAEMethod': lambda **_: musae,
                'controls:LatentWalk': lambda **given: controls.LatentWalk(guided.latents, **given),
                'paper.method:PaperLatents': lambda **given: paper_method.PaperLatents(guided.latents, **given)}
      return around[entry.classes[0]](**entry.arguments) if entry.classes[0] in around else entry.load(model)
    monkeypatch.setattr(registry, 'load', load)
    monkeypatch.setattr(feature_networks, 'composer_of_rolls', lambda: composers[0])
    monkeypatch.setattr(feature_networks, 'composer_of_latents', lambda latents: composers[1])
    monkeypatch.setattr(feature_networks, 'vgg', lambda imagenet=False, seed=0: pictures)
    return guided
  return load_around


@pytest.fixture
def shipped(load_around, tiny):
  """Makes every method load the tiny models."""
  return load_around(tiny)


@pytest.fixture
def notes_of():
  """Sorted tuples of a sequence's notes, times in full precision."""
  return lambda sequence: sorted(
      (n.start_time, n.end_time, n.pitch, n.velocity, n.instrument, n.program, n.is_drum) for n in sequence.notes)
