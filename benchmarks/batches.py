"""How fast windows come out of records, and how memory stands to their number.

  python benchmarks/batches.py            # 5,000 and 50,000 windows of the 2-bar roll; about half a minute

Each size runs in a process of its own: batches of 512, transposed, for 200 steps; windows a second of wall time, and the peak resident set.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import base
from musicnst.representations import pianoroll

SIZES = (5_000, 50_000)


def write_windows(path, count):
  """`count` random windows of the roll."""
  converter, random = pianoroll.PolyphonicConverter(), np.random.default_rng(0)
  with open(path, 'wb') as file:
    for _ in range(count):
      starts = np.sort(random.integers(0, 28, 20))
      roll, velocities = pianoroll.encode_notes(random.integers(40, 90, 20), starts, starts + random.integers(1, 5, 20), 32)
      roll = roll.reshape(32, -1)
      file.write(tfrecords.frame(records.write_example(base.Window(roll, roll, 32, velocities=velocities), converter)))


def one(path, steps):
  """Runs batches here; prints windows a second and peak memory in MiB."""
  from musicnst import hparams
  from musicnst.data import dataset
  batches = iter(dataset.batches(path, pianoroll.PolyphonicConverter(), hparams.HParams(transpose_low=-5, transpose_high=5), 512, True, seed=1))
  for _ in range(10):
    next(batches)
  started = time.time()
  for _ in range(steps):
    next(batches)
  memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
  print(json.dumps({'windows_per_second': round(512 * steps / (time.time() - started)), 'MiB': round(memory)}))


def main():
  """Prints a line a size, and the ratio of memory."""
  parser = argparse.ArgumentParser()
  parser.add_argument('--one', metavar='FILE')
  parser.add_argument('--steps', type=int, default=200)
  arguments = parser.parse_args()
  if arguments.one:
    one(arguments.one, arguments.steps)
    return
  results = []
  with tempfile.TemporaryDirectory() as folder:
    for size in SIZES:
      path = os.path.join(folder, str(size))
      write_windows(path, size)
      done = subprocess.run([sys.executable, __file__, '--one', path, '--steps', str(arguments.steps)], check=True, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
      results.append(json.loads(done.stdout.splitlines()[-1]))
      print(f'{size} windows, {os.path.getsize(path) / size:.0f} bytes each: {results[-1]}', flush=True)
  print(f'memory x {results[1]["MiB"] / results[0]["MiB"]:.2f}')


if __name__ == '__main__':
  main()
