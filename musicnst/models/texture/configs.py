"""Config of the network that mends moved accompaniment."""
from musicnst import config as config_lib
from musicnst import registry
from musicnst.models.texture import windows

MODEL = registry.late('musicnst.models.texture.model', 'Texture')
HPARAMS = config_lib.TRAINING.extend(
    steps=windows.STEPS,          # two bars of sixteenths
    units=96,                     # of a note
    layers=3,                     # in which notes attend to each other
    heads=4,                      # of the attention
    most_notes=64,                # of a window, in training; in use all
    sustain_weight=.25,           # of cells that hold a note
    batch_size=64, learning_rate=.001, decay_rate=.9997, transpose_low=-5, transpose_high=6)


def _converter(hparams):
  return windows.TextureConverter(steps=hparams.steps, steps_per_quarter=windows.STEPS_PER_QUARTER)


CONFIGS = {config.name: config for config in (
    config_lib.Config('texture-2bar', MODEL, _converter, HPARAMS, 'accompaniment that was moved to other chords, mended under chords and tune'),)}
