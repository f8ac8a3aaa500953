"""The small files of public bug reports, whose right notes are known: which are read right.

  python benchmarks/report_files.py --folder=../shared/fixtures/reports

The folder has a file `expected.json`: for each file its kind of fault and some of these: number of notes, of drum notes, the first notes
as (onset in quarters, pitch), tempos and meters with the quarter at which they begin, the second at which the last note ends, or that it
is to be refused. Times may differ by a thousandth. Prints what is wrong, and how many are right of each kind.
"""
import argparse
import collections
import json
import os
import pathlib

from musicnst import errors
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import files

TOLERANCE = 1e-3


def wrong(path, expected):
  """What of a file is not as expected: list of text."""
  try:
    sequences = files.read(path)
  except errors.ReadError as error:
    return [] if expected.get('refuse') else [f'refused: {error.reason}']
  if expected.get('refuse'):
    return ['read']
  found = _found(sequences)
  return [f'{name}: {found[name]}, not {expected[name]}' for name in found
          if name in expected and not _equal(found[name], expected[name])]


def _found(sequences):
  """What `expected.json` has, of all tunes of a file; tempos and meters are the first one's."""
  beats = [beat_map_lib.BeatMap.from_tempos(sequence).to_beats for sequence in sequences]
  notes = [sorted([float(to_beats(note.start_time)), note.pitch] for note in sequence.notes) for sequence, to_beats in zip(sequences, beats)]
  meters = [[float(beats[0](meter.time)), f'{meter.numerator}/{meter.denominator}'] for meter in sequences[0].time_signatures]
  return {
      'notes': sum(map(len, notes)), 'pitches': [note for tune in notes for note in tune],
      'drums': sum(note.is_drum for sequence in sequences for note in sequence.notes),
      'tempos': [[float(beats[0](tempo.time)), tempo.qpm] for tempo in sequences[0].tempos], 'meters': meters,
      'seconds_end': max(note.end_time for note in sequences[0].notes)}


def _equal(found, wanted):
  """Whether two values agree; of lists of notes the first ones are compared, as many as are known."""
  if isinstance(wanted, list):
    return len(found) >= len(wanted) and all(map(_equal, found, wanted))
  return found == wanted if isinstance(wanted, str) else abs(found - wanted) <= TOLERANCE


def compare(folder):
  """{file: (kind, what is wrong)} of a folder."""
  expected = json.loads((pathlib.Path(folder) / 'expected.json').read_text(encoding='utf-8'))
  return {name: (value['kind'], wrong(os.path.join(folder, name), value)) for name, value in expected.items()}


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
  parser.add_argument('--folder', default=os.environ.get('MUSICNST_SHARED', '../shared') + '/fixtures/reports')
  found = compare(parser.parse_args().folder)
  right, total = collections.Counter(), collections.Counter()
  for name, (kind, faults) in found.items():
    total[kind] += 1
    right[kind] += not faults
    if faults:
      print(f'wrong: {name}: {"; ".join(faults)}')
  for kind, count in total.items():
    print(f'{right[kind]} of {count}  {kind}')
  print(f'right: {sum(right.values())} of {len(found)}')


if __name__ == '__main__':
  main()
