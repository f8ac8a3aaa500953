"""What MusAE has to offer: its configs, their tiny sizes, its batches with tags."""
import numpy as np

from musicnst import config as config_lib
from musicnst.data import synthetic
from musicnst.models.musae import configs


def _tiny(config):
  hparams = config.hparams
  small = {'steps': 4, 'batch_size': 3, 'z_size': 4}
  small.update({name: [5] * len(hparams[name]) for name in ('enc_rnn_size', 'dec_rnn_size', 'critic_size')})
  small.update({name: 6 for name in ('width', 'track_width', 'bar_width', 'bar_rnn_size') if hparams[name]})
  return {**small, 'whole_size': 2} if hparams.whole_size else small


def _batch(config, size, seed=0):
  """With `tags` 0/1 `[B, G]` of the genres that the config has."""
  batch, genres = synthetic.batch(config.build_converter(), size, seed), len(config.hparams.genres)
  return {**batch, 'tags': np.random.default_rng((seed, 1)).integers(0, 2, (size, genres)).astype(np.float32)} if genres else batch


FAMILY = config_lib.Family('musae', configs.CONFIGS, _tiny, _batch)
