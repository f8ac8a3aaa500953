"""Each measure of an arrangement on a few notes, counted by hand."""
import numpy as np
import pytest

from musicnst.analysis import score as score_lib
from musicnst.metrics import arrangement
from musicnst.representations import testing


def _score(notes, meter=(4, 4)):
  """(pitch, start, end) in quarters -> Score."""
  return score_lib.of(testing.sequence(notes, meter=meter))


TUNE = [(72, 0, 1), (74, 1, 2), (76, 2, 4)]
CHORDS = [(48, 0, 2), (52, 0, 2), (55, 0, 2), (50, 2, 4), (53, 2, 4), (57, 2, 4)]


def test_the_tune_is_found_note_by_note():
  content = _score(TUNE + CHORDS)
  tune = content.pitch >= 72
  result = _score([TUNE[0], (74, 1.04, 2), (76, 2.2, 4), (40, 0, 1)])
  assert arrangement.tune_kept(content, tune, result) == pytest.approx(2 / 3)  # the last one comes too late
  assert arrangement.accompaniment(result, content, tune).pitch.tolist() == [40, 76]
  twice = _score([(60, 0, 1), (60, 0, 2)])
  assert arrangement.found_in(twice, _score([(60, 0, 1)])).tolist().count(True) == 1


def test_chords_weigh_by_their_length():
  before = np.array([0, 7, 9, -1]), np.array([False, False, True, False]), np.array([True, True, True, False])
  after = np.array([0, 7, 9, 5]), np.array([False, True, True, False])
  assert arrangement.chords_kept(*before, *after, np.array([2., 1., 1., 4.])) == pytest.approx(3 / 4)


def test_chord_tones_and_bass():
  notes = _score([(48, 0, 1), (50, 1, 2), (55, 2, 3), (61, 4, 5)])
  tones = np.zeros((2, 12), bool)
  tones[0, [0, 4, 7]] = True  # nothing is known of the second span
  assert arrangement.chord_tone_share(notes, np.array([0, 0, 0, 1]), tones) == pytest.approx(2 / 3)
  assert arrangement.bass_is_root(notes, np.array([0., 2., 4., 8.]), np.array([0, 0, 1])) == pytest.approx(2 / 3)
  assert arrangement.wrong_share(notes, np.array([0, 0, 0, 0]), tones, np.eye(12, dtype=bool)[[2, 2]]) == pytest.approx(1 / 4)


def test_bars_repeat():
  figure = [(48, 0, 1), (55, 1, 2), (60, 2, 3)]
  moved = lambda notes, bars, by=0: [(p + by, s + 4 * bars, e + 4 * bars) for p, s, e in notes]
  notes = _score(figure + moved(figure, 1) + moved(figure[:2], 2) + moved([(72, .5, 1)], 3))
  # Against the bar before: 1; two of three notes: 2 / sqrt(2 * 3); another place: 0.
  assert arrangement.repetition(notes, notes.bars) == pytest.approx((1 + 2 / np.sqrt(6) + 0) / 3)
  # Places that differ, of 16: none, one, three.
  assert arrangement.groove_similarity(notes, notes.bars) == pytest.approx(1 - (0 + 1 + 3) / 48)
  assert arrangement.bar_similarity(notes, notes.bars, 1) == pytest.approx((1 + 2 / 3 + 0) / 3)
  assert arrangement.form_kept(np.array([0, 0, 0, 3]), notes, notes.bars) == 0
  assert arrangement.form_kept(np.array([0, 0, 2, 3]), notes, notes.bars) == 1
  assert arrangement.form_kept(np.array([0, 0, 2, 2]), notes, notes.bars) == .5


def test_notes_that_rub():
  notes = _score([(60, 0, 2), (71, 0, 2), (64, 0, 2), (65, 1.95, 3)])
  # C and B rub; F touches E for a twentieth of a quarter only.
  assert dict(zip(notes.pitch.tolist(), arrangement.rubbing(notes, notes).tolist())) == {60: True, 71: True, 64: False, 65: False}
  assert arrangement.rubbing(_score([(61, 0, 1)]), _score([(84, 0, 1)])).tolist() == [True]


def test_low_chords_are_mud():
  # 40 and 43 lie a minor third apart below C3; 45 is alone.
  assert arrangement.low_intervals(_score([(40, 0, 1), (43, 0, 1), (60, 0, 1), (45, 1, 2)])) == pytest.approx(1 / 3)


def test_silence_around_the_piece():
  content = _score([(60, 4, 5), (62, 5, 8)])
  assert arrangement.outside(_score([(50, 3, 4), (50, 4, 5), (50, 7, 9)]), content) == 2


def test_hands():
  wide = [(36, 0, 1), (60, 0, 1), (84, 0, 1)]  # no hand reaches two of them
  assert arrangement.unplayable(_score(wide + [(36, 1, 2), (52, 1, 2), (60, 1, 2), (76, 1, 2)])) == .5
  assert arrangement.unplayable(_score([(48 + i, 0, 1) for i in range(11)])) == 1


def test_a_style_piece_is_found_among_others():
  waltz = _score([(48, 0, 1), (55, 1, 2), (55, 2, 3)] * 1, meter=(3, 4))
  alberti = _score([(48 + d, i / 2, i / 2 + .5) for i, d in enumerate((0, 7, 4, 7) * 4)])
  block = _score([(p, b, b + 4) for b in (0, 4, 8) for p in (48, 52, 55)])
  candidates = [arrangement.profiles(piece) for piece in (waltz, alberti, block)]
  elsewhere = _score([(53 + d, i / 2, i / 2 + .5) for i, d in enumerate((0, 7, 4, 7) * 3)])
  assert arrangement.identified(arrangement.profiles(elsewhere), candidates, 1) == 1
  assert arrangement.identified(arrangement.profiles(elsewhere), candidates, 2) > 1
  assert arrangement.similarity(candidates[0], candidates[0]) == pytest.approx(1)
