"""MusicVAE: an encoder, a Gaussian latent, a decoder, and the evidence lower bound that trains them.

Roberts, Engel, Raffel, Hawthorne and Eck, "A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music" (2018),
with the conventions of Magenta's code: free bits on the total KL, the KL weight as a function of the step, softplus without epsilon.
"""
import keras
from keras import ops

from musicnst.layers import noise
from musicnst.losses import divergence
from musicnst.models import base
from musicnst.models.music_vae import batch_metrics

# Streams of the noise that belongs to an example (layers/noise.py).
LATENT_STREAM, DECODER_STREAM, ENCODER_STREAM = range(3)


class MusicVAE(base.PriorModel):
  """A variational autoencoder of windows of music.

  Its variables exist as soon as it is made; nothing is run.

  Args:
    encoder: layer, `call(inputs [B, T, D], lengths, training) -> features [B, E]`, with `build` and `compute_output_shape`; `takes_key` says
      whether `call` takes `key`, for dropout. Control sequences are concatenated to the inputs depthwise.
    decoder: a `decoders.Decoder`.
    hparams: `z_size`, `free_bits`, `max_beta`, `beta_rate` are read here; `noise_seed` names the training noise.
    converter: gives steps, `input_depth`, `control_depth`.

  Example:
    >>> config = configs.CONFIGS['polyphonic-2bar'].override('width=16,z_size=8')
    >>> model = config.build_model()
    >>> posterior = model.encode({'inputs': keras.ops.zeros((3, 32, 176))})
    >>> model.decode_tokens(posterior.mean).shape
    (3, 32, 176)
  """

  def __init__(self, encoder, decoder, hparams, converter, **kwargs):
    super().__init__(**kwargs)
    self.encoder, self.decoder = encoder, decoder
    self.settings, self.converter_arguments = hparams.to_dict(), converter.to_dict()
    self.z_size, self.control_depth = hparams.z_size, converter.control_depth
    # Heads in float32 whatever the policy: the KL takes the logarithm of the deviation.
    self.mean_head = keras.layers.Dense(self.z_size, dtype='float32', name='mean_head')
    self.stddev_head = keras.layers.Dense(self.z_size, dtype='float32', name='stddev_head')
    shape = (None, converter.steps, converter.input_depth + converter.control_depth)
    self.encoder.build(shape)
    features = self.encoder.compute_output_shape(shape)
    self.mean_head.build(features)
    self.stddev_head.build(features)
    self.decoder.build((None, self.z_size))
    self.built = True

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  def call(self, batch, training=False):
    """Logits of the posterior's mean; for inspection, not for training."""
    return self.decode_logits(self.encode(batch, training).mean, batch)

  # === The latent interface ===

  @property
  def autoregressive(self):
    return self.decoder.autoregressive

  def likeliest(self, logits):
    return self.decoder.head.tokens(logits)

  def encode(self, batch, training=False, key=None):
    """`batch['inputs']` (with `controls` if the model has them, `lengths` if present) -> Gaussian, each part float32 `[B, Z]`.

    `key` int64 `[B]` is for dropout.
    """
    inputs = ops.cast(batch['inputs'], self.compute_dtype)
    if self.control_depth:
      if batch.get('controls') is None:
        raise ValueError(f'this model reads controls of depth {self.control_depth}; the batch has none')
      inputs = ops.concatenate([inputs, ops.cast(batch['controls'], self.compute_dtype)], axis=-1)
    with_key = {'key': key} if self.encoder.takes_key else {}
    features = ops.cast(self.encoder(inputs, lengths=batch.get('lengths'), training=training, **with_key), 'float32')
    return base.Gaussian(self.mean_head(features), ops.softplus(self.stddev_head(features)))

  def decode_logits(self, z, batch=None):
    """z `[B, Z]` -> logits `[B, T, D]` float32, teacher-forced on `batch['outputs']` by an autoregressive decoder."""
    return ops.cast(self.decoder.logits(z, batch), 'float32')

  def decode_tokens(self, z, steps=None, temperature=0.0, controls=None, seed=0):
    """z `[B, Z]` -> outputs float32 0/1 `[B, steps, D]`; equal `seed` (int, or keys int64 `[B]`) and z give equal outputs.

    `controls` are `[B, T, C]`, or `[T, C]` for all rows alike; writing stops where they end.
    """
    controls = self._controls_of(z, controls)
    key = noise.keys({'inputs': z}, seed, self.settings['noise_seed']) if not len(ops.shape(seed)) else seed
    return self.decoder.tokens(z, steps, temperature, controls, noise.split(key, DECODER_STREAM))

  def _controls_of(self, z, controls):
    controls = None if controls is None or not controls.shape[-1] else controls
    if (controls is None) != (not self.control_depth):
      raise ValueError(f'this model has {self.control_depth or "no"} controls; got {None if controls is None else controls.shape}')
    if controls is None:
      return None
    controls = ops.cast(controls, 'float32')
    return controls if len(controls.shape) == 3 else ops.repeat(controls[None], ops.shape(z)[0], axis=0)

  # === The evidence lower bound ===

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    """Nats per example: `reconstruction`, and `divergence` (KL beyond the free bits, times beta). Their sum is minimized.

    In training z is drawn from the posterior; in evaluation it is the posterior's mean.
    Deviation: Magenta draws z, and feeds a scheduled decoder its own samples, in evaluation too; here evaluation is deterministic and
    `metric_terms` gives both accuracies by name.
    """
    batch = self._cut(batch)
    key = noise.keys(batch, step, self.settings['noise_seed'])
    posterior = self.encode(batch, training, noise.split(key, ENCODER_STREAM))
    z = posterior.mean
    if training:
      z = z + posterior.stddev * noise.normal(noise.split(key, LATENT_STREAM), (self.z_size,))
    return self.terms_at(z, posterior, batch, training, step, noise.split(key, DECODER_STREAM))

  def _cut(self, batch):
    """The batch without steps behind the longest that the model writes, as Magenta trains."""
    if batch['outputs'].shape[1] <= self.decoder.steps:
      return batch
    return {name: value[:, :self.decoder.steps] if name in ('inputs', 'outputs', 'controls') else
            ops.minimum(value, self.decoder.steps) if name == 'lengths' else value for name, value in batch.items()}

  def terms_at(self, z, posterior, batch, training=False, step=0, key=None):
    """The loss terms of a given z `[B, Z]`."""
    logits = self.decoder.logits(z, batch, training, step, key)
    kl_nats = divergence.kl_to_standard_normal(posterior.mean, posterior.stddev)
    beyond = divergence.beyond_free_bits(kl_nats, self.settings['free_bits'])
    return {'reconstruction': self.decoder.loss(logits, batch), 'divergence': self.beta(step) * beyond}

  def beta(self, step):
    """The KL's weight at `step`, float32."""
    return divergence.beta(step, self.settings['max_beta'], self.settings['beta_rate'])

  def metric_terms(self, batch, step):
    """`kl_bits` and `kl_nats` (before free bits), `beta`, the head's measures under teacher forcing, and for an autoregressive decoder the
    same with `_sampled` in the name where it runs free (arg-max), all from the posterior's mean."""
    posterior = self.encode(batch)
    kl_nats = divergence.kl_to_standard_normal(posterior.mean, posterior.stddev)
    terms = {'kl_nats': kl_nats, 'kl_bits': kl_nats / divergence.NATS_PER_BIT, 'beta': ops.ones_like(kl_nats) * self.beta(step)}
    terms.update(self.decoder.measures(self.decoder.logits(posterior.mean, batch), batch))
    if self.decoder.autoregressive:
      tokens = self.decoder.tokens(posterior.mean, batch['outputs'].shape[1], controls=batch.get('controls'))
      sampled = self.decoder.token_measures(tokens, batch)
      terms.update({_sampled_name(name): value for name, value in sampled.items()})
    return terms

  def batch_metrics(self, logits, batch):
    """{name: scalar} as Magenta's evaluation names and counts them on this batch alone (see `batch_metrics`)."""
    return batch_metrics.of_batch(self.decoder, logits, batch)


class RecurrentVAE(MusicVAE):
  """The MusicVAE of recurrent encoders and decoders: Magenta's own, which has a name for each of its variables (`checkpoint_import.table`)."""


def _sampled_name(name):
  first, slash, rest = name.partition('/')
  return f'{first}_sampled{slash}{rest}'
