"""How fast a three-minute band piece becomes sound and a report: `python benchmarks/rendering.py` (half a minute).

Each step runs once to warm up (the soundfont is read then) and three times for the figure, the median, in seconds of CPU and of wall.
"""
import os
import statistics
import tempfile
import time

from musicnst import pieces
from musicnst import quiet
from musicnst.reading import midi

quiet.hush()


def _measured(action):
  action()
  walls, cpus = [], []
  for _ in range(3):
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    walls.append(time.perf_counter() - wall)
    cpus.append(time.process_time() - cpu)
  return statistics.median(walls), statistics.median(cpus)


def _three_minutes():
  """Auld Lang Syne (piano, bass, drums) twice in a row."""
  sequence = midi.read(pieces.path('auld_lang_syne'))
  length = sequence.total_time
  for note in list(sequence.notes):
    again = sequence.notes.add()
    again.CopyFrom(note)
    again.start_time += length
    again.end_time += length
  sequence.total_time = 2 * length
  return sequence


def _report(sequence, folder):
  from musicnst.rendering import report
  from musicnst.style_transfer.pieces import result as result_lib
  notes = list(sequence.notes)
  result = result_lib.TransferResult(sequence, sequence, sequence, notes, [], [], {'content_change': 0.}, {'style': [1., .5]})
  path = os.path.join(folder, 'report.html')
  return lambda: report.write(result, path), path


def main():
  """Prints a line a step."""
  from musicnst.rendering import audio
  sequence = _three_minutes()
  print(f'{sequence.total_time:.0f} s of music, {len(sequence.notes)} notes')
  with tempfile.TemporaryDirectory() as folder:
    report, path = _report(sequence, folder)
    steps = {'sound at 44.1 kHz': lambda: audio.synthesize(sequence), 'WAV file': lambda: audio.write_wav(sequence, folder + '/a.wav'),
             'report with three players': report}
    for name, action in steps.items():
      wall, cpu = _measured(action)
      print(f'{name:28} {wall:6.2f} s wall {cpu:6.2f} s CPU  ({sequence.total_time / wall:.0f} times as fast as it plays)')
    print(f'report: {os.path.getsize(path) / 1e6:.1f} MB')


if __name__ == '__main__':
  main()
