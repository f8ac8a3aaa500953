"""The bytes of a MIDI file -> arrays of events, and notes paired as pretty_midi pairs them.

Two kernels compiled by numba. They keep to what mido 1.3 and pretty_midi 0.2.11 do, since note_seq's sequences come from
them, down to three habits that shape the result:

- an unknown meta event's delta time is lost (mido makes it 0);
- a note-off closes every open note of its pitch and channel, except those begun at the same tick;
- control changes and pitch bends before a channel's first note belong to every instrument born on that channel and track
  later, as one shared list.
"""
import numpy as np

from musicnst.reading import compiled

# What `scan` can find wrong, as indices into PROBLEMS: (reason, detail).
FINE, TRUNCATED, BAD_DATA_BYTE, BAD_STATUS, NO_STATUS, HUGE_DELTA, OVERRUN, TOO_MANY_TRACKS = range(8)
PROBLEMS = (
    ('', ''),
    ('truncated_midi', 'the file ends inside a track, or before the last track that its header announces'),
    ('corrupt_midi', 'a data byte above 127'),
    ('corrupt_midi', 'an undefined status byte'),
    ('corrupt_midi', 'a data byte where a status byte must stand'),
    ('huge_delta_time', 'a delta time beyond any piece of music'),
    ('corrupt_midi', 'an event crosses the end of its track'),
    ('too_many_tracks', 'more tracks than the limit allows'),
)
_TRACK = int.from_bytes(b'MTrk', 'big')
MAX_TICK = 10**10  # note_seq's own bound on the tick of an event
_KNOWN_META = np.zeros(128, dtype=np.bool_)
_KNOWN_META[[0, 1, 2, 3, 4, 5, 6, 7, 9, 0x20, 0x21, 0x2F, 0x51, 0x54, 0x58, 0x59, 0x7F]] = True
_DATA_BYTES = np.zeros(256, dtype=np.int8)  # by status byte; -1 where the byte is no status of a message
_DATA_BYTES[:0x80] = -1
_DATA_BYTES[0x80:0xF0] = 2
_DATA_BYTES[0xC0:0xE0] = 1
_DATA_BYTES[[0xF1, 0xF3]] = 1
_DATA_BYTES[0xF2] = 2
_DATA_BYTES[[0xF4, 0xF5, 0xF9, 0xFD]] = -1
_WANTED = np.zeros(256, dtype=np.bool_)  # notes, control changes, programs, pitch bends
_WANTED[0x80:0xA0] = _WANTED[0xB0:0xD0] = _WANTED[0xE0:0xF0] = True


@compiled.compiled
def read_varint(data, position):
  """-> (value, position after it); value -1: beyond MAX_TICK, -2: the bytes end."""
  value = 0
  while position < len(data):
    byte = data[position]
    position += 1
    value = (value << 7) | (byte & 0x7F)
    if value > MAX_TICK:
      return -1, position
    if byte < 0x80:
      return value, position
  return -2, position


@compiled.compiled
def _number(data, position):
  """Four bytes, big-endian."""
  return (np.int64(data[position]) << 24) | (np.int64(data[position + 1]) << 16) | (np.int64(data[position + 2]) << 8) | data[position + 3]


@compiled.compiled
def scan(data, first, num_tracks, max_tracks):
  """Lists the events of all tracks: note, control, program and pitch messages, and meta events.

  Args:
    data: the file, uint8.
    first: position of the first chunk after the header.
    num_tracks: tracks that the header announces. Chunks that are no tracks are passed over.
    max_tracks: limit.

  Returns:
    ticks int64, statuses uint8, offsets int32 (of the first data byte; of the type byte for meta events, status 0xFF),
    tracks int32, number of events, problem, position of the problem.
  """
  room = len(data) // 2 + 1  # an event has at least a delta byte and one more
  ticks = np.empty(room, dtype=np.int64)
  statuses = np.empty(room, dtype=np.uint8)
  offsets = np.empty(room, dtype=np.int32)
  tracks = np.empty(room, dtype=np.int32)
  count, track, position, problem = 0, 0, first, FINE
  if num_tracks > max_tracks:
    problem = TOO_MANY_TRACKS
  while problem == FINE and track < num_tracks:
    if position + 8 > len(data):
      problem = TRUNCATED
      break
    name, size = _number(data, position), _number(data, position + 4)
    position += 8
    end = position + size
    if name != _TRACK:
      position = end
      continue
    count, position, problem = _scan_track(data, position, end, track, ticks, statuses, offsets, tracks, count)
    track += 1
  return ticks, statuses, offsets, tracks, count, problem, position


@compiled.compiled
def _scan_track(data, position, end, track, ticks, statuses, offsets, tracks, count):
  """One track chunk of `scan`; -> number of events so far, position, problem."""
  tick, running = 0, 0
  while position != end:
    if position > end:
      return count, position, OVERRUN
    delta, position = read_varint(data, position)
    if delta == -1 or tick + delta > MAX_TICK:
      return count, position, HUGE_DELTA
    if delta == -2 or position >= len(data):
      return count, position, TRUNCATED
    status = data[position]
    if status >= 0x80:
      position += 1
      running = running if status == 0xFF else status
    elif running == 0:
      return count, position, NO_STATUS
    else:
      status = running
      if status == 0xF0 or status == 0xF7:
        position += 1  # mido drops this byte and takes the next for the length
    start = position
    if status == 0xFF or status == 0xF0 or status == 0xF7:
      position, timed, wanted = _skip_long(data, position, status, track)
      problem = FINE if position >= 0 else TRUNCATED
    else:
      position, problem = _skip_message(data, position, _DATA_BYTES[status])
      timed, wanted = True, _WANTED[status]
    if problem:
      return count, start, problem
    if timed:
      tick += delta
    if wanted:
      ticks[count], statuses[count], offsets[count], tracks[count] = tick, status, start, track
      count += 1
  return count, position, FINE


@compiled.compiled
def _skip_long(data, position, status, track):
  """Passes a sysex or meta event. -> position after it (-1: the bytes end), whether its delta time counts, whether it matters."""
  if position >= len(data):
    return -1, False, False
  kind = data[position]
  is_meta = status == 0xFF
  length, position = read_varint(data, position + 1 if is_meta else position)
  if length < 0 or position + length > len(data):
    return -1, False, False
  timed = not is_meta or (kind < 128 and _KNOWN_META[kind])
  wanted = is_meta and (kind == 3 or (track == 0 and (kind == 0x51 or kind == 0x58 or kind == 0x59)))
  return position + length, timed, wanted


@compiled.compiled
def _skip_message(data, position, length):
  """Passes the data bytes of a short message. -> position after it, problem."""
  if length < 0:
    return position, BAD_STATUS
  if position + length > len(data):
    return position, TRUNCATED
  for i in range(length):
    if data[position + i] > 127:
      return position, BAD_DATA_BYTE
  return position + length, FINE


@compiled.compiled
def pair(data, ticks, statuses, offsets, tracks):
  """Pairs note-ons with note-offs and gives every note, control change and pitch bend its owner.

  Returns:
    notes int32 `[N, 3]`: instrument, event of the note-on, event of the note-off, in order of the note-offs.
    changes int32 `[M, 2]`: list, event (control changes and pitch bends).
    instruments int32 `[I, 4]`: program, channel, list of its changes, event of its track name (-1: none), in order of birth.
    number of lists.
  """
  room = len(ticks)
  notes, changes = np.empty((room, 3), dtype=np.int32), np.empty((room, 2), dtype=np.int32)
  instruments = np.empty((room, 4), dtype=np.int32)
  counts = np.zeros(4, dtype=np.int64)  # of notes, changes, instruments, lists of changes
  following = np.full(room, -1, dtype=np.int32)  # open notes of one pitch: a linked list of events in order
  # Of the track at hand: by channel * 128 + pitch the oldest and the newest open note, by channel * 128 + program the
  # instrument, by channel the list of changes that came before any instrument.
  open_notes, owners, early = np.empty((2, 2048), dtype=np.int32), np.empty(2048, dtype=np.int32), np.empty(16, dtype=np.int32)
  programs = np.empty(16, dtype=np.int32)
  name, track = -1, -1
  for event in range(room):
    if tracks[event] != track:
      open_notes[:], owners[:], early[:], programs[:] = -1, -1, -1, 0
      name, track = -1, tracks[event]
    status, offset = statuses[event], offsets[event]
    kind, channel = status & 0xF0, status & 0x0F
    if status == 0xFF:
      if data[offset] == 3:
        name = event
    elif kind == 0xC0:
      programs[channel] = data[offset]
    elif kind == 0xB0 or kind == 0xE0:
      changes[counts[1], 0] = _list_of(channel, owners[channel * 128 + programs[channel]], instruments, early, counts)
      changes[counts[1], 1] = event
      counts[1] += 1
    elif kind == 0x90 and data[offset + 1] > 0:
      _open(event, channel * 128 + data[offset], open_notes, following)
    else:
      key, slot = channel * 128 + data[offset], channel * 128 + programs[channel]
      if open_notes[0, key] >= 0 and ticks[open_notes[0, key]] != ticks[event] and owners[slot] < 0:
        owners[slot] = _new_instrument(programs[channel], channel, name, instruments, early, counts)
      _close(event, key, owners[slot], ticks, open_notes, following, notes, counts)
  return notes[:counts[0]], changes[:counts[1]], instruments[:counts[2]], counts[3]


@compiled.compiled
def _list_of(channel, instrument, instruments, early, counts):
  """The list that a control change or pitch bend goes to."""
  if instrument >= 0:
    return instruments[instrument, 2]
  if early[channel] < 0:
    early[channel] = counts[3]
    counts[3] += 1
  return early[channel]


@compiled.compiled
def _new_instrument(program, channel, name, instruments, early, counts):
  """Adds an instrument; it takes the channel's early list where there is one. -> its number"""
  number = counts[2]
  counts[2] += 1
  instruments[number, 0], instruments[number, 1], instruments[number, 2], instruments[number, 3] = program, channel, early[channel], name
  if early[channel] < 0:
    instruments[number, 2] = counts[3]
    counts[3] += 1
  return number


@compiled.compiled
def _open(event, key, open_notes, following):
  """Notes a note-on as the newest of its pitch."""
  if open_notes[0, key] < 0:
    open_notes[0, key] = event
  else:
    following[open_notes[1, key]] = event
  open_notes[1, key] = event


@compiled.compiled
def _close(event, key, instrument, ticks, open_notes, following, notes, counts):
  """Ends the open notes of a pitch. Those of this very tick stay open if others were closed, else they are dropped."""
  start, closed = open_notes[0, key], False
  while start >= 0 and ticks[start] != ticks[event]:  # in order of time: from the first of this tick on, all are of this tick
    notes[counts[0], 0], notes[counts[0], 1], notes[counts[0], 2] = instrument, start, event
    counts[0] += 1
    start, closed = following[start], True
  open_notes[0, key] = start if closed else -1
