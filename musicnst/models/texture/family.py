"""What the menders of moved accompaniment have to offer: their config, its tiny size, random windows."""
from musicnst import config as config_lib
from musicnst.data import synthetic
from musicnst.models.texture import configs


def _tiny(config):
  small = {'steps': 8, 'batch_size': 3, 'units': 8, 'layers': 2, 'heads': 2, 'most_notes': 24}
  return {**small, 'z_size': 4} if 'z_size' in config.hparams else small


def _batch(config, size, seed=0):
  return synthetic.batch(config.build_converter(), size, seed)


FAMILY = config_lib.Family('texture', configs.CONFIGS, _tiny, _batch)
