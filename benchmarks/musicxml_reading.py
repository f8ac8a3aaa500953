"""MusicXML reading on the scores that ship with music21: how many are read, and how often the notes equal music21's.

  python benchmarks/musicxml_reading.py --compare=30

Reads every .mxl, .xml and .musicxml with our reader; every eighth with note_seq's; compares (onset in 48ths of a quarter, pitch) with
music21's (repeats expanded, ties stripped, sounding pitch, no grace notes) on a random sample of the smaller ones. About 5 minutes.
"""
import argparse
import collections
import logging
import os
import random
import time
import warnings

import music21
import numpy as np

from musicnst import errors
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import musicxml

LARGEST_COMPARED = {'.mxl': 8_000, '.xml': 80_000, '.musicxml': 80_000}


def scores():
  """Paths of music21's MusicXML scores, sorted."""
  root = os.path.join(os.path.dirname(music21.__file__), 'corpus')
  found = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
  return sorted(path for path in found if os.path.splitext(path)[1] in LARGEST_COMPARED)


def counted(onsets, pitches):
  """Multiset of (48ths of a quarter from the first onset, pitch)."""
  ticks = np.round(np.asarray(onsets, np.float64) * 48).astype(int)
  return collections.Counter(zip((ticks - ticks.min()).tolist(), pitches))


def ours(path):
  sequence = musicxml.read(path)
  onsets = beat_map_lib.BeatMap.from_tempos(sequence).to_beats([note.start_time for note in sequence.notes])
  return counted(onsets, [note.pitch for note in sequence.notes])


def theirs(path):
  score = music21.converter.parse(path, forceSource=True)
  try:
    score = score.expandRepeats()
  except music21.exceptions21.Music21Exception:
    pass  # some repeats music21 cannot expand; the comparison then shows it
  notes = [note for note in score.toSoundingPitch().stripTies().flatten().notes
           if hasattr(note, 'pitches') and not note.duration.isGrace and not isinstance(note, music21.harmony.Harmony)]
  pairs = [(float(note.offset), pitch.midi) for note in notes for pitch in note.pitches]
  return counted(*zip(*pairs)) if pairs else collections.Counter()


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
  parser.add_argument('--compare', type=int, default=30)
  warnings.simplefilter('ignore')
  logging.disable(logging.CRITICAL)
  paths, reasons, notes = scores(), collections.Counter(), 0
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
  small = [path for path in paths if os.path.getsize(path) < LARGEST_COMPARED[os.path.splitext(path)[1]]]
  sample = random.Random(1).sample(small, parser.parse_args().compare)
  differing = [os.path.basename(path) for path in sample if ours(path) != theirs(path)]
  print(f'equal to music21: {len(sample) - len(differing)} of {len(sample)}; differing: {differing}')


if __name__ == '__main__':
  main()
