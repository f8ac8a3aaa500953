"""Style and content distances between feature maps, one value an example (Gatys et al., 2016; Volker and Paskova, section 2.1)."""
from keras import ops


def gram_matrix(features, positions=None):
  """Inner products between channels, mean over positions: `[B, ..., C]` -> `[B, C, C]`.

  Args:
    features: `[B, T, C]` or `[B, H, W, C]`.
    positions: `[B]`, how many positions hold music, where padding gives zero features; None counts all.
  """
  flat = ops.reshape(features, (ops.shape(features)[0], -1, features.shape[-1]))
  count = ops.cast(ops.shape(flat)[1], flat.dtype) if positions is None else ops.maximum(ops.cast(positions, flat.dtype), 1)[:, None, None]
  return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / count


def dot_product(features, positions=None):
  """The paper's dot product for its classifier: of convolutions `[B, T, C]` the product over time, `[B, C, C]` (mean over positions); of a
  dense layer `[B, C]` the elementwise square `[B, C]`, as in the published code."""
  return gram_matrix(features, positions) if len(features.shape) > 2 else ops.square(features)


def gram_distance(gram, target):
  """Squared distance of two Gram matrices `[B, C, C]`: `[B]`."""
  return _squared_distance(gram, target)


def dot_product_distance(product, target):
  """Squared distance of two `dot_product`s, `[B, C, C]` or `[B, C]`: `[B]`."""
  return _squared_distance(product, target)


def content_distance(features, target):
  """Squared Euclidean distance of two feature maps `[B, ...]`: `[B]`."""
  return _squared_distance(features, target)


def energy(x):
  """Sum of squares of `[B, ...]`: `[B]`; what a distance is divided by to be relative."""
  return ops.sum(ops.square(_flat(x)), axis=1)


def total_variation(image):
  """Sum of squared differences between neighbours along both axes of `[B, H, W]` or `[B, H, W, C]`: `[B]`."""
  return energy(image[:, 1:] - image[:, :-1]) + energy(image[:, :, 1:] - image[:, :, :-1])


def _squared_distance(x, target):
  return energy(x - target)


def _flat(x):
  return ops.reshape(x, (ops.shape(x)[0], -1))
