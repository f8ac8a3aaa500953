"""A notated score -> NoteSequence: measures in playing order, ties joined, meters with pickups, tempos into seconds.

MusicXML and ABC are both read into `Measure`s (offsets in quarters, as Fractions) and leave through `to_sequence`.
"""
import dataclasses
from fractions import Fraction
import re

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import guards

TICKS_PER_QUARTER = 220
DEFAULT_VELOCITY = 80
# MIDI velocity of each dynamic mark: 16 a step, mf = 80.
DYNAMICS = {'pppp': 10, 'ppp': 16, 'pp': 33, 'p': 49, 'mp': 64, 'mf': 80, 'f': 96, 'ff': 112, 'fff': 126, 'ffff': 127, 'sf': 112, 'sfz': 112,
            'fp': 96, 'fz': 112}
MOST_TIMES = 32
# General MIDI's channel of drums, counted from 1.
DRUM_CHANNEL = 10


@dataclasses.dataclass
class Note:
  """One written note: `start` and `length` in quarters from its measure's beginning."""

  start: Fraction
  length: Fraction
  pitch: int
  velocity: int = DEFAULT_VELOCITY
  part: int = 0
  voice: int = 0
  tied_on: bool = False  # a tie leads from it to the next note of its pitch
  is_drum: bool = False  # also where its part is none of drums
  program: int | None = None  # where it is another than its part's


@dataclasses.dataclass
class Part:
  """One instrument: name, MIDI program 0-127, drums or not."""

  name: str = ''
  program: int = 0
  is_drum: bool = False


@dataclasses.dataclass
class Measure:
  """What stands between two bar lines, all parts together; offsets in quarters."""

  length: Fraction = Fraction(0)
  notes: list = dataclasses.field(default_factory=list)
  meter: tuple | None = None  # (numerator, denominator) where it changes
  keys: list = dataclasses.field(default_factory=list)  # (offset, proto key 0-11, proto mode)
  tempos: list = dataclasses.field(default_factory=list)  # (offset, qpm)
  texts: list = dataclasses.field(default_factory=list)  # (offset, text, is_chord)
  repeat_start: bool = False
  repeat_end: int = 0  # how often the passage that ends here is played; 0: no repeat sign
  endings: tuple = ()  # the times at which this measure is played, where it stands under a bracket
  marks: set = dataclasses.field(default_factory=set)  # of dacapo, dalsegno, segno, fine, tocoda, coda; 'segno NAME', 'dalsegno NAME'


def full_bar(meter):
  """Quarters in a bar of (numerator, denominator)."""
  return Fraction(4 * meter[0], meter[1])


def ending_numbers(text):
  """'1,3-5', '1.', '1. 2.' -> (1, 3, 4, 5), (1,), (1, 2)."""
  result = []
  for first, last in re.findall(r'(\d{1,9})\.?(?:\s*-\s*(\d{1,9}))?', text):
    result.extend(range(min(int(first), MOST_TIMES), min(int(last or first), MOST_TIMES) + 1))
  return tuple(result)


def merged(voices):
  """Measures of several voices or parts, joined one by one: `[[Measure]]` -> `[Measure]`."""
  result = []
  for i in range(max(map(len, voices))):
    here = [measures[i] for measures in voices if i < len(measures)]
    joined = dataclasses.replace(here[0], notes=[], keys=[], tempos=[], texts=[], marks=set())
    for measure in here:
      joined.length = max(joined.length, measure.length)
      for name in ('notes', 'keys', 'tempos', 'texts'):
        getattr(joined, name).extend(getattr(measure, name))
      joined.marks |= measure.marks
      joined.meter = joined.meter or measure.meter
      joined.repeat_start |= measure.repeat_start
      joined.repeat_end = max(joined.repeat_end, measure.repeat_end)
      joined.endings = joined.endings or measure.endings
    result.append(joined)
  return result


def plain(measure):
  """The measure without repeats, endings and jumps."""
  return dataclasses.replace(measure, repeat_start=False, repeat_end=0, endings=(), marks=set())


def playing_order(measures, path='score', most=20000):
  """Indices of measures as played: repeats, endings, da capo, dal segno, fine and coda followed.

  After a jump back repeats are not taken again and last endings are played, as is custom.

  Raises:
    ReadError: more than `most` measures (`too_long`).
  """
  order, start, time, i, jumped = [], 0, 1, 0, False
  while i < len(measures):
    measure = measures[i]
    if i != start and (measure.repeat_start or (i and measures[i - 1].endings and not measure.endings)):
      start, time = i, 1
    times = _times(measures, i)
    if jumped and times:
      time = times
    if measure.endings and time not in measure.endings:
      i += 1
      continue
    order.append(i)
    if len(order) > most:
      raise errors.ReadError(path, 'too_long', f'has more than {most} measures when its repeats are played.')
    if measure.repeat_end and time < times:
      i, time = start, time + 1
      continue
    if measure.repeat_end and not (i + 1 < len(measures) and measures[i + 1].endings):
      start, time = i + 1, 1
    if 'fine' in measure.marks and jumped:
      break
    i = _next(measures, i, jumped)
    jumped = jumped or bool(measure.marks & {'dacapo', 'dalsegno'})
  return order


def _times(measures, i):
  """How often the passage that ends at measure `i`, or at the endings around it, is played; 0 where nothing says so."""
  if not measures[i].endings:
    return min(measures[i].repeat_end, MOST_TIMES)
  last, j = 0, i
  while j > 0 and measures[j - 1].endings:
    j -= 1
  while j < len(measures) and measures[j].endings:
    last = max(last, *measures[j].endings)
    j += 1
  return min(max(last, measures[i].repeat_end if 1 in measures[i].endings else 0), MOST_TIMES)


def _next(measures, i, jumped):
  if not jumped and 'dacapo' in measures[i].marks:
    return 0
  if not jumped and 'dalsegno' in measures[i].marks:
    named = {mark.removeprefix('dal') for mark in measures[i].marks if mark.startswith('dalsegno ')}
    places = [j for j, measure in enumerate(measures) if 'segno' in measure.marks]
    return next((j for j in places if measures[j].marks & named), places[0] if places else 0)
  if jumped and 'tocoda' in measures[i].marks:
    return next((j for j, measure in enumerate(measures) if 'coda' in measure.marks and j > i), i + 1)
  return i + 1


def to_sequence(measures, parts, path='score', limits=None):
  """The music as played.

  Args:
    measures: list of Measure.
    parts: list of Part; `Note.part` is an index into it.
    path: named in errors.
    limits: `guards.Limits`, or None for the defaults.

  Returns:
    NoteSequence with notes sorted by part, start and pitch, tempos (120 where there is none), meters (irregular measures, such as a
    pickup, as short meters), keys, texts (chord symbols among them), part names; programs; drums.

  Raises:
    ReadError: no notes (`no_notes`), too many, or too long.
  """
  order = playing_order(measures, path)
  measures, order = _pickup_filled(measures, order)
  sequence = music_proto.NoteSequence(ticks_per_quarter=TICKS_PER_QUARTER)
  starts, beat = [], Fraction(0)
  for i in order:
    starts.append(beat)
    beat += measures[i].length
  played = [(at + note.start, note) for at, i in zip(starts, order) for note in measures[i].notes]
  if not played:
    raise errors.ReadError(path, 'no_notes', 'has no notes.')
  limits = limits or guards.Limits()
  guards.check_at_most(path, 'too_many_notes', 'notes', len(played), limits.max_notes)
  beat_map = _add_tempos(sequence, [(at + offset, qpm) for at, i in zip(starts, order) for offset, qpm in measures[i].tempos])
  seconds = lambda beats: float(beat_map.to_seconds(float(beats)))
  _add_notes(sequence, _tied(played), parts, beat_map)
  for at, numerator, denominator in _meters(measures, order, starts):
    sequence.time_signatures.add(time=seconds(at), numerator=numerator, denominator=denominator)
  _add_keys_and_texts(sequence, measures, order, starts, seconds)
  sequence.total_time = max([seconds(beat)] + [note.end_time for note in sequence.notes])
  guards.check_at_most(path, 'too_long', 'seconds', sequence.total_time, limits.max_total_secs)
  return sequence


def _pickup_filled(measures, order):
  """Rests before a short first measure (once, outside any repeat), so that bar lines lie on multiples of the bar.

  Deviation: note_seq writes a pickup as a short meter; Nottingham's MIDI files, and most sequencers, fill the bar as here.
  """
  sounding = [i for i in order if measures[i].length]
  if len(sounding) < 2:
    return measures, order
  first = sounding[0]
  meter = next((measure.meter for measure in measures[:first + 1] if measure.meter), (4, 4))
  missing = full_bar(meter) - measures[first].length
  if missing <= 0:
    return measures, order
  rest = Measure(length=missing, meter=meter, keys=measures[first].keys, tempos=[(Fraction(0), qpm) for _, qpm in measures[first].tempos[:1]])
  return measures + [rest], [len(measures)] + order


def _add_tempos(sequence, tempos):
  """Writes the tempos (beat, qpm), as seconds, and returns the beat map they make."""
  written = {Fraction(0): beat_map_lib.DEFAULT_QPM}
  written.update((at, qpm) for at, qpm in sorted(tempos, key=lambda t: t[0]))
  beats = sorted(written)
  time, previous = 0.0, None
  for i, at in enumerate(beats):
    if i:
      time += float(at - beats[i - 1]) * 60.0 / written[beats[i - 1]]
    if written[at] != previous:
      sequence.tempos.add(time=time, qpm=written[at])
    previous = written[at]
  return beat_map_lib.BeatMap.from_tempos(sequence)


def _tied(played):
  """[(beat, note)] -> [[beat, end beat, note]] with tied notes joined."""
  joined, waiting = [], {}
  for start, note in sorted(played, key=lambda item: (item[0], item[1].part, item[1].pitch)):
    key = (note.part, note.pitch)
    earlier = waiting.pop(key, None)
    if earlier is not None and earlier[1] == start:
      earlier[1] = start + note.length
      entry = earlier
    else:
      entry = [start, start + note.length, note]
      joined.append(entry)
    if note.tied_on:
      waiting[key] = entry
  return joined


def _add_notes(sequence, joined, parts, beat_map):
  joined.sort(key=lambda item: (item[2].part, item[0], item[2].pitch))
  starts = beat_map.to_seconds([float(item[0]) for item in joined])
  ends = beat_map.to_seconds([float(item[1]) for item in joined])
  for (_, _, note), start, end in zip(joined, starts, ends):
    part = parts[note.part]
    program = part.program if note.program is None else note.program
    sequence.notes.add(pitch=note.pitch, velocity=note.velocity, start_time=start, end_time=end, part=note.part, voice=note.voice,
                       instrument=note.part, program=program, is_drum=part.is_drum or note.is_drum)
  for i, part in enumerate(parts):
    sequence.part_infos.add(part=i, name=part.name)
    if part.name:
      sequence.instrument_infos.add(instrument=i, name=part.name)


def _add_keys_and_texts(sequence, measures, order, starts, seconds):
  annotation, last_key = music_proto.NoteSequence.TextAnnotation, None
  for at, i in zip(starts, order):
    for offset, key, mode in measures[i].keys:
      if (key, mode) != last_key:
        sequence.key_signatures.add(time=seconds(at + offset), key=key, mode=mode)
      last_key = key, mode
    for offset, text, is_chord in measures[i].texts:
      kind = annotation.CHORD_SYMBOL if is_chord else annotation.UNKNOWN
      sequence.text_annotations.add(time=seconds(at + offset), text=text, annotation_type=kind)


def _meters(measures, order, starts):
  """[(beat, numerator, denominator)] where the meter changes.

  Measures that only together make a full bar (a repeat sign inside a bar) are one bar; what is left over gets a meter of its length.
  """
  found, groups, meter = [], [], (4, 4)
  for at, i in zip(starts, order):
    measure = measures[i]
    changed = measure.meter is not None and measure.meter != meter
    meter = measure.meter or meter
    full = full_bar(meter)
    if groups and not changed and groups[-1][1] + measure.length <= groups[-1][2] and groups[-1][1] < groups[-1][2]:
      groups[-1][1] += measure.length
    else:
      groups.append([at, measure.length, full, meter])
  groups = [group for group in groups if group[1]]
  for at, length, full, meter in groups:
    complete = length % full == 0 or (at == groups[-1][0] and length < full)
    shown = meter if complete else _short_meter(length, meter[1])
    if not found or shown != found[-1][1:]:
      found.append((at,) + shown)
  return found


def _short_meter(length, denominator):
  """Quarters -> (numerator, denominator) of a bar that long, in the given denominator or a finer one."""
  ratio = Fraction(length) / 4
  denominator = max(denominator, ratio.denominator)
  if denominator % ratio.denominator:
    denominator = ratio.denominator
  return ratio.numerator * (denominator // ratio.denominator), denominator
