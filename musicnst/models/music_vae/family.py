"""What MusicVAE has to offer: its configs, their tiny sizes, its batches."""
from musicnst import config as config_lib
from musicnst.data import synthetic
from musicnst.models.music_vae import configs


def _tiny(config):
  hparams, small = config.hparams, {'steps': 4, 'batch_size': 3, 'z_size': 4}
  if not config.deferred:
    return {**small, 'width': 6}  # the network of beats
  small['enc_rnn_size'], small['dec_rnn_size'] = ([5] * len(hparams[side]) for side in ('enc_rnn_size', 'dec_rnn_size'))
  if hparams.steps_per_quarter == configs.MULTITRACK.steps_per_quarter:  # a track's bar begins with two steps of its own
    return {**small, 'steps': 12, 'level_lengths': [4, 3]}
  return {**small, 'level_lengths': [2, 2]} if hparams.level_lengths else small


def _batch(config, size, seed=0):
  return synthetic.batch(config.build_converter(), size, seed)


FAMILY = config_lib.Family('music_vae', configs.CONFIGS, _tiny, _batch)
