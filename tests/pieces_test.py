"""The shipped pieces: what is in the files, against hand-written facts and another edition."""
import fractions
import re

import mido
import pytest

from musicnst import pieces
from musicnst.pieces import encode
from musicnst.pieces import notation
from musicnst.pieces import patterns
from musicnst.reading import midi

_QUARTER = fractions.Fraction(1)
# name: (meter, bars from the first full one, key of the signature, lowest pitch, highest pitch, tracks, has drums)
_FACTS = {
    'auld_lang_syne': ((4, 4), 32, 'F', 'f1', 'd5', 4, True),
    'greensleeves': ((6, 8), 32, 'Am', 'e2', 'g5', 2, False),
    'irish_washerwoman': ((6, 8), 32, 'G', 'g2', 'b5', 3, False),
    'maple_leaf_rag': ((2, 4), 32, 'Ab', 'ab1', 'ab6', 2, False),
    'minuet_in_g': ((3, 4), 32, 'G', 'g2', 'b5', 2, False),
    'ode_to_joy': ((4, 4), 24, 'D', 'g2', 'a4', 4, False),
    'prelude_in_c': ((4, 4), 35, 'C', 'c2', 'a5', 3, False),
    'when_the_saints': ((4, 4), 32, 'F', 'b1', 'f5', 4, True),
}


def _onsets(sequence):
  """{(quarter, pitch)} of the notes that are no drums; quarters rounded to a 48th."""
  quarter = 60 / sequence.tempos[0].qpm
  return {(round(note.start_time / quarter * 48) / 48, note.pitch) for note in sequence.notes if not note.is_drum}


def test_all_are_there():
  assert pieces.names() == sorted(_FACTS) == list(encode.scored())


@pytest.mark.parametrize('name', sorted(_FACTS))
def test_facts_by_mido(name):
  meter, bars, key, lowest, highest, tracks, has_drums = _FACTS[name]
  file = mido.MidiFile(pieces.path(name))
  played = [track for track in file.tracks if any(message.type == 'note_on' for message in track)]
  messages = [message for track in file.tracks for message in track]
  pitches = [m.note for m in messages if m.type == 'note_on' and m.velocity and m.channel != 9]
  assert len(played) == tracks
  assert [(m.numerator, m.denominator) for m in messages if m.type == 'time_signature'] == [meter]
  assert [m.key for m in messages if m.type == 'key_signature'] == [key]
  assert (min(pitches), max(pitches)) == (notation.pitch(lowest), notation.pitch(highest))
  assert any(m.type == 'note_on' and m.channel == 9 for m in messages) == has_drums
  last_tick = max(sum(m.time for m in track) for track in played)
  bar_ticks = file.ticks_per_beat * 4 * meter[0] // meter[1]
  assert -(-last_tick // bar_ticks) - bars in (0, 1)  # one more where there is a pickup


@pytest.mark.parametrize('name', sorted(_FACTS))
def test_files_are_what_encode_writes(name):
  read = midi.read(pieces.path(name))
  written = notation.to_sequence(encode.scored()[name])
  assert len(read.notes) == len(written.notes)
  assert _onsets(read) == _onsets(written)


def test_readme_has_a_row_for_each():
  text = (pieces.FOLDER / 'README.md').read_text(encoding='utf-8')
  rows = re.findall(r'^\| (\w+)\.mid \| ([^|]+) \|.*\| (\d+/\d+) \| (\d+) \|$', text, re.M)
  titles = {name: piece.title for name, piece in encode.scored().items()}
  assert {name: (title, meter, int(bars)) for name, title, meter, bars in rows} == {
      name: (titles[name], '{}/{}'.format(*facts[0]), facts[1]) for name, facts in _FACTS.items()}


def test_prelude_by_its_first_bars():
  by_hand = 'c4 e4 g4 c5 e5 g4 c5 e5 c4 e4 g4 c5 e5 g4 c5 e5 c4 d4 a4 d5 f5 a4 d5 f5 c4 d4 a4 d5 f5 a4 d5 f5'.split()
  first = sorted(onset for onset in _onsets(midi.read(pieces.path('prelude_in_c'))) if onset[0] < 8)
  assert first == [(i / 4, notation.pitch(name)) for i, name in enumerate(by_hand)]


def test_rag_against_the_edition_in_music21():
  music21 = pytest.importorskip('music21')
  from music21 import corpus
  del music21
  score = corpus.parse('joplin/maple_leaf_rag').stripTies().flatten()
  theirs = {(float(chord.offset), pitch.midi) for chord in score.notes for pitch in chord.pitches}
  start = min(theirs)[0]
  # Their bar 16 is the ending that leads back, 17 the one that leads on; ours has the second only. Our pickup ends a full bar.
  shift = 1.5 - start
  expected = {(t + shift, p) for t, p in theirs if t + shift < 32} | {(t + shift - 2, p) for t, p in theirs if t + shift >= 34}
  last = 2 + 31 * 2 + 1  # the closing chord is our own
  ours = {onset for onset in _onsets(midi.read(pieces.path('maple_leaf_rag'))) if onset[0] < last}
  assert ours == {onset for onset in expected if onset[0] < last}
  assert len(ours) > 500


def test_swing_is_off_the_grid():
  onsets = {round(time % 1, 6) for time, _ in _onsets(midi.read(pieces.path('when_the_saints')))}
  assert onsets == {0., .666667}


def test_notation_reads_chords_ties_rests_and_pickups():
  events = notation.read('g4 | [c4 e4]:2~ [c4 e4] r | bb3:3/2 c#4:1/2 d4:2 |', (4, 4), _QUARTER)
  assert [(float(e.start), float(e.length), e.pitches) for e in events] == [
      (3, 1, (67,)), (4, 3, (60, 64)), (8, 1.5, (58,)), (9.5, .5, (61,)), (10, 2, (62,))]


@pytest.mark.parametrize('text, said', [
    ('| c4:3 | c4:4 |', 'bar 1 holds 3'), ('| c4:5 |', 'bar 1 holds 5'), ('| h4 |', "cannot read 'h4"), ('| c4;2 |', 'cannot')])
def test_slips_of_the_pen_are_found(text, said):
  with pytest.raises(ValueError, match=said):
    notation.read(text, (4, 4), _QUARTER)


def test_chord_names():
  chords = patterns.progression('F | Bb C7 | Am', (4, 4))
  assert [(float(start), float(length), root, intervals) for start, length, root, intervals in chords] == [
      (4, 4, 5, (0, 4, 7)), (8, 2, 10, (0, 4, 7)), (10, 2, 0, (0, 4, 7, 10)), (12, 4, 9, (0, 3, 7))]
  walk = patterns.walking(chords)
  assert [event.pitches[0] for event in walk[:4]] == [41, 45, 48, 45]  # F A C, then a half step below B flat
