"""A Config puts a converter and a network together under one name; frozen, with factories, nothing built until asked."""
import dataclasses
from collections.abc import Callable

from musicnst import hparams as hparams_lib

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
