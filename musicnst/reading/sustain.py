"""The sustain pedal made audible in the notes: each note lasts until the pedal comes up or its key is struck again."""
import collections

from musicnst import errors
from musicnst import music_proto

PEDAL = 64
# At one time: pedal down, pedal up, note on, note off.
_DOWN, _UP, _ON, _OFF = range(4)


def apply_sustain(sequence, control_number=PEDAL):
  """A copy whose notes are as long as they sound under the pedal; same rules as note_seq's `apply_sustain_control_changes`.

  A note released while its instrument's pedal (control value 64 or more) is down ends when the pedal comes up, when its pitch is struck
  again, or with the last event. A note struck again at its own start is dropped. Drums are left alone.

  Args:
    sequence: NoteSequence in seconds.
    control_number: the MIDI controller that is the pedal.

  Raises:
    RejectedSequence: `quantized`: the sequence is counted in steps.
  """
  if sequence.HasField('quantization_info') and sequence.quantization_info.WhichOneof('resolution'):
    raise errors.RejectedSequence('quantized', 'the pedal can only be applied to a sequence in seconds')
  result = music_proto.NoteSequence()
  result.CopyFrom(sequence)
  events = _events(result, control_number)
  # instrument -> pitch -> numbers of the notes that sound, in the order of their starts.
  sounding = collections.defaultdict(lambda: collections.defaultdict(list))
  pedal, dropped, time = collections.defaultdict(bool), set(), 0.0
  for time, kind, instrument, number in events:
    notes = sounding[instrument]
    if kind == _DOWN:
      pedal[instrument] = True
    elif kind == _UP:
      pedal[instrument] = False
      _release(result, notes, time)
    elif kind == _ON:
      pitch = result.notes[number].pitch
      if pedal[instrument]:
        dropped.update(_cut(result, notes.pop(pitch, ()), time))
      notes[pitch].append(number)
    elif not pedal[instrument] and number in notes[result.notes[number].pitch]:
      notes[result.notes[number].pitch].remove(number)
  for notes in sounding.values():
    for number in (number for numbers in notes.values() for number in numbers):
      result.notes[number].end_time = result.total_time = time
  for number in sorted(dropped, reverse=True):
    del result.notes[number]
  return result


def _events(sequence, control_number):
  """[(time, kind, instrument, number of the note)] in order."""
  events = []
  for number, note in enumerate(sequence.notes):
    if not note.is_drum:
      events.append((note.start_time, _ON, note.instrument, number))
      events.append((note.end_time, _OFF, note.instrument, number))
  for change in sequence.control_changes:
    if change.control_number == control_number:
      events.append((change.time, _DOWN if change.control_value >= 64 else _UP, change.instrument, -1))
  return sorted(events, key=lambda event: event[:2])


def _release(sequence, notes, time):
  """The pedal comes up: what only it held ends now."""
  for pitch, numbers in notes.items():
    held = [number for number in numbers if sequence.notes[number].end_time < time]
    for number in held:
      sequence.notes[number].end_time = time
      sequence.total_time = max(sequence.total_time, time)
    notes[pitch] = [number for number in numbers if number not in held]


def _cut(sequence, numbers, time):
  """Ends these notes, struck again at `time`; returns those that are left without length."""
  for number in numbers:
    sequence.notes[number].end_time = time
  return [number for number in numbers if sequence.notes[number].start_time == time]
