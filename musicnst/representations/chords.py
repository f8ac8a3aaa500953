"""Chords as controls: one of 49 classes a step, equal to note_seq's TriadChordOneHotEncoding.

Class 0 is no chord; then 12 roots, C first, of each triad: 1-12 major, 13-24 minor, 25-36 augmented, 37-48 diminished.
"""
import functools

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import chord_inference
from musicnst.representations import quantize

ROOTS = ('C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')
TRIADS = ('', 'm', 'aug', 'dim')
NO_CHORD = 'N.C.'
DEPTH = 1 + len(TRIADS) * len(ROOTS)
CHORD_SYMBOL = music_proto.NoteSequence.TextAnnotation.CHORD_SYMBOL


@functools.lru_cache(maxsize=4096)
def class_of(symbol):
  """The class of a chord symbol such as `Am7` or `C/G`.

  Raises:
    RejectedSequence: not a chord symbol (`unknown_chord`), or not on a major, minor, augmented or diminished triad.
  """
  if symbol == NO_CHORD:
    return 0
  for triad, name in enumerate(TRIADS):
    if symbol.endswith(name) and symbol[:len(symbol) - len(name)] in ROOTS:
      return 1 + 12 * triad + ROOTS.index(symbol[:len(symbol) - len(name)])
  from note_seq import chord_symbols_lib  # pylint: disable=import-outside-toplevel
  try:
    quality, root = chord_symbols_lib.chord_symbol_quality(symbol), chord_symbols_lib.chord_symbol_root(symbol)
  except chord_symbols_lib.ChordSymbolError as error:
    raise errors.RejectedSequence('unknown_chord', f'{symbol!r} is not a chord symbol') from error
  order = (chord_symbols_lib.CHORD_QUALITY_MAJOR, chord_symbols_lib.CHORD_QUALITY_MINOR, chord_symbols_lib.CHORD_QUALITY_AUGMENTED,
           chord_symbols_lib.CHORD_QUALITY_DIMINISHED)
  if quality not in order:
    raise errors.RejectedSequence('unknown_chord', f'{symbol!r} has none of the triads major, minor, augmented, diminished')
  return 1 + 12 * order.index(quality) + root


def symbol_of(index):
  """The chord symbol of a class."""
  return NO_CHORD if not index else ROOTS[(index - 1) % 12] + TRIADS[(index - 1) // 12]


def annotations(sequence):
  """(time, symbol) of the sequence's chord symbols, in order of time."""
  found = [(a.time, a.text) for a in sequence.text_annotations if a.annotation_type == CHORD_SYMBOL]
  return sorted(found, key=lambda pair: pair[0])


def known_or_inferred(sequence, steps_per_quarter):
  """The chord symbols of a sequence; where it has none, those that its notes suggest, two a bar (`chord_inference`).

  Returns:
    list of (time in seconds, symbol).

  Raises:
    RejectedSequence: no chords can be inferred (`no_chords`).
  """
  return annotations(sequence) or chord_inference.infer(sequence, steps_per_quarter)


def by_step(timed, total_steps, to_steps):
  """Classes int64 `[total_steps]`: at each step the last chord that has begun, none before the first.

  Args:
    timed: list of (time, symbol) by time.
    total_steps: T.
    to_steps: function of times `[N]` -> steps int64 `[N]`.

  Raises:
    RejectedSequence: two chords on one step (`coincident_chords`), or one that has no class (`unknown_chord`).
  """
  classes = np.zeros(total_steps, np.int64)
  steps = to_steps(np.array([time for time, _ in timed], np.float64)).tolist()
  before = None
  for step, (_, symbol) in zip(steps, timed, strict=True):
    if step >= total_steps:
      break
    if before is not None and before[0] == step and before[1] != symbol:
      raise errors.RejectedSequence('coincident_chords', f'{before[1]} and {symbol} at step {step}')
    before = step, symbol
    classes[step:] = class_of(symbol)
  return classes


def of_steps(sequence, notes, steps_per_quarter, total_steps):
  """Chord controls bool `[total_steps, 49]` of a sequence; after its last note the last chord goes on.

  Args:
    sequence: what the chords are named in, or inferred of.
    notes: its `QuantizedNotes`.
    steps_per_quarter: grid.
    total_steps: T.

  Raises:
    RejectedSequence: see `known_or_inferred` and `by_step`.
  """
  timed = known_or_inferred(sequence, steps_per_quarter)
  to_steps = lambda seconds: quantize.nearest_steps(sequence, seconds, steps_per_quarter)
  last = max(int(notes.end.max()), int(to_steps(np.array([sequence.total_time]))[0]))
  classes = by_step(timed, last, to_steps)
  return one_hot(np.pad(classes, (0, max(total_steps - last, 0)), mode='edge')[:total_steps])


def one_hot(classes):
  """int `[T]` -> bool `[T, 49]`."""
  return quantize.one_hot(classes, DEPTH)


def add(sequence, timed):
  """Appends chord symbols to a sequence where they change; `timed` is (seconds, symbol) pairs by time."""
  current = None
  for time, symbol in timed:
    if symbol != current:
      sequence.text_annotations.add(annotation_type=CHORD_SYMBOL, time=time, text=symbol)
      current = symbol


def transpose_index(semitones):
  """The `transpose_index` of chord controls, int32 `[49]`."""
  index = np.arange(DEPTH)
  return np.where(index == 0, 0, 1 + (index - 1) // 12 * 12 + (index - 1 - semitones) % 12).astype(np.int32)
