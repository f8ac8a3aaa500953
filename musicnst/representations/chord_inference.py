"""Chords of music that names none: the likeliest path of keys and chords given the pitch classes of each half bar (a Viterbi search).

The model, its numbers and its ties are those of note_seq's `chord_inference` (uniform first key; a key change has chance .001, a chord
change .5; a pitch of a chord lies out of the key with chance .01; a frame's log likelihood is 100 times the cosine of its pitch classes
and the chord's), so that both infer the same chords. Here the table of transitions is made once, not for each piece.
"""
import functools
import math

import numpy as np

from musicnst import errors

ROOT_NAMES = ('C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')
KEY_PITCHES = (0, 2, 4, 5, 7, 9, 11)
KINDS = {'': (0, 4, 7), 'm': (0, 3, 7), '+': (0, 4, 8), 'dim': (0, 3, 6), '7': (0, 4, 7, 10), 'maj7': (0, 4, 7, 11), 'm7': (0, 3, 7, 10),
         'm7b5': (0, 3, 6, 10)}
NO_CHORD = 'N.C.'
# All chords: none, then each kind on each root.
CHORDS = ((NO_CHORD, ()), *((root + kind, tuple((index + offset) % 12 for offset in offsets))
                            for index, root in enumerate(ROOT_NAMES) for kind, offsets in KINDS.items()))
KEY_CHANGE, CHORD_CHANGE, OUT_OF_KEY, CONCENTRATION = .001, .5, .01, 100.0
CHORDS_PER_BAR, BAR_QUARTERS, MAX_CHORDS = 2, 4, 1000
# Sound effects and percussion: their pitches say nothing of the harmony.
UNPITCHED_PROGRAMS = frozenset((*range(96, 104), *range(112, 128)))


def infer(sequence, steps_per_quarter):
  """(time in seconds, symbol) of the chords, where they change; bars of four quarters, one tempo.

  Raises:
    RejectedSequence: `no_chords`: an empty sequence, or one of more than 1000 half bars.
  """
  qpm = sequence.tempos[0].qpm if sequence.tempos else 120.0
  seconds = steps_per_quarter * BAR_QUARTERS / CHORDS_PER_BAR / (steps_per_quarter * qpm / 60.0)
  total = sequence.total_time or max((note.end_time for note in sequence.notes), default=0.0)
  frames = math.ceil(total / seconds)
  if not 0 < frames <= MAX_CHORDS:
    raise errors.RejectedSequence('no_chords', f'chords can be inferred of 1 to {MAX_CHORDS} half bars, not of {frames}')
  path = likeliest(_pitch_classes(sequence, seconds, frames))
  return [(frame * seconds, CHORDS[chord][0]) for frame, chord in enumerate(path) if not frame or chord != path[frame - 1]]


def _pitch_classes(sequence, seconds, frames):
  """How long each pitch class sounds in each frame, rows of length 1, `[frames, 12]`."""
  edges = seconds * np.arange(1, frames)
  found = np.zeros([frames, 12])
  for note in sequence.notes:
    if note.is_drum or note.program in UNPITCHED_PROGRAMS:
      continue
    first, last = np.searchsorted(edges, note.start_time, 'right'), np.searchsorted(edges, note.end_time, 'left')
    if first >= last:
      found[first, note.pitch % 12] += note.end_time - note.start_time
      continue
    times = np.array([note.start_time, *edges[first:last], note.end_time])
    found[first:last + 1, note.pitch % 12] += np.diff(times)
  norm = np.linalg.norm(found, axis=1)
  return np.divide(found, norm[:, None], out=found, where=norm[:, None] > 0)


def likeliest(pitch_classes):
  """Rows of pitch classes `[frames, 12]` -> list of indices into CHORDS."""
  prior, transition = _tables()
  emission = CONCENTRATION * np.dot(pitch_classes, _chord_vectors().T)  # [frames, chords]
  score = (-np.log(12) + prior + emission[0]).reshape(-1)  # [keys * chords]
  parents = []
  for row in emission[1:]:
    candidates = score[:, None] + transition
    parents.append(candidates.argmax(axis=0))
    score = candidates[parents[-1], np.arange(len(score))] + np.tile(row, 12)
  path = [int(np.argmax(score))]
  for parent in parents[::-1]:
    path.append(int(parent[path[-1]]))
  return [index % len(CHORDS) for index in path[::-1]]


@functools.cache
def _tables():
  """Log chances: of chords in each key `[12, chords]`, of key and chord after key and chord `[12 chords, 12 chords]`."""
  pitches = [{(key + offset) % 12 for offset in KEY_PITCHES} for key in range(12)]
  inside = np.array([[len(set(chord) & key) for _, chord in CHORDS] for key in pitches], np.int32)
  outside = np.array([[len(set(chord) - key) for _, chord in CHORDS] for key in pitches], np.int32)
  chance = (1 - OUT_OF_KEY) ** inside * OUT_OF_KEY ** outside
  chance /= chance.sum(axis=1)[:, None]
  count = len(CHORDS)
  transition = np.empty([12, count, 12, count])
  transition[:] = (KEY_CHANGE / 11 * chance)[None, None]
  for key in range(12):
    # What the old chord's chance was is shared out among the others, since it is known to change.
    changed = (1 - KEY_CHANGE) * (CHORD_CHANGE * (chance[key][None] + chance[key][:, None] / (count - 1)))
    np.fill_diagonal(changed, (1 - KEY_CHANGE) * (1 - CHORD_CHANGE))
    transition[key, :, key] = changed
  return np.log(chance), np.log(transition.reshape(12 * count, 12 * count))


def _chord_vectors():
  """The pitch classes of each chord, rows of length 1 (of no chord: 0), `[chords, 12]`."""
  vectors = np.zeros([len(CHORDS), 12])
  for row, (_, chord) in zip(vectors, CHORDS):
    row[list(chord)] = 1
  vectors[1:] /= np.linalg.norm(vectors[1:], axis=1)[:, None]
  return vectors
