"""What of a piece may change: all of it or some bars, as one texture or by instrument, cut into stretches of bounded length."""
import numpy as np

from musicnst.style_transfer import spaces
from musicnst.style_transfer.pieces import passages
from musicnst.style_transfer.pieces import piece as piece_lib

# A stretch of at most this many steps (128 windows) is restyled at a time; longer pieces are cut into equal stretches.
SECTION_STEPS = 4096


def of(whole, tracks='merge', bars=None):
  """[(Piece, bool `[T]`)]: the stretches of a piece, and the steps of each that may change.

  Args:
    whole: Piece.
    tracks: 'merge' for all instruments as one texture, 'each' for every instrument by itself.
    bars: of `request.Settings`.

  Raises:
    ArgumentError: the piece has no such bars.
  """
  editable = within_bars(whole, bars)
  editable[:whole.start_steps.min()] = False  # the silence before the music stays; behind its end there are no steps
  if not editable.any():
    return []
  starts = whole.bar_start_steps()
  origin = int(starts[starts <= np.flatnonzero(editable)[0]].max(initial=0))
  return [stretch for part in _parts(whole, tracks) for stretch in _cut(part, editable, origin)]


def within_bars(whole, bars):
  """bool `[T]`: the steps within `bars`."""
  if bars is None:
    return np.ones(whole.total_steps, bool)
  edges, mask = np.append(whole.bar_start_steps(), whole.total_steps), np.zeros(whole.total_steps, bool)
  for bar in np.flatnonzero(passages.mask(bars, whole)):
    mask[edges[bar]:edges[bar + 1]] = True
  return mask


def _parts(whole, tracks):
  """The piece as one texture, or one Piece an instrument (all on the beats of the whole)."""
  if tracks == 'merge':
    return [whole]
  instruments = sorted({whole.sequence.notes[i].instrument for i in whole.note_index})
  return [piece_lib.from_sequence(whole.sequence, whole.steps_per_quarter, instruments={i}, beat_map=whole.beat_map) for i in instruments]


def _cut(part, editable, first):
  """[(Piece, editable mask)]: the part cut into stretches of equal length from step `first` on, only those that may change."""
  steps = np.flatnonzero(editable[:part.total_steps])
  if not len(steps):
    return []
  last = int(steps[-1]) + 1
  count = -(-(last - first) // SECTION_STEPS)
  size = -(-(last - first) // (count * spaces.WINDOW_STEPS)) * spaces.WINDOW_STEPS
  found = []
  for start in range(first, last, size):
    section = part.section(start, min(start + size, last))
    if section is not None:
      found.append((section, editable[start:start + section.total_steps]))
  return found
