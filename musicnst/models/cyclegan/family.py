"""What CycleGAN has to offer: its configs, their tiny sizes, its batches of one window a genre."""
import numpy as np

from musicnst import config as config_lib
from musicnst.data import synthetic
from musicnst.models.cyclegan import configs
from musicnst.representations import binary

# Calls in training after which spectral normalization has found a tiny kernel's largest singular value.
_SETTLED = 15


def _tiny(config):
  del config
  return {'steps': 8, 'batch_size': 3, 'width': 2, 'critic_width': 2, 'blocks': 1, 'pool_size': 0}  # a pool remembers batches


def _batch(config, size, seed=0):
  return synthetic.one_of_each(config.build_converter(), len(config.hparams.classes), size, seed)


def _settle(model):
  """Spectral normalization scales a kernel at each call in training, until it has found its largest singular value."""
  if not model.settings['spectral']:
    return
  rolls = synthetic.tokens(np.random.default_rng(0), (2, model.converter_arguments['steps'], binary.NUM_PITCHES))
  for _ in range(_SETTLED):
    for network in (*model.generators, *model.critics):
      network(rolls, training=True)


# The simplest and the one with everything: the others lie between, or differ in genres and sizes alone.
FAMILY = config_lib.Family(
    'cyclegan', configs.CONFIGS, _tiny, _batch, kinds=('cyclegan-base_classical_pop-small', 'cyclegan-full-sn-sa_classical_pop-small'),
    prepare=_settle)
