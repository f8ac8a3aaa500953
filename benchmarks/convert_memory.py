"""Time and peak memory of `musicnst convert` over N and 10 N files: time at most 10.5 times, memory flat.

  python benchmarks/convert_memory.py --files=2000    # 1 minute, 2,000 and 20,000 made-up files of 600 notes

Peak memory is that of the parent and of the largest worker, by the kernel's count of resident pages.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

from musicnst import music_proto
from musicnst.rendering import midi

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Runs the verb and prints the peaks of the process and of its largest child, in kilobytes.
_PROBE = """
import json, resource, sys
from musicnst.cli import command
status = command.execute(sys.argv[1:])
print(json.dumps([status] + [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]))
"""


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--files', type=int, default=2000, help='N.')
  parser.add_argument('--processes', type=int, default=2, help='Worker processes.')
  arguments = parser.parse_args()
  with tempfile.TemporaryDirectory() as folder:
    few, many = (_make(folder, number) for number in (arguments.files, 10 * arguments.files))
    _convert(few, arguments.processes)  # compiles and fills the page cache
    results = [_convert(path, arguments.processes) for path in (few, many)]
  print(f'{"files":>7} {"seconds":>8} {"parent MB":>10} {"worker MB":>10}')
  for number, (secs, parent, worker) in zip((arguments.files, 10 * arguments.files), results, strict=True):
    print(f'{number:7d} {secs:8.2f} {parent / 1024:10.1f} {worker / 1024:10.1f}')
  (secs, parent, worker), (more_secs, more_parent, more_worker) = results
  print(f'ratio of 10 N to N: time {more_secs / secs:.2f}, parent {more_parent / parent:.3f}, worker {more_worker / worker:.3f}')


def _make(folder, number):
  """A folder of `number` files in sub-folders of 100; 20 different pieces."""
  root = os.path.join(folder, f'music{number}')
  for i in range(20):
    midi.write(_piece(i), os.path.join(folder, f'piece{i}.mid'))
  for i in range(number):
    path = os.path.join(root, f'{i // 100:04d}', f'{i:06d}.mid')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.link(os.path.join(folder, f'piece{i % 20}.mid'), path)
  return root


def _piece(seed):
  rng = random.Random(seed)
  sequence = music_proto.NoteSequence(ticks_per_quarter=480)
  for i in range(600):
    sequence.notes.add(pitch=rng.randint(40, 80), velocity=80, start_time=i * .25, end_time=i * .25 + .2)
  return sequence


def _convert(root, processes):
  """-> seconds, peak of the parent, peak of the largest worker (kilobytes)."""
  started = time.perf_counter()
  done = subprocess.run(
      [sys.executable, '-c', _PROBE, 'convert', f'--input_dir={root}', f'--output_file={root}.tfrecord', '--recursive',
       f'--num_processes={processes}', '--log=ERROR'], cwd=_ROOT, stdout=subprocess.PIPE, check=True)
  status, parent, worker = json.loads(done.stdout.splitlines()[-1])
  if status:
    raise SystemExit(f'convert ended with status {status}')
  return time.perf_counter() - started, parent, worker


if __name__ == '__main__':
  main()
