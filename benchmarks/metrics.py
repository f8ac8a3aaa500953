"""How long each metric of a transfer, and each converter, takes on whole pieces.

  python benchmarks/metrics.py --files=/data/karaoke/A*.mid

The first file is the style, every file in turn content and, moved by two semitones, the result. Milliseconds a piece: median and worst.
"""
import argparse
import os
import collections
import glob
import time

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.metrics import metric_map
from musicnst.reading import files
from musicnst.representations import converter_map


def moved(sequence, semitones=2):
  """A copy with its pitched notes transposed."""
  copy = music_proto.NoteSequence()
  copy.CopyFrom(sequence)
  for note in copy.notes:
    note.pitch += 0 if note.is_drum else semitones
  return copy


def timed(function, *arguments):
  """Milliseconds of one call; None where the music is rejected."""
  start = time.perf_counter()
  try:
    function(*arguments)
  except errors.RejectedSequence:
    return None
  return 1e3 * (time.perf_counter() - start)


def run(paths):
  """Prints the table."""
  sequences = [files.read(path)[0] for path in paths]
  style, times = sequences[0], collections.defaultdict(list)
  for content in sequences:
    result = moved(content)
    for name, metric in metric_map.METRIC_MAP.items():
      if metric.of_transfer:
        times[name].append(timed(metric_map.measure, content, style, result, [name]))
    times['all metrics together'].append(timed(metric_map.measure, content, style, result))
    for name in converter_map.CONVERTER_MAP:
      times[f'{name} windows'].append(timed(converter_map.build(name).to_windows, content))
  notes, minutes = ([f(s) for s in sequences] for f in (lambda s: len(s.notes), lambda s: s.total_time / 60))
  print(f'{len(sequences)} pieces, median {np.median(notes):.0f} notes (most {max(notes)}), median {np.median(minutes):.1f} minutes')
  print('| | median ms | worst ms | pieces |\n|---|---|---|---|')
  for name, values in times.items():
    taken = [v for v in values if v is not None]
    if taken:
      print(f'| {name} | {np.median(taken):.1f} | {max(taken):.1f} | {len(taken)} |')


if __name__ == '__main__':
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--files', default=os.environ.get('MUSICNST_SHARED', '../shared') + '/data/karaoke/*.mid', help='glob of music files')
  run(sorted(glob.glob(parser.parse_args().files, recursive=True)))
