"""What the report is told: bars that were taken, chords, phrases and tune."""
import numpy as np
import pytest

from musicnst.representations import testing
from musicnst.style_transfer import transfer
from musicnst.style_transfer.arrange import donors
from musicnst.style_transfer.arrange import piece
from musicnst.style_transfer.arrange import shown
from musicnst.style_transfer.arrange import speed

TRIADS = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))


def _song(bars, qpm=120.0, length=4):
  """A high note a bar over triads of C, F, G, C, each of which lasts a bar of four quarters."""
  notes = [(72 + TRIADS[bar % 4][2] % 12, 4 * bar, 4 * bar + 4) for bar in range(bars)]
  return testing.sequence(notes + [(p, 4 * bar, 4 * bar + length) for bar in range(bars) for p in TRIADS[bar % 4]], qpm=qpm)


@pytest.mark.parametrize('factor, expected', [(1, (3,)), (2, (2,)), (.5, (5, 6))])
def test_bars_are_those_of_the_style_as_it_was_read(factor, expected):
  style = piece.read(_song(8), 'tempo', 'style.mid')
  pool = donors.of(speed.at(style, factor), 4)
  window = int(np.flatnonzero(pool.beats[:, 0] == 8)[0])  # the third bar at its own speed, the second half of the second, the fifth and sixth
  changing = np.array([True, False, True])
  plan = [(2, pool, 0, window), (1, pool, 0, window), (0, pool, 0, window)]
  found = shown.taken(piece.read(_song(3), 'tempo'), plan, changing, [style])
  assert [one[:4] for one in found] == [(1, 'style.mid', expected, 0), (3, 'style.mid', expected, 0)]
  # The third bar begins at quarter 8; a beat of the style at another speed lasts as much longer or shorter.
  assert found[1].beats == tuple((8 + i, 9 + i, (8 + i) / factor, (9 + i) / factor) for i in range(4))


def test_a_reading_in_seconds():
  found = shown.reading(piece.read(_song(8), 'tempo'))
  assert found.chords == [(0, 'C'), (2, 'F'), (4, 'G'), (6, 'C'), (10, 'F'), (12, 'G'), (14, 'C')]
  assert found.phrases[0][0] == 0 and found.phrases[-1][1] == 16
  assert all(before[1] == after[0] for before, after in zip(found.phrases, found.phrases[1:]))
  assert found.tune == list(range(8))


def test_the_result_carries_what_was_read():
  content = _song(8)
  result = transfer.transfer(content, testing.chords(8, 1), method='arrange', beats='tempo', bars=(3, 6))
  assert [one.bar for one in result.taken] == [3, 4, 5, 6] and all(1 <= bar <= 8 for one in result.taken for bar in one.bars)
  tune = [result.sequence.notes[i] for i in result.readings['result'].tune]
  assert [(n.pitch, n.start_time) for n in tune] == [(n.pitch, n.start_time) for n in content.notes[:8]]
  assert result.settings['meter'] == '4/4' and result.settings['tune']
  assert not transfer.transfer(content, content, method='copy').readings


def test_at_the_styles_tempo_everything_moves_along():
  content = _song(8)
  result = transfer.transfer(content, _song(8, qpm=90.0, length=2), method='arrange', beats='tempo', tempo='style')
  slower = 120 / 90
  assert [chord[0] for chord in result.readings['result'].chords] == pytest.approx([slower * t for t in (0, 2, 4, 6, 10, 12, 14)])
  assert result.readings['content'].chords[1][0] == 2
  notes = {(n.pitch, round(n.start_time, 3)) for n in result.sequence.notes}
  assert {(n.pitch, round(n.start_time, 3)) for n in [*result.kept, *result.added]} == notes
  assert max(n.start_time for n in result.removed) == pytest.approx(14 * slower)
