"""POP909: 909 pop songs as melody, bridge and piano accompaniment, with annotated beats (Wang et al., ISMIR 2020)."""
import dataclasses
import os

import numpy as np

from data_prep.corpora import corpus
from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import files
from musicnst.reading import musical_time

NAME = 'pop909'
MELODY_TRACK = 'MELODY'


def find(root: str) -> list[corpus.Piece]:
  """Songs of a manifest's folder, or of the repository's layout (`001/001.mid` with `beat_midi.txt` beside)."""
  rows = corpus.manifest_rows(root, NAME)
  if rows is not None:
    return [corpus.make_piece(NAME, root, row['path'], genre='pop', split=row['split']) for row in rows]
  songs = [path for path in corpus.walk(root) if os.path.basename(path)[:-4] == os.path.basename(os.path.dirname(path))]
  return [corpus.make_piece(NAME, root, path, genre='pop') for path in songs]


def beat_map(path: str | os.PathLike) -> beat_map_lib.BeatMap:
  """The map of a `beat_midi.txt`: column 1 the second of each quarter, column 3 marks every fourth, a bar's first.

  Downbeats come to lie on multiples of 4 beats.

  Raises:
    ReadError: no such file, or no beats in it.
  """
  try:
    table = np.loadtxt(path, ndmin=2)
    downbeats = np.flatnonzero(table[:, 2] > 0) if table.shape[1] > 2 else np.zeros(0, int)
    return beat_map_lib.BeatMap.from_beat_times(table[:, 0], 4, int(downbeats[0]) if len(downbeats) else 0)
  except (OSError, ValueError, IndexError) as error:
    raise errors.ReadError(path, 'no_beat_annotation', f'holds no beats ({error}).') from error


def read(piece: corpus.Piece) -> list[music_proto.NoteSequence]:
  """The song in beats, 4/4 throughout; its three tracks keep their names in `instrument_infos`."""
  beats = beat_map(os.path.join(os.path.dirname(piece.path), 'beat_midi.txt'))
  sequences = [musical_time.in_beats(sequence, beats) for sequence in files.read(piece.path)]
  for sequence in sequences:
    del sequence.time_signatures[:]
    sequence.time_signatures.add(numerator=4, denominator=4)
  return sequences


def read_melody(piece: corpus.Piece) -> list[music_proto.NoteSequence]:
  """The song in beats, with its track MELODY alone.

  Raises:
    RejectedSequence: `no_melody`.
  """
  sequences = read(piece)
  for sequence in sequences:
    named = [info.instrument for info in sequence.instrument_infos if info.name.strip().upper() == MELODY_TRACK]
    if not named:
      raise errors.RejectedSequence('no_melody', f'no track is named {MELODY_TRACK}')
    corpus.keep_instrument(sequence, named[0])
  return sequences


CORPUS = corpus.Corpus(
    name=NAME,
    description='909 pop songs: melody, bridge and piano accompaniment, beats annotated',
    license='MIT',
    citation='Z. Wang et al. POP909: A Pop-song Dataset for Music Arrangement Generation. ISMIR 2020.',
    url='https://github.com/music-x-lab/POP909-Dataset',
    find=find,
    read=read,
    time='beats',
    # GitHub publishes no checksum of a branch's archive.
    archives=(corpus.Archive('https://github.com/music-x-lab/POP909-Dataset/archive/refs/heads/master.zip', folder='POP909-Dataset'),),
)
MELODY = dataclasses.replace(CORPUS, name='pop909-melody', description='the melodies of pop909: its track MELODY, beats annotated', read=read_melody)
