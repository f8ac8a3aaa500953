"""Models of moved accompaniment: `Texture` mends it, `LatentTexture` has latents of how. Both write what they read with numbers added."""
import keras
from keras import ops
import numpy as np

from musicnst.layers import noise
from musicnst.losses import divergence
from musicnst.losses import reconstruction
from musicnst.models import base
from musicnst.models.texture import network
from musicnst.models.texture import windows


def parts_of(model, shapes, prefix='', last=0.0):
  """{name: new weight of the model}; `last` is the deviation of the last layer's."""
  found = {}
  for name, shape in shapes.items():
    if name.startswith('norm') or name.endswith('bias'):
      initial = 'zeros' if name.endswith('bias') else 'ones'
    else:
      initial = keras.initializers.RandomNormal(stddev=last if name == 'out' else float(np.sqrt(1 / shape[0])))
    found[name] = model.add_weight(shape=shape, initializer=initial, name=prefix + name, dtype='float32', autocast=False)
  return found


def notes_of(inputs, most):
  """Inputs `[B, T, ...]` -> (places int32 `[B, N]`, valid float32 `[B, N]`) as of `network.notes_of`, N being `most` or less."""
  onsets = ops.reshape(inputs[:, :, :windows.KEYS], (-1, inputs.shape[1] * windows.KEYS))
  valid, places = ops.top_k(onsets, min(most, onsets.shape[1]))
  return ops.cast(places, 'int32'), valid


def _dense(parts):
  """The weights as tensors whose gradients are dense, those of looked up rows too."""
  return {name: ops.multiply(part, 1.0) for name, part in parts.items()}


def cell_nats(logits, wanted, sustain_weight):
  """{'onset': nats `[B]` of the cells that begin notes, 'sustain': weighted ones of those that hold them}."""
  parts = zip(ops.split(logits, 2, axis=-1), ops.split(ops.cast(wanted, 'float32'), 2, axis=-1))
  onset, sustain = (ops.sum(reconstruction.bernoulli_nats(*pair), axis=1) for pair in parts)
  return {'onset': onset, 'sustain': sustain_weight * sustain}


def onset_f1(found, wanted):
  """(numerators, denominators) `[B]` of the F1 of onsets of two rolls 0/1 `[B, T, 176]`."""
  found, wanted = (ops.cast(roll[:, :, :windows.KEYS], 'float32') for roll in (found, wanted))
  count = lambda roll: ops.sum(roll, axis=(1, 2))
  return 2 * count(found * wanted), count(found) + count(wanted)


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
    self.parts = parts_of(self, network.shapes(hparams.units, hparams.layers, hparams.heads))
    self.built = True

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  def call(self, inputs):
    """Inputs `[B, T, windows.DEPTH]` -> logits float32 `[B, T, 176]`."""
    inputs, settings = ops.cast(inputs, 'float32'), self.settings
    places, valid = notes_of(inputs, settings['most_notes'])
    return network.logits(_dense(self.parts), inputs, places, valid, settings['layers'], settings['heads'], ops)

  def translate(self, windows, target=1, training=False):
    del target, training
    return ops.sigmoid(self(windows))

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    del training, step
    return cell_nats(self(batch['inputs']), batch['outputs'], self.settings['sustain_weight'])

  def metric_terms(self, batch, step):
    """`onset_f1` of what is mended and, to compare with, `moved_f1` of what is read."""
    del step
    mended = ops.cast(self(batch['inputs']) >= 0, 'float32')
    return {'onset_f1': onset_f1(mended, batch['outputs']), 'moved_f1': onset_f1(batch['inputs'], batch['outputs'])}


class LatentTexture(base.PriorModel):
  """Conditional autoencoder of accompaniment: its latents say what chords, tune and the moved roll (the controls) leave open.

  The encoder hears the accompaniment under its chords and tune; the decoder is the network of `Texture`, whose every note is told the latents:
  what it writes is the moved roll with numbers added (Sohn et al., 2015, decoding residually).

  Args:
    hparams: as of `Texture`; `z_size`, `encoder_layers`, `max_beta`, `beta_rate`, `free_bits` (`losses.divergence`), `noise_seed`.
    converter: `windows.LatentTextureConverter`.
  """

  def __init__(self, hparams, converter):
    super().__init__()
    self.settings, self.converter_arguments, self.z_size = hparams.to_dict(), converter.to_dict(), hparams.z_size
    encoder = network.shapes(hparams.units, hparams.encoder_layers, hparams.heads)
    encoder.update(out=(hparams.units, 2 * hparams.z_size), out_bias=(2 * hparams.z_size,))
    decoder = {**network.shapes(hparams.units, hparams.layers, hparams.heads), 'told': (hparams.z_size, hparams.units)}
    self.encoder, self.decoder = parts_of(self, encoder, 'encoder_', .02), parts_of(self, decoder, 'decoder_', .02)
    self.built = True

  def get_config(self):
    return {'hparams': self.settings, 'converter': self.converter_arguments}

  def encode(self, batch):
    roll, controls = (ops.cast(batch[name], 'float32') for name in ('inputs', 'controls'))
    read = ops.concatenate([roll, controls[:, :, windows.ROLL:]], -1)
    (places, valid), p, settings = notes_of(read, self.settings['most_notes']), _dense(self.encoder), self.settings
    x = network.tokens(p, read, places, valid, settings['encoder_layers'], settings['heads'], ops) * valid[..., None]
    whole = ops.sum(x, axis=1) / (1 + ops.sum(valid, axis=1, keepdims=True)) @ p['out'] + p['out_bias']
    mean, spread = ops.split(whole, 2, axis=-1)
    return base.Gaussian(mean, ops.softplus(spread + .5) + 1e-4)

  def decode_logits(self, z, batch=None):
    return self._decoded(z, None if batch is None else batch['controls'])

  def _decoded(self, z, controls):
    z, settings = ops.cast(z, 'float32'), self.settings
    shape = (settings['steps'], windows.DEPTH)
    controls = ops.zeros((ops.shape(z)[0], *shape)) if controls is None else ops.cast(controls, 'float32')
    (places, valid), p = notes_of(controls, settings['most_notes']), _dense(self.decoder)
    return network.logits(p, controls, places, valid, settings['layers'], settings['heads'], ops, z @ p['told'])

  def decode_tokens(self, z, steps=None, temperature=0.0, controls=None, seed=0):
    del steps  # windows have one length
    logits = self._decoded(z, controls)
    if not temperature:
      return self.likeliest(logits)
    key = seed if len(ops.shape(seed)) else noise.keys({'inputs': z}, seed, self.settings['noise_seed'])
    return ops.cast(noise.uniform(key, tuple(logits.shape[1:])) < ops.sigmoid(logits / temperature), 'float32')

  def players(self):
    return (base.Player('model', self.loss_terms, lambda: self.trainable_variables),)

  def loss_terms(self, batch, training, step):
    """As `Texture`'s, and `divergence`: KL beyond the free bits, times beta."""
    posterior = self.encode(batch)
    z = posterior.mean
    if training:
      z = z + posterior.stddev * noise.normal(noise.keys(batch, step, self.settings['noise_seed']), (self.z_size,))
    kl = divergence.beyond_free_bits(divergence.kl_to_standard_normal(posterior.mean, posterior.stddev), self.settings['free_bits'])
    weight = divergence.beta(step, self.settings['max_beta'], self.settings['beta_rate'])
    return {**cell_nats(self.decode_logits(z, batch), batch['outputs'], self.settings['sustain_weight']), 'divergence': weight * kl}

  def metric_terms(self, batch, step):
    """`onset_f1` from the latents' mean, `prior_f1` from latents that say nothing (0), `moved_f1` of the moved roll, `kl_nats`."""
    del step
    posterior = self.encode(batch)
    written = [self.likeliest(self.decode_logits(z, batch)) for z in (posterior.mean, ops.zeros_like(posterior.mean))]
    rolls = {'onset_f1': written[0], 'prior_f1': written[1], 'moved_f1': batch['controls']}
    found = {name: onset_f1(roll, batch['outputs']) for name, roll in rolls.items()}
    return {**found, 'kl_nats': divergence.kl_to_standard_normal(posterior.mean, posterior.stddev)}
