"""CycleGAN between two genres: two generators, two discriminators, and two more that know other genres too.

Brunner, Wang, Wattenhofer and Zhao (2018), section III, with spectral normalization and self-attention as Brunner et al. (2019) add them.
"""
import keras
from keras import ops

from musicnst import errors
from musicnst.layers import noise
from musicnst.losses import adversarial
from musicnst.losses import cycle
from musicnst.models import base
from musicnst.models.cyclegan import networks

# Streams of the noise that belongs to an example (layers/noise.py).
ROLL_STREAM, GENRE_STREAM, CHOICE_STREAM, PLACE_STREAM = range(4)
# Probability from which a cell is on.
THRESHOLD = .5
# Least squares' targets.
REAL, MADE = 1.0, 0.0


class CycleGAN(base.TranslationModel):
  """Rolls of genre A <-> rolls of genre B; an example of a batch is one window of each genre, `inputs` `[B, K, T, P]`.

  Deviation: the published code (`as_published`) shows the generators nothing of the two discriminators of mixed music; here the generators
  face them too. Deviation: fakes of a discriminator's step are made anew by the generators that have just moved. Deviation: the pool keeps
  the last `pool_size` windows, where the published code keeps whole batches. Deviation: mixed music is drawn evenly from the K genres.

  Args:
    hparams: `classes` (A, B, and for the full model the third genre), `mixed` (discriminators of mixed music), `as_published`,
      `mixed_weight` (gamma), `cycle_weight` (lambda), `noise_deviation` (sigma_D), `pool_size` (0 for none), `spectral`, `attention`,
      `attention_pool`, and the sizes `width`, `blocks`, `input_skip` of `networks.Generator` and `critic_width` of `networks.Discriminator`.
    converter: `BinaryConverter`; its steps and pitches must be multiples of 4.

  Raises:
    ArgumentError: steps that are no multiple of 4, or fewer than two genres.
  """

  def __init__(self, hparams, converter, **kwargs):
    super().__init__(**kwargs)
    self.settings, self.converter_arguments = hparams.to_dict(), converter.to_dict()
    self.classes = tuple(hparams.classes)
    self.domains = self.classes[:2]
    if converter.steps % 4 or len(self.classes) < 2:
      raise errors.ArgumentError(f'steps {converter.steps} must be a multiple of 4, and classes {self.classes} at least two')
    options = {'spectral': hparams.spectral, 'attention': hparams.attention, 'attention_pool': hparams.attention_pool}
    generator = lambda name: networks.Generator(hparams.width, hparams.blocks, input_skip=hparams.input_skip, name=name, **options)
    critic = lambda name: networks.Discriminator(hparams.critic_width, name=name, **options)
    shape = (None, converter.steps, converter.input_depth)
    self.to_b, self.to_a = generator('to_b'), generator('to_a')
    self.critic_a, self.critic_b = critic('critic_a'), critic('critic_b')
    self.mixed_critic_a, self.mixed_critic_b = (critic('mixed_critic_a'), critic('mixed_critic_b')) if hparams.mixed else (None, None)
    self.generators, self.critics = [self.to_b, self.to_a], [c for c in (*self._critics('a'), *self._critics('b')) if c is not None]
    for network in (*self.generators, *self.critics):
      network.build(shape)
    self.pool_a, self.pool_b = (self._pool(name, shape[1:]) for name in ('pool_a', 'pool_b')) if hparams.pool_size else (None, None)
    self.built = True

  def _critics(self, genre):
    return (self.critic_a, self.mixed_critic_a) if genre == 'a' else (self.critic_b, self.mixed_critic_b)

  def _pool(self, name, shape):
    """The last windows made of one genre, oldest overwritten; a place that was never written holds -1."""
    return self.add_weight(
        shape=(self.settings['pool_size'], *shape), initializer=keras.initializers.Constant(-1.0), trainable=False, name=name,
        aggregation='only_first_replica')

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  directions = ((0, 1), (1, 0))

  def domain_of(self, batch, domain):
    """The windows `[B, T, P]` of genre A (0) or B (1)."""
    return batch['inputs'][:, domain]

  def translate(self, windows, target=1, training=False):
    """Rolls `[B, T, P]` (0/1 or probabilities) of the other genre -> probabilities `[B, T, P]` in genre `target`: 0 is A, 1 is B."""
    return self.generators[1 - target](ops.cast(windows, 'float32'), training=training)

  def call(self, rolls, target=1, training=False):
    """As `translate`."""
    return self.translate(rolls, target, training)

  def players(self):
    variables = lambda networks_: [v for network in networks_ for v in network.trainable_variables]
    return (base.Player('generator', self.generator_terms, lambda: variables(self.generators)),
            base.Player('discriminator', self.discriminator_terms, lambda: variables(self.critics)))

  def generator_terms(self, batch, training, step):
    """`adversarial_*`, `mixed_*`, `cycle_*`, each `[B]`."""
    rolls, key = ops.cast(batch['inputs'], 'float32'), noise.keys(batch, step, self.settings['noise_seed'])
    a, b, instance_noise = rolls[:, 0], rolls[:, 1], self._instance_noise(rolls, key)
    fake_b, fake_a = self.translate(a, 1, training), self.translate(b, 0, training)
    back_a, back_b = self.translate(fake_b, 0, training), self.translate(fake_a, 1, training)
    terms = {'cycle_a': self.settings['cycle_weight'] * cycle.mean_absolute(back_a, a),
             'cycle_b': self.settings['cycle_weight'] * cycle.mean_absolute(back_b, b)}
    for genre, fake in (('a', fake_a), ('b', fake_b)):
      critic, mixed = self._critics(genre)
      terms[f'adversarial_{genre}'] = adversarial.least_squares(critic(fake + instance_noise, training=training), REAL)
      if mixed is not None and not self.settings['as_published']:
        logits = mixed(fake + instance_noise, training=training)
        terms[f'mixed_{genre}'] = self.settings['mixed_weight'] * adversarial.least_squares(logits, REAL)
    return terms

  def discriminator_terms(self, batch, training, step):
    """`real_*`, `made_*`, and of the discriminators of mixed music `mixed_real_*`, `mixed_made_*`, each `[B]`."""
    rolls, key = ops.cast(batch['inputs'], 'float32'), noise.keys(batch, step, self.settings['noise_seed'])
    instance_noise, mixed_roll = self._instance_noise(rolls, key), self._any_genre(rolls, key)
    fakes = {'b': self.translate(rolls[:, 0], 1, training), 'a': self.translate(rolls[:, 1], 0, training)}
    terms = {}
    for index, genre in enumerate('ab'):
      made = self._pooled(genre, ops.stop_gradient(fakes[genre]), key, training, step)
      for critic, real, prefix in zip(self._critics(genre), (rolls[:, index], mixed_roll), ('', 'mixed_')):
        if critic is None:
          continue
        weight = .5 * (self.settings['mixed_weight'] if prefix else 1.0)
        logits = critic(ops.concatenate([real + instance_noise, made + instance_noise], 0), training=training)  # [2 B, T/4, P/4]
        for name, part, target in zip(('real', 'made'), ops.split(logits, 2), (REAL, MADE)):
          terms[f'{prefix}{name}_{genre}'] = weight * adversarial.least_squares(part, target)
    return terms

  def _instance_noise(self, rolls, key):
    """|N(0, sigma_D)| `[B, T, P]`: one draw for all that the discriminators read of an example in a step, as published."""
    return self.settings['noise_deviation'] * ops.abs(noise.normal(noise.split(key, ROLL_STREAM), tuple(rolls.shape[2:])))

  def _any_genre(self, rolls, key):
    """`[B, T, P]`: for each example its window of a genre drawn evenly."""
    genres = rolls.shape[1]
    drawn = ops.floor(noise.uniform(noise.split(key, GENRE_STREAM), (1, 1, 1)) * genres)
    return ops.sum(rolls * ops.cast(drawn == ops.arange(genres, dtype='float32')[None, :, None, None], 'float32'), axis=1)

  def _pooled(self, genre, made, key, training, step):
    """What a discriminator is shown of `made`: for half of the examples, in training, one that was made before."""
    pool = self.pool_a if genre == 'a' else self.pool_b
    if pool is None or not training:
      return made
    size, rows = pool.shape[0], ops.shape(made)[0]
    old = noise.uniform(noise.split(key, CHOICE_STREAM), (1, 1)) < .5
    places = ops.cast(noise.uniform(noise.split(key, PLACE_STREAM), (1,))[:, 0] * size, 'int32')
    stored = ops.take(pool, places, axis=0)
    shown = ops.where(ops.logical_and(old, stored >= 0), stored, made)
    # The newest take the places of the oldest; of a batch larger than the pool only the first are kept.
    kept = min(size, rows) if isinstance(rows, int) else ops.minimum(size, rows)
    written = (ops.cast(step, 'int32') * rows + ops.arange(kept, dtype='int32')) % size
    pool.assign(ops.scatter_update(pool, written[:, None], made[:kept]))
    return shown

  def metric_terms(self, batch, step):
    """`change_*`: cells that the transfer changes, as shares of those that are on; `cycle_change_*`: those that there and back changes."""
    rolls, found = ops.cast(batch['inputs'], 'float32'), {}
    for index, genre in enumerate('ab'):
      source = rolls[:, index]
      fake = decided(self.translate(source, 1 - index))
      back = decided(self.translate(fake, index))
      on = ops.sum(source, axis=(1, 2))
      for name, result in ((f'change_{genre}', fake), (f'cycle_change_{genre}', back)):
        found[name] = (ops.sum(ops.abs(result - source), axis=(1, 2)), on)
    return found


def decided(probabilities, threshold=THRESHOLD):
  """Probabilities -> 0/1 float32."""
  return ops.cast(probabilities >= threshold, 'float32')
