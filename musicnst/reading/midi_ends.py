"""Where notes end: at their note-off, or, of a note that has none or none of its own length, after a while."""
import numpy as np

from musicnst.reading import manner as manner_lib

# A note of no length gets this share of a quarter, one without a note-off at most so many quarters; both end where the pitch begins again.
SHORTEST_QUARTERS, LONGEST_QUARTERS = 1 / 4, 4


def ticks(notes, events, first, second, resolution, mended):
  """int64 `[N]`: the ticks at which notes end.

  Args:
    notes: int32 `[N, 3]` of `midi_pair.pair`.
    events: [ticks, statuses, offsets, tracks].
    first, second: uint8 `[E]`, the data bytes of each event.
    resolution: ticks a quarter.
    mended: list that gets the number of notes without a note-off.
  """
  at, statuses, _, tracks = events
  starts, offs = at[notes[:, 1]], notes[:, 2]
  ends = np.where(offs >= 0, at[offs], -1)
  odd = np.flatnonzero(ends <= starts)
  if not len(odd):
    return ends
  strikes = np.flatnonzero(((statuses & 0xF0) == 0x90) & (second > 0))
  keys = (tracks.astype(np.int64) * 16 + (statuses & 0x0F)) * 128 + first
  struck = _next_strikes(notes[odd, 1], strikes, at, keys)
  lasts = np.zeros(int(tracks.max()) + 1, np.int64)
  np.maximum.at(lasts, tracks, at)
  open_ = offs[odd] < 0
  shortest, longest = max(1, int(resolution * SHORTEST_QUARTERS)), resolution * LONGEST_QUARTERS
  track_ends = lasts[tracks[notes[odd, 1]]]
  held = open_ & (track_ends > starts[odd])
  ends[odd] = np.minimum(np.where(held, np.minimum(track_ends, starts[odd] + longest), starts[odd] + shortest), struck)
  if open_.any():
    mended.append(manner_lib.Mended('notes_without_end', f'notes without an end: {int(open_.sum())}'))
  return ends


def _next_strikes(wanted, strikes, at, keys):
  """For the note-ons `wanted` (events) the tick at which their pitch is struck again, after their own.

  Args:
    strikes: all note-ons (events).
    at, keys: of every event its tick and its pitch on its track and channel, as numbers.
  """
  order = strikes[np.lexsort((at[strikes], keys[strikes]))]
  base = int(at.max()) + 2
  index = np.searchsorted(keys[order] * base + at[order], keys[wanted] * base + at[wanted] + 1)
  following = order[np.minimum(index, len(order) - 1)]
  return np.where((index < len(order)) & (keys[following] == keys[wanted]), at[following], np.iinfo(np.int64).max)
