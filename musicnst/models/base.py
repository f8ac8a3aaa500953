"""The contract of a model: players with named losses, a latent interface, features for style."""
import dataclasses
from collections.abc import Callable

import keras
import numpy as np


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
  loss_terms: Callable
  variables: Callable
  steps: int = 1


@dataclasses.dataclass(frozen=True)
class Gaussian:
  """Diagonal Gaussian: `mean` and `stddev`, each `[B, Z]`."""

  mean: object
  stddev: object

  def sample(self, seed=None):
    return self.mean + self.stddev * keras.random.normal(keras.ops.shape(self.mean), dtype=self.mean.dtype, seed=seed)


class MusicModel(keras.Model):
  """Base of every model; a batch is a dict with `inputs, outputs, controls, lengths, labels` (the last three optional).

  In training the trainer adds `seeds` int32 `[B]`, a number of each example's own: whatever a model draws should come from them
  (`layers.noise`), so that a run does not depend on the number of replicas and resumes to the bit.
  """

  def players(self):
    """tuple of Player."""
    raise NotImplementedError

  def metric_terms(self, batch, step):
    """{name: [B]} of unweighted measures worth logging (accuracy, kl_bits, ...); evaluation averages them over examples.

    A measure that is a ratio over the whole evaluation (an F1 score, an accuracy by class) is a pair (numerators, denominators), each
    `[B]` or `[B, C]`: both are summed over the examples, then divided, then averaged over the columns whose denominator is not 0.
    """
    return {}

  def features(self, x, names):
    """{name: tensor} of named intermediate activations: what a style network gives."""
    raise NotImplementedError(f'{type(self).__name__} has no named features')


class LatentModel(MusicModel):
  """A model with latents: what transfer, interpolation and generation ask for."""

  z_size = 0
  # Whether interpolation goes straight from one latent to another, not on the great circle.
  straight = False
  # Whether the decoder reads what it wrote: `decode_logits` is then teacher-forced, and what it writes freely is `decode_tokens`.
  autoregressive = False

  def draw_latents(self, n, seed=0):
    """`n` latents of the prior, float32 numpy `[n, Z]`."""
    return np.random.default_rng(seed).standard_normal((n, self.z_size)).astype(np.float32)

  def encode(self, batch):
    """batch -> Gaussian(mean, stddev), each `[B, Z]`."""
    raise NotImplementedError

  def decode_logits(self, z, batch=None):
    """z `[B, Z]` -> logits `[B, T, output_depth]`; an autoregressive decoder is teacher-forced on `batch['outputs']`."""
    raise NotImplementedError

  def decode_tokens(self, z, steps=None, temperature=0.0, controls=None):
    """z `[B, Z]` -> free-running outputs `[B, T, output_depth]` (0/1); temperature 0 is arg-max (or the threshold)."""
    raise NotImplementedError
