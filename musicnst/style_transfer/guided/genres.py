"""What each genre does on average, and how much pieces differ: whitened targets for the objective, and which genre a piece is.

The statistics come from the training pieces of each genre (`experiments/bundles/genre_statistics.py` makes the file that ships).
"""
import dataclasses
import functools
import weakref

import numpy as np
import tensorflow as tf

from musicnst import bundles
from musicnst import errors
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer.guided import statistics

DEFAULT_FILE = str(bundles.PRETRAINED / 'genre-statistics.npz')
# A piece whose likeliest genre is less likely than this is of an unknown genre.
RECOGNISED = .6
# Statistics of the network are cut off at so many deviations.
CLIP = 4.0
# A deviation from a few files is mixed with the general one as if that stood for this many files.
PRIOR_FILES = 6


@dataclasses.dataclass(frozen=True)
class GenreStatistics:
  """Mean and deviation of every statistic by genre.

  Args:
    genres: names, G of them.
    mean, deviation: group -> float32 `[G, N]`.
    within: group -> float32 `[N]`, deviation within genres, for pieces of no known genre.
    network: name -> float32 array, of `logits`; empty for none.
  """

  genres: tuple
  mean: dict
  deviation: dict
  within: dict
  network: dict = dataclasses.field(default_factory=dict)

  def logits(self, measured):
    """`statistics.measure` of segments of 8 bars -> logits `[B, G]`: standardized, one hidden layer."""
    w = self.network
    x = tf.clip_by_value((statistics.vector(measured) - w['center']) / w['scale'], -CLIP, CLIP)
    return tf.matmul(tf.nn.relu(tf.matmul(x, w['hidden_kernel']) + w['hidden_bias']), w['output_kernel']) + w['output_bias']

  def save(self, path):
    """Writes one .npz without pickles."""
    arrays = {f'{kind}/{group}': value for kind in ('mean', 'deviation', 'within') for group, value in getattr(self, kind).items()}
    arrays.update({f'network/{name}': np.asarray(value, np.float16) for name, value in self.network.items()})
    with open(path, 'wb') as out:
      np.savez_compressed(out, genres=np.array(self.genres), **arrays)

  @classmethod
  def load(cls, path=DEFAULT_FILE):
    """Reads what `save` wrote.

    Raises:
      ModelNotFoundError: missing or damaged file, or one of other statistics.
    """
    try:
      with np.load(path, allow_pickle=False) as data:
        groups = list(statistics.GROUP_WEIGHTS)
        kinds = {kind: {group: data[f'{kind}/{group}'] for group in groups} for kind in ('mean', 'deviation', 'within')}
        network = {name.removeprefix('network/'): data[name].astype(np.float32) for name in data.files if name.startswith('network/')}
        return cls(genres=tuple(str(g) for g in data['genres']), network=network, **kinds)
    except (OSError, KeyError, ValueError, EOFError) as error:
      raise errors.ModelNotFoundError(
          f'{path}: no usable genre statistics ({error}). Make them with python -m experiments.run genre_statistics.') from error


@functools.lru_cache(maxsize=4)
def load(path=DEFAULT_FILE):
  """`GenreStatistics.load`, once a path."""
  return GenreStatistics.load(path)


# What was measured of a piece stays with it: a style is asked about for every content and stretch, a content for every candidate.
_MEASURED = weakref.WeakKeyDictionary()


def _once(piece, key, measure):
  """`measure()`, remembered for this very piece and key."""
  known = _MEASURED.setdefault(piece, {})
  if key not in known:
    known[key] = measure()
  return known[key]


def piece_statistics(piece):
  """Piece -> group -> float32 `[N]`."""
  return _once(piece, 'statistics', lambda: _statistics(piece))


def profile(pieces):
  """Pieces -> float32 `[N]` of length 1: their common time-pitch profile (`statistics.time_pitch`)."""
  total = sum(_counts(piece)['pairs'].astype(np.float64) for piece in pieces)
  return (total / np.sqrt(np.square(total).sum() + statistics.EPSILON)).astype(np.float32)[0]


def _statistics(piece):
  measured = statistics.of_counts({name: tf.constant(value) for name, value in _counts(piece).items()})
  return {group: value.numpy()[0] for group, value in measured.items()}


def _counts(piece):
  """`statistics.count` of a Piece, pooled over its segments of 8 bars: numpy `[1, N]` each."""
  return _once(piece, 'counts', lambda: _counted(piece))


def _counted(piece):
  steps = -(-piece.total_steps // statistics.SEGMENT_STEPS) * statistics.SEGMENT_STEPS
  positions = np.eye(piece_lib.POSITIONS)[piece.positions]
  cut = lambda x: tf.constant(np.pad(x, ((0, steps - len(x)), (0, 0))).reshape(-1, statistics.SEGMENT_STEPS, x.shape[-1]), tf.float32)
  valid = cut(np.ones((piece.total_steps, 1)))[..., 0]
  counts = statistics.count(cut(piece.roll[:, 0]), cut(piece.frames), cut(positions), valid)
  return {name: value.numpy() for name, value in statistics.pooled(counts, 1).items()}


def summarize(rows, labels, genres):
  """Statistics of many pieces -> GenreStatistics.

  Args:
    rows: list of `piece_statistics`.
    labels: list of genre names, one a row.
    genres: which genres, in order.
  """
  labels = np.array(labels)
  mean, deviation, within = {}, {}, {}
  for group in statistics.GROUP_WEIGHTS:
    values = np.stack([row[group] for row in rows]).astype(np.float64)  # [pieces, N]
    mean[group] = np.stack([values[labels == g].mean(0) for g in genres]).astype(np.float32)
    deviation[group] = np.stack([values[labels == g].std(0) for g in genres]).astype(np.float32)
    within[group] = np.sqrt((deviation[group].astype(np.float64) ** 2).mean(0)).astype(np.float32)
  return GenreStatistics(tuple(genres), mean, deviation, within)


def targets(style_rows, known, genre=None, genre_share=.5):
  """Where the style's statistics lie.

  Args:
    style_rows: list of `piece_statistics`, one a style file.
    known: GenreStatistics.
    genre: name of the genre to mix in, or None for the style's own statistics alone.
    genre_share: the genre's share of the mean.

  Returns:
    statistics.Targets with `[N]` arrays.
  """
  mean, deviation = {}, {}
  for group in statistics.GROUP_WEIGHTS:
    values = np.stack([row[group] for row in style_rows]).astype(np.float64)
    own, spread = values.mean(0), known.within[group].astype(np.float64)
    if genre is not None:
      index = known.genres.index(genre)
      own = (1.0 - genre_share) * own + genre_share * known.mean[group][index]
      spread = known.deviation[group][index].astype(np.float64)
    if len(style_rows) > 1:
      share = PRIOR_FILES / (PRIOR_FILES + len(style_rows))
      spread = np.sqrt(share * spread ** 2 + (1 - share) * values.var(0))
    mean[group], deviation[group] = own.astype(np.float32), spread.astype(np.float32)
  return statistics.Targets(mean, deviation)


def recognise(piece, classifiers, genres):
  """(probabilities float64 `[C]`, name or None): the genre of a piece, the mean of the classifiers over segments of 128 steps."""
  total = _once(piece, (*classifiers, *genres), lambda: _probabilities(piece, classifiers, len(genres)))
  best = int(np.argmax(total))
  return total, genres[best] if total[best] >= RECOGNISED else None


def _probabilities(piece, classifiers, num_genres):
  steps, size = piece.total_steps, 128
  count = -(-steps // size)
  roll = np.zeros((count * size, 2, 88), np.float32)
  roll[:steps] = piece.roll
  rolls = roll.reshape(count, size, -1)
  lengths = np.minimum(size, steps - size * np.arange(count)).astype(np.int32)
  total = np.zeros(num_genres)
  for classifier in classifiers:
    probabilities = tf.nn.softmax(_logits(classifier)(tf.constant(rolls), tf.constant(lengths))).numpy().astype(np.float64)
    total += (probabilities * lengths[:, None]).sum(0) / lengths.sum()
  return total / max(len(classifiers), 1)


@functools.lru_cache(maxsize=8)
def _logits(classifier):
  return tf.function(lambda rolls, lengths: tf.cast(classifier(rolls, lengths=lengths), tf.float32), reduce_retracing=True)
