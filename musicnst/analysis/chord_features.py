"""What the chord network reads of each beat: pitch classes weighted by length, register, place and time; where the beat lies in its bar."""
import numpy as np

# A note counts for the beat that it is played into where it begins or ends this near to it (in beats).
EARLY = 1 / 12
# Longest a note is followed, in beats: a drone of an hour costs no more than many notes.
LONGEST = 128
SLOTS = 4  # places in a beat at which the lowest and highest note are looked up
NEAR, WIDE = 8, 32  # beats to either side of the two surroundings
PITCH_FEATURES, PLACE_FEATURES = 13, 10


def of(score, grid):
  """Score and its Grid -> (float32 `[B, 12, PITCH_FEATURES]`, float32 `[B, PLACE_FEATURES]`); drums are left out.

  The first turn with the music: a piece moved by a semitone has the same numbers one pitch class further on, but for what is counted by
  register. By feature: how long each
  pitch class sounds in the first and in the second half of the beat, low, in the middle, high; onsets, and onsets on the beat; share of
  the beat in which it is the lowest and the highest note; lowest note of the beat, and of two beats and two beats on; how much it sounds
  in 17 and in 65 beats around.
  """
  notes = score.pitched()
  start, end = _positions(notes, grid)
  beats = len(grid)
  note, beat, overlap = _pieces(start, end, beats)
  pitch = notes.pitch[note]
  low, high = np.clip((62 - pitch) / 24, 0, 1), np.clip((pitch - 58) / 24, 0, 1)
  halves = np.minimum(end[note], beat + .5) - np.maximum(start[note], beat)
  first = np.clip(halves, 0, None)
  chroma = lambda weights, at=beat, of=pitch: np.bincount(at * 12 + of % 12, weights=weights, minlength=beats * 12).reshape(beats, 12)
  onset = np.minimum(start.astype(np.int64), beats - 1)
  sounding = chroma(overlap)
  lowest, highest = _outer(start, end, notes.pitch, beats)
  found = [chroma(first), chroma(overlap - first), chroma(overlap * low), chroma(overlap * (1 - low) * (1 - high)), chroma(overlap * high),
           chroma(None, onset, notes.pitch), chroma((start - onset < EARLY).astype(np.float64), onset, notes.pitch),
           _shares(lowest), _shares(highest), _one_hot(lowest.min(1)), _one_hot(_lowest_near(lowest.min(1))),
           _unit(_around(sounding, NEAR)) * 2, _unit(_around(sounding, WIDE)) * 2]
  pitches = np.sqrt(np.minimum(np.stack(found, -1), 4.0)).astype(np.float32)
  return pitches, _places(grid, sounding.sum(1))


def _positions(notes, grid):
  """Starts and ends `[N]` in beats of the grid, set on the beat that they are near; each note at least a 24th of a beat long."""
  start, end = grid.position(notes.start), grid.position(notes.end)
  start = np.where(np.ceil(start) - start < EARLY, np.ceil(start), start)
  start = np.minimum(start, len(grid) - EARLY)
  end = np.where(end - np.floor(end) < EARLY, np.floor(end), end)
  return start, np.clip(end, start + EARLY / 2, np.minimum(start + LONGEST, len(grid)))


def _pieces(start, end, beats):
  """Cuts notes at beats -> (which note, which beat, how much of the beat), `[pieces]` each."""
  first = np.minimum(start.astype(np.int64), beats - 1)
  count = np.maximum(np.ceil(end).astype(np.int64) - first, 1)
  note = np.repeat(np.arange(len(start)), count)
  beat = first[note] + np.arange(len(note)) - np.repeat(np.cumsum(count) - count, count)
  return note, beat, np.clip(np.minimum(end[note], beat + 1) - np.maximum(start[note], beat), 0, 1)


def _outer(start, end, pitch, beats):
  """The lowest and the highest pitch at each quarter of each beat, `[B, SLOTS]`; 128 and -1 where nothing sounds."""
  lowest, highest = np.full(beats * SLOTS, 128), np.full(beats * SLOTS, -1)
  note, slot, _ = _pieces(start * SLOTS, np.maximum(end * SLOTS - .25, start * SLOTS + .01), beats * SLOTS)
  np.minimum.at(lowest, slot, pitch[note])
  np.maximum.at(highest, slot, pitch[note])
  return lowest.reshape(beats, SLOTS), highest.reshape(beats, SLOTS)


def _shares(pitches):
  """`[B, SLOTS]` -> share of the slots that have each pitch class, `[B, 12]`."""
  return np.mean([_one_hot(column) for column in pitches.T], 0)


def _one_hot(pitches):
  """Pitches `[B]` -> `[B, 12]`; zeros where there is none (outside 0 to 127)."""
  there = (pitches >= 0) & (pitches < 128)
  return ((pitches[:, None] % 12 == np.arange(12)) & there[:, None]).astype(np.float64)


def _lowest_near(pitches):
  """The lowest pitch from the beat before to two beats on, `[B]`."""
  padded = np.pad(pitches, (1, 2), constant_values=128)
  return np.min([padded[i:i + len(pitches)] for i in range(4)], 0)


def _around(chroma, reach):
  """Sum of the rows from `reach` before to `reach` after, `[B, 12]`."""
  total = np.vstack([np.zeros((1, 12)), np.cumsum(chroma, 0)])
  here = np.arange(len(chroma))
  return total[np.minimum(here + reach + 1, len(chroma))] - total[np.maximum(here - reach, 0)]


def _unit(rows):
  return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _places(grid, loudness):
  """`[B, PLACE_FEATURES]`: first beat, middle of the bar, odd place, last beat, 2, 3, 4 or other beats a bar, how much sounds, silence."""
  place, count = grid.place, grid.per_bar
  columns = [place == 0, (place == count // 2) & (place > 0), place % 2 == 1, place == count - 1, count == 2, count == 3, count == 4,
             (count < 2) | (count > 4), np.log1p(loudness) / 2, loudness <= 0]
  return np.stack(columns, 1).astype(np.float32)
