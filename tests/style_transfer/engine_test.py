"""What an Engine loads, and how it refuses what it cannot work with."""
import numpy as np
import pytest

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.style_transfer import engine
from musicnst.style_transfer import spaces

TINY = 'filters=[4],kernels=[3],strides=[1],dense=[3],'


@pytest.fixture(autouse=True)
def _fresh():
  engine.load.cache_clear()
  yield
  engine.load.cache_clear()


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
  loaded = engine.load(path, 'latents', imagenet=True)
  assert (loaded.model.z_size, loaded.threshold, loaded.classifiers, loaded.imagenet) == (5, .25, (), True)
  assert loaded.threshold_logit == pytest.approx(np.log(1 / 3)) and not loaded.autoregressive
  assert engine.load('no such model', 'nothing').model is None


def test_decoded_cells_are_the_models_at_the_threshold(saved):
  loaded = engine.load(saved('polyphonic-2bar', 'width=4,z_size=5', threshold=.25), 'latents')
  z = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(np.float32)
  probability = 1 / (1 + np.exp(-np.asarray(loaded.model.decode_logits(z.reshape(6, 5)), np.float64)))
  np.testing.assert_array_equal(loaded.decode_rolls(z), (probability >= .25).reshape(2, 96, 2, 88))
  rolls = (np.random.default_rng(1).random((1, 64, 2, 88)) < .05).astype(np.float32)
  means = loaded.model.encode({'inputs': rolls.reshape(2, 32, 176)}).mean
  np.testing.assert_allclose(loaded.encode_rolls(rolls)[0], means, rtol=1e-5, atol=1e-6)


def test_models_that_do_not_fit(saved):
  with pytest.raises(errors.ModelNotFoundError, match="needs a model that can encode music.*config 'genre-roll' cannot: it can classify music"):
    engine.load(saved('genre-roll', TINY), 'latents')
  with pytest.raises(errors.ModelNotFoundError, match='32 steps of the polyphonic roll'):
    engine.load(saved('polyphonic-2bar', 'width=4,z_size=5,steps=16'), 'latents')
  with pytest.raises(errors.ModelNotFoundError):
    engine.load('no such model', 'latents')


def test_composer_classifiers(saved, monkeypatch):
  loaded = engine.load(saved('polyphonic-2bar', 'width=4,z_size=5'), 'latents')
  monkeypatch.setattr(engine, 'COMPOSER_ROLL', saved('composer-roll', TINY + 'steps=64'))
  assert loaded.composer_roll.section == 64 and 'composer-roll' in loaded.composer_roll.name
  assert loaded.composer_roll.style_names == ('conv_0', 'dense_0') and loaded.composer_roll.content_names == ('conv_0',)
  monkeypatch.setattr(engine, 'COMPOSER_LATENT', saved('composer-latent', TINY + 'z_size=7'))
  with pytest.raises(errors.ModelNotFoundError, match='reads latents of 7 dimensions.*musicnst train'):
    _ = loaded.composer_latent
  monkeypatch.setattr(engine, 'COMPOSER_LATENT', saved('composer-latent', TINY + 'z_size=5,steps=128'))
  assert loaded.composer_latent.section == 4


def test_rolls_side_by_side(tiny_engine):
  assert spaces.repeated(np.arange(3), 7).tolist() == [0, 1, 2, 0, 1, 2, 0]
  assert spaces.RollSpace().decode(np.array([.49, .5])).tolist() == [False, True]
  assert spaces.LatentSpace(tiny_engine).encode(np.zeros((2, 64, 2, 88), np.float32)).shape == (2, 2, 6)
