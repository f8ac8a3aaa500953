"""What the instruments of an arrangement cannot play: notes out of their range, and notes together where one at a time sounds."""
import numpy as np

from musicnst.analysis import instruments
from musicnst.analysis import score as score_lib

# Notes that sound together for so many quarters at most are one after the other.
TOUCH = .13


def out_of_range(notes: score_lib.Score) -> np.ndarray:
  """bool `[N]`: the notes that lie below or above what their program plays."""
  low, high = np.array([instruments.pitch_range(program) for program in notes.program.tolist()], int).reshape(-1, 2).T
  return (notes.pitch < low) | (notes.pitch > high)


def overlapping(notes: score_lib.Score, others: score_lib.Score) -> np.ndarray:
  """bool `[N]`: the notes of monophonic programs with which another one of their instrument sounds, for more than `TOUCH` quarters.

  Args:
    notes: a Score. others: a Score that has all of `notes` too, whatever it has beside them.
  """
  alone = np.array([instruments.monophonic(program) for program in notes.program.tolist()], bool)
  result = np.zeros(len(notes), bool)
  for instrument in np.unique(notes.instrument[alone]):
    mine = np.flatnonzero(alone & (notes.instrument == instrument))
    theirs = others.instrument == instrument
    starts, ends = np.sort(others.start[theirs]), np.sort(others.end[theirs])
    # All that began before its end, less all that ended before its start, sound with a note; one of them is itself.
    together = np.searchsorted(starts, notes.end[mine] - TOUCH, 'left') - np.searchsorted(ends, notes.start[mine] + TOUCH, 'right')
    result[mine] = together > 1
  return result
