"""The figures of one transfer: how much changed, how much of the content stayed, how near the style came."""
import numpy as np

from musicnst import music_proto
from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib

# A candidate outside these bounds is only kept where all are (methods that change notes in place).
LEAST_CHANGE, MOST_CHANGE, LEAST_CHROMA = .15, .95, .85


def of(whole, styles, result):
  """Metrics of a result: name -> float; names are those of `metrics.metric_map.METRIC_MAP`.

  Drums count as pitches where the content has nothing else.

  Args:
    whole: prepared piece of the content (`sequence`, `beat_map`).
    styles: list of the same, of the style.
    result: NoteSequence on the content's beats.
  """
  timed = [(whole.sequence, whole.beat_map), *((s.sequence, s.beat_map) for s in styles), (result, whole.beat_map)]
  if all(note.is_drum for note in whole.sequence.notes):
    timed = [(_undrummed(sequence), beat_map) for sequence, beat_map in timed]
  content, *style, after = (notes_lib.of(sequence, beat_map) for sequence, beat_map in timed)
  return metric_map.measure(content, style, after)


def _undrummed(sequence):
  """A copy of the drums alone, as notes with pitches."""
  copy = music_proto.NoteSequence()
  copy.CopyFrom(sequence)
  drums = [note for note in copy.notes if note.is_drum]
  del copy.notes[:]
  copy.notes.extend(drums)
  for note in copy.notes:
    note.is_drum = False
  return copy


def score(metrics):
  """What the best of several candidates has most of: style gain and gain of its genre, within bounds of change and harmony."""
  inside = LEAST_CHANGE <= metrics['content_change'] <= MOST_CHANGE and metrics['chroma_similarity'] >= LEAST_CHROMA
  genre = metrics.get('style_genre_after', 0.0) - metrics.get('style_genre_before', 0.0)
  return (1.0 if inside else 0.0) + .5 * genre + .5 * float(np.clip(metrics['style_time_pitch'], -1, 1)) + .5 * metrics['chroma_similarity']
