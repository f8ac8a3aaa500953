"""What becomes of the drums: kept as they are, dropped, or taken bar by bar from the style piece."""
import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import meter

LEAST_BEATS = 1 / 32


def apply(sequence, choice, whole, style):
  """The sequence with its drums kept, dropped, or replaced.

  Args:
    sequence: NoteSequence in seconds.
    choice: one of `request.DRUMS`.
    whole: Piece of the content: its beats and bars.
    style: Piece of the style: its bars of drums are repeated under the bars of the content, each cut to the bar it comes to lie in.

  Raises:
    RejectedSequence: `no_drums`, the style has none to take.
  """
  if choice == 'keep':
    return sequence
  result = music_proto.NoteSequence()
  result.CopyFrom(sequence)
  del result.notes[:]
  result.notes.extend([note for note in sequence.notes if not note.is_drum])
  if choice == 'style':
    result.notes.extend(_style_drums(whole, style, sequence.notes))
  return result


def _style_drums(whole, style, notes):
  patterns = list(_patterns(style))
  first = next((i for i, pattern in enumerate(patterns) if pattern), None)
  if first is None:
    raise errors.RejectedSequence('no_drums', 'the style piece holds no drums to take')
  patterns = patterns[first:]
  taken = {note.instrument for note in notes if not note.is_drum}
  instrument = 9 if 9 not in taken else max(taken) + 1
  result, end = [], float(whole.beat_map.to_beats(max(note.end_time for note in whole.sequence.notes)))
  for number, bar in enumerate(meter.bars(whole.sequence, whole.beat_map)):
    for offset, length, note in patterns[number % len(patterns)]:
      start = bar.start_beat + offset
      if start >= min(bar.end_beat, end):
        continue
      seconds = whole.beat_map.to_seconds(np.array([start, start + max(length, LEAST_BEATS)]))
      result.append(music_proto.NoteSequence.Note(
          pitch=note.pitch, velocity=note.velocity, start_time=max(float(seconds[0]), 0.0), end_time=float(seconds[1]), is_drum=True,
          instrument=instrument, program=note.program))
  return result


def _patterns(style):
  """For each bar of the style, its drum notes as (beats from the bar's start, length in beats, Note)."""
  drums = sorted((note for note in style.sequence.notes if note.is_drum), key=lambda note: note.start_time)
  starts = style.beat_map.to_beats(np.array([note.start_time for note in drums]))
  ends = style.beat_map.to_beats(np.array([note.end_time for note in drums]))
  bars = meter.bars(style.sequence, style.beat_map)
  for bar in bars:
    inside = np.flatnonzero((starts >= bar.start_beat - 1e-6) & (starts < bar.end_beat - 1e-6))
    yield [(float(starts[i] - bar.start_beat), float(ends[i] - starts[i]), drums[i]) for i in inside]
