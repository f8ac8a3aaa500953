"""How fast MIDI files become NoteSequences, against note_seq on the same core in the same run, and whether the two are equal.

  python benchmarks/midi_reading.py --root=../shared/data            # a sample, 1 minute
  python benchmarks/midi_reading.py --root=../shared/data --all      # every file, 10 minutes

For each folder of the root: files a second by both, the ratio, and the number of files read by both whose protos differ (must
be 0), read with note_seq's habits; and how many files the default reads otherwise than note_seq, or mends. CPU seconds of one
core, files in the page cache, kernels compiled before; readers take turns, 40 files at a time.
"""
import argparse
import os
import pathlib
import random
import time
import warnings

from musicnst import errors
from musicnst.reading import manner
from musicnst.reading import midi

_EXTENSIONS = ('.mid', '.midi', '.kar')
_TURN = 40
_LIKE = manner.Manner(like_note_seq=True)
_TINY = b'MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x0c\0\x90<P`\x80<\0\0\xff/\0'


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--root', default=os.environ.get('MUSICNST_SHARED', '../shared') + '/data', help='Folder of folders of MIDI files.')
  parser.add_argument('--files', type=int, default=100, help='Files of each folder.')
  parser.add_argument('--all', action='store_true', help='Every file.')
  arguments = parser.parse_args()
  os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
  warnings.simplefilter('ignore')
  import note_seq
  midi.read_bytes(_TINY, 'tiny.mid', manner=_LIKE)  # loads the kernels
  print(f'{"folder":16} {"files":>5} {"musicnst/s":>11} {"note_seq/s":>11} {"ratio":>6} {"equal":>6} {"differ":>6} {"refused":>8} {"only ours":>9} '
        f'{"other notes":>11} {"other times":>11} {"mended":>6}')
  for folder in sorted(path for path in pathlib.Path(arguments.root).iterdir() if path.is_dir()):
    paths = sorted(path for path in folder.rglob('*') if path.suffix.lower() in _EXTENSIONS)
    if not arguments.all:
      paths = random.Random(0).sample(paths, min(arguments.files, len(paths)))
    if paths:
      _compare(folder.name, [str(path) for path in paths], note_seq)


def _compare(name, paths, note_seq):
  ours_secs = theirs_secs = 0.0
  counts = {'equal': 0, 'differ': 0, 'refused': 0, 'only ours': 0, 'other notes': 0, 'other times': 0, 'mended': 0}
  for i in range(0, len(paths), _TURN):
    turn = paths[i:i + _TURN]
    for path in turn:
      pathlib.Path(path).read_bytes()
    ours, secs = _timed(lambda path: midi.read(path, manner=_LIKE), turn, errors.ReadError)
    ours_secs += secs
    theirs, secs = _timed(note_seq.midi_file_to_note_sequence, turn, note_seq.MIDIConversionError)
    theirs_secs += secs
    for path, mine, truth in zip(turn, ours, theirs, strict=True):
      _count_right(path, mine, counts)
      if truth is None:
        counts['refused' if mine is None else 'only ours'] += 1
      else:
        counts['equal' if mine == truth else 'differ'] += 1
  print(f'{name:16} {len(paths):5d} {len(paths) / ours_secs:11.1f} {len(paths) / theirs_secs:11.1f} {theirs_secs / ours_secs:6.1f} '
        f'{counts["equal"]:6d} {counts["differ"]:6d} {counts["refused"]:8d} {counts["only ours"]:9d} '
        f'{counts["other notes"]:11d} {counts["other times"]:11d} {counts["mended"]:6d}', flush=True)


def _count_right(path, alike, counts):
  """Counts a file whose notes, or tempos, meters and keys, are others by default than with note_seq's habits (`alike`, or None)."""
  mended = []
  try:
    sequence = midi.read(path, mended=mended)
  except errors.ReadError:
    return
  counts['mended'] += bool(mended)
  if alike is not None:
    times = lambda s: (list(s.tempos), list(s.time_signatures), list(s.key_signatures))
    counts['other notes'] += list(sequence.notes) != list(alike.notes)
    counts['other times'] += times(sequence) != times(alike)


def _timed(read, paths, refusal):
  """-> (sequences, None where a file is refused; CPU seconds)"""
  sequences = []
  started = time.process_time()
  for path in paths:
    try:
      sequences.append(read(path))
    except refusal:
      sequences.append(None)
  return sequences, time.process_time() - started


if __name__ == '__main__':
  main()
