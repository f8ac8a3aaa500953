"""Events of a MIDI file (arrays from `midi_parse`) -> `NoteSequence`, its fields filled as note_seq fills them."""
import numpy as np

from musicnst import music_proto
from musicnst.reading import guards
from musicnst.reading import midi_ends
from musicnst.reading import midi_meta
from musicnst.reading import midi_pair
from musicnst.reading import midi_proto

_TEMPOS, _NOTES, _PITCH_BENDS, _CONTROL_CHANGES = 7, 8, 10, 11  # field numbers of NoteSequence
_DRUM_CHANNEL = 9


def from_events(data, events, kind, division, name, limits, habits=False, mended=()):
  """Builds the sequence.

  Args:
    data: the file, uint8.
    events: ticks, statuses, offsets, tracks as `midi_parse.scan` gives them.
    kind: of the file: 0 one track, 1 tracks that sound together, 2 patterns.
    division: (ticks a quarter, first tempo in quarters a minute, whether tempo events count).
    name: of the file, for messages.
    limits: `guards.Limits`.
    habits: note_seq's instead of what is right.
    mended: list that gets what is wrong with the notes.

  Returns:
    `NoteSequence`.

  Raises:
    ReadError: `too_many_notes`, `too_many_events`, `too_many_changes`, `huge_delta_time`, `too_long`,
      `too_much_text`.
  """
  metas = _metas(data, events, name, limits)
  if kind == 2 and not habits:
    events, metas = midi_meta.in_turn(data, events, metas)
  ticks, statuses, offsets, tracks = events
  first, second = data[offsets], data[np.minimum(offsets + 1, len(data) - 1)]
  tempos = midi_meta.tempo_map(metas, *division)
  notes, changes, instruments, num_lists = midi_pair.pair(data, ticks, statuses, offsets, tracks, habits)
  guards.check_at_most(name, 'too_many_notes', 'notes', len(notes), limits.max_notes)
  notes = notes[np.argsort(notes[:, 0], kind='stable')]
  last_ticks = ticks[notes[:, 2]] if habits else midi_ends.ticks(notes, events, first, second, division[0], mended)
  changes, owners = _owned(changes, instruments, num_lists, name, limits)
  starts, ends, times = (tempos.seconds(column) for column in (ticks[notes[:, 1]], last_ticks, ticks[changes]))
  _check_times(name, limits, starts, ends, times, tempos.starts, tempos.seconds(np.array([tick for tick, *_ in metas], np.int64)))

  is_bend = (statuses[changes] & 0xF0) == 0xE0
  sequence = music_proto.NoteSequence.FromString(
      midi_proto.encode(_TEMPOS, {1: tempos.starts, 2: tempos.qpm()}, {})
      + _note_bytes(notes, starts, ends, first, second, instruments)
      + _bend_bytes(changes[is_bend], times[is_bend], owners[is_bend], first, second, instruments)
      + _control_bytes(changes[~is_bend], times[~is_bend], owners[~is_bend], first, second, instruments))
  sequence.ticks_per_quarter = division[0]
  sequence.total_time = ends.max() if len(ends) else 0.0
  sequence.source_info.parser = sequence.source_info.PRETTY_MIDI
  sequence.source_info.encoding_type = sequence.source_info.MIDI
  midi_meta.add_signatures(sequence, metas, tempos)
  title = '' if habits else midi_meta.title(data, events, tracks[notes[:, 1]])
  if title:
    sequence.sequence_metadata.title = title
  if not title or len(np.unique(tracks)) > 1:
    _add_names(sequence, data, offsets, instruments, name, limits)
  if not habits:
    midi_meta.add_words(sequence, data, events, tempos)
    midi_meta.add_system(sequence, data, events, tempos, instruments)
  return sequence


def _metas(data, events, name, limits):
  """Tempos and signatures in order: list of (tick, kind, bytes)."""
  kinds, statuses = data[events[2]], events[1]
  count = int(np.sum((statuses == 0xFF) & (kinds >= midi_meta.SET_TEMPO)))
  guards.check_at_most(name, 'too_many_changes', 'tempos and signatures', count, limits.max_changes)
  return midi_meta.in_order(data, events)


def _owned(changes, instruments, num_lists, name, limits):
  """Control changes and pitch bends in the order of their instruments: events `[M]`, instruments `[M]`."""
  order = np.argsort(changes[:, 0], kind='stable')
  bounds = np.concatenate([[0], np.cumsum(np.bincount(changes[:, 0], minlength=num_lists))])
  lists = instruments[:, 2]
  counts = bounds[lists + 1] - bounds[lists]
  guards.check_at_most(name, 'too_many_events', 'control changes and pitch bends', int(counts.sum()), limits.max_events)
  rows = [order[bounds[i]:bounds[i + 1]] for i in lists]
  events = changes[np.concatenate(rows), 1] if rows else np.zeros(0, np.int32)
  return events, np.repeat(np.arange(len(instruments)), counts)


def _check_times(name, limits, *columns):
  last = max((float(column.max()) for column in columns if len(column)), default=0.0)
  if last > limits.max_gap_secs:
    gap = float(np.diff(np.sort(np.concatenate([[0.0], *columns]))).max())
    guards.check_at_most(name, 'huge_delta_time', 'seconds without an event', gap, limits.max_gap_secs)
  guards.check_at_most(name, 'too_long', 'seconds', last, limits.max_total_secs)


def _note_bytes(notes, starts, ends, first, second, instruments):
  owners = notes[:, 0]
  return midi_proto.encode(_NOTES, {3: starts, 4: ends}, {
      1: first[notes[:, 1]], 2: second[notes[:, 1]], 7: owners, 8: instruments[owners, 0], 9: instruments[owners, 1] == _DRUM_CHANNEL})


def _bend_bytes(events, times, owners, first, second, instruments):
  bends = first[events].astype(np.int64) + (second[events].astype(np.int64) << 7) - 8192
  return midi_proto.encode(_PITCH_BENDS, {1: times}, {
      2: bends, 3: owners, 4: instruments[owners, 0], 5: instruments[owners, 1] == _DRUM_CHANNEL})


def _control_bytes(events, times, owners, first, second, instruments):
  return midi_proto.encode(_CONTROL_CHANGES, {1: times}, {
      2: first[events], 3: second[events], 4: owners, 5: instruments[owners, 0], 6: instruments[owners, 1] == _DRUM_CHANNEL})


def _add_names(sequence, data, offsets, instruments, name, limits):
  """Names of instruments; one long track name may belong to thousands of them, so their sum is limited."""
  size = 0
  for number in np.flatnonzero(instruments[:, 3] >= 0):
    _, content = midi_meta.content(data, offsets[instruments[number, 3]])
    size += len(content)
    guards.check_at_most(name, 'too_much_text', 'bytes of track names', size, limits.max_bytes)
    if content:
      sequence.instrument_infos.add(instrument=int(number), name=content.decode('latin1'))
