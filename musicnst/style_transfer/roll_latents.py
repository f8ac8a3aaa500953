"""The latents of piano rolls: a latent model over windows of 32 steps, with the threshold at which its cells are on."""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst.models import base
from musicnst.style_transfer import spaces

DEFAULT_MODEL = 'polyphonic-2bar'
WANTS = f'a latent model of {spaces.WINDOW_STEPS} steps of the polyphonic roll, such as {DEFAULT_MODEL}'
WINDOW_DEPTH = 176


@dataclasses.dataclass(frozen=True, eq=False)
class RollLatents:
  """A latent model and its threshold.

  Args:
    name: of the model's bundle, for reports and errors.
    model: LatentModel over windows of 32 steps x 176 cells.
    threshold: probability at which a decoded cell is on.
  """

  name: str
  model: object
  threshold: float

  @property
  def threshold_logit(self):
    threshold = np.clip(self.threshold, 1e-6, 1.0 - 1e-6)
    return float(np.log(threshold / (1.0 - threshold)))

  @property
  def autoregressive(self):
    """Whether the decoder reads what it wrote: gradients then pass it teacher-forced, and results are decoded freely."""
    return self.model.autoregressive

  @functools.cached_property
  def _encode(self):
    return tf.function(lambda windows: self.model.encode({'inputs': windows, 'outputs': windows}).mean, reduce_retracing=True)

  @functools.cached_property
  def _tokens(self):
    if self.autoregressive:
      return tf.function(lambda z: tf.cast(self.model.decode_tokens(z), tf.float32), reduce_retracing=True)
    return tf.function(lambda z: tf.cast(self.model.decode_logits(z) >= self.threshold_logit, tf.float32), reduce_retracing=True)

  def encode(self, windows):
    """float32 `[B * S, 32, 176]` -> posterior means `[B * S, Z]`."""
    return self._encode(tf.constant(windows))

  def encode_rolls(self, rolls):
    """float32 `[B, S * 32, 2, 88]` -> posterior means, numpy `[B, S, Z]`."""
    batch, steps = rolls.shape[:2]
    means = self.encode(np.asarray(rolls, np.float32).reshape(-1, spaces.WINDOW_STEPS, WINDOW_DEPTH))
    return means.numpy().reshape(batch, steps // spaces.WINDOW_STEPS, self.model.z_size)

  def decode_rolls(self, z):
    """Latents `[B, S, Z]` -> decided cells, float32 numpy 0/1 `[B, S * 32, 2, 88]`; an autoregressive decoder runs freely."""
    batch, rows, size = z.shape
    tokens = self._tokens(tf.constant(np.asarray(z, np.float32).reshape(-1, size)))
    return tokens.numpy().reshape(batch, rows * spaces.WINDOW_STEPS, 2, WINDOW_DEPTH // 2)


def takes(loaded):
  """Whether a `method.LoadedModel` is a latent model of such windows."""
  converter = loaded.converter
  return (isinstance(loaded.model, base.LatentModel) and converter.output_depth == WINDOW_DEPTH
          and converter.steps == spaces.WINDOW_STEPS)


@functools.lru_cache(maxsize=4)
def of(loaded):
  """RollLatents of a LoadedModel that `takes` it, one a model: what was compiled for one method serves the others."""
  return RollLatents(loaded.name, loaded.model, float(loaded.info.get('threshold') or loaded.config.hparams.threshold))
