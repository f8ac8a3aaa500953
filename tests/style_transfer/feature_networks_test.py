"""The networks of the paper's experiments: VGG-19's weights and layers, the download, the composer classifier's sections."""
import functools
import hashlib
import http.server
import threading

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.losses import style
from musicnst.representations import testing
from musicnst.style_transfer.paper import feature_networks
from musicnst.style_transfer.paper import objective as paper_objective
from musicnst.style_transfer.pieces import piece


@pytest.fixture
def server(tmp_path):
  """(folder served on loopback, its address)."""
  folder = tmp_path / 'served'
  folder.mkdir()
  handler = functools.partial(_Quiet, directory=str(folder))
  with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as served:
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield folder, f'http://127.0.0.1:{served.server_address[1]}'
    served.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):

  def log_message(self, *arguments):
    del arguments


def _write_published_layout(path, model):
  """Weights as Keras 2 wrote VGG-19's: a group a layer, named in attributes; every kernel .25, every bias .5, compressed to nothing."""
  with h5py.File(path, 'w') as archive:
    archive.attrs['layer_names'] = [layer.name.encode() for layer in model.layers]
    for layer in model.layers:
      group = archive.create_group(layer.name)
      names = [f'{layer.name}_{kind}_1:0' for kind in ('W', 'b')][:len(layer.weights)]
      group.attrs['weight_names'] = [name.encode() for name in names]
      for name, weight, value in zip(names, layer.weights, (.25, .5)):
        group.create_dataset(name, shape=weight.shape, dtype='float32', fillvalue=value, chunks=True)


@pytest.mark.slow
def test_vgg_with_downloaded_weights(server, tmp_path, monkeypatch):
  folder, address = server
  blank = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
  _write_published_layout(folder / 'weights.h5', blank)
  monkeypatch.setattr(feature_networks, 'IMAGENET_URL', f'{address}/weights.h5')
  monkeypatch.setattr(feature_networks, 'IMAGENET_MD5', hashlib.md5((folder / 'weights.h5').read_bytes()).hexdigest())
  path = feature_networks.imagenet_weights(cache_dir=str(tmp_path / 'cache'))
  monkeypatch.setattr(feature_networks, 'imagenet_weights', lambda: path)
  network = feature_networks.vgg.__wrapped__(imagenet=True)
  assert 'ImageNet' in network.name
  # A dark picture: the first layer gives its bias, the second block 9 x 64 x (what the first gave) / 4 + .5 inside.
  first, second = network.model(tf.zeros((1, 40, 40, 3)))[:2]
  np.testing.assert_allclose(first, np.full((1, 40, 40, 64), .5))
  inner = 9 * 64 * .25 * .5 + .5
  np.testing.assert_allclose(second[0, 10, 10], np.full(128, 9 * 64 * .25 * inner + .5), rtol=1e-5)
  # A second call takes the cached file: the server may be gone.
  (folder / 'weights.h5').unlink()
  assert keras.utils.get_file('weights.h5', f'{address}/weights.h5', file_hash=feature_networks.IMAGENET_MD5, cache_subdir='models',
                              cache_dir=str(tmp_path / 'cache')) == path


@pytest.mark.parametrize('case', ['missing', 'other file', 'nobody there'])
def test_a_failed_download_says_what_to_do(case, server, tmp_path):
  folder, address = server
  (folder / 'other.h5').write_bytes(b'not weights')
  url = {'missing': f'{address}/none.h5', 'other file': f'{address}/other.h5', 'nobody there': 'http://127.0.0.1:9/weights.h5'}[case]
  with pytest.raises(errors.ModelNotFoundError, match='Check the connection, or put the file'):
    feature_networks.imagenet_weights(url, cache_dir=str(tmp_path / 'cache'))


def test_a_file_of_something_else(tmp_path, pictures):
  (tmp_path / 'weights.h5').write_bytes(b'nothing')
  with pytest.raises(errors.ModelNotFoundError, match='Delete it'):
    feature_networks.load_imagenet(pictures.model, str(tmp_path / 'weights.h5'))


def test_the_address_is_the_one_keras_uses():
  from keras.src.applications import vgg19
  source = open(vgg19.__file__, encoding='utf-8').read()
  assert feature_networks.IMAGENET_URL == vgg19.WEIGHTS_PATH_NO_TOP and feature_networks.IMAGENET_MD5 in source


def test_imagenet_reaches_the_methods(monkeypatch, pictures):
  asked = []
  monkeypatch.setattr(feature_networks, 'vgg', lambda imagenet=False, seed=0: asked.append((imagenet, seed)) or pictures)
  from musicnst.style_transfer import transfer
  options = dict(method='paper-vgg-roll', num_steps=1, beats='tempo')
  transfer.transfer(testing.chords(2, 0), testing.chords(2, 1), imagenet=True, **options)
  transfer.transfer(testing.chords(2, 0), testing.chords(2, 1), seed=5, **options)
  assert asked == [(True, 0), (False, 5)]


@pytest.mark.slow
def test_random_weights_come_from_the_seed():
  network = feature_networks.vgg.__wrapped__(seed=3)
  deepest = network.model.get_layer('block5_conv2').kernel.numpy()
  generator = np.random.default_rng(3)
  first = generator.standard_normal((3, 3, 3, 64), np.float32) * np.float32(np.sqrt(2 / 27))
  np.testing.assert_array_equal(network.model.get_layer('block1_conv1').kernel.numpy(), first)
  assert abs(deepest.std() / np.sqrt(2 / (9 * 512)) - 1) < .01
  roll = tf.constant(piece.from_sequence(testing.chords(1, 0)).roll[None].astype(np.float32))
  found = network.activations(roll, {'steps_per_column': tf.constant(1)})
  assert [found[name].shape[1:] for name in feature_networks.VGG_STYLE] == [(32, 88, 64), (16, 44, 128), (8, 22, 256), (4, 11, 512), (2, 5, 512)]


def test_pictures_of_rolls_and_latents(pictures):
  roll = np.zeros((1, 4, 2, 88), np.float32)
  roll[0, 0, 0, 5], roll[0, 1:3, 1, 5] = 1, 1
  picture = pictures.picture(tf.constant(roll), {'steps_per_column': tf.constant(2)})
  np.testing.assert_allclose(picture[0, :, 5], [.75, .25])
  assert pictures.activations(tf.zeros((2, 3, 6)), {})['block1_conv1'].shape[1:3] == (32, 32)


def test_padding_does_not_touch_a_section(composers):
  """A piece of a section and a half has the dot products of its two parts, whatever follows them."""
  network = composers[0]
  objective = paper_objective.PaperObjective(network)
  rolls = np.zeros((1, 128, 2, 88), np.float32)
  rolls[0, :96] = piece.from_sequence(testing.chords(6, 0)).roll
  found = objective.products(tf.constant(rolls), {'lengths': tf.constant([64, 32])})
  features = network.classifier.activations(tf.constant(rolls[:, 64:96].reshape(1, 32, 176)))
  np.testing.assert_allclose(found['conv_1'][1], style.dot_product(features['conv_1'])[0], rtol=1e-4, atol=1e-6)
  assert found['dense_0'].shape == (2, 6)


def test_the_objective_is_nought_at_its_targets(composers):
  network = composers[0]
  objective = paper_objective.PaperObjective(network)
  rolls = tf.constant(piece.from_sequence(testing.chords(4, 0)).roll[None].astype(np.float32))
  context = {'lengths': tf.constant([64]), 'section_weights': tf.constant([[64.]]), 'style_weight': 2., 'content_weight': 1.}
  context.update(style=objective.products(rolls, context), content=objective.anchors(rolls, context), variation=objective.variation(rolls, context))
  terms = objective.terms(rolls, context)
  np.testing.assert_allclose([terms['style'][0], terms['content'][0]], [0, 0], atol=1e-7)
  # Silence is one energy away from every target: 4 x the factor for style, 1 for content.
  silent = objective.terms(tf.zeros_like(rolls), context)
  found = [float(silent[name][0]) for name in ('style', 'content', 'total_variation')]
  assert found == pytest.approx([4 * 2, 1, 0], rel=1e-4)


@pytest.mark.parametrize('space', ['roll', 'latent'])
def test_content_knows_what_comes_when(space, composers):
  """Halves of a piece changed round are another content, even to a classifier that pools over time."""
  network = composers[space == 'latent']
  objective = paper_objective.PaperObjective(network)
  rolls = piece.from_sequence(testing.chords(4, 0)).roll[None].astype(np.float32)
  variable = rolls if space == 'roll' else np.random.default_rng(0).standard_normal((1, 4, 6)).astype(np.float32)
  context = {'lengths': tf.constant([variable.shape[1]]), 'section_weights': tf.constant([[1.]]), 'style_weight': 1., 'content_weight': 1.}
  swapped = tf.constant(np.roll(variable, variable.shape[1] // 2, 1))
  variable = tf.constant(variable)
  context.update(
      style=objective.products(variable, context), content=objective.anchors(variable, context),
      variation=objective.variation(variable, context))
  assert float(objective.terms(swapped, context)['content'][0]) > .01
  # Latents have no neighbours to vary between.
  assert (float(context['variation'][0]) == 0) == (space == 'latent')


@pytest.mark.parametrize('space', ['roll', 'latent'])
def test_the_weights_are_factors_of_their_terms(space, composers):
  network = composers[space == 'latent']
  objective = paper_objective.PaperObjective(network)
  first, second = (piece.from_sequence(testing.chords(4, seed)).roll[None].astype(np.float32) for seed in (0, 1))
  if space == 'latent':
    first, second = (np.random.default_rng(seed).standard_normal((1, 4, 6)).astype(np.float32) for seed in (0, 1))
  context = {'lengths': tf.constant([first.shape[1]]), 'section_weights': tf.constant([[1.]])}
  context.update(style=objective.products(tf.constant(second), context), content=objective.anchors(tf.constant(second), context),
                 variation=objective.variation(tf.constant(second), context))
  terms = lambda style_weight, content_weight: {name: float(value[0]) for name, value in objective.terms(
      tf.constant(first), {**context, 'style_weight': style_weight, 'content_weight': content_weight}).items()}
  one, other = terms(1., 1.), terms(2., 3.)
  assert other['style'] == pytest.approx(2 * one['style']) and other['content'] == pytest.approx(3 * one['content'])
  # The paper's 1 : 4: four times the mean over layers of the relative distance, which numpy computes.
  products = objective.products(tf.constant(first), context)
  relative = [np.square(products[name] - target).sum() / np.square(target).sum() for name, target in context['style'].items()]
  assert one['style'] == pytest.approx(4 * np.mean(relative), rel=1e-3)
