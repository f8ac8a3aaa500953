"""Sequence -> window records through a converter: every window, those that survive the way back."""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst.data import records


def of_sequence(sequence, converter, labels, counts, round_trip=True):
  """The records of all windows of a sequence in beats.

  Args:
    sequence: NoteSequence, seconds being quarters.
    converter: representations' `Converter`.
    labels: dict of name -> str, put on each window.
    counts: `Counts` to add to: stages `windows` and `sequences`.
    round_trip: leave out windows that do not come back equal when decoded and encoded again.

  Returns:
    list of (key, record): 16 bytes that equal windows share, and the serialized record; in order.

  Raises:
    RejectedSequence: the converter does not take the sequence.
  """
  windows = converter.to_windows(sequence)
  if not windows:
    raise errors.RejectedSequence('no_windows')
  counts.add('windows', 'made', len(windows))
  if round_trip:
    kept = [w for w, good in zip(windows, survivors(windows, converter), strict=True) if good]
    counts.add('windows', 'rejected_round_trip', len(windows) - len(kept))
    windows = kept
  labelled = (dataclasses.replace(w, labels={**labels, **w.labels}) for w in windows)
  return [(records.content_key(w), records.write_example(w, converter)) for w in labelled]


def survivors(windows, converter):
  """Which windows come back equal from notes: list of bool.

  Consecutive windows are tried as one sequence, so that notes cross their seams; what does not come back so, and windows that overlap,
  are tried each alone.
  """
  back = {}
  if _consecutive(windows, converter):
    first = windows[0].start_step
    back = {w.start_step + first: w for w in _there_and_back(windows, converter)}
  equal = lambda w: w.start_step in back and _equal(w, back[w.start_step])
  return [equal(w) or _survives(w, converter) for w in windows]


def _survives(window, converter):
  back = _there_and_back([window], converter)
  return len(back) == 1 and _equal(window, back[0])


def _consecutive(windows, converter):
  starts = [w.start_step for w in windows]
  return starts == list(range(starts[0], starts[0] + len(windows) * converter.grid_steps, converter.grid_steps))


def _there_and_back(windows, converter):
  """The windows of what the windows' notes are; none where the converter refuses its own output."""
  try:
    return converter.to_windows(converter.from_windows(np.stack([w.outputs for w in windows]), qpm=60.0))
  except errors.RejectedSequence:
    return []


def _equal(window, other):
  if window.outputs.dtype == np.float32:  # times in seconds do not come back to the last bit
    return np.allclose(window.outputs, other.outputs, rtol=0, atol=1e-4)
  return np.array_equal(window.outputs, other.outputs)
