"""Notes from events of MIDI: note-ons and note-offs paired, each note given its instrument; a kernel compiled by numba.

What is right by default:

- a note-off ends one note of its pitch and channel, the one that began first (as symusic pairs);
- where a pitch has more note-ons than note-offs, a note-off with nothing to end belongs to the note-on of the same tick that follows it (a
  note of no length, sorted wrongly); where some are missing even so, each note-off ends all that began before it, so that no note sounds on;
- a note that ends at the tick where it began is a note (`midi_sequence` gives it a length), as is one that never ends;
- a note is played by the program that holds when it begins.

With `habits` it pairs as pretty_midi 0.2.11 does: a note-off closes every open note of its pitch and channel, except those begun at the
same tick, which are dropped if nothing else was open; the program is the one that holds when a note ends. Both ways control changes and
pitch bends before a channel's first note belong to every instrument born on that channel and track later, as one shared list.
"""
import numpy as np

from musicnst.reading import compiled

# How a pitch of a track is paired: in order; with note-offs before their note-on; with note-offs missing.
PLAIN, SWAPPED, LACKING = range(3)


@compiled.compiled
def pair(data, ticks, statuses, offsets, tracks, habits):
  """Pairs note-ons with note-offs and gives every note, control change and pitch bend its owner.

  Returns:
    notes int32 `[N, 3]`: instrument, event of the note-on, event of the note-off (-1: none), in order of the note-offs; of a track first
      those that end.
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
  programs, programs_then = np.empty(16, dtype=np.int32), np.zeros(room, dtype=np.int32)
  modes, strays = np.zeros(2048, dtype=np.int8), np.empty(2048, dtype=np.int32)
  name, track = -1, -1
  for event in range(room):
    if tracks[event] != track:
      if track >= 0 and not habits:
        _leave(open_notes, following, programs_then, owners, name, instruments, early, notes, counts)
      open_notes[:], owners[:], early[:], programs[:], strays[:] = -1, -1, -1, 0, -1
      name, track = -1, tracks[event]
      if not habits:
        _count(data, ticks, statuses, offsets, tracks, event, strays, modes)
        strays[:] = -1
    status, offset = statuses[event], offsets[event]
    kind, channel = status & 0xF0, status & 0x0F
    if status == 0xFF:
      if data[offset] == 3:
        name = event
    elif kind == 0xF0:
      continue
    elif kind == 0xC0:
      programs[channel] = data[offset]
    elif kind == 0xB0 or kind == 0xE0:
      changes[counts[1], 0] = _list_of(channel, owners[channel * 128 + programs[channel]], instruments, early, counts)
      changes[counts[1], 1] = event
      counts[1] += 1
    elif kind == 0x90 and data[offset + 1] > 0:
      key = channel * 128 + data[offset]
      programs_then[event] = programs[channel]
      if modes[key] != PLAIN and open_notes[0, key] < 0 and strays[key] >= 0 and ticks[strays[key]] == ticks[event]:
        notes[counts[0], 0] = _owner(event, key, programs_then, owners, name, instruments, early, counts)
        notes[counts[0], 1], notes[counts[0], 2] = event, strays[key]
        counts[0] += 1
        strays[key] = -1
      else:
        _open(event, key, open_notes, following)
    elif not habits:
      key = channel * 128 + data[offset]
      if open_notes[0, key] < 0:
        strays[key] = event
      else:
        _end(event, key, modes, ticks, open_notes, following, programs_then, owners, name, instruments, early, notes, counts)
    else:
      key, slot = channel * 128 + data[offset], channel * 128 + programs[channel]
      if open_notes[0, key] >= 0 and ticks[open_notes[0, key]] != ticks[event] and owners[slot] < 0:
        owners[slot] = _new_instrument(programs[channel], channel, name, instruments, early, counts)
      _close(event, key, owners[slot], ticks, open_notes, following, notes, counts)
  if track >= 0 and not habits:
    _leave(open_notes, following, programs_then, owners, name, instruments, early, notes, counts)
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


@compiled.compiled
def _count(data, ticks, statuses, offsets, tracks, first, strays, modes):
  """Of the track that begins at event `first`: how each channel * 128 + pitch is paired (`modes`), by what is missing there."""
  modes[:] = PLAIN
  depths = np.zeros((2, 2048), dtype=np.int32)  # notes open, and those open if note-offs may stand before their note-on
  event = first
  while event < len(tracks) and tracks[event] == tracks[first]:
    kind = statuses[event] & 0xF0
    if kind == 0x90 or kind == 0x80:
      key = (statuses[event] & 0x0F) * 128 + data[offsets[event]]
      if kind == 0x90 and data[offsets[event] + 1] > 0:
        depths[0, key] += 1
        if depths[1, key] == 0 and strays[key] >= 0 and ticks[strays[key]] == ticks[event]:
          strays[key] = -1
        else:
          depths[1, key] += 1
      else:
        if depths[1, key] == 0:
          strays[key] = event
        depths[:, key] = np.maximum(depths[:, key] - 1, 0)
    event += 1
  for key in range(2048):
    if depths[0, key] > 0:
      modes[key] = SWAPPED if depths[1, key] == 0 else LACKING


@compiled.compiled
def _end(event, key, modes, ticks, open_notes, following, programs_then, owners, name, instruments, early, notes, counts):
  """A note-off: ends the oldest open note of its pitch; where note-offs are missing, all that began before this tick."""
  start = open_notes[0, key]
  at_once = ticks[start] == ticks[event]
  first = True
  while start >= 0 and (first or (modes[key] == LACKING and (at_once or ticks[start] != ticks[event]))):
    notes[counts[0], 0] = _owner(start, key, programs_then, owners, name, instruments, early, counts)
    notes[counts[0], 1], notes[counts[0], 2] = start, event
    counts[0] += 1
    start, first = following[start], False
  open_notes[0, key] = start


@compiled.compiled
def _leave(open_notes, following, programs_then, owners, name, instruments, early, notes, counts):
  """The end of a track: notes that are still open have no note-off."""
  for key in range(2048):
    start = open_notes[0, key]
    while start >= 0:
      notes[counts[0], 0] = _owner(start, key, programs_then, owners, name, instruments, early, counts)
      notes[counts[0], 1], notes[counts[0], 2] = start, -1
      counts[0] += 1
      start = following[start]


@compiled.compiled
def _owner(start, key, programs_then, owners, name, instruments, early, counts):
  """The instrument of a note: that of the program that held when it began."""
  channel = key // 128
  slot = channel * 128 + programs_then[start]
  if owners[slot] < 0:
    owners[slot] = _new_instrument(programs_then[start], channel, name, instruments, early, counts)
  return owners[slot]
