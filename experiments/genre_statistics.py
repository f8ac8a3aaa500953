"""The whitened genre statistics that ship: mean and deviation of every style statistic over training pieces, by genre.

  python -m experiments.run genre_statistics --corpus_root=/data --output=musicnst/pretrained/genre-statistics.npz

Takes about three minutes on one core. Pieces of the training split of jazz (tpd-jazz), classical (asap), pop (pop909) and folk
(nottingham), cut into stretches of 32 bars; a stretch counts if it is at least 16 bars long.
"""
from absl import flags

from data_prep.corpora import corpus_map
from musicnst import errors
from musicnst import files
from musicnst.style_transfer import genres
from musicnst.style_transfer import piece as piece_lib

GENRES = ('classical', 'folk', 'jazz', 'pop')
STRETCH_STEPS, LEAST_STEPS, MAX_STRETCHES = 512, 256, 4


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


def run(corpus_root, output, corpora='all-genres', split='train'):
  """Measures and writes the file; returns {genre: stretches}."""
  rows, labels = [], []
  for genre, piece in pieces(corpora, corpus_root, split):
    for section in stretches(piece):
      rows.append(genres.piece_statistics(section))
      labels.append(genre)
  with files.atomic_path(output) as temporary:
    genres.summarize(rows, labels, GENRES).save(temporary)
  return {genre: labels.count(genre) for genre in GENRES}


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, '.npz to write.', flag_values=flag_values, required=True)
  flags.DEFINE_string('corpora', 'all-genres', 'Corpora whose pieces have a genre.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  for genre, count in run(flag_values.corpus_root, flag_values.output, flag_values.corpora).items():
    print(f'{genre}: {count} stretches')
