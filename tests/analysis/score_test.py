"""Notes and bars of a sequence written by hand."""
import numpy as np

from musicnst import music_proto
from musicnst.analysis import score
from musicnst.reading import beat_map as beat_map_lib


def _sequence():
  sequence = music_proto.NoteSequence(total_time=4.0)
  sequence.tempos.add(qpm=120)
  sequence.time_signatures.add(numerator=3, denominator=4)
  for pitch, start, end, instrument, drum in ((64, 1.0, 1.5, 1, False), (36, 0.0, .1, 2, True), (60, 1.0, 2.0, 0, False), (72, 0.0, 1.0, 0, False)):
    sequence.notes.add(pitch=pitch, velocity=80, start_time=start, end_time=end, instrument=instrument, is_drum=drum, program=5)
  sequence.instrument_infos.add(instrument=0, name=' Lead ')
  return sequence


def test_notes_are_sorted_in_beats_and_know_where_they_came_from():
  found = score.of(_sequence())
  assert found.pitch.tolist() == [36, 72, 60, 64] and found.index.tolist() == [1, 3, 2, 0]
  assert found.start.tolist() == [0, 0, 2, 2] and np.allclose(found.end, [.2, 2, 4, 3])
  assert found.track_names == {0: 'Lead'} and found.instrument.tolist() == [2, 0, 0, 1]
  assert found.bar_starts.tolist() == [0, 3, 6] and found.end_beat == 9
  assert found.pitched().pitch.tolist() == [72, 60, 64]


def test_another_beat_map_and_no_notes():
  assert score.of(_sequence(), beat_map_lib.BeatMap.fixed(60)).start.tolist() == [0, 0, 1, 1]
  assert len(score.of(music_proto.NoteSequence())) == 0 and len(score.of(music_proto.NoteSequence()).bars) == 1
