"""The networks against numpy: normalization, attention, spectral norm, sizes of the published ones."""
import keras
import numpy as np
import pytest

from musicnst import configs
from musicnst.layers import images
from musicnst.models.cyclegan import networks


def rolls(count=2, steps=16, seed=0):
  return (np.random.default_rng(seed).random((count, steps, 84)) < .1).astype('float32')


def softmax(x):
  e = np.exp(x - x.max(-1, keepdims=True))
  return e / e.sum(-1, keepdims=True)


def test_instance_normalization_is_by_example_and_channel():
  x = np.random.default_rng(0).normal(3, 2, (2, 4, 5, 3)).astype('float32')
  layer = images.InstanceNormalization()
  layer.build(x.shape)
  layer.scale.assign([1, 2, 3])
  layer.offset.assign([0, 0, 5])
  expected = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5) * [1, 2, 3] + [0, 0, 5]
  np.testing.assert_allclose(layer(x), expected, atol=1e-4)


def test_attention_begins_as_nothing_and_is_the_papers_formula():
  x = np.random.default_rng(0).normal(size=(2, 3, 4, 16)).astype('float32')
  layer = images.SelfAttention()
  layer.build(x.shape)
  np.testing.assert_array_equal(layer(x), x)
  layer.gamma.assign(.5)
  for part in (layer.query, layer.key, layer.value):
    part.kernel.assign(np.random.default_rng(1).normal(size=part.kernel.shape) / 2)
  cells = x.reshape(2, 12, 16)
  project = lambda part: cells @ part.kernel.numpy()[0, 0] + part.bias.numpy()
  query, key, value = project(layer.query), project(layer.key), project(layer.value)
  assert query.shape == (2, 12, 2)  # an eighth of the channels
  expected = cells + .5 * softmax(query @ key.transpose(0, 2, 1)) @ value
  np.testing.assert_allclose(layer(x), expected.reshape(x.shape), atol=1e-5)


def test_pooled_attention_looks_at_the_maxima_of_squares():
  x = np.random.default_rng(0).normal(size=(1, 4, 6, 8)).astype('float32')
  layer = images.SelfAttention(pool=2)
  layer.build(x.shape)
  layer.gamma.assign(1)
  query, key, value = (np.asarray(part(x)) for part in (layer.query, layer.key, layer.value))
  pooled = lambda y: y.reshape(1, 2, 2, 3, 2, -1).max((2, 4)).reshape(1, 6, -1)
  expected = softmax(query.reshape(1, 24, -1) @ pooled(key).transpose(0, 2, 1)) @ pooled(value)
  np.testing.assert_allclose(layer(x), x + expected.reshape(x.shape), atol=1e-5)


@pytest.mark.slow
def test_spectral_convolutions_have_largest_singular_value_one():
  generator = networks.Generator(4, 2, spectral=True, attention=True)
  generator.build((None, 16, 84))
  for _ in range(30):
    generator(rolls(), training=True)
  spectral = [layer for layer in generator._flatten_layers() if isinstance(layer, keras.layers.SpectralNormalization)]
  # Down 3, blocks 2 x 2, attention 2 x 3, output 1: every convolution, and no transposed one.
  assert len(spectral) == 14
  for layer in spectral:
    kernel = layer.kernel.numpy()
    largest = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
    assert largest == pytest.approx(1, abs=.05)
  convolutions = [layer for layer in generator._flatten_layers() if type(layer) is keras.layers.Conv2D]
  assert len(convolutions) == 14


def test_plain_networks_have_no_spectral_layers_and_no_attention():
  for network in (networks.Generator(4, 2), networks.Discriminator(4)):
    network.build((None, 16, 84))
    assert not [layer for layer in network._flatten_layers() if isinstance(layer, (keras.layers.SpectralNormalization, images.SelfAttention))]


def test_input_skip_begins_at_the_input():
  generator = networks.Generator(4, 1, input_skip=3.0)
  generator.build((None, 16, 84))
  generator.output_convolution.kernel.assign(generator.output_convolution.kernel * 0)
  np.testing.assert_allclose(generator(rolls()), 1 / (1 + np.exp(3 - 6 * rolls())), rtol=1e-5)


def test_the_paper_sizes():
  """Weights counted by hand from the published layers: no biases, a scale and an offset a channel of each normalization."""
  generator = networks.Generator()
  generator.build((None, 64, 84))
  down = 49 * 64 + 9 * 64 * 128 + 9 * 128 * 256
  blocks = 20 * (9 * 256 * 256 + 2 * 256)
  up = 9 * 256 * 128 + 9 * 128 * 64 + 49 * 64
  norms = 2 * (64 + 128 + 256 + 128 + 64)
  assert generator.count_params() == down + blocks + up + norms
  discriminator = networks.Discriminator()
  discriminator.build((None, 64, 84))
  assert discriminator.count_params() == 49 * 64 + 49 * 64 * 256 + 2 * 256 + 49 * 256
  assert discriminator(rolls(1, 64)).shape == (1, 16, 21)


def test_patches_and_outputs():
  generator, discriminator = networks.Generator(4, 2, attention=True), networks.Discriminator(4, attention=True)
  for network in (generator, discriminator):
    network.build((None, 64, 84))
  generator.output_convolution.kernel.assign(0 * generator.output_convolution.kernel)
  np.testing.assert_array_equal(generator(rolls(2, 64)), np.full((2, 64, 84), .5))  # a sigmoid of nothing
  logits = discriminator(rolls(2, 64)).numpy()
  assert logits.shape == (2, 16, 21)
  # Attention after both hidden convolutions of the discriminator, after the last two blocks of the generator.
  assert [layer.gamma.shape for layer in discriminator.attention] == [(), ()]
  assert [layer.value.kernel.shape[-1] for layer in discriminator.attention] == [4, 16]
  assert [layer.value.kernel.shape[-1] for layer in generator.attention] == [16, 16]


@pytest.mark.parametrize('name', [name for name in configs.config_map() if name.startswith('cyclegan') and name.endswith('classical_pop')])
def test_every_paper_config_builds(name):
  model = configs.get(name).build_model()
  assert model.to_b.blocks[-1].convolutions[0].name and len(model.to_b.blocks) == 10
  assert len(model.critics) == (2 if 'base' in name else 4)
  assert bool(model.to_b.attention) == ('-sa' in name)
