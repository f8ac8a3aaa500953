"""Sets of pieces compared: features of Yang and Lerch (2020), distances within and between sets, copying, and BLEU.

L.-C. Yang and A. Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 32 (2020). Each piece becomes a
feature; the distances among the pieces of a set, and between two sets, are distributions whose overlap says how alike the sets are.
"""
import collections
import math
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Sequence

import numpy as np
from numpy import typing as npt

from musicnst.metrics import notes as notes_lib

# Note lengths in quarters: whole, half, quarter, eighth, sixteenth, the same dotted but for the whole, half to eighth triplets.
LENGTHS = (4, 2, 1, .5, .25, 3, 1.5, .75, .375, 4 / 3, 2 / 3, 1 / 3)
# Points at which densities are compared.
GRID = 1000
# The narrowest density, as a share of the range of both sets: what equal values have.
LEAST_WIDTH = .01
# Pieces of a set, or their `features`; token lists.
Pieces = Sequence[notes_lib.Music] | dict[str, np.ndarray]
Tokens = Sequence[Sequence[Hashable]]

# ---------------------- features of one piece ----


def pitch_count(music: notes_lib.Music) -> float:
  """How many different pitches."""
  return float(len(np.unique(notes_lib.pitched(music).pitch)))


def pitch_range(music: notes_lib.Music) -> float:
  """Semitones from the lowest to the highest; 0 without notes."""
  pitch = notes_lib.pitched(music).pitch
  return float(np.ptp(pitch)) if len(pitch) else 0.0


def pitch_class_histogram(music: notes_lib.Music) -> np.ndarray:
  """Shares of the notes, float64 `[12]` from C."""
  return _shares(np.bincount(notes_lib.pitched(music).pitch % 12, minlength=12))


def pitch_class_transitions(music: notes_lib.Music) -> np.ndarray:
  """Shares of the pairs of notes that follow each other (by onset, then pitch): float64 `[12, 12]`, from and to."""
  classes = notes_lib.pitched(music).pitch % 12
  return _shares(np.bincount(classes[:-1] * 12 + classes[1:], minlength=144)).reshape(12, 12)


def note_lengths(music: notes_lib.Music) -> np.ndarray:
  """Shares of the notes by the nearest of `LENGTHS`, float64 `[12]`; of two equally near the longer comes first in the list."""
  notes = notes_lib.pitched(music)
  nearest = np.argmin(np.abs((notes.end - notes.start)[:, None] - np.array(LENGTHS)), axis=1)
  return _shares(np.bincount(nearest, minlength=len(LENGTHS)))


def inter_onset_interval(music: notes_lib.Music) -> float:
  """Mean quarters between successive onsets at different times; 0 for fewer than two.

  Deviation: the paper measures seconds; quarters do not depend on the tempo, which windows have none of.
  """
  onsets = np.unique(notes_lib.pitched(music).start)
  return float(np.diff(onsets).mean()) if len(onsets) > 1 else 0.0


FEATURES: dict[str, Callable[[notes_lib.Music], float | np.ndarray]] = {
    'pitch_count': pitch_count, 'pitch_range': pitch_range, 'pitch_class_histogram': pitch_class_histogram,
    'pitch_class_transitions': pitch_class_transitions, 'note_lengths': note_lengths, 'inter_onset_interval': inter_onset_interval,
}


def features(pieces: Sequence[notes_lib.Music]) -> dict[str, np.ndarray]:
  """{name of FEATURES: float64 `[N, D]`} of N pieces (NoteSequences or `notes.Notes`)."""
  pieces = [notes_lib.pitched(piece) for piece in pieces]
  return {name: np.array([np.ravel(function(piece)) for piece in pieces], np.float64) for name, function in FEATURES.items()}


def _shares(counts: np.ndarray) -> np.ndarray:
  return counts / max(counts.sum(), 1)

# ---------------------- distances and their distributions ----


def intra_distances(values: npt.ArrayLike) -> np.ndarray:
  """Euclidean distances of all pairs of different rows of `[N, D]`: float64 `[N (N - 1) / 2]`."""
  values = np.asarray(values, np.float64)
  return inter_distances(values, values)[np.triu_indices(len(values), 1)]


def inter_distances(first: npt.ArrayLike, second: npt.ArrayLike) -> np.ndarray:
  """Euclidean distances of every row of `[N, D]` to every row of `[M, D]`: float64 `[N, M]`."""
  first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
  squares = (first ** 2).sum(1)[:, None] + (second ** 2).sum(1)[None] - 2 * first @ second.T
  return np.sqrt(np.maximum(squares, 0))


def overlap(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
  """Area under both kernel densities of two samples: 1 for equal ones, 0 for ones far apart."""
  points, a, b = _densities(first, second)
  return float(min(np.trapezoid(np.minimum(a, b), points), 1.0))


def divergence(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
  """Kullback and Leibler's divergence of the kernel density of `first` from that of `second`, nats, at least 0.

  Deviation: the authors' code evaluates the two densities on two different grids; here both are taken on one.
  """
  points, a, b = _densities(first, second)
  a, b = (np.maximum(x, 1e-12) for x in (a, b))
  a, b = a / np.trapezoid(a, points), b / np.trapezoid(b, points)
  return float(max(np.trapezoid(a * np.log(a / b), points), 0.0))


def _densities(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """(points, the kernel density of each sample there): Gaussian kernels, Scott's width but not below `LEAST_WIDTH` of the common range."""
  from scipy import stats  # a third of a second to load
  samples = [np.asarray(x, np.float64).ravel() for x in (first, second)]
  low, high = min(x.min() for x in samples), max(x.max() for x in samples)
  least = LEAST_WIDTH * (high - low) if high > low else 1.0
  widths = [max(np.std(x, ddof=1) * len(x) ** -.2 if len(x) > 1 else 0.0, least) for x in samples]
  points = np.linspace(low - 3 * max(widths), high + 3 * max(widths), GRID)
  found = []
  for x, width in zip(samples, widths):
    spread = np.std(x, ddof=1) if len(x) > 1 else 0.0
    found.append(stats.gaussian_kde(x, width / spread)(points) if spread > 1e-9 * (high - low + 1) else stats.norm(x.mean(), width).pdf(points))
  return points, found[0], found[1]


def compare(real: Pieces, generated: Pieces) -> dict[str, dict[str, float]]:
  """Two sets of pieces feature by feature.

  Args:
    real: pieces, or what `features` gave of them.
    generated: the same; both of two pieces or more.

  Returns:
    {feature: {'real_intra', 'generated_intra', 'inter': mean distances, each with `_std`; 'divergence', 'overlap': of the distances between the
    sets from those within the real set; 'intra_divergence', 'intra_overlap': of those within the generated set from those within the real}}.
  """
  sides = [side if isinstance(side, dict) else features(side) for side in (real, generated)]
  found = {}
  for name in FEATURES:
    a, b = sides[0][name], sides[1][name]
    distances = {'real_intra': intra_distances(a), 'generated_intra': intra_distances(b), 'inter': inter_distances(a, b).ravel()}
    row = {}
    for kind, values in distances.items():
      row[kind], row[f'{kind}_std'] = float(values.mean()), float(values.std())
    within = distances['real_intra']
    row.update(divergence=divergence(within, distances['inter']), overlap=overlap(within, distances['inter']),
               intra_divergence=divergence(within, distances['generated_intra']), intra_overlap=overlap(within, distances['generated_intra']))
    found[name] = row
  return found


def mean_overlap(real: Pieces, generated: Pieces) -> float:
  """`overlap` of `compare`, mean over the features."""
  return float(np.mean([row['overlap'] for row in compare(real, generated).values()]))

# ---------------------- copying ----


def tokens(music: notes_lib.Music, steps_per_beat: int = 4, with_lengths: bool = True) -> list[int]:
  """A piece as ints, one a note in order of onset and pitch, the same in every key: its semitones and its steps since the note before (0 for the
  first), and if asked for its length; steps at most 63."""
  notes = notes_lib.pitched(music)
  starts, ends = notes.steps(steps_per_beat), notes.end_steps(steps_per_beat)
  interval = np.diff(notes.pitch, prepend=notes.pitch[:1]) + 128
  since = np.clip(np.diff(starts, prepend=starts[:1]), 0, 63)
  return ((interval * 64 + since) * 64 + (np.clip(ends - starts, 0, 63) if with_lengths else 0)).tolist()


def longest_common_subsequence(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
  """Length of the longest common subsequence (gaps allowed) of two lists; bits of one integer are a row of the table (Hyyro 2004)."""
  places: dict[Hashable, int] = collections.defaultdict(int)
  for i, token in enumerate(first):
    places[token] |= 1 << i
  full = (1 << len(first)) - 1
  row = full
  for token in second:
    common = row & places.get(token, 0)
    row = ((row + common) | (row - common)) & full
  return len(first) - row.bit_count()


def copied_share(music: notes_lib.Music | list[int], training: Sequence[notes_lib.Music | list[int]]) -> float:
  """Longest common subsequence of a piece with any of the training pieces, as a share of its own notes; 0 without notes.

  Args:
    music: a piece, or its `tokens`.
    training: the same, several.
  """
  mine, *others = [piece if isinstance(piece, list) else tokens(piece) for piece in (music, *training)]
  return max((longest_common_subsequence(mine, other) for other in others), default=0) / max(len(mine), 1)


def bleu(candidates: Tokens, references: Tokens, max_order: int = 4) -> float:
  """BLEU of token lists against one set of references for all (Papineni et al. 2002): 0 to 1, without smoothing.

  Args:
    candidates, references: lists of token lists.
    max_order: longest n-grams.
  """
  clipped, total = np.zeros(max_order), np.zeros(max_order)
  for order in range(1, max_order + 1):
    most: collections.Counter = collections.Counter()
    for reference in references:
      most |= _ngrams(reference, order)
    for candidate in candidates:
      counts = _ngrams(candidate, order)
      clipped[order - 1] += sum((counts & most).values())
      total[order - 1] += sum(counts.values())
  if not clipped.all():
    return 0.0
  length = sum(len(c) for c in candidates)
  wanted = sum(min((abs(len(r) - len(c)), len(r)) for r in references)[1] for c in candidates)
  brevity = min(1.0, math.exp(1 - wanted / length))
  return float(brevity * np.exp(np.mean(np.log(clipped / total))))


def music_bleu(pieces: Sequence[notes_lib.Music], references: Sequence[notes_lib.Music], max_order: int = 4) -> float:
  """`bleu` of pieces of music: runs of semitones and times from note to note, whatever the lengths and the key."""
  made, real = ([tokens(piece, with_lengths=False)[1:] for piece in side] for side in (pieces, references))
  return bleu(made, real, max_order)


def _ngrams(sequence: Sequence[Hashable], order: int) -> collections.Counter:
  return collections.Counter(tuple(sequence[i:i + order]) for i in range(len(sequence) - order + 1))
