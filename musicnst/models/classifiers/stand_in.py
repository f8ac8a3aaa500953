"""A latent model of fixed random matrices, in the place of the bundle that a classifier of latents reads through."""
import numpy as np
from keras import ops

from musicnst.models import base
from musicnst.models.classifiers import model as model_lib
from musicnst.representations import pianoroll


class LinearLatents(base.LatentModel):
  """Means are a linear map of the cells of a window, outputs are on where another one of the latent is positive.

  Args:
    steps, depth: of the windows.
    z_size: of the latents.
  """

  def __init__(self, steps, depth, z_size):
    super().__init__()
    random = np.random.default_rng(0)
    self.z_size, self.steps, self.depth = z_size, steps, depth
    self.matrix = random.standard_normal((steps * depth, z_size)).astype(np.float32)
    self.back = random.standard_normal((z_size, steps * depth)).astype(np.float32)
    self.built = True

  def encode(self, batch):
    mean = ops.matmul(ops.reshape(ops.cast(batch['inputs'], 'float32'), (-1, self.steps * self.depth)), self.matrix)
    return base.Gaussian(mean, ops.ones_like(mean))

  def decode_logits(self, z, batch=None):
    return ops.reshape(ops.matmul(ops.cast(z, 'float32'), self.back), (-1, self.steps, self.depth))

  def decode_tokens(self, z, steps=None, temperature=0.0, controls=None, seed=0):
    return self.likeliest(self.decode_logits(z))[:, :steps]


def give_latents(model):
  """Puts the stand-in where a classifier of latents would load its encoder; nothing to do for the others."""
  if isinstance(model, model_lib.LatentClassifier):
    model.frozen.model = LinearLatents(model.settings['window_steps'], pianoroll.PolyphonicConverter.input_depth, model.settings['z_size'])
