"""Events of a MIDI file (arrays from `midi_parse`) -> `NoteSequence`, field by field as note_seq fills it."""
import numpy as np

from musicnst import music_proto
from musicnst.reading import guards
from musicnst.reading import midi_parse
from musicnst.reading import midi_proto
from musicnst.reading import midi_tempo

_TEMPOS, _NOTES, _PITCH_BENDS, _CONTROL_CHANGES = 7, 8, 10, 11  # field numbers of NoteSequence
_TRACK_NAME, _SET_TEMPO, _TIME_SIGNATURE, _KEY_SIGNATURE = 3, 0x51, 0x58, 0x59
_DRUM_CHANNEL = 9
_MAX_DENOMINATOR_POWER = 30  # beyond it the denominator does not fit the proto's int32


def from_events(data, events, division, name, limits):
  """Builds the sequence.

  Args:
    data: the file, uint8.
    events: ticks, statuses, offsets, tracks as `midi_parse.scan` gives them.
    division: (ticks a quarter, first tempo in quarters a minute, whether tempo events count).
    name: of the file, for messages.
    limits: `guards.Limits`.

  Returns:
    `NoteSequence`.

  Raises:
    ReadError: `too_many_notes`, `too_many_events`, `too_many_changes`, `huge_delta_time`, `too_long`,
      `too_much_text`.
  """
  ticks, statuses, offsets, tracks = events
  first, second = data[offsets], data[np.minimum(offsets + 1, len(data) - 1)]
  metas = np.flatnonzero((statuses == 0xFF) & (first != _TRACK_NAME))
  guards.check_at_most(name, 'too_many_changes', 'tempos and signatures', len(metas), limits.max_changes)
  metas = [(int(ticks[i]), *_meta(data, offsets[i])) for i in metas]
  tempos = _tempo_map(metas, *division)
  notes, changes, instruments, num_lists = midi_parse.pair(data, ticks, statuses, offsets, tracks)
  guards.check_at_most(name, 'too_many_notes', 'notes', len(notes), limits.max_notes)
  notes = notes[np.argsort(notes[:, 0], kind='stable')]
  changes, owners = _owned(changes, instruments, num_lists, name, limits)
  starts, ends, times = (tempos.seconds(ticks[column]) for column in (notes[:, 1], notes[:, 2], changes))
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
  _add_signatures(sequence, metas, tempos)
  _add_names(sequence, data, offsets, instruments, name, limits)
  return sequence


def _meta(data, offset):
  """-> kind, content of the meta event whose type byte is at `offset`."""
  length, start = midi_parse.read_varint(data, offset + 1)
  return int(data[offset]), data[start:start + length].tobytes()


def _tempo_map(metas, resolution, qpm, has_tempos):
  changes = [(tick, int.from_bytes(content[:3], 'big')) for tick, kind, content in metas if kind == _SET_TEMPO and len(content) >= 3]
  return midi_tempo.TempoMap.from_changes([change for change in changes if change[1] and has_tempos], resolution, qpm)


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


def _add_signatures(sequence, metas, tempos):
  for tick, kind, content in metas:
    if kind == _TIME_SIGNATURE and len(content) >= 4 and content[0] and content[1] <= _MAX_DENOMINATOR_POWER:
      sequence.time_signatures.add(time=_secs(tempos, tick), numerator=content[0], denominator=2 ** content[1])
    elif kind == _KEY_SIGNATURE and len(content) >= 2 and content[1] in (0, 1):
      fifths = content[0] - 256 * (content[0] > 127)
      if -7 <= fifths <= 7:
        tonic = 7 * fifths + 9 * content[1]  # minor: a sixth above its relative major
        sequence.key_signatures.add(time=_secs(tempos, tick), key=tonic % 12, mode=content[1])


def _secs(tempos, tick):
  return float(tempos.seconds(np.int64(tick)))


def _add_names(sequence, data, offsets, instruments, name, limits):
  """Names of instruments; one long track name may belong to thousands of them, so their sum is limited."""
  size = 0
  for number in np.flatnonzero(instruments[:, 3] >= 0):
    _, content = _meta(data, offsets[instruments[number, 3]])
    size += len(content)
    guards.check_at_most(name, 'too_much_text', 'bytes of track names', size, limits.max_bytes)
    if content:
      sequence.instrument_infos.add(instrument=int(number), name=content.decode('latin1'))
