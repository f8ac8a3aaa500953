"""The classifier of the CycleGAN papers: five convolutions over a phrase of 64 steps x 84 pitches (Brunner et al., 2018, section III-C)."""
import keras
from keras import ops

from musicnst import errors
from musicnst.layers import images
from musicnst.losses import reconstruction
from musicnst.models import base

PHRASE_STEPS = 64
# (filters as a multiple of `width`, height) of the convolutions over time, each as long as its stride.
OVER_TIME = ((2, 4), (4, 2), (8, 8))
OCTAVE, OCTAVES = 12, 7


class PhraseClassifier(base.ClassifierModel):
  """Which of K genres a binary roll `[B, 64, 84]` is of; an example of a batch is one window of each genre, `inputs` `[B, K, 64, 84]`.

  Args:
    hparams: `classes`, `width` (filters of the first convolution, 64 in the paper).
    converter: `BinaryConverter` of 64 steps.

  Raises:
    ArgumentError: another number of steps.

  Example:
    >>> model = configs.CONFIGS['genre-phrase_jazz_pop'].build_model()
    >>> model(keras.ops.zeros((3, 64, 84))).shape
    (3, 2)
  """

  def __init__(self, hparams, converter, **kwargs):
    super().__init__(**kwargs)
    if converter.steps != PHRASE_STEPS:
      raise errors.ArgumentError(f'steps {converter.steps}: the phrase classifier reads {PHRASE_STEPS}')
    self.settings, self.converter_arguments = hparams.to_dict(), converter.to_dict()
    self.classes = tuple(hparams.classes)
    conv = lambda filters, kernel, name: images.convolution(filters, kernel, kernel, padding='valid', name=name)
    self.octaves = conv(hparams.width, (1, OCTAVE), 'octaves')
    self.over_time = [conv(hparams.width * factor, (height, 1), f'over_time_{i}') for i, (factor, height) in enumerate(OVER_TIME)]
    self.normalizations = [keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, name=f'normalization_{i}') for i in range(len(OVER_TIME))]
    self.output_head = conv(len(self.classes), (1, OCTAVES), 'output_head')
    shape = (None, PHRASE_STEPS, converter.input_depth, 1)
    for layer in (self.octaves, *(layer for pair in zip(self.over_time, self.normalizations) for layer in pair), self.output_head):
      layer.build(shape)
      shape = layer.compute_output_shape(shape)
    self.built = True

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  def call(self, rolls, lengths=None, training=False):
    """Rolls `[B, 64, 84]`, 0/1 or soft, -> logits `[B, K]`; silence is read as such, so `lengths` do not matter."""
    del lengths, training
    x = ops.cast(2 * ops.cast(rolls, 'float32') - 1, self.compute_dtype)[..., None]
    x = images.leaky_relu(self.octaves(x))  # [B, 64, 7, W]
    for convolution, normalization in zip(self.over_time, self.normalizations):
      x = images.leaky_relu(normalization(convolution(x)))  # -> [B, 1, 7, 8 W]
    return ops.cast(self.output_head(x), 'float32')[:, 0, 0]

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    """`cross_entropy`, nats `[B]`, mean over the K windows of an example."""
    del training, step
    logits = self._logits(batch)
    return {'cross_entropy': ops.mean(reconstruction.categorical_nats(logits, self._targets(logits)), axis=1)}

  def metric_terms(self, batch, step):
    """`accuracy` and `accuracy/<class>`, each `[B]`."""
    del step
    logits = self._logits(batch)
    right = ops.cast(ops.argmax(logits, axis=-1) == ops.arange(len(self.classes), dtype='int32')[None], 'float32')
    return {'accuracy': ops.mean(right, axis=1), **{f'accuracy/{name}': right[:, i] for i, name in enumerate(self.classes)}}

  def _logits(self, batch):
    """`[B, K, K]`: of each window of an example."""
    rolls, genres = batch['inputs'], len(self.classes)
    return ops.reshape(self(ops.reshape(rolls, (-1, *rolls.shape[2:]))), (-1, genres, genres))

  def _targets(self, logits):
    return ops.broadcast_to(ops.eye(len(self.classes))[None], ops.shape(logits))
