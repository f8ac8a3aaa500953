"""Every registered config keeps the contract, at a tiny size."""
import functools

import pytest
import tensorflow as tf

from musicnst import configs
from tests.models import contract


def tiny(name):
  """The named config, small enough to run in a moment."""
  config = configs.get(name)
  hparams = config.hparams
  small = {'steps': 4, 'batch_size': 3}
  if 'z_size' in hparams:
    small['z_size'] = 4
  if hparams.get('width'):
    small['width'] = 6
  if 'critic_size' in hparams:
    small.update(critic_size=[5] * len(hparams.critic_size), enc_rnn_size=[5], dec_rnn_size=[5])
  small.update({name: 6 for name in ('track_width', 'bar_width', 'bar_rnn_size') if hparams.get(name)})
  if hparams.get('whole_size'):
    small['whole_size'] = 2
  if 'enc_rnn_size' in hparams:
    small['enc_rnn_size'], small['dec_rnn_size'] = ([5] * len(hparams[key]) for key in ('enc_rnn_size', 'dec_rnn_size'))
  if hparams.get('level_lengths'):
    small['level_lengths'] = [2, 2]
  if 'multiperf' in name:
    small.update(steps=12, level_lengths=[4, 3])
  if 'filters' in hparams:
    # Longer than the kernels at every layer: TensorFlow's bfloat16 gradient of a convolution is wrong where it is not.
    small['steps'] = 16
    small['filters'], small['kernels'] = [6] * len(hparams.filters), [3] * len(hparams.kernels)
    small['dense'] = [5] * len(hparams.dense)
  if 'window_steps' in hparams:
    small['window_steps'] = 2
  if 'critic_width' in hparams:  # pools remember batches: apart, in cyclegan/model_test.py
    small.update(steps=8, width=2, critic_width=2, blocks=1, pool_size=0)
  if name.startswith('genre-phrase'):
    small.update(steps=64, width=2)
  return config.override(**small)


def with_encoder(model):
  """Gives a classifier of latents an encoder, which it would load from a bundle."""
  if hasattr(model, 'frozen'):
    model.frozen.model = tiny_encoder()
  if getattr(model, 'settings', {}).get('spectral'):
    settle(model)


def settle(model):
  """Spectral normalization scales kernels whenever it is called in training: until it has found their largest singular value."""
  rolls = tf.random.stateless_uniform((2, model.converter_arguments['steps'], 84), (1, 2))
  for _ in range(15):
    for network in (*model.generators, *model.critics):
      network(rolls, training=True)


@functools.cache
def tiny_encoder():
  return configs.get('polyphonic-2bar').override(steps=2, steps_per_beat=2, width=3, z_size=4).build_model()


# Of the CycleGANs the simplest and the one with everything: the others lie between, or differ in genres and sizes alone.
CYCLEGANS = ('cyclegan-base_classical_pop-small', 'cyclegan-full-sn-sa_classical_pop-small')
NAMES = [name for name in sorted(configs.config_map()) if not name.startswith('cyclegan') or name in CYCLEGANS]


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
def test_contract(name, tmp_path):
  contract.run_model_contract(tiny(name), tmp_path, with_encoder)
