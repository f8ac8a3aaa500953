"""Model of config `texture-2bar`: accompaniment that a rule moved to other chords -> the same, mended. It begins as the identity."""
import keras
from keras import ops
import numpy as np

from musicnst.losses import reconstruction
from musicnst.models import base
from musicnst.models.texture import network
from musicnst.models.texture import windows


class Texture(base.TranslationModel):
  """Moved rolls under chords and a tune -> logits of mended ones; see `network`.

  Args:
    hparams: `units`, `layers`, `heads`; `most_notes`: of a window with more notes, those after them are not looked at; `sustain_weight`: what a
      cell that holds counts against one that begins a note.
    converter: `windows.TextureConverter`.
  """

  domains = ('moved', 'mended')

  def __init__(self, hparams, converter):
    super().__init__()
    self.settings, self.converter_arguments = hparams.to_dict(), converter.to_dict()
    self.parts = {name: self._part(name, shape) for name, shape in network.shapes(hparams.units, hparams.layers, hparams.heads).items()}
    self.built = True

  def _part(self, name, shape):
    if name.startswith(('norm', 'out')) or name.endswith('bias'):
      initial = 'ones' if name.startswith('norm') and not name.endswith('bias') else 'zeros'
    else:
      initial = keras.initializers.RandomNormal(stddev=float(np.sqrt(1 / shape[0])))
    return self.add_weight(shape=shape, initializer=initial, name=name, dtype='float32', autocast=False)

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  def call(self, inputs):
    """Inputs `[B, T, windows.DEPTH]` -> logits float32 `[B, T, 176]`."""
    inputs, settings = ops.cast(inputs, 'float32'), self.settings
    onsets = ops.reshape(inputs[:, :, :windows.KEYS], (-1, inputs.shape[1] * windows.KEYS))
    valid, places = ops.top_k(onsets, min(settings['most_notes'], onsets.shape[1]))
    weights = {name: ops.multiply(part, 1.0) for name, part in self.parts.items()}  # so that gradients of looked up rows are dense
    return network.logits(weights, inputs, ops.cast(places, 'int32'), valid, settings['layers'], settings['heads'], ops)

  def translate(self, windows, target=1, training=False):
    del target, training
    return ops.sigmoid(self(windows))

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    """Nats of the cells that begin notes and, weighted, of those that hold them, a window."""
    del training, step
    onset, sustain = ops.split(self(batch['inputs']), 2, axis=-1)
    wanted, held = ops.split(ops.cast(batch['outputs'], 'float32'), 2, axis=-1)
    return {'onset': ops.sum(reconstruction.bernoulli_nats(onset, wanted), axis=1),
            'sustain': self.settings['sustain_weight'] * ops.sum(reconstruction.bernoulli_nats(sustain, held), axis=1)}

  def metric_terms(self, batch, step):
    """`onset_f1` of what is mended and, to compare with, `moved_f1` of what is read."""
    del step
    keys = windows.KEYS
    wanted, moved = (ops.cast(batch[name][:, :, :keys], 'float32') for name in ('outputs', 'inputs'))
    mended = ops.cast(self(batch['inputs'])[:, :, :keys] >= 0, 'float32')
    count = lambda roll: ops.sum(roll, axis=(1, 2))
    return {name: (2 * count(roll * wanted), count(roll) + count(wanted)) for name, roll in (('onset_f1', mended), ('moved_f1', moved))}
