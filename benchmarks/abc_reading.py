"""ABC reading against the libraries that could replace it: how often the notes agree, what is refused, how long it takes.

  python benchmarks/abc_reading.py --tunes=200    # 10 minutes; --tunes=0 takes every tune (two hours)

Readers: ours, abc2midi (the program that ships in symusic; told not to play grace notes, chord symbols, trills and the swing of
hornpipes; `performed` counts the tunes that it plays otherwise when it is not told), music21. Tunes: a random sample of
the Nottingham tunes in `--shared` and of those that ship with music21; then the files of public bug reports, whose right notes are known.
A tune's notes are (onset in 24ths of a quarter from the first, pitch), repeats and parts played. There is no truth about most tunes, so
the telling figure is `alone`: tunes where the two others agree with each other and not with this reader. Repeats are where readers differ
most; `passage` compares up to the first repeat sign. The MIDI files of Nottingham apply an accidental to one note only, where the
standard lets it hold to the bar line, and sound the second of two tied notes again: a tune is `explained` where these alone account for
every difference.
"""
import argparse
import collections
import glob
import json
import os
import random
import re
import subprocess
import tempfile
import time
import warnings

import pretty_midi

from musicnst import errors
from musicnst.reading import abc
from musicnst.reading import beat_map as beat_map_lib

TICKS = 24


def ours(text):
  """-> one list of (onset, pitch) for each tune; raises ReadError where one is refused."""
  sequences, rejects = abc.read_text(text)
  if rejects:
    raise rejects[0]
  found = []
  for sequence in sequences:
    onsets = beat_map_lib.BeatMap.from_tempos(sequence).to_beats([note.start_time for note in sequence.notes])
    found.append(list(zip(onsets, (note.pitch for note in sequence.notes))))
  return found


def abc2midi(text):
  """The same by the program that ships in symusic, without what it adds to the written notes where it can be told."""
  plain = [line if re.match(r'[A-Za-z]:|%', line) else re.sub(r'[T~](?=[(.^_=]*[A-Ga-g])|!trill!|!roll!', '', line) for line in text.split('\n')]
  return performed('\n'.join(line for line in plain if not line.startswith('R:')), '-NGRA', '-NGUI', '-NFER')


def performed(text, *options):
  """The same by that program with some options, which writes one MIDI file for each tune."""
  import symusic
  program = os.path.join(os.path.dirname(symusic.__file__), 'bin', 'abc2midi')
  with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, 'a.abc'), 'w', encoding='utf-8') as file:
      file.write(text)
    subprocess.run([program, 'a.abc', *options, '-silent'], cwd=folder, capture_output=True, timeout=20, check=True)
    paths = sorted(glob.glob(os.path.join(folder, '*.mid')), key=lambda path: int(re.sub(r'\D', '', os.path.basename(path)) or 0))
    return [midi_notes(path) for path in paths]


def music21(text):
  """The same by music21, with its repeats expanded."""
  import music21 as library
  score = library.converter.parse(text, format='abc')
  tunes = list(score.scores) if isinstance(score, library.stream.Opus) else [score]
  found = []
  for tune in tunes:
    parts = [part.expandRepeats() for part in tune.parts]
    notes = [note for part in parts for note in part.stripTies().flatten().notes
             if not note.duration.isGrace and not isinstance(note, library.harmony.Harmony)]
    found.append([(float(note.offset), pitch.midi) for note in notes for pitch in note.pitches])
  return found


READERS = {'ours': ours, 'abc2midi': abc2midi, 'music21': music21}


def midi_notes(path, tracks=slice(None)):
  """[(onset in quarters, pitch)] of a MIDI file."""
  midi = pretty_midi.PrettyMIDI(path)
  return [(midi.time_to_tick(note.start) / midi.resolution, note.pitch) for track in midi.instruments[tracks] for note in track.notes]


def ticks(notes):
  """Sorted [(onset in 24ths of a quarter from the first, pitch)]."""
  first = min((onset for onset, _ in notes), default=0)
  return sorted((round((onset - first) * TICKS), pitch) for onset, pitch in notes)


def explained(found, theirs):
  """Whether every note found is in theirs within two semitones (accidentals), and theirs has at most a tenth more (untied ones)."""
  times = {}
  for onset, pitch in theirs:
    times.setdefault(onset, []).append(pitch)
  near = all(any(abs(pitch - other) <= 2 for other in times.get(onset, ())) for onset, pitch in found)
  return near and len(theirs) <= 1.1 * len(found) + 1


def first_passage(lines):
  """The lines of a tune up to its first repeat sign or ending, without orders of parts."""
  kept = []
  for line in lines:
    is_field = re.match(r'[A-Za-z]:', line) and not line.startswith('|')
    sign = None if is_field else re.search(r':\||::|:\s*\|\||\[1|\|1', line)
    kept.append('' if line.startswith('P:') else line[:sign.start()] if sign else line)
    if sign:
      break
  return [line for line in kept if line]


def tunes_of(paths):
  """[(path, X number, lines of the file's header and of the tune)] of every tune in files of one collection."""
  found = []
  for path in sorted(paths):
    with open(path, 'rb') as file:
      header, tunes = abc.split(file.read().decode('latin-1'))
    found += [(path, number, header + lines) for number, lines in tunes]
  return found


class Tally:
  """What the readers make of the tunes of one collection."""

  def __init__(self):
    self.counts, self.seconds, self.tunes, self.alone = collections.Counter(), collections.Counter(), 0, []

  def add(self, name, lines, truth=None):
    """Reads one tune with every reader; `truth` is the sorted ticks of the collection's own MIDI file, where there is one."""
    self.tunes += 1
    whole, passage = (self._read(text) for text in ('\n'.join(lines) + '\n', '\n'.join(first_passage(lines)) + '\n'))
    for reader in READERS:
      others = [other for other in READERS if other != reader]
      self.counts[reader, 'read'] += whole[reader] is not None
      for kind, notes in (('', whole), ('passage ', passage)):
        if notes[others[0]] is not None and notes[others[0]] == notes[others[1]] != notes[reader]:
          self.counts[reader, kind + 'alone'] += 1
          self.alone.append(f'{reader} {kind}alone: {name}')
      if truth:
        self.counts[reader, 'equal'] += whole[reader] == truth
        cut = [note for note in truth if passage[reader] and note[0] <= passage[reader][-1][0]]
        self.counts[reader, 'passage equal'] += bool(cut) and passage[reader] == cut
        self.counts[reader, 'passage explained'] += bool(cut) and (passage[reader] == cut or explained(passage[reader], cut))
    self.counts['all', 'performed'] += whole['abc2midi'] is not None and whole['abc2midi'] != ticks(performed('\n'.join(lines) + '\n')[0])
    self.counts['all', 'agree'] += whole['ours'] is not None and whole['ours'] == whole['abc2midi'] == whole['music21']
    self.counts['all', 'passage agree'] += passage['ours'] is not None and passage['ours'] == passage['abc2midi'] == passage['music21']

  def _read(self, text):
    """Dict of reader -> sorted ticks of the one tune, or None."""
    found = {}
    for name, reader in READERS.items():
      start = time.perf_counter()
      try:
        tune, = reader(text)
        found[name] = ticks(tune) if tune else None
      except Exception:  # whatever a reader raises on a tune is what is being counted
        found[name] = None
      self.seconds[name] += time.perf_counter() - start
    return found

  def print(self, title):
    columns = ['read', 'alone', 'passage alone'] + ['equal', 'passage equal', 'passage explained'] * any('equal' in key for key in self.counts)
    agree = ', '.join(f'{kind} {self.counts["all", kind]}' for kind in ('agree', 'passage agree', 'performed'))
    print(f'\n{title}: {self.tunes} tunes; of all three readers: {agree}\n\n| reader | {" | ".join(columns)} | ms a tune | times ours |\n'
          f'|{"---|" * (len(columns) + 3)}')
    for name in READERS:
      row = ' | '.join(str(self.counts[name, column]) for column in columns)
      print(f'| {name} | {row} | {500 * self.seconds[name] / self.tunes:.1f} | {self.seconds[name] / self.seconds["ours"]:.1f} |')


def reports(folder):
  """Prints which files of public bug reports each reader reads right: number of notes, and the first of them (onset, pitch)."""
  with open(os.path.join(folder, 'expected.json'), encoding='utf-8') as file:
    expected = {name: value for name, value in json.load(file).items() if name.endswith('.abc')}
  right = collections.defaultdict(list)
  for name, value in expected.items():
    with open(os.path.join(folder, name), 'rb') as file:
      data = file.read()
    for reader, read in READERS.items():
      try:
        found = read(abc.decoded(data))
      except Exception:  # as above
        continue
      notes = [note for tune in found for note in ticks(tune)]
      wanted = [(round(onset * TICKS), pitch) for onset, pitch in value['pitches']]
      if len(notes) == value['notes'] and notes[:len(wanted)] == wanted:
        right[reader].append(name)
  print(f'\nfiles of bug reports: {len(expected)}')
  for reader in READERS:
    print(f'{reader}: {len(right[reader])} right; wrong: {", ".join(sorted(set(expected) - set(right[reader])))}')


def note_seq_reads(tunes):
  """How many tunes note_seq's parser reads, each given to it alone."""
  from absl import logging
  from note_seq import abc_parser
  logging.set_verbosity(logging.ERROR)
  return sum(not abc_parser.parse_abc_tunebook('\n'.join(lines) + '\n')[1] for _, _, lines in tunes)


def collections_of(shared):
  """Dict of name -> tunes."""
  import music21 as library
  corpus = os.path.join(os.path.dirname(library.__file__), 'corpus')
  found = {'nottingham': tunes_of(glob.glob(os.path.join(shared, 'data', 'nottingham', 'abc', '*.abc')))}
  for name in ('ryansMammoth', 'oneills1850', 'airdsAirs', 'essenFolksong'):
    found[name] = tunes_of(glob.glob(os.path.join(corpus, name, '*.abc')))
  found['others'] = tunes_of(path for name in ('josquin', 'miscFolk') for path in glob.glob(os.path.join(corpus, name, '*.abc')))
  return found


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
  parser.add_argument('--shared', default=os.environ.get('MUSICNST_SHARED', '../shared'))
  parser.add_argument('--tunes', type=int, default=200, help='tunes of a collection, drawn at random; 0: all')
  parser.add_argument('--only', default='', help='one collection, such as nottingham')
  parser.add_argument('--show', type=int, default=0, help='how many differing tunes to name, of each collection')
  arguments = parser.parse_args()
  warnings.simplefilter('ignore')
  for name, tunes in collections_of(arguments.shared).items():
    if arguments.only not in ('', name):
      continue
    if not tunes:
      print(f'{name}: not found')
      continue
    start = time.perf_counter()
    read = sum(_is_read(lines) for _, _, lines in tunes)
    print(f'\n{name}: ours reads {read} of {len(tunes)}, {len(tunes) / (time.perf_counter() - start):.0f} tunes/s', end='')
    print(f'; note_seq reads {note_seq_reads(tunes)}' if name == 'nottingham' else '')
    tally = Tally()
    sample = random.Random(0).sample(tunes, min(arguments.tunes or len(tunes), len(tunes)))
    for path, number, lines in sample:
      midi = os.path.join(os.path.dirname(os.path.dirname(path)), 'midi', os.path.basename(path)[:-4] + number + '.mid')
      truth = ticks(midi_notes(midi, slice(1))) if name == 'nottingham' else None
      tally.add(f'{os.path.basename(path)} X:{number}', lines, truth)
    tally.print(name)
    for line in tally.alone[:arguments.show]:
      print(line)
  reports(os.path.join(arguments.shared, 'fixtures', 'reports'))


def _is_read(lines):
  try:
    return len(abc.read_text('\n'.join(lines))[0]) == 1
  except errors.ReadError:
    return False


if __name__ == '__main__':
  main()
