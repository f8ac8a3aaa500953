"""The music lines of ABC: one voice's notes, chords, rhythms and bar lines into measures. ABC standard 2.1, section 4."""
from fractions import Fraction
import re

from musicnst.reading import abc_fields
from musicnst.reading import score

SEMITONES = {'C': 0, 'D': 2, 'E': 4, 'F': 5, 'G': 7, 'A': 9, 'B': 11}
ACCIDENTALS = {'^': 1, '^^': 2, '_': -1, '__': -2, '=': 0}
# The longest single note in quarters, and the most measures of rest in one sign.
LONGEST_BEATS, MOST_RESTS = 256, 200
_LENGTH = r'\d{0,4}/*\d{0,4}'
_NOTE = r"(?:\^{1,2}|_{1,2}|=)?[A-Ga-g][',]*"
# Decorations of the standard that ABC 2.0 writes between plus signs, where ABC 1.6 wrote the notes of a chord.
_PLUS = ('trill|lowermordent|uppermordent|mordent|pralltriller|roll|turn|turnx|invertedturn|accent|emphasis|fermata|invertedfermata|tenuto|'
         r'[0-5]|plus|snap|slide|wedge|upbow|downbow|open|thumb|breath|p{1,4}|m[pf]|f{1,4}|sfz?|crescendo[()]|diminuendo[()]|segno|coda|'
         r'D\.S\.|D\.C\.|dacoda|dacapo|fine|(?:short|medium|long)phrase')
_TOKENS = re.compile('|'.join([
    r'"(?P<text>[^"]*)"',
    r'!(?P<mark>[^!]*)!',
    rf'\+(?P<plus>{_PLUS})\+',
    r'\[(?P<field>[A-Za-z]):(?P<content>[^\]]*)\]',
    r'(?P<bar>(?:\[\||[:|])[:|]*\]?)(?:(?P<after>\d+(?:[,-]\d+)*))?',
    r'\[(?P<ending>\d+(?:[,-]\d+)*)',
    r'(?P<broken><+|>+)',
    r'\((?P<tuplet>\d(?::\d*){0,2})',
    r'\{(?P<grace>[^}]*)\}?',
    rf'\[(?P<chord>[^\]\[|]*)\](?P<chord_length>{_LENGTH})',
    rf'(?P<note>{_NOTE})(?P<note_length>{_LENGTH})',
    rf'(?P<rest>[zxZX])(?P<rest_length>{_LENGTH})',
    r'(?P<tie>-)',
    r'(?P<overlay>&)',
]))
_NOT_NOTES = re.compile(rf'![^!]*!|\+(?:{_PLUS})\+|"[^"]*"')
_IN_CHORD = re.compile(rf'(?P<note>{_NOTE})(?P<length>{_LENGTH})')
_MARKS = {'D.C.': 'dacapo', 'DC': 'dacapo', 'dacapo': 'dacapo', 'D.S.': 'dalsegno', 'DS': 'dalsegno', 'dalsegno': 'dalsegno',
          'segno': 'segno', 'fine': 'fine', 'coda': 'coda', 'tocoda': 'tocoda'}


def length_factor(text):
  """'' -> 1, '3' -> 3, '/' -> 1/2, '//' -> 1/4, '3/2' -> 3/2, '/4' -> 1/4."""
  numerator, slashes, denominator = re.fullmatch(r'(\d*)(/*)(\d*)', text).groups()
  if not slashes:
    return Fraction(int(numerator or 1))
  below = int(denominator) if denominator else 2 ** min(len(slashes), 8)
  if not below:
    raise abc_fields.FieldError(f'note length {text!r}')
  return Fraction(int(numerator or 1), below)


class Voice:
  """One voice being read; `measures` grows with each bar line, `labels` holds (part label, index of its first measure)."""

  def __init__(self, part, meter, unit, key, transpose=0):
    self.part, self.meter, self.unit, self.key, self.transpose = part, meter, unit, key, transpose
    self.velocity = score.DEFAULT_VELOCITY
    self.measures, self.labels = [], []
    self._measure, self._cursor, self._endings = score.Measure(), Fraction(0), ()
    self._latest, self._latest_length = [], Fraction(0)
    self._in_bar, self._tied = {}, {}
    self._next_factor, self._tuplet_left, self._tuplet = Fraction(1), 0, Fraction(1)

  def read(self, line, on_field):
    """Reads one line of music; `on_field(letter, content)` is called for fields in brackets."""
    for match in _TOKENS.finditer(line):
      kind = match.lastgroup
      found = match.groupdict()
      if kind in ('note', 'note_length'):
        self._add([self._pitch(found['note'])], length_factor(found['note_length']))
      elif kind in ('chord', 'chord_length'):
        self._chord(found['chord'], length_factor(found['chord_length']))
      elif kind in ('rest', 'rest_length'):
        self._rest(found['rest'], length_factor(found['rest_length']))
      elif kind in ('bar', 'after'):
        self.bar(found['bar'], found['after'])
      elif kind == 'ending':
        self.bar('', found['ending'])
      elif kind in ('field', 'content'):
        on_field(found['field'], found['content'])
      elif kind == 'text':
        text = found['text'].strip()
        self._measure.texts.append((self._cursor, text.lstrip('^_<>@'), text[:1] in tuple('ABCDEFG')))
      elif kind in ('mark', 'plus'):
        self._mark(found[kind])
      elif kind == 'broken':
        self._broken(found['broken'])
      elif kind == 'tuplet':
        self._begin_tuplet(found['tuplet'])
      elif kind == 'tie':
        self._tie()
      elif kind == 'overlay':
        self._overlay()

  def bar(self, symbol, ending=None):
    """A bar line such as '|', '|:', ':|', '::', '|]', with the endings that begin there, such as '1' or '1,3'; '' for a bracket alone."""
    before, after = len(symbol) - len(symbol.lstrip(':')), len(symbol) - len(symbol.rstrip(':'))
    if symbol and '|' not in symbol:
      before, after = (len(symbol) // 2,) * 2
    self._close()
    if before and self.measures:
      self.measures[-1].repeat_end = max(self.measures[-1].repeat_end, before + 1)
    if after:
      self._measure.repeat_start = True
    if ending:
      self._endings = score.ending_numbers(ending)
    elif before or after or '||' in symbol or ']' in symbol:
      self._endings = ()
    self._measure.endings = self._endings

  def label(self, name):
    """A part begins here."""
    self._close()
    self._endings = self._measure.endings = ()
    self.labels.append((name, len(self.measures)))

  def change_meter(self, meter):
    """The meter from here on."""
    self.meter = meter
    self._measure.meter = meter

  def change_key(self, key):
    """The key from here on: (alterations, tonic, mode)."""
    self.key = key
    self._measure.keys.append((self._cursor, (key[1] + self.transpose) % 12, key[2]))

  def change_tempo(self, qpm):
    """The tempo from here on."""
    self._measure.tempos.append((self._cursor, qpm))

  def finish(self):
    """Closes the last measure."""
    self._close()

  def _close(self):
    self._in_bar = {}
    if not self._cursor and not self._measure.length:
      return
    self._measure.length = max(self._measure.length, self._cursor)
    self.measures.append(self._measure)
    self._measure, self._cursor = score.Measure(endings=self._endings), Fraction(0)

  def _pitch(self, text):
    accidental, letter, octaves = re.fullmatch(r"([\^_=]*)([A-Ga-g])([',]*)", text).groups()
    upper = letter.upper()
    if accidental:
      self._in_bar[upper] = ACCIDENTALS[accidental]
    octave = octaves.count("'") - octaves.count(',') + letter.islower()
    natural = 60 + SEMITONES[upper] + 12 * octave + self.transpose
    alteration = self._in_bar.get(upper, self.key[0].get(upper, 0))
    if not accidental:
      alteration = self._tied.get(natural, alteration)
    pitch = natural + alteration
    if not 0 <= pitch <= 127:
      raise abc_fields.FieldError(f'pitch {text!r}')
    return natural, pitch

  def _add(self, pitches, factor):
    length = factor * self.unit * 4 * self._next_factor
    self._next_factor = Fraction(1)
    if self._tuplet_left:
      length *= self._tuplet
      self._tuplet_left -= 1
    if length > LONGEST_BEATS:
      raise abc_fields.FieldError(f'a note of {float(length):g} quarters')
    self._latest = [(natural, score.Note(self._cursor, length, pitch, self.velocity, self.part)) for natural, pitch in pitches]
    self._measure.notes.extend(note for _, note in self._latest if note.length)
    self._cursor += length
    self._latest_length = length
    self._tied = {}

  def _chord(self, text, factor):
    text = _NOT_NOTES.sub('', text)
    found = list(_IN_CHORD.finditer(text))
    if not found:
      return
    # The first note's length is the chord's; what a note of its own says only ties can show.
    self._add([self._pitch(match['note']) for match in found], factor * length_factor(found[0]['length']))
    if '-' in text:
      for match, (natural, note) in zip(found, self._latest):
        if text[match.end():match.end() + 1] == '-':
          note.tied_on = True
          self._tied[natural] = note.pitch - natural

  def _rest(self, letter, factor):
    if letter in 'zx':
      self._add([], factor)
      return
    full = Fraction(4 * self.meter[0], self.meter[1]) if self.meter else Fraction(4)
    for _ in range(min(int(factor), MOST_RESTS)):
      self._cursor += full
      self.bar('|')

  def _mark(self, text):
    if text in score.DYNAMICS:
      self.velocity = score.DYNAMICS[text]
    elif text in _MARKS:
      (self._measure if self._cursor or not self.measures or text in ('segno', 'coda') else self.measures[-1]).marks.add(_MARKS[text])

  def _broken(self, symbol):
    short = Fraction(1, 2 ** min(len(symbol), 4))
    earlier, later = (2 - short, short) if symbol[0] == '>' else (short, 2 - short)
    change = self._latest_length * (earlier - 1)
    for _, note in self._latest:
      note.length += change
    self._cursor += change
    self._next_factor = later

  def _begin_tuplet(self, text):
    p, q, r = (text.split(':') + ['', ''])[:3]
    p = int(p)
    compound = self.meter and self.meter[1] == 8 and self.meter[0] % 3 == 0
    usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(p, 3 if compound else 2)
    if p < 2:
      raise abc_fields.FieldError(f'tuplet ({text}')
    self._tuplet, self._tuplet_left = Fraction(int(q or usual), p), int(r or p)

  def _tie(self):
    for natural, note in self._latest:
      note.tied_on = True
      self._tied[natural] = note.pitch - natural

  def _overlay(self):
    self._measure.length = max(self._measure.length, self._cursor)
    self._cursor, self._latest, self._in_bar = Fraction(0), [], {}
