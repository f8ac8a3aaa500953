"""A small text notation for music and its reading into NoteSequences.

A voice is a line of tokens: `c4` a note with its octave (`c#4`, `bb3`), `[c4 e4 g4]` a chord, `r` a rest, each with an optional length in
units (`:2`, `:3/2`; 1 if there is none), `~` after it ties it to the next token of the same pitches, `|` is a bar line. Every bar but
the first must be full, so that a slip of the pen is found when the piece is encoded.
"""
import dataclasses
import fractions
import itertools
import re

from musicnst import music_proto

_TOKEN = re.compile(r'(?P<bar>\|)|(?P<what>r|\[[^\]]*\]|[a-g](?:#|b)?\d)(?::(?P<length>\d+(?:/\d+)?))?(?P<tie>~)?(?=\s|$)')
_STEPS = {'c': 0, 'd': 2, 'e': 4, 'f': 5, 'g': 7, 'a': 9, 'b': 11}
_KEYS = ('c', 'c#', 'd', 'eb', 'e', 'f', 'f#', 'g', 'ab', 'a', 'bb', 'b')
_ARTICULATION = .95  # of a note's length sounds, so that a repeated note is heard twice
TICKS_PER_QUARTER = 480


@dataclasses.dataclass(frozen=True)
class Event:
  """Notes that begin together: start and length in quarters, MIDI pitches."""

  start: fractions.Fraction
  length: fractions.Fraction
  pitches: tuple


@dataclasses.dataclass(frozen=True)
class Voice:
  """One line of a piece.

  Args:
    name: of its track.
    events: list of Event.
    program: General MIDI program.
    velocity: of its notes off the beat; those on a beat and on a bar's first are a little louder.
    is_drum: whether pitches are drums.
  """

  name: str
  events: tuple
  program: int = 0
  velocity: int = 70
  is_drum: bool = False


@dataclasses.dataclass(frozen=True)
class Piece:
  """A piece to encode.

  Args:
    title, composer, source: what README.md says of it.
    meter: (numerator, denominator).
    key: tonic such as 'c', 'f#', or 'am' for a minor one.
    qpm: quarters a minute.
    voices: tuple of Voice.
    swing: where in its beat the second eighth falls: 1/2 straight, 2/3 swung.
  """

  title: str
  composer: str
  source: str
  meter: tuple
  key: str
  qpm: float
  voices: tuple
  swing: fractions.Fraction = fractions.Fraction(1, 2)


def pitch(name):
  """MIDI pitch of a name such as `c4` (60), `f#3`, `bb5`."""
  alteration = {'#': 1, 'b': -1}.get(name[1:-1], 0)
  return 12 * (int(name[-1]) + 1) + _STEPS[name[0]] + alteration


def read(text, meter, unit):
  """The events of a voice written in this notation.

  Args:
    text: the voice; what stands before its first `|` is a pickup, put at the end of a full bar (none where nothing does).
    meter: (numerator, denominator), to check the bars by.
    unit: quarters in a length of 1, such as Fraction(1, 4) for sixteenths.

  Raises:
    ValueError: a token that cannot be read, or a bar that is not full.
  """
  bar_length = fractions.Fraction(4 * meter[0], meter[1])
  events, tied, bar = [], None, 0
  tokens = list(_tokens(text))
  pickup = sum(length for what, length, _ in itertools.takewhile(lambda token: token[0] != '|', tokens)) * unit
  now = bar_start = bar_length - pickup if pickup else fractions.Fraction(0)
  for what, length, tie in tokens:
    if what == '|':
      if now - bar_start != bar_length and bar:
        raise ValueError(f'bar {bar} holds {now - bar_start} quarters, not {bar_length}')
      bar, bar_start = bar + 1, now
      continue
    length *= unit
    pitches = tuple(sorted(pitch(name) for name in what.strip('[]').split())) if what != 'r' else ()
    if tied is not None and tied.pitches == pitches:
      events[-1] = tied = Event(tied.start, tied.length + length, pitches)
    elif pitches:
      events.append(Event(now, length, pitches))
    tied = events[-1] if tie else None
    now += length
  return tuple(events)


def _tokens(text):
  """Yields (what, length, tie)."""
  at = 0
  while at < len(text):
    if text[at].isspace():
      at += 1
      continue
    found = _TOKEN.match(text, at)
    if not found:
      raise ValueError(f'cannot read {text[at:at + 20]!r}')
    at = found.end()
    yield ('|', fractions.Fraction(0), False) if found['bar'] else (
        found['what'], fractions.Fraction(found['length'] or 1), bool(found['tie']))


def to_sequence(piece):
  """The NoteSequence of a piece."""
  sequence = music_proto.NoteSequence(ticks_per_quarter=TICKS_PER_QUARTER)
  sequence.sequence_metadata.title = piece.title
  sequence.tempos.add(qpm=piece.qpm)
  sequence.time_signatures.add(numerator=piece.meter[0], denominator=piece.meter[1])
  minor = piece.key.endswith('m')
  sequence.key_signatures.add(key=_KEYS.index(piece.key.rstrip('m')), mode=1 if minor else 0)
  for instrument, voice in enumerate(piece.voices):
    sequence.instrument_infos.add(instrument=instrument, name=voice.name)
    for event in voice.events:
      _add(sequence, piece, voice, instrument, event)
  sequence.total_time = max(note.end_time for note in sequence.notes)
  return sequence


def _add(sequence, piece, voice, instrument, event):
  seconds = 60. / piece.qpm
  start, end = _swung(event.start, piece.swing), _swung(event.start + event.length, piece.swing)
  sounding = start + (end - start) * (fractions.Fraction(1, 2) if voice.is_drum else fractions.Fraction(_ARTICULATION))
  for number in event.pitches:
    sequence.notes.add(pitch=number, velocity=voice.velocity + _accent(event.start, piece.meter), instrument=instrument,
                       program=voice.program, is_drum=voice.is_drum, start_time=_on_tick(start) * seconds, end_time=_on_tick(sounding) * seconds)


def _on_tick(quarters):
  return round(quarters * TICKS_PER_QUARTER) / TICKS_PER_QUARTER


def _swung(time, swing):
  """Moves a time within its quarter so that the middle falls at `swing`."""
  beat, within = divmod(time, 1)
  half = fractions.Fraction(1, 2)
  return beat + (within * swing / half if within <= half else swing + (within - half) * (1 - swing) / half)


def _accent(time, meter):
  place = time % fractions.Fraction(4 * meter[0], meter[1])
  pulse = fractions.Fraction(3, 2) if meter[1] == 8 and meter[0] % 3 == 0 else 1
  return 12 if place == 0 else (6 if place % pulse == 0 else 0)
