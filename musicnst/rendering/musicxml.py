"""NoteSequence -> MusicXML that a player can read: staves by hands, voices, bars, ties, key, chord symbols, words; written by music21.

All parts are written as they sound (guitar and bass with a clef an octave lower), rounded to sixteenths and triplets.
"""
import dataclasses
from fractions import Fraction
import os

import numpy as np

from musicnst import errors
from musicnst import files
from musicnst.analysis import chords as chords_lib
from musicnst.analysis import key as key_lib
from musicnst.analysis import melody
from musicnst.analysis import score as score_lib
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import words as words_lib
from musicnst.rendering import musicxml_part
from musicnst.rendering import notation

EXTENSIONS = ('.musicxml', '.xml', '.mxl')
# A key holds for so many bars at least before its signature is written; a tempo differs by this share and for two bars.
KEY_BARS, TEMPO_CHANGE = 8, .1
# Words belong to a note of the tune that begins within so many quarters.
NEAR = .3
LYRICS = words_lib.KINDS[5]


def check():
  """Raises ArgumentError where music21, which writes the score, is not installed."""
  try:
    import music21  # noqa: F401
  except ImportError as error:
    raise errors.ArgumentError("a score needs music21: pip install 'musicnst[scores]', or name a MIDI file (.mid) as output") from error


def write(sequence, path, beat_map=None, reading=None):
  """Writes a score, complete or not at all.

  Args:
    sequence: NoteSequence in seconds, with a note.
    path: .musicxml, .xml or .mxl (compressed).
    beat_map: seconds <-> quarters; None takes the sequence's own tempos.
    reading: `style_transfer.pieces.result.Reading` of the sequence: its chords and its tune; None finds the tune here and writes no chords.

  Raises:
    ArgumentError: music21 is not installed.
    RejectedSequence: `no_notes`.
    OutputError: the file cannot be written.
  """
  check()
  score = to_music21(sequence, beat_map, reading)
  from music21.musicxml import m21ToXml
  exporter = m21ToXml.GeneralObjectExporter(score)
  exporter.makeNotation = False
  data = exporter.parse()
  with files.atomic_path(path) as temporary:
    if os.path.splitext(path)[1].lower() != '.mxl':
      with open(temporary, 'wb') as file:
        file.write(data)
      return
    import zipfile
    with zipfile.ZipFile(temporary, 'w', zipfile.ZIP_DEFLATED) as archive:
      archive.writestr('META-INF/container.xml', '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles><rootfile '
                       'full-path="score.musicxml"/></rootfiles></container>')
      archive.writestr('score.musicxml', data)


def to_music21(sequence, beat_map=None, reading=None):
  """The score as `music21.stream.Score`; arguments and errors as for `write`."""
  from music21 import layout
  from music21 import metadata
  from music21 import stream
  page = _page(sequence, beat_map or beat_map_lib.BeatMap.from_tempos(sequence), reading)
  result = stream.Score()
  result.metadata = metadata.Metadata()
  result.metadata.title = sequence.sequence_metadata.title or ''
  result.metadata.composer = ', '.join(sequence.sequence_metadata.composers) or 'musicnst'
  for number, staves in enumerate(_staves(page)):
    parts = [musicxml_part.staff(page, staff, top=number == 0 and i == 0) for i, staff in enumerate(staves)]
    for part in parts:
      result.insert(0, part)
    if len(parts) > 1:
      result.insert(0, layout.StaffGroup(parts, name=staves[0].name, symbol='brace'))
  return result


@dataclasses.dataclass(frozen=True, eq=False)
class Page:
  """What is the same for all staves.

  Args:
    score: `analysis.score.Score` of all notes, drums too.
    bars: list of `notation.Bar`.
    starts, ends: lists of N Fractions, quarters from the first written bar.
    tune: bool `[N]`.
    keys: list of int, one a bar, `analysis.key` numbers: how accidentals are spelled.
    signatures: dict number of a bar -> key, where a key signature is written.
    tempos: dict number of a bar -> quarters a minute.
    symbols: list of (quarters, symbol).
    words: dict place of a note -> text.
    names: dict instrument -> name.
  """

  score: score_lib.Score
  bars: list
  starts: list
  ends: list
  tune: np.ndarray
  keys: list
  signatures: dict
  tempos: dict
  symbols: list
  words: dict
  names: dict


@dataclasses.dataclass(frozen=True)
class Staff:
  """One staff: its notes' places in the page's score, its instrument; hand 'upper', 'lower', or '' where there is but one."""

  notes: np.ndarray
  instrument: int
  program: int
  is_drum: bool
  name: str
  hand: str = ''


def _page(sequence, beat_map, reading):
  score = score_lib.of(sequence, beat_map)
  if not len(score):
    raise errors.RejectedSequence('no_notes', 'there is no note to write into a score')
  bars = notation.bars_of(score.bars, float(score.start.min()))
  first = score.bars[0].end_beat - float(bars[0].length)  # the quarter as played at which the first written bar begins
  starts, ends = notation.on_grid(score.start, score.end, bars, score.bars)
  pitched = score.pitched()
  tune = np.zeros(len(score), bool)
  if reading is not None:
    tune = np.isin(score.index, reading.tune)
  elif len(pitched):
    tune = np.isin(score.index, pitched.index[melody.find(pitched).mask])
  keys = key_lib.of(pitched, chords_lib.of(pitched)) if len(pitched) else None
  symbols = [] if reading is None else [(_eighth(beat_map, time, first), symbol) for time, symbol in reading.chords]
  return Page(score, bars, starts, ends, tune, [0] * len(bars) if keys is None else keys.bars.tolist(), _signatures(keys),
              _tempos(score.bars, beat_map), symbols, _words(sequence, score, tune, beat_map), score.track_names)


def _eighth(beat_map, time, first):
  """Seconds -> quarters from the first written bar, to an eighth."""
  return max(Fraction(round((float(beat_map.to_beats(time)) - first) * 2), 2), Fraction(0))


def _signatures(keys):
  """dict bar -> key: the piece's at its beginning, and others where they hold for long."""
  if keys is None:
    return {0: 0}
  found, bars = {0: keys.overall}, keys.bars
  edges = np.flatnonzero(np.diff(bars, prepend=-1, append=-1))
  for first, last in zip(edges, edges[1:]):
    key, before = int(bars[first]), found[max(found)]
    if last - first >= KEY_BARS and musicxml_part.fifths(key) != musicxml_part.fifths(before):
      found[int(first)] = key
  return found


def _tempos(bars, beat_map):
  """dict bar -> quarters a minute, at the beginning and where bars are felt to go at another tempo."""
  edges = np.append([bar.start_beat for bar in bars], bars[-1].end_beat)
  qpm = 60 * np.diff(edges) / np.maximum(np.diff(beat_map.to_seconds(edges)), 1e-6)
  found, last = {0: float(qpm[0])}, qpm[0]
  for bar in range(1, len(qpm)):
    if all(abs(value / last - 1) > TEMPO_CHANGE for value in qpm[bar:bar + 2]):
      found[bar] = last = float(qpm[bar])
  return found


def _words(sequence, score, tune, beat_map):
  """dict place of a note -> its syllable: lyrics, or text that goes with the tune as in karaoke, at the nearest note of the tune."""
  texts = [(words.annotation_type, words.time, words.text) for words in sequence.text_annotations if _syllable(words.text)]
  sung = _hyphenated([(time, text) for kind, time, text in texts if kind == LYRICS])
  karaoke = _hyphenated([(time, text) for kind, time, text in texts if kind == words_lib.KINDS[1] and not text.startswith('@')])
  lyrics, places, found = sung or karaoke, np.flatnonzero(tune), {}
  if not lyrics or not len(places):
    return {}
  for beat, (_, text) in zip(beat_map.to_beats([time for time, _ in lyrics]), lyrics):
    nearest = int(places[np.abs(score.start[places] - beat).argmin()])
    if abs(score.start[nearest] - beat) <= NEAR:
      found[nearest] = (found[nearest] + ' ' if nearest in found else '') + text
  return found if sung or len(found) * 2 > len(karaoke) else {}


def _hyphenated(lyrics):
  """[(seconds, text)] -> the same, plain; where words begin with spaces or new lines, hyphens join what does not."""
  begins = [text.startswith((' ', '/', '\\')) for _, text in lyrics]
  inside = [not begin and any(begins) and i > 0 for i, begin in enumerate(begins)] + [False]
  return [(time, '-' * before + _syllable(text).strip('-') + '-' * (after or _syllable(text).endswith('-')))
          for (time, text), before, after in zip(lyrics, inside, inside[1:])]


def _syllable(text):
  """Words of a MIDI file (bytes as Latin-1) as they are written under a note, without its signs for new lines."""
  try:
    text = text.encode('latin1').decode('utf-8')
  except UnicodeError:
    pass
  return ''.join(letter for letter in text if letter.isprintable()).strip('\\/ ')


def _staves(page):
  """List of lists of Staff, one list an instrument: two staves for a keyboard that needs two hands."""
  score, found = page.score, []
  for instrument, program, is_drum in sorted(set(zip(score.instrument.tolist(), score.program.tolist(), score.is_drum.tolist())),
                                             key=lambda part: (part[2], part[0], part[1])):
    notes = np.flatnonzero((score.instrument == instrument) & (score.program == program) & (score.is_drum == is_drum))
    name = page.names.get(instrument, '') or musicxml_part.name(program, is_drum)
    whole = Staff(notes, instrument, program, is_drum, name)
    if is_drum or program not in musicxml_part.KEYBOARDS:
      found.append([whole])
      continue
    upper = notation.hands([page.starts[i] for i in notes], score.pitch[notes], page.tune[notes])
    if min(upper.sum(), (~upper).sum()) < musicxml_part.SECOND_STAFF * len(notes):
      found.append([whole])
    else:
      found.append([dataclasses.replace(whole, notes=notes[hand], hand=name) for hand, name in ((upper, 'upper'), (~upper, 'lower'))])
  return found
