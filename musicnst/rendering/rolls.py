"""Sequences -> the numbers that the report's piano rolls are drawn from (`page/roll.js` reads them).

A note is `[start in ms, length in ms, pitch, velocity, state]`; states are those of `STATES`. Drums are apart, in rows of their own. Of a piece
that was read (`pieces.result.Reading`) a roll also has `tune`, places of notes; `chords` `[ms, symbol]`; `phrases` `[ms, ms, label]`; that of a
result `taken` `[bar from 1, bars of the style, its name]`.
"""
import os

from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter

# The place in this tuple is what stands in the data.
STATES = ('plain', 'kept', 'added', 'removed')
PLAIN, KEPT, ADDED, REMOVED = range(4)
# Notes of all snapshots together: what keeps the page light for pieces of hours.
_MOST_SNAPSHOT_NOTES = 60_000
_SAME_ONSET_SECS = .03


def of_sequence(sequence, bars=None, reading=None):
  """Roll of one piece, every note plain.

  Args:
    sequence: NoteSequence.
    bars: seconds at which bars start; None finds them by the sequence's own tempos and meters.
    reading: its `pieces.result.Reading`, or None.
  """
  return _read(_roll([(note, PLAIN) for note in sequence.notes], sequence, bars), sequence, reading)


def of_result(result):
  """Roll of a TransferResult: kept, added and removed notes by state."""
  kept, added, removed = result.kept, result.added, result.removed
  if not (kept or added or removed):
    kept, added, removed = compared(result.content, result.sequence)
  marked = [(note, state) for notes, state in ((kept, KEPT), (added, ADDED), (removed, REMOVED)) for note in notes]
  known = {_key(note) for note, state in marked if state != REMOVED}
  marked.extend((note, KEPT) for note in result.sequence.notes if note.is_drum and _key(note) not in known)
  roll = _read(_roll(marked, result.sequence, list(result.bars) or None), result.sequence, result.readings.get('result'))
  if result.taken:
    roll['taken'] = [[one.bar, list(one.bars), os.path.basename(one.style)] for one in result.taken]
  return roll


def of_snapshots(result):
  """Rolls of as many snapshots as stay light: list of (iteration, roll), the last ones first to be taken."""
  rolls, left = [], _MOST_SNAPSHOT_NOTES
  for iteration, sequence in sorted(result.snapshots.items(), reverse=True):
    kept, added, removed = compared(result.content, sequence)
    left -= len(kept) + len(added) + len(removed)
    if left < 0:
      break
    marked = [(note, state) for notes, state in ((kept, KEPT), (added, ADDED), (removed, REMOVED)) for note in notes]
    rolls.append((iteration, _roll(marked, sequence, list(result.bars) or None)))
  return rolls[::-1]


def compared(content, sequence):
  """(kept, added, removed) notes of a sequence against its content: kept where pitch is equal and the onset within 30 ms."""
  waiting = {}
  for note in content.notes:
    waiting.setdefault((note.pitch, note.is_drum), []).append(note)
  for notes in waiting.values():
    notes.sort(key=lambda note: -note.start_time)  # the earliest is last, and taken first
  kept, added, removed = [], [], []
  for note in sorted(sequence.notes, key=lambda note: note.start_time):
    same = waiting.get((note.pitch, note.is_drum), [])
    while same and same[-1].start_time < note.start_time - _SAME_ONSET_SECS:
      removed.append(same.pop())
    if same and same[-1].start_time <= note.start_time + _SAME_ONSET_SECS:
      same.pop()
      kept.append(note)
    else:
      added.append(note)
  removed.extend(note for notes in waiting.values() for note in notes)
  return kept, added, removed


def bar_starts(sequence):
  """Seconds at which the bars of a sequence start."""
  beat_map = beat_map_lib.BeatMap.from_tempos(sequence)
  return [float(beat_map.to_seconds(bar.start_beat)) for bar in meter.bars(sequence, beat_map)]


def _roll(marked, sequence, bars):
  end = max([note.end_time for note, _ in marked], default=0.)
  numbers = {False: [], True: []}
  for note, state in sorted(marked, key=lambda pair: (pair[0].start_time, pair[0].pitch)):
    start = round(note.start_time * 1000)
    numbers[bool(note.is_drum)].append([start, max(round(note.end_time * 1000) - start, 1), note.pitch, note.velocity, state])
  starts = bar_starts(sequence) if bars is None else bars
  return {'notes': numbers[False], 'drums': numbers[True], 'bars': [round(start * 1000) for start in starts], 'end': round(end * 1000)}


def _read(roll, sequence, reading):
  """A roll with what was read of its sequence, if it was."""
  if reading is None:
    return roll
  tune = {(round(sequence.notes[i].start_time * 1000), sequence.notes[i].pitch) for i in reading.tune}
  milliseconds = lambda seconds: round(seconds * 1000)
  return {**roll, 'tune': [i for i, note in enumerate(roll['notes']) if note[4] != REMOVED and (note[0], note[2]) in tune],
          'chords': [[milliseconds(start), symbol] for start, symbol in reading.chords],
          'phrases': [[milliseconds(start), milliseconds(end), label] for start, end, label in reading.phrases]}


def _key(note):
  return note.pitch, note.start_time, note.is_drum
