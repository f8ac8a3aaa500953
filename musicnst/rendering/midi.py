"""`NoteSequence` -> MIDI file, so that reading the file gives the sequence again.

Layout: a type 1 file; track 0 has the title, tempo map, meters, keys, words (lyrics, markers, text) and system exclusive messages; then
one track for each (instrument, program, drum or not) in order. A track keeps the channel that its instrument had in the file it came from,
where no other track has it; others take what is left of channels 1-9 and 11-16 in turn, drums channel 10; the 16th melodic track begins a
second port, since a port has 16 channels, and readers that tell instruments apart by track lose nothing.

What MIDI cannot say is bent as little as possible: a note of less than a tick lasts one; a note still sounding when its
pitch starts again on its track ends there (unless both end together), because one note-off ends both.
"""
import bisect
import itertools

from musicnst import errors
from musicnst import files
from musicnst.reading import words as words_lib

_DEFAULT_TICKS_PER_QUARTER, _MAX_TICKS_PER_QUARTER = 480, 32767
_DEFAULT_QPM = 120.0
_MAX_MICROS = 0xFFFFFF  # a quarter, in the three bytes of a tempo event: 3.6 quarters a minute
_MELODIC_CHANNELS, _DRUM_CHANNEL = [channel for channel in range(16) if channel != 9], 9
_MAJOR_KEYS = ('C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')
_MINOR_KEYS = ('Cm', 'C#m', 'Dm', 'D#m', 'Em', 'Fm', 'F#m', 'Gm', 'G#m', 'Am', 'Bbm', 'Bm')
# By the proto's mode: semitones down from a mode's tonic to the major key of the same signature.
_TO_MAJOR = {3: 7, 4: 2, 5: 4, 6: 5, 7: 11}  # mixolydian, dorian, phrygian, lydian, locrian
# Among events of one tick: note-offs end before new notes; a program stands before what it colours.
_PORT, _NAME, _PROGRAM, _OFF, _BEND, _CONTROL, _ON = range(7)


class _Clock:
  """Seconds -> ticks along a tempo map whose tempos are whole microseconds, as the file will hold them."""

  def __init__(self, tempos, ticks_per_quarter):
    self._ticks_per_quarter = ticks_per_quarter
    self.changes = [(0, round(6e7 / _DEFAULT_QPM))]  # (tick, microseconds a quarter)
    self._starts = [0.0]
    for tempo in sorted(tempos, key=lambda tempo: tempo.time):
      if tempo.qpm > 0:
        self._add(tempo.time, min(_MAX_MICROS, max(1, round(6e7 / tempo.qpm))))

  def _add(self, seconds, micros):
    tick = self.tick(seconds)
    if tick == self.changes[-1][0]:
      self.changes[-1] = (tick, micros)
      return
    last_tick, last_micros = self.changes[-1]
    self._starts.append(self._starts[-1] + (tick - last_tick) * last_micros * 1e-6 / self._ticks_per_quarter)
    self.changes.append((tick, micros))

  def tick(self, seconds):
    """The tick nearest to a time; never negative."""
    i = max(bisect.bisect_right(self._starts, seconds) - 1, 0)
    tick, micros = self.changes[i]
    return max(0, tick + round((seconds - self._starts[i]) * 1e6 * self._ticks_per_quarter / micros))


def write(sequence, path):
  """Writes a MIDI file, complete or not at all.

  Args:
    sequence: `NoteSequence` in seconds.
    path: the file to make.

  Raises:
    RejectedSequence: `not_midi_range`, a pitch, velocity, program or control value that MIDI has no byte for.
    OutputError: the file cannot be written.
  """
  midi_file = to_mido(sequence)
  with files.atomic_path(path) as temporary:
    midi_file.save(temporary)


def to_mido(sequence):
  """The sequence as `mido.MidiFile`; arguments and errors as for `write`."""
  import mido
  ticks_per_quarter = sequence.ticks_per_quarter
  if not 0 < ticks_per_quarter <= _MAX_TICKS_PER_QUARTER:
    ticks_per_quarter = _DEFAULT_TICKS_PER_QUARTER
  clock = _Clock(sequence.tempos, ticks_per_quarter)
  midi_file = mido.MidiFile(ticks_per_beat=ticks_per_quarter, charset='latin1')
  try:
    tracks = [_conductor_track(sequence, clock), *_instrument_tracks(sequence, clock)]
  except (ValueError, TypeError) as error:
    raise errors.RejectedSequence('not_midi_range', f'cannot stand in a MIDI file: {error}') from error
  midi_file.tracks.extend(_in_deltas(events) for events in tracks)
  return midi_file


def _conductor_track(sequence, clock):
  """Track 0: (tick, rank, message) of tempos, meters, keys and words."""
  import mido
  events = [(tick, 0, mido.MetaMessage('set_tempo', tempo=micros)) for tick, micros in clock.changes]
  for meter in sequence.time_signatures:
    if 0 < meter.numerator < 256 and meter.denominator > 0 and meter.denominator & (meter.denominator - 1) == 0:
      message = mido.MetaMessage('time_signature', numerator=meter.numerator, denominator=meter.denominator)
      events.append((clock.tick(meter.time), 1, message))
  for key in sequence.key_signatures:
    names = _MINOR_KEYS if key.mode == key.MINOR else _MAJOR_KEYS
    events.append((clock.tick(key.time), 2, mido.MetaMessage('key_signature', key=names[(key.key - _TO_MAJOR.get(key.mode, 0)) % 12])))
  if sequence.sequence_metadata.title:
    events.append((0, -1, mido.MetaMessage('track_name', name=_latin1(sequence.sequence_metadata.title))))
  events.extend((clock.tick(words.time), 3, message) for words in sequence.text_annotations if (message := _message(words)) is not None)
  return events


def _message(words):
  """A text annotation as a message, or None where it says nothing in MIDI."""
  import mido
  kind = words.annotation_type
  if kind == words_lib.SYSEX:
    return mido.Message('sysex', data=bytes.fromhex(words.text))
  if kind in (words_lib.CHANNELS, words.BEAT):
    return None
  name = 'marker' if kind == words.CHORD_SYMBOL else words_lib.MESSAGES.get(kind, 'text')
  return mido.MetaMessage(name, **{'name' if name == 'instrument_name' else 'text': _latin1(words.text)})


def _instrument_tracks(sequence, clock):
  """A track for each (instrument, program, drum or not), in this order."""
  names = {information.instrument: information.name for information in sequence.instrument_infos}
  parts = {}
  for i, field in enumerate((sequence.notes, sequence.pitch_bends, sequence.control_changes)):
    for event in field:
      parts.setdefault((event.instrument, event.program, event.is_drum), ([], [], []))[i].append(event)
  places = _places(sorted(parts), _channels(sequence))
  for part, events in sorted(parts.items()):
    instrument, program, _ = part
    yield _instrument_track(names.get(instrument, ''), program, *places[part], events, clock)


def _channels(sequence):
  """dict instrument -> channel, as the file had them."""
  texts = [words.text for words in sequence.text_annotations if words.annotation_type == words_lib.CHANNELS]
  pairs = [pair.partition(':') for text in texts[:1] for pair in text.split()]
  return {int(instrument): int(channel) for instrument, _, channel in pairs if instrument.isdecimal() and channel.isdecimal()}


def _places(parts, known):
  """(instrument, program, is_drum) in order -> dict to (port, channel): the channel that is known, if it is free, else the next free one."""
  places = {part: (0, _DRUM_CHANNEL) for part in parts if part[2]}
  for part in parts:
    channel = known.get(part[0], _DRUM_CHANNEL)
    if part not in places and channel in _MELODIC_CHANNELS and (0, channel) not in places.values():
      places[part] = 0, channel
  taken = set(places.values())
  free = ((port, channel) for port in itertools.count() for channel in _MELODIC_CHANNELS if (port, channel) not in taken)
  return places | {part: next(free) for part in parts if part not in places}


def _instrument_track(name, program, port, channel, events, clock):
  import mido
  notes, bends, controls = events
  track = [(0, _PROGRAM, mido.Message('program_change', program=program, channel=channel))]
  if port:
    track.append((0, _PORT, mido.MetaMessage('midi_port', port=port)))
  if name:
    track.append((0, _NAME, mido.MetaMessage('track_name', name=_latin1(name))))
  for bend in bends:
    track.append((clock.tick(bend.time), _BEND, mido.Message('pitchwheel', pitch=bend.bend, channel=channel)))
  for control in controls:
    track.append((clock.tick(control.time), _CONTROL, mido.Message(
        'control_change', control=control.control_number, value=control.control_value, channel=channel)))
  for start, end, pitch, velocity in _playable(notes, clock):
    track.append((start, _ON, mido.Message('note_on', note=pitch, velocity=velocity, channel=channel)))
    track.append((end, _OFF, mido.Message('note_off', note=pitch, velocity=0, channel=channel)))
  return track


def _playable(notes, clock):
  """(start, end, pitch, velocity) in ticks, such that each note-off ends just the notes that end there."""
  timed = []
  for note in notes:
    start = clock.tick(note.start_time)
    timed.append([start, max(start + 1, clock.tick(note.end_time)), note.pitch, max(1, note.velocity)])
  by_pitch = {}
  for note in sorted(timed, key=lambda note: note[0]):
    sounding = [other for other in by_pitch.get(note[2], ()) if other[1] > note[0] and other[1] != note[1]]
    for other in sounding:
      other[1] = note[0] if other[0] < note[0] else max(other[1], note[1])
    note[1] = max([note[1], *(other[1] for other in sounding if other[0] == note[0])])
    by_pitch[note[2]] = [other for other in by_pitch.get(note[2], ()) if other[1] > note[0]] + [note]
  return timed


def _in_deltas(events):
  """(absolute tick, rank, message) in any order -> `mido.MidiTrack`; events of one tick and rank keep their order."""
  import mido
  track, last = mido.MidiTrack(), 0
  for tick, _, message in sorted(events, key=lambda event: event[:2]):
    message.time = tick - last
    last = tick
    track.append(message)
  track.append(mido.MetaMessage('end_of_track', time=1))
  return track


def _latin1(text):
  """Text as mido writes it: Latin-1 where it fits, else the bytes of UTF-8, which players of today understand."""
  try:
    text.encode('latin1')
    return text
  except UnicodeEncodeError:
    return text.encode('utf-8').decode('latin1')
