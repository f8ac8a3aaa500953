"""Small scores written by hand, whose tune is known."""
from musicnst import music_proto
from musicnst.analysis import score as scores

# A tune in G of four bars of 4/4: (pitch, beat, length).
TUNE = [(74, 0, 1), (67, 1, .5), (69, 1.5, .5), (71, 2, .5), (72, 2.5, .5), (74, 3, 1),
        (67, 4, 1), (67, 5, 1), (76, 6, 1), (72, 7, .5), (74, 7.5, .5),
        (76, 8, .5), (78, 8.5, .5), (79, 9, 1), (67, 10, 1), (67, 11, 1),
        (72, 12, 1), (74, 13, .5), (72, 13.5, .5), (71, 14, .5), (69, 14.5, .5), (71, 15, 1)]
CHORDS = [(0, (43, 50, 55, 59)), (4, (43, 50, 55, 59)), (8, (48, 52, 55)), (10, (43, 50, 55, 59)), (12, (50, 54, 57)), (14, (43, 50, 55))]


def tune(shift=0, after=0.0):
  """The tune, so many semitones higher and beats later."""
  return [(pitch + shift, start + after, length) for pitch, start, length in TUNE]


def chords(shift=0, length=2.0, after=0.0):
  """Block chords below it."""
  return [(pitch + shift, start + after, length) for start, chord in CHORDS for pitch in chord]


def repeated(notes, times, beats=16):
  """The notes one after another."""
  return [(pitch, start + beats * i, length) for i in range(times) for pitch, start, length in notes]


def score(*tracks):
  """Score at 120 quarters a minute.

  Args:
    tracks: (notes, name, program, is_drum), of which only the notes must be there.
  """
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(time=0, qpm=120)
  for number, track in enumerate(tracks):
    notes, name, program, is_drum = track + ('', 0, False)[len(track) - 1:]
    for pitch, start, length in notes:
      sequence.notes.add(pitch=pitch, velocity=80, start_time=start / 2, end_time=(start + length) / 2, instrument=number, program=program,
                         is_drum=is_drum)
    if name:
      sequence.instrument_infos.add(instrument=number, name=name)
  sequence.total_time = max([note.end_time for note in sequence.notes], default=0)
  return scores.of(sequence)
