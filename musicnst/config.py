"""A Config puts a converter and a network together under one name; frozen, with factories, nothing built until asked. A Family holds several."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from musicnst import hparams as hparams_lib

# `models.base.MusicModel` and `representations.base.Converter`, which come after this module in the order of imports.
Model = Any
Converter = Any

# What every config has, for the trainer and the data; families change what they need.
TRAINING = hparams_lib.HParams(
    batch_size=512,               # examples of a global batch
    learning_rate=.001,           # at step 0
    decay_rate=.9999,             # of the learning rate, a step
    min_learning_rate=.00001,     # what the learning rate falls to
    grad_clip=1.0,                # largest global norm of the gradient
    clip_mode='global_norm',      # 'global_norm' or 'value'
    grad_norm_clip_to_zero=10000.0,  # a step whose gradient is longer than this is made zero
    transpose_low=0,              # lowest random transposition in training, semitones
    transpose_high=0,             # highest
    noise_seed=0)                 # names the training noise


@dataclasses.dataclass(frozen=True)
class Config:
  """One entry of CONFIG_MAP.

  Args:
    name: the entry's name.
    model: `(hparams, converter) -> MusicModel`, called when a model is needed.
    converter: `(hparams) -> Converter`.
    hparams: every default that `--hparams` may override.
    description: one line for `musicnst list`.
    magenta: whether Magenta has a name for each of its model's variables, so that checkpoints of Magenta's may be of it.
    deferred: whether its model can be made without first values (`models.filling`), as whoever loads weights into a large one does; not where
      making it uses the values.
  """

  name: str
  model: Callable[[hparams_lib.HParams, Converter], Model]
  converter: Callable[[hparams_lib.HParams], Converter]
  hparams: hparams_lib.HParams
  description: str = ''
  magenta: bool = False
  deferred: bool = False

  def override(self, text: str = '', **values: Any) -> Config:
    """A copy whose hparams are overridden (see `HParams.override`)."""
    return dataclasses.replace(self, hparams=self.hparams.override(text, **values))

  def build_converter(self) -> Converter:
    return self.converter(self.hparams)

  def build_model(self) -> Model:
    """A new, built model (all its variables exist)."""
    model = self.model(self.hparams, self.build_converter())
    model.config_name = self.name
    return model

  def to_dict(self) -> dict[str, Any]:
    """What is written to `config.json`."""
    return {'name': self.name, 'hparams': self.hparams.to_dict()}


def _as_it_is(model: Model) -> None:
  """Leaves a model as it is."""


@dataclasses.dataclass(frozen=True)
class Family:
  """What a folder of `musicnst/models` has to offer: FAMILY in its `family.py`. Listed in `configs.FAMILIES`, it is all that anything asks for.

  Args:
    name: of the folder.
    configs: name -> Config.
    tiny: Config -> overrides of its hyperparameters that make it small enough to train and run in a moment.
    batch: `(config, size, seed) -> {name: array}`: a random batch as the trainer gives it, `seeds` among it (see `data.synthetic`).
    kinds: names of the configs that differ in kind, on which the contract of models is tested; empty for all of them.
    prepare: puts a new model into the state in which the contract finds it, where that is another than it is made in: what it would load
      from a bundle is put in its place, what training settles is settled.
  """

  name: str
  configs: Mapping[str, Config]
  tiny: Callable[[Config], Mapping[str, Any]]
  batch: Callable[[Config, int, int], Mapping[str, Any]]
  kinds: tuple[str, ...] = ()
  prepare: Callable[[Model], None] = _as_it_is

  def tiny_config(self, name: str) -> Config:
    """The named config at its tiny size."""
    config = self.configs[name]
    return config.override(**self.tiny(config))
