"""The bytes of a MIDI file -> arrays of events: a kernel compiled by numba.

It takes sound files only; `midi_mend` reads what is damaged. With `habits` it keeps to what mido 1.3 does, since note_seq's sequences come
from it: the delta time of an unknown meta event is lost, and tempo, meter and key count on track 0 only.
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
TRACK = int.from_bytes(b'MTrk', 'big')
MAX_TICK = 10**10  # note_seq's own bound on the tick of an event
_KNOWN_META = np.zeros(128, dtype=np.bool_)
_KNOWN_META[[0, 1, 2, 3, 4, 5, 6, 7, 9, 0x20, 0x21, 0x2F, 0x51, 0x54, 0x58, 0x59, 0x7F]] = True
DATA_BYTES = np.zeros(256, dtype=np.int8)  # by status byte; -1 where the byte is no status of a message
DATA_BYTES[:0x80] = -1
DATA_BYTES[0x80:0xF0] = 2
DATA_BYTES[0xC0:0xE0] = 1
DATA_BYTES[[0xF1, 0xF3]] = 1
DATA_BYTES[0xF2] = 2
DATA_BYTES[[0xF4, 0xF5, 0xF9, 0xFD]] = -1
WANTED = np.zeros(256, dtype=np.bool_)  # notes, control changes, programs, pitch bends
WANTED[0x80:0xA0] = WANTED[0xB0:0xD0] = WANTED[0xE0:0xF0] = True


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
def number(data, position):
  """Four bytes, big-endian."""
  return (np.int64(data[position]) << 24) | (np.int64(data[position + 1]) << 16) | (np.int64(data[position + 2]) << 8) | data[position + 3]


@compiled.compiled
def scan(data, first, num_tracks, max_tracks, habits):
  """Lists the events of all tracks: note, control, program and pitch messages, meta events (words, tempo, meter, key, end of track), sysex.

  Args:
    data: the file, uint8.
    first: position of the first chunk after the header.
    num_tracks: tracks that the header announces. Chunks that are no tracks are passed over.
    max_tracks: limit.
    habits: as mido does; see above.

  Returns:
    ticks int64, statuses uint8, offsets int32 (of the first data byte; of the type byte for meta events, status 0xFF; of the length for sysex),
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
    name, size = number(data, position), number(data, position + 4)
    position += 8
    end = position + size
    if name != TRACK:
      position = end
      continue
    count, position, problem = _scan_track(data, position, end, track, ticks, statuses, offsets, tracks, count, habits)
    track += 1
  return ticks, statuses, offsets, tracks, count, problem, position


@compiled.compiled
def _scan_track(data, position, end, track, ticks, statuses, offsets, tracks, count, habits):
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
      position, timed, wanted = skip_long(data, position, status, track, habits)
      problem = FINE if position >= 0 else TRUNCATED
    else:
      position, problem = _skip_message(data, position, DATA_BYTES[status])
      timed, wanted = True, WANTED[status]
    if problem:
      return count, start, problem
    if timed:
      tick += delta
    if wanted:
      ticks[count], statuses[count], offsets[count], tracks[count] = tick, status, start, track
      count += 1
  return count, position, FINE


@compiled.compiled
def skip_long(data, position, status, track, habits):
  """Passes a sysex or meta event. -> position after it (-1: the bytes end), whether its delta time counts, whether it matters."""
  if position >= len(data):
    return -1, False, False
  kind = data[position]
  is_meta = status == 0xFF
  length, position = read_varint(data, position + 1 if is_meta else position)
  if length < 0 or position + length > len(data):
    return -1, False, False
  timed = not (habits and is_meta) or (kind < 128 and _KNOWN_META[kind])
  says_when = kind == 0x51 or kind == 0x58 or kind == 0x59
  if habits:
    wanted = is_meta and (kind == 3 or (track == 0 and says_when))
  else:
    wanted = status == 0xF0 or (is_meta and (1 <= kind <= 7 or kind == 0x2F or says_when))
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
