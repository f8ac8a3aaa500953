"""Training over ten times the windows: time and peak memory of one epoch.

  python benchmarks/training_memory.py             # 20,000 and 200,000 windows, not cached; some minutes on 2 cores
  python benchmarks/training_memory.py --cache     # with the records kept in memory (as long as the files are under 256 MiB)

Each size is one epoch of a small `polyphonic-2bar` in a process of its own. The time is the epoch's, in seconds of wall time and of CPU
time, reckoned from its steps after the first call (which compiles); memory is the peak resident set of the process. Goals: time ratio at most 10.5,
memory ratio about 1.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from musicnst import configs
from musicnst import quiet
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import base
from musicnst.representations import pianoroll

SIZES = (20_000, 200_000)
BATCH, WIDTH, STEPS_PER_CALL = 200, 64, 20


def write_windows(path, count):
  """`count` random windows of the roll."""
  converter, random = pianoroll.PolyphonicConverter(), np.random.default_rng(0)
  with open(path, 'wb') as file:
    for _ in range(count):
      starts = np.sort(random.integers(0, 28, 20))
      roll, _ = pianoroll.encode_notes(random.integers(40, 90, 20), starts, starts + random.integers(1, 5, 20), 32)
      roll = roll.reshape(32, -1)
      file.write(tfrecords.frame(records.write_example(base.Window(roll, roll, 32), converter)))


def one_epoch(path, count, cache):
  """Trains here; prints seconds, CPU seconds and peak MiB."""
  quiet.hush()
  import keras

  from musicnst.training import loop

  class Clock(keras.callbacks.Callback):
    """Starts after the first call, stops after the last one."""

    def on_train_batch_end(self, batch, logs=None):
      now = time.perf_counter(), time.process_time()
      self.first = getattr(self, 'first', now)
      self.last = now

  clock = Clock()
  config = configs.get('polyphonic-2bar', f'batch_size={BATCH},width={WIDTH},z_size=32')
  with tempfile.TemporaryDirectory() as folder:
    loop.train(config, folder, path, num_steps=count // BATCH, steps_per_call=STEPS_PER_CALL, show_progress=False, cache_dataset=cache,
               checkpoint_every_secs=0, callbacks=[clock])
  steps = count // BATCH
  wall, cpu = ((b - a) * steps / (steps - STEPS_PER_CALL) for a, b in zip(clock.first, clock.last, strict=True))
  print(json.dumps({'seconds': wall, 'cpu_seconds': cpu, 'MiB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def main():
  """Prints a line a size, and the ratios."""
  parser = argparse.ArgumentParser()
  parser.add_argument('--one', metavar='FILE')
  parser.add_argument('--count', type=int)
  parser.add_argument('--cache', action='store_true')
  parser.add_argument('--sizes', type=int, nargs=2, default=SIZES)
  arguments = parser.parse_args()
  if arguments.one:
    one_epoch(arguments.one, arguments.count, arguments.cache)
    return
  root = pathlib.Path(__file__).parent.parent
  found = []
  for count in arguments.sizes:
    with tempfile.TemporaryDirectory() as folder:
      path = os.path.join(folder, 'windows.tfrecord')
      write_windows(path, count)
      command = [sys.executable, __file__, '--one', path, '--count', str(count), *(['--cache'] if arguments.cache else [])]
      done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, 'PYTHONPATH': str(root)})
      found.append(json.loads(done.stdout.splitlines()[-1]))
      print(f'{count:9,} windows, {os.path.getsize(path) / 2**20:6.1f} MiB: ' + '  '.join(f'{k} {v:.1f}' for k, v in found[-1].items()), flush=True)
  ratio = {name: found[1][name] / found[0][name] for name in found[0]}
  times = arguments.sizes[1] / arguments.sizes[0]
  print(f'{times:.0f} x the windows: {ratio["seconds"]:.2f} x the time, {ratio["cpu_seconds"]:.2f} x the CPU time, {ratio["MiB"]:.3f} x the memory')


if __name__ == '__main__':
  main()
