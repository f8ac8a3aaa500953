"""How far estimated chords agree with a truth, weighted by time, as MIREX does and mir_eval implements.

Each measure is a share of the time that the truth covers, "no chord" included, which only "no chord" matches:
`root`: the root; `majmin`: root and triad, where the truth is major, minor (by its first eight semitones, so sevenths and sixths count, and
suspended, diminished and augmented chords are left out) or none; `majmin_all`: root and third (major, minor, neither) over all the time;
`quality`: root and quality over all the time; `full`: root, quality and bass over all the time.
"""
import numpy as np

from musicnst.analysis import qualities

MEASURES = ('root', 'majmin', 'majmin_all', 'quality', 'full')
_FIFTH_UP = qualities.TEMPLATES[:, :8]
# 0 major, 1 minor, 2 another triad.
TRIADS = np.array([0 if np.array_equal(row, _FIFTH_UP[qualities.MAJOR]) else 1 if np.array_equal(row, _FIFTH_UP[qualities.MINOR]) else 2
                   for row in _FIFTH_UP])


def agreement(estimated, truth):
  """{measure: (beats that agree, beats that count)}.

  Args:
    estimated, truth: lists of (start, end, root, quality, bass), in order; where one says nothing there is no chord.
  """
  durations, left, right = aligned(estimated, truth)
  root, silent = left[:, 0] == right[:, 0], right[:, 0] < 0
  kinds = lambda labels, table: np.where(labels[:, 0] < 0, -1, table[labels[:, 1]])
  triad = root & (kinds(left, TRIADS) == kinds(right, TRIADS))
  third = root & (kinds(left, qualities.THIRDS) == kinds(right, qualities.THIRDS))
  quality = root & (left[:, 1] == right[:, 1])
  counted = silent | (kinds(right, TRIADS) < 2)
  everything = np.ones_like(root)
  found = {'root': (root, everything), 'majmin': (triad & counted, counted), 'majmin_all': (third, everything), 'quality': (quality, everything),
           'full': (quality & (left[:, 2] == right[:, 2]), everything)}
  return {name: (float(durations[agrees].sum()), float(durations[counts].sum())) for name, (agrees, counts) in found.items()}


def aligned(estimated, truth):
  """Cuts both at all their ends -> (durations `[N]`, labels of each int64 `[N, 3]`), from the start to the end of the truth."""
  if not truth:
    return np.zeros(0), np.zeros((0, 3), np.int64), np.zeros((0, 3), np.int64)
  times = np.unique([time for labels in (estimated, truth) for label in labels for time in label[:2]])
  times = times[(times >= truth[0][0]) & (times <= truth[-1][1])]
  middles = (times[1:] + times[:-1]) / 2
  return np.diff(times), _labels_at(estimated, middles), _labels_at(truth, middles)


def _labels_at(labels, times):
  found = np.full((len(times), 3), qualities.NONE)
  for start, end, *label in labels:
    found[np.searchsorted(times, start):np.searchsorted(times, end)] = label
  return found


def shares(agreements):
  """Agreements of many pieces -> {measure: share of all their time}."""
  total = {name: np.sum([found[name] for found in agreements], 0) for name in MEASURES}
  return {name: float(agrees / counted) if counted else float('nan') for name, (agrees, counted) in total.items()}
