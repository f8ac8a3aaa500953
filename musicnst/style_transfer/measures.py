"""The figures of one transfer: how much changed, how much of the content stayed, how near the style came."""
import numpy as np

from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer as transfer_metrics
from musicnst.style_transfer import genres
from musicnst.style_transfer import piece as piece_lib

# A candidate outside these bounds is only kept where all are.
LEAST_CHANGE, MOST_CHANGE, LEAST_CHROMA = .15, .95, .85


def of(whole, styles, result, added, details, engine):
  """Metrics of a result: name -> float.

  Args:
    whole: Piece of the content.
    styles: list of Piece.
    result: NoteSequence.
    added: its new notes.
    details: what the method recognised (`content_genre`, `style_genre`).
    engine: for genre probabilities; None, or one without classifiers, leaves them out.
  """
  beat_map = whole.beat_map
  content, after = notes_lib.of(whole.sequence, beat_map), notes_lib.of(result, beat_map)
  style = [notes_lib.of(s.sequence, s.beat_map) for s in styles]
  change = transfer_metrics.sequence_change(content, after, whole.steps_per_quarter)
  onsets = transfer_metrics.onset_change(content, after, whole.steps_per_quarter)
  copied = transfer_metrics.longest_common_notes(notes_lib.of(result, beat_map, notes=added), style[0]) if added else None
  metrics = {
      'content_change': change.total, 'content_added': change.added, 'content_removed': change.removed, 'onset_change': onsets.total,
      'chroma_similarity': transfer_metrics.chroma_similarity(content, after),
      'skyline_kept': transfer_metrics.skyline_kept(content, after),
      'density_ratio': transfer_metrics.density_ratio(content, after), 'key_share': transfer_metrics.key_share(content, after),
      'one_step_share': transfer_metrics.one_step_share(after, whole.steps_per_quarter)}
  before_profile = transfer_metrics.style_profile_similarity(style, content)
  after_profile = transfer_metrics.style_profile_similarity(style, after)
  for name, value in after_profile.items():
    metrics[f'{name}_similarity'] = value
    metrics[f'{name}_similarity_before'] = before_profile[name]
  way = 1.0 - before_profile['time_pitch']
  metrics['share_of_way'] = (after_profile['time_pitch'] - before_profile['time_pitch']) / way if way > 1e-9 else 0.0
  metrics['copied_notes'] = copied.length if copied else 0
  metrics.update(_genre_measures(whole, result, details, engine))
  return {name: float(value) for name, value in metrics.items()}


def _genre_measures(whole, result, details, engine):
  """Probability of the style's genre before and after, by the method's own classifiers (no independent judge)."""
  target = details.get('style_genre')
  if engine is None or not engine.classifiers or target not in engine.classes or not result.notes:
    return {}
  index = engine.classes.index(target)
  probability = lambda piece: genres.recognise(piece, engine.classifiers, engine.classes)[0][index]
  if all(note.is_drum for note in result.notes):
    return {}
  after = piece_lib.from_sequence(result, whole.steps_per_quarter, beat_map=whole.beat_map)
  return {'style_genre_before': probability(whole), 'style_genre_after': probability(after)}


def score(metrics):
  """What the best of several candidates has most of: the way gone to the style and to its genre, within bounds of change and harmony."""
  inside = LEAST_CHANGE <= metrics['content_change'] <= MOST_CHANGE and metrics['chroma_similarity'] >= LEAST_CHROMA
  genre = metrics.get('style_genre_after', 0.0) - metrics.get('style_genre_before', 0.0)
  return (1.0 if inside else 0.0) + .5 * genre + .5 * float(np.clip(metrics['share_of_way'], -1, 1)) + .5 * metrics['chroma_similarity']
