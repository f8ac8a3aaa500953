"""The pieces that are judged: stretches of 32 bars of four corpora, all on one grid, and which of them meet as content and style.

Every stretch is written anew on the sixteenth grid (a quarter is one second), so that timing off the grid tells nobody a genre.
"""
import dataclasses
import functools
import hashlib
import itertools
import os

import numpy as np

from data_prep.corpora import corpus_map
from musicnst import errors
from musicnst import files
from musicnst import music_proto
from musicnst.representations import pianoroll
from musicnst.style_transfer.pieces import piece as piece_lib

CORPORA = {'jazz': 'tpd-jazz', 'classical': 'asap', 'pop': 'pop909', 'folk': 'nottingham'}
DIRECTIONS = tuple(f'{a}-{b}' for a, b in itertools.permutations(('jazz', 'classical', 'pop'), 2))
ALL_DIRECTIONS = tuple(f'{a}-{b}' for a, b in itertools.permutations(CORPORA, 2))
STEPS, BAR_STEPS, STEPS_PER_QUARTER = 512, 16, 4
# A shorter last stretch, or one with fewer notes, is no piece of music to judge.
LEAST_STEPS, LEAST_NOTES = 256, 64
# Of one piece at most so many stretches are kept.
MAX_STRETCHES = 8
# Written into the cache's name; another number makes it anew.
VERSION = 1


@dataclasses.dataclass(frozen=True, eq=False)
class Stretch:
  """32 bars (or at least 16) of one piece.

  Args:
    genre: its genre.
    name: the piece's file within its corpus.
    number: which stretch of the piece, from 0.
    notes: int `[N, 4]`: pitch, velocity, first step, end step; no two notes of a pitch overlap.
    positions: int `[T]`, place of each step in its bar.
  """

  genre: str
  name: str
  number: int
  notes: np.ndarray
  positions: np.ndarray

  @property
  def label(self):
    return f'{self.name}#{self.number}'

  @functools.cached_property
  def piece(self):
    """The Piece of this stretch on the grid."""
    piece = piece_lib.from_sequence(to_sequence(self.notes), STEPS_PER_QUARTER, beats='tempo', name=self.label)
    return dataclasses.replace(piece, positions=self.positions[:piece.total_steps])


def to_sequence(notes):
  """int `[N, 4]` (pitch, velocity, start step, end step) -> NoteSequence at one quarter a second."""
  sequence = music_proto.NoteSequence(ticks_per_quarter=220)
  sequence.tempos.add(qpm=60.0)
  sequence.time_signatures.add(numerator=4, denominator=4)
  for pitch, velocity, start, end in np.asarray(notes).tolist():
    sequence.notes.add(pitch=pitch, velocity=velocity, start_time=start / STEPS_PER_QUARTER, end_time=end / STEPS_PER_QUARTER)
  sequence.total_time = max((n.end_time for n in sequence.notes), default=0.0)
  return sequence


def stretches(piece, genre, name):
  """A whole Piece -> its Stretches, from the bar of its first note on."""
  first, found = int(piece.start_steps.min()) // BAR_STEPS * BAR_STEPS, []
  for number, start in enumerate(range(first, piece.total_steps, STEPS)):
    section = piece.section(start, start + STEPS)
    if section is None or section.total_steps < LEAST_STEPS or len(found) == MAX_STRETCHES:
      continue
    # Of notes that began before, nothing is left: what remains is notes whose onset lies within.
    pitches, starts, ends = pianoroll.decode_notes(section.roll)
    loudness = dict(zip(zip(section.start_steps.tolist(), section.pitches.tolist()), section.velocities.tolist()))
    velocities = [max(loudness[start, pitch], 1) for start, pitch in zip(starts.tolist(), pitches.tolist())]
    if len(pitches) >= LEAST_NOTES and ends.max() >= LEAST_STEPS:
      found.append(Stretch(genre, name, number, np.stack([pitches, velocities, starts, ends], 1), section.positions))
  return found


def load(corpus_root, split, cache_dir=''):
  """genre -> list of Stretch of every piece of a split, in the corpora's order; kept in `cache_dir` where one is given."""
  path = os.path.join(cache_dir, f'{split}-{_fingerprint(corpus_root)}.npz') if cache_dir else ''
  if path and os.path.exists(path):
    return _read(path)
  found = {genre: _corpus_stretches(corpus_map.CORPUS_MAP[name], corpus_root, split, genre) for genre, name in CORPORA.items()}
  if path:
    _write(path, found)
  return found


def _corpus_stretches(corpus, root, split, genre):
  print(f'preparing {corpus.name}, {split}', flush=True)
  found = []
  for sequence in corpus.sequences(root, split=split):
    try:
      found += stretches(piece_lib.from_sequence(corpus.in_beats(sequence), beats='tempo'), genre, sequence.filename)
    except errors.RejectedSequence:
      continue
  return found


def _fingerprint(corpus_root):
  """Of what decides the stretches: the folder and this file's constants."""
  text = repr((os.path.realpath(corpus_root), CORPORA, STEPS, LEAST_STEPS, LEAST_NOTES, MAX_STRETCHES, VERSION))
  return hashlib.sha256(text.encode()).hexdigest()[:12]


def _write(path, found):
  every = [stretch for pieces in found.values() for stretch in pieces]
  with files.atomic_path(path) as temporary, open(temporary, 'wb') as out:
    np.savez_compressed(
        out, genre=np.array([s.genre for s in every]), name=np.array([s.name for s in every]), number=np.array([s.number for s in every]),
        counts=np.array([len(s.notes) for s in every]), notes=np.concatenate([s.notes for s in every]).astype(np.int16),
        steps=np.array([len(s.positions) for s in every]), positions=np.concatenate([s.positions for s in every]).astype(np.int8))


def _read(path):
  with np.load(path, allow_pickle=False) as data:
    notes = np.split(data['notes'].astype(int), np.cumsum(data['counts'])[:-1])
    positions = np.split(data['positions'].astype(int), np.cumsum(data['steps'])[:-1])
    every = [Stretch(str(genre), str(name), int(number), *arrays)
             for genre, name, number, *arrays in zip(data['genre'], data['name'], data['number'], notes, positions)]
  return {genre: [s for s in every if s.genre == genre] for genre in CORPORA}


def in_turn(pool, generator):
  """Stretches ordered so that all pieces come before the second stretch of any: pieces drawn at random, stretches of a piece too."""
  by_piece = {}
  for stretch in pool:
    by_piece.setdefault(stretch.name, []).append(stretch)
  names = sorted(by_piece)
  order = [by_piece[names[i]] for i in generator.permutation(len(names))]
  mixed = [[own[i] for i in generator.permutation(len(own))] for own in order]
  return [own[turn] for turn in range(max(map(len, mixed), default=0)) for own in mixed if turn < len(own)]


@dataclasses.dataclass(frozen=True)
class Pair:
  """One task: a content, the style piece it is given, and another piece of the style's genre."""

  content: Stretch
  style: Stretch
  other: Stretch


def pairs(pools, direction, count, seed):
  """The tasks of one direction: contents are the same for every seed, the seed draws the style pieces.

  Args:
    pools: genre -> list of Stretch.
    direction: such as 'jazz-pop'.
    count: contents.
    seed: int.

  Raises:
    ArgumentError: unknown direction, or too few pieces.
  """
  if direction not in ALL_DIRECTIONS:
    raise errors.ArgumentError(f'direction {direction!r}: known are {", ".join(ALL_DIRECTIONS)}')
  source, target = direction.split('-')
  contents = in_turn(pools[source], np.random.default_rng(0))[:count]
  styles = in_turn(pools[target], np.random.default_rng([1, seed, ALL_DIRECTIONS.index(direction)]))
  if len(contents) < count or len({s.name for s in styles}) < 2:
    raise errors.ArgumentError(
        f'{direction}: {len(pools[source])} stretches of {source} and {len(pools[target])} of {target}; {count} contents asked')
  found = []
  for i, content in enumerate(contents):
    style = styles[i % len(styles)]
    other = next(s for s in itertools.islice(itertools.cycle(styles), i + 1, i + 1 + len(styles)) if s.name != style.name)
    found.append(Pair(content, style, other))
  return found
