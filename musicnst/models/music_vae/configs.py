"""MusicVAE's configs, by Magenta's names at full size where Magenta has them; any size through `--hparams`."""
import functools

from musicnst import config as config_lib
from musicnst import registry
from musicnst.representations import drums
from musicnst.representations import groove
from musicnst.representations import melody
from musicnst.representations import multitrack
from musicnst.representations import pianoroll
from musicnst.representations import trio
from musicnst.representations import voices

# Where the networks are put together; loaded when a model is built.
BUILD = 'musicnst.models.music_vae.build'

LATENT = config_lib.TRAINING.extend(
    steps=32,                     # steps of a window
    steps_per_quarter=4,          # grid
    z_size=256,                   # dimensions of the latent
    free_bits=0.0,                # bits of an example's total KL that cost nothing
    max_beta=1.0,                 # the KL's largest weight
    beta_rate=0.0)                # weight = (1 - beta_rate^step) max_beta

RECURRENT = LATENT.extend(
    continuous=False,             # windows one after another through a whole piece (for encoding pieces), not each bar's (for training)
    enc_rnn_size=(512,),          # units of each encoder layer and direction
    dec_rnn_size=(256, 256),      # units of each decoder (and conductor) layer
    bidirectional_encoder=True,   # False reads forwards only
    hierarchical_encoder=False,   # one encoder over the steps of each segment, one over the segments
    level_lengths=(),             # (segments, steps a segment) of a hierarchical decoder; empty for a flat one
    disable_autoregression=True,  # whether conductors read nothing; False: what came of the segment before
    reread=False,                 # such conductors read what the (hierarchical) encoder makes of the segment, not the core's last state
    split_outputs=False,          # one core decoder a block of the output
    nade_num_hidden=0,            # hidden units of a NADE over bits; 0 for bits that are independent
    autoregressive=True,          # whether the decoder reads its previous token
    residual_encoder=False,       # layers add their projected input
    residual_decoder=False,       # likewise
    dropout_keep_prob=1.0,        # of each layer's input cells, in training
    sampling_schedule='constant',  # scheduled sampling: 'constant', 'exponential' or 'inverse_sigmoid'
    sampling_rate=0.0,            # its rate; constant 0 is teacher forcing
    threshold=.5)                 # of a Bernoulli output at temperature 0

SAMPLED = RECURRENT.extend(sampling_schedule='inverse_sigmoid', sampling_rate=1000.0)
SIXTEEN_BARS = RECURRENT.extend(
    steps=256, z_size=512, enc_rnn_size=(2048, 2048), dec_rnn_size=(2048, 2048, 2048), free_bits=256.0, max_beta=.2)
CONDUCTED = dict(dec_rnn_size=(1024, 1024), level_lengths=(16, 16))
HIERARCHICAL = dict(CONDUCTED, enc_rnn_size=(1024,), hierarchical_encoder=True)
TRIO = dict(batch_size=256)
VOICES = dict(batch_size=256, num_voices=2, transpose_low=-5, transpose_high=6)
NADE = SAMPLED.extend(enc_rnn_size=(1024,), dec_rnn_size=(512, 512), nade_num_hidden=128, free_bits=48.0, max_beta=.2)
GROOVE = RECURRENT.extend(max_beta=.2, free_bits=48.0, dropout_keep_prob=.3)
MULTITRACK = RECURRENT.extend(
    steps=512, steps_per_quarter=multitrack.MultitrackConverter.steps_per_quarter, z_size=512, batch_size=256, hierarchical_encoder=True,
    level_lengths=(8, 64), transpose_low=-3, transpose_high=3)
MULTITRACK_MED = MULTITRACK.extend(enc_rnn_size=(1024,), dec_rnn_size=(512, 512, 512))
MULTITRACK_BIG = MULTITRACK.extend(enc_rnn_size=(2048,), dec_rnn_size=(1024, 1024, 1024))
# Magenta transposes a melody by up to 5 semitones in its 2-bar configs.
MELODY = dict(transpose_low=-5, transpose_high=5)
POLYPHONIC = dict(threshold=.35, max_beta=.05, batch_size=256, transpose_low=-5, transpose_high=6)


def _polyphonic(hparams):
  return pianoroll.PolyphonicConverter(steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter)


def _melody(hparams):
  return melody.MelodyConverter(steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, continuous=hparams.continuous)


def _two_bar_melody(hparams):
  """Magenta reads its 2-bar melodies from keyboards and guitars only, the 16-bar ones from any instrument."""
  return melody.MelodyConverter(
      steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, programs=melody.MELODY_PROGRAMS, continuous=hparams.continuous)


def _melody_and_chords(hparams):
  return melody.MelodyConverter(
      steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, continuous=hparams.continuous, chords=True)


def _drums(hparams, **arguments):
  return drums.DrumsConverter(
      steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, continuous=hparams.continuous, **arguments)


def _groove(hparams, **arguments):
  return groove.GrooveConverter(
      steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, continuous=hparams.continuous, **arguments)


def _multitrack(hparams, chords=False):
  """As many tracks as the conductor has steps; the grid is the representation's own."""
  return multitrack.MultitrackConverter(
      steps=hparams.steps, tracks=hparams.level_lengths[0] if hparams.level_lengths else 8, chords=chords, continuous=hparams.continuous)


def _trio(hparams):
  return trio.TrioConverter(steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, continuous=hparams.continuous)


def _voices(hparams):
  return voices.VoicesConverter(
      num_voices=hparams.num_voices, steps=hparams.steps, steps_per_quarter=hparams.steps_per_quarter, continuous=hparams.continuous)


def _recurrent(name, converter, hparams, description):
  return config_lib.Config(name, registry.late(BUILD, 'recurrent_model'), converter, hparams, description, magenta=True, deferred=True)


# What the inputs of a two-bar groove lack, for the decoder to add.
_TAP = dict(tapify=True, fixed_velocities=True)
_GROOVES = (
    ('humanize', dict(humanize=True), 'from the hits alone'),
    ('tap_fixed_velocity', _TAP, 'from a tapped rhythm'),
    ('tap_fixed_velocity_note_dropout', dict(_TAP, max_note_dropout_probability=.8), 'from a tapped rhythm with gaps'),
    ('add_closed_hh', dict(add_instruments=(2,)), 'from one without closed hi-hat'),
    ('hits_control', dict(hits_as_controls=True), 'over given hits'),
    ('hits_control_tfds', dict(hits_as_controls=True), 'over given hits'),  # Magenta's name in its last versions
)

_ENTRIES = (
    config_lib.Config(
        'polyphonic-2bar', registry.late(BUILD, 'beat_model'), _polyphonic,
        LATENT.extend(
            width=448,            # units of the dense layers shared by the beats
            blocks=1,             # residual blocks on each side
            steps_per_beat=4,     # steps that make one unit
            beat_rnn_size=0,      # units of a bidirectional LSTM over the beats on each side; 0 for none
            **{**POLYPHONIC, 'z_size': 512, 'max_beta': .03}),
        'two bars of polyphonic music (onset and sustain of 88 keys): dense layers shared by the beats, not autoregressive'),
    _recurrent('polyphonic-2bar_lstm', _polyphonic,
               RECURRENT.extend(enc_rnn_size=(512, 512), dec_rnn_size=(512, 512), level_lengths=(8, 4), **POLYPHONIC),
               "two bars of polyphonic music in the paper's way: stacked bidirectional LSTM encoder, conductor, LSTM decoder"),
    _recurrent('cat-mel_2bar_small', _two_bar_melody, SAMPLED.extend(max_beta=.2, beta_rate=.99999, **MELODY), 'two bars of melody, small'),
    _recurrent('cat-mel_2bar_big', _two_bar_melody,
               SAMPLED.extend(z_size=512, enc_rnn_size=(2048,), dec_rnn_size=(2048, 2048, 2048), max_beta=.5, beta_rate=.99999, **MELODY),
               'two bars of melody, big'),
    _recurrent('cat-drums_2bar_small', _drums, SAMPLED.extend(free_bits=48.0, max_beta=.2), 'two bars of drums, small'),
    _recurrent('cat-drums_2bar_big', _drums,
               SAMPLED.extend(z_size=512, enc_rnn_size=(2048,), dec_rnn_size=(2048, 2048, 2048), free_bits=48.0, max_beta=.2),
               'two bars of drums, big'),
    _recurrent('cat-mel_2bar_med_chords', _melody_and_chords,
               RECURRENT.extend(enc_rnn_size=(1024,), dec_rnn_size=(512, 512, 512), transpose_low=-3, transpose_high=3),
               'two bars of melody over given chords'),
    _recurrent('nade-drums_2bar_reduced', functools.partial(_drums, roll_output=True), NADE,
               'two bars of drums, each of nine drums depending on those before it'),
    _recurrent('nade-drums_2bar_full', functools.partial(_drums, roll_output=True, classes='full'), NADE,
               'two bars of drums, all 61 keys of General MIDI'),
    _recurrent('flat-mel_16bar', _melody, SIXTEEN_BARS, 'sixteen bars of melody, flat decoder'),
    _recurrent('hierdec-mel_16bar', _melody, SIXTEEN_BARS.extend(**CONDUCTED), 'sixteen bars of melody, hierarchical decoder'),
    _recurrent('hier-mel_16bar', _melody, SIXTEEN_BARS.extend(**HIERARCHICAL), 'sixteen bars of melody, hierarchical encoder and decoder'),
    _recurrent('flat-trio_16bar', _trio, SIXTEEN_BARS.extend(**TRIO, free_bits=0.0, max_beta=1.0),
               'sixteen bars of melody, bass and drums, flat decoder'),
    _recurrent('hierdec-trio_16bar', _trio, SIXTEEN_BARS.extend(**TRIO, **CONDUCTED, split_outputs=True),
               'sixteen bars of melody, bass and drums, a conductor and three decoders'),
    _recurrent('hier-trio_16bar', _trio, SIXTEEN_BARS.extend(**TRIO, **HIERARCHICAL, split_outputs=True),
               'sixteen bars of melody, bass and drums, hierarchical encoder, a conductor and three decoders'),
    # What MusAE is compared with, on its windows of 130 states a voice and step.
    _recurrent('flat-voices_2bar', _voices,
               RECURRENT.extend(z_size=512, enc_rnn_size=(2048,), dec_rnn_size=(2048, 2048, 2048), max_beta=.5, beta_rate=.99999, **VOICES),
               'two bars of two to four voices, flat decoder'),
    _recurrent('flat-voices_16bar', _voices, SIXTEEN_BARS.extend(**VOICES), 'sixteen bars of two to four voices, flat decoder'),
    _recurrent('hierdec-voices_16bar', _voices, SIXTEEN_BARS.extend(**CONDUCTED, **VOICES, split_outputs=True),
               'sixteen bars of two to four voices, a conductor and a decoder a voice'),
    _recurrent('hier-multiperf_vel_1bar_med', _multitrack, MULTITRACK_MED, 'a bar of two to eight instruments with velocities, medium'),
    _recurrent('hier-multiperf_vel_1bar_big', _multitrack, MULTITRACK_BIG, 'a bar of two to eight instruments with velocities, big'),
    _recurrent('hier-multiperf_vel_1bar_med_chords', functools.partial(_multitrack, chords=True), MULTITRACK_MED,
               'a bar of two to eight instruments over given chords, medium'),
    _recurrent('hier-multiperf_vel_1bar_big_chords', functools.partial(_multitrack, chords=True), MULTITRACK_BIG,
               'a bar of two to eight instruments over given chords, big'),
    _recurrent('groovae_4bar', _groove, GROOVE.extend(steps=64), 'four bars of drums with velocities and timing'),
    *(_recurrent(f'groovae_2bar_{name}', functools.partial(_groove, **arguments), GROOVE, f'two bars of drums with velocities and timing, {what}')
      for name, arguments, what in _GROOVES),
)

CONFIGS = {entry.name: entry for entry in _ENTRIES}
