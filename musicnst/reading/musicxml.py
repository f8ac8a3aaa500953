"""MusicXML (.xml, .musicxml, compressed .mxl) -> NoteSequence, played with repeats, ties and pickups.

Own reader of MusicXML 4.0 (w3.org/2021/06/musicxml40), partwise and timewise; docs/decisions/musicxml_reader.md compares it with
note_seq's, music21's and partitura's. Zip and entity bombs are refused.
"""
import dataclasses
import re
import xml.etree.ElementTree as ET
from xml.parsers import expat
import zipfile
import zlib

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import guards
from musicnst.reading import musicxml_part
from musicnst.reading import score

# Scores are wordy: a file may have this many times the bytes that a MIDI file may.
WORDINESS = 8
# Inside an .mxl: at most this many times its compressed size, once beyond a megabyte (XML rarely shrinks more than 40 times).
LARGEST_RATIO = 200
DEEPEST = 100
# A declaration of UTF-16 that is itself written in bytes.
_UTF_16_UNTRUE = re.compile(rb'(\xef\xbb\xbf)?<\?xml[^>]{1,200}encoding=["\']utf-?16', re.IGNORECASE)
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, KeyError, ValueError)


def read(path, limits=None):
  """Reads one score.

  Args:
    path: .xml, .musicxml or .mxl; which of them is recognised by the content.
    limits: `guards.Limits` or None for the defaults; eight times `max_bytes` are allowed, packed and unpacked.

  Returns:
    NoteSequence: one instrument a part, notes sorted by part, start and pitch.

  Raises:
    ReadError: `not_xml`, `not_musicxml`, `bad_zip`, `file_too_large`, `bomb`, `bad_musicxml` (a value that cannot be understood, with
      part and measure), `no_notes`, `too_many_notes`, `too_long`.
  """
  limits = limits or guards.Limits()
  largest = WORDINESS * limits.max_bytes
  data = guards.read_file(path, dataclasses.replace(limits, max_bytes=largest))
  if data.startswith(b'PK'):
    data = _unzipped(path, largest)
  root = _partwise(_parsed(data, path), path)
  parts, voices = _parts(root, path)
  sequence = score.to_sequence(_measures(voices), parts, path, limits)
  info = music_proto.NoteSequence.SourceInfo
  sequence.source_info.source_type, sequence.source_info.encoding_type = info.SCORE_BASED, info.MUSIC_XML
  sequence.sequence_metadata.title = (root.findtext('work/work-title') or root.findtext('movement-title') or '').strip()
  composers = [(creator.text or '').strip() for creator in root.findall('identification/creator') if creator.get('type') == 'composer']
  sequence.sequence_metadata.composers.extend(name for name in composers if name)
  return sequence


def _unzipped(path, largest):
  """The score inside an .mxl, which META-INF/container.xml names."""
  try:
    with zipfile.ZipFile(path) as archive:
      names = [info.filename for info in archive.infolist()]
      name = None
      if 'META-INF/container.xml' in names:
        container = _parsed(_member(archive, 'META-INF/container.xml', 100_000, path), path)
        rootfiles = [element.get('full-path') for element in container.iter() if _local(element.tag) == 'rootfile']
        name = next((each for each in rootfiles if each in names), None)
      if name is None:
        scores = [each for each in names if not each.startswith(('META-INF', '__MACOSX')) and each.lower().endswith(('.xml', '.musicxml'))]
        name = scores[0] if scores else None
      if name is None:
        raise errors.ReadError(path, 'not_musicxml', 'is a zip file without a score in it.')
      return _member(archive, name, largest, path)
  except _ZIP_ERRORS as error:
    raise errors.ReadError(path, 'bad_zip', f'is a damaged or locked .mxl ({error}).', 'Export it again.') from error


def _member(archive, name, largest, path):
  info = archive.getinfo(name)
  allowed = min(largest, max(1_000_000, LARGEST_RATIO * info.compress_size))
  with archive.open(info) as file:
    data = file.read(allowed + 1)
  if len(data) > allowed:
    raise errors.ReadError(path, 'bomb', f'{name} in it unpacks to more than {allowed} bytes.')
  return data


def _parsed(data, path):
  """Bytes -> root element; no entity may be declared, nothing is fetched."""
  builder, depth = ET.TreeBuilder(), [0]
  parser = expat.ParserCreate('utf-8' if _UTF_16_UNTRUE.match(data) else None)
  parser.buffer_text = True

  def start(tag, attributes):
    depth[0] += 1
    if depth[0] > DEEPEST:
      raise errors.ReadError(path, 'not_musicxml', f'nests more than {DEEPEST} elements.')
    builder.start(_local(tag), attributes)

  def end(tag):
    depth[0] -= 1
    builder.end(_local(tag))

  def entity(name, *_):
    raise errors.ReadError(path, 'bomb', f'declares the entity {name!r}, which MusicXML does not need.')

  parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
  parser.EntityDeclHandler = entity
  try:
    parser.Parse(data, True)
    return builder.close()
  except (expat.ExpatError, ValueError, LookupError) as error:
    raise errors.ReadError(path, 'not_xml', f'is not well-formed XML ({error}).') from error


def _local(tag):
  return tag.rsplit(':', 1)[-1]


def _partwise(root, path):
  """The root as score-partwise; measures of a score-timewise are regrouped by part."""
  if root.tag == 'score-partwise':
    return root
  if root.tag != 'score-timewise':
    raise errors.ReadError(path, 'not_musicxml', f'is XML but no MusicXML score (its root is <{root.tag[:40]}>).')
  parts = {}
  for measure in root.findall('measure'):
    for part in measure.findall('part'):
      here = parts.setdefault(part.get('id', ''), ET.Element('part', id=part.get('id', '')))
      ET.SubElement(here, 'measure', measure.attrib).extend(list(part))
  root.extend(parts.values())
  return root


def _parts(root, path):
  """-> (list of score.Part, one list of measures for each)."""
  described = {element.get('id'): musicxml_part.Instruments(element) for element in root.findall('part-list/score-part')}
  parts, voices = [], []
  for i, element in enumerate(root.findall('part')):
    instruments = described.get(element.get('id')) or musicxml_part.Instruments(ET.Element('score-part'))
    reader = musicxml_part.PartReader(i, instruments)
    for j, measure in enumerate(element.findall('measure')):
      try:
        reader.read(measure)
      except (ValueError, ZeroDivisionError, OverflowError) as error:
        place = f'part {i + 1}, measure {measure.get("number", j + 1)}'
        raise errors.ReadError(path, 'bad_musicxml', f'cannot be understood at {place}: {error}.') from error
    parts.append(score.Part(name=instruments.name, program=instruments.program, is_drum=instruments.is_drum))
    voices.append(reader.measures)
  if not any(voices):
    raise errors.ReadError(path, 'no_notes', 'has no measures.')
  return parts, [measures for measures in voices if measures]


def _measures(voices):
  """All parts' measures joined; one that nothing fills lasts a full bar."""
  measures = score.merged(voices)
  meter = (4, 4)
  for measure in measures:
    meter = measure.meter or meter
    if not measure.length:
      measure.length = score.full_bar(meter)
  _follow_words(measures)
  return measures


def _follow_words(measures):
  """Jumps that stand in words alone hold at the end and before a coda; elsewhere another movement follows, and it is left open where
  the one that jumps began."""
  for measure, following in zip(measures, [*measures[1:], None]):
    by_words = {mark for mark in measure.marks if mark.endswith(musicxml_part.IN_WORDS)}
    measure.marks -= by_words
    if following is None or 'coda' in following.marks:
      measure.marks |= {mark.removesuffix(musicxml_part.IN_WORDS) for mark in by_words}
