"""The information fields of ABC: meter, unit length, tempo, key, order of parts. ABC standard 2.1, abcnotation.com, section 3."""
from fractions import Fraction
import itertools
import re

FIFTHS = {'F': -1, 'C': 0, 'G': 1, 'D': 2, 'A': 3, 'E': 4, 'B': 5}
# First three letters of a mode -> (fifths from the major key of that tonic, note_seq's KeySignature.Mode).
MODES = {'': (0, 0), 'maj': (0, 0), 'ion': (0, 0), 'm': (-3, 1), 'min': (-3, 1), 'aeo': (-3, 1), 'mix': (-1, 3), 'dor': (-2, 4),
         'phr': (-4, 5), 'lyd': (1, 6), 'loc': (-5, 7)}
SHARPS = 'FCGDAEB'
MOST_PARTS = 200


class FieldError(ValueError):
  """A field whose content cannot be understood."""


def meter(text):
  """'6/8', 'C', 'C|', '2+3/8', '(2+3+2)/8', '3' (quarters) -> (numerator, denominator); 'none', 'free' and other words -> None,
  'FREI 4/4' -> (4, 4)."""
  text = text.strip()
  if text.upper() in ('C', 'C|'):
    return (4, 4) if text.upper() == 'C' else (2, 2)
  if not re.search(r'\d', text):
    return None
  match = re.search(r'\(?\s*(\d{1,3}(?:\s*\+\s*\d{1,3})*)\s*\)?\s*(?:/\s*(\d{1,3}))?', text)
  numerator, denominator = sum(int(n) for n in match[1].split('+')), int(match[2] or 4)
  if not numerator or not denominator:
    raise FieldError(f'meter {text!r}')
  return numerator, denominator


def unit_length(text):
  """'1/8' -> Fraction of a whole note."""
  match = re.match(r'\s*(\d{1,3})\s*(?:/\s*(\d{1,3}))?', text)
  if not match or not int(match[1]) or not int(match[2] or 1):
    raise FieldError(f'unit note length {text!r}')
  return Fraction(int(match[1]), int(match[2] or 1))


def default_unit_length(of_meter):
  """1/16 where the meter is shorter than 3/4 of a whole note, else 1/8."""
  return Fraction(1, 16) if of_meter and Fraction(*of_meter) < Fraction(3, 4) else Fraction(1, 8)


def tempo(text, unit):
  """'1/4=120', '120' (in unit lengths), '"Lively" 3/8=80', 'C=100', '1/4=ca. 80-90' (its lower end) -> quarters a minute; None for words alone."""
  text = re.sub(r'"[^"]*"|\b[A-Za-z]{2,}\b\.?|~', ' ', text).strip()
  if not re.search(r'\d', text):
    return None
  match = re.fullmatch(r'(?:((?:\d{1,3}\s*/\s*\d{1,3}\s*)+)\s*=|C?(\d*)\s*=)?\s*(\d{1,4}(?:\.\d*)?)(?:\s*-\s*\d{1,4})?', text)
  if not match:
    raise FieldError(f'tempo {text!r}')
  beat = unit * int(match[2] or 1)
  if match[1]:
    pairs = re.findall(r'(\d+)\s*/\s*(\d+)', match[1])
    if any(not int(b) for _, b in pairs):
      raise FieldError(f'tempo {text!r}')
    beat = sum(Fraction(int(a), int(b)) for a, b in pairs)
  qpm = float(beat * 4) * float(match[3])
  if not 1 <= qpm <= 6000:
    raise FieldError(f'tempo {text!r}')
  return qpm


def key(text):
  """'G', 'Am', 'D dorian', 'Bb', 'HP', 'D =c', 'none' -> (alterations by letter, tonic 0-11, note_seq mode)."""
  text = text.strip()
  if text.lower() in ('', 'none') or text.startswith(('HP', 'Hp')):
    sharps = {'F': 1, 'C': 1} if text.startswith('Hp') else {}
    return sharps, 2 if text.startswith(('HP', 'Hp')) else 0, 0
  match = re.match(r'([A-G])([#b]?)\s*([A-Za-z]*)', text)
  if not match:
    # Only a clef or a transposition: the key stays as it is.
    if '=' in text or text.lower().startswith(('clef', 'treble', 'bass', 'alto', 'tenor', 'perc')):
      return None
    raise FieldError(f'key {text!r}')
  word = match[3].lower()
  shift, mode = MODES.get(word if word == 'm' else word[:3], (0, 0))
  tonic = FIFTHS[match[1]] + {'': 0, '#': 7, 'b': -7}[match[2]]
  fifths = tonic + shift
  if not -7 <= fifths <= 7:
    raise FieldError(f'key {text!r}')
  alterations = {} if 'exp' in text else signature(fifths)
  for accidental, letter in re.findall(r'((?<![A-Za-z])=|\^{1,2}|_{1,2})([A-Ga-g])(?![A-Za-z])', text[match.end():]):
    alterations[letter.upper()] = {'^': 1, '^^': 2, '_': -1, '__': -2, '=': 0}[accidental]
  return alterations, tonic * 7 % 12, mode


def transposition(text):
  """'C clef=treble-8', 'G octave=1 transpose=-2' -> semitones up, or None where the field says nothing of it."""
  clef = re.search(r'(?:clef=|\b)"?(?:treble|bass|alto|tenor|soprano|mezzosoprano|baritone|perc|none|[GFC][1-5])[1-5]?([+-])(8|15)', text)
  moved = {name: int(number) for name, number in re.findall(r'\b(octave|transpose)=([+-]?\d{1,2})', text)}
  if not clef and not moved and 'clef=' not in text:
    return None
  octaves = moved.get('octave', 0) + (int(f'{clef[1]}1') * (1 if clef[2] == '8' else 2) if clef else 0)
  return 12 * octaves + moved.get('transpose', 0)


def signature(fifths):
  """Number of sharps (negative: flats) -> alteration by letter."""
  if fifths >= 0:
    return {letter: 1 for letter in SHARPS[:fifths]}
  return {letter: -1 for letter in SHARPS[::-1][:-fifths]}


def parts(text):
  """The order of parts in a header: 'A2(BC)3.D' -> 'AABCBCBCD'.

  Raises:
    FieldError: it is not such an order, or more than 200 parts long.
  """
  text = re.sub(r'[\s.]', '', text)
  group = re.compile(r'\(([A-Za-z]*)\)(\d{0,2})')
  while '(' in text:
    expanded = group.sub(lambda m: m[1] * int(m[2] or 1), re.sub(r'([A-Za-z])(\d{1,2})', lambda m: m[1] * int(m[2]), text))
    if expanded == text or len(expanded) > MOST_PARTS:
      raise FieldError(f'order of parts {text[:40]!r}')
    text = expanded
  text = re.sub(r'([A-Za-z])(\d{1,2})', lambda m: m[1] * int(m[2]), text)
  if not re.fullmatch(r'[A-Za-z]{1,200}', text):
    raise FieldError(f'order of parts {text[:40]!r}')
  return text


def runs(order):
  """'AAB' -> [('A', 2), ('B', 1)]."""
  return [(label, len(list(group))) for label, group in itertools.groupby(order)]
