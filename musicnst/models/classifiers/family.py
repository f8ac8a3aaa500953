"""What the classifiers have to offer: their configs, their tiny sizes, their batches with labels or of one window a class."""
import numpy as np

from musicnst import config as config_lib
from musicnst import registry
from musicnst.data import synthetic
from musicnst.models.classifiers import configs


def _tiny(config):
  hparams = config.hparams
  if config.model is configs.PHRASES:  # it reads no other length
    return {'steps': 64, 'batch_size': 3, 'width': 2}
  # Longer than the kernels at every layer: TensorFlow's bfloat16 gradient of a convolution is wrong where it is not.
  small = {'steps': 16, 'batch_size': 3, 'filters': [6] * len(hparams.filters), 'kernels': [3] * len(hparams.kernels),
           'dense': [5] * len(hparams.dense)}
  return {**small, 'z_size': 4, 'window_steps': 2} if config.model is configs.LATENTS else small


def _batch(config, size, seed=0):
  """One window of each class, or windows with `labels` int32 `[B]`."""
  converter, classes = config.build_converter(), len(config.hparams.classes)
  if config.hparams.get('one_of_each'):
    return synthetic.one_of_each(converter, classes, size, seed)
  return {**synthetic.batch(converter, size, seed), 'labels': np.arange(size, dtype=np.int32) % classes}


FAMILY = config_lib.Family(
    'classifiers', configs.CONFIGS, _tiny, _batch, prepare=registry.late('musicnst.models.classifiers.stand_in', 'give_latents'))
