"""Bars by number, by time and by marker."""
import pytest

from musicnst import errors
from musicnst.representations import testing
from musicnst.style_transfer import transfer
from musicnst.style_transfer.arrange import piece
from musicnst.style_transfer.pieces import passages


@pytest.mark.parametrize('text, expected', [
    ('', None), ('9-24', ((9, 24),)), ('9', ((9, 9),)), ('1-2,7', ((1, 2), (7, 7))), ('@Chorus', ('@Chorus',)), ('0:35-1:02.5', ((35.0, 62.5),)),
    ('1, @Verse 2,0:00-0:04', ((1, 1), '@Verse 2', (0.0, 4.0)))])
def test_texts(text, expected):
  assert passages.parse(text) == expected
  assert passages.parse(passages.written(expected)) == expected


@pytest.mark.parametrize('text', ['x', '9-', '-9', '1:2', '@', '3-4,,5', '0:70-1:00'])
def test_what_is_no_passage(text):
  with pytest.raises(errors.ArgumentError, match='--bars'):
    passages.parse(text)


@pytest.mark.parametrize('bars', [(0, 3), (5, 4), ((1, 2), (4, 3)), ((5.0, 5.0),)])
def test_what_ends_before_it_begins(bars):
  with pytest.raises(errors.ArgumentError, match='bars'):
    passages.check(bars)


def _song():
  """Eight bars of 2 s: markers at bars 1, 3 and 5, of which two are called Chorus."""
  sequence = testing.sequence([(60 + beat % 5, beat, beat + 1) for beat in range(32)])
  for time, text in ((0.0, 'Verse'), (4.0, 'Chorus'), (8.02, 'Verse'), (12.0, 'chorus')):
    sequence.text_annotations.add(time=time, text=text, annotation_type=106)
  return piece.read(sequence, 'tempo', 'song')


@pytest.mark.parametrize('bars, expected', [
    (None, [1, 2, 3, 4, 5, 6, 7, 8]), ((3, 4), [3, 4]), (((1, 1), (7, 8)), [1, 7, 8]), (((3.9, 6.1),), [2, 3, 4]), (((4.0, 6.0),), [3]),
    (('@Chorus',), [3, 4, 7, 8]), (('@verse', (8, 8)), [1, 2, 5, 6, 8])])
def test_bars_of_a_piece(bars, expected):
  assert [i + 1 for i, chosen in enumerate(passages.mask(bars, _song())) if chosen] == expected


@pytest.mark.parametrize('bars, said', [((7, 9), 'has 8 bars'), (((17.0, 18.0),), 'ends after 16.0 s'), (('@Bridge',), 'Verse, Chorus')])
def test_what_the_piece_does_not_have(bars, said):
  with pytest.raises(errors.ArgumentError, match=said):
    passages.mask(bars, _song())


@pytest.mark.parametrize('method', ['arrange', 'half-notes'])
def test_only_these_bars_change(notes_of, method):
  content = testing.chords(8, 1)
  result = transfer.transfer(content, testing.chords(8, 2), method=method, beats='tempo', bars=((2, 2), (5, 6)))
  inside = lambda start: 2 <= start < 4 - 1e-6 or 8 <= start < 12 - 1e-6
  assert [n for n in notes_of(result.sequence) if not inside(n[0])] == [n for n in notes_of(content) if not inside(n[0])]
  assert result.added or result.removed
  assert result.settings['bars'] == '2-2,5-6'
