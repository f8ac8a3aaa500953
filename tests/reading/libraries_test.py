"""MusicXML and ABC against other readers: dozens of scores that ship with music21. `benchmarks/` has hundreds, and the figures."""
import collections
import glob
import os
import random
import re
import subprocess
import warnings

import pytest

from musicnst.reading import abc
from musicnst.reading import midi
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import musicxml

music21 = pytest.importorskip('music21')
CORPUS = os.path.join(os.path.dirname(music21.__file__), 'corpus')
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not os.path.isdir(os.path.join(CORPUS, 'bach')), reason='this music21 has no corpus')]


def counted(notes, ticks=24):
  """[(onset in quarters, pitch)] -> multiset of (ticks from the first onset, pitch)."""
  first = min(onset for onset, _ in notes)
  return collections.Counter((round((onset - first) * ticks), pitch) for onset, pitch in notes)


def beats(sequence):
  """[(onset in quarters, pitch)] of a sequence."""
  onsets = beat_map_lib.BeatMap.from_tempos(sequence).to_beats([note.start_time for note in sequence.notes])
  return list(zip(onsets, (note.pitch for note in sequence.notes)))


def by_music21(parts):
  """The same of music21's parts, repeats expanded, ties joined, without grace notes."""
  notes = [note for part in parts for note in _expanded(part).toSoundingPitch().stripTies().flatten().notes
           if not note.duration.isGrace and isinstance(note, (music21.note.Note, music21.chord.Chord))
           and not isinstance(note, music21.harmony.Harmony)]
  return [(float(note.offset), pitch.midi) for note in notes for pitch in note.pitches]


def _expanded(part):
  try:
    return part.expandRepeats()
  except music21.repeat.ExpanderException:  # a sign it cannot make sense of
    return part


def small_scores(number):
  """Names of the chorales and other small scores, drawn at random."""
  paths = [path for path in glob.glob(os.path.join(CORPUS, '*', '**', '*.mxl'), recursive=True) if os.path.getsize(path) < 6000]
  return random.Random(0).sample(sorted(os.path.relpath(path, CORPUS) for path in paths), number)


@pytest.mark.parametrize('name', [*small_scores(36), 'bach/bwv227.1.mxl', 'schoenberg/opus19/movement2.mxl'])
def test_musicxml_is_read_as_music21_reads_it(name):
  path = os.path.join(CORPUS, name)
  with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    theirs = by_music21([music21.converter.parse(path, forceSource=True)])
  assert counted(beats(musicxml.read(path)), 48) == counted(theirs, 48)


def tunes(folder, number):
  """Texts of tunes drawn at random from a collection, without swing (`R:hornpipe`) and trills, which programs perform differently."""
  found = []
  for path in sorted(glob.glob(os.path.join(CORPUS, folder, '*.abc'))):
    with open(path, 'rb') as file:
      header, bodies = abc.split(abc.decoded(file.read()))
    found += ['\n'.join(line for line in header + lines if not line.startswith('R:')) + '\n' for _, lines in bodies]
  found = [re.sub(r'!trill!|!roll!|^(?!\w:).*$', lambda line: re.sub(r'[T~](?=[(.^_=]*[A-Ga-g])', '', line[0]), text, flags=re.MULTILINE)
           for text in found]
  return random.Random(0).sample(found, number)


def by_abc2midi(text, folder):
  """[(onset in quarters, pitch)] by the program that ships in symusic; grace notes and chord symbols are not played."""
  import symusic
  (folder / 'a.abc').write_text(text, encoding='utf-8')
  program = os.path.join(os.path.dirname(symusic.__file__), 'bin', 'abc2midi')
  subprocess.run([program, 'a.abc', '-o', 'a.mid', '-NGRA', '-NGUI', '-NFER', '-silent'], cwd=folder, capture_output=True, timeout=20, check=True)
  return beats(midi.read(folder / 'a.mid'))


@pytest.mark.parametrize('folder', ['essenFolksong', 'airdsAirs', 'ryansMammoth', 'oneills1850'])
def test_abc_is_read_as_music21_or_abc2midi_reads_it(folder, tmp_path):
  """Repeats are played differently by each, so what is compared of a tune ends before its first repeat sign."""
  found = collections.Counter()
  for text in tunes(folder, 15):
    header, key, body = re.split(r'(^K:.*$)', text, maxsplit=1, flags=re.MULTILINE)
    text = header + key + re.split(r':\||::|\[1|\|1', body)[0] + '|\n'
    sequences, rejects = abc.read_text(text)
    assert not rejects
    ours = counted(beats(sequences[0]))
    found['music21'] += ours == counted(by_music21(music21.converter.parse(text, format='abc').parts))
    found['abc2midi'] += ours == counted(by_abc2midi(text, tmp_path))
  assert found['music21'] >= 11 and found['abc2midi'] >= 13, found
