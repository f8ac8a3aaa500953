"""Chords spelled by hand."""
import numpy as np
import pytest

from musicnst.analysis import qualities

Q = qualities.QUALITIES.index


@pytest.mark.parametrize('pitches, symbol', [
    ((48, 52, 55), 'C'), ((52, 55, 60), 'C/E'), ((55, 59, 62, 65), 'G7'), ((57, 60, 64, 67), 'Am7'), ((48, 52, 55, 57), 'C6'),
    ((53, 56, 60, 63), 'Fm7'), ((48, 53, 56, 63), 'Fm7/C'), ((59, 62, 65, 69), 'Bm7b5'), ((59, 62, 65, 68), 'Bdim7'), ((50, 55, 57), 'Dsus4'),
    ((50, 52, 57), 'Dsus2'), ((48, 52, 56), 'Caug'), ((48, 52, 55, 59), 'Cmaj7'), ((45, 48, 52, 56), 'Am(maj7)'), ((45, 48, 52, 54), 'Am6'),
    ((43, 53, 59), 'G7'), ((60, 72), 'N.C.'), ((), 'N.C.')])
def test_what_notes_spell(pitches, symbol):
  assert qualities.symbol(*qualities.spelled(pitches)) == symbol


def test_spelled_on_a_known_root():
  assert qualities.symbol(*qualities.spelled((48, 52, 55, 57), root=9)) == 'Am7/C'


def test_every_chord_spells_itself_and_turns():
  for quality, tones in enumerate(qualities.TONES):
    for root in range(12):
      assert qualities.spelled([48 + root + tone for tone in tones])[::2] == (root, root)
      assert qualities.mask(root, quality).nonzero()[0].tolist() == sorted((root + tone) % 12 for tone in tones)


def test_mask_of_no_chord_is_empty():
  found = qualities.mask(np.array([qualities.NONE, 9]), np.array([qualities.NONE, Q('min7')]))
  assert not found[0].any() and found[1].nonzero()[0].tolist() == [0, 4, 7, 9]
