"""Priors of an adversarial autoencoder: the standard normal, and a mixture of Gaussians on a circle (MusAE, Valenti et al. 2020, section 3.3).

A prior is a few numbers and two ways to use them: `place`, written with `keras.ops`, turns standard normal numbers into a draw of a given
component, so that a model's noise can belong to its examples; `distribution` is the same as a TensorFlow Probability distribution.
"""
import dataclasses

import numpy as np
from keras import ops


@dataclasses.dataclass(frozen=True)
class Prior:
  """`count` Gaussians in `z_size` dimensions, all alike but for a turn in the first two; equally likely.

  Component i has the mean [cos(a), sin(a), 0, ..., 0] times `radius`, a = 2 pi i / count (equation 14), and the covariance of equations 15 to 18:
  `radial` along the radius, `other` in every other direction.

  Args:
    z_size: Z.
    count: components.
    radius: of the circle.
    radial, other: variances.
  """

  z_size: int
  count: int = 1
  radius: float = 0.0
  radial: float = 1.0
  other: float = 1.0

  @property
  def angles(self):
    """float64 `[count]`, radians."""
    return 2 * np.pi * np.arange(self.count) / self.count

  @property
  def means(self):
    """float64 `[count, Z]`."""
    means = np.zeros((self.count, self.z_size))
    means[:, 0], means[:, 1] = np.cos(self.angles), np.sin(self.angles)
    return means * self.radius

  @property
  def stddevs(self):
    """float64 `[Z]` of a component before its turn: along the radius, across it, and so on."""
    return np.sqrt(np.append(self.radial, np.full(self.z_size - 1, self.other)))

  @property
  def scale(self):
    """float64 `[Z]`: root mean square of each dimension over the whole prior."""
    plane = (self.radius ** 2 + self.radial + self.other) / 2 if self.count > 1 else self.radial
    return np.sqrt(np.append([plane, plane if self.count > 1 else self.other], np.full(self.z_size - 2, self.other)))

  def covariance(self, component):
    """float64 `[Z, Z]` (equation 18)."""
    turn = np.eye(self.z_size)
    turn[:2, :2] = _rotation(self.angles[component])
    return turn @ np.diag(self.stddevs ** 2) @ turn.T

  def place(self, normal, component):
    """Draws `[B, Z]` of components int `[B]`, made of standard normal numbers `[B, Z]`."""
    take = lambda values: ops.take(ops.convert_to_tensor(values.astype(np.float32)), component, axis=0)[:, None]
    cos, sin = take(np.cos(self.angles)), take(np.sin(self.angles))
    offset = normal * ops.convert_to_tensor(self.stddevs.astype(np.float32))
    along, across = offset[:, :1] + self.radius, offset[:, 1:2]
    return ops.concatenate([cos * along - sin * across, sin * along + cos * across, offset[:, 2:]], axis=1)

  def turned(self, z, angle):
    """z `[B, Z]` (numpy) with its first two dimensions turned by `angle`: the map that carries one component to another, spread and all."""
    turned = np.array(z, np.float64)
    turned[:, :2] = turned[:, :2] @ _rotation(angle).T
    return turned.astype(np.asarray(z).dtype)

  def log_densities(self, z):
    """float64 `[B, count]`: log density of z `[B, Z]` (numpy) under each component, up to one constant."""
    z = np.asarray(z, np.float64)
    plane = np.einsum('bj,cjk->bck', z[:, :2], np.stack([_rotation(a) for a in self.angles]))  # in each component's own axes
    plane = (plane - np.array([self.radius, 0.0])) / self.stddevs[:2]
    return -.5 * (plane ** 2).sum(-1) - .5 * (z[:, 2:] ** 2).sum(1, keepdims=True) / self.other

  def distribution(self):
    """The `tfp.distributions` object: `sample`, `log_prob`; its mixture components are in the order of `means`."""
    import tensorflow as tf  # pylint: disable=import-outside-toplevel
    import tensorflow_probability as tfp  # seconds to load
    plane = np.stack([_rotation(a) @ np.diag(self.stddevs[:2]) for a in self.angles]).astype(np.float32)
    rest = np.broadcast_to(self.stddevs[2:].astype(np.float32), (self.count, self.z_size - 2))
    scale = tf.linalg.LinearOperatorBlockDiag([tf.linalg.LinearOperatorFullMatrix(plane), tf.linalg.LinearOperatorDiag(rest)])
    components = tfp.distributions.MultivariateNormalLinearOperator(self.means.astype(np.float32), scale)
    return tfp.distributions.MixtureSameFamily(tfp.distributions.Categorical(logits=tf.zeros(self.count)), components)


def standard_normal(z_size):
  """N(0, I)."""
  return Prior(z_size)


def flower(z_size, count=32, radial=.1, other=.001):
  """The paper's mixture: `count` Gaussians on the unit circle of the first two dimensions, like the petals of a flower."""
  return Prior(z_size, count, 1.0, radial, other)


def _rotation(angle):
  """float64 `[2, 2]`: the transpose of equation 15's matrix; its first column is the radius."""
  return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
