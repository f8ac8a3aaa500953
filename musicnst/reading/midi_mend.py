"""Damaged MIDI files, read as far as they go: `scan` takes up where `midi_parse.scan` refuses, and what was wrong is said.

- data bytes above 127 are clipped to 127, undefined status bytes passed over;
- a track whose length is wrong (no track and no end of the file where it should end) is read to its End of Track;
- a track is read up to the place of its damage, and the reading goes on at the next track;
- tracks are those that are there, whatever the header says.
"""
import numpy as np

from musicnst.reading import compiled
from musicnst.reading import manner as manner_lib
from musicnst.reading import midi_parse

# What is counted by `scan`, with the words for it; {} is the number.
CLIPPED, UNDEFINED, LENGTHS, DAMAGED, CUT, STRAY = range(6)
_WORDS = (
    ('clipped_bytes', 'data bytes above 127 clipped: {}'), ('undefined_bytes', 'undefined bytes passed over: {}'),
    ('track_length', 'tracks of a wrong length: {}'), ('damaged_track', 'damaged tracks, read up to the damage: {}'),
    ('cut_end', 'cut short'), ('stray_bytes', 'bytes between tracks passed over'))


def events(array, first, num_tracks, max_tracks, mended):
  """The events of a file that `midi_parse.scan` refuses, or that has more tracks than its header says.

  Args:
    array: the file, uint8; a copy is made.
    first: position after the header.
    num_tracks: tracks that the header announces.
    max_tracks: limit.
    mended: list that gets what was wrong.

  Returns:
    (the bytes, clipped; [ticks, statuses, offsets, tracks]), or None where no note or too many tracks are there.
  """
  array = array.copy()
  *columns, count, tracks, marks = scan(array, min(first, 14) if first + 8 > len(array) else first, max_tracks)
  columns = [column[:count] for column in columns]
  if tracks > max_tracks or not np.any((columns[1] & 0xF0) == 0x90):
    return None
  mended.extend(manner_lib.Mended(reason, words.format(number)) for (reason, words), number in zip(_WORDS, marks.tolist()) if number)
  if tracks != num_tracks:
    mended.append(manner_lib.Mended('number_of_tracks', f'{num_tracks} tracks announced, {tracks} there'))
  return array, columns


@compiled.compiled
def scan(data, first, max_tracks):
  """As `midi_parse.scan`, of any bytes; `data` is changed where bytes are clipped.

  Returns:
    ticks, statuses, offsets, tracks, number of events, number of tracks, int64 `[6]` how often each thing was mended.
  """
  room = len(data) // 2 + 1
  ticks, statuses = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.uint8)
  offsets, tracks = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
  marks = np.zeros(6, dtype=np.int64)
  count, track, position = 0, 0, first
  while position + 8 <= len(data) and track <= max_tracks:
    if midi_parse.number(data, position) != midi_parse.TRACK:
      after = position + 8 + midi_parse.number(data, position + 4)
      if not _track_or_end(data, after):
        marks[STRAY] += 1
        after = position + 1
        while after < len(data) and not _track_or_end(data, after):
          after += 1
      position = after
      continue
    end = position + 8 + midi_parse.number(data, position + 4)
    count, position = _scan_track(data, position + 8, end, track, ticks, statuses, offsets, tracks, count, marks)
    track += 1
  return ticks, statuses, offsets, tracks, count, track, marks


@compiled.compiled
def _track_or_end(data, position):
  """Whether the file ends here or a track begins."""
  return position == len(data) or (position + 4 <= len(data) and midi_parse.number(data, position) == midi_parse.TRACK)


@compiled.compiled
def _scan_track(data, position, end, track, ticks, statuses, offsets, tracks, count, marks):
  """One track; -> number of events so far, position where the next may begin."""
  believed = _track_or_end(data, end)
  limit = end if believed else len(data)
  start, tick, running, ended, fault = position, 0, 0, False, -1
  while position < limit and (believed or not ended):
    if not believed and _track_or_end(data, position):
      ended = True
      break
    delta, position = midi_parse.read_varint(data, position)
    if delta < 0 or position >= limit or tick + delta > midi_parse.MAX_TICK:
      fault = CUT if position >= len(data) else DAMAGED
      break
    tick += delta
    status = data[position]
    if status >= 0x80:
      position += 1
      running = running if status >= 0xF0 else status
    elif running == 0:
      fault = DAMAGED
      break
    else:
      status = running
    start = position
    if status == 0xFF or status == 0xF0 or status == 0xF7:
      position, _, wanted = midi_parse.skip_long(data, position, status, track, False)
      if position < 0 or position > limit:
        fault = CUT if limit == len(data) else DAMAGED
        break
      ended = ended or (status == 0xFF and data[start] == 0x2F)
    else:
      length = midi_parse.DATA_BYTES[status]
      wanted = midi_parse.WANTED[status]
      if length < 0:
        marks[UNDEFINED] += 1
        continue
      if position + length > limit:
        fault = CUT if limit == len(data) else DAMAGED
        break
      position = _clipped(data, position, length, marks)
    if wanted:
      ticks[count], statuses[count], offsets[count], tracks[count] = tick, status, start, track
      count += 1
  if fault >= 0 and not ended:
    marks[fault] += 1
  if believed:
    return count, end
  if fault < 0 and not ended:
    marks[CUT] += 1
  elif fault < 0 and position != end:
    marks[LENGTHS] += 1
  return count, max(position, start)


@compiled.compiled
def _clipped(data, position, length, marks):
  """Clips the data bytes of a message. -> position after it"""
  for i in range(length):
    if data[position + i] > 127:
      data[position + i] = 127
      marks[CLIPPED] += 1
  return position + length
