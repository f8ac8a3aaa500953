"""How many tunes of an ABC collection are read, by us and by note_seq, and how often the notes equal the collection's MIDI files.

  python benchmarks/abc_reading.py --folder=/data/nottingham

The folder has `abc/NAME.abc` and `midi/NAME<X>.mid` (X: the tune's number). Two comparisons: the whole tune as played, and its first
passage (up to the first repeat sign), which does not depend on how repeats are played. The MIDI files of Nottingham apply an
accidental to one note only, where the standard lets it hold to the bar line, and sound the second of two tied notes again: a tune
is `explained` where these alone account for every difference.
"""
import argparse
import glob
import os
import re
import time

import pretty_midi

from musicnst import errors
from musicnst.reading import abc

TICKS = 24


def played(sequence):
  """[(onset in 24ths of a quarter, pitch)] of a tune at one tempo."""
  beats = sequence.tempos[0].qpm / 60 * TICKS
  return sorted((round(note.start_time * beats), note.pitch) for note in sequence.notes)


def midi_notes(path):
  """The same, of the first track of a MIDI file."""
  midi = pretty_midi.PrettyMIDI(path)
  return sorted((round(midi.time_to_tick(note.start) * TICKS / midi.resolution), note.pitch) for note in midi.instruments[0].notes)


def explained(ours, theirs):
  """Whether every note of ours is in theirs within two semitones (accidentals), and theirs has at most a tenth more (untied ones)."""
  times = {}
  for onset, pitch in theirs:
    times.setdefault(onset, []).append(pitch)
  found = all(any(abs(pitch - other) <= 2 for other in times.get(onset, ())) for onset, pitch in ours)
  return found and len(theirs) <= 1.1 * len(ours) + 1


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


def compare(folder):
  """Counts over every tune: dict of name -> int."""
  counts = dict.fromkeys(('tunes', 'read', 'equal', 'first passage equal', 'first passage equal or explained'), 0)
  for path in sorted(glob.glob(os.path.join(folder, 'abc', '*.abc'))):
    with open(path, 'rb') as file:
      _, tunes = abc.split(file.read().decode('latin-1'))
    for number, lines in tunes:
      counts['tunes'] += 1
      sequences, _ = abc.read_text('\n'.join(lines), path)
      if not sequences:
        continue
      counts['read'] += 1
      theirs = midi_notes(os.path.join(folder, 'midi', os.path.basename(path)[:-4] + number + '.mid'))
      counts['equal'] += played(sequences[0]) == theirs
      try:
        first = played(abc.read_text('\n'.join(first_passage(lines)))[0][0])
      except (errors.ReadError, IndexError):
        continue
      cut = [note for note in theirs if note[0] <= first[-1][0]]
      counts['first passage equal'] += first == cut
      counts['first passage equal or explained'] += first == cut or explained(first, cut)
  return counts


def note_seq_reads(folder):
  """How many tunes note_seq's parser reads, each given to it alone."""
  from absl import logging
  from note_seq import abc_parser
  logging.set_verbosity(logging.ERROR)
  count = 0
  for path in sorted(glob.glob(os.path.join(folder, 'abc', '*.abc'))):
    with open(path, 'rb') as file:
      _, tunes = abc.split(file.read().decode('latin-1'))
    for _, lines in tunes:
      _, failures = abc_parser.parse_abc_tunebook('\n'.join(lines) + '\n')
      count += not failures
  return count


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
  parser.add_argument('--folder', default=os.environ.get('MUSICNST_SHARED', '../shared') + '/data/nottingham')
  folder = parser.parse_args().folder
  start = time.perf_counter()
  tunes = sum(len(abc.read(path)[0]) for path in sorted(glob.glob(os.path.join(folder, 'abc', '*.abc'))))
  print(f'{tunes / (time.perf_counter() - start):.0f} tunes/s')
  for name, count in compare(folder).items():
    print(f'{name}: {count}')
  print(f'read by note_seq: {note_seq_reads(folder)}')


if __name__ == '__main__':
  main()
