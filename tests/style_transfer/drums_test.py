"""Drums of the style under the content: the bars that were taken, in their order; after a pick-up; of a style that is drums alone."""
import pytest

from musicnst import errors
from musicnst.representations import testing
from musicnst.style_transfer import transfer

TRIADS = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))


def _song(bars, first=0.0, qpm=120.0):
  """A high note a bar over triads; what begins before quarter `first` is left out."""
  notes = [(pitch, 4 * b, 4 * b + 4) for b in range(bars) for pitch in (72 + TRIADS[b % 4][2] % 12, *TRIADS[b % 4])]
  return testing.sequence([note for note in notes if note[1] >= first], qpm=qpm)


def _kit(bars):
  """In each bar another drum: bar b has 35 + b on its second beat and on the last eighth."""
  return [(35 + bar, 4 * bar + at, 4 * bar + at + .1) for bar in range(bars) for at in (1, 3.5)]


def _style(bars=8):
  return testing.add(testing.chords(bars, 1), _kit(bars), is_drum=True, instrument=9)


def _drums(sequence, qpm=120.0):
  """Sorted (quarter, pitch) of the drums."""
  return sorted((round(n.start_time * qpm / 60, 3), n.pitch) for n in sequence.notes if n.is_drum)


def test_the_bars_that_were_taken():
  result = transfer.transfer(_song(8), _style(), beats='tempo', drums='style')
  bars = [one.bars[0] for one in result.taken]
  assert len(bars) == 8 and len(set(bars)) > 2
  assert _drums(result.sequence) == [(4 * b + at, 34 + bar) for b, bar in enumerate(bars) for at in (1, 3.5)]


def test_bars_for_which_none_was_taken_have_the_styles_in_order():
  result = transfer.transfer(_song(4), _style(), beats='tempo', drums='style', bars=(3, 4))
  taken = [one.bars[0] for one in result.taken]
  assert _drums(result.sequence) == [(4 * b + at, drum) for b, drum in enumerate([35, 36, *(34 + bar for bar in taken)]) for at in (1, 3.5)]


def test_at_double_time():
  """Of a style twice as fast two bars come under one, its drums with them."""
  result = transfer.transfer(_song(4, qpm=70.0), _fast(), beats='tempo', drums='style')
  found = _drums(result.sequence, 70.0)
  by_bar = [[at - 4 * b for at, _ in found if 4 * b <= at < 4 * b + 4] for b in range(4)]
  assert by_bar == [[.5, 1.75, 2.5, 3.75]] * 4


def _fast():
  style = testing.sequence([(48 + 3 * (i % 7), i / 2, i / 2 + .5) for i in range(64)], qpm=160.0)
  return testing.add(style, _kit(8), is_drum=True, instrument=9)


@pytest.mark.parametrize('silent, first', [(3, 4), (2, 4), (1, 0), (7, 8), (8, 8)])
def test_drums_wait_for_the_first_bar(silent, first):
  content = testing.sequence([(60, silent, silent + 1), (72, 8, 12), (60, 12, 16)])
  style = testing.sequence([(36, i, i + .1) for i in range(16)], is_drum=True)
  result = transfer.transfer(content, style, beats='tempo', drums='style')
  assert _drums(result.sequence)[0] == (first, 36)


def test_a_style_of_drums_alone(notes_of):
  content, kit = _song(4), testing.sequence(_kit(2), is_drum=True)
  result = transfer.transfer(content, kit, beats='tempo', drums='style')
  assert [n for n in notes_of(result.sequence) if not n[-1]] == notes_of(content) and not result.added and not result.taken
  assert _drums(result.sequence) == [(4 * b + at, 35 + b % 2) for b in range(4) for at in (1, 3.5)]
  assert 'drums alone' in result.settings['assumed']
  with pytest.raises(errors.RejectedSequence, match='only drums.*--drums=style'):
    transfer.transfer(content, kit, beats='tempo')
  # Beside other styles their drums are heard where these say nothing.
  both = transfer.transfer(content, [kit, testing.chords(4, 1)], beats='tempo', drums='style', bars=(2, 2))
  assert [one.number for one in both.taken] == [0] and (1, 35) in _drums(both.sequence)


def test_no_drums_to_take():
  with pytest.raises(errors.RejectedSequence, match='no drums'):
    transfer.transfer(_song(4), testing.chords(4, 1), beats='tempo', drums='style')
