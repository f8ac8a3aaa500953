"""From hyperparameters and a converter's depths to a MusicVAE: which encoder, decoder and head go together."""
import math

from musicnst import errors
from musicnst.models.music_vae import decoders
from musicnst.models.music_vae import encoders
from musicnst.models.music_vae import heads
from musicnst.models.music_vae import hierarchical
from musicnst.models.music_vae import model
from musicnst.models.music_vae import nade
from musicnst.models.music_vae import polyphonic
from musicnst.models.music_vae import recurrent
from musicnst.models.music_vae import split


def beat_model(hparams, converter):
  """The beat network (`polyphonic.BeatEncoder` and `BeatDecoder`): `width`, `blocks`, `steps_per_beat`, `threshold`."""
  depth = converter.output_depth
  shared = dict(width=hparams.width, blocks=hparams.blocks, steps_per_beat=hparams.steps_per_beat, rnn_size=hparams.beat_rnn_size)
  encoder = polyphonic.BeatEncoder(**shared)
  network = polyphonic.BeatDecoder(converter.steps, depth, **shared)
  head = heads.Bernoulli(depth, hparams.threshold)
  return model.MusicVAE(encoder, decoders.DirectDecoder(network, head, converter.steps), hparams, converter)


def recurrent_model(hparams, converter):
  """Magenta's family: bidirectional or hierarchical encoder, flat or hierarchical decoder, any head.

  Raises:
    HparamError: `level_lengths` that do not make up the converter's steps.
  """
  encoder = recurrent_encoder(hparams)
  return model.RecurrentVAE(encoder, recurrent_decoder(hparams, converter, encoder), hparams, converter)


def recurrent_encoder(hparams):
  """`enc_rnn_size` layers over all steps, in both directions or forwards only, or at each level of a hierarchy."""
  arguments = dict(residual=hparams.residual_encoder, dropout_rate=1 - hparams.dropout_keep_prob)
  if hparams.hierarchical_encoder:
    levels = tuple(hparams.level_lengths)[::-1]  # the decoder's levels, read from the steps up
    return encoders.HierarchicalEncoder(levels, [hparams.enc_rnn_size] * len(levels), **arguments)
  kind = encoders.BidirectionalEncoder if hparams.bidirectional_encoder else encoders.ForwardEncoder
  return kind(hparams.enc_rnn_size, **arguments)


def recurrent_decoder(hparams, converter, encoder=None):
  """A flat decoder, or conductors over one core decoder, or over one a block of the output (`split_outputs`)."""
  levels = tuple(hparams.level_lengths)
  steps = levels[-1] if levels else converter.steps
  if levels and math.prod(levels) != converter.steps:
    raise errors.HparamError(f'level_lengths {levels} make up {math.prod(levels)} steps, but a window has {converter.steps}')
  whole = output_head(hparams, converter)
  if hparams.split_outputs:
    if not converter.categorical_depths:
      raise errors.HparamError('split_outputs needs a representation with categorical blocks')
    cores = [_flat(heads.Categorical((depth,)), steps, hparams, converter, f'core_{i}')
             for i, depth in enumerate(converter.categorical_depths)]
    core = split.SplitDecoder(cores, whole)
  else:
    core = _flat(whole, steps, hparams, converter, 'core' if levels else 'decoder')
  if not levels:
    return core
  if hparams.reread and not hparams.hierarchical_encoder:
    raise errors.HparamError('reread needs hierarchical_encoder: what was written is read again by the encoder of the level')
  return hierarchical.HierarchicalDecoder(
      core, levels, hparams.dec_rnn_size, hparams.residual_decoder, 1 - hparams.dropout_keep_prob,
      autoregressive_levels=() if hparams.disable_autoregression else tuple(range(len(levels) - 1)),
      rereader=encoder if hparams.reread else None)


def output_head(hparams, converter):
  """What the outputs are: categorical blocks, hits with velocity and offset, bits by a NADE (`nade_num_hidden`), or independent bits."""
  if converter.categorical_depths:
    return heads.Categorical(converter.categorical_depths)
  if converter.real_valued:
    return heads.Groove(converter.output_depth)
  if hparams.get('nade_num_hidden'):
    return nade.Nade(converter.output_depth, hparams.nade_num_hidden, name='nade')
  return heads.Bernoulli(converter.output_depth, hparams.threshold, halves=converter.name == 'polyphonic')


def _flat(head, steps, hparams, converter, name):
  return recurrent.LSTMDecoder(
      head, steps, hparams.dec_rnn_size, control_depth=converter.control_depth, autoregressive=hparams.autoregressive,
      residual=hparams.residual_decoder, dropout_rate=1 - hparams.dropout_keep_prob,
      sampling_schedule=hparams.sampling_schedule, sampling_rate=hparams.sampling_rate, name=name)
