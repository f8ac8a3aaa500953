"""What instruments cannot play, counted by hand."""
from musicnst.analysis import score as score_lib
from musicnst.metrics import playing
from musicnst.representations import testing

FLUTE, BASS = 73, 33


def _band(*parts):
  """(program, [(pitch, start, end) in quarters]) -> NoteSequence at a quarter a second."""
  sequence = testing.sequence([], qpm=60)
  for instrument, (program, notes) in enumerate(parts):
    testing.add(sequence, notes, program=program, instrument=instrument)
  return sequence


def _score(*parts):
  return score_lib.of(_band(*parts))


def test_ranges():
  notes = _score((FLUTE, [(58, 0, 1), (59, 1, 2), (98, 2, 3), (99, 3, 4)]), (BASS, [(27, 0, 1), (28, 1, 2)]), (0, [(108, 0, 1)]))
  found = playing.out_of_range(notes)
  assert sorted(zip(notes.program[found].tolist(), notes.pitch[found].tolist())) == [(BASS, 27), (FLUTE, 58), (FLUTE, 99)]
  assert not playing.out_of_range(_score()).size


def test_one_note_at_a_time():
  line = [(72, 0, 1), (74, 1, 2.1), (76, 2, 3)]  # the second is let go a tenth of a quarter late
  notes = _score((FLUTE, [*line, (79, 2.5, 4)]), (FLUTE, [(60, 0, 4)]), (0, [(60, 0, 4), (64, 0, 4)]))
  found = playing.overlapping(notes, notes)
  assert sorted(notes.pitch[found].tolist()) == [76, 79]
  long = _score((FLUTE, [(72, 0, 4), (74, 1, 2)]))
  assert playing.overlapping(long, long).all()
  # A new note beside one that stays: only what is asked about is counted.
  new = long.select(long.pitch == 74)
  assert playing.overlapping(new, long).tolist() == [True]
