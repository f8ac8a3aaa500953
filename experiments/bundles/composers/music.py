"""MAESTRO's performances as rolls at a fixed rate, which of them are one composition, and splits that keep compositions apart."""
import dataclasses
import hashlib

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from data_prep import cleaning
from data_prep import splits
from data_prep.corpora import corpus_map
from musicnst.representations import padding
from musicnst.representations import pianoroll

QPM, STEPS_PER_QUARTER = 120.0, 4
WINDOW_STEPS = 32
# Runs of this many steps of the top voice tell compositions apart; a run that two composers use is an idiom (scales) and tells nothing.
RUN = 7
# Pieces of a composer are one composition, or hold one, if they share more than this of the shorter one's runs. In MAESTRO v1 all but one of the
# pairs looked at from .025 to .08 were; sketches (`data_prep.splits`) miss a prelude within a book, and performances with many slips.
SAME_COMPOSITION, LEAST_RUNS = .03, 30


@dataclasses.dataclass
class Piece:
  """One performance: `notes` float `[N, 3]` (start and end in seconds, pitch), `roll` uint8 `[T, 176]`, T a multiple of 32, `steps` of it up
  to the last note's end, `top` its upper voice; `group` names its composition."""

  id: str
  composer: str
  split: str
  work: str
  notes: np.ndarray
  roll: np.ndarray
  steps: int
  top: np.ndarray
  signature: np.ndarray | None
  group: int = -1


def load(corpus_root, composers, group=None):
  """The performances in MAESTRO by some composers, grouped by composition (`group`, by default `compositions`); 20 seconds of one core."""
  corpus = corpus_map.CORPUS_MAP['maestro']
  found = []
  for listed in corpus.pieces(corpus_root):
    if listed.composer in composers:
      for sequence in corpus.labelled(listed):
        notes = np.array([(n.start_time, n.end_time, n.pitch) for n in sequence.notes if 21 <= n.pitch <= 108])
        found.append(Piece(listed.id, listed.composer, listed.split, listed.work, notes, *roll_of(notes), cleaning.skyline(sequence),
                           cleaning.signature(sequence)))
  for piece, number in zip(found, (group or compositions)(found)):
    piece.group = int(number)
  return found


def varied(piece, stretch, semitones):
  """A performance played `stretch` times as long and moved by semitones; notes that would leave the keyboard stay on its last key."""
  notes = np.column_stack([piece.notes[:, :2] * stretch, np.clip(piece.notes[:, 2] + semitones, 21, 108)])
  roll, steps = roll_of(notes)
  return dataclasses.replace(piece, notes=notes, roll=roll, steps=steps)


def roll_of(notes):
  """Notes `[N, 3]` -> (uint8 `[T, 176]` at 120 quarters a minute, its steps)."""
  beats = notes[:, :2] * (QPM / 60)
  starts, ends = (pianoroll.quantize_steps(beats[:, i], STEPS_PER_QUARTER) for i in (0, 1))
  ends = np.maximum(ends, starts + 1)
  steps = int(ends.max())
  roll, _ = pianoroll.encode_notes(notes[:, 2].astype(int), starts, ends, steps)
  return padding.to_multiple(np.asarray(roll, np.uint8).reshape(steps, -1), WINDOW_STEPS), steps


# ---------------------- compositions ----


def compositions(pieces):
  """int `[N]`: a number for each group of performances of one composition, of parts of it, or of books that hold it."""
  entries = [splits.Entry(piece.id, piece.split, piece.work, piece.signature) for piece in pieces]
  known = splits.group(entries)
  share = shared_runs([piece.top for piece in pieces], np.unique([piece.composer for piece in pieces], return_inverse=True)[1])
  return csgraph.connected_components(sparse.csr_matrix((share > SAME_COMPOSITION) | (known[:, None] == known[None, :])), directed=False)[1]


def shared_runs(tops, composers):
  """`[N, N]`: how much of the shorter one's runs of intervals two pieces of one composer share; 0 for different composers.

  Args:
    tops: list of int arrays, the top voice of each piece.
    composers: int `[N]`.
  """
  runs = [_runs(top) for top in tops]
  values, inverse = np.unique(np.concatenate(runs), return_inverse=True)
  sizes = [len(row) for row in runs]
  owner = np.repeat(composers, sizes)
  lowest, highest = np.full(len(values), len(composers)), np.full(len(values), -1)
  np.minimum.at(lowest, inverse, owner)
  np.maximum.at(highest, inverse, owner)
  table = sparse.csr_matrix((np.ones(len(inverse), np.float32), inverse, np.concatenate([[0], np.cumsum(sizes)])), (len(tops), len(values)))
  table = table[:, lowest == highest]
  common = (table @ table.T).toarray()
  count = np.diag(common)
  shorter = np.maximum(np.minimum(count[:, None], count[None, :]), LEAST_RUNS)
  return common / shorter * (composers[:, None] == composers[None, :])


def _runs(top):
  """The different runs of `RUN` intervals, each as one number."""
  intervals = np.diff(top) + 128
  if len(intervals) < RUN:
    return np.zeros(0, np.int64)
  windows = np.lib.stride_tricks.sliding_window_view(intervals, RUN).astype(np.int64)
  return np.unique(windows @ (256 ** np.arange(RUN, dtype=np.int64)))


# ---------------------- splits ----


def official(pieces):
  """The declared splits; '' for a piece of whose composition a rarer split has a performance, so that none is learned and tested."""
  rank = np.array([splits.SPLITS.index(piece.split) for piece in pieces])
  groups = np.array([piece.group for piece in pieces])
  return ['' if (rank[groups == piece.group] > mine).any() else piece.split for piece, mine in zip(pieces, rank)]


def with_validation(pieces):
  """`official`, but composers without a validation piece give compositions to it: a tenth of their training pieces where they have four
  compositions there, else one composition of the test split. Chosen by the sha256 of the first id."""
  result = official(pieces)
  for composer in sorted({piece.composer for piece in pieces}):
    mine = [i for i, piece in enumerate(pieces) if piece.composer == composer]
    if any(result[i] == 'validation' for i in mine):
      continue
    members = {name: _by_group(pieces, [i for i in mine if result[i] == name]) for name in ('train', 'test')}
    source = 'train' if len(members['train']) >= 4 else 'test'
    wanted = .1 * sum(map(len, members['train'].values())) if source == 'train' else 1
    moved = 0
    for rows in sorted(members[source].values(), key=lambda rows: hashlib.sha256(pieces[rows[0]].id.encode()).hexdigest()):
      if moved >= wanted:
        break
      for i in rows:
        result[i] = 'validation'
      moved += len(rows)
  return result


def _by_group(pieces, rows):
  found = {}
  for i in rows:
    found.setdefault(pieces[i].group, []).append(i)
  return found


# ---------------------- segments ----


@dataclasses.dataclass
class Segments:
  """Where segments are: `piece` and `start` (step) int `[M]`, `lengths` (steps that hold music) int `[M]`, of `steps` steps each."""

  piece: np.ndarray
  start: np.ndarray
  lengths: np.ndarray
  steps: int

  def of(self, chosen):
    """Those of a mask or of indices."""
    return Segments(self.piece[chosen], self.start[chosen], self.lengths[chosen], self.steps)

  def rolls(self, rolls):
    """uint8 `[M, steps, D]` out of the pieces' rolls, a list of `[T, D]`."""
    found = np.zeros((len(self.piece), self.steps, rolls[0].shape[1]), np.uint8)
    for row, (piece, start) in enumerate(zip(self.piece, self.start)):
      part = rolls[piece][start:start + self.steps]
      found[row, :len(part)] = part
    return found


def cut(pieces, steps, hop):
  """Segments of every piece, one each `hop` steps from its beginning; a last one less than half full is left out unless it is the only one."""
  rows = [(i, start, min(steps, piece.steps - start)) for i, piece in enumerate(pieces) for start in range(0, piece.steps, hop)
          if start == 0 or piece.steps - start >= steps // 2]
  table = np.array(rows, np.int64)
  return Segments(table[:, 0], table[:, 1], table[:, 2], steps)
