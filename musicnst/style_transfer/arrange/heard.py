"""Where the chord of the content is no longer heard in a result, the new notes there are moved until it is.

The result is read again as any piece is (`analysis.chords`). Under a chord that comes out as another one, first the bass goes to its note and long
tones beside the chord to the chord, then every tone beside it, then a doubled tone takes the third; where nothing sounds, the figure's last notes
are struck again. Elsewhere nothing is touched, so the style keeps its own dissonances where the chord is heard through them.
"""
import dataclasses

import numpy as np

from musicnst.analysis import chords as chords_lib
from musicnst.style_transfer.arrange import fit
from musicnst.style_transfer.arrange import move

ROUNDS = 3
# A note that begins or ends so near to an edge (quarters) begins or ends there; one that sounds for less in a span says nothing there.
NEAR, SHORT = .06, .2
# Notes beside the chord that are at least so long, or begin with the chord, are mended in the first round.
LONG = .45
# The nearest tone may lie so many semitones away.
REACH = 4
# The lowest note of a chord is its bass below this pitch; it may be a line's where a style has no more than one under its tune.
BASS_BELOW = 67


def of(notes, kept, harmony, editable, rounds=ROUNDS):
  """Moved notes under which the content's chords are heard.

  Args:
    notes: move.Moved.
    kept: analysis.score.Score of the notes that stay, with the content's bars.
    harmony: the content's Harmony, spans of a beat.
    editable: bool `[B]`, spans in which notes may be moved.
    rounds: how often the result is read again.
  """
  for round_ in range(rounds):
    if not len(notes.pitch):
      return notes
    lost = editable & ~comes_out(harmony, chords_lib.of(joined(kept, notes)))
    if not lost.any():
      break
    for first, last in stretches(harmony, lost):
      notes = _mended(notes, kept, harmony, first, last, round_)
  return notes


def comes_out(harmony, found):
  """bool `[B]`: spans whose root and third come out again (or that have no chord)."""
  places = found.at((harmony.edges[:-1] + harmony.edges[1:]) / 2)
  third = lambda root, tones: tones[np.arange(len(root)), (root + 3) % 12]
  same = (found.root[places] == harmony.root) & (third(found.root[places], found.tones[places]) == third(harmony.root, harmony.tones))
  return same | (harmony.root < 0)


def joined(kept, notes):
  """Score of notes that stay and new ones, sorted."""
  start = np.concatenate([kept.start, notes.start])
  pitch = np.concatenate([kept.pitch, notes.pitch])
  order, zeros = np.lexsort((pitch, start)), np.zeros(len(notes.pitch), int)
  together = lambda a, b: np.concatenate([a, b])[order]
  return dataclasses.replace(
      kept, index=together(kept.index, zeros), pitch=pitch[order], velocity=together(kept.velocity, notes.velocity),
      program=together(kept.program, zeros), instrument=together(kept.instrument, zeros), start=start[order],
      end=together(kept.end, notes.end), is_drum=together(kept.is_drum, zeros.astype(bool)))


def stretches(harmony, lost):
  """[(first, last)]: neighbouring lost spans of one chord, `last` exclusive."""
  found, i = [], 0
  while i < len(lost):
    j = i + 1
    if lost[i]:
      while j < len(lost) and lost[j] and harmony.root[j] == harmony.root[i] and (harmony.tones[j] == harmony.tones[i]).all():
        j += 1
      found.append((i, j))
    i = j
  return found


def _mended(notes, kept, harmony, first, last, round_):
  """Notes with those of spans `first` to `last` moved to the chord."""
  begin, end = harmony.edges[first], harmony.edges[last]
  tones, root, bass = harmony.tones[first], int(harmony.root[first]), int(harmony.bass[first])
  sounding = (notes.start < end - NEAR) & (np.minimum(notes.end, end) - np.maximum(notes.start, begin) > SHORT / 2)
  if not sounding.any():
    return _struck_again(notes, kept, harmony, first, begin, end)
  starts = sounding & (notes.start >= begin - NEAR)
  pitch, stop = notes.pitch.copy(), notes.end.copy()
  # What is held into the chord and is no tone of it ends before it.
  held = sounding & ~starts & ~tones[pitch % 12]
  stop[held] = np.maximum(begin, notes.start[held] + .1)
  line = lambda i: _sounding_pitches(kept, notes.start[i], notes.end[i])
  lowest = _first_lowest(notes, starts, begin)
  for i in np.flatnonzero(starts):
    wanted = tones
    if i == lowest and pitch[i] < BASS_BELOW:
      wanted = np.arange(12) == (bass if bass >= 0 and round_ == 0 else root)
    elif tones[pitch[i] % 12] or (round_ == 0 and notes.end[i] - notes.start[i] < LONG and notes.start[i] > begin + NEAR):
      continue
    pitch[i] = _nearest(pitch[i], wanted, line(i), REACH if wanted is tones else 6)
  if round_:
    _with_third(notes, pitch, starts, root, tones, line)
  return dataclasses.replace(notes, pitch=pitch, end=stop)


def _first_lowest(notes, starts, begin):
  """The lowest note of those that begin first in a stretch; -1 for none."""
  inside = np.flatnonzero(starts)
  if not len(inside):
    return -1
  together = inside[notes.start[inside] <= notes.start[inside].min() + NEAR]
  bass = inside[notes.pitch[inside] < 48]
  if len(bass) and not (notes.pitch[together] < 48).any():  # the bass comes after the beat
    together = bass[notes.start[bass] <= notes.start[bass].min() + NEAR]
  return int(together[notes.pitch[together].argmin()])


def _nearest(pitch, wanted, line, reach):
  """The nearest pitch whose class is wanted, that does not rub against the notes that stay and does not cross above them; else the pitch itself."""
  top = line.min() if len(line) and line.min() > pitch else 128
  for distance in range(reach + 1):
    for candidate in (pitch - distance, pitch + distance):
      rubs = np.isin(np.abs(line - candidate) % 12, fit.RUBS).any() and candidate >= BASS_BELOW - 12
      if wanted[candidate % 12] and candidate < top and not rubs:
        return candidate
  return pitch


def _with_third(notes, pitch, starts, root, tones, line):
  """A tone that is doubled takes the third, in place, where none sounds."""
  third = (root + (3 if tones[(root + 3) % 12] else 4)) % 12
  inside = np.flatnonzero(starts)
  if not tones[third] or not len(inside) or (pitch[inside] % 12 == third).any():
    return
  order = inside[np.argsort(-(notes.end - notes.start)[inside], kind='stable')]
  for i in order:
    doubled = (pitch[inside] % 12 == pitch[i] % 12).sum() > 1 or pitch[i] % 12 not in (root, (root + 7) % 12)
    if doubled and pitch[i] > pitch[inside].min():
      found = _nearest(pitch[i], np.arange(12) == third, line(i), 6)
      if found % 12 == third:
        pitch[i] = found
        return


def _struck_again(notes, kept, harmony, first, begin, end):
  """The notes that began last before a chord under which nothing sounds, again at its beginning, as its tones."""
  before = np.flatnonzero(notes.start < begin - NEAR)
  if not len(before) or begin - notes.start[before].max() > 4:
    return notes
  again = before[notes.start[before] >= notes.start[before].max() - NEAR]
  tones = harmony.tones[first]
  length = np.minimum(notes.end[again] - notes.start[again], end - begin)
  pitch = np.array([_nearest(int(p), tones, _sounding_pitches(kept, begin, end), 6) for p in notes.pitch[again]])
  new = notes.select(again)
  new = dataclasses.replace(new, start=np.full(len(again), begin), end=begin + np.maximum(length, .2), pitch=pitch)
  return move.Moved.joined([notes, new])


def _sounding_pitches(kept, start, end):
  """int: pitches of the notes that stay and sound between two times."""
  return kept.pitch[(kept.start < end - .03) & (kept.end > start + .03)]
