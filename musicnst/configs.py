"""CONFIG_MAP: every family's configs under one roof."""
import importlib
from collections.abc import Mapping
from typing import Any

from musicnst import config as config_lib
from musicnst import registry

# Each module holds a `config.Family` FAMILY; imported when a config is asked for.
FAMILIES = (
    'musicnst.models.music_vae.family',
    'musicnst.models.classifiers.family',
    'musicnst.models.musae.family',
    'musicnst.models.cyclegan.family',
    'musicnst.models.texture.family',
)


def families() -> tuple[config_lib.Family, ...]:
  """All families, in their order."""
  return tuple(importlib.import_module(module).FAMILY for module in FAMILIES)


def config_map() -> dict[str, config_lib.Config]:
  """All configs: dict of name -> Config."""
  merged: dict[str, config_lib.Config] = {}
  for family in families():
    merged.update(family.configs)
  return merged


def get(name: str, hparams: str = '') -> config_lib.Config:
  """The named config with `--hparams` text applied; raises `UnknownNameError` or `HparamError`."""
  return registry.lookup(config_map(), name, 'config').override(hparams)


def from_dict(values: Mapping[str, Any]) -> config_lib.Config:
  """The config that `Config.to_dict` wrote."""
  return registry.lookup(config_map(), values['name'], 'config').override(**values['hparams'])
