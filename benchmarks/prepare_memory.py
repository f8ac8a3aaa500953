"""Time and peak memory of `prepare` for N pieces and for 10 N: time should grow 10-fold, memory stay.

  python benchmarks/prepare_memory.py            # 200 and 2,000 pieces of 64 bars, about two minutes on one core

Each job runs in a process of its own on self-made music; memory is its peak resident set, time its processor time. A job of one piece is
the start-up cost, which is taken off the times.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np

from data_prep import prepare
from musicnst import music_proto
from musicnst.data import tfrecords

SIZES = (1, 200, 2000)


def write_sequences(path, count, bars=64):
  """`count` random pieces of about 500 notes as NoteSequence records, no two windows alike."""
  with open(path, 'wb') as file:
    for seed in range(count):
      random = np.random.default_rng(seed)
      sequence = music_proto.NoteSequence(id=f'/id/made/{seed}', ticks_per_quarter=220)
      sequence.tempos.add(qpm=120)
      for start in np.sort(random.integers(0, bars * 16, bars * 8)):
        length = int(random.integers(1, 8))
        sequence.notes.add(pitch=int(random.integers(40, 90)), velocity=80, start_time=start / 8, end_time=(start + length) / 8)
      sequence.total_time = bars * 2 + 1
      file.write(tfrecords.frame(sequence.SerializeToString()))


def one(source, output):
  """Runs the job here; prints windows, processor seconds and peak memory in MiB."""
  report = prepare.run(output, 'polyphonic', input_tfrecord=source)
  usage = resource.getrusage(resource.RUSAGE_SELF)
  print(json.dumps({'windows': sum(report['examples'].values()), 'seconds': usage.ru_utime + usage.ru_stime, 'MiB': usage.ru_maxrss / 1024}))


def main():
  """Prints a line a size, and the two ratios."""
  parser = argparse.ArgumentParser()
  parser.add_argument('--one', nargs=2, metavar=('SOURCE', 'OUTPUT'))
  arguments = parser.parse_args()
  if arguments.one:
    one(*arguments.one)
    return
  results = []
  with tempfile.TemporaryDirectory() as folder:
    for size in SIZES:
      source = os.path.join(folder, f'notes-{size}')
      write_sequences(source, size)
      command = [sys.executable, __file__, '--one', source, os.path.join(folder, f'windows-{size}')]
      done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
      results.append(json.loads(done.stdout.splitlines()[-1]))
      print(f'{size} pieces: {results[-1]}', flush=True)
  base, small, large = results
  print(f'windows x {large["windows"] / small["windows"]:.2f}, '
        f'time x {(large["seconds"] - base["seconds"]) / (small["seconds"] - base["seconds"]):.2f}, memory x {large["MiB"] / small["MiB"]:.2f}')


if __name__ == '__main__':
  main()
