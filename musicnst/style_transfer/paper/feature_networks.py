"""Networks whose activations tell content and style in the paper's experiments: VGG-19, and the composer classifier.

Each takes the variable of a transfer (rolls or latents), shows it to its network in the way that network reads, and gives named
activations. What differs between them (Gram or dot product, which layers) is theirs; the objective is one (`paper_objective`).
"""
import contextlib
import functools
import socket

import keras
import numpy as np
import tensorflow as tf

from musicnst import bundles
from musicnst import errors
from musicnst.losses import style

# Keras's own address and MD5 of VGG-19's convolutions, trained on ImageNet (80 MB).
IMAGENET_URL = ('https://storage.googleapis.com/tensorflow/keras-applications/vgg19/'
                'vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5')
IMAGENET_MD5 = '253f8cb515780f3b799900260a226db6'
DOWNLOAD_TIMEOUT_SECS = 30.0
VGG_STYLE = ('block1_conv1', 'block2_conv1', 'block3_conv1', 'block4_conv1', 'block5_conv1')
VGG_CONTENT = ('block5_conv2',)
LEAST_SIDE = 32
MAX_COLUMNS = 512
ONSET_BRIGHTNESS, SUSTAIN_BRIGHTNESS = 1.0, .5


# The paper's composer classifiers: on rolls, and on rows of a latent model's latents.
COMPOSER_ROLL, COMPOSER_LATENT = 'composer-roll', 'composer-latent'


class VGGNetwork:
  """VGG-19 on music copied into three channels (experiments 1 and 3).

  Args:
    model: keras model, image `[B, H, W, 3]` -> list of activations, `VGG_STYLE` then `VGG_CONTENT`.
    name: which weights, for the report.

  Deviation: the published code showed VGG-16 256 frames of 5 a second, stretched to 128 x 256. Here VGG-19 (as the paper says) sees the
  whole stretch: time by pitch, at most 512 columns (steps are averaged together beyond that), a roll's onsets at full and its sustains at
  half brightness, so that 90 windows cost what 16 cost. Latents are one row a window, padded with zeros to 32 x 32.
  """

  style_names, content_names = VGG_STYLE, VGG_CONTENT
  product = staticmethod(style.gram_matrix)
  distance = staticmethod(style.gram_distance)
  # Pieces are shown one by one: each has its own width, and the activations of one already fill the caches.
  group = 1
  section = None

  def __init__(self, model, name):
    self.model, self.name = model, name

  def picture(self, variable, context):
    """The variable, rolls `[B, T, 2, 88]` or latents `[B, S, Z]`, as one channel `[B, H, W]`."""
    if len(variable.shape) == 3:
      return variable
    light = ONSET_BRIGHTNESS * variable[:, :, 0] + SUSTAIN_BRIGHTNESS * variable[:, :, 1]  # [B, T, 88]
    shape = tf.shape(light)
    return tf.reduce_mean(tf.reshape(light, (shape[0], -1, context['steps_per_column'], shape[2])), 2)

  def activations(self, variable, context):
    """{name: `[B, H', W', C]`}."""
    picture = self.picture(variable, context)
    shape = tf.shape(picture)
    rows, columns = tf.maximum(LEAST_SIDE - shape[1], 0), tf.maximum(LEAST_SIDE - shape[2], 0)
    picture = tf.pad(picture, [[0, 0], [0, rows], [0, columns]])
    # As in the published code ImageNet's mean colour is not taken away: silence is 0.
    image = 255.0 * tf.repeat(picture[..., None], 3, -1)
    return dict(zip((*self.style_names, *self.content_names), self.model(image)))

  def valid_positions(self, features, context):
    """None: every position of a picture counts."""
    del features, context


class ComposerNetwork:
  """The composer classifier on rolls or on rows of latents (experiments 2 and 4), in sections of the length it was trained on.

  Args:
    classifier: RollClassifier or LatentClassifier.
    name: which one, for the report.
    section: steps (or rows of latents) of a section.

  The style layers are all convolutions and dense layers, as in the published code. Deviations: it took the first 16 bars, here every section
  of a piece counts. Its content layer was the first dense one, above the flattened convolutions; so it is here for a classifier that
  flattens. One that pools over time has forgotten there what comes when: its content layer is the last convolution.
  """

  product = staticmethod(style.dot_product)
  distance = staticmethod(style.dot_product_distance)
  group = 8

  def __init__(self, classifier, name, section):
    self.model = self.classifier = classifier
    self.name, self.section = name, section
    convolutions = tuple(layer.name for layer in classifier.trunk.convolutions)
    dense = tuple(layer.name for layer in classifier.trunk.dense) or ('logits',)
    self.style_names = convolutions + dense
    self.content_names = dense[:1] if classifier.trunk.pooling == 'flatten' else convolutions[-1:]

  def picture(self, variable, context):
    """The variable as one channel: rolls `[B, T, 176]`, latents as they are."""
    del context
    return tf.reshape(variable, (tf.shape(variable)[0], -1, 2 * variable.shape[-1])) if len(variable.shape) == 4 else variable

  def activations(self, variable, context):
    """{name: `[B * N, T', C]` or `[B * N, C]`}, N sections a piece; `context['lengths']` int `[B * N]` of them hold music."""
    picture = self.picture(variable, context)
    sections = tf.reshape(picture, (-1, self.section, picture.shape[-1]))
    lengths = context['lengths']
    if len(variable.shape) == 4:
      x, valid = self.classifier.prepare(sections, lengths)
    else:
      x, valid = sections, tf.sequence_mask(lengths, self.section, tf.float32)
    found = self.classifier.activations(x, valid)
    return {name: tf.cast(found[name], tf.float32) for name in self.style_names + self.content_names}

  def valid_positions(self, features, context):
    """`[B * N]`: how many positions of a feature map `[B * N, T', C]` hold music."""
    return tf.cast(context['lengths'], tf.float32) / self.section * tf.cast(tf.shape(features)[1], tf.float32)


@functools.lru_cache(maxsize=2)
def composer_of_rolls():
  """ComposerNetwork on rolls.

  Raises:
    ModelNotFoundError: its bundle is missing; says how to train one.
  """
  return _composer(COMPOSER_ROLL)


@functools.lru_cache(maxsize=2)
def composer_of_latents(latents):
  """ComposerNetwork on rows of the latents of a `roll_latents.RollLatents`.

  Raises:
    ModelNotFoundError: its bundle is missing, or reads other latents; says how to train one.
  """
  network = _composer(COMPOSER_LATENT)
  size, z_size = network.classifier.settings['z_size'], latents.model.z_size
  if size != z_size:
    raise errors.ModelNotFoundError(
        f'{COMPOSER_LATENT} reads latents of {size} dimensions, and {latents.name} has {z_size}. '
        + _how_to_train(COMPOSER_LATENT, f' --hparams=encoder={latents.name},z_size={z_size}'))
  return network


def _composer(name):
  """ComposerNetwork of a bundle."""
  if bundles.locate(name) is None:
    raise errors.ModelNotFoundError(f'the composer classifier {name} is not there. ' + _how_to_train(name))
  model, config, _ = bundles.load(name)
  section = config.hparams.steps // config.hparams.get('window_steps', 1)
  return ComposerNetwork(model, f'composer classifier, bundle {name}', section)


def _how_to_train(name, hparams=''):
  return (f'Train one: musicnst train --config={name} --run_dir=runs/{name} --examples_path=RECORDS{hparams}, then '
          f'musicnst bundle --run_dir=runs/{name} --output={bundles.PRETRAINED / name}')


@functools.lru_cache(maxsize=2)
def vgg(imagenet=False, seed=0):
  """VGGNetwork with weights drawn from `seed` (He et al., 2015), or with ImageNet's.

  Raises:
    ModelNotFoundError: ImageNet's weights could not be had.
  """
  names = VGG_STYLE + VGG_CONTENT
  path = imagenet_weights() if imagenet else None
  model = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
  if imagenet:
    load_imagenet(model, path)
  else:
    generator = np.random.default_rng(seed)
    for variable in model.trainable_variables:
      fan_in = int(np.prod(variable.shape[:-1]))
      draw = generator.standard_normal(variable.shape, np.float32) * np.float32(np.sqrt(2.0 / fan_in))
      variable.assign(draw if len(variable.shape) > 1 else np.zeros(variable.shape, np.float32))
  outputs = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
  return VGGNetwork(outputs, 'VGG-19, ImageNet' if imagenet else f'VGG-19, random weights of seed {seed}')


def load_imagenet(model, path):
  """Sets VGG-19's weights from the file.

  Raises:
    ModelNotFoundError: the file holds something else.
  """
  try:
    model.load_weights(path)
  except (OSError, ValueError, KeyError) as error:
    raise errors.ModelNotFoundError(f"{path}: not VGG-19's weights ({error}). Delete it to download it again.") from error


def imagenet_weights(url=None, md5=None, cache_dir=None):
  """Path of ImageNet's weights for VGG-19, downloaded once into Keras's cache and checked.

  Args:
    url, md5: of the file; None takes Keras's own.
    cache_dir: folder of the cache; None takes Keras's (~/.keras, or $KERAS_HOME).

  Raises:
    ModelNotFoundError: the download failed or gave another file.
  """
  url, md5 = url or IMAGENET_URL, md5 or IMAGENET_MD5
  try:
    with _timeout():
      return keras.utils.get_file(url.rsplit('/', 1)[-1], url, file_hash=md5, cache_subdir='models', cache_dir=cache_dir)
  except Exception as error:  # Keras raises plain Exception for a failed download
    raise errors.ModelNotFoundError(
        f'VGG-19 with ImageNet weights: {error}. Check the connection, or put the file of {url} (MD5 {md5}) into ~/.keras/models; '
        'without --imagenet the network takes random weights.') from error


@contextlib.contextmanager
def _timeout():
  """A server that does not answer ends the download."""
  before = socket.getdefaulttimeout()
  socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_SECS)
  try:
    yield
  finally:
    socket.setdefaulttimeout(before)
