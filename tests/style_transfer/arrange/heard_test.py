"""Chords that are not heard come out again, and nothing else moves."""
import numpy as np

from musicnst.analysis import score as score_lib
from musicnst.representations import testing
from musicnst.style_transfer.arrange import harmony
from musicnst.style_transfer.arrange import heard
from musicnst.style_transfer.arrange import move
from musicnst.style_transfer.arrange import piece

C, F = (0, 4, 7), (5, 9, 0)


def _harmony(chords):
  tones = np.array([np.isin(np.arange(12), chord) for chord in chords])
  roots = np.array([chord[0] for chord in chords])
  return harmony.Harmony(np.arange(len(chords) + 1) * 1.0, roots, tones, roots, np.ones((len(chords), 12), bool))


def _moved(notes):
  start, end, pitch = (np.array(column) for column in zip(*notes))
  zeros = np.zeros(len(pitch), int)
  return move.Moved(start.astype(float), end.astype(float), pitch, zeros + 80, zeros, bass=pitch < 48, above=zeros > 0, style=zeros, bar=zeros)


def _nothing():
  return score_lib.of(testing.sequence([(60, 0, 16)])).select(np.zeros(1, bool))


def test_a_chord_that_is_another_goes_back():
  """Four beats of F and A with an E on top under a content in C: a bass on C and tones of C come out of it, and beats that fit stay."""
  right = [(b, b + 1, p) for b in range(4) for p in (36, 52, 55, 60)]
  wrong = [(b, b + 1, p) for b in range(4, 8) for p in (41, 53, 57, 60)]
  content = _harmony([C] * 8)
  notes = heard.of(_moved(right + wrong), _nothing(), content, np.ones(8, bool))
  first = sorted(zip(notes.start[notes.start < 4], notes.pitch[notes.start < 4]))
  assert first == sorted((float(b), p) for b, _, p in right)
  later = notes.pitch[notes.start >= 4]
  assert set(later % 12) <= {0, 4, 7} and notes.pitch[notes.start == 4].min() % 12 == 0
  assert (np.abs(np.sort(later) - np.sort([p for _, _, p in wrong])) <= 6).all()


def test_only_where_notes_may_change():
  wrong = [(b, b + 1, p) for b in range(8) for p in (41, 53, 57, 60)]
  notes = heard.of(_moved(wrong), _nothing(), _harmony([C] * 8), np.zeros(8, bool))
  assert notes.pitch.tolist() == [p for _, _, p in wrong]


def test_silence_under_a_new_chord_takes_the_last_figure():
  played = [(0, 4, p) for p in (36, 52, 55, 60)]
  notes = heard.of(_moved(played), _nothing(), _harmony([C] * 4 + [F] * 4), np.ones(8, bool))
  struck = notes.pitch[notes.start >= 4]
  assert len(struck) and set(struck % 12) <= {5, 9, 0}


def test_the_bass_and_what_lies_above_the_tune():
  """A tune on E5 and C5; below it C3 is the bass, E4 is not, and B5 lies above the tune."""
  found = piece.read(testing.sequence([(76, 0, 2), (72, 2, 4), (48, 0, 4), (64, 0, 4), (83, 2, 3), (76, 4, 6), (72, 6, 8), (48, 4, 8), (64, 4, 8)]),
                     'tempo')
  low, high = found.score.pitch[found.bass], found.score.pitch[found.above_tune & ~found.tune]
  assert low.tolist() == [48, 48]
  assert set(high.tolist()) <= {83}
