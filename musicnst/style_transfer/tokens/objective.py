"""The default objective where a model writes tokens (melodies, drums, trios, bars of several instruments): style of the tokens that the
decoder expects.

As with piano rolls, style is measured behind the decoder: what it expects at each step, read along the content, is compared with what the style
does. Deviation: replaces the Gram and dot-product terms of the paper (its section 6), which measure features of the latents.
"""
import tensorflow as tf

# Weights of the terms.
STYLE, CONTENT, LATENT = 10.0, .5, .01
# Steps of a bar by which rhythm is told apart.
BAR_STEPS = 16
EPSILON = 1e-6


class TokenObjective:
  """`terms(variable, context)` for `optimize.run`; the variable is `[1, S, Z]`, the latents of consecutive windows.

  Args:
    model: LatentModel whose logits are one softmax a block.
    depths: (depth,) blocks of a token.
    on_grid: steps are of the grid (else they are events, and have no place in a bar).

  The context is a dict: `outputs` `[S, T, D]`, `mask` `[S, T]`, and `controls`, `lengths` where the model has them; `z` of the content; `style` (list
  of vectors, `statistics` of the style); `style_weight`, `content_weight` (scalars).
  """

  def __init__(self, model, depths, on_grid):
    self.model, self.depths, self.on_grid = model, tuple(depths), on_grid

  def probabilities(self, z, context):
    """z `[S, Z]` -> list of `[S, T, D]`, one a block: what the decoder expects at each step of the content."""
    batch = {name: context[name] for name in ('outputs', 'controls', 'lengths') if name in context}
    logits = tf.cast(self.model.decode_logits(z, batch), tf.float32)
    return [tf.nn.softmax(block) for block in tf.split(logits, self.depths, -1)]

  def content_nats(self, blocks, context):
    """Scalar: nats of the content's own tokens, mean over valid steps."""
    targets = tf.split(context['outputs'], self.depths, -1)
    nats = tf.add_n([-tf.math.log(tf.reduce_sum(p * target, -1) + EPSILON) for p, target in zip(blocks, targets)])
    return tf.reduce_sum(nats * context['mask']) / (tf.reduce_sum(context['mask']) + EPSILON)

  def statistics(self, blocks, mask):
    """Blocks `[S, T, D]` -> list of vectors that sum to 1: for each block how often each token is expected, which follows which, and (on a
    grid) at which steps of the bar something happens, token 0 standing for nothing."""
    found = []
    for block in blocks:
      block = block * mask[..., None]
      found.append(tf.reduce_sum(block, (0, 1)))
      moves = tf.einsum('std,ste->de', block[:, :-1], block[:, 1:])
      found.append(tf.reshape(moves, [-1]))
      if self.on_grid:
        place = tf.one_hot(tf.range(tf.shape(mask)[1]) % BAR_STEPS, BAR_STEPS)
        found.append(tf.reduce_sum((mask - block[..., 0])[..., None] * place, (0, 1)))
    return [vector / (tf.reduce_sum(vector) + EPSILON) for vector in found]

  def terms(self, variable, context):
    z = variable[0]
    blocks = self.probabilities(z, context)
    found = self.statistics(blocks, context['mask'])
    style = tf.add_n([distance(a, b) for a, b in zip(found, context['style'])]) / len(found)
    keep = context['content_weight']
    terms = {
        'style': context['style_weight'] * STYLE * style,
        'content': keep * CONTENT * self.content_nats(blocks, context),
        'latent': keep * LATENT * tf.reduce_mean(tf.reduce_sum(tf.square(z - context['z']), -1)),
    }
    return {name: value[None] for name, value in terms.items()}


def distance(first, second):
  """Squared Hellinger distance of two distributions, 0 to 1."""
  return 1.0 - tf.reduce_sum(tf.sqrt((first + EPSILON) * (second + EPSILON)))
