"""Result sequences of a cell of the benchmark, kept so that judges can be asked again without running the method again."""
import hashlib
import json
import os

import numpy as np

from experiments.benchmark import pieces
from musicnst import files
from musicnst import music_proto


def key(label, strength, seed, direction, contents):
  """The name of a cell: what decides it, as JSON."""
  return json.dumps([label, strength, seed, direction, contents])


def path(folder, key):
  """Where the results of the cell named `key` lie."""
  return os.path.join(folder, hashlib.sha256(key.encode()).hexdigest()[:16] + '.npz')


def save(where, sequences):
  """Writes pitch, velocity, start and end (in quarters) of the notes of NoteSequences."""
  notes = [(n.pitch, n.velocity, n.start_time, n.end_time) for sequence in sequences for n in sequence.notes]
  with files.atomic_path(where) as temporary, open(temporary, 'wb') as out:
    np.savez_compressed(out, notes=np.array(notes, np.float32).reshape(-1, 4), counts=np.array([len(s.notes) for s in sequences]))


def load(where):
  """The NoteSequences that `save` wrote, at one quarter a second."""
  with np.load(where, allow_pickle=False) as data:
    return [_sequence(notes) for notes in np.split(data['notes'], np.cumsum(data['counts'])[:-1])]


def _sequence(notes):
  sequence = music_proto.NoteSequence()
  sequence.CopyFrom(pieces.to_sequence([]))
  for pitch, velocity, start, end in notes.tolist():
    sequence.notes.add(pitch=int(pitch), velocity=int(velocity), start_time=start, end_time=end)
  sequence.total_time = max((n.end_time for n in sequence.notes), default=0.0)
  return sequence
