"""The pedal of the style's bars under the content's, and the content's own where bars stay."""
import pytest

from musicnst.representations import testing
from musicnst.style_transfer import transfer
from musicnst.style_transfer.arrange import pedal
from musicnst.style_transfer.pieces import result as result_lib

TRIADS = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))
ORGAN = 19


def _song(bars=4, program=0, qpm=120.0):
  notes = [(pitch, 4 * b, 4 * b + 4) for b in range(bars) for pitch in (72 + TRIADS[b % 4][2] % 12, *TRIADS[b % 4])]
  return testing.sequence(notes, program=program, qpm=qpm)


def _with_pedal(sequence, downs):
  """Pedal down and up at quarters, on instrument 0, with another control beside each."""
  seconds = 60 / sequence.tempos[0].qpm
  for down, up in downs:
    for at, value in ((down, 100), (up, 0)):
      sequence.control_changes.add(time=at * seconds, control_number=64, control_value=value)
      sequence.control_changes.add(time=at * seconds, control_number=7, control_value=90)
  return sequence


def _pedal(sequence, qpm=120.0):
  return [(round(c.time * qpm / 60, 3), c.control_value) for c in sequence.control_changes if c.control_number == 64]


def _style():
  """Eight bars of eighths, the pedal down from the second quarter of each bar to its last eighth."""
  return _with_pedal(testing.sequence([(48 + 3 * (i % 7), i / 2, i / 2 + .5) for i in range(64)]), [(4 * b + 1, 4 * b + 3.5) for b in range(8)])


def test_the_pedal_of_the_donors():
  result = transfer.transfer(_song(), _style(), beats='tempo').sequence
  assert _pedal(result) == [(4 * b + at, value) for b in range(4) for at, value in ((1, 127), (3.5, 0))]
  assert not _pedal(transfer.transfer(_song(program=ORGAN), _style(), beats='tempo').sequence)


def test_the_contents_own_pedal_stays_in_bars_that_stay():
  content = _with_pedal(_song(), [(0, 3), (3.5, 6), (7, 13), (14, 15)])
  result = transfer.transfer(content, _style(), beats='tempo', bars=(2, 3)).sequence
  # Down over the first bar line: up there. Down over the last: down again.
  assert _pedal(result) == [(0, 100), (3, 0), (3.5, 100), (4, 0), (5, 127), (7.5, 0), (9, 127), (11.5, 0), (12, 100), (13, 0), (14, 100), (15, 0)]
  assert sum(c.control_number == 7 for c in result.control_changes) == 8
  assert transfer.transfer(content, _style(), beats='tempo', strength=0.0).sequence.control_changes == content.control_changes


def test_a_style_without_pedal():
  content = _with_pedal(_song(), [(0, 15)])
  assert not _pedal(transfer.transfer(content, testing.sequence([(48 + 3 * (i % 7), i / 2, i / 2 + .5) for i in range(64)]), beats='tempo').sequence)


@pytest.mark.parametrize('second, expected', [
    (4.0, [(1, 5.5)]),                      # the style goes on: so does its pedal
    (12.0, [(1, 4 - 1 / 16), (4, 5.5)])])   # another place of the style where it is down: up, and down again
def test_seams(second, expected):
  beats = lambda ours, theirs: tuple((ours + i, ours + i + 1, theirs + i, theirs + i + 1) for i in range(4))
  taken = [result_lib.Taken(1, 'a', (1,), 0, beats(0.0, 0.0)), result_lib.Taken(2, 'a', (2,), 0, beats(4.0, second))]
  held = [pedal._stretches([(1.0, True), (5.5, False), (11.0, True), (13.5, False)], 16.0)]
  assert pedal._spans(taken, held) == expected
