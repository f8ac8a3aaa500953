"""One part of a MusicXML score: its instruments, and its measures one after another."""
from fractions import Fraction
import re

from musicnst.reading import score

STEPS = {'C': 0, 'D': 2, 'E': 4, 'F': 5, 'G': 7, 'A': 9, 'B': 11}
TYPES = {'long': 16, 'breve': 8, 'whole': 4, 'half': 2, 'quarter': 1, 'eighth': Fraction(1, 2), '16th': Fraction(1, 4),
         '32nd': Fraction(1, 8), '64th': Fraction(1, 16), '128th': Fraction(1, 32), '256th': Fraction(1, 64)}
KINDS = {'major': '', 'minor': 'm', 'augmented': 'aug', 'diminished': 'dim', 'dominant': '7', 'major-seventh': 'maj7', 'minor-seventh': 'm7',
         'diminished-seventh': 'dim7', 'augmented-seventh': 'aug7', 'half-diminished': 'm7b5', 'major-minor': 'm(maj7)', 'major-sixth': '6',
         'minor-sixth': 'm6', 'dominant-ninth': '9', 'major-ninth': 'maj9', 'minor-ninth': 'm9', 'dominant-11th': '11', 'major-11th': 'maj11',
         'minor-11th': 'm11', 'dominant-13th': '13', 'major-13th': 'maj13', 'minor-13th': 'm13', 'suspended-second': 'sus2',
         'suspended-fourth': 'sus', 'power': '5', 'pedal': 'ped'}
ALTERATIONS = {-2: 'bb', -1: 'b', 0: '', 1: '#', 2: '##'}
JUMPS = ('dacapo', 'dalsegno', 'segno', 'fine', 'tocoda', 'coda')
# What stands over the staff where nothing is said to players by <sound>; the first that fits.
IN_WORDS = ' in words'
WORDS = {'tocoda': r'to coda\b', 'dacapo': r'd\. ?c\.|da capo\b', 'dalsegno': r'd\. ?s\.|dal segno\b', 'fine': r'fine$'}
# MusicXML's sound dynamics are per cent of MIDI velocity 90.
FULL_DYNAMICS = 90
SNARE = 38
LONGEST_MEASURE_BEATS = 1024


class Instruments:
  """What <score-part> says: name, program 0-127 (MusicXML counts from 1), drums; of each instrument id its program and drum pitch."""

  def __init__(self, element):
    self.name = (element.findtext('part-name') or '').strip()
    self.program, self.is_drum, self.drum_pitches, self.programs = 0, False, {}, {}
    for i, midi in enumerate(element.findall('midi-instrument')):
      program, channel, unpitched = (_whole(midi.findtext(tag), 0) for tag in ('midi-program', 'midi-channel', 'midi-unpitched'))
      if program:
        self.programs[midi.get('id')] = _program(program)
      if i == 0:
        self.program = _program(program)
      self.is_drum = self.is_drum or channel == score.DRUM_CHANNEL
      if 1 <= unpitched <= 128:
        self.drum_pitches[midi.get('id')] = unpitched - 1


class PartReader:
  """Reads a part's measures in order; `measures` are the result. Raises ValueError for a value that cannot be understood."""

  def __init__(self, part, instruments):
    self.part, self.instruments = part, instruments
    self.measures = []
    self.programs, self.program = dict(instruments.programs), None  # by instrument id; of notes that name none, where it was changed
    self.divisions, self.transpose, self.velocity = Fraction(1), 0, score.DEFAULT_VELOCITY
    self._endings, self._endings_close = (), False
    self._measure, self._cursor, self._chord_start = None, Fraction(0), Fraction(0)

  def read(self, element):
    """Reads one <measure>."""
    self._measure = score.Measure()
    self._cursor = self._chord_start = Fraction(0)
    for child in element:
      if child.tag == 'note':
        self._note(child)
      elif child.tag == 'backup':
        self._cursor = max(Fraction(0), self._cursor - self._duration(child))
      elif child.tag == 'forward':
        self._advance(self._duration(child))
      elif child.tag == 'attributes':
        self._attributes(child)
      elif child.tag == 'direction':
        self._direction(child)
      elif child.tag == 'sound':
        self._sound(child, self._cursor)
      elif child.tag == 'harmony':
        self._harmony(child)
      elif child.tag == 'barline':
        self._barline(child)
    self._measure.endings = self._endings
    if self._endings_close:
      self._endings, self._endings_close = (), False
    self.measures.append(self._measure)

  def _advance(self, length):
    self._cursor += length
    self._measure.length = max(self._measure.length, self._cursor)
    if self._cursor > LONGEST_MEASURE_BEATS:
      raise ValueError(f'a measure of more than {LONGEST_MEASURE_BEATS} quarters')

  def _duration(self, element):
    text = element.findtext('duration')
    if text is not None:
      length = _number(text, 'duration') / self.divisions
    else:
      length = TYPES.get(element.findtext('type'), 0) * (2 - Fraction(1, 2 ** min(len(element.findall('dot')), 4)))
    if length < 0:
      raise ValueError(f'duration {text}')
    return length

  def _note(self, element):
    if element.find('grace') is not None:
      return
    length = self._duration(element)
    start = self._cursor
    if element.find('chord') is not None:
      start = self._chord_start
    else:
      self._chord_start = start
      self._advance(length)
    pitch = self._pitch(element)
    if pitch is None or not length or element.find('cue') is not None:
      return
    tied = any(tie.get('type') == 'start' for tie in element.findall('tie'))
    voice = _whole(element.findtext('voice'), 0)
    own = element.get('dynamics')
    velocity = _velocity(own) if own else self.velocity
    is_drum = element.find('unpitched') is not None
    self._measure.notes.append(score.Note(start, length, pitch, velocity, self.part, voice, tied, is_drum, self._program(element)))
    self._measure.length = max(self._measure.length, start + length)

  def _program(self, element):
    """The program of a note where it is another than the part's, else None."""
    named = element.find('instrument')
    return self.programs.get(named.get('id') if named is not None else None, self.program)

  def _pitch(self, element):
    """MIDI pitch, or None for a rest."""
    pitch = element.find('pitch')
    if pitch is not None:
      return _midi(pitch, 'step', 'alter', 'octave', self.transpose)
    unpitched = element.find('unpitched')
    if unpitched is None:
      return None
    instrument = element.find('instrument')
    known = self.instruments.drum_pitches.get(instrument.get('id') if instrument is not None else None)
    if known is not None:
      return known
    return _midi(unpitched, 'display-step', None, 'display-octave', 0) if unpitched.find('display-step') is not None else SNARE

  def _attributes(self, element):
    divisions = element.findtext('divisions')
    if divisions is not None:
      self.divisions = _number(divisions, 'divisions')
      if self.divisions <= 0:
        raise ValueError(f'divisions {divisions}')
    transpose = element.find('transpose')
    if transpose is not None:
      octaves = _number(transpose.findtext('octave-change') or '0', 'octave-change')
      self.transpose = int(_number(transpose.findtext('chromatic') or '0', 'transpose') + 12 * octaves)
    key = element.find('key')
    if key is not None and key.findtext('fifths') is not None:
      fifths = int(_number(key.findtext('fifths'), 'fifths'))
      minor = (key.findtext('mode') or '').strip() == 'minor'
      tonic = (fifths * 7 + (9 if minor else 0) + self.transpose) % 12
      self._measure.keys.append((self._cursor, tonic, int(minor)))
    time = element.find('time')
    if time is not None and time.find('senza-misura') is None:
      self._measure.meter = _meter(time)

  def _direction(self, element):
    offset = element.find('offset')
    at = self._cursor + (_number(offset.text, 'offset') / self.divisions if offset is not None else 0)
    at = max(at, Fraction(0))
    sound = element.find('sound')
    if sound is not None:
      self._sound(sound, at)
    if sound is None or not any(sound.get(name) for name in JUMPS):
      self._measure.marks |= _jumps(element)
    for kind in element.findall('direction-type'):
      for mark in kind.findall('dynamics/*'):
        self.velocity = score.DYNAMICS.get(mark.tag, self.velocity)
      metronome = kind.find('metronome')
      if metronome is not None and (sound is None or sound.get('tempo') is None):
        self._metronome(metronome, at)

  def _metronome(self, element, at):
    minute, unit = element.findtext('per-minute'), TYPES.get(element.findtext('beat-unit'))
    if minute is None or unit is None or len(element.findall('beat-unit')) > 1:
      return
    number = re.search(r'[0-9]{1,4}(\.[0-9]+)?', minute)
    if number:
      dotted = Fraction(3, 2) if element.find('beat-unit-dot') is not None else 1
      self._tempo(at, float(unit * dotted) * float(number[0]))

  def _sound(self, element, at):
    if element.get('tempo'):
      self._tempo(at, float(_number(element.get('tempo'), 'tempo')))
    for midi in element.findall('midi-instrument'):
      program = _whole(midi.findtext('midi-program'), 0)
      if program:
        self.programs[midi.get('id')] = self.program = _program(program)
    # Finale writes a negative number for "none".
    if element.get('dynamics') and _number(element.get('dynamics'), 'dynamics') > 0:
      self.velocity = _velocity(element.get('dynamics'))
    self._measure.marks.update(name for name in JUMPS if element.get(name))
    self._measure.marks.update(f'{name} {element.get(name)}' for name in ('segno', 'dalsegno') if element.get(name))

  def _tempo(self, at, qpm):
    if 1 <= qpm <= 6000:
      self._measure.tempos.append((at, qpm))

  def _harmony(self, element):
    root = element.find('root')
    kind = (element.findtext('kind') or '').strip()
    if kind == 'none':
      self._measure.texts.append((self._cursor, 'N.C.', True))
    elif root is not None and root.findtext('root-step'):
      text = _name(root, 'root') + KINDS.get(kind, '')
      for degree in element.findall('degree'):
        how = {'add': 'add', 'subtract': 'no'}.get(degree.findtext('degree-type'), '')
        alter = ALTERATIONS.get(_whole(degree.findtext('degree-alter'), 0), '')
        text += f'({how if not alter or how == "no" else ""}{alter if how != "no" else ""}{degree.findtext("degree-value") or ""})'
      bass = element.find('bass')
      text += '/' + _name(bass, 'bass') if bass is not None else ''
      self._measure.texts.append((self._cursor, text, True))

  def _barline(self, element):
    ending, repeat = element.find('ending'), element.find('repeat')
    if ending is not None:
      if ending.get('type') == 'start':
        self._endings = score.ending_numbers(ending.get('number', '1')) or (1,)
      else:
        self._endings_close = True
    if repeat is not None and repeat.get('direction') == 'forward':
      self._measure.repeat_start = True
    elif repeat is not None:
      self._measure.repeat_end = max(2, _whole(repeat.get('times'), 2))


def _jumps(direction):
  """The marks that the signs and words of a <direction> mean."""
  words = ' '.join((element.text or '').strip() for element in direction.findall('direction-type/words')).strip().lower()
  named = next((name for name, pattern in WORDS.items() if re.match(pattern, words)), None)
  signs = {name for name in ('segno', 'coda') if direction.find(f'direction-type/{name}') is not None}
  if named in ('dacapo', 'dalsegno'):
    return {named + IN_WORDS}
  return {named} if named else signs


def _number(text, what):
  try:
    value = Fraction((text or '').strip())
  except (ValueError, ZeroDivisionError) as error:
    raise ValueError(f'{what} {text!r}') from error
  if abs(value) > 10**9 or value.denominator > 10**6:
    raise ValueError(f'{what} {text!r}')
  return value


def _whole(text, default):
  text = (text or '').strip()
  return int(text) if text.lstrip('-').isdecimal() and len(text) < 10 else default


def _program(number):
  """MusicXML's program, 1 to 128 -> 0 to 127."""
  return min(max(number - 1, 0), 127)


def _velocity(text):
  return int(min(max(_number(text, 'dynamics') * FULL_DYNAMICS / 100, 1), 127))


def _midi(element, step, alter, octave, transpose):
  letter = (element.findtext(step) or '').strip()
  if letter not in STEPS:
    raise ValueError(f'step {letter!r}')
  altered = round(_number(element.findtext(alter) or '0', 'alter')) if alter else 0
  pitch = 12 * (int(_number(element.findtext(octave) or '4', 'octave')) + 1) + STEPS[letter] + altered + transpose
  if not 0 <= pitch <= 127:
    raise ValueError(f'pitch {pitch}, which MIDI does not have')
  return pitch


def _meter(time):
  """<time> -> (numerator, denominator); '3+2' over 8 and several pairs are summed."""
  pairs = []
  for beats, unit in zip(time.findall('beats'), time.findall('beat-type')):
    below = _whole(unit.text, 0)
    if not 1 <= below <= 1024:
      raise ValueError(f'beat-type {unit.text!r}')
    pairs.append((sum(_number(n, 'beats') for n in (beats.text or '').split('+')), below))
  if not pairs:
    return None
  denominator = max(below for _, below in pairs)
  numerator = sum(n * denominator / below for n, below in pairs)
  if not 0 < numerator <= 1000 or numerator.denominator != 1:
    raise ValueError(f'meter {pairs}')
  return int(numerator), denominator


def _name(element, prefix):
  return (element.findtext(f'{prefix}-step') or '').strip() + ALTERATIONS.get(_whole(element.findtext(f'{prefix}-alter'), 0), '')
