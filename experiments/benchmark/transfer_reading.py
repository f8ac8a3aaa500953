"""Prints bars of a result beside its content, to read what a transfer did: results kept by transfer_benchmark with --results_dir.

  python -m experiments.run transfer_reading --corpus_root=/data --results_dir=/tmp/results --label=guided --direction=jazz-pop --contents=20 \
    --number=0 --bars=5-8

A line a step where something begins: notes kept, `+` added and `-` gone, each with its length in sixteenths; `C4:4>2` was held for four
sixteenths and is now held for two.
"""
import os

from absl import flags

from experiments.benchmark import measure
from experiments.benchmark import pieces
from experiments.benchmark import results as results_lib
from musicnst import errors
from musicnst.representations import pianoroll

NAMES = ('C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')


def lines(content, result, first_bar, last_bar):
  """Text of the bars `first_bar` to `last_bar` (from 1, of 16 steps) of two Pieces; the result may be None."""
  before, after = _notes(content), _notes(result) if result is not None else {}
  steps = range((first_bar - 1) * pieces.BAR_STEPS, last_bar * pieces.BAR_STEPS)
  found = []
  for step in steps:
    own, new = before.get(step, {}), after.get(step, {})
    kept = [_named(pitch, own[pitch], new[pitch]) for pitch in sorted(own.keys() & new.keys(), reverse=True)]
    gone = ['-' + _named(pitch, own[pitch]) for pitch in sorted(own.keys() - new.keys(), reverse=True)]
    added = ['+' + _named(pitch, new[pitch]) for pitch in sorted(new.keys() - own.keys(), reverse=True)]
    if kept or gone or added:
      bar, place = divmod(step, pieces.BAR_STEPS)
      found.append(f'{bar + 1:3d}.{place // 4 + 1}.{place % 4 + 1}  {" ".join(kept):42} {" ".join(gone):30} {" ".join(added)}'.rstrip())
  return found


def _notes(piece):
  """step -> {pitch: length in steps}."""
  found = {}
  for pitch, start, end in zip(*(array.tolist() for array in pianoroll.decode_notes(piece.roll))):
    found.setdefault(start, {})[pitch] = end - start
  return found


def _named(pitch, length, now=None):
  changed = '' if now in (None, length) else f'>{now}'
  return f'{NAMES[pitch % 12]}{pitch // 12 - 1}:{length}{changed}'


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('results_dir', None, 'Folder of the kept results.', flag_values=flag_values, required=True)
  flags.DEFINE_string('cache_dir', '', 'Folder that keeps the prepared pieces.', flag_values=flag_values)
  flags.DEFINE_enum('split', 'validation', ('validation', 'test'), 'Split of the pieces.', flag_values=flag_values)
  flags.DEFINE_string('label', 'guided', 'Name of the method in the tables.', flag_values=flag_values)
  flags.DEFINE_float('strength', None, "Strength; the method's own without.", flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Seed.', flag_values=flag_values)
  flags.DEFINE_string('direction', 'jazz-pop', 'Direction.', flag_values=flag_values)
  flags.DEFINE_integer('contents', 20, 'Contents a direction in that run.', flag_values=flag_values)
  flags.DEFINE_integer('number', 0, 'Which of them, from 0.', flag_values=flag_values)
  flags.DEFINE_string('bars', '5-8', 'First and last bar.', flag_values=flag_values)


def main(flag_values):
  """Flags -> the bars, printed."""
  key = results_lib.key(flag_values.label, flag_values.strength, flag_values.seed, flag_values.direction, flag_values.contents)
  where = results_lib.path(flag_values.results_dir, key)
  if not os.path.exists(where):
    raise errors.ArgumentError(f'{flag_values.results_dir}: no results of {key}; run transfer_benchmark with --results_dir')
  first, _, last = flag_values.bars.partition('-')
  pools = pieces.load(flag_values.corpus_root, flag_values.split, flag_values.cache_dir)
  pair = pieces.pairs(pools, flag_values.direction, flag_values.contents, flag_values.seed)[flag_values.number]
  result = measure.result_piece(results_lib.load(where)[flag_values.number])
  print(f'{pair.content.label} in the style of {pair.style.label}\nbar.beat.sixteenth, kept, gone, added')
  print('\n'.join(lines(pair.content.piece, result, int(first), int(last or first))))
