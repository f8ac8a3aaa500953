"""MusAE: an autoencoder of several tracks whose latents are drawn to a prior by a Wasserstein critic.

Valenti, Carta and Bacciu, "Learning a Latent Space of Style-Aware Symbolic Music Representations by Adversarial Autoencoders" (2020).
"""
import keras
import numpy as np
from keras import ops

from musicnst import errors
from musicnst import priors
from musicnst.layers import noise
from musicnst.losses import reconstruction
from musicnst.losses import wasserstein
from musicnst.models import base
from musicnst.models.musae import networks

# Streams of the noise that belongs to an example (layers/noise.py).
LATENT_STREAM, PRIOR_STREAM, TAG_STREAM, LINE_STREAM, DECODER_STREAM = range(5)


class MusAE(base.PriorModel):
  """The adversarial autoencoder.

  Two players in turn: the critic, `critic_steps` times a batch, learns to tell latents of the prior from the encoder's; then the autoencoder
  learns to reconstruct and, with weight `beta(step)`, to be scored like the prior (equations 3 to 6). Under `as_published` there is one player that
  does both in one joint step, as the published code did: there the encoder's and the critic's terms of the same weight cancel.

  The batch's `tags` float32 `[B, G]` say which of the model's genres an example has; each training step draws one of them, and the prior's part
  of the loss comes from that genre's component. An example without tags draws from the untagged component, or, without that, from any genre's.

  Args:
    hparams: see `configs.py`.
    converter: a `representations.tracks.TracksConverter`.

  Deviations: the mixture's critic is conditioned on the drawn tag (Makhzani et al., 2015, section 2.3), as the paper's figure has it; the published
  critic is not (`critic_reads_tags`). With `whitened`, encoder, decoders and critic see latents divided by the prior's root mean square in each
  dimension, so that both priors train alike; the latents given out are the paper's.
  """

  def __init__(self, hparams, converter, **kwargs):
    super().__init__(**kwargs)
    self.settings, self.converter_arguments = hparams.to_dict(), converter.to_dict()
    self.z_size, self.genres = hparams.z_size, tuple(hparams.genres)
    self.track_names = converter.track_names
    self.prior = prior_of(hparams)
    self.scale = self.prior.scale.astype(np.float32) if hparams.whitened else np.ones(self.z_size, np.float32)
    self.encoder = encoder_of(hparams)
    self.decoder = TrackDecoder(hparams, converter, name='decoder')
    # Heads in float32 whatever the policy, as the logarithm of the deviation is what they give.
    self.mean_head = head_of(hparams, self.encoder, converter.steps, 'zeros', 'mean_head')
    root = np.sqrt(hparams.first_stddev)  # exp(2 x) or sigmoid(x)^2 is the first deviation
    start = float(np.log(root / (1 - root)) if hparams.bounded_stddev else np.log(root))
    self.stddev_head = head_of(hparams, self.encoder, converter.steps, keras.initializers.Constant(start), 'stddev_head')
    self.critic = networks.Critic(hparams.critic_size, name='critic')
    shape = (None, converter.steps, converter.input_depth)
    self.encoder.build(shape)
    for head in (self.mean_head, self.stddev_head):
      head.build(self.encoder.compute_output_shape(shape))
    self.decoder.build((None, self.z_size))
    self.critic.build((None, self.z_size + (self.num_told if hparams.critic_reads_tags else 0)))
    self.built = True

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  def call(self, batch, training=False):
    """Logits of the latents' means; for inspection, not for training."""
    return self.decode_logits(self.encode(batch).mean)

  # === The latent interface ===

  straight = True

  def encode(self, batch):
    """`batch['inputs']` -> Gaussian of float32 `[B, Z]`; the deviation is exp(2 x) of its head (equation 10).

    With `bounded_stddev` x stays below 0 (it is the logarithm of a sigmoid), and so the deviation below the prior's scale.
    """
    features = ops.cast(self.encoder(ops.cast(batch['inputs'], self.compute_dtype)), 'float32')
    x = self.stddev_head(features)
    x = ops.log_sigmoid(x) if self.settings['bounded_stddev'] else x
    return base.Gaussian(self.mean_head(features) * self.scale, ops.exp(2 * x) * self.scale)

  def decode_logits(self, z, batch=None):
    """z `[B, Z]` -> logits `[B, T, K * 130]` float32, of all steps at once."""
    return self.decoder(z / self.scale)

  def likeliest(self, logits):
    return self.decoder.head.tokens(logits)

  def decode_tokens(self, z, steps=None, temperature=0.0, controls=None, seed=0):
    """z `[B, Z]` -> outputs float32 0/1 `[B, T, K * 130]`; equal `seed` (int, or keys int64 `[B]`) and z give equal outputs."""
    uniforms = None
    if temperature:
      key = noise.keys({'inputs': z}, seed, self.settings['noise_seed']) if not len(ops.shape(seed)) else seed
      uniforms = noise.uniform(noise.split(key, DECODER_STREAM), (self.decoder.steps, self.decoder.head.tracks))
    return self.decoder.head.tokens(self.decode_logits(z), temperature, uniforms)[:, :steps]

  def draw_latents(self, n, seed=0, genre=None):
    """`n` latents of the prior, float32 numpy `[n, Z]`: of one genre's component, or of all genres'.

    Raises:
      UnknownNameError: a genre that the model does not know.
    """
    random = np.random.default_rng(seed)
    known = self.components[:len(self.genres)] if self.prior.count > 1 else np.zeros(1, np.int32)
    components = random.choice(known, n) if genre is None else np.full(n, self.component_of(genre))
    normal = random.standard_normal((n, self.z_size)).astype(np.float32)
    return ops.convert_to_numpy(self.prior.place(ops.convert_to_tensor(normal), ops.convert_to_tensor(components.astype(np.int32))))

  # === Genres ===

  @property
  def num_told(self):
    """How many values the critic may be conditioned on: each genre, and being untagged."""
    return len(self.genres) + 1 if self.prior.count > 1 else 0

  @property
  def components(self):
    """int32 `[G + 1]`: each genre's component, spread evenly over the circle in the order of the list; last that of the untagged."""
    count = self.settings['components']
    return np.array([i * count // len(self.genres) for i in range(len(self.genres))] + [self.prior.count - 1], np.int32)

  def component_of(self, genre):
    """The index of a genre's component.

    Raises:
      UnknownNameError: a genre that the model does not know.
    """
    if genre not in self.genres or self.prior.count == 1:
      known = f'known: {", ".join(self.genres)}' if self.genres and self.prior.count > 1 else 'this model has one Gaussian for all'
      raise errors.UnknownNameError(f'unknown genre {genre!r}; {known}')
    return int(self.components[self.genres.index(genre)])

  def _drawn_tags(self, batch, key):
    """(component int32 `[B]`, condition float32 `[B, G + 1]` or None): one of each example's tags."""
    count = ops.shape(batch['inputs'])[0]
    if self.prior.count == 1:
      return ops.zeros((count,), 'int32'), None
    tags = batch.get('tags')
    tags = ops.zeros((count, len(self.genres))) if tags is None else ops.cast(tags, 'float32')
    untagged = ops.cast(ops.sum(tags, axis=1, keepdims=True) == 0, 'float32')
    if self.settings['untagged']:
      weights, blind = ops.concatenate([tags, untagged], axis=1), ops.zeros_like(untagged)
    else:
      weights, blind = ops.concatenate([tags + untagged, ops.zeros_like(untagged)], axis=1), untagged
    shares = ops.cumsum(weights / ops.sum(weights, axis=1, keepdims=True), axis=1)
    index = ops.minimum(ops.sum(ops.cast(shares < noise.uniform(key, (1,)), 'int32'), axis=1), len(self.genres))
    component = ops.take(ops.convert_to_tensor(self.components), index)
    return component, ops.one_hot(index, len(self.genres) + 1, dtype='float32') * (1 - blind)

  # === The game ===

  def players(self):
    """tuple of Player."""
    if self.settings['as_published']:
      return (base.Player('model', self.joint_terms, lambda: self.trainable_variables),)
    autoencoder = lambda: [v for v in self.trainable_variables if not any(v is c for c in self.critic.trainable_variables)]
    return (base.Player('critic', self.critic_terms, lambda: self.critic.trainable_variables, self.settings['critic_steps']),
            base.Player('autoencoder', self.autoencoder_terms, autoencoder))

  def beta(self, step):
    """The adversarial term's weight, float32: `beta_increase` for each of `beta_boundaries` that has been reached."""
    reached = ops.cast(ops.cast(step, 'int64') >= ops.convert_to_tensor(np.array(self.settings['beta_boundaries'], np.int64)), 'float32')
    return ops.sum(reached) * self.settings['beta_increase']

  def critic_terms(self, batch, training, step):
    """`wasserstein` (the encoder's score less the prior's) and `penalty`: `[B]`."""
    score, condition, fake, key = self._scored(batch, training, step)
    return self._critic_terms(score, condition, ops.stop_gradient(fake), key)

  def autoencoder_terms(self, batch, training, step):
    """`reconstruction` (nats a step, summed over the tracks) and `adversarial` (minus beta times the score): `[B]`."""
    score, _, fake, _ = self._scored(batch, training, step)
    return {'reconstruction': self._reconstruction(fake, batch), 'adversarial': -self.beta(step) * score(fake)}

  def joint_terms(self, batch, training, step):
    """All of the above at once, the critic's weighted by beta too: the published step."""
    score, condition, fake, key = self._scored(batch, training, step)
    weighted = {name: self.beta(step) * term for name, term in self._critic_terms(score, condition, fake, key).items()}
    return {'reconstruction': self._reconstruction(fake, batch), **weighted, 'adversarial': -self.beta(step) * score(fake)}

  def _scored(self, batch, training, step):
    """(score: whitened latents -> `[B]`, condition, the encoder's whitened latents, noise keys)."""
    key = noise.keys(batch, step, self.settings['noise_seed'])
    posterior = self.encode(batch)
    z = posterior.mean
    if training:
      z = z + posterior.stddev * noise.normal(noise.split(key, LATENT_STREAM), (self.z_size,))
    component, condition = self._drawn_tags(batch, noise.split(key, TAG_STREAM))
    condition = condition if self.settings['critic_reads_tags'] else None
    return (lambda latents: self.critic(latents, condition)), (condition, component), z / self.scale, key

  def _critic_terms(self, score, condition, fake, key):
    condition, component = condition
    real = self.prior.place(noise.normal(noise.split(key, PRIOR_STREAM), (self.z_size,)), component) / self.scale
    middle = wasserstein.interpolated(real, fake, noise.uniform(noise.split(key, LINE_STREAM), (1,)))
    penalty = wasserstein.gradient_penalty(self.critic.gradient(middle, condition))
    return {'wasserstein': score(fake) - score(real), 'penalty': self.settings['penalty'] * penalty}

  def _reconstruction(self, whitened, batch):
    nats, mask = self.decoder.head.nats(self.decoder(whitened), batch['outputs']), _mask(batch)
    return ops.sum(nats * mask, axis=1) / ops.sum(mask, axis=1)

  def metric_terms(self, batch, step):
    """`accuracy` (mean over the tracks) and `accuracy/<track>`, `onset_accuracy` (of the steps at which a note begins), from the latents' means;
    `latent_square` (1 where the latents have the prior's size) and `beta`."""
    z = self.encode(batch).mean
    terms = self.decoder.head.measures(self.decode_logits(z), batch['outputs'], _mask(batch), self.track_names)
    square = ops.mean(ops.square(z / self.prior.scale.astype(np.float32)), axis=1)
    return {**terms, 'latent_square': square, 'beta': ops.ones_like(square) * self.beta(step)}


class MixtureMusAE(MusAE, base.MixtureModel):
  """The same with a mixture of Gaussians for its prior, a component for each genre."""


class TrackDecoder(keras.layers.Layer):
  """One network a track, side by side (equation 13)."""

  def __init__(self, hparams, converter, **kwargs):
    super().__init__(**kwargs)
    self.steps, self.head = converter.steps, TrackHead(converter.categorical_depths)
    self.networks = [decoder_of(hparams, converter.steps, depth, f'track_{i}') for i, depth in enumerate(converter.categorical_depths)]

  def build(self, shape):
    for network in self.networks:
      network.build(shape)
    self.built = True

  def call(self, z):
    """z `[B, Z]` -> logits float32 `[B, T, K * depth]`."""
    z = ops.cast(z, self.compute_dtype)
    return ops.cast(ops.concatenate([network(z) for network in self.networks], axis=-1), 'float32')


class TrackHead:
  """What the logits mean: one state a track and step.

  Args:
    depths: states of each track, all the same.
  """

  def __init__(self, depths):
    self.tracks, self.depth = len(depths), depths[0]

  def split(self, x):
    """`[B, T, K * D]` -> `[B, T, K, D]`."""
    return ops.reshape(x, (-1, x.shape[1], self.tracks, self.depth))

  def nats(self, logits, targets):
    """Nats `[B, T]`, summed over the tracks."""
    return ops.sum(reconstruction.categorical_nats(self.split(logits), self.split(targets)), axis=-1)

  def tokens(self, logits, temperature=0.0, uniforms=None):
    """The likeliest states, 0/1 float32 `[B, T, K * D]`, or at a temperature drawn with `uniforms` `[B, T, K]`."""
    logits = self.split(logits)
    if temperature:
      shares = ops.cumsum(ops.softmax(logits / temperature, axis=-1), axis=-1)
      index = ops.minimum(ops.sum(ops.cast(shares < uniforms[..., None], 'int32'), axis=-1), self.depth - 1)
    else:
      index = ops.argmax(logits, axis=-1)
    return ops.reshape(ops.one_hot(index, self.depth, dtype='float32'), (-1, logits.shape[1], self.tracks * self.depth))

  def measures(self, logits, targets, mask, names):
    """Accuracies as (right, counted) `[B]`: of all tracks, of each, and of the steps at which notes begin."""
    wanted = ops.argmax(self.split(targets), axis=-1)  # [B, T, K]
    right = ops.cast(ops.equal(ops.argmax(self.split(logits), axis=-1), wanted), 'float32') * mask[..., None]
    begins = ops.cast(wanted < self.depth - 2, 'float32') * mask[..., None]
    count = ops.sum(mask, axis=1)
    by_track = {f'accuracy/{name}': (ops.sum(right[..., i], axis=1), count) for i, name in enumerate(names)}
    return {'accuracy': (ops.sum(right, axis=(1, 2)) / self.tracks, count), **by_track,
            'onset_accuracy': (ops.sum(right * begins, axis=(1, 2)), ops.sum(begins, axis=(1, 2)))}


def build(hparams, converter):
  """The model that hparams ask for; see `prior_of` for the errors."""
  return (MixtureMusAE if hparams.prior == 'mixture' else MusAE)(hparams, converter)


def prior_of(hparams):
  """The `priors.Prior` that hparams ask for.

  Raises:
    HparamError: an unknown prior, or a mixture without genres or with more genres than components.
  """
  if hparams.prior == 'gaussian':
    return priors.standard_normal(hparams.z_size)
  if hparams.prior != 'mixture':
    raise errors.HparamError(f'unknown prior {hparams.prior!r}; known: gaussian, mixture')
  if not 0 < len(hparams.genres) <= hparams.components:
    raise errors.HparamError(f'a mixture of {hparams.components} components takes 1 to {hparams.components} genres, not {len(hparams.genres)}; '
                             'name them: --hparams=genres=[pop,folk]')
  count = hparams.components + bool(hparams.untagged)
  return priors.flower(hparams.z_size, count, hparams.radial_variance, hparams.other_variance)


def encoder_of(hparams):
  """The encoder: recurrent over steps, or of levels where `width` is given."""
  if not hparams.width:
    return networks.RecurrentEncoder(hparams.enc_rnn_size, name='encoder')
  return networks.LevelEncoder(hparams.width, bar_width=hparams.bar_width, rnn_units=hparams.bar_rnn_size, name='encoder')


def decoder_of(hparams, steps, depth, name):
  """One track's decoder, likewise."""
  if not hparams.width:
    return networks.RecurrentDecoder(steps, depth, hparams.dec_rnn_size, name=name)
  return networks.LevelDecoder(
      steps, depth, hparams.track_width or hparams.width, hparams.whole_size, bar_width=hparams.bar_width, rnn_units=hparams.bar_rnn_size,
      name=name)


def head_of(hparams, encoder, steps, bias_initializer, name):
  """A head over the encoder's features: of all of them, or by bars where `whole_size` is given; float32 whatever the policy."""
  if not hparams.whole_size:
    return keras.layers.Dense(hparams.z_size, bias_initializer=bias_initializer, dtype='float32', name=name)
  if not hparams.width:
    raise errors.HparamError(f'whole_size={hparams.whole_size} needs the small networks: set width')
  return networks.DealtDense(
      hparams.z_size, hparams.whole_size, encoder.sizes(steps)[0], bias_initializer, dtype='float32', name=name)


def _mask(batch):
  """float32 `[B, T]`: 1 at the valid steps."""
  outputs = batch['outputs']
  if batch.get('lengths') is None:
    return ops.ones(ops.shape(outputs)[:2], dtype='float32')
  return reconstruction.step_mask(batch['lengths'], outputs.shape[1])
