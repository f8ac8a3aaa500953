"""The contract of a model: players with named losses, and abilities, which are base classes, so that a model says by what it is what it can do.

A verb asks for an ability with `require`; nothing asks a model for its attributes one by one.
"""
import dataclasses
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TypeVar
from typing import overload

import keras
import numpy as np

from musicnst import errors
from musicnst import priors

# A tensor of Keras's backend, or a numpy array where one will do.
Tensor = Any
Batch = Mapping[str, Tensor]


@dataclasses.dataclass(frozen=True)
class Player:
  """One optimizer's side of a training.

  Args:
    name: 'model' for single-player models; 'generator', 'critic', ... otherwise.
    loss_terms: `(batch, training, step) -> {term: [B]}`, already weighted, per example; their sum is minimized.
    variables: `() -> list` of the trainable variables that this player moves.
    steps: updates a batch; each draws its own noise (`seeds` differ).
  """

  name: str
  loss_terms: Callable[..., Mapping[str, Tensor]]
  variables: Callable[[], Sequence[keras.Variable]]
  steps: int = 1


@dataclasses.dataclass(frozen=True)
class Gaussian:
  """Diagonal Gaussian: `mean` and `stddev`, each `[B, Z]`."""

  mean: Tensor
  stddev: Tensor

  def sample(self, seed: Any = None) -> Tensor:
    return self.mean + self.stddev * keras.random.normal(keras.ops.shape(self.mean), dtype=self.mean.dtype, seed=seed)


class MusicModel(keras.Model):
  """Base of every model; a batch is a dict with `inputs, outputs, controls, lengths, labels` (the last three optional).

  In training the trainer adds `seeds` int32 `[B]`, a number of each example's own: whatever a model draws should come from them
  (`layers.noise`), so that a run does not depend on the number of replicas and resumes to the bit.

  A family's model inherits from one or more of the abilities below; each says what its methods take and give.
  """

  # The config that the model was built of, for messages; `Config.build_model` sets it.
  config_name: str = ''

  def players(self) -> tuple[Player, ...]:
    """tuple of Player."""
    raise NotImplementedError

  def metric_terms(self, batch: Batch, step: Tensor) -> Mapping[str, Any]:
    """{name: [B]} of unweighted measures worth logging (accuracy, kl_bits, ...); evaluation averages them over examples.

    A measure that is a ratio over the whole evaluation (an F1 score, an accuracy by class) is a pair (numerators, denominators), each
    `[B]` or `[B, C]`: both are summed over the examples, then divided, then averaged over the columns whose denominator is not 0.
    """
    return {}


# === Abilities ===


class GenerativeModel(MusicModel):
  """Makes music from nothing."""

  def sample(self, n: int, steps: int | None = None, temperature: float = 1.0, controls: Tensor | None = None, seed: Any = 0) -> Tensor:
    """`n` outputs float32 `[n, T, output_depth]`, 0/1 (or real values, of a representation of such); equal seeds give equal outputs.

    Args:
      steps: T; the converter's by default.
      temperature: of the draw.
      controls: `[n, T, control_depth]`, of a model that has controls.
      seed: int, or int64 scalar tensor.
    """
    raise NotImplementedError


class LatentModel(MusicModel):
  """Encodes windows to latents `[B, Z]` and decodes them: what transfer, interpolation and reconstruction ask for."""

  z_size: int = 0
  # Whether interpolation goes straight from one latent to another, not on the great circle.
  straight: bool = False

  @property
  def autoregressive(self) -> bool:
    """Whether the decoder reads what it wrote: its logits are then those of teacher forcing."""
    return False

  def encode(self, batch: Batch) -> Gaussian:
    """batch -> Gaussian(mean, stddev), each `[B, Z]`."""
    raise NotImplementedError

  def decode_logits(self, z: Tensor, batch: Batch | None = None) -> Tensor:
    """z `[B, Z]` -> logits `[B, T, output_depth]`; an autoregressive decoder is teacher-forced on `batch['outputs']`."""
    raise NotImplementedError

  def decode_tokens(
      self, z: Tensor, steps: int | None = None, temperature: float = 0.0, controls: Tensor | None = None, seed: Any = 0) -> Tensor:
    """z `[B, Z]` -> free-running outputs float32 `[B, T, output_depth]` (0/1); temperature 0 is arg-max (or the threshold).

    Equal `seed` (int, or keys int64 `[B]`) and z give equal outputs.
    """
    raise NotImplementedError

  def likeliest(self, logits: Tensor) -> Tensor:
    """Logits of `decode_logits` -> the likeliest outputs float32 `[B, T, output_depth]` (0/1); cells of independent bits by default."""
    return keras.ops.cast(logits >= 0, 'float32')


class PriorModel(LatentModel, GenerativeModel):
  """A latent model that can be sampled: its latents have a prior, the standard normal by default."""

  def draw_latents(self, n: int, seed: int = 0) -> np.ndarray:
    """`n` latents of the prior, float32 numpy `[n, Z]`."""
    return np.random.default_rng(seed).standard_normal((n, self.z_size)).astype(np.float32)

  def sample(self, n: int, steps: int | None = None, temperature: float = 1.0, controls: Tensor | None = None, seed: Any = 0) -> Tensor:
    """What latents of the prior are decoded to; see `GenerativeModel.sample`. Here `seed` is an int."""
    return self.decode_tokens(keras.ops.convert_to_tensor(self.draw_latents(n, seed)), steps, temperature, controls, seed=seed)


class MixtureModel(PriorModel):
  """A latent model whose prior is a mixture, a component for each genre: latents can be carried from genre to genre."""

  genres: tuple[str, ...] = ()
  prior: priors.Prior

  def component_of(self, genre: str) -> int:
    """The index of a genre's component.

    Raises:
      UnknownNameError: a genre that the model does not know.
    """
    raise NotImplementedError


class TranslationModel(MusicModel):
  """Translates windows of one domain (a genre, an instrument, a rhythm without its timing, ...) to windows of another."""

  # Names of the domains; they are referred to by their place in this tuple.
  domains: tuple[str, ...] = ()
  # (source, target) pairs that it was made for.
  directions: tuple[tuple[int, int], ...] = ((0, 1),)

  def domain_of(self, batch: Batch, domain: int) -> Tensor:
    """The batch's windows `[B, T, D]` of a domain: inputs are of domain 0 and outputs of domain 1 by default."""
    return batch['outputs' if domain else 'inputs']

  def translate(self, windows: Tensor, target: int = 1, training: bool = False) -> Tensor:
    """Windows `[B, T, D]` of a domain that leads to `target` -> float32 `[B, T, D']` in domain `target`.

    They are probabilities, or real values of a representation of such.
    """
    raise NotImplementedError


class ClassifierModel(MusicModel):
  """Says which of `classes` music is of."""

  classes: tuple[str, ...] = ()

  def call(self, inputs: Tensor, lengths: Tensor | None = None, training: bool = False) -> Tensor:
    """Windows `[B, T, input_depth]`, 0/1 or soft, -> logits float32 `[B, C]` of `classes`; `lengths` `[B]` are the valid steps."""
    raise NotImplementedError


class FeatureModel(MusicModel):
  """Gives its inner activations by name: what a style network is read by."""

  def features(self, x: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """{name: activation} of x, as the model's first layer reads it.

    Raises:
      UnknownNameError: a name that it does not have.
    """
    raise NotImplementedError


# What a model of each ability can do, to be read after 'can'.
ABILITIES: dict[type[MusicModel], str] = {
    GenerativeModel: 'make music from nothing',
    LatentModel: 'encode music to latents and decode them',
    MixtureModel: 'carry latents from genre to genre',
    TranslationModel: 'translate windows from one domain to another',
    ClassifierModel: 'classify music',
    FeatureModel: 'give features of its layers',
}

Ability = TypeVar('Ability', bound=MusicModel)


@overload
def require(model: Any, ability: type[Ability], what: str) -> Ability: ...


@overload
def require(model: Any, ability: tuple[type[MusicModel], ...], what: str) -> Any: ...


def require(model: Any, ability: Any, what: str) -> Any:
  """The model, which has the ability (or one of several).

  Args:
    model: whatever was loaded.
    ability: one of `ABILITIES`, or a tuple of them.
    what: what asks for it, as the subject of 'needs': 'interpolation', 'method cyclegan'.

  Raises:
    AbilityError: it has not; says what it can do instead.
  """
  if isinstance(model, ability):
    return model
  wanted = ability if isinstance(ability, tuple) else (ability,)
  name = model.config_name if isinstance(model, MusicModel) else ''
  raise errors.AbilityError(what, name or type(model).__name__, [ABILITIES[kind] for kind in wanted], abilities(model))


def abilities(model: Any) -> list[str]:
  """What a model can do, each to be read after 'can'."""
  return [text for kind, text in ABILITIES.items() if isinstance(model, kind)]
