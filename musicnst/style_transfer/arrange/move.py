"""A donor's notes under a bar of the content: each keeps its role over the root, its place in the beat, and the figure's register."""
import dataclasses

import numpy as np

from musicnst.style_transfer.arrange import speed

# Intervals over the root by the role that a chord tone has.
THIRDS, FIFTHS, SEVENTHS, SIXTH, SUSPENSIONS = (3, 4), (6, 7, 8), (10, 11), 9, (2, 5)
# A note that lies outside the style's own key stays chromatic where it is this short (quarters) and goes on by step.
CHROMATIC_LENGTH = .6


@dataclasses.dataclass(frozen=True, eq=False)
class Moved:
  """Notes to write, in quarters of the content.

  Args:
    start, end: float `[K]`.
    pitch, velocity: int `[K]`. source: int `[K]`, the style's note each comes from, in its score.
    bass: bool `[K]`, the lowest of what the donor plays there.
    above: bool `[K]`, notes that lie above the donor's own tune, which sounds there.
    style: int `[K]`, which of the styles each comes from.
    bar: int `[K]`, the content's bar that it was made for.
  """

  start: np.ndarray
  end: np.ndarray
  pitch: np.ndarray
  velocity: np.ndarray
  source: np.ndarray
  bass: np.ndarray
  above: np.ndarray
  style: np.ndarray
  bar: np.ndarray

  def select(self, mask):
    return Moved(*(getattr(self, field.name)[mask] for field in dataclasses.fields(self)))

  @classmethod
  def joined(cls, parts):
    return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(cls)))


def notes_of(donors, window):
  """int `[K]`: the style's notes around its tune that begin in a window, in its order; a beat that is repeated gives them again.

  Returns:
    (notes, places): indices in the style's score, and which of the window's beats each begins in.
  """
  piece = donors.piece
  beat = piece.beats.of(piece.onsets[piece.around])
  found = [(note, place) for place, wanted in enumerate(donors.beats[window]) for note in piece.around[beat == wanted]]
  return np.array([note for note, _ in found], int), np.array([place for _, place in found], int)


def placed(donors, notes, places, edges, beats, middles):
  """(start, end) of notes in the content's quarters; straight figures swing where the content does.

  Args:
    donors: donors.Donors.
    notes, places: of `notes_of`.
    edges: float `[n + 1]`, the content's edges of the bar's beats.
    beats: int `[n]`, the style's beats of the window.
    middles: float `[n]`, where the middle of each of the content's beats lies (`speed.middles`).
  """
  piece = donors.piece
  style = piece.beats.edges
  from_start, from_length = style[beats[places]], style[beats[places] + 1] - style[beats[places]]
  to_start, to_length = edges[places], edges[places + 1] - edges[places]
  place, theirs = (piece.score.start[notes] - from_start) / from_length, speed.middles(piece, beats[places])
  start = to_start + speed.warped(place, theirs, middles[places]) * to_length
  length = (piece.score.end[notes] - piece.score.start[notes]) * to_length / from_length
  last = np.floor(place + length / to_length - 1e-3)
  end_place = place + length / to_length - last
  bent = last + speed.warped(end_place, theirs, middles[places])
  return start, np.maximum(to_start + bent * to_length, start + .02)


def pitches(style, notes, harmony, times, ends, before=0):
  """(int `[K]`, int): the style's notes at the content's chords, and the semitones that the last root was moved by.

  Args:
    style: ArrangedPiece of the style.
    notes: int `[K]` in its score.
    harmony: the content's Harmony.
    times, ends: float `[K]`, where the notes come to lie, on the grid.
    before: semitones that the root before was moved by; the next one goes as near to it as the octave lets it.
  """
  result, shifts = np.zeros(len(notes), int), {}
  for i, (note, time) in enumerate(zip(notes.tolist(), times.tolist())):
    theirs, ours = style.harmony.at(style.onsets[note]), harmony.at(time)
    theirs, ours = _anticipated(style, note, int(theirs), harmony, int(ours), ends[i])
    root, target = int(style.harmony.root[theirs]), int(harmony.root[ours])
    if root < 0 or target < 0:
      result[i] = _nearest(int(style.score.pitch[note]), harmony.scale[ours])
      continue
    if (root, target) not in shifts:
      before = shifts[root, target] = _shift(root, target, before)
    result[i] = _moved(int(style.score.pitch[note]), style.harmony, theirs, harmony, ours, shifts[root, target])
  return result, before


def _shift(root, target, before):
  """Semitones from one root to another: as few as may be, and not far from those of the root before, so that lines go on as they went."""
  least = (target - root + 6) % 12 - 6
  return min((least - 12, least, least + 12), key=lambda shift: abs(shift) + .25 * abs(shift - before))


def _anticipated(style, note, theirs, harmony, ours, end):
  """The spans whose chords a note belongs to: the next ones, where it is held into them and fits the style's next chord only."""
  pc, change = style.score.pitch[note] % 12, style.harmony.next_change(style.onsets[note], theirs)
  if style.harmony.tones[theirs, pc] or not style.score.end[note] > change + .1:
    return theirs, ours
  later = int(style.harmony.at(change))
  if not style.harmony.tones[later, pc]:
    return theirs, ours
  ahead = harmony.next_change(float(harmony.edges[ours]), ours)
  return later, int(harmony.at(ahead)) if ahead < end - .05 else ours


def _moved(pitch, theirs, their_span, ours, our_span, shift):
  """One pitch, from the chord of one span to that of another whose root lies `shift` semitones away."""
  root, target = int(theirs.root[their_span]), int(ours.root[our_span])
  interval = (pitch - root) % 12
  wanted = _interval(interval, _over(theirs.tones[their_span], root), _over(ours.tones[our_span], target),
                     _over(theirs.scale[their_span], root), _over(ours.scale[our_span], target))
  return pitch + shift + (wanted - interval + 6) % 12 - 6


def _over(pitch_classes, root):
  """bool `[12]` by pitch class -> by semitones over a root."""
  return np.roll(pitch_classes, -root)


def _interval(interval, their_chord, our_chord, their_scale, our_scale):
  """Semitones over the style's root -> over the content's, the role kept."""
  if interval == 0 or not their_chord[interval] and our_chord[interval]:
    return interval
  if their_chord[interval]:
    role = next((role for role in (THIRDS, FIFTHS, SEVENTHS) if interval in role), SUSPENSIONS if interval in SUSPENSIONS else (SIXTH,))
    if role == SUSPENSIONS and not any(our_chord[i] for i in role):
      role = THIRDS
    there = [i for i in role if our_chord[i]]
    if there:
      return min(there, key=lambda i: abs(i - interval))
    if role == THIRDS:
      there = [i for i in SUSPENSIONS if our_chord[i]]
      if there:
        return min(there, key=lambda i: abs(i - interval))
    if role == SEVENTHS:  # a triad takes the seventh of its key
      there = [i for i in role if our_scale[i]]
      if there:
        return min(there, key=lambda i: abs(i - interval))
    if our_scale[interval]:
      return interval
  elif not their_scale[interval] or our_scale[interval]:
    return interval
  return min(np.flatnonzero(our_scale).tolist() or [interval], key=lambda i: (abs(i - interval), i > interval))


def _nearest(pitch, scale):
  """The nearest pitch of a scale (bool `[12]`); the pitch itself where the scale is empty."""
  if not scale.any():
    return pitch
  return min((pitch + d for d in range(-3, 4) if scale[(pitch + d) % 12]), key=lambda p: (abs(p - pitch), p))
