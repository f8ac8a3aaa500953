"""What the report shows of an arrangement: chords, phrases and tune of a piece, and which bars of the style piece came under which of the content."""
import numpy as np

from musicnst.analysis import qualities
from musicnst.style_transfer.pieces import result as result_lib


def reading(piece):
  """`result.Reading` of an ArrangedPiece, in its seconds."""
  bars = np.append(piece.score.bar_starts, piece.score.end_beat)
  seconds = lambda beats: piece.beat_map.to_seconds(np.asarray(beats, float))
  phrases = [(*seconds([bars[one.first_bar], bars[one.last_bar]]).tolist(), one.label) for one in piece.form.phrases]
  return result_lib.Reading(chords=_chords(piece.harmony, seconds), phrases=phrases, tune=sorted(piece.score.index[piece.tune].tolist()))


def _chords(harmony, seconds):
  """[(seconds, symbol)] where a chord begins; none where qualities are not known."""
  if harmony.quality is None:
    return []
  labels = np.stack([harmony.root, harmony.quality, harmony.bass], 1)
  new = np.append(True, (labels[1:] != labels[:-1]).any(1))
  times = seconds(harmony.edges[:-1][new]).tolist()
  return [(time, qualities.symbol(*label)) for time, label in zip(times, labels[new].tolist())]


def taken(plan, changing):
  """[`result.Taken`] of the bars that change (bool `[M]`), in order.

  Args:
    plan: list of (bar, `donors.Donors`, number of the style, window).
    changing: bool `[M]`.
  """
  found = []
  for bar, donors, _, window in sorted(plan, key=lambda part: part[0]):
    if changing[bar]:
      bars = np.unique(donors.piece.beats.bar[donors.beats[window]]) + 1
      found.append(result_lib.Taken(bar + 1, donors.piece.name, tuple(bars.tolist())))
  return found
