"""MusAE's configs: the paper's sizes on bands, the same on voices, and small ones that train on one CPU thread in minutes."""
from musicnst import config as config_lib
from musicnst import registry
from musicnst.representations import band
from musicnst.representations import voices

# The model; loaded when one is built.
MODEL = registry.late('musicnst.models.musae.model', 'build')
# The labelled corpora's, in the order of the circle: neighbours are the likest.
GENRES = ('classical', 'jazz', 'pop', 'folk')

# Section 4.1, and equations 7 to 18.
BASE = config_lib.TRAINING.extend(
    steps=32,                     # steps of a window: 32 for 2 bars, 256 for 16
    steps_per_quarter=4,          # grid
    continuous=False,             # windows one after another through a whole piece (for encoding pieces), not each bar's (for training)
    max_silent_bars=1,            # bars of consecutive silence that a track may have in a training window
    z_size=512,                   # dimensions of the latent
    enc_rnn_size=(512, 512, 512),  # units of each encoder layer and direction: 1024 both ways
    dec_rnn_size=(1024, 1024, 1024),  # units of each layer of a track's decoder
    critic_size=(1024, 1024),     # units of the critic's hidden layers
    width=0,                      # units of a beat in the small networks; 0 for the recurrent ones
    track_width=0,                # the same of each decoder; 0 for `width`
    whole_size=0,                 # small networks: dimensions of z of the whole window, the others dealt to its bars; 0: all are of the whole
    bar_width=0,                  # small networks: units of a bar; 0 for none
    bar_rnn_size=0,               # small networks: units of each direction of the LSTM over bars
    prior='gaussian',             # or 'mixture'
    components=32,                # of the mixture, on the circle
    genres=(),                    # of the mixture: each has a component, in this order around the circle
    untagged=False,               # one more component, the last, for windows without a known tag (published code)
    radial_variance=.1,           # of a component, along the radius
    other_variance=.001,          # in every other direction
    first_stddev=1.0,             # of the encoder's Gaussian before training (in the prior's scale, if whitened)
    bounded_stddev=False,         # it stays below the prior's scale
    whitened=False,               # networks see latents divided by the prior's scale
    critic_steps=5,               # updates of the critic a batch
    critic_reads_tags=True,       # whether the mixture's critic is conditioned on the tag
    penalty=10.0,                 # weight of the gradient penalty
    beta_boundaries=tuple(range(10000, 100001, 10000)),  # steps at which the adversarial weight grows
    beta_increase=.1,             # by how much
    as_published=False,           # one joint step of all parts, instead of players in turn
    batch_size=256, learning_rate=1e-4, min_learning_rate=0.0, transpose_low=-5, transpose_high=6)

MIXTURE = dict(prior='mixture', genres=GENRES)
# The published code: batch 16, Adam 1e-5, half the units, an untagged component, a short annealing, a critic that knows no tags.
PUBLISHED = dict(
    as_published=True, critic_reads_tags=False, batch_size=16, learning_rate=1e-5, decay_rate=1.0, enc_rnn_size=(512, 512, 512),
    dec_rnn_size=(512, 512, 512), critic_size=(512, 512))
# Small: beats of 4 steps; z and the prior are the paper's, the adversarial weight is the published code's: .1, then .2.
SMALL = dict(
    width=256, z_size=512, critic_size=(256, 256), whitened=True, first_stddev=.2, critic_steps=3, learning_rate=.002, min_learning_rate=1e-4,
    num_voices=2)
SMALL_OF = {
    2: dict(steps=32, batch_size=128, decay_rate=.9991, beta_boundaries=(1000, 2000)),
    16: dict(steps=256, batch_size=32, decay_rate=.9991, beta_boundaries=(1000, 2000), whole_size=32)}


def _band(hparams):
  return band.BandConverter(required_tracks=hparams.required_tracks, **_common(hparams))


def _voices(hparams):
  return voices.VoicesConverter(num_voices=hparams.num_voices, **_common(hparams))


def _common(hparams):
  return {name: hparams[name] for name in ('steps', 'steps_per_quarter', 'max_silent_bars', 'continuous')}


BANDS = BASE.extend(required_tracks=4)  # tracks that must sound, in the order of drums, bass, guitar, strings
VOICES = BASE.extend(num_voices=4)      # 2 to 4
SIXTEEN = dict(steps=256)


def _entry(name, converter, hparams, description):
  return name, config_lib.Config(name, MODEL, converter, hparams, description, deferred=True)


def _small(bars, prior):
  return _entry(f'musae-{bars}bar_{prior}-small', _voices, VOICES.extend(**{**SMALL, **SMALL_OF[bars]}, **(MIXTURE if prior == 'mixture' else {})),
                f'{bars} bars of two voices, {prior} prior, small networks of beats and bars')


CONFIGS = dict((
    _entry('musae-2bar_gaussian', _band, BANDS, 'two bars of a band as four tracks, standard normal prior'),
    _entry('musae-16bar_gaussian', _band, BANDS.extend(**SIXTEEN), 'sixteen bars of a band, standard normal prior'),
    _entry('musae-16bar_mixture', _band, BANDS.extend(**SIXTEEN, **MIXTURE), 'sixteen bars of a band, a mixture of 32 Gaussians, genres as tags'),
    _entry('musae-2bar_mixture', _band, BANDS.extend(**MIXTURE), 'two bars of a band, a mixture of 32 Gaussians, genres as tags'),
    _entry('musae-16bar_voices', _voices, VOICES.extend(**SIXTEEN, **MIXTURE), 'sixteen bars of four voices, a mixture of 32 Gaussians'),
    _entry('musae-16bar_published', _band,
           BANDS.extend(**SIXTEEN, **MIXTURE, **PUBLISHED, untagged=True, beta_boundaries=(5000, 10000), max_silent_bars=0),
           'sixteen bars of a band as the published code trains: 33 Gaussians, one joint step'),
    *(_small(bars, prior) for bars in (2, 16) for prior in ('gaussian', 'mixture')),
))
