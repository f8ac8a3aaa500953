"""ABC files: every tune of a tunebook -> NoteSequences, played with repeats, endings and parts.

Own reader of the ABC standard 2.1 (abcnotation.com/wiki/abc:standard:v2.1); docs/decisions/abc_reader.md compares it with note_seq's,
music21's and abc2midi. Chord symbols become text annotations; grace notes and ornaments are not played.
"""
import dataclasses
import logging
import re

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import abc_fields
from musicnst.reading import abc_music
from musicnst.reading import guards
from musicnst.reading import score

# A line of the body that begins with one of these and a colon is music where a bar line follows, as in 'A:|'.
_NOTES = 'ABCDEFGabcdefgxyzXZ'


def read(path, limits=None):
  """Reads every tune of a file.

  Args:
    path: an .abc file.
    limits: `guards.Limits`, or None for the defaults.

  Returns:
    (list of NoteSequence in the order of the file, list of ReadError for the tunes that cannot be read, each naming its `X:` number).

  Raises:
    ReadError: no tune at all (`not_abc`), or `file_too_large`.
  """
  return read_text(decoded(guards.read_file(path, limits or guards.Limits())), path, limits)


def read_text(text, name='abc', limits=None):
  """As `read`, from a string; `name` stands in errors."""
  header, tunes = split(text)
  if not tunes:
    raise errors.ReadError(name, 'not_abc', 'holds no tune (no line that begins with "X:").')
  sequences, rejects = [], []
  for number, lines in tunes:
    try:
      sequences.append(_Tune(f'{name} (tune {number})', header + lines).to_sequence(limits))
    except errors.ReadError as error:
      rejects.append(error)
    except (abc_fields.FieldError, OverflowError) as error:
      rejects.append(errors.ReadError(f'{name} (tune {number})', 'bad_abc', f'cannot be understood: {error}.'))
  return sequences, rejects


def decoded(data):
  """Bytes of an ABC file -> text: UTF-8, else Latin-1, which every byte has a character in."""
  try:
    return data.decode('utf-8-sig')
  except UnicodeDecodeError:
    return data.decode('latin-1')


def split(text):
  """-> (lines of the file header, [(X number, lines)]); a blank line ends a tune."""
  header, tunes, current = [], [], None
  for line in _lines(text):
    if line.startswith('X:'):
      current = [line]
      tunes.append((line[2:].split('%')[0].strip() or '?', current))
    elif not line:
      current = None
    elif current is not None:
      current.append(line)
    elif not tunes and re.match(r'[A-Za-z]:', line):
      header.append(line)
  return header, tunes


def _lines(text):
  """The lines without blocks of text or PostScript; a field that a line '+:' continues is one line."""
  lines, in_block = [], False
  for line in re.split(r'\r\n|\r|\n', text):  # not splitlines: a byte 0x85 is an ellipsis here
    line = line.strip()
    if in_block and not line.startswith('X:'):
      in_block = not line.startswith('%%end')
    elif line.startswith('%%begin'):
      in_block = True
    elif line.startswith('+:'):
      if lines and re.match(r'[A-Za-z]:', lines[-1]):
        lines[-1] += ' ' + line[2:].strip()
    else:
      in_block = False
      lines.append(line)
  return lines


@dataclasses.dataclass
class _Staff:
  """What is said of how a voice is played; None: nothing. Semitones up by its clef and by %%MIDI, program, drums."""

  by_clef: int | None = None
  by_midi: int | None = None
  program: int | None = None
  is_drum: bool | None = None

  def field(self, content):
    """Takes what a field K: or V: says of the clef."""
    by_clef = abc_fields.transposition(content)
    self.by_clef = self.by_clef if by_clef is None else by_clef
    self.is_drum = True if re.search(r'\bperc', content) else self.is_drum

  def midi(self, line):
    """Takes a line %%MIDI."""
    match = re.fullmatch(r'%%MIDI\s+(program|transpose|channel)\s+(?:\d+\s+)?(-?\d{1,3})\s*', line)
    if match and match[1] == 'program':
      self.program = min(max(int(match[2]), 0), 127)
    elif match and match[1] == 'transpose':
      self.by_midi = int(match[2])
    elif match:
      self.is_drum = int(match[2]) == score.DRUM_CHANNEL

  def over(self, other):
    """This staff, with what it leaves open taken from another."""
    return dataclasses.replace(other, **{name: value for name, value in vars(self).items() if value is not None})

  @property
  def transpose(self):
    return 0 if self.is_drum else (self.by_clef or 0) + (self.by_midi or 0)


class _Tune:
  """One tune: fields of its header, then its voices."""

  def __init__(self, name, lines):
    self.name = name
    self.fields, self.titles, self.composers = {}, [], []
    self.voices, self.parts, self.current = {}, [], None
    self.staves, self.described, self.in_header = {None: _Staff()}, None, True
    for line in lines:
      self._line(line)

  def to_sequence(self, limits):
    voices = list(self.voices.values())
    if not voices:
      raise errors.ReadError(self.name, 'no_notes', 'has no notes.')
    for voice in voices:
      voice.finish()
    measures = score.merged([voice.measures for voice in voices])
    labels = voices[0].labels
    sequence = score.to_sequence(self._in_order(measures, labels), self.parts, self.name, limits)
    info = music_proto.NoteSequence.SourceInfo
    sequence.source_info.source_type, sequence.source_info.encoding_type = info.SCORE_BASED, info.ABC
    sequence.sequence_metadata.title = '; '.join(self.titles)
    sequence.sequence_metadata.composers.extend(self.composers)
    if self.fields.get('X', '').isdecimal():
      sequence.reference_number = min(int(self.fields['X']), 2**31 - 1)
    return sequence

  def _in_order(self, measures, labels):
    """The measures in the order of parts that the header asks for, where each of its letters is a part of the tune."""
    order = self.fields.get('P')
    try:
      order = abc_fields.parts(order) if order else ''
    except abc_fields.FieldError:
      order = ''
    sections = {}
    for i, (label, begin) in enumerate(labels):
      end = labels[i + 1][1] if i + 1 < len(labels) else len(measures)
      sections.setdefault(label, measures[begin:end])
    if not order or set(order) - set(sections):
      return measures
    played = []
    for label, times in abc_fields.runs(order):
      section = sections[label]
      # 'AA' over a part that ends in a repeat sign means that repeat, not four times.
      times = (times + 1) // 2 if any(measure.repeat_end for measure in section) else times
      played += [score.plain(section[i]) for i in score.playing_order(section, self.name)] * times
    return measures[:labels[0][1]] + played

  def _line(self, line):
    if line.startswith('%%MIDI'):
      self._said().midi(line)
      self._transpose()
    line = re.sub(r'(?<!\\)%.*$', '', line).strip()
    match = re.match(r'([A-Za-z]):(.*)$', line)
    if match and (self.in_header or match[1] not in _NOTES or not re.match(r'\s*([|:\]]|$)', match[2])):
      self._field(match[1], match[2].strip())
    elif line and not self.in_header:
      for piece in re.split(r'(?=\[V:[^\]]*\])', line):
        self._music(piece)

  def _music(self, line):
    """Reads music of one voice, which a field in brackets may name first."""
    named = re.match(r'\[V:([^\]]*)\]', line)
    if named:
      self._field('V', named[1].strip())
      line = line[named.end():]
    if line.strip():
      self._voice().read(line, self._field)

  def _field(self, letter, content):
    if self.in_header:
      self._header_field(letter, content)
    elif letter == 'V':
      self.current = self._described(content)
      self._transpose()
    elif letter == 'P':
      self._voice().label(content)
    elif letter == 'M':
      self._voice().change_meter(abc_fields.meter(content))
    elif letter == 'L':
      self._voice().unit = abc_fields.unit_length(content)
    elif letter == 'Q':
      qpm = abc_fields.tempo(content, self._voice().unit)
      if qpm:
        self._voice().change_tempo(qpm)
    elif letter == 'K':
      self._said().field(content)
      self._transpose()
      key = abc_fields.key(content)
      if key:
        self._voice().change_key(key)
    elif letter not in 'ABCDFGHINORSTUWZmrsw':
      logging.debug('%s: field %s passed over', self.name, letter)

  def _header_field(self, letter, content):
    if letter == 'T':
      self.titles.append(content)
    elif letter == 'C':
      self.composers.append(content)
    elif letter == 'V':
      described = self._described(content)
      self.current = self.current or described
    else:
      self.fields[letter] = content
    if letter == 'K':
      self.staves[None].field(content)
      self.in_header, self.described = False, self.current

  def _voice(self):
    """The voice now being written; made on first use with the header's meter, unit and key."""
    name = self.current or '1'
    if name not in self.voices:
      meter = abc_fields.meter(self.fields['M']) if 'M' in self.fields else None
      unit = abc_fields.unit_length(self.fields['L']) if 'L' in self.fields else abc_fields.default_unit_length(meter)
      key = abc_fields.key(self.fields['K']) or ({}, 0, 0)
      voice = abc_music.Voice(len(self.parts), meter, unit, key, self._staff().transpose)
      if not self.voices:
        voice.change_meter(meter)
        voice.change_key(key)
        qpm = abc_fields.tempo(self.fields['Q'], unit) if 'Q' in self.fields else None
        if qpm:
          voice.change_tempo(qpm)
      self.voices[name] = voice
      staff = self._staff()
      self.parts.append(score.Part(name='' if name == '1' else name, program=staff.program or 0, is_drum=bool(staff.is_drum)))
    return self.voices[name]

  def _described(self, content):
    """The name of the voice that a field V: describes, with what it says of its staff taken down."""
    self.described = (content.split() or ['1'])[0]
    self._said().field(content)
    return self.described

  def _said(self):
    """What has been said of the voice that was named last; before any, of all voices."""
    return self.staves.setdefault(self.described, _Staff())

  def _staff(self):
    """How the current voice is played."""
    return self.staves.get(self.current, _Staff()).over(self.staves[None])

  def _transpose(self):
    """Tells the current voice, once it has begun, how its staff transposes from here on."""
    voice = self.voices.get(self.current or '1')
    if voice:
      voice.transpose = self._staff().transpose
