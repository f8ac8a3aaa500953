"""What a note looks like among its neighbours: numbers by which a small network tells a tune from what is around it.

Nothing here depends on tracks or instruments. Times are quarter-note beats. Notes are put in reading order: chords from left to right,
each from the top down, where a chord is what begins within `CHORD_BEATS` of its first note.
"""
import numpy as np

CHORD_BEATS = 0.06
# How many notes after a note are looked at; a band of 30 plays about that many at once.
REACH = 40
SHORTEST_BEATS = 1 / 32
# A step of a line: at most this many semitones, at most this many beats after the note before has ended.
STEP_SEMITONES, STEP_BEATS = 9, 2.0
NEAR_BEATS, WIDE_BEATS = 0.5, 2.0
FAR = 24


def reading_order(score):
  """(order, chord) of the notes of a Score.

  Returns:
    (int64 `[N]`, places of the notes in reading order; int64 `[N]`, the number of the chord that each of them begins in, rising).
  """
  if not len(score):
    return np.zeros(0, np.int64), np.zeros(0, np.int64)
  first, chord = score.start[0], np.zeros(len(score), np.int64)
  number = 0
  for i, start in enumerate(score.start.tolist()):
    if start - first > CHORD_BEATS:
      first, number = start, number + 1
    chord[i] = number
  order = np.lexsort((-score.pitch, chord))
  return order, chord[order]


def features(score):
  """The numbers of every note.

  Args:
    score: Score of N notes; drums are taken for notes, so leave them out.

  Returns:
    (int64 `[N]`, the reading order; float32 `[N, len(NAMES)]` in that order, mostly within -1 and 1).
  """
  order, chord = reading_order(score)
  columns = _columns(score, order, chord)
  return order, np.stack([columns[name] for name in NAMES], axis=1).astype(np.float32) if len(order) else np.zeros((0, len(NAMES)), np.float32)


def _columns(score, order, chord):
  pitch, velocity = score.pitch[order].astype(np.float64), score.velocity[order].astype(np.float64)
  start = score.start[order]
  end = np.maximum(score.end[order], start + SHORTEST_BEATS)
  columns = {}
  if len(order):
    columns.update(_own(pitch, velocity, start, end))
    columns.update(_places(score, start))
    columns.update(_chords(velocity, start, end, chord))
    columns.update(_neighbours(pitch, velocity, start, end, chord))
  return columns


def _own(pitch, velocity, start, end):
  """Register, length and loudness, by themselves, in the piece and in the two bars around."""
  length = np.log2(end - start)
  columns = {'pitch': (pitch - 60) / 24, 'length': length / 4, 'pitch_in_piece': (pitch - np.median(pitch)) / 12,
             'after_first': np.log2(1 + start - start[0]) / 8, 'before_last': np.log2(1 + start[-1] - start) / 8}
  for name, values, unit in (('pitch', pitch, 12), ('length', length, 2), ('velocity', velocity, 32)):
    mean = _local(values, start, 4.0)
    columns[f'{name}_here'] = np.clip((values - mean) / unit, -3, 3)
  columns['spread_here'] = np.sqrt(np.maximum(_local(pitch**2, start, 4.0) - _local(pitch, start, 4.0)**2, 0)) / 12
  columns['velocity_in_piece'] = np.clip((velocity - velocity.mean()) / 32, -3, 3)
  low, high = _window(start, 2.0)
  columns['density'] = np.log2(1 + high - low) / 6
  return columns


def _window(start, reach):
  """First note and one past the last note that begin within `reach` beats; starts are in order but for the notes of one chord."""
  rising = np.maximum.accumulate(start)
  return np.searchsorted(rising, start - reach, side='left'), np.searchsorted(rising, start + reach, side='right')


def _local(values, start, reach):
  """Mean over the notes that begin within `reach` beats."""
  low, high = _window(start, reach)
  sums = np.concatenate([[0.0], np.cumsum(values)])
  high = np.maximum(high, low + 1)
  return (sums[high] - sums[low]) / (high - low)


def _places(score, start):
  """Where in its beat and bar a note begins, as angles."""
  lines = score.bar_starts
  bar = np.clip(np.searchsorted(lines, start + CHORD_BEATS, side='right') - 1, 0, len(lines) - 1)
  lengths = np.array([max(one.end_beat - one.start_beat, SHORTEST_BEATS) for one in score.bars])[bar]
  in_bar = 2 * np.pi * (start - lines[bar]) / lengths
  in_beat = 2 * np.pi * (start - lines[bar])
  return {'beat_cos': np.cos(in_beat), 'beat_sin': np.sin(in_beat), 'bar_cos': np.cos(in_bar), 'bar_sin': np.sin(in_bar)}


def _chords(velocity, start, end, chord):
  """Of the chord that a note begins in: its size, the note's place from either side, loudness in it, time to the chords around."""
  first = np.searchsorted(chord, chord, side='left')
  last = np.searchsorted(chord, chord, side='right') - 1
  times = start[np.unique(first)]
  gaps = np.concatenate([[4.0], np.maximum(np.diff(times), SHORTEST_BEATS), [4.0]])
  sums = np.concatenate([[0.0], np.cumsum(velocity)])
  place = np.arange(len(start))
  mean = (sums[last + 1] - sums[first]) / (last + 1 - first)
  return {
      'chord_size': np.log2(last - first + 1) / 3, 'from_top': np.minimum(place - first, 6) / 6, 'from_bottom': np.minimum(last - place, 6) / 6,
      'velocity_in_chord': np.clip((velocity - mean) / 32, -2, 2),
      'gap_before': np.log2(np.clip(gaps[chord], None, 8.0)) / 4, 'gap_after': np.log2(np.clip(gaps[chord + 1], None, 8.0)) / 4,
      'held_on': np.clip(np.log2((end - start) / gaps[chord + 1]), -3, 3) / 3}


class _Extremes:
  """Running least or greatest values over pairs of notes, one number a note."""

  def __init__(self, count):
    self.count = count
    self.values = {}

  def least(self, name, where, value, initial):
    """Lowers `name` of the notes in the slice `where` to `value` where it is lower."""
    kept = self.values.setdefault(name, np.full(self.count, float(initial)))
    np.minimum(kept[where], value, out=kept[where])

  def add(self, name, where, value):
    """Adds to `name`."""
    self.values.setdefault(name, np.zeros(self.count))[where] += value


def _neighbours(pitch, velocity, start, end, chord):
  """What comes of comparing every note with the `REACH` notes after it."""
  count = len(pitch)
  found = _Extremes(count)
  for lag in range(1, REACH + 1):
    early, late = slice(0, max(count - lag, 0)), slice(lag, None)
    _compare(found, early, late, pitch[late] - pitch[early], start[late] - start[early], start[late] - end[early],
             velocity[late] - velocity[early], chord[late] == chord[early])
    _cover(found, early, late, pitch[late] - pitch[early], start, end)
  return _scaled(found.values, end - start)


def _compare(found, early, late, up, apart, rest, louder, together):
  """One lag: `up` semitones and `apart` beats from the early note to the late one, which begins `rest` beats after the early one ends."""
  sounding = rest < -CHORD_BEATS
  found.add('sounding_above', late, sounding & (up < 0))
  found.add('sounding_below', late, sounding & (up > 0))
  found.add('sounding_below', early, together & (up < 0))
  found.least('above', late, np.where(sounding & (up < 0), -up, FAR), FAR)
  found.least('below', late, np.where(sounding & (up > 0), up, FAR), FAR)
  found.least('below', early, np.where(together & (up < 0), -up, FAR), FAR)
  for name, reach in (('near', NEAR_BEATS), ('wide', WIDE_BEATS)):
    within = apart <= reach
    for side, where, sign in (('before', late, 1), ('after', early, -1)):
      found.least(f'{name}_top_{side}', where, np.where(within, sign * up, FAR), FAR)
      found.least(f'{name}_bottom_{side}', where, np.where(within, -sign * up, FAR), FAR)
  _follow(found, early, late, up, rest, louder, together)
  same = (up == 0) & ~together
  for side, where in (('before', late), ('after', early)):
    found.least(f'again_{side}', where, np.where(same, apart, 8.0), 8.0)
    found.add(f'octave_{side}', where, (np.abs(up) == 12) & together)


def _follow(found, early, late, up, rest, louder, together):
  """How well the late note goes on from the early one, as a line: semitones, time between, change of loudness."""
  leap = np.abs(up)
  possible = ~together & (leap <= STEP_SEMITONES + 3) & (rest > -0.5) & (rest < STEP_BEATS)
  cost = np.where(possible, leap / STEP_SEMITONES + np.abs(rest) + np.abs(louder) / 32, 4.0)
  plain = np.where(possible & (leap <= STEP_SEMITONES), leap / STEP_SEMITONES + np.abs(rest), 4.0)
  for side, where in (('before', late), ('after', early)):
    found.least(f'line_{side}', where, cost, 4.0)
    found.least(f'plain_line_{side}', where, plain, 4.0)
    found.least(f'rest_{side}', where, np.where(possible, np.abs(rest), 2.0), 2.0)
    found.least(f'leap_{side}', where, np.where(possible & (np.abs(rest) < 0.6), leap, 12.0), 12.0)


def _cover(found, early, late, up, start, end):
  """Beats for which higher notes sound during a note."""
  overlap = np.maximum(np.minimum(end[early], end[late]) - start[late], 0)
  found.add('covered', early, np.where(up > 0, overlap, 0))
  found.add('covered', late, np.where(up < 0, overlap, 0))


# Columns of `_neighbours`: name -> what it is divided by.
_SCALES = {
    'sounding_above': 6, 'sounding_below': 6, 'above': 12, 'below': 12,
    'near_top_before': 12, 'near_top_after': 12, 'near_bottom_before': 12, 'near_bottom_after': 12,
    'wide_top_before': 12, 'wide_top_after': 12, 'wide_bottom_before': 12, 'wide_bottom_after': 12,
    'line_before': 4, 'line_after': 4, 'plain_line_before': 4, 'plain_line_after': 4, 'rest_before': 2, 'rest_after': 2,
    'leap_before': 12, 'leap_after': 12, 'again_before': 8, 'again_after': 8, 'octave_before': 1, 'octave_after': 1}
NAMES = (
    'pitch', 'length', 'pitch_in_piece', 'after_first', 'before_last', 'pitch_here', 'length_here', 'velocity_here', 'spread_here',
    'velocity_in_piece', 'density', 'beat_cos', 'beat_sin', 'bar_cos', 'bar_sin', 'chord_size', 'from_top', 'from_bottom',
    'velocity_in_chord', 'gap_before', 'gap_after', 'held_on', 'covered') + tuple(_SCALES)


def _scaled(values, length):
  columns = {name: np.clip(values[name] / unit, -2, 2) for name, unit in _SCALES.items()}
  return columns | {'covered': np.clip(values['covered'] / length, 0, 2)}
