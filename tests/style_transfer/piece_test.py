"""Pieces on the grid and back: who owns a cell, what stays bit by bit, what new notes are like, no seam cuts a note."""
import dataclasses

import numpy as np
import pytest

from musicnst import errors
from musicnst.representations import testing
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import piece as piece_lib

NOTHING = np.zeros(0, int)


def _edit(keep, *new):
  columns = np.array(new, int).reshape(-1, 3).T
  return compose.Edit(np.asarray(keep, bool), columns[0], columns[1], columns[2])


def test_arrays_and_owners():
  sequence = testing.sequence([(60, 0, 1), (60, 1, 1.5), (64, .5, 2), (110, 0, 1)])
  testing.add(sequence, [(36, 0, 1)], is_drum=True, instrument=9)
  piece = piece_lib.from_sequence(sequence)
  assert piece.note_index.tolist() == [0, 1, 2] and piece.total_steps == 8
  assert list(zip(piece.start_steps, piece.end_steps)) == [(0, 4), (4, 6), (2, 8)]
  assert piece.owner[:, 60 - 21].tolist() == [0, 0, 0, 0, 4, 4, -1, -1]
  assert piece.owner[:, 64 - 21].tolist() == [-1, -1, 2, 2, 2, 2, 2, 2]
  np.testing.assert_array_equal(piece.owner >= 0, piece.frames)


def test_owners_of_random_music_by_walking_back():
  roll = piece_lib.from_sequence(testing.chords(3, 1)).roll
  owner = piece_lib.cell_owners(roll)
  for t, key in np.argwhere(roll.any(1)):
    start = t
    while not roll[start, 0, key]:
      start -= 1
    assert owner[t, key] == start


@pytest.mark.parametrize('meter, expected', [((3, 4), [*range(12)] * 2), ((5, 8), [*range(10)] * 2 + [0, 1, 2, 3])])
def test_positions_follow_the_meter(meter, expected):
  piece = piece_lib.from_sequence(testing.sequence([(60, 0, 6)], meter=meter))
  assert piece.positions.tolist() == expected


def test_melody_and_skyline():
  piece = piece_lib.from_sequence(testing.sequence([(72, 0, 2), (60, 1, 2), (64, 1, 3), (50, 2, 3)]))
  melody = {(t, k + 21) for t, k in np.argwhere(piece_lib.melody_cells(piece.roll))}
  skyline = {(t, k + 21) for t, k in np.argwhere(piece_lib.skyline_cells(piece.roll))}
  assert melody == {(0, 72)} and skyline == {(0, 72), (4, 64), (8, 50)}


@pytest.mark.parametrize('notes, reason', [([], 'no_pitched_notes'), ([(110, 0, 1)], 'no_pitched_notes'), ([(60, 0, 200_000)], 'too_long')])
def test_rejects(notes, reason):
  with pytest.raises(errors.RejectedSequence) as caught:
    piece_lib.from_sequence(testing.sequence(notes))
  assert caught.value.reason == reason


def test_a_section_counts_from_its_own_start():
  section = piece_lib.from_sequence(testing.sequence([(60, 0, 3), (64, 2, 6), (67, 5, 6)])).section(4, 16)
  assert section.first_step == 4 and section.note_index.tolist() == [1] and section.end_steps.tolist() == [12]
  assert section.owner[:, 60 - 21].max() == -1 and section.frames[:8, 60 - 21].all()
  assert piece_lib.from_sequence(testing.sequence([(60, 0, 1), (64, 9, 10)])).section(8, 16) is None


# === From edits to notes ===

def _swing():
  """Quarters of eighths, the second of each 1/6 of a beat late, velocities of their own, a pedal and drums."""
  late = 1 / 6
  notes = [(60 + i % 12, i / 2 + late * (i % 2), i / 2 + late * (i % 2) + .4, 40 + i) for i in range(32)]
  sequence = testing.sequence(notes, qpm=97)
  testing.add(sequence, [(36 + i % 3, i + .013, i + .1, 99) for i in range(16)], is_drum=True, instrument=9)
  sequence.control_changes.add(time=1.1, control_number=64, control_value=127)
  return sequence


def test_kept_notes_are_the_same_to_the_bit():
  sequence = _swing()
  piece = piece_lib.from_sequence(sequence, beats='tempo')
  keep = np.arange(32) % 3 > 0
  result, kept, added, removed = compose.compose(sequence, piece.changes(_edit(keep, (80, 4, 8))))
  originals = [n.SerializeToString() for n in sequence.notes]
  assert [n.SerializeToString() for n in kept] == [originals[i] for i in range(32) if keep[i]]
  assert [n.SerializeToString() for n in removed] == [originals[i] for i in range(32) if not keep[i]]
  drums = lambda s: [n.SerializeToString() for n in s.notes if n.is_drum]
  assert drums(result) == drums(sequence) and result.control_changes == sequence.control_changes and len(added) == 1
  assert {n.SerializeToString() for n in kept} <= {n.SerializeToString() for n in result.notes}
  assert len(result.notes) == len(sequence.notes) - len(removed) + 1
  starts = [n.start_time for n in result.notes]
  assert starts == sorted(starts)


def test_new_notes_swing_as_the_content_does():
  sequence = _swing()
  piece = piece_lib.from_sequence(sequence, beats='tempo')
  quarter = 60 / 97
  # The late eighth at 2.5 + 1/6 beats quantizes to step 11; a new note there starts with it. Step 8 is on the beat.
  _, _, added, _ = compose.compose(sequence, piece.changes(_edit(np.ones(32), (80, 11, 12), (81, 8, 10))))
  assert added[0].start_time == pytest.approx((2.5 + 1 / 6) * quarter, abs=1e-6)
  assert added[1].start_time == pytest.approx(2 * quarter, abs=1e-6)


def test_new_notes_take_velocity_and_instrument_from_their_neighbours():
  sequence = testing.sequence([(72, 0, 4, 100)], program=40, instrument=0)
  testing.add(sequence, [(40, 0, 4, 100), (41, 4, 8, 50)], program=33, instrument=1)
  piece = piece_lib.from_sequence(sequence, beats='tempo')
  _, _, added, _ = compose.compose(sequence, piece.changes(_edit([1, 1, 1], (74, 1, 2), (45, 16, 18))))
  assert [(n.instrument, n.program, n.velocity) for n in added] == [(0, 40, 92), (1, 33, 46)]


def test_new_notes_follow_a_changing_tempo():
  sequence = testing.sequence([(60, 0, 1)], qpm=120)
  sequence.tempos.add(time=1.0, qpm=60)
  sequence.notes.add(pitch=62, start_time=3.0, end_time=4.0, velocity=70)  # beat 2 at 1 s, beat 4 at 3 s
  piece = piece_lib.from_sequence(sequence, beats='tempo')
  _, _, added, _ = compose.compose(sequence, piece.changes(_edit([1, 1], (70, 12, 16))))
  assert (added[0].start_time, added[0].end_time) == (pytest.approx(2.0), pytest.approx(3.0))


def test_a_note_over_a_seam_stays_one_note():
  sequence = testing.sequence([(60, 0, 12), (64, 7, 9), (67, 8, 9)])  # windows end at beat 8, the sections below at beat 4
  piece = piece_lib.from_sequence(sequence, beats='tempo')
  first, second = piece.section(0, 16), piece.section(16, 48)
  result, kept, _, _ = compose.compose(sequence, compose.joined([first.changes(_edit([1])), second.changes(_edit([1, 1]))]))
  assert len(kept) == 3 and [n.SerializeToString() for n in result.notes] == [n.SerializeToString() for n in sequence.notes]
  # A new note held over the windows' seam is one note too.
  onsets, frames = np.zeros((48, 88), bool), np.zeros((48, 88), bool)
  onsets[30, 50], frames[30:36, 50] = True, True
  edit = compose.edit_of(piece, piece.roll[:, 0] > 0, onsets, frames)
  assert list(zip(edit.pitches, edit.start_steps, edit.end_steps)) == [(71, 30, 36)]


def test_a_kept_note_is_held_longer():
  sequence = testing.melody(2, 0)
  piece = piece_lib.from_sequence(sequence)
  gates = piece.roll[:, 0] > 0
  nothing = np.zeros_like(gates)
  index = len(piece.pitches) - 1  # the last note: nothing stands in its way
  end, key = piece.end_steps[index], piece.pitches[index] - 21
  roll = np.zeros((end + 4, 2, 88), np.uint8)
  roll[:len(piece.roll)] = piece.roll
  longer = dataclasses.replace(piece, roll=roll, owner=piece_lib.cell_owners(roll), positions=np.arange(end + 4) % 16)
  grow = lambda x: np.pad(x, ((0, len(roll) - len(x)), (0, 0)))
  held = grow(nothing)
  held[end:end + 3, key] = True
  edit = compose.edit_of(longer, grow(gates), grow(nothing), held)
  assert edit.longer.tolist() == [0] * index + [3] and not len(edit.pitches) and edit.keep.all()
  result, kept, added, removed = compose.compose(sequence, longer.changes(edit))
  before, after = sequence.notes[int(piece.note_index[index])], max(result.notes, key=lambda n: n.end_time)
  step = 60 / sequence.tempos[0].qpm / 4
  assert after.end_time == pytest.approx(before.end_time + 3 * step, abs=step / 100) and after.start_time == before.start_time
  assert len(kept) == len(sequence.notes) and not added and not removed
  assert max(n.end_time for n in kept) == after.end_time
