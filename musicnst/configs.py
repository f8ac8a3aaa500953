"""CONFIG_MAP: every family's configs under one roof."""
import importlib

from musicnst import registry

# Each module holds a dict CONFIGS of name -> Config; imported when a config is asked for.
FAMILIES = (
    'musicnst.models.music_vae.configs',
    'musicnst.models.classifiers.configs',
    'musicnst.models.musae.configs',
    'musicnst.models.cyclegan.configs',
)


def config_map():
  """All configs: dict of name -> Config."""
  merged = {}
  for family in FAMILIES:
    merged.update(importlib.import_module(family).CONFIGS)
  return merged


def get(name, hparams=''):
  """The named config with `--hparams` text applied; raises `UnknownNameError` or `HparamError`."""
  return registry.lookup(config_map(), name, 'config').override(hparams)


def from_dict(values):
  """The config that `Config.to_dict` wrote."""
  return registry.lookup(config_map(), values['name'], 'config').override(**values['hparams'])
