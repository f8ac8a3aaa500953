"""TPD: piano performances of classical music and jazz; of the jazz, those that follow the beat of their file."""
import numpy as np

from data_prep.corpora import corpus
from musicnst import errors
from musicnst.reading import files
from musicnst.reading import musical_time

NAME = 'tpd'
# A quarter's twelfths hold sixteenths (3, 6, 9), eighth triplets (4, 8) and swung eighths (8, 7).
GRID_PER_QUARTER = 12
# An onset is on the grid within this share of a grid step; by chance twice this share is.
TOLERANCE = .2
# Share of onsets on the grid from which a piece is taken to follow its beat.
MIN_GRID_SHARE = .6


def find(root):
  """Pieces of a manifest's folder, or of `jazz/` and `classical/` below `root`."""
  rows = corpus.manifest_rows(root, NAME)
  if rows is not None:
    return [corpus.make_piece(NAME, root, row['path'], genre=row['label'], split=row['split']) for row in rows]
  return [corpus.make_piece(NAME, root, path, genre=path.split('/')[0]) for path in corpus.walk(root)
          if path.split('/')[0] in ('jazz', 'classical')]


def find_jazz(root):
  """Only the jazz."""
  return [piece for piece in find(root) if piece.genre == 'jazz']


def grid_share(sequence):
  """Share of onsets that lie on twelfths of a quarter of the sequence's own tempo map, in [0, 1]."""
  times = musical_time.onset_times(sequence)
  if not len(times):
    return 0.0
  position = musical_time.BeatMap.from_tempos(sequence).to_beats(times) * GRID_PER_QUARTER
  return float(np.mean(np.abs(position - np.round(position)) <= TOLERANCE))


def read_on_beat(piece):
  """The piece, if it follows its beat.

  Raises:
    RejectedSequence: `off_the_beat`.
  """
  sequences = files.read(piece.path)
  share = grid_share(sequences[0])
  if share < MIN_GRID_SHARE:
    raise errors.RejectedSequence('off_the_beat', f'{share:.2f} of the onsets lie on twelfths of a quarter, {MIN_GRID_SHARE} needed')
  return sequences


CORPUS = corpus.Corpus(
    name=NAME,
    description='piano performances, classical and jazz, played freely',
    license='research use only',
    citation='',
    url='',
    find=find,
    time='auto',
)
JAZZ = corpus.Corpus(
    name='tpd-jazz',
    description='jazz piano of TPD: the pieces that follow the beat of their file',
    license='research use only',
    citation='',
    url='',
    find=find_jazz,
    read=read_on_beat,
    time='tempo',
)
