"""The paper's objective: style terms on a network's features, a content term, total variation, at 1 : 4 in favour of style."""
import functools

import tensorflow as tf

from musicnst.losses import style

CONTENT_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT = 1.0, 4.0, .003
EPSILON = 1e-8


class PaperObjective:
  """`terms(variable, context)` for `optimize.run`, after Volker and Paskova, equation 1 and section 7.

  Args:
    network: `feature_networks.VGGNetwork` (Gram matrices) or `ComposerNetwork` (dot products).

  Deviations: the paper's ratio of content to style, 1 : 4, holds here (in the published code an integer division made the style's weight
  0). Every layer's distance is divided by the energy of what it is compared with, and layers are averaged, so that the ratio does not
  depend on the scale of a layer's activations.

  The context is a dict: `style` and `content` (layer -> what `targets` and `anchors` gave, for each section), `section_weights` `[B, N]`,
  `variation` `[B]` (total variation of the content), `style_weight`, `content_weight` (scalars), and what the network reads
  (`steps_per_column` or `lengths`).
  """

  def __init__(self, network):
    self.network = network

  def products(self, variable, context):
    """layer -> Gram matrices or dot products of each section: the style of a variable."""
    found = self.network.activations(variable, context)
    return {name: self._product(found[name], context) for name in self.network.style_names}

  def anchors(self, variable, context):
    """layer -> features of each section: the content of a variable."""
    found = self.network.activations(variable, context)
    return {name: found[name] for name in self.network.content_names}

  def variation(self, variable, context):
    """Total variation `[B]` of a roll's picture; 0 for latents."""
    if len(variable.shape) == 3:
      return tf.zeros(tf.shape(variable)[0])
    return style.total_variation(self.network.picture(variable, context))

  def terms(self, variable, context):
    found, network = self.network.activations(variable, context), self.network
    styles = [
        network.distance(self._product(found[name], context), context['style'][name]) / (style.energy(context['style'][name]) + EPSILON)
        for name in network.style_names]
    contents = [
        style.content_distance(found[name], context['content'][name]) / (style.energy(context['content'][name]) + EPSILON)
        for name in network.content_names]
    by_piece = lambda values: _by_piece(tf.add_n(values) / len(values), context['section_weights'])
    return {
        'style': context['style_weight'] * STYLE_WEIGHT * by_piece(styles),
        'content': context['content_weight'] * CONTENT_WEIGHT * by_piece(contents),
        'total_variation': VARIATION_WEIGHT * self.variation(variable, context) / (context['variation'] + EPSILON)}

  def _product(self, features, context):
    return self.network.product(features, self.network.valid_positions(features, context))


def _by_piece(values, weights):
  """Values of sections `[B * N]` -> weighted mean of each piece `[B]`."""
  return tf.reduce_sum(tf.reshape(values, tf.shape(weights)) * weights, 1) / tf.reduce_sum(weights, 1)


@functools.lru_cache(maxsize=8)
def of(network, space):
  """The network's objective in the space of this name, one for all runs, so that its step is compiled once (and for one rank)."""
  del space
  return PaperObjective(network)
