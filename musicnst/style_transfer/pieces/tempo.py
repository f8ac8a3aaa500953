"""A result at the tempo of the style piece: every beat lasts as long as the style's beats do on average."""
import numpy as np

from musicnst import music_proto


def apply(sequence, choice, whole, style):
  """(sequence, seconds): the sequence at its own tempo or at the style's, and how its seconds are found again there.

  Args:
    sequence: NoteSequence in seconds, on the beats of `whole`.
    choice: 'content' or 'style'.
    whole, style: prepared pieces of content and style.

  Returns:
    (NoteSequence, function float `[N]` -> float `[N]`, from seconds of the given sequence to those of the result).
  """
  if choice == 'content':
    return sequence, lambda seconds: seconds
  length = seconds_a_beat(style)
  to = lambda seconds: whole.beat_map.to_beats(np.asarray(seconds, float)) * length
  result = music_proto.NoteSequence()
  result.CopyFrom(sequence)
  del result.tempos[:]
  result.tempos.add(time=0.0, qpm=60 / length)
  for note in result.notes:
    note.start_time, note.end_time = np.maximum(to([note.start_time, note.end_time]), 0.0).tolist()
  for events in (result.time_signatures, result.key_signatures, result.pitch_bends, result.control_changes, result.text_annotations,
                 result.section_annotations):
    for event in events:
      event.time = max(float(to([event.time])[0]), 0.0)
  result.total_time = max([float(to([sequence.total_time])[0]), *(note.end_time for note in result.notes)])
  return result, to


def moved(notes, seconds):
  """Copies of Note protos at the times that a function (float `[N]` -> float `[N]`) gives."""
  found = []
  for note in notes:
    copy = music_proto.NoteSequence.Note()
    copy.CopyFrom(note)
    copy.start_time, copy.end_time = np.maximum(seconds([note.start_time, note.end_time]), 0.0).tolist()
    found.append(copy)
  return found


def seconds_a_beat(piece):
  """Mean seconds of a quarter from the first note of a prepared piece to its last."""
  times = np.array([(note.start_time, note.end_time) for note in piece.sequence.notes if not note.is_drum] or
                   [(note.start_time, note.end_time) for note in piece.sequence.notes])
  first, last = float(times[:, 0].min()), float(times[:, 1].max())
  beats = float(np.subtract(*piece.beat_map.to_beats(np.array([last, first]))))
  return (last - first) / beats if beats > 0 else .5
