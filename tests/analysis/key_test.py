"""Keys of scales and cadences, and of a piece that goes from one to another."""
import numpy as np
import pytest

from musicnst import music_proto
from musicnst.analysis import chords
from musicnst.analysis import key
from musicnst.analysis import score


def _played(bars):
  """One chord of pitches a bar, 4/4."""
  sequence = music_proto.NoteSequence(total_time=4.0 * len(bars))
  sequence.tempos.add(qpm=60)
  for bar, pitches in enumerate(bars):
    for pitch in pitches:
      sequence.notes.add(pitch=pitch, velocity=80, start_time=4 * bar, end_time=4 * bar + 4)
  return score.of(sequence)


C, F, G, DM = (48, 60, 64, 67), (53, 60, 65, 69), (43, 59, 62, 67), (50, 62, 65, 69)
AM, E, BDIM = (45, 60, 64, 69), (40, 59, 64, 68), (47, 62, 65, 71)


@pytest.mark.parametrize('shift', range(12))
@pytest.mark.parametrize('bars, name', [((C, F, G, C), 'C major'), ((AM, DM, E, AM), 'A minor')])
def test_cadences_in_all_keys(bars, name, shift):
  played = _played([[pitch + shift for pitch in bar] for bar in bars])
  expected = (key.KEY_NAMES.index(name) + shift) % 12 + 12 * name.endswith('minor')
  found = key.of(played, chords.of(played))
  assert found.overall == expected and found.bars.tolist() == [expected] * 4


def test_a_piece_that_moves_a_whole_tone_up():
  up = [[pitch + 2 for pitch in bar] for bar in (C, F, G, C) * 2]
  found = key.of(*(lambda s: (s, chords.of(s)))(_played([C, F, G, C] * 2 + up)))
  assert found.bars.tolist() == [0] * 8 + [2] * 8


def test_scales():
  assert key.scale(0).nonzero()[0].tolist() == [0, 2, 4, 5, 7, 9, 11]
  assert key.scale(21).nonzero()[0].tolist() == [0, 2, 4, 5, 7, 8, 9, 11]  # A minor with G and G sharp


def test_nothing_to_hear():
  empty = score.of(music_proto.NoteSequence())
  assert key.of(empty, chords.of(empty)).bars.tolist() == [0]
  assert np.all(key.key_scores(np.zeros((3, 12))) == 0)
