"""MusicVAE's configs, by Magenta's names at full size where Magenta has them; any size through `--hparams`."""
from musicnst import config as config_lib
from musicnst import hparams as hparams_lib
from musicnst.models.music_vae import decoders
from musicnst.models.music_vae import heads
from musicnst.models.music_vae import model
from musicnst.models.music_vae import polyphonic
from musicnst.representations import pianoroll

TRAINING = hparams_lib.HParams(
    batch_size=512,               # examples of a global batch
    learning_rate=.001,           # at step 0
    decay_rate=.9999,             # of the learning rate, a step
    min_learning_rate=.00001,     # what the learning rate falls to
    grad_clip=1.0,                # largest global norm of the gradient
    clip_mode='global_norm',      # 'global_norm' or 'value'
    grad_norm_clip_to_zero=10000.0,  # a step whose gradient is longer than this is made zero
    transpose_low=0,              # lowest random transposition in training, semitones
    transpose_high=0,             # highest
    noise_seed=0)                 # names the training noise

LATENT = TRAINING.extend(
    z_size=256,                   # dimensions of the latent
    free_bits=0.0,                # bits of an example's total KL that cost nothing
    max_beta=1.0,                 # the KL's largest weight
    beta_rate=0.0,                # weight = (1 - beta_rate^step) max_beta
    sampling_schedule='constant',  # scheduled sampling: 'constant', 'exponential' or 'inverse_sigmoid'
    sampling_rate=0.0)            # its rate; constant 0 is teacher forcing


def _polyphonic_converter(hparams):
  return pianoroll.PolyphonicConverter(steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter)


def _beat_model(hparams, converter):
  depth = converter.output_depth
  head = heads.Bernoulli(depth, hparams.threshold)
  encoder = polyphonic.BeatEncoder(hparams.width, hparams.blocks, hparams.steps_per_beat)
  network = polyphonic.BeatDecoder(converter.steps, depth, hparams.width, hparams.blocks, hparams.steps_per_beat)
  return model.MusicVAE(encoder, decoders.DirectDecoder(network, head, converter.steps), hparams, converter)


CONFIGS = {entry.name: entry for entry in (
    config_lib.Config(
        'polyphonic-2bar', _beat_model, _polyphonic_converter,
        LATENT.extend(
            steps=32, steps_per_quarter=4, width=512, blocks=1, steps_per_beat=4, threshold=.35, max_beta=.05, batch_size=256,
            transpose_low=-5, transpose_high=6),
        'two bars of polyphonic music (onset and sustain of 88 keys); one dense layer shared by the beats, not autoregressive'),
)}
