"""Configs of networks that mend moved accompaniment: one that decides, one with latents."""
from musicnst import config as config_lib
from musicnst import registry
from musicnst.models.texture import windows

LATENT = registry.late('musicnst.models.texture.model', 'LatentTexture')
MODEL = registry.late('musicnst.models.texture.model', 'Texture')
HPARAMS = config_lib.TRAINING.extend(
    steps=windows.STEPS,          # two bars of sixteenths
    units=96,                     # of a note
    layers=3,                     # in which notes attend to each other
    heads=4,                      # of the attention
    most_notes=64,                # of a window, in training; in use all
    sustain_weight=.25,           # of cells that hold a note
    batch_size=64, learning_rate=.001, decay_rate=.9997, transpose_low=-5, transpose_high=6)

LATENT_HPARAMS = HPARAMS.extend(
    z_size=32,                    # dimensions of the latents
    encoder_layers=2,             # as `layers`, of the encoder
    free_bits=16,                 # of the divergence
    max_beta=.5,                  # weight of the divergence beyond them
    beta_rate=.999)               # how fast it grows


def _latent_converter(hparams):
  return windows.LatentTextureConverter(steps=hparams.steps, steps_per_quarter=windows.STEPS_PER_QUARTER)


def _converter(hparams):
  return windows.TextureConverter(steps=hparams.steps, steps_per_quarter=windows.STEPS_PER_QUARTER)


CONFIGS = {config.name: config for config in (
    config_lib.Config('texture-2bar', MODEL, _converter, HPARAMS, 'accompaniment that was moved to other chords, mended under chords and tune'),
    config_lib.Config('texture-latent-2bar', LATENT, _latent_converter, LATENT_HPARAMS,
                      'latents of accompaniment, decoded onto what was moved to other chords'))}
