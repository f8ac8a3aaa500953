"""Outer voices of a piece, and whether its voices are equals, as in a fugue or a choir, or a tune over an accompaniment."""
import bisect
import dataclasses

import numpy as np

from musicnst.analysis import note_features

# A top voice keeps within this many semitones under the 65th percentile of the tops around, within this many beats.
DROP, LEVEL, AROUND_BEATS = 10, 65, 8.0
# Equal voices: the lowest line moves by steps at least, and by leaps of more than a fourth at most, this often; it has about as many
# notes as the highest (log2); of the notes under the top this share goes on by step; their lengths (log2) are those of the top. On
# scores of piano music 21 of 24 fugues of Bach are within, 7 of 19 of his other pieces, 5 of 134 of other composers, 0 of 60 pop songs.
STEPS, LEAPS, RATE, CONNECTED, LENGTH = 0.4, 0.25, 0.7, 0.5, 0.7
# A note may sound on into the next by this much and still be alone.
LEGATO_BEATS = 0.25
# Fewer notes than this say nothing of voices.
FEWEST = 24
# Tracks of single notes that begin together in this share of cases and are about as busy (ratio) are a choir.
TOGETHER, BUSY, SINGLE = 0.5, 0.5, 0.95


def skyline(score):
  """bool `[N]`: the highest of the notes that begin together, where no higher note sounds on."""
  result, sounding = np.zeros(len(score), bool), []
  order, chord = note_features.reading_order(score)
  first = order[np.r_[True, np.diff(chord) > 0]] if len(order) else order
  for i, pitch, start, end in zip(first.tolist(), score.pitch[first].tolist(), score.start[first].tolist(), score.end[first].tolist()):
    sounding = [(other, until) for other, until in sounding if until > start + note_features.CHORD_BEATS]
    result[i] = all(other <= pitch for other, _ in sounding)
    sounding.append((pitch, end))
  return result


def bottom_line(score):
  """bool `[N]`: the lowest of the notes that begin together, where no lower note sounds on, without what is the skyline too."""
  return skyline(dataclasses.replace(score, pitch=127 - score.pitch)) & ~skyline(score)


def top_voice(score):
  """The skyline without what lies far under the tops around, which belongs to the accompaniment."""
  places = np.flatnonzero(skyline(score))
  start, pitch = score.start[places], score.pitch[places]
  result = np.zeros(len(score), bool)
  result[places[pitch >= _levels(start, pitch) - DROP]] = True
  return result


def _levels(start, pitch):
  """float `[K]`: the `LEVEL`th percentile (nearest rank) of the pitches within `AROUND_BEATS` of each note; starts in order."""
  low, high = np.searchsorted(start, start - AROUND_BEATS), np.searchsorted(start, start + AROUND_BEATS, side='right')
  window, result, values = [], np.zeros(len(start)), pitch.tolist()
  left = right = 0
  for i, (first, last) in enumerate(zip(low.tolist(), high.tolist())):
    for value in values[right:last]:
      bisect.insort(window, value)
    for value in values[left:first]:
      del window[bisect.bisect_left(window, value)]
    left, right = first, last
    result[i] = window[round(LEVEL / 100 * (len(window) - 1))]
  return result


def single(score):
  """Share of the notes that begin while no other sounds and with no other."""
  if not len(score):
    return 1.0
  _, chord = note_features.reading_order(score)
  sizes = np.bincount(chord)
  order = np.argsort(score.start, kind='stable')
  held = np.maximum.accumulate(score.end[order])[:-1] > score.start[order][1:] + LEGATO_BEATS
  return float(np.mean((sizes[chord] == 1) & ~np.r_[False, held]))


def are_equal(score):
  """Whether the voices of a Score without drums are equals: all lines, none of them the accompaniment of another."""
  if len(score) < FEWEST or single(score) > SINGLE:
    return False
  return _is_choir(score) or _is_fugue(score)


def _is_fugue(score):
  top, bottom = skyline(score), bottom_line(score)
  if min(top.sum(), bottom.sum()) < FEWEST // 4:
    return False
  moves = np.abs(np.diff(score.pitch[bottom]))
  length = np.maximum(score.end - score.start, note_features.SHORTEST_BEATS)
  return bool(
      np.mean((moves > 0) & (moves < 3)) >= STEPS and np.mean(moves > 5) <= LEAPS
      and abs(np.log2(bottom.sum() / top.sum())) <= RATE and np.log2(np.median(length[~top]) / np.median(length[top])) < LENGTH
      and np.mean(_connected(score)[~top]) >= CONNECTED)


def _connected(score):
  """bool `[N]`: notes with a step to a note that they follow, or that follows them."""
  order, columns = note_features.features(score)
  leaps = 12 * columns[:, [note_features.NAMES.index(name) for name in ('leap_before', 'leap_after')]]
  result = np.empty(len(score), bool)
  result[order] = np.any((leaps > 0.5) & (leaps < 2.5), axis=1)
  return result


def _is_choir(score):
  parts = [score.select(score.instrument == one) for one in np.unique(score.instrument)]
  if len(parts) < 3 or min(single(part) for part in parts) < SINGLE:
    return False
  counts = np.array([len(part) for part in parts])
  top = parts[int(np.argmax([part.pitch.mean() for part in parts]))]
  together = [np.mean(distance(part.start, top.start) < note_features.CHORD_BEATS) for part in parts]
  return bool(counts.min() >= BUSY * counts.max() and min(together) >= TOGETHER)


def distance(times, others):
  """float `[K]`: from each time to the nearest of the others (sorted, at least one)."""
  place = np.searchsorted(others, times)
  after, before = others[np.clip(place, 0, len(others) - 1)], others[np.clip(place - 1, 0, None)]
  return np.minimum(np.abs(times - after), np.abs(times - before))
