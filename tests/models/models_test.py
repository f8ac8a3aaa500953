"""Every registered config keeps the contract, at a tiny size."""
import functools

import pytest

from musicnst import configs
from tests.models import contract


def tiny(name):
  """The named config, small enough to run in a moment."""
  config = configs.get(name)
  hparams = config.hparams
  small = {'steps': 4, 'batch_size': 3}
  if 'z_size' in hparams:
    small['z_size'] = 4
  if 'width' in hparams:
    small['width'] = 6
  if 'enc_rnn_size' in hparams:
    small['enc_rnn_size'], small['dec_rnn_size'] = ([5] * len(hparams[key]) for key in ('enc_rnn_size', 'dec_rnn_size'))
  if hparams.get('level_lengths'):
    small['level_lengths'] = [2, 2]
  if 'filters' in hparams:
    # Longer than the kernels at every layer: TensorFlow's bfloat16 gradient of a convolution is wrong where it is not.
    small['steps'] = 16
    small['filters'], small['kernels'] = [6] * len(hparams.filters), [3] * len(hparams.kernels)
    small['dense'] = [5] * len(hparams.dense)
  if 'window_steps' in hparams:
    small['window_steps'] = 2
  return config.override(**small)


def with_encoder(model):
  """Gives a classifier of latents an encoder, which it would load from a bundle."""
  if hasattr(model, 'frozen'):
    model.frozen.model = tiny_encoder()


@functools.cache
def tiny_encoder():
  return configs.get('polyphonic-2bar').override(steps=2, steps_per_beat=2, width=3, z_size=4).build_model()


@pytest.mark.parametrize('name', sorted(configs.config_map()))
def test_contract(name, tmp_path):
  contract.run_model_contract(tiny(name), tmp_path, with_encoder)
