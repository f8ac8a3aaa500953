"""TPD: piano performances of classical music and jazz; of the jazz, those that follow the beat of their file."""
import numpy as np

from data_prep.corpora import corpus
from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import files
from musicnst.reading import onsets

NAME = 'tpd'
# A piece follows its beat from this concentration on. Of 303 jazz pieces 143 reach it (47 %); 75 lie below .2, as do 40 performances of
# MAESTRO, played freely: all below .1 (benchmarks/beat_concentration.py).
MIN_CONCENTRATION = .4


def find(root: str) -> list[corpus.Piece]:
  """Pieces of a manifest's folder, or of `jazz/` and `classical/` below `root`."""
  rows = corpus.manifest_rows(root, NAME)
  if rows is not None:
    return [corpus.make_piece(NAME, root, row['path'], genre=row['label'], split=row['split']) for row in rows]
  return [corpus.make_piece(NAME, root, path, genre=path.split('/')[0]) for path in corpus.walk(root)
          if path.split('/')[0] in ('jazz', 'classical')]


def find_jazz(root: str) -> list[corpus.Piece]:
  """Only the jazz."""
  return [piece for piece in find(root) if piece.genre == 'jazz']


def beat_concentration(sequence: music_proto.NoteSequence) -> float:
  """How much the onsets gather at fixed places within the quarters of the sequence's own tempo map, in [0, 1].

  The largest of the first four Fourier coefficients of the onsets' phase: of one place in the quarter, of eighths, of thirds (swing), of
  sixteenths.
  Without a beat it is about 1 / sqrt(number of onsets). Unlike nearness to a fine grid, which free playing meets by chance two times in
  five, it also sees swing that lies between sixteenths and triplets.
  """
  times = onsets.times(sequence)
  if not len(times):
    return 0.0
  phase = 2 * np.pi * beat_map_lib.BeatMap.from_tempos(sequence).to_beats(times)
  return float(max(abs(np.mean(np.exp(1j * k * phase))) for k in (1, 2, 3, 4)))


def read_on_beat(piece: corpus.Piece) -> list[music_proto.NoteSequence]:
  """The piece, if it follows its beat.

  Raises:
    RejectedSequence: `off_the_beat`.
  """
  sequences = files.read(piece.path)
  concentration = beat_concentration(sequences[0])
  if concentration < MIN_CONCENTRATION:
    raise errors.RejectedSequence('off_the_beat', f'onsets gather to {concentration:.2f} of 1 within a quarter; {MIN_CONCENTRATION} is asked')
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
