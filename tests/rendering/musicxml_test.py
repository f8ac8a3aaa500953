"""Scores parsed again by music21 and partitura, against values by hand; the written grid, hands, voices and pieces by themselves."""
from fractions import Fraction

import numpy as np
import pytest

from musicnst import errors
from musicnst.reading import files
from musicnst.reading import meter as meter_lib
from musicnst.rendering import musicxml
from musicnst.rendering import notation
from musicnst.representations import testing
from musicnst.style_transfer import transfer
from musicnst.style_transfer.pieces import result as result_lib

FLUTE, PIANO = 73, 0
# A pick-up, a triplet, a note over the bar line; times in quarters from the beginning of the pick-up's bar.
TUNE = [(67, 3, 4), (72, 4, 6), (71, 6, 6 + 1 / 3), (72, 6 + 1 / 3, 6 + 2 / 3), (74, 6 + 2 / 3, 7), (76, 7, 9), (72, 9, 12)]
LEFT = [(48, 4, 5), (52, 5, 6), (55, 5, 6), (48, 6, 7), (43, 8, 10), (36, 10, 12)]
RIGHT = [(64, 4, 8), (67, 8, 12), (61, 11, 12)]


def _song():
  """The tune on a flute over a piano, at 120: a NoteSequence, and its Reading with chords on two places and the flute as tune."""
  sequence = testing.add(testing.sequence(TUNE, program=FLUTE), LEFT + RIGHT, program=PIANO, instrument=1)
  sequence.text_annotations.add(time=1.5, text='\\Ah ', annotation_type=musicxml.LYRICS)
  sequence.text_annotations.add(time=2.02, text='then', annotation_type=musicxml.LYRICS)
  return sequence, result_lib.Reading(chords=[(2.0, 'C'), (3.5, 'A7/Db'), (4.0, 'N.C.')], phrases=[], tune=list(range(len(TUNE))))


@pytest.fixture(params=['song.musicxml', 'song.mxl'])
def path(request, tmp_path):
  pytest.importorskip('music21')
  path = str(tmp_path / request.param)
  musicxml.write(_song()[0], path, reading=_song()[1])
  return path


def _parsed(path):
  import music21
  return music21.converter.parse(path, forceSource=True)


def _notes(part):
  """Sorted (pitch, onset, length) of a parsed part, ties joined; quarters from the pick-up's beginning."""
  found = []
  for element in part.flatten().stripTies().notes:
    if 'ChordSymbol' not in element.classes and 'NoChord' not in element.classes:
      found += [(pitch.midi, Fraction(element.offset), Fraction(element.quarterLength)) for pitch in element.pitches]
  return sorted(found, key=lambda note: (note[1], note[0]))


def _by_hand(notes):
  quantized = lambda value: Fraction(round(value * 12), 12)
  return sorted(((p, quantized(s - 3), quantized(e - s)) for p, s, e in notes), key=lambda note: (note[1], note[0]))


def test_notes_bars_and_words_as_music21_reads_them(path):
  flute, upper, lower = _parsed(path).parts
  assert _notes(flute) == _by_hand(TUNE)
  assert _notes(upper) == _by_hand(RIGHT) and _notes(lower) == _by_hand(LEFT)
  for part in (flute, upper, lower):
    measures = list(part.getElementsByClass('Measure'))
    assert [(m.number, m.offset, m.duration.quarterLength) for m in measures] == [(0, 0, 1), (1, 1, 4), (2, 5, 4)]
    assert measures[0].timeSignature.ratioString == '4/4' and measures[0].keySignature.sharps == 0
  assert {element.lyric: element.offset for element in flute.flatten().notes if element.lyric} == {'Ah': 0, 'then': 1}
  assert [mark.number for mark in flute.flatten().getElementsByClass('MetronomeMark')] == [120]
  assert [m.clef.sign for m in (upper.measure(0), lower.measure(0))] == ['G', 'F']
  assert [len(m.voices) for m in upper.getElementsByClass('Measure')] == [0, 0, 2]


def test_syllables_of_karaoke():
  # Of words that begin with spaces and lines the rest hangs together; where no text says so, each stands alone.
  assert musicxml._hyphenated([(0, '\\Ev'), (1, 'ery'), (2, "y's"), (3, ' gon'), (4, 'na')]) == [
      (0, 'Ev-'), (1, '-ery-'), (2, "-y's"), (3, 'gon-'), (4, '-na')]
  assert musicxml._hyphenated([(0, 'one'), (1, 'day-'), (2, 'break')]) == [(0, 'one'), (1, 'day-'), (2, 'break')]
  assert musicxml._syllable('/M\xc3\xa4d\x0bchen ') == 'Mädchen'


def test_chord_symbols(path):
  flute = _parsed(path).parts[0].flatten()
  found = [(symbol.offset, symbol.figure) for symbol in flute.getElementsByClass('Harmony')]
  assert found == [(1, 'C'), (4, 'A7/C#'), (5, 'N.C.')]


def test_as_partitura_reads_it(path):
  partitura = pytest.importorskip('partitura')
  notes = [part.note_array(include_metrical_position=True) for part in partitura.load_musicxml(path)]
  twelfths = lambda value: round(float(value) * 12)
  found = sorted((int(n['pitch']), twelfths(n['onset_quarter']), twelfths(n['duration_quarter'])) for part in notes for n in part)
  first = min(onset for _, onset, _ in found)
  assert [(p, s - first, d) for p, s, d in found] == sorted((p, int(s * 12), int(d * 12)) for p, s, d in _by_hand(TUNE + LEFT + RIGHT))


def test_our_own_reader_gives_the_notes_again(path):
  again = files.read(path)[0]
  # It fills the pick-up's bar, as most files have it.
  assert sorted((n.pitch, round(n.start_time * 24), round(n.end_time * 24)) for n in again.notes) == sorted(
      (p, round(s * 12), round(e * 12)) for p, s, e in TUNE + LEFT + RIGHT)


def test_what_is_odd_stays_whole(tmp_path):
  """Changing meters, a bar of 7/16, drums, swung and late notes: every voice of every bar is as long as its bar."""
  pytest.importorskip('music21')
  random = np.random.default_rng(0)
  columns = random.integers(36, 84, 120), np.sort(random.uniform(0, 30, 120)), random.uniform(.05, 3, 120)
  notes = [(int(pitch), start, start + length) for pitch, start, length in zip(*columns)]
  sequence = testing.add(testing.sequence(notes), [(36 + i % 9, i / 2, i / 2 + .1) for i in range(60)], is_drum=True, instrument=9)
  for quarters, meter in ((8, (3, 4)), (14, (6, 8)), (20, (7, 16)), (23.5, (5, 8))):
    sequence.time_signatures.add(time=quarters / 2, numerator=meter[0], denominator=meter[1])
  path = str(tmp_path / 'odd.xml')
  musicxml.write(sequence, path)
  parts = _parsed(path).parts
  assert len(parts) == 3
  for measure in (m for part in parts for m in part.getElementsByClass('Measure')):
    for voice in list(measure.voices) or [measure]:
      assert sum(Fraction(element.quarterLength) for element in voice.notesAndRests) == measure.barDuration.quarterLength


def test_a_transfer_as_a_score(tmp_path):
  pytest.importorskip('music21')
  content = testing.sequence([(p, 4 * b, 4 * b + 4) for b in range(4) for p in (72, 48, 52, 55)], qpm=90.0)
  result = transfer.transfer(content, testing.chords(8, 1), beats='tempo', tempo='style')
  path = str(tmp_path / 'score.musicxml')
  musicxml.write(result.sequence, path, result.beat_map, result.readings['result'])
  part = _parsed(path).parts[0]
  assert [m.number for m in part.getElementsByClass('Measure')] == [1, 2, 3, 4]
  assert [mark.number for mark in part.flatten().getElementsByClass('MetronomeMark')] == [120]
  assert {(72, Fraction(4 * b), Fraction(4)) for b in range(4)} <= set(_notes(part))
  assert part.flatten().getElementsByClass('ChordSymbol')[0].figure == 'C'


def test_without_music21(monkeypatch, tmp_path):
  monkeypatch.setitem(__import__('sys').modules, 'music21', None)
  with pytest.raises(errors.ArgumentError, match=r"musicnst\[scores\]"):
    musicxml.write(_song()[0], str(tmp_path / 'song.musicxml'))


def _bars(*meters):
  """Written bars of a list of meters, nothing of them a pick-up."""
  found, at = [], 0.0
  for numerator, denominator in meters:
    found.append(meter_lib.Bar(at, numerator, denominator, at + 4 * numerator / denominator))
    at = found[-1].end_beat
  return notation.bars_of(found, 0.0), found


def test_the_written_grid():
  bars, played = _bars((4, 4), (6, 8))
  starts, ends = notation.on_grid([.02, 1.31, 1.69, 2.22, 3.97, 5.33], [.98, 1.6, 2.1, 2.27, 5.0, 5.4], bars, played)
  third, quarter = Fraction(1, 3), Fraction(1, 4)
  assert starts == [0, 1 + third, 1 + 2 * third, 2 + quarter, 4, 5 + quarter]  # never triplets in 6/8
  assert ends == [1, 1 + 2 * third, 2, 2 + 2 * quarter, 5, 5 + 2 * quarter]


@pytest.mark.parametrize('lengths, first, numbers, starts', [
    ([4, 4, 4], 0, [1, 2, 3], [0, 4, 8]), ([4, 4, 4], 1.5, [1, 2, 3], [0, 4, 8]),  # a rest of less than half a bar is a rest
    ([4, 4, 4], 3, [0, 1, 2], [0, 1, 5]), ([4, 4, 4], 2.97, [0, 1, 2], [0, 1, 5]), ([4, 4], 4, [1, 2], [0, 4]),
    ([1, 4, 4], 0, [0, 1, 2], [0, 1, 5]), ([4], 3, [1], [0])])
def test_pick_ups(lengths, first, numbers, starts):
  edges = np.cumsum([0, *lengths])
  bars = notation.bars_of([meter_lib.Bar(float(a), 4, 4, float(b)) for a, b in zip(edges, edges[1:])], first)
  assert [bar.number for bar in bars] == numbers and [bar.start for bar in bars] == starts


@pytest.mark.parametrize('start, end, meter, expected', [
    (0, 4, (4, 4), [4]), (0, '5/2', (4, 4), [2, '1/2']), ('1/2', '3/2', (4, 4), [1]), ('1/2', 2, (4, 4), ['1/2', 1]),
    ('1/4', 1, (4, 4), ['3/4']), ('1/3', 2, (4, 4), ['2/3', 1]), (0, '4/3', (4, 4), [1, '1/3']), ('1/2', 3, (6, 8), [1, '3/2']),
    (0, '5/4', (6, 8), [1, '1/4'])])
def test_note_heads_of_a_length(start, end, meter, expected):
  found = notation.pieces(Fraction(start), Fraction(end), _bars(meter)[0][0])
  assert [length for _, length in found] == [Fraction(length) for length in expected]
  assert found[0][0] == Fraction(start) and sum(length for _, length in found) == Fraction(end) - Fraction(start)


def test_hands():
  # A bass, a chord in the middle and the tune; then a run that goes up through the middle, all in one hand.
  start = [0, 1, 1, 1, 1, 2, 2]
  pitch = [36, 52, 55, 60, 76, 38, 59]
  tune = [0, 0, 0, 0, 1, 0, 1]
  assert notation.hands(start, pitch, tune).tolist() == [False, False, False, False, True, False, True]
  # Two hands far up: the parting goes along.
  upper = notation.hands([0, 0, 0, 1, 1, 1], [60, 64, 84, 62, 65, 86], [0] * 6)
  assert upper.tolist() == [False, False, True, False, False, True]


def test_voices():
  quarters = lambda *values: [Fraction(value) for value in values]
  # A held note under moving ones; a note held too short for its place, and one a little too long.
  events = notation.voices(quarters(0, 0, 1, 2), quarters(4, 1, '7/4', 4), [48, 60, 62, 64])
  assert [(e.start, e.end, e.notes, e.voice) for e in events] == [(0, 1, (1,), 0), (0, 4, (0,), 1), (1, 2, (2,), 0), (2, 4, (3,), 0)]
  # A chord is one event; of six that overlap no more than four voices come.
  assert [e.notes for e in notation.voices(quarters(0, 0, 0), quarters(1, 1, 1), [60, 64, 67])] == [(0, 1, 2)]
  many = notation.voices(quarters(*range(6)), quarters(*[12] * 6), list(range(60, 66)))
  assert {e.voice for e in many} == {0, 1, 2, 3} and sorted(i for e in many for i in e.notes) == list(range(6))
