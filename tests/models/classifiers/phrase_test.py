"""The papers' classifier of phrases: its layers by hand, and that it learns."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import configs
from musicnst import errors


def normalized(x):
  """Instance normalization of `[H, W, C]`."""
  return (x - x.mean((0, 1))) / np.sqrt(x.var((0, 1)) + 1e-5)


def leaky(x):
  return np.where(x > 0, x, .2 * x)


def over_blocks(x, kernel):
  """A convolution whose stride is its size, `[H, W, C]` by `[h, w, C, F]`."""
  h, w = kernel.shape[:2]
  blocks = x.reshape(x.shape[0] // h, h, x.shape[1] // w, w, x.shape[2])
  return np.einsum('ahbwc,hwcf->abf', blocks, kernel)


def test_layers_are_the_papers():
  model = configs.get('genre-phrase_jazz_classical_pop', 'width=3').build_model()
  for layer in (model.octaves, *model.over_time, model.output_head):
    layer.kernel.assign(np.random.default_rng(1).normal(size=layer.kernel.shape) / 4)
  roll = (np.random.default_rng(0).random((64, 84)) < .1).astype(float)
  x = leaky(over_blocks(2 * roll[..., None] - 1, model.octaves.kernel.numpy()))
  assert x.shape == (64, 7, 3)
  for layer, shape in zip(model.over_time, ((16, 7, 6), (8, 7, 12), (1, 7, 24))):
    x = leaky(normalized(over_blocks(x, layer.kernel.numpy())))
    assert x.shape == shape
  logits = over_blocks(x, model.output_head.kernel.numpy())[0, 0]
  np.testing.assert_allclose(model(roll[None].astype('float32'))[0], logits, rtol=1e-3, atol=1e-4)


def test_paper_sizes():
  model = configs.get('genre-phrase_jazz_pop').build_model()
  convolutions = 12 * 64 + 4 * 64 * 128 + 2 * 128 * 256 + 8 * 256 * 512 + 7 * 512 * 2
  assert model.count_params() == convolutions + 2 * (128 + 256 + 512)


@pytest.mark.slow
def test_it_learns_low_from_high():
  rng = np.random.default_rng(0)
  rolls = np.zeros((8, 2, 64, 84), 'float32')
  rolls[:, 0, :, :40] = rng.random((8, 64, 40)) < .1
  rolls[:, 1, :, 44:] = rng.random((8, 64, 40)) < .1
  model, batch = configs.get('genre-phrase_jazz_pop', 'width=4').build_model(), {'inputs': tf.constant(rolls)}
  player, = model.players()
  for _ in range(60):
    with tf.GradientTape() as tape:
      loss = tf.reduce_mean(player.loss_terms(batch, True, 0)['cross_entropy'])
    for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
      variable.assign_sub(.5 * gradient)
  assert loss < .1
  found = {name: value.numpy().mean() for name, value in model.metric_terms(batch, 0).items()}
  assert found == {'accuracy': 1, 'accuracy/jazz': 1, 'accuracy/pop': 1}


def test_other_lengths_are_refused():
  with pytest.raises(errors.ArgumentError, match='reads 64'):
    configs.get('genre-phrase_jazz_pop', 'steps=32').build_model()
