"""Classifiers of music by genre or composer: convolutions over piano rolls, or over the latents of their windows."""
import keras
from keras import ops

from musicnst import errors
from musicnst.layers import noise
from musicnst.losses import reconstruction
from musicnst.models import base
from musicnst.models.classifiers import augmentation
from musicnst.models.classifiers import networks
from musicnst.models.classifiers import statistics

# Streams of the noise that belongs to an example (layers/noise.py).
NOTES_STREAM, RATE_STREAM, SILENCE_STREAM, DROPOUT_STREAM, STATISTICS_STREAM = range(5)


class Classifier(base.ClassifierModel, base.FeatureModel):
  """Base: cross entropy with smoothed labels, augmentation of rolls, accuracy.

  Args:
    hparams: `classes` (names, in the order of the labels), `class_weights` (of their examples in the loss), `label_smoothing`,
      `note_drop` (largest share of notes dropped in training, drawn for each example), `silence_share` (share of training examples made
      silent, whose target is undecided), `statistics` (add the logits of `statistics.StatisticsHead` to the trunk's), `trunk_share` (factor
      of the trunk's), and those of the trunk.
    converter: gives depth and steps of the rolls.
  """

  def __init__(self, hparams, converter, **kwargs):
    super().__init__(**kwargs)
    self.settings, self.converter_arguments = hparams.to_dict(), converter.to_dict()
    self.classes = tuple(hparams.classes)
    self.trunk = networks.ConvTrunk(
        hparams.filters, hparams.kernels, hparams.strides, hparams.dense, hparams.pooling, hparams.activation, hparams.dropout,
        hparams.pitch_kernels, hparams.pitch_strides, name='trunk')
    # Logits in float32 whatever the policy.
    self.output_head = keras.layers.Dense(len(self.classes), dtype='float32', name='output_head')
    self.statistics_head = None

  def build_trunk(self, shape, statistics_size=statistics.SIZE):
    """Makes the variables, for trunk inputs of `shape` and so many statistics."""
    if self.settings['statistics']:
      self.statistics_head = statistics.StatisticsHead(statistics_size, len(self.classes), self.settings['dropout'], name='statistics_head')
    self.trunk.build(shape)
    self.output_head.build((None, self.trunk.output_depth))
    self.built = True

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  def prepare(self, inputs, lengths=None):
    """Rolls `[B, T, D]` -> (what the trunk reads `[B, T', C]`, mask `[B, T']`)."""
    raise NotImplementedError

  def activations(self, x, valid=None, training=False, key=None):
    """{name: tensor} of every layer, and `logits` `[B, C]`, for a trunk input x."""
    found = self.trunk(ops.cast(x, self.compute_dtype), valid=valid, training=training, key=key)
    logits = self.settings['trunk_share'] * self.output_head(ops.cast(found['output'], 'float32'))
    if self.statistics_head is not None:
      key = None if key is None else noise.split(key, STATISTICS_STREAM)
      logits += self.statistics_head(self.measured(x, valid), training=training, key=key)
    return {**found, 'logits': logits}

  def measured(self, x, valid=None):
    """Statistics `[B, N]`, without gradient, of what the trunk reads."""
    raise NotImplementedError

  def call(self, inputs, lengths=None, training=False, key=None):
    """Rolls `[B, T, D]`, 0/1 or soft, -> logits `[B, C]`."""
    return self.activations(*self.prepare(inputs, lengths), training, key)['logits']

  def features(self, x, names):
    """Named activations of x, as the trunk reads it: rolls for a roll classifier, latents `[B, S, Z]` for one of latents.

    Names: `conv_0`..., `pooled`, `dense_0`..., `logits`.
    """
    found = self.activations(x)
    unknown = [name for name in names if name not in found]
    if unknown:
      raise errors.UnknownNameError(f'unknown layer {unknown[0]!r}. Known: {", ".join(found)}')
    return {name: found[name] for name in names}

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    """`cross_entropy`, nats `[B]`; 0 for an example whose label is negative (unknown)."""
    inputs, labels = ops.cast(batch['inputs'], 'float32'), ops.cast(batch['labels'], 'int32')
    targets, key = ops.one_hot(labels, len(self.classes), dtype='float32'), None
    if training:
      key = noise.keys(batch, step, self.settings['noise_seed'])
      inputs, targets = self._augment(inputs, targets, key)
      key = noise.split(key, DROPOUT_STREAM)
    logits = self(inputs, lengths=batch.get('lengths'), training=training, key=key)
    known = ops.cast(labels >= 0, 'float32')
    if self.settings['class_weights']:
      known = known * ops.sum(ops.one_hot(labels, len(self.classes)) * ops.convert_to_tensor(self.settings['class_weights'], 'float32'), -1)
    return {'cross_entropy': reconstruction.categorical_nats(logits, targets) * known}

  def _augment(self, inputs, targets, key):
    """Notes dropped, some examples silenced, labels smoothed."""
    undecided = ops.ones_like(targets) / len(self.classes)
    smooth = self.settings['label_smoothing']
    targets = targets * (1 - smooth) + undecided * smooth
    silent = noise.uniform(noise.split(key, SILENCE_STREAM), (1,)) < self.settings['silence_share']  # [B, 1]
    if self.settings['note_drop']:
      rates = self.settings['note_drop'] * noise.uniform(noise.split(key, RATE_STREAM), (1,))[:, 0]
      inputs = augmentation.drop_notes(inputs, rates, noise.split(key, NOTES_STREAM))
    inputs = ops.where(silent[:, :, None], ops.zeros_like(inputs), inputs)
    return inputs, ops.where(silent, undecided, targets)

  def metric_terms(self, batch, step):
    """`accuracy`, `accuracy/<class>` and their mean, as ratios over the examples whose label is known (see `models.base`)."""
    logits, labels = self(batch['inputs'], lengths=batch.get('lengths')), ops.cast(batch['labels'], 'int32')
    right = ops.cast(ops.equal(ops.cast(ops.argmax(logits, axis=-1), 'int32'), labels), 'float32')
    occurs = ops.one_hot(labels, len(self.classes), dtype='float32')  # zeros for a negative label
    by_class = {f'accuracy/{name}': (right * occurs[:, i], occurs[:, i]) for i, name in enumerate(self.classes)}
    known = ops.cast(labels >= 0, 'float32')
    return {'accuracy': (right * known, known), 'mean_per_class_accuracy': (right[:, None] * occurs, occurs), **by_class}


class RollClassifier(Classifier):
  """Class of a polyphonic roll `[B, T, 176]` of any length.

  Args:
    hparams: those of `Classifier`, and `unit_density`: scale every roll to one density first, so that how many notes there are decides nothing.
    converter: `PolyphonicConverter`.

  Raises:
    ArgumentError: both `unit_density` and `statistics`.

  Example:
    >>> model = configs.CONFIGS['genre-roll'].override('filters=[8],kernels=[4],strides=[2]').build_model()
    >>> model(keras.ops.zeros((2, 48, 176))).shape
    (2, 4)
  """

  def __init__(self, hparams, converter, **kwargs):
    super().__init__(hparams, converter, **kwargs)
    if hparams.unit_density and hparams.statistics:
      raise errors.ArgumentError('unit_density scales the cells that statistics count: set one of them')
    self.build_trunk((None, converter.steps, converter.input_depth))

  def prepare(self, inputs, lengths=None):
    inputs = ops.cast(inputs, 'float32')
    mask = ops.ones(ops.shape(inputs)[:2]) if lengths is None else reconstruction.step_mask(lengths, ops.shape(inputs)[1])
    if self.settings['unit_density']:
      inputs = augmentation.unit_density(inputs, mask)
    return inputs, mask

  def measured(self, x, valid=None):
    return ops.stop_gradient(statistics.measure(x, ops.ones(ops.shape(x)[:2]) if valid is None else valid))

  def features(self, x, names):
    return super().features(self.prepare(x)[0], names)


class LatentClassifier(Classifier):
  """Class of a piece by rows of latents `[B, S, Z]`, any S; a frozen MusicVAE from a bundle encodes rolls `[B, S T, D]`.

  Args:
    hparams: those of `Classifier`, and `encoder` (name or path of the bundle), `window_steps` (T of its windows), `z_size`.
    converter: of the rolls; its steps are S T.

  Raises:
    ArgumentError: the rolls do not divide into windows.
    ModelNotFoundError: no such bundle, when rolls are first encoded.
  """

  def __init__(self, hparams, converter, **kwargs):
    super().__init__(hparams, converter, **kwargs)
    if converter.steps % hparams.window_steps:
      raise errors.ArgumentError(f'steps {converter.steps} do not divide into windows of {hparams.window_steps} steps')
    self.frozen = FrozenEncoder(hparams.encoder)
    self.build_trunk((None, converter.steps // hparams.window_steps, hparams.z_size), statistics.SIZE + 2 * hparams.z_size)

  def prepare(self, inputs, lengths=None):
    steps, depth = self.settings['window_steps'], inputs.shape[-1]
    rows = inputs.shape[1] // steps
    lengths = ops.full(ops.shape(inputs)[:1], inputs.shape[1], 'int32') if lengths is None else ops.cast(lengths, 'int32')
    inside = ops.clip(lengths[:, None] - steps * ops.arange(rows, dtype='int32')[None], 0, steps)  # [B, S]
    windows = ops.reshape(inputs[:, :rows * steps], (-1, steps, depth))  # [B, S T, D] -> [B S, T, D]
    latents = self.frozen.encode({'inputs': windows, 'lengths': ops.reshape(inside, (-1,))})
    return ops.reshape(latents, (-1, rows, self.settings['z_size'])), ops.cast(inside > 0, 'float32')

  def measured(self, x, valid=None):
    """Mean and deviation of the rows `[B, S, Z]`, and the statistics of the notes that the frozen model decodes from them."""
    x = ops.cast(x, 'float32')
    valid = ops.ones(ops.shape(x)[:2]) if valid is None else ops.cast(valid, 'float32')
    count = ops.maximum(ops.sum(valid, axis=1, keepdims=True), 1.)[..., None]  # [B, 1, 1]
    mean = ops.sum(x * valid[..., None], axis=1, keepdims=True) / count
    deviation = ops.sqrt(ops.sum(ops.square(x - mean) * valid[..., None], axis=1, keepdims=True) / count)
    notes = self.frozen.decode(ops.reshape(x, (-1, x.shape[-1])))  # [B S, T, D]
    steps, depth = notes.shape[1:]
    found = statistics.measure(ops.reshape(notes, (-1, x.shape[1] * steps, depth)), ops.repeat(valid, steps, axis=1))
    return ops.stop_gradient(ops.concatenate([found, mean[:, 0], deviation[:, 0]], axis=-1))


class FrozenEncoder:
  """A bundle's encoder and decoder, loaded when first asked; no layer of the classifier, so it is neither trained nor saved with it.

  Args:
    name: bundle, or run folder.
  """

  def __init__(self, name):
    self.name, self.model = name, None

  def encode(self, batch):
    """Posterior means `[B, Z]`, without gradient."""
    return ops.stop_gradient(self._loaded().encode(batch).mean)

  def decode(self, z):
    """Latents `[B, Z]` -> decided notes 0/1 `[B, T, D]`, without gradient."""
    return ops.stop_gradient(self._loaded().decode_tokens(z))

  def _loaded(self):
    if self.model is None:
      self.model = _load_encoder(self.name)
    return self.model


def _load_encoder(name):
  if not name:
    raise errors.ModelNotFoundError('this classifier reads latents: name the bundle that encodes with --hparams encoder=NAME')
  from musicnst import bundles
  return bundles.load(name)[0]
