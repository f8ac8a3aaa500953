"""The whitened genre statistics that ship: mean and deviation of every style statistic over training pieces, by genre, and a small network
that tells the genre of 8 bars by them.

  python -m experiments.run genre_statistics --corpus_root=/data --output=musicnst/pretrained/genre-statistics.npz

Takes about three minutes on one core. Pieces of the training split of jazz (tpd-jazz), classical (asap), pop (pop909) and folk
(nottingham), cut into stretches of 32 bars; a stretch counts if it is at least 16 bars long.
"""
import dataclasses

from absl import flags
import keras
import numpy as np
import tensorflow as tf

from data_prep.corpora import corpus_map
from musicnst import errors
from musicnst import files
from musicnst.representations import padding
from musicnst.style_transfer.guided import genres
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer.guided import statistics

GENRES = ('classical', 'folk', 'jazz', 'pop')
STRETCH_STEPS, LEAST_STEPS, MAX_STRETCHES = 512, 256, 4
# The network classifies segments of 8 bars of at least 8 notes, each once as it is and once without up to .6 of its notes.
LEAST_NOTES, DROP = 8, .6
HIDDEN, EPOCHS = 64, 30


def stretches(piece):
  """The first four stretches of 32 bars of a Piece."""
  for start in range(0, min(piece.total_steps, MAX_STRETCHES * STRETCH_STEPS), STRETCH_STEPS):
    section = piece.section(start, start + STRETCH_STEPS)
    if section is not None and section.total_steps >= LEAST_STEPS:
      yield section


def pieces(corpora, root, split):
  """Yields (genre, Piece) of the labelled pieces of some corpora; pieces without notes are passed over."""
  for corpus in corpus_map.get(corpora):
    for sequence in corpus.sequences(root, split=split):
      try:
        yield sequence.sequence_metadata.genre[0], piece_lib.from_sequence(corpus.in_beats(sequence), beats='tempo', name=sequence.filename)
      except errors.RejectedSequence:
        continue


def segments(section, generator):
  """The segments of 8 bars of a stretch: (onsets, frames, positions, valid), all notes and again with a random share of them dropped."""
  pad = lambda x: padding.to_multiple(np.asarray(x, np.float32), statistics.SEGMENT_STEPS)
  positions, valid = pad(np.eye(piece_lib.POSITIONS)[section.positions]), pad(np.ones((section.total_steps, 1)))
  onset = section.roll[:, 0] > 0
  for most in (0.0, DROP):
    kept = onset & (generator.random(onset.shape) >= generator.uniform(0, most))
    sounding = section.frames & (section.owner >= 0) & kept[np.maximum(section.owner, 0), np.arange(onset.shape[1])[None]]
    for arrays in zip(*(x.reshape(-1, statistics.SEGMENT_STEPS, x.shape[-1]) for x in (pad(kept), pad(sounding), positions, valid))):
      if arrays[0].sum() >= LEAST_NOTES:
        yield arrays


def fit(rows, labels, seed=0):
  """Statistics float32 `[M, N]` and labels int `[M]` -> arrays of `GenreStatistics.network`; all genres weigh the same."""
  keras.utils.set_random_seed(seed)
  center, scale = rows.mean(0), rows.std(0) + 1e-3
  scaled = np.clip((rows - center) / scale, -genres.CLIP, genres.CLIP)
  share = np.bincount(labels, minlength=len(GENRES)) / len(labels)
  model = keras.Sequential([
      keras.Input((rows.shape[1],)), keras.layers.GaussianNoise(.5), keras.layers.Dropout(.3), keras.layers.Dense(HIDDEN, activation='relu'),
      keras.layers.Dropout(.3), keras.layers.Dense(len(GENRES))])
  model.compile(keras.optimizers.AdamW(.001, weight_decay=.01), keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=.1))
  model.fit(scaled, np.eye(len(GENRES))[labels], batch_size=256, epochs=EPOCHS, verbose=0, sample_weight=(1 / share[labels] / len(GENRES)))
  names = ('hidden_kernel', 'hidden_bias', 'output_kernel', 'output_bias')
  return {'center': center, 'scale': scale, **dict(zip(names, model.get_weights()))}


def run(corpus_root, output, corpora='all-genres', split='train'):
  """Measures, fits and writes the file; returns {genre: stretches}."""
  rows, labels, every, whose = [], [], [], []
  generator = np.random.default_rng(0)
  for genre, piece in pieces(corpora, corpus_root, split):
    for section in stretches(piece):
      rows.append(genres.piece_statistics(section))
      labels.append(genre)
      cut = list(segments(section, generator))
      if cut:
        every.append(_measured(*(np.stack(x) for x in zip(*cut))))
        whose += [GENRES.index(genre)] * len(cut)
  known = genres.summarize(rows, labels, GENRES)
  network = fit(np.concatenate(every), np.array(whose))
  with files.atomic_path(output) as temporary:
    dataclasses.replace(known, network=network).save(temporary)
  return {genre: labels.count(genre) for genre in GENRES}


@tf.function(reduce_retracing=True)
def _vector(onsets, frames, positions, valid):
  return statistics.vector(statistics.measure(onsets, frames, positions, valid[..., 0]))


def _measured(*arrays):
  return _vector(*map(tf.constant, arrays)).numpy()


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, '.npz to write.', flag_values=flag_values, required=True)
  flags.DEFINE_string('corpora', 'all-genres', 'Corpora whose pieces have a genre.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  for genre, count in run(flag_values.corpus_root, flag_values.output, flag_values.corpora).items():
    print(f'{genre}: {count} stretches')
