"""What a method loads, and how it refuses what it cannot work with."""
import numpy as np
import pytest

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.style_transfer import controls
from musicnst.style_transfer import method as method_lib
from musicnst.style_transfer import registry
from musicnst.style_transfer import spaces
from musicnst.style_transfer.paper import feature_networks
from musicnst.style_transfer.tokens import method as token_method

TINY = 'filters=[4],kernels=[3],strides=[1],dense=[3],'


@pytest.fixture(autouse=True)
def _fresh():
  caches = (registry.load, method_lib.load_model, feature_networks.composer_of_rolls, feature_networks.composer_of_latents)
  for cached in caches:
    cached.cache_clear()
  yield
  for cached in caches:
    cached.cache_clear()


@pytest.fixture
def saved(tmp_path):
  """Saves a tiny bundle of a config; returns its path."""
  def save(config_name, hparams, **info):
    config = configs.get(config_name, hparams)
    bundles.save(config.build_model(), config, tmp_path / config_name, dtype='float32', **info)
    return str(tmp_path / config_name)
  return save


def test_methods_load_what_they_need(saved):
  path = saved('polyphonic-2bar', 'width=4,z_size=5', threshold=.25)
  loaded = registry.load('arithmetic', path)
  assert isinstance(loaded, controls.LatentWalk) and loaded.name == 'arithmetic'
  assert (loaded.latents.model.z_size, loaded.latents.threshold, loaded.latents.name) == (5, .25, path)
  assert loaded.latents.threshold_logit == pytest.approx(np.log(1 / 3)) and not loaded.latents.autoregressive
  assert registry.load('interpolation', path).latents is loaded.latents  # compiled once
  assert isinstance(registry.load('copy'), controls.Copy)  # needs none


@pytest.mark.parametrize('method', ['arrange', 'copy'])
def test_a_model_for_a_method_without_one(method):
  with pytest.raises(errors.ArgumentError, match=f'method {method} works without a model.*--method=guided'):
    registry.load(method, 'polyphonic-2bar')


def test_the_first_class_that_takes_the_model_is_the_method(saved):
  tokens = registry.load('interpolation', saved('cat-mel_2bar_small', 'enc_rnn_size=[4],dec_rnn_size=[4],z_size=3'))
  assert isinstance(tokens, token_method.TokenWalk) and tokens.walk == 'interpolation'


def test_decoded_cells_are_the_models_at_the_threshold(saved):
  latents = registry.load('reconstruction', saved('polyphonic-2bar', 'width=4,z_size=5', threshold=.25)).latents
  z = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(np.float32)
  probability = 1 / (1 + np.exp(-np.asarray(latents.model.decode_logits(z.reshape(6, 5)), np.float64)))
  np.testing.assert_array_equal(latents.decode_rolls(z), (probability >= .25).reshape(2, 96, 2, 88))
  rolls = (np.random.default_rng(1).random((1, 64, 2, 88)) < .05).astype(np.float32)
  means = latents.model.encode({'inputs': rolls.reshape(2, 32, 176)}).mean
  np.testing.assert_allclose(latents.encode_rolls(rolls)[0], means, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('method', ['guided', 'arithmetic', 'paper-vgg-latents'])
def test_models_that_do_not_fit(method, saved):
  for path in (saved('genre-roll', TINY), saved('polyphonic-2bar', 'width=4,z_size=5,steps=16')):
    with pytest.raises(errors.ModelNotFoundError, match=f'method {method} needs a latent model of 32 steps of the polyphonic roll'):
      registry.load(method, path)
  with pytest.raises(errors.ModelNotFoundError, match='no such model'):
    registry.load(method, 'no such model')


def test_composer_classifiers(saved, monkeypatch):
  latents = registry.load('reconstruction', saved('polyphonic-2bar', 'width=4,z_size=5')).latents
  monkeypatch.setattr(feature_networks, 'COMPOSER_ROLL', saved('composer-roll', TINY + 'steps=64'))
  network = feature_networks.composer_of_rolls()
  assert network.section == 64 and 'composer-roll' in network.name
  assert network.style_names == ('conv_0', 'dense_0') and network.content_names == ('conv_0',)
  monkeypatch.setattr(feature_networks, 'COMPOSER_LATENT', saved('composer-latent', TINY + 'z_size=7'))
  with pytest.raises(errors.ModelNotFoundError, match='reads latents of 7 dimensions.*musicnst train'):
    feature_networks.composer_of_latents(latents)
  monkeypatch.setattr(feature_networks, 'COMPOSER_LATENT', saved('composer-latent', TINY + 'z_size=5,steps=128'))
  assert feature_networks.composer_of_latents(latents).section == 4


def test_a_missing_classifier_says_how_to_train_it(monkeypatch):
  monkeypatch.setattr(feature_networks, 'COMPOSER_ROLL', 'no-such-bundle')
  with pytest.raises(errors.ModelNotFoundError, match='musicnst train --config=no-such-bundle'):
    feature_networks.composer_of_rolls()


def test_rolls_side_by_side(tiny):
  assert spaces.repeated(np.arange(3), 7).tolist() == [0, 1, 2, 0, 1, 2, 0]
  assert spaces.RollSpace().decode(np.array([.49, .5])).tolist() == [False, True]
  assert spaces.LatentSpace(tiny.latents).encode(np.zeros((2, 64, 2, 88), np.float32)).shape == (2, 2, 6)
