"""The figures of one transfer: how much changed, how much of the content stayed, how near the style came."""
import numpy as np

from musicnst import errors
from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.style_transfer.guided import genres
from musicnst.style_transfer.pieces import piece as piece_lib

# A candidate outside these bounds is only kept where all are.
LEAST_CHANGE, MOST_CHANGE, LEAST_CHROMA = .15, .95, .85


def of(whole, styles, result, details, engine):
  """Metrics of a result: name -> float; names are those of `metrics.metric_map.METRIC_MAP`, and `style_genre_before`, `_after`.

  Args:
    whole: Piece of the content.
    styles: list of Piece.
    result: NoteSequence.
    details: what the method recognised (`content_genre`, `style_genre`).
    engine: for genre probabilities; None, or one without classifiers, leaves them out.
  """
  content, after = notes_lib.of(whole.sequence, whole.beat_map), notes_lib.of(result, whole.beat_map)
  metrics = metric_map.measure(content, [notes_lib.of(s.sequence, s.beat_map) for s in styles], after)
  return {**metrics, **_genre_measures(whole, result, details, engine)}


def _genre_measures(whole, result, details, engine):
  """Probability of the style's genre before and after, by the method's own classifiers (no independent judge)."""
  target = details.get('style_genre')
  if engine is None or not engine.classifiers or target not in engine.classes or not result.notes:
    return {}
  index = engine.classes.index(target)
  probability = lambda piece: genres.recognise(piece, engine.classifiers, engine.classes)[0][index]
  try:
    after = piece_lib.from_sequence(result, whole.steps_per_quarter, beat_map=whole.beat_map)
  except errors.RejectedSequence:  # nothing is left that a classifier reads
    return {}
  return {'style_genre_before': float(probability(whole)), 'style_genre_after': float(probability(after))}


def score(metrics):
  """What the best of several candidates has most of: style gain and gain of its genre, within bounds of change and harmony."""
  inside = LEAST_CHANGE <= metrics['content_change'] <= MOST_CHANGE and metrics['chroma_similarity'] >= LEAST_CHROMA
  genre = metrics.get('style_genre_after', 0.0) - metrics.get('style_genre_before', 0.0)
  return (1.0 if inside else 0.0) + .5 * genre + .5 * float(np.clip(metrics['style_time_pitch'], -1, 1)) + .5 * metrics['chroma_similarity']
