"""The CycleGAN configs: three pairs of genres, three sets of discriminators, with and without spectral normalization and self-attention."""
import itertools

from musicnst import config as config_lib
from musicnst import registry
from musicnst.representations import binary

MODEL = registry.late('musicnst.models.cyclegan.model', 'CycleGAN')
# Pair -> genres A and B, and the third one, that only the full models train on.
PAIRS = {
    'jazz_pop': ('jazz', 'pop', 'classical'),
    'classical_pop': ('classical', 'pop', 'jazz'),
    'jazz_classical': ('jazz', 'classical', 'pop'),
}
VARIANTS = ('base', 'partial', 'full')

# The paper's sizes; an epoch of its smallest pair has 771 steps, of which 10 at one rate and 90 to zero.
PAPER = config_lib.TRAINING.extend(
    label='genre',                # which label of a window is its genre
    classes=('classical', 'pop'), # A, B, and the further genres of mixed music
    one_of_each=True,             # an example is one window of each genre
    steps=64,                     # four bars
    steps_per_quarter=4,          # grid
    four_four=True,               # leave out music that is not in 4/4 throughout
    width=64,                     # filters of a generator's first convolution
    blocks=10,                    # its residual blocks
    critic_width=64,              # filters of a discriminator's first convolution
    input_skip=0.0,               # logits of the input added to a generator's output
    spectral=False,               # spectral normalization of the convolutions
    attention=False,              # two layers of self-attention a network
    attention_pool=1,             # cells a side that their keys and values are pooled over
    mixed=False,                  # two more discriminators, of music of all `classes`
    as_published=False,           # the generators do not face those two
    mixed_weight=1.0,             # gamma
    cycle_weight=10.0,            # lambda
    noise_deviation=1.0,          # sigma_D
    pool_size=0,                  # windows made before that the discriminators are shown
    adam_beta1=.5,                # Adam's first beta
    constant_steps=7710,          # steps at the first learning rate
    zero_rate_step=77100,         # step at which it has come to zero, on a line
    batch_size=16, learning_rate=.0002, clip_mode='none')

# An eighth of the generators' filters and a quarter of the discriminators', fewer blocks, a start near the copy, less noise and a larger rate:
# trains on one thread in a quarter of an hour.
SMALL = PAPER.extend(
    width=8, blocks=3, critic_width=16, input_skip=1.0, attention_pool=4, noise_deviation=.1, mixed_weight=.25, batch_size=4,
    learning_rate=.001, constant_steps=2000, zero_rate_step=3000)


def _converter(hparams):
  return binary.BinaryConverter(steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, four_four=hparams.four_four)


def _config(variant, spectral, attention, pair, small):
  genres = PAIRS[pair] if variant == 'full' else PAIRS[pair][:2]
  mixed = variant != 'base'
  hparams = (SMALL if small else PAPER).extend(
      classes=genres, spectral=spectral, attention=attention, mixed=mixed, pool_size=50 if mixed else 0)
  name = 'cyclegan-' + '-'.join([variant, *(['sn'] if spectral else []), *(['sa'] if attention else [])]) + f'_{pair}' + ('-small' if small else '')
  parts = [f'CycleGAN {genres[0]} <-> {genres[1]}, {variant} discriminators']
  parts += ['spectral normalization'] * spectral + ['self-attention'] * attention + ['small'] * small
  return name, config_lib.Config(name, MODEL, _converter, hparams, ', '.join(parts))


CONFIGS = dict(_config(*choice) for choice in itertools.product(VARIANTS, (False, True), (False, True), PAIRS, (False, True)))
