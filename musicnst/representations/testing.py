"""NoteSequences from plain tuples, for tests."""
import numpy as np

from musicnst import music_proto


def sequence(notes, qpm=120.0, meter=(4, 4), velocity=80, program=0, instrument=0, is_drum=False):
  """A NoteSequence from tuples of `(pitch, start, end)` or `(pitch, start, end, velocity)`, times in quarters.

  Args:
    notes: the tuples.
    qpm: tempo, quarters a minute; one tempo at time 0.
    meter: (numerator, denominator), or None for no time signature.
    velocity: of notes that give none.
    program, instrument, is_drum: of all of these notes; see `add` for more parts.
  """
  built = music_proto.NoteSequence(ticks_per_quarter=220)
  built.tempos.add(qpm=qpm)
  if meter:
    built.time_signatures.add(numerator=meter[0], denominator=meter[1])
  return add(built, notes, velocity=velocity, program=program, instrument=instrument, is_drum=is_drum)


def add(built, notes, velocity=80, program=0, instrument=0, is_drum=False):
  """Adds a part to a sequence of `sequence`, in its first tempo; returns it."""
  seconds = 60.0 / built.tempos[0].qpm
  for pitch, start, end, *rest in notes:
    built.notes.add(pitch=pitch, start_time=start * seconds, end_time=end * seconds, velocity=rest[0] if rest else velocity,
                    program=program, instrument=instrument, is_drum=is_drum)
  built.total_time = max((note.end_time for note in built.notes), default=0.0)
  return built


def melody(num_bars=4, seed=0, program=0, instrument=0, steps_per_quarter=4, low=60, high=80):
  """A random one-voice tune in 4/4 that begins on the first step and whose last note ends with the last bar."""
  random = np.random.default_rng(seed)
  steps, notes, at = num_bars * 4 * steps_per_quarter, [], 0
  while at < steps:
    length = min(int(random.integers(1, 7)), steps - at)
    rest = int(random.integers(0, 3)) if at + length + 3 < steps else 0
    notes.append((int(random.integers(low, high)), at / steps_per_quarter, (at + length) / steps_per_quarter))
    at += length + rest
  return sequence(notes, program=program, instrument=instrument)


def drums(num_bars=4, seed=0, instrument=9):
  """A random drum part in 4/4 with a hit on the first step of every bar."""
  random = np.random.default_rng(seed)
  pitches = (36, 38, 42, 46, 45, 48, 50, 49, 51)
  notes = [(pitches[p], step / 4, step / 4 + .25) for step in range(num_bars * 16) for p in range(9)
           if (p == 0 and step % 16 == 0) or random.random() < .15]
  return sequence(notes, instrument=instrument, is_drum=True)


def groove(num_bars=4, seed=0, instrument=9):
  """A random drum part in 4/4 played off the grid, by up to .45 of a sixteenth, with all velocities; nothing before time 0."""
  random = np.random.default_rng(seed)
  pitches = (36, 38, 42, 46, 43, 47, 50, 49, 51)
  notes = []
  for step in range(num_bars * 16):
    for p in range(9):
      if (p == 0 and step % 16 == 0) or random.random() < .15:
        start = (step + random.uniform(0 if step == 0 else -.45, .45)) / 4
        notes.append((pitches[p], start, start + .2, int(random.integers(1, 128))))
  return sequence(notes, instrument=instrument, is_drum=True)


def band(num_bars=4, seed=0):
  """Melody, bass and drums together, a sequence of three parts."""
  whole = melody(num_bars, seed)
  whole.notes.extend(melody(num_bars, seed + 1, program=33, instrument=1, low=35, high=50).notes)
  whole.notes.extend(drums(num_bars, seed).notes)
  whole.total_time = max(note.end_time for note in whole.notes)
  return whole


def with_chords(built, num_bars, seed=0, symbols=('C', 'Am7', 'F#dim', 'Ebmaj7', 'Gaug', 'Bb/D', 'Dm')):
  """Adds a chord symbol every half bar to a sequence in its first tempo; returns it."""
  random, seconds = np.random.default_rng(seed), 60.0 / built.tempos[0].qpm
  for half in range(2 * num_bars):
    built.text_annotations.add(annotation_type=music_proto.NoteSequence.TextAnnotation.CHORD_SYMBOL, time=2 * half * seconds,
                               text=str(random.choice(symbols)))
  return built


def lead_sheet(num_bars=4, seed=0):
  """A `melody` with chord symbols."""
  return with_chords(melody(num_bars, seed), num_bars, seed)


def lead_sheet_of_band(num_bars=4, seed=0):
  """A `band` with chord symbols."""
  return with_chords(band(num_bars, seed), num_bars, seed)


def chords(num_bars=4, seed=0, steps_per_quarter=4):
  """A random polyphonic piece in 4/4: overlapping notes of many lengths, no two of one pitch sounding at once."""
  random = np.random.default_rng(seed)
  steps, free_from, notes = num_bars * 4 * steps_per_quarter, np.zeros(128, np.int64), []
  for step in range(steps):
    for pitch in random.choice(np.arange(36, 90), size=int(random.integers(0, 4)), replace=False):
      if free_from[pitch] <= step:
        length = min(int(random.integers(1, 9)), steps - step)
        free_from[pitch] = step + length
        notes.append((int(pitch), step / steps_per_quarter, (step + length) / steps_per_quarter, int(random.integers(1, 128))))
  return sequence(notes)
