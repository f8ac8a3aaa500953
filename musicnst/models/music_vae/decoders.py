"""What every decoder gives (logits, tokens, loss), and the decoder that writes all steps at once."""
import keras
from keras import ops

from musicnst.layers import noise
from musicnst.losses import reconstruction


class Decoder(keras.layers.Layer):
  """Base of the decoders; each has a `head`, a `heads.Head`: what the logits mean.

  Args:
    steps: T, steps of a window.
  """

  # Whether logits depend on the target through teacher forcing.
  autoregressive = False

  def __init__(self, steps, **kwargs):
    super().__init__(**kwargs)
    self.steps = int(steps)

  def logits(self, z, batch=None, training=False, step=0, key=None):
    """Logits `[B, T, head.logits_depth]` of z `[B, Z]`; teacher-forced on `batch['outputs']` if autoregressive.

    Args:
      z: latents.
      batch: the batch to force; not needed by a decoder that is not autoregressive.
      training: whether dropout and scheduled sampling act.
      step: training step, for the sampling schedule.
      key: int64 `[B]` noise keys (`layers.noise`); needed when training.
    """
    raise NotImplementedError

  def tokens(self, z, steps=None, temperature=0.0, controls=None, key=None):
    """Free-running outputs `[B, T, head.depth]`, 0/1; temperature 0 takes the likeliest, else `key` `[B]` is needed."""
    raise NotImplementedError

  def nats(self, logits, batch):
    """Negative log likelihood of each step of `batch['outputs']`, nats `[B, T]`, 0 past the lengths."""
    return self.head.nats(logits, batch['outputs']) * self.mask(batch)

  def loss(self, logits, batch):
    """Nats `[B]`, summed over the valid steps."""
    return ops.sum(self.nats(logits, batch), axis=1)

  def measures(self, logits, batch):
    """The head's measures over the valid steps."""
    return self.head.measures(logits, batch['outputs'], self.mask(batch))

  def token_measures(self, tokens, batch):
    """The same of free-running outputs `[B, T, head.depth]`."""
    return self.head.token_measures(tokens, batch['outputs'], self.mask(batch))

  def mask(self, batch):
    """float32 `[B, T]`: 1 at the valid steps."""
    outputs = batch['outputs']
    if batch.get('lengths') is None:
      return ops.ones(ops.shape(outputs)[:2], dtype='float32')
    return reconstruction.step_mask(batch['lengths'], outputs.shape[1])


class DirectDecoder(Decoder):
  """A network that gives the logits of all steps from z alone; a window's steps are fixed.

  Args:
    network: layer, z `[B, Z]` -> logits `[B, T, D]`.
    head: a `heads.Head`.
    steps: T.
  """

  def __init__(self, network, head, steps, **kwargs):
    super().__init__(steps, **kwargs)
    self.head, self.network = head, network

  def build(self, shape):
    self.network.build(shape)

  def logits(self, z, batch=None, training=False, step=0, key=None):
    return self.network(z, training=training) if _takes_training(self.network) else self.network(z)

  def tokens(self, z, steps=None, temperature=0.0, controls=None, key=None):
    logits = self.logits(z)
    uniforms = noise.uniform(key, (self.steps, self.head.draws)) if temperature else None
    return self.head.tokens(logits, temperature, uniforms)[:, :steps]


def _takes_training(layer):
  return 'training' in layer.call.__code__.co_varnames
