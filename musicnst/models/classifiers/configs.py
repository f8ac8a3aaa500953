"""The classifiers' configs: genre and composer, over rolls and over latents, and the paper's own network."""
from musicnst import config as config_lib
from musicnst import registry
from musicnst.representations import binary
from musicnst.representations import pianoroll

# The models; loaded when one is built.
ROLLS = registry.late('musicnst.models.classifiers.model', 'RollClassifier')
LATENTS = registry.late('musicnst.models.classifiers.model', 'LatentClassifier')
PHRASES = registry.late('musicnst.models.classifiers.phrase', 'PhraseClassifier')

GENRES = ('classical', 'folk', 'jazz', 'pop')
# The four most frequent composers of MAESTRO v1, the paper's classes; and the thirteen.
COMPOSERS = ('Johann Sebastian Bach', 'Ludwig van Beethoven', 'Frédéric Chopin', 'Franz Schubert')
THIRTEEN = COMPOSERS + (
    'Franz Liszt', 'Sergei Rachmaninoff', 'Robert Schumann', 'Claude Debussy', 'Joseph Haydn', 'Wolfgang Amadeus Mozart',
    'Alexander Scriabin', 'Felix Mendelssohn', 'Domenico Scarlatti')

BASE = config_lib.TRAINING.extend(
    label='genre',                # which label of a window is the class
    classes=GENRES,               # its values, in the order of the logits
    steps=128,                    # steps of a training window; any length can be classified
    steps_per_quarter=4,          # grid
    filters=(128, 128, 192),      # of the convolutions over time
    kernels=(8, 8, 8),            # their widths
    strides=(2, 2, 2),            # their strides
    pitch_kernels=(),             # their widths over the keys; empty: they go over time alone
    pitch_strides=(),             # their strides over the keys
    dense=(64,),                  # dense layers after the pooling
    pooling='mean_max',           # over the valid steps; 'flatten' needs a fixed length
    activation='relu',            # of every layer
    dropout=.2,                   # after every layer
    unit_density=False,           # scale each roll to one density first
    note_drop=.7,                 # largest share of an example's notes dropped in training
    statistics=False,             # add logits of fixed statistics to those of the convolutions
    trunk_share=1.0,              # factor of the convolutions' logits
    silence_share=.02,            # training examples made silent, with an undecided target
    label_smoothing=0.0,          # share of the target spread over all classes
    class_weights=(),             # of each class's examples in the loss; empty: all alike
    batch_size=64, decay_rate=.9995, min_learning_rate=.00003, transpose_low=-6, transpose_high=5)

LATENT = BASE.extend(
    encoder='polyphonic-2bar',    # bundle whose encoder gives the latents
    window_steps=32,              # steps of one of its windows
    z_size=512,                   # its latent
    steps=512,                    # steps of a training piece: 16 windows
    filters=(128, 128), kernels=(3, 3), strides=(1, 1), dense=(64,))

COMPOSER = dict(label='composer', classes=COMPOSERS)

# FACTS of the published code: ELU, dropout .1, four convolutions ending in one filter, three dense layers, flattened.
PAPER = BASE.extend(
    **COMPOSER, steps=128, filters=(256, 128, 64, 1), kernels=(128, 64, 32, 4), strides=(1, 1, 1, 1), dense=(500, 250),
    pooling='flatten', activation='elu', dropout=.1, note_drop=0.0, silence_share=0.0, batch_size=20, decay_rate=1.0,
    transpose_low=0, transpose_high=0)

# The classifier of the CycleGAN papers; its optimizer and schedule are the generators'.
PHRASE = config_lib.TRAINING.extend(
    label='genre',                # which label of a window is the class
    classes=('jazz', 'pop'),      # its values, in the order of the logits
    one_of_each=True,             # an example is one window of each class
    steps=64,                     # four bars; the network reads no other length
    steps_per_quarter=4,          # grid
    four_four=True,               # leave out music that is not in 4/4
    width=64,                     # filters of the first convolution
    adam_beta1=.5,                # Adam's first beta
    constant_steps=7710,          # steps at the first learning rate
    zero_rate_step=77100,         # step at which it has come to zero, on a line
    batch_size=16, learning_rate=.0002, clip_mode='none')


def _binary_converter(hparams):
  return binary.BinaryConverter(steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, four_four=hparams.four_four)


def _phrase_entry(*genres):
  name = 'genre-phrase_' + '_'.join(genres)
  return name, config_lib.Config(
      name, PHRASES, _binary_converter, PHRASE.extend(classes=genres),
      f"{', '.join(genres[:-1])} or {genres[-1]}: the CycleGAN papers' classifier of four bars")


def _converter(hparams):
  return pianoroll.PolyphonicConverter(steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter)


def _entry(name, network, hparams, description):
  return name, config_lib.Config(name, network, _converter, hparams, description)


CONFIGS = dict((
    _entry('genre-roll', ROLLS, BASE, 'genre of a piano roll of any length'),
    _entry('genre-roll_dense', ROLLS, BASE.extend(unit_density=True, label_smoothing=.1),
           'genre of a piano roll whose density is made one, labels smoothed'),
    _entry('genre-roll_small', ROLLS,
           BASE.extend(filters=(64, 64), kernels=(16, 8), strides=(4, 2), dense=(), label_smoothing=.1),
           'genre of a piano roll, a small network of long kernels, labels smoothed'),
    _entry('genre-roll_square', ROLLS,
           BASE.extend(filters=(24, 48, 96, 96), kernels=(4, 4, 4, 4), strides=(2, 2, 2, 1), pitch_kernels=(12, 5, 4, 4),
                       pitch_strides=(4, 2, 2, 2), label_smoothing=.1),
           'genre of a piano roll, convolutions over time and pitch, labels smoothed'),
    _entry('genre-latent', LATENTS, LATENT, "genre of a piece by its windows' latents"),
    _entry('composer-roll', ROLLS, BASE.extend(**COMPOSER, steps=512), 'composer of a piano roll of any length'),
    _entry('composer-latent', LATENTS, LATENT.extend(**COMPOSER), "composer of a piece by its windows' latents"),
    _entry('composer-13', ROLLS,
           BASE.extend(label='composer', classes=THIRTEEN, steps=512, statistics=True, filters=(), kernels=(), strides=(), dense=()),
           'which of thirteen composers a piano roll of any length is by, by its statistics'),
    _entry('composer-paper', ROLLS, PAPER,
           "the paper's composer classifier (Volker and Paskova, section 5.1): a funnel of convolutions, flattened, and dense layers"),
    *(_phrase_entry(*genres) for genres in (('jazz', 'pop'), ('classical', 'pop'), ('jazz', 'classical'), ('jazz', 'classical', 'pop'))),
))
