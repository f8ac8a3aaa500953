"""Accompaniments from chord names: what the project's own arrangements of traditional tunes are made of.

A progression is text such as `F | Bb C7 | F`: bars of one or more chords that share the bar equally.
"""
import fractions
import re

from musicnst.pieces import notation

_CHORD = re.compile(r'([A-G][#b]?)(maj7|m7|m6|m|7|6|)$')
_INTERVALS = {'': (0, 4, 7), 'm': (0, 3, 7), '7': (0, 4, 7, 10), 'm7': (0, 3, 7, 10), 'maj7': (0, 4, 7, 11), '6': (0, 4, 7, 9),
              'm6': (0, 3, 7, 9)}


def progression(text, meter, start_bar=1):
  """[(start, length, root, intervals)] of a progression, times in quarters; bar 0 is left for a pickup."""
  bar_length = fractions.Fraction(4 * meter[0], meter[1])
  chords = []
  for i, bar in enumerate(text.split('|')):
    names = bar.split()
    for j, name in enumerate(names):
      root, kind = _CHORD.match(name).groups()
      length = bar_length / len(names)
      tonic = notation.pitch(root[0].lower() + root[1:] + '0') % 12
      chords.append(((start_bar + i) * bar_length + j * length, length, tonic, _INTERVALS[kind]))
  return chords


def figure(chords, steps):
  """Plays a figure on each chord.

  Args:
    chords: from `progression`.
    steps: list of (place, length, what) in quarters from the chord's start; `what` is a tuple of functions of (root, intervals) that
      give a pitch. Places beyond the chord's end are left out.
  """
  return tuple(notation.Event(start + place, length, tuple(sorted({note(root, intervals) for note in what})))
               for start, whole, root, intervals in chords for place, length, what in steps if place < whole)


def bass(lowest, step=0):
  """A chord's note (0 root, 1 third, 2 fifth, 3 seventh or the root above) at or above `lowest`."""
  def note(root, intervals):
    interval = intervals[step] if step < len(intervals) else 12
    base = lowest + (root - lowest) % 12
    return base + interval
  return note


def close(lowest, steps=(0, 1, 2)):
  """Functions for the chord's notes, each at or just above `lowest`: a close position that hardly moves between chords."""
  def placed(step):
    return lambda root, intervals: lowest + (root + intervals[min(step, len(intervals) - 1)] - lowest) % 12
  return tuple(placed(step) for step in steps)


def walking(chords, lowest=36):
  """A walking bass in quarters: root, third, fifth, then a half step below the next root (or the fifth, where the chord stays)."""
  events = []
  for i, (start, whole, root, intervals) in enumerate(chords):
    line = [bass(lowest, step)(root, intervals) for step in (0, 1, 2)]
    following = chords[(i + 1) % len(chords)][2]
    line.append(line[0] + (intervals[3] if len(intervals) > 3 else 9) if following == root else lowest + (following - lowest) % 12 - 1)
    events.extend(notation.Event(start + beat, fractions.Fraction(1), (line[beat],)) for beat in range(min(int(whole), 4)))
  return tuple(events)


def drums(num_bars, beats_per_bar, hits, start_bar=1):
  """A drum pattern repeated every bar; `hits` is a list of (place in quarters, General MIDI drum)."""
  half = fractions.Fraction(1, 2)
  return tuple(notation.Event(fractions.Fraction((start_bar + bar) * beats_per_bar) + place, half, (drum,))
               for bar in range(num_bars) for place, drum in sorted(hits))
