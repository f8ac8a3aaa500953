"""MusicXML reading against the libraries that could replace it: how often the notes agree, what is refused, how long it takes.

  python benchmarks/musicxml_reading.py --compare=200    # 10 minutes; --compare=0 takes every score of music21 (hours)

Reads every score that ships with music21 by ours, every eighth by note_seq; then compares ours, music21 and partitura, note by note, on a
random sample of the smaller ones, and on the files of public bug reports, whose right notes are known. A score's notes are (onset in 48ths
of a quarter from the first, sounding pitch), repeats expanded, ties joined, no grace notes. `alone` counts the scores where the two other
readers agree with each other and not with this one; `slowest` is the longest time that one score took.
"""
import argparse
import collections
import json
import logging
import os
import random
import time
import warnings

import numpy as np

from musicnst import errors
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import musicxml

LARGEST_COMPARED = {'.mxl': 8_000, '.xml': 80_000, '.musicxml': 80_000}
TICKS = 48


def scores():
  """Paths of music21's MusicXML scores, sorted."""
  import music21 as library
  root = os.path.join(os.path.dirname(library.__file__), 'corpus')
  found = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
  return sorted(path for path in found if os.path.splitext(path)[1] in LARGEST_COMPARED)


def ours(path):
  """-> [(onset in quarters, pitch)]."""
  sequence = musicxml.read(path)
  onsets = beat_map_lib.BeatMap.from_tempos(sequence).to_beats([note.start_time for note in sequence.notes])
  return list(zip(onsets, (note.pitch for note in sequence.notes)))


def music21(path):
  """The same by music21; a score whose repeats it cannot expand counts as refused."""
  import music21 as library
  score = library.converter.parse(path, forceSource=True).expandRepeats()
  notes = [note for note in score.toSoundingPitch().stripTies().flatten().notes
           if isinstance(note, (library.note.Note, library.chord.Chord)) and not note.duration.isGrace
           and not isinstance(note, library.harmony.Harmony)]
  return [(float(note.offset), pitch.midi) for note in notes for pitch in note.pitches]


def partitura(path):
  """The same by partitura, which repeats all that can be repeated and follows its leaps; its pitches are the written ones."""
  import partitura as library
  found = []
  for part in library.load_musicxml(path).parts:
    notes = library.score.unfold_part_maximal(part, ignore_leaps=False).note_array(include_grace_notes=True)
    found += [(float(note['onset_quarter']), int(note['pitch'])) for note in notes if not note['is_grace']]
  return found


READERS = {'ours': ours, 'partitura': partitura, 'music21': music21}


def counted(notes):
  """Multiset of (48ths of a quarter from the first onset, pitch)."""
  if not notes:
    return collections.Counter()
  onsets, pitches = zip(*notes)
  ticks = np.round(np.asarray(onsets, np.float64) * TICKS).astype(int)
  return collections.Counter(zip((ticks - ticks.min()).tolist(), pitches))


def read_all(paths):
  """Prints how many scores ours and note_seq read."""
  reasons, notes = collections.Counter(), 0
  start = time.process_time()
  for path in paths:
    try:
      notes += len(musicxml.read(path).notes)
      reasons['read'] += 1
    except errors.ReadError as error:
      reasons[error.reason] += 1
  print(f'ours: {dict(reasons)} of {len(paths)}, {notes} notes, {notes / (time.process_time() - start):.0f} notes/s')
  from note_seq import musicxml_reader
  read = 0
  for path in paths[::8]:
    try:
      musicxml_reader.musicxml_file_to_sequence_proto(path)
      read += 1
    except Exception as error:  # whatever note_seq raises is what is being counted
      print('note_seq:', os.path.basename(path), error)
  print(f'note_seq: {read} of {len(paths[::8])}')


def compare(paths, show):
  """Prints the table of the three readers over some scores."""
  counts, seconds, slowest, alone = collections.Counter(), collections.Counter(), collections.Counter(), []
  for path in paths:
    found = {}
    for name, reader in READERS.items():
      start = time.perf_counter()
      try:
        found[name] = counted(reader(path))
        counts[name, 'read'] += 1
      except Exception:  # whatever a reader raises on a score is what is being counted
        found[name] = None
      taken = time.perf_counter() - start
      seconds[name] += taken
      slowest[name] = max(slowest[name], taken)
    for name in READERS:
      one, other = (found[reader] for reader in READERS if reader != name)
      if one is not None and one == other != found[name]:
        counts[name, 'alone'] += 1
        alone.append(f'{name} alone: {os.path.relpath(path, os.path.dirname(os.path.dirname(path)))}')
      counts[name, 'music21'] += found[name] is not None and found[name] == found['music21']
      counts[name, 'ours'] += found[name] is not None and found[name] == found['ours']
    counts['all', 'agree'] += found['ours'] is not None and found['ours'] == found['partitura'] == found['music21']
  print(f'\n{len(paths)} scores; all three agree on {counts["all", "agree"]}\n\n| reader | read | alone | equal to ours | equal to music21 | '
        'ms a score | slowest | times ours |\n|---|---|---|---|---|---|---|---|')
  for name in READERS:
    columns = ' | '.join(str(counts[name, column]) for column in ('read', 'alone', 'ours', 'music21'))
    print(f'| {name} | {columns} | {1000 * seconds[name] / len(paths):.0f} | {slowest[name]:.1f} s | {seconds[name] / seconds["ours"]:.1f} |')
  print('\n'.join(alone[:show]))


def reports(folder):
  """Prints which files of public bug reports each reader reads right: number of notes, and the first of them (onset, pitch)."""
  with open(os.path.join(folder, 'expected.json'), encoding='utf-8') as file:
    expected = {name: value for name, value in json.load(file).items() if os.path.splitext(name)[1] in LARGEST_COMPARED}
  print(f'\nfiles of bug reports: {len(expected)}')
  for reader, read in READERS.items():
    wrong = []
    for name, value in expected.items():
      try:
        notes = sorted(counted(read(os.path.join(folder, name))).elements())
      except Exception:  # as above
        notes = []
      wanted = [(round(onset * TICKS), pitch) for onset, pitch in value['pitches']]
      if len(notes) != value['notes'] or notes[:len(wanted)] != wanted:
        wrong.append(name)
    print(f'{reader}: {len(expected) - len(wrong)} right; wrong: {", ".join(sorted(wrong))}')


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
  parser.add_argument('--compare', type=int, default=200, help='scores to compare, drawn at random from the smaller ones; 0: all')
  parser.add_argument('--show', type=int, default=0, help='how many differing scores to name')
  parser.add_argument('--shared', default=os.environ.get('MUSICNST_SHARED', '../shared'))
  arguments = parser.parse_args()
  warnings.simplefilter('ignore')
  logging.disable(logging.CRITICAL)
  paths = scores()
  read_all(paths)
  if arguments.compare:
    small = [path for path in paths if os.path.getsize(path) < LARGEST_COMPARED[os.path.splitext(path)[1]]]
    paths = random.Random(1).sample(small, min(arguments.compare, len(small)))
  compare(paths, arguments.show)
  if os.path.isdir(os.path.join(arguments.shared, 'fixtures', 'reports')):
    reports(os.path.join(arguments.shared, 'fixtures', 'reports'))


if __name__ == '__main__':
  main()
