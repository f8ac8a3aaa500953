"""Chords of a piece, beat by beat: root, quality and bass, or none."""
import dataclasses
import typing

import numpy as np

from musicnst.analysis import chord_features
from musicnst.analysis import chord_network
from musicnst.analysis import grid as grid_lib
from musicnst.analysis import qualities

NONE = qualities.NONE
# Where nothing with a pitch sounds for this many beats to either side, nothing says a chord.
SILENT_REACH = 4
_STATES = (12, len(qualities.QUALITIES), 12)


class Segment(typing.NamedTuple):
  """A chord from `start` to `end` (quarters); beats `first` to `last` (exclusive) of the grid; NONE in all three for no chord."""

  start: float
  end: float
  first: int
  last: int
  root: int
  quality: int
  bass: int

  @property
  def symbol(self):
    """Such as `Am7` or `C/E`."""
    return qualities.symbol(self.root, self.quality, self.bass)


@dataclasses.dataclass(frozen=True, eq=False)
class Chords:
  """The chord of each of B beats.

  Args:
    grid: the beats.
    root: int64 `[B]`, pitch class 0 to 11, NONE for no chord.
    quality: int64 `[B]`, index into `qualities.QUALITIES`, NONE for no chord.
    bass: int64 `[B]`, pitch class, NONE for no chord.
    certainty: float32 `[B]`, the network's chance of root and quality, 0 to 1.
  """

  grid: grid_lib.Grid
  root: np.ndarray
  quality: np.ndarray
  bass: np.ndarray
  certainty: np.ndarray

  def __len__(self):
    return len(self.root)

  @property
  def tones(self):
    """bool `[B, 12]`, the pitch classes of each chord, a bass that is no other tone of it included."""
    found = qualities.mask(self.root, self.quality)
    found[np.arange(len(self)), self.bass] |= self.root >= 0
    return found

  def at(self, beats):
    """Quarters `[N]` -> index of the beat that each lies in, int64 `[N]`; before and after the piece its first and last."""
    return np.clip(np.searchsorted(self.grid.edges, np.asarray(beats) + 1e-6, side='right') - 1, 0, len(self) - 1)

  def segments(self):
    """Beats with one chord merged: list of Segment, without gaps."""
    labels = np.stack([self.root, self.quality, self.bass], 1)
    first = np.flatnonzero(np.append(True, np.any(labels[1:] != labels[:-1], 1)))
    last, edges = np.append(first[1:], len(self)), self.grid.edges
    return [Segment(float(edges[a]), float(edges[b]), int(a), int(b), *map(int, labels[a])) for a, b in zip(first, last)]


def of(score, grid=None):
  """Score -> Chords, from its notes alone; `grid` is its Grid where it is known."""
  grid = grid or grid_lib.of(score)
  pitches, places = chord_features.of(score, grid)
  found = chord_network.scores(pitches, places)
  silent = silence(pitches)
  labels = likeliest(found, silent)
  chances = found.chord[np.arange(len(grid)), chord_network.chord_index(labels[:, 0], labels[:, 1])]
  return Chords(grid, *labels.T, certainty=np.where(silent, 1, np.exp(chances)).astype(np.float32))


def silence(pitches):
  """Features -> bool `[B]`: nothing sounds within SILENT_REACH beats."""
  sounds = np.append(0, np.cumsum(pitches[:, :, :2].any((1, 2))))
  here = np.arange(len(pitches))
  return sounds[np.minimum(here + SILENT_REACH + 1, len(pitches))] == sounds[np.maximum(here - SILENT_REACH, 0)]


def likeliest(scores, silent):
  """The path of chords with the highest sum of scores (a Viterbi search in time linear in beats).

  A state is no chord, or root, quality and bass. To stay has the log chance that nothing changes, to go to any other state the log
  chance of a change. (Weights on the three scores and a price of a change were tried on validation songs: nothing gained.)

  Args:
    scores: `chord_network.Scores` of B beats.
    silent: bool `[B]`, beats of no chord.

  Returns:
    int64 `[B, 3]`, root, quality, bass, NONE for no chord.
  """
  beats = len(silent)
  stay, go = _log_sigmoid(-scores.change), _log_sigmoid(scores.change)
  back, stayed = np.zeros(beats, np.int64), np.zeros((beats, 1 + np.prod(_STATES)), bool)
  total = _emission(scores, silent, 0)
  for beat in range(1, beats):
    back[beat] = total.argmax()
    jump, keep = total[back[beat]] + go[beat], total + stay[beat]
    stayed[beat] = keep >= jump
    total = np.maximum(keep, jump) + _emission(scores, silent, beat)
    total -= total.max()
  path = np.zeros(beats, np.int64)
  path[-1] = total.argmax()
  for beat in range(beats - 1, 0, -1):
    path[beat - 1] = path[beat] if stayed[beat, path[beat]] else back[beat]
  return _labels(path)


def _emission(scores, silent, beat):
  """Scores of all states at one beat, float32 `[1 + 12 Q 12]`; each chord's best bass counts 0, so that no chord is not favoured."""
  found = np.full(1 + np.prod(_STATES), -1e4, np.float32)
  found[0] = 0.0 if silent[beat] else scores.chord[beat, 0]
  if not silent[beat]:
    chord = scores.chord[beat, 1:].reshape(_STATES[:2])
    bass = scores.bass[beat] - scores.bass[beat].max(-1, keepdims=True)
    found[1:] = (chord[:, :, None] + bass[:, None]).reshape(-1)
  return found


def _labels(path):
  root, quality, above = np.unravel_index(np.maximum(path - 1, 0), _STATES)
  labels = np.stack([root, quality, (root + above) % 12], 1)
  return np.where(path[:, None] == 0, NONE, labels)


def _log_sigmoid(x):
  return -np.logaddexp(0, -x)
