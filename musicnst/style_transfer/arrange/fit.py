"""What the donors' notes must give way to once they are moved: the tune, the next chord, the ear below C3, the piece's own beginning and end."""
import dataclasses

import numpy as np

# Below this pitch (C3) two notes closer than this are mud.
LOW, CLOSE_BELOW = 48, 5
# A tune at or above this pitch keeps the notes around it below; a lower one may have them above.
TUNE_ABOVE = 57
LOWEST, HIGHEST = 24, 100
# The next tone of the chord below the tune lies less than so many semitones under it.
NEXT_TONE = 8
# Notes are cut where another chord begins, if so much of them would be left.
SHORTEST = .12
# What is left of a note goes on under another chord where it is so long.
GOES_ON = .4
# Semitones that rub (minor second, major seventh, minor ninth), and how long they may touch in passing, in quarters.
RUBS, TOUCH = (1, 11), .13
# A final chord is held where the piece rests for so many quarters; it has no more than so many notes within so many semitones.
RESTS, ENDING_NOTES, ENDING_SPAN = 1.0, 5, 31
# Notes of one pitch that begin so near to each other (quarters) are one.
SAME_TIME = .06


def against_harmony(notes, harmony):
  """Moved notes that end where a chord begins that they do not belong to, and go on there as its nearest tone; a bass goes on as its root."""
  end, later = notes.end.copy(), []
  for i, (start, last) in enumerate(zip(notes.start.tolist(), notes.end.tolist())):
    change = harmony.next_change(start + .05)
    while change < last - .05:
      span = int(harmony.at(change))
      stays = harmony.tones[span, notes.pitch[i] % 12] and not (notes.bass[i] and _leaves(harmony, span, notes.pitch[i]))
      if not stays and change - start >= SHORTEST:
        end[i] = change
        if last - change >= GOES_ON and harmony.root[span] >= 0:
          later.append((i, change, last, _going_on(notes.pitch[i], notes.bass[i], harmony, span)))
        break
      change = harmony.next_change(change)
  notes = dataclasses.replace(notes, end=end)
  if not later:
    return notes
  which, start, last, pitch = (np.array(column) for column in zip(*later))
  held = dataclasses.replace(notes.select(which), start=start, end=last, pitch=pitch)
  return type(notes).joined([notes, against_harmony(held, harmony)])


def _leaves(harmony, span, pitch):
  """Whether a bass that is a tone of a chord is neither its root nor its bass."""
  return harmony.root[span] >= 0 and pitch % 12 not in (harmony.root[span], harmony.bass[span])


def _going_on(pitch, is_bass, harmony, span):
  """The pitch nearest to one that is a tone of a chord, or its root."""
  wanted = np.arange(12) == harmony.root[span] if is_bass else harmony.tones[span]
  return min((pitch + d for d in range(-6, 7) if wanted[(pitch + d) % 12]), key=lambda p: (abs(p - pitch), p))


def on_bass(notes, harmony):
  """The lowest notes on the root of a chord that stands on another bass go to that bass."""
  pitch = notes.pitch.copy()
  span = harmony.at(notes.start + .03)
  root, bass = harmony.root[span], harmony.bass[span]
  turned = notes.bass & (root >= 0) & (bass >= 0) & (bass != root) & (pitch % 12 == root)
  pitch[turned] += (bass[turned] - root[turned] + 6) % 12 - 6
  return dataclasses.replace(notes, pitch=pitch)


def in_register(notes):
  """Notes by octaves into `LOWEST` to `HIGHEST`."""
  pitch = notes.pitch.copy()
  pitch += 12 * np.ceil(np.maximum(LOWEST - pitch, 0) / 12).astype(int)
  pitch -= 12 * np.ceil(np.maximum(pitch - HIGHEST, 0) / 12).astype(int)
  return dataclasses.replace(notes, pitch=pitch)


def under_tune(notes, tune, harmony):
  """Notes that do not reach the tune, and do not rub against it.

  Args:
    notes: Moved.
    tune: (start, end, pitch) of the tune's notes, arrays sorted by start.
    harmony: Harmony.
  """
  start, end, line = tune
  keep, pitch = np.ones(len(notes.pitch), bool), notes.pitch.copy()
  longest = (end - start).max() if len(start) else 0
  first = np.searchsorted(start, notes.start - longest - 1e-6)
  last = np.searchsorted(start, notes.end - 1e-6)
  together, taken = np.round(notes.start * 12).astype(int).tolist(), {}
  for i in np.lexsort((pitch, together)).tolist():
    near, chord = slice(first[i], last[i]), taken.setdefault(together[i], set())
    touching = np.minimum(end[near], notes.end[i]) - np.maximum(start[near], notes.start[i])
    over = line[near][touching > 1e-3]
    if len(over):
      tones = harmony.tones[int(harmony.at(notes.start[i] + .03))]
      pitch[i], keep[i] = _below(pitch[i], over, notes.bass[i], notes.above[i], tones, chord)
      if keep[i]:
        pitch[i], keep[i] = _unrubbed(pitch[i], line[near][touching > TOUCH], harmony, notes.start[i], notes.bass[i])
    chord.add(int(pitch[i]))
  return dataclasses.replace(notes, pitch=pitch).select(keep)


def _below(pitch, line, is_bass, above, tones, taken):
  """(pitch, whether it stays): below the tune where the tune is high, on the next tone of the chord or octaves down; never on the tune's own note.

  Notes that begin together and both lie too high go to different tones, so that the chord stays whole; `taken` has the pitches of those below.
  """
  lowest = line.min()
  if lowest >= TUNE_ABOVE and pitch >= lowest and not above:
    down = pitch + 12 * ((lowest - 1 - pitch) // 12)
    near = [] if is_bass else [p for p in range(lowest - 1, max(lowest - 13, LOW - 1), -1) if tones[p % 12]]
    pitch = near[0] if near and near[0] > max(lowest - NEXT_TONE, down) else down
    if pitch in taken:
      pitch = next((p for p in (down, *near) if p not in taken and p >= LOW), pitch)
  if (line == pitch).any():
    pitch -= 12
    return pitch, pitch >= (LOWEST if is_bass else LOW)
  return pitch, pitch >= LOWEST


def _unrubbed(pitch, line, harmony, time, is_bass):
  """(pitch, whether it stays): moved to the nearest chord tone that does not rub against the tune; a root in the bass may rub an octave away."""
  rubs = lambda p: ((np.abs(line - p) % 12 == RUBS[0]) | (np.abs(line - p) % 12 == RUBS[1])).any()
  if not len(line) or not rubs(pitch):
    return pitch, True
  span = int(harmony.at(time + .03))
  if is_bass and pitch % 12 in (harmony.root[span], harmony.bass[span]) and (line - pitch > 12).all():
    return pitch, True
  tones = harmony.tones[span] if harmony.root[span] >= 0 else harmony.scale[span]
  for distance in (1, 2, 3, 4):
    for candidate in (pitch - distance, pitch + distance):
      if tones[candidate % 12] and not rubs(candidate) and candidate < line.min():
        return candidate, True
  return pitch, False


def moving(notes, theirs, tune, harmony):
  """Notes in which a line that moves in the donor does not stand still.

  Where three single notes and more come out on one pitch and are not one pitch in the donor, those that move there go to
  another tone of the chord, in the direction of the donor's line where it can be.

  Args:
    notes: Moved.
    theirs: int `[K]`, the pitches of the donor's notes.
    tune: (start, end, pitch) of the tune's notes, sorted.
    harmony: Harmony.
  """
  pitch = notes.pitch.copy()
  for line in _standing(notes, theirs):
    for before, note in zip(line, line[1:]):
      step = int(np.sign(theirs[note] - theirs[before]))
      if step and pitch[note] == pitch[before]:
        pitch[note] = _stepped(notes, note, pitch[note], step, tune, harmony)
  return dataclasses.replace(notes, pitch=pitch)


def _standing(notes, theirs):
  """Lists of three notes and more, one after the other by themselves within a quarter, of one pitch where the donor has several."""
  order = np.lexsort((notes.pitch, notes.start))
  start, found, line = notes.start[order], [], []
  apart = np.diff(start, prepend=-np.inf, append=np.inf) > SAME_TIME
  for place, note in enumerate(order.tolist()):
    goes_on = line and notes.pitch[note] == notes.pitch[line[-1]] and notes.start[note] - notes.start[line[-1]] <= 1
    if not (apart[place] and apart[place + 1] and goes_on):
      found.append(line)
      line = []
    if apart[place] and apart[place + 1]:
      line.append(note)
  return [line for line in [*found, line] if len(line) > 2 and len(set(theirs[line].tolist())) > 1]


def _stepped(notes, note, pitch, step, tune, harmony):
  """The next tone of the chord above or below a pitch that does not reach the tune and does not rub against it; else the pitch."""
  start, end, line = tune
  low, high = np.searchsorted(start, notes.start[note] - 8), np.searchsorted(start, notes.end[note] - 1e-6)
  sounding = line[low:high][end[low:high] > notes.start[note] + TOUCH]
  tones = harmony.tones[int(harmony.at(notes.start[note] + .03))]
  for way in (step, -step):
    for other in range(pitch + way, pitch + way * NEXT_TONE, way):
      under = not len(sounding) or other < sounding.min() or pitch > sounding.min()
      if tones[other % 12] and under and not np.isin(np.abs(sounding - other) % 12, (0, *RUBS)).any():
        return other
  return pitch


def without_mud(notes):
  """Notes in a low chord an octave higher where they lie too near the one below them."""
  pitch = notes.pitch.copy()
  order = np.lexsort((pitch, np.round(notes.start * 12)))
  for here, above in zip(order, order[1:]):
    together = abs(notes.start[here] - notes.start[above]) < .08
    if together and pitch[above] < LOW and 0 < pitch[above] - pitch[here] < CLOSE_BELOW:
      pitch[above] += 12
  return dataclasses.replace(notes, pitch=pitch)


def once(notes):
  """Of notes of one pitch that begin together the longest; a note that is struck again ends where it is."""
  keep, end, last = np.ones(len(notes.pitch), bool), notes.end.copy(), None
  for note in np.lexsort((-notes.end, notes.start, notes.pitch)):
    if last is not None and notes.pitch[last] == notes.pitch[note]:
      if notes.start[note] - notes.start[last] < SAME_TIME:
        keep[note] = False
        continue
      end[last] = min(end[last], notes.start[note])
    last = note
  return dataclasses.replace(notes, end=end).select(keep & (end > notes.start))


def ended(notes, tune, harmony, last, end):
  """Notes whose figure does not run on under the final chord of the piece: what it would still play of the chord is struck together and held.

  A figure that comes to rest by itself, before the second half of that chord, stays.

  Args:
    notes: Moved.
    tune: (start, end, pitch) of the tune's notes.
    harmony: Harmony.
    last, end: where the piece strikes its last notes, and where they end.
  """
  late = notes.start > last + SAME_TIME
  held = end - last
  if held < RESTS - SAME_TIME or not late.any() or end - notes.start.max() >= max(RESTS, held / 2) - SAME_TIME:
    return notes
  tones = harmony.tones[int(harmony.at(last + .03))]
  struck = np.abs(notes.start - last) <= SAME_TIME
  chord = np.flatnonzero(struck | late & (tones[notes.pitch % 12] if tones.any() else True))
  chord = chord[np.lexsort((notes.pitch[chord], np.round(notes.start[chord] * 12)))]
  line, taken = tune[2][tune[1] > last + SAME_TIME], []
  for note in chord:
    pitch = notes.pitch[note]
    fits = all(abs(pitch - other) >= (CLOSE_BELOW if min(pitch, other) < LOW else 2) for other in notes.pitch[taken])
    inside = not taken or abs(pitch - notes.pitch[taken]).max() <= ENDING_SPAN
    if struck[note] or len(taken) < ENDING_NOTES and fits and inside and not np.isin(np.abs(line - pitch), (0, 1)).any():
      taken.append(int(note))
  final = notes.select(np.array(taken, int))
  final = dataclasses.replace(final, start=np.where(struck[taken], final.start, last), end=np.full(len(taken), end))
  return type(notes).joined([notes.select(~late & ~struck), final])


def alike(notes, groups, starts, editable):
  """Moved notes, those of equal bars as in the first of them.

  Args:
    notes: Moved.
    groups: int `[M]`, equal for bars that are equal.
    starts: float `[M]`, where the bars begin.
    editable: bool `[M]`, bars that have new notes.
  """
  first = {}
  for bar in np.flatnonzero(editable).tolist():
    first.setdefault(int(groups[bar]), bar)
  parts = [notes.select(~np.isin(notes.bar, np.flatnonzero(editable)))]
  for bar in np.flatnonzero(editable).tolist():
    model = first[int(groups[bar])]
    part, later = notes.select(notes.bar == model), starts[bar] - starts[model]
    parts.append(dataclasses.replace(part, start=part.start + later, end=part.end + later, bar=np.full(len(part.bar), bar)))
  return type(notes).joined(parts)


def within(notes, first, last):
  """Notes from the piece's first onset on, until its last end."""
  end = np.minimum(notes.end, last)
  return dataclasses.replace(notes, end=end).select((notes.start >= first - .02) & (end - notes.start > .03))
