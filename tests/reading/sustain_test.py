"""The pedal: by hand, and against note_seq on random and real performances."""
import os

import numpy as np
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import sustain


def sequence_of(notes, pedal, total=10.0):
  sequence = music_proto.NoteSequence(total_time=total)
  for pitch, start, end, *instrument in notes:
    sequence.notes.add(pitch=pitch, velocity=80, start_time=start, end_time=end, instrument=instrument[0] if instrument else 0)
  for time, value, *instrument in pedal:
    sequence.control_changes.add(time=time, control_number=64, control_value=value, instrument=instrument[0] if instrument else 0)
  return sequence


def ends(notes, pedal):
  return [note.end_time for note in sustain.apply_sustain(sequence_of(notes, pedal)).notes]


def test_until_the_pedal_comes_up():
  assert ends([(60, 0, 1), (62, 2, 5), (64, 6, 7)], [(0.5, 127), (4, 0)]) == [4, 5, 7]


def test_until_the_key_is_struck_again():
  assert ends([(60, 0, 1), (60, 2, 3)], [(0, 64), (5, 63)]) == [2, 5]


def test_until_the_end():
  assert ends([(60, 0, 1), (62, 0, 8)], [(0.5, 100)]) == [8, 8]


def test_other_instruments_and_drums_are_left_alone():
  sequence = sequence_of([(60, 0, 1, 0), (60, 0, 1, 1)], [(0, 127, 1), (3, 0, 1)])
  sequence.notes.add(pitch=36, start_time=0, end_time=1, instrument=1, is_drum=True)
  assert [n.end_time for n in sustain.apply_sustain(sequence).notes] == [1, 3, 1]


def test_the_argument_stays_as_it_was_and_steps_are_refused():
  sequence = sequence_of([(60, 0, 1)], [(0, 127), (3, 0)])
  sustain.apply_sustain(sequence)
  assert sequence.notes[0].end_time == 1
  sequence.quantization_info.steps_per_quarter = 4
  with pytest.raises(errors.RejectedSequence):
    sustain.apply_sustain(sequence)


def test_against_note_seq_on_random_music():
  sequences_lib = pytest.importorskip('note_seq.sequences_lib')
  for seed in range(60):
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, 40, 60) / 4
    notes = [(int(p), s, s + length, int(i)) for p, s, length, i in zip(
        generator.integers(60, 66, 60), starts, generator.integers(1, 12, 60) / 4, generator.integers(0, 2, 60))]
    notes = list({(pitch, start, instrument): (pitch, start, end, instrument) for pitch, start, end, instrument in notes}.values())
    pedal = [(t, int(v), int(i)) for t, v, i in zip(generator.integers(0, 40, 15) / 4, generator.integers(0, 128, 15), generator.integers(0, 2, 15))]
    sequence = sequence_of(notes, pedal)
    assert sustain.apply_sustain(sequence) == sequences_lib.apply_sustain_control_changes(sequence), seed


def test_against_note_seq_on_real_performances(shared):
  sequences_lib = pytest.importorskip('note_seq.sequences_lib')
  from musicnst.reading import files
  folder = shared / 'data/maestro-v1.0.0/2008'
  for name in sorted(os.listdir(folder))[:2]:
    sequence = files.read(folder / name)[0]
    # The first minute and a half: note_seq's own takes quadratic time.
    part = sequences_lib.extract_subsequence(sequence, 0, 90)
    assert sustain.apply_sustain(part) == sequences_lib.apply_sustain_control_changes(part)
