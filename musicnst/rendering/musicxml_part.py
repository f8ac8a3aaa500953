"""One staff of a score as a music21 part: measures, voices, clef, spelling, chord symbols, words."""
from fractions import Fraction

import numpy as np

from musicnst.analysis import qualities
from musicnst.rendering import notation

# Programs with two staves; a hand with less than this share of the notes shares the other's staff.
KEYBOARDS, SECOND_STAFF = frozenset((*range(0, 9), *range(16, 24))), .04
GUITARS, BASSES = frozenset(range(24, 32)), frozenset((*range(32, 40), 43))
STEPS = 'FCGDAEB'
LOW_CLEF = 57
# music21's names of chords, in the order of `qualities.QUALITIES`.
KINDS = dict(zip(qualities.QUALITIES, (
    'major', 'minor', 'dominant-seventh', 'minor-seventh', 'major-seventh', 'suspended-fourth', 'suspended-second', 'diminished',
    'half-diminished-seventh', 'diminished-seventh', 'augmented', 'major-sixth', 'minor-sixth', 'minor-major-seventh')))
# Where drums of General MIDI stand on five lines (as on a treble clef): step and octave; all others on C5.
DRUM_PLACES = {35: 'E4', 36: 'F4', 37: 'C5', 38: 'C5', 39: 'C5', 40: 'C5', 41: 'G4', 42: 'G5', 43: 'A4', 44: 'D4', 45: 'B4', 46: 'G5', 47: 'B4',
               48: 'D5', 49: 'A5', 50: 'E5', 51: 'F5', 52: 'B5', 53: 'F5', 55: 'B5', 57: 'A5', 59: 'F5'}


def name(program, is_drum):
  """What a part is called that has no name."""
  if is_drum:
    return 'Drums'
  from music21 import instrument
  return instrument.instrumentFromMidiProgram(program).instrumentName or 'Instrument'


def staff(page, staff, top):
  """music21 Part (PartStaff of two) of a `musicxml.Staff`; the topmost has tempos and chord symbols."""
  from music21 import bar as bar_lib
  from music21 import stream
  part = stream.PartStaff() if staff.hand else stream.Part()
  part.id = f'P{staff.instrument}-{staff.program}{staff.hand}'
  part.partName = staff.name
  part.insert(0, _instrument(staff))
  measures = _measures(page, staff)
  if top:
    _add_tempos(page, measures)
    _add_symbols(page, measures)
  for bar, measure in zip(page.bars, measures):
    part.insert(bar.start, measure)
  measures[-1].rightBarline = bar_lib.Barline('final')
  return part


def _instrument(staff):
  from music21 import instrument
  found = instrument.UnpitchedPercussion() if staff.is_drum else instrument.instrumentFromMidiProgram(staff.program)
  found.partName, found.transposition = staff.name, None
  if staff.is_drum:
    found.midiChannel = 9
  return found


def _measures(page, staff):
  """A music21 Measure for each bar."""
  from music21 import clef
  from music21 import key
  from music21 import meter
  from music21 import stream
  from music21.stream import enums
  cells, last = _cells(page, staff), None
  result = []
  for number, bar in enumerate(page.bars):
    measure = stream.Measure(number=bar.number)
    if not bar.number:
      measure.showNumber = enums.ShowNumber.NEVER
    if not number:
      measure.insert(0, clef.PercussionClef() if staff.is_drum else _clef(page, staff))
    if number in page.signatures and not staff.is_drum:
      measure.insert(0, key.KeySignature(fifths(page.signatures[number])))
    if (bar.numerator, bar.denominator) != last:
      last, signature = (bar.numerator, bar.denominator), meter.TimeSignature(f'{bar.numerator}/{bar.denominator}')
      measure.insert(0, signature)
    full = Fraction(4 * bar.numerator, bar.denominator)
    if bar.length < full:
      measure.paddingLeft = full - bar.length
    _fill(page, staff, number, measure, cells.get(number, []))
    for voice in list(measure.voices) or [measure]:
      _beam(voice, signature, measure.paddingLeft)
    result.append(measure)
  return result


def fifths(key):
  """Sharps (flats below 0) of the signature of a key 0 to 23 of `analysis.key`, from -5 to 6."""
  tonic = key if key < 12 else (key + 3) % 12
  return (tonic * 7 + 5) % 12 - 5


def _clef(page, staff):
  from music21 import clef
  low = staff.hand == 'lower' or not staff.hand and np.median(page.score.pitch[staff.notes]) < LOW_CLEF
  if staff.program in GUITARS:
    return clef.Treble8vbClef()
  if staff.program in BASSES:
    return clef.Bass8vbClef()
  return clef.BassClef() if low else clef.TrebleClef()


def _cells(page, staff):
  """dict bar -> list of (voice, start, length, notes, tied before, tied after) in order, times from the bar's beginning."""
  places = staff.notes.tolist()
  events = notation.voices([page.starts[i] for i in places], [page.ends[i] for i in places], page.score.pitch[staff.notes].tolist(),
                           {k for k, i in enumerate(places) if page.tune[i]})
  found, edges = {}, np.array([float(bar.start) for bar in page.bars])
  for event in events:
    first = int(np.searchsorted(edges, float(event.start) + 1e-6, 'right')) - 1
    parts = []
    for number in range(first, len(page.bars)):
      bar = page.bars[number]
      if event.end <= bar.start:
        break
      start, end = max(event.start, bar.start) - bar.start, min(event.end, bar.end) - bar.start
      parts += [(number, *piece) for piece in notation.pieces(start, end, bar)]
    for i, (number, start, length) in enumerate(parts):
      notes = tuple(places[k] for k in event.notes)
      found.setdefault(number, []).append((event.voice, start, length, notes, i > 0, i + 1 < len(parts)))
  return found


def _fill(page, staff, number, measure, cells):
  """Puts notes and rests of one bar into its measure, in voices where there are several."""
  from music21 import stream
  bar, numbers = page.bars[number], sorted({cell[0] for cell in cells}) or [0]
  made = []
  for voice_number in numbers:
    voice = measure if len(numbers) == 1 else stream.Voice(id=str(voice_number + 1))
    at = Fraction(0)
    for _, start, length, notes, before, after in sorted(cell for cell in cells if cell[0] == voice_number):
      _rest(voice, at, start, bar, hidden=voice_number != numbers[0])
      made.append((start, _note(page, staff, number, notes, length, before, after)))
      voice.insert(start, made[-1][1])
      at = start + length
    _rest(voice, at, bar.length, bar, hidden=voice_number != numbers[0])
    _tuplets(voice)
    if voice is not measure:
      measure.insert(0, voice)
  _show_accidentals(page, number, made)


def _rest(voice, start, end, bar, hidden):
  from music21 import note
  whole = start == 0 and end == bar.length
  for at, length in [(start, end)] and ([(start, end - start)] if whole else notation.pieces(start, end, bar)):
    rest = note.Rest(quarterLength=length)
    rest.style.hideObjectOnPrint = hidden
    if whole and not hidden and length == Fraction(4 * bar.numerator, bar.denominator):
      rest.fullMeasure = True
    voice.insert(at, rest)


def _beam(voice, signature, padding):
  """Beams as the meter has them; `Stream.makeBeams` does the same, in time that grows with the square of the part."""
  elements = list(voice.notesAndRests)
  if any(element.duration.quarterLength < 1 for element in elements if not element.isRest):
    for element, beams in zip(elements, signature.getBeams(elements, measureStartOffset=padding)):
      if beams is not None and not element.isRest:
        element.beams = beams


def _tuplets(voice):
  """Marks where the brackets of triplets begin and end: with each run of them that fills whole quarters."""
  at = Fraction(0)
  for element in voice.notesAndRests:
    length = Fraction(element.duration.quarterLength)
    start = at % 1
    for tuplet in element.duration.tuplets:
      tuplet.type = {(True, True): 'startStop', (True, False): 'start', (False, True): 'stop'}.get((start == 0, (start + length) % 1 == 0))
    at += length


def _note(page, staff, number, notes, length, before, after):
  """A music21 Note or Chord; `before` and `after`: whether ties lead to it and from it."""
  from music21 import chord
  from music21 import note
  from music21 import tie
  if staff.is_drum:
    made = _drums([int(page.score.pitch[i]) for i in notes], length)
  else:
    by_pitch = {int(page.score.pitch[i]): i for i in notes}
    heads = [note.Note(pitch(value, page.keys[number]), quarterLength=length) for value in sorted(by_pitch)]
    made = heads[0] if len(heads) == 1 else chord.Chord(heads, quarterLength=length)
  if before or after:
    made.tie = tie.Tie('continue' if before and after else 'stop' if before else 'start')
  words = [page.words[i] for i in notes if i in page.words]
  if words and not before:
    made.lyric = words[0]
  return made


def _drums(pitches, length):
  from music21 import note
  from music21 import percussion
  heads = []
  for place in sorted({DRUM_PLACES.get(value, 'C5') for value in pitches}):
    heads.append(note.Unpitched(displayName=place, quarterLength=length))
  return heads[0] if len(heads) == 1 else percussion.PercussionChord(heads, quarterLength=length)


def spelled(pitch_class, sharps):
  """(step, alter) of a pitch class 0 to 11 in a key of so many sharps: in C from E flat to G sharp by fifths."""
  place = (pitch_class * 7 - (sharps - 3)) % 12 + sharps - 3  # fifths over C
  return STEPS[(place + 1) % 7], (place + 1) // 7


def pitch(value, key):
  """music21 Pitch of a MIDI pitch, spelled as a key has it."""
  from music21 import pitch as pitch_lib
  step, alter = spelled(value % 12, fifths(key))
  return pitch_lib.Pitch(step=step, octave=(value - alter) // 12 - 1, accidental=alter)


def _show_accidentals(page, number, made):
  """Shows an accidental where a note differs from the signature or from what the bar had at its line before."""
  from music21 import pitch as pitch_lib
  sharps = fifths(page.signatures[max(bar for bar in page.signatures if bar <= number)])
  signed = {STEPS[i % 7]: 1 if sharps > 0 else -1 for i in (range(sharps) if sharps > 0 else range(6, 6 + sharps, -1))}
  known = {}
  for _, element in sorted(made, key=lambda pair: pair[0]):
    for one in getattr(element, 'pitches', ()):
      alter = round(one.alter)
      before = known.get((one.step, one.octave), signed.get(one.step, 0))
      tied = element.tie is not None and element.tie.type != 'start'
      if one.accidental is None and before:
        one.accidental = pitch_lib.Accidental('natural')
      if one.accidental is not None:
        one.accidental.displayStatus = alter != before and not tied
      known[one.step, one.octave] = alter


def _add_tempos(page, measures):
  from music21 import tempo
  for number, qpm in page.tempos.items():
    measures[number].insert(0, tempo.MetronomeMark(number=round(qpm)))


def _add_symbols(page, measures):
  """Chord symbols at the bars' eighths."""
  for start, text in page.symbols:
    number = next((i for i, bar in enumerate(page.bars) if bar.start <= start < bar.end), None)
    if number is not None:
      symbol = _symbol(text, page.keys[number])
      measures[number].insert(start - page.bars[number].start, symbol)


def _symbol(text, key):
  from music21 import harmony
  if text == qualities.NO_CHORD:
    return harmony.NoChord()
  text, _, bass = text.partition('/')
  root = text[:2] if text[:2] in qualities.ROOTS else text[:1]
  kind = qualities.QUALITIES[qualities.SUFFIXES.index(text[len(root):])]
  named = lambda tone: pitch(60 + qualities.ROOTS.index(tone), key).name
  return harmony.ChordSymbol(root=named(root), bass=named(bass) if bass else None, kind=KINDS[kind])
