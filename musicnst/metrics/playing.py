"""What instruments can play: notes outside their ranges, and notes that sound together on an instrument that plays one at a time.

Both go by the programs of General MIDI (0 to 127). Ranges are those that sound, of instruments that exist; whatever is synthesized has every pitch.
"""
import numpy as np

from musicnst.analysis import score as score_lib

# First and last program of a family -> lowest and highest pitch. Later entries stand above earlier ones.
_RANGES = (
    (0, 7, 21, 108), (8, 8, 60, 108), (9, 9, 79, 108), (11, 11, 53, 89), (12, 12, 36, 96), (13, 13, 65, 108), (14, 14, 60, 77), (21, 23, 53, 93),
    (24, 25, 40, 88), (26, 31, 40, 88), (32, 37, 28, 67),  # basses from the open low E on
    (40, 40, 55, 103), (41, 41, 48, 91), (42, 42, 36, 84), (43, 43, 28, 67), (44, 45, 28, 103), (46, 46, 23, 104), (47, 47, 36, 60),
    (48, 49, 28, 103), (52, 53, 36, 84), (56, 56, 52, 86), (57, 57, 34, 77), (58, 58, 26, 65), (59, 59, 52, 86), (60, 60, 34, 77), (61, 61, 34, 86),
    (64, 64, 56, 88), (65, 65, 49, 81), (66, 66, 44, 76), (67, 67, 36, 69), (68, 68, 58, 91), (69, 69, 52, 81), (70, 70, 34, 75), (71, 71, 50, 94),
    (72, 72, 74, 108), (73, 73, 59, 98), (74, 74, 60, 98), (75, 75, 60, 96), (77, 77, 55, 87), (78, 79, 60, 108), (110, 110, 55, 103))
# Programs that sound one note at a time: basses, single winds, whistles.
_ALONE = ((32, 39), (56, 60), (64, 79), (111, 111))
# Notes that touch for so many quarters at most are one after the other.
TOUCH = .13


def _ranges() -> np.ndarray:
  found = np.tile([0, 127], (128, 1))
  for first, last, low, high in _RANGES:
    found[first:last + 1] = low, high
  return found


# int `[128, 2]`: lowest and highest pitch of each program. bool `[128]`: whether it sounds one note at a time.
RANGES = _ranges()
MONOPHONIC = np.isin(np.arange(128), [program for first, last in _ALONE for program in range(first, last + 1)])


def out_of_range(notes: score_lib.Score) -> np.ndarray:
  """bool `[N]`: the pitched notes that lie below or above what their program plays."""
  low, high = RANGES[np.clip(notes.program, 0, 127)].T
  return ((notes.pitch < low) | (notes.pitch > high)) & ~notes.is_drum


def overlapping(notes: score_lib.Score, others: score_lib.Score) -> np.ndarray:
  """bool `[N]`: the notes of monophonic programs during which another one of their instrument sounds, for more than `TOUCH` quarters.

  Args:
    notes: a Score. others: a Score that has all of `notes` too, whatever it has beside them.
  """
  result = np.zeros(len(notes), bool)
  for instrument in np.unique(notes.instrument[MONOPHONIC[np.clip(notes.program, 0, 127)] & ~notes.is_drum]):
    mine = np.flatnonzero(notes.instrument == instrument)
    theirs = np.flatnonzero(others.instrument == instrument)
    starts, ends = np.sort(others.start[theirs]), np.sort(others.end[theirs])
    # Of those that sound within a note are all that began before its end, less those that ended before its start; one is the note itself.
    within = np.searchsorted(starts, notes.end[mine] - TOUCH, 'left') - np.searchsorted(ends, notes.start[mine] + TOUCH, 'right')
    result[mine] = within > 1
  return result
