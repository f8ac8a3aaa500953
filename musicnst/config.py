"""A Config puts a converter and a network together under one name; frozen, with factories, nothing built until asked."""
import dataclasses
from collections.abc import Callable

from musicnst import hparams as hparams_lib


@dataclasses.dataclass(frozen=True)
class Config:
  """One entry of CONFIG_MAP.

  Args:
    name: the entry's name.
    model: `(hparams, converter) -> MusicModel`, called when a model is needed.
    converter: `(hparams) -> Converter`.
    hparams: every default that `--hparams` may override.
    description: one line for `musicnst list`.
  """

  name: str
  model: Callable
  converter: Callable
  hparams: hparams_lib.HParams
  description: str = ''

  def override(self, text='', **values):
    """A copy whose hparams are overridden (see `HParams.override`)."""
    return dataclasses.replace(self, hparams=self.hparams.override(text, **values))

  def build_converter(self):
    return self.converter(self.hparams)

  def build_model(self):
    """A new, built model (all its variables exist)."""
    return self.model(self.hparams, self.build_converter())

  def to_dict(self):
    """What is written to `config.json`."""
    return {'name': self.name, 'hparams': self.hparams.to_dict()}
