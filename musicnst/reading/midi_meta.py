"""Meta events of a MIDI file: its tempo map, meters and keys, words and titles; and the patterns of a type 2 file, one after another."""
import numpy as np

from musicnst.reading import midi_parse
from musicnst.reading import midi_tempo
from musicnst.reading import words as words_lib

TRACK_NAME, END_OF_TRACK, SET_TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 3, 0x2F, 0x51, 0x58, 0x59
_DEFAULT_MICROS = 500_000
_MAX_DENOMINATOR_POWER = 30  # beyond it the denominator does not fit the proto's int32


def content(data, offset):
  """-> kind, bytes of the meta event whose type byte is at `offset`."""
  length, start = midi_parse.read_varint(data, offset + 1)
  return int(data[offset]), data[start:start + length].tobytes()


def in_order(data, events):
  """Tempo, meter and key events of all tracks in order of time: list of (tick, kind, bytes).

  A track that repeats what another says at the same tick adds nothing.
  """
  ticks, statuses, offsets, tracks = events
  found, seen = [], {}
  kinds = data[offsets]
  wanted = (statuses == 0xFF) & ((kinds == SET_TEMPO) | (kinds == TIME_SIGNATURE) | (kinds == KEY_SIGNATURE))
  for i in np.flatnonzero(wanted):
    event = (int(ticks[i]), *content(data, offsets[i]))
    if seen.setdefault(event, int(tracks[i])) == tracks[i]:
      found.append(event)
  return sorted(found, key=lambda event: event[0])


def in_turn(data, events, metas):
  """The patterns of a type 2 file as one piece: each begins where the one before it ends, with a tempo and a meter of its own.

  Args:
    data: the file, uint8.
    events: [ticks, statuses, offsets, tracks]; every track is a pattern.

  Returns:
    (events, metas), the ticks moved; metas as of `in_order`.
  """
  ticks, statuses, offsets, tracks = events
  lengths = np.zeros(int(tracks.max(initial=-1)) + 1, np.int64)
  np.maximum.at(lengths, tracks, ticks)
  begins = np.concatenate([[0], np.cumsum(lengths)])
  moved, meter = [], (4, 2)
  for track, begin in enumerate(begins[:-1].tolist()):
    here = in_order(data, [column[tracks == track] for column in events])
    at_once = {kind for tick, kind, _ in here if tick == 0}
    if track and SET_TEMPO not in at_once:
      moved.append((begin, SET_TEMPO, _DEFAULT_MICROS.to_bytes(3, 'big')))
    if track and TIME_SIGNATURE not in at_once and meter != (4, 2):
      moved.append((begin, TIME_SIGNATURE, bytes([4, 2, 24, 8])))
    moved.extend((begin + tick, kind, words) for tick, kind, words in here)
    meter = next((tuple(words[:2]) for _, kind, words in reversed(moved) if kind == TIME_SIGNATURE), meter)
  return [ticks + begins[tracks], statuses, offsets, tracks], moved


def tempo_map(metas, resolution, qpm, has_tempos):
  """Metas -> `midi_tempo.TempoMap`; tempos of 0 are passed over."""
  changes = [(tick, int.from_bytes(words[:3], 'big')) for tick, kind, words in metas if kind == SET_TEMPO and len(words) >= 3]
  return midi_tempo.TempoMap.from_changes([change for change in changes if change[1] and has_tempos], resolution, qpm)


def add_signatures(sequence, metas, tempos):
  """Adds the meters and keys that can be understood."""
  for tick, kind, words in metas:
    if kind == TIME_SIGNATURE and len(words) >= 4 and words[0] and words[1] <= _MAX_DENOMINATOR_POWER:
      sequence.time_signatures.add(time=_secs(tempos, tick), numerator=words[0], denominator=2 ** words[1])
    elif kind == KEY_SIGNATURE and len(words) >= 2 and words[1] in (0, 1):
      fifths = words[0] - 256 * (words[0] > 127)
      if -7 <= fifths <= 7:
        tonic = 7 * fifths + 9 * words[1]  # minor: a sixth above its relative major
        sequence.key_signatures.add(time=_secs(tempos, tick), key=tonic % 12, mode=words[1])


def add_words(sequence, data, events, tempos):
  """Adds lyrics, markers and other words as text annotations, in order of time, as Latin-1 (byte for byte)."""
  ticks, statuses, offsets, _ = events
  kinds = data[offsets]
  index = np.flatnonzero((statuses == 0xFF) & np.isin(kinds, list(words_lib.KINDS)))
  for i in index[np.argsort(ticks[index], kind='stable')]:
    kind, words = content(data, offsets[i])
    if words:
      sequence.text_annotations.add(time=_secs(tempos, ticks[i]), text=words.decode('latin1'), annotation_type=words_lib.KINDS[kind])


def title(data, events, playing):
  """The title: the first name on the first track, where it is the only one or has no notes; else ''.

  Args:
    data, events: as above.
    playing: int `[N]`, the track of each note.
  """
  _, statuses, offsets, tracks = events
  names = np.flatnonzero((statuses == 0xFF) & (data[offsets] == TRACK_NAME) & (tracks == 0))
  if not len(names) or (np.any(playing == 0) and np.any(tracks > 0)):
    return ''
  return content(data, offsets[names[0]])[1].decode('latin1').strip()


def add_system(sequence, data, events, tempos, instruments):
  """Adds what only MIDI has: the channel of each instrument (int32 `[I, 4]` of `midi_pair.pair`), and system exclusive messages."""
  if len(instruments):
    text = ' '.join(f'{number}:{channel}' for number, channel in enumerate(instruments[:, 1].tolist()))
    sequence.text_annotations.add(text=text, annotation_type=words_lib.CHANNELS)
  ticks, statuses, offsets, _ = events
  index = np.flatnonzero(statuses == 0xF0)
  for i in index[np.argsort(ticks[index], kind='stable')]:
    length, start = midi_parse.read_varint(data, offsets[i])
    message = data[start:start + length]
    if length > 1 and message[-1] == 0xF7 and np.all(message[:-1] < 0x80):  # in one part, and of data bytes
      sequence.text_annotations.add(time=_secs(tempos, ticks[i]), text=message[:-1].tobytes().hex(), annotation_type=words_lib.SYSEX)


def _secs(tempos, tick):
  return float(tempos.seconds(np.int64(tick)))
