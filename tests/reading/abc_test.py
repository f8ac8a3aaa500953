"""ABC: notes, rhythms, repeats and fields, by hand from the standard; then every tune of Nottingham against its MIDI file."""
import os

import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import abc
from musicnst.reading import abc_fields
from musicnst.reading import files

KEYS = music_proto.NoteSequence.KeySignature


def tune(music, fields='', key='C', meter='4/4', unit='1/4'):
  sequences, rejects = abc.read_text(f'X:1\nT:Test\nM:{meter}\nL:{unit}\nQ:1/4=60\n{fields}K:{key}\n{music}\n')
  assert not rejects
  return sequences[0]


def notes(music, **header):
  """[(pitch, start, length)] in quarters."""
  found = sorted((note.start_time, note.pitch, note.end_time - note.start_time) for note in tune(music, **header).notes)
  return [(pitch, pytest.approx(start), pytest.approx(length)) for start, pitch, length in found]


def pitches(music, **header):
  return [note.pitch for note in sorted(tune(music, **header).notes, key=lambda n: n.start_time)]


def test_pitches_and_octaves():
  assert pitches("C, C c c' B,, |") == [48, 60, 72, 84, 47]


def test_lengths():
  assert notes('A2 A/ A// A3/2 A/4 z A|') == [(69, 0, 2), (69, 2, 0.5), (69, 2.5, 0.25), (69, 2.75, 1.5), (69, 4.25, 0.25), (69, 5.5, 1)]


def test_key_signature_and_accidentals_last_to_the_bar_line():
  assert pitches('F ^G G =F f|G F|', key='D') == [66, 68, 68, 65, 77, 67, 66]


def test_double_accidentals():
  assert pitches('^^F __B |') == [67, 69]


@pytest.mark.parametrize('key, expected', [('Am', [65, 60, 67]), ('G', [66, 60, 67]), ('Eb', [65, 60, 67]), ('A mixolydian', [66, 61, 67]),
                                           ('E dor', [66, 61, 67]), ('C#', [66, 61, 68]), ('none', [65, 60, 67]), ('D exp ^G', [65, 60, 68]),
                                           ('G clef=bass', [66, 60, 67]), ('Hp', [66, 61, 67])])
def test_keys(key, expected):
  assert pitches('F C G|', key=key) == expected


def test_key_in_the_proto():
  signature = tune('A|', key='Am').key_signatures[0]
  assert (signature.key, signature.mode) == (KEYS.A, KEYS.MINOR)
  signature = tune('A|', key='Bb').key_signatures[0]
  assert (signature.key, signature.mode) == (KEYS.B_FLAT, KEYS.MAJOR)
  signature = tune('A|', key='Ddor').key_signatures[0]
  assert (signature.key, signature.mode) == (KEYS.D, KEYS.DORIAN)


def test_chords():
  assert notes('[CEG]2 [C2E2]|') == [(60, 0, 2), (64, 0, 2), (67, 0, 2), (60, 2, 2), (64, 2, 2)]


def test_broken_rhythm():
  assert notes('A>B c<d e>>f|') == [(69, 0, 1.5), (71, 1.5, 0.5), (72, 2, 0.5), (74, 2.5, 1.5), (76, 4, 1.75), (77, 5.75, 0.25)]


def test_triplets_and_tuplets():
  assert notes('(3ABc d|') == [(69, 0, 2 / 3), (71, 2 / 3, 2 / 3), (72, 4 / 3, 2 / 3), (74, 2, 1)]
  assert notes('(3:2:2 A2B c|') == [(69, 0, 4 / 3), (71, 4 / 3, 2 / 3), (72, 2, 1)]
  # Five in the time of three in compound meter, of two otherwise.
  assert notes('(5ABABA c|', meter='6/8')[-1] == (72, 3, 1)
  assert notes('(5ABABA c|', meter='2/4')[-1] == (72, 2, 1)


def test_ties_join_and_carry_the_accidental_over_the_bar():
  assert notes('A2-A2|') == [(69, 0, 4)]
  assert notes('z2^F2-|F2F2|') == [(66, 2, 4), (65, 6, 2)]
  assert notes('[CE]2-[CG]2|') == [(60, 0, 4), (64, 0, 2), (67, 2, 2)]


def test_slurs_grace_notes_and_ornaments_are_not_played():
  assert pitches('(A B) {cd}e ~f !trill!g|') == [69, 71, 76, 77, 79]


@pytest.mark.parametrize('music, expected', [
    ('A4:|B4|', 'AAB'), ('|:A4|B4:|', 'ABAB'), ('A4|:B4:|c4|', 'ABBc'), ('A4::B4:|', 'AABB'), ('|:A4|[1B4:|[2c4|d4|', 'ABAcd'),
    ('|:A4|1 B4:|2 c4||d4:|', 'ABAcdd'), ('|:A4|[1,2 B4:|[3 c4|]', 'ABABAc'), ('|:A4|[1B4:|[2c4:|d4|', 'ABAcd'), ('A4|B4!D.C.!|', 'ABAB'),
    ('A4!fine!|B4!D.C.!|', 'ABA'), ('A4|:B4::c4:|', 'ABBcc'), ('|::A4::|', 'AAA')])
def test_repeats(music, expected):
  names = {69: 'A', 71: 'B', 72: 'c', 74: 'd'}
  assert ''.join(names[pitch] for pitch in pitches(music)) == expected


def test_parts_in_the_order_of_the_header():
  assert pitches('P:A\nA4|\nP:B\nB4|\n', fields='P:ABA\n') == [69, 71, 69]
  assert pitches('P:A\nA4:|\nP:B\nB4|\n', fields='P:AAB\n') == [69, 69, 71]
  assert pitches('P:A\nA4|\nP:B\nB4|\n') == [69, 71]


def test_order_of_parts():
  assert abc_fields.parts('A2(BC)3.D') == 'AABCBCBCD'
  assert abc_fields.parts('((AB)2C)2') == 'ABABCABABC'
  for text in ('', '(A', '((((A99)99)99)99)', '1'):
    with pytest.raises(abc_fields.FieldError):
      abc_fields.parts(text)


def test_pickup_is_filled_to_a_bar_once():
  # One quarter before the bar: three quarters of rest, the meter never changes, and the repeat has no rest in it.
  sequence = tune('A|B4|c3:|', meter='4/4')
  assert [(n.pitch, n.start_time) for n in sequence.notes] == [(69, 3), (71, 4), (72, 8), (69, 11), (71, 12), (72, 16)]
  assert [(t.numerator, t.denominator) for t in sequence.time_signatures] == [(4, 4)]


def test_meter_changes_and_irregular_bars():
  sequence = tune('A4|[M:3/4]B3|c3|d2||e3|')
  assert [(t.time, t.numerator, t.denominator) for t in sequence.time_signatures] == [(0, 4, 4), (4, 3, 4), (10, 2, 4), (12, 3, 4)]


def test_tempo_forms():
  for text, qpm in (('Q:1/4=90', 90), ('Q:90', 45), ('Q:3/8=60', 90), ('Q:"Lively" 1/2=60', 120), ('Q:C=100', 50), ('Q:"Slow"', 120)):
    sequences, rejects = abc.read_text(f'X:1\nL:1/8\n{text}\nK:C\nA|\n')
    assert not rejects and sequences[0].tempos[0].qpm == pytest.approx(qpm), text


def test_tempo_change_inside():
  sequence = tune('A4|[Q:1/4=120]A4|')
  assert [(t.time, t.qpm) for t in sequence.tempos] == [(0, 60), (4, 120)]
  assert sequence.total_time == pytest.approx(6)


def test_unit_length_follows_the_meter():
  for meter, seconds in (('2/4', 0.25), ('3/4', 0.5), ('6/8', 0.5), ('C', 0.5), ('C|', 0.5)):
    sequences, _ = abc.read_text(f'X:1\nM:{meter}\nQ:1/4=60\nK:C\nAA\n')
    assert sequences[0].notes[1].start_time == pytest.approx(seconds), meter


def test_voices():
  sequence = tune('V:1\nA4|B4|\nV:2\nC4|D4|\n', fields='V:1\nV:2\n')
  assert sorted((n.start_time, n.pitch, n.instrument) for n in sequence.notes) == [(0, 60, 1), (0, 69, 0), (4, 62, 1), (4, 71, 0)]


def test_chord_symbols_and_words():
  sequence = tune('"Am7"A2 "^slowly"B2|')
  kinds = music_proto.NoteSequence.TextAnnotation
  assert [(t.time, t.text, t.annotation_type) for t in sequence.text_annotations] == [(0, 'Am7', kinds.CHORD_SYMBOL), (2, 'slowly', kinds.UNKNOWN)]


@pytest.mark.parametrize('between', [
    '%%begintext\nA bad cage faced\n\nB\n%%endtext\n', '%%beginps\nA B\n%%endps\n', 'w:a b\n+:c d\n', 'Z:a faded badge\n', 'S:a cafe\n',
    'H:bad deed\n', 'A: Aberdeen\n', 'r:a remark\n', '[r:a remark]\n', 'W:bad cafe\n', '!trill!\n', '+mf+\n'])
def test_text_is_never_played(between):
  assert pitches(f'CD|\n{between}EF|') == [60, 62, 64, 65]


def test_a_line_of_music_may_look_like_a_field():
  assert pitches('A4|\nB:|\n') == [69, 71, 69, 71]


def test_windows_ellipsis_breaks_no_line():
  # Byte 0x85, which Python's splitlines takes for a line break.
  text = b'X:1\nL:1/4\nK:C\nCD|\nw:Oh\x85 A bad dad\nEF|\n'
  (sequence,), rejects = abc.read_text(abc.decoded(text))
  assert not rejects and [note.pitch for note in sequence.notes] == [60, 62, 64, 65]


def test_decorations_in_chords_and_in_plus_signs():
  assert notes('[!accent!C!mf!E]2 G2|') == [(60, 0, 2), (64, 0, 2), (67, 2, 2)]
  assert notes('+mf+G2 +accent+E2|+f+C4|') == [(67, 0, 2), (64, 2, 2), (60, 4, 4)]
  assert notes('["Am"CE+trill+G]2|') == [(60, 0, 2), (64, 0, 2), (67, 0, 2)]


@pytest.mark.parametrize('key, header, up', [
    ('C clef=treble-8', '', -12), ('C treble+8', '', 12), ('C clef=bass', '', 0), ('C clef=bass-15', '', -24), ('C octave=1', '', 12),
    ('C transpose=-2', '', -2), ('C', '%%MIDI transpose -12\n', -12), ('C', 'V:1 clef=treble-8\n', -12), ('C clef=treble-8', 'V:1 octave=1\n', 12),
    ('C clef=perc', '%%MIDI transpose 5\n', 0)])
def test_octave_clefs_and_transposition(key, header, up):
  assert pitches('C^F|c2-c2|', key=key, fields=header) == [60 + up, 66 + up, 72 + up]


def test_the_key_is_that_of_the_sound():
  assert tune('C|', key='D transpose=-2').key_signatures[0].key == KEYS.C


def test_voices_named_inside_the_line():
  sequence = tune('[V:1]CDEF|[V:2]C,4|\n[V:1 clef=treble+8]G4|[V:2]G,4|')
  assert [(n.instrument, n.pitch, n.start_time) for n in sequence.notes] == [
      (0, 60, 0), (0, 62, 1), (0, 64, 2), (0, 65, 3), (0, 79, 4), (1, 48, 0), (1, 55, 4)]


def test_drums_and_programs_belong_to_their_voices():
  sequence = tune('V:1\nC4|\nV:2\nC4|\nV:3\nD,4|\n', fields='%%MIDI program 5\nV:1\n%%MIDI program 40\nV:2\nV:3 clef=perc\n')
  assert [(n.program, n.is_drum, n.pitch) for n in sequence.notes] == [(40, False, 60), (5, False, 60), (5, True, 50)]
  sequence = tune('C4|\nV:2\n%%MIDI channel 10\nD,4|\n')
  assert [(n.is_drum, n.pitch) for n in sequence.notes] == [(False, 60), (True, 50)]


@pytest.mark.parametrize('text, expected', [
    ('free', None), ('FREI4/4', (4, 4)), ('2/2]', (2, 2)), ('4', (4, 4)), ('2+3/8', (5, 8)), ('C|', (2, 2)), ('none', None)])
def test_meters_in_words(text, expected):
  assert abc_fields.meter(text) == expected


@pytest.mark.parametrize('text, expected', [
    ('Allegro', None), ('1/4=ca. 80', 80), ('1/4=80-100', 80), ('"Lively" 3/8=80', 120), ('circa 90', 45), ('1/8=~ 100', 50)])
def test_tempos_in_words_and_ranges(text, expected):
  assert abc_fields.tempo(text, unit=abc_fields.unit_length('1/8')) == expected


def test_key_accidentals_without_spaces():
  assert pitches('BEFG|', key='G_b_e') == [70, 63, 66, 67]
  assert pitches('BEFG|', key='Hp ^g') == [71, 64, 66, 67]


def test_a_bad_tune_does_not_lose_the_others():
  text = 'X:1\nK:C\nA|\n\nX:2\nM:4/0\nK:C\nA|\n\nX:3\nK:C\nz|\n\nX:4\nK:Q\nA|\n\nX:5\nK:C\nB|\n\nX:6\nK:C\nA/0|\n\nX:7\nT:none\n'
  sequences, rejects = abc.read_text(text, 'book.abc')
  assert [s.reference_number for s in sequences] == [1, 5]
  assert [r.reason for r in rejects] == ['bad_abc', 'no_notes', 'bad_abc', 'bad_abc', 'no_notes']
  assert 'book.abc (tune 2)' in str(rejects[0])


def test_file_header_holds_for_every_tune():
  sequences, _ = abc.read_text('M:3/4\nL:1/4\nQ:1/4=60\n\nX:1\nK:C\nABc|\n\nX:2\nK:C\nA3|\n')
  assert [s.time_signatures[0].numerator for s in sequences] == [3, 3]


def test_files(tmp_path):
  path = tmp_path / 'Tunes.ABC'
  path.write_bytes('X:1\nT:Caf\xe9\nK:C\nA|\n\nX:2\nM:4/0\nK:C\nA\n'.encode('latin-1'))
  sequences, rejects = files.read_all(path)
  assert len(files.read(path)) == len(sequences) == len(rejects) == 1
  assert sequences[0].sequence_metadata.title == 'Caf\xe9'
  path.write_text('no tune here\n')
  with pytest.raises(errors.ReadError, match='no tune'):
    files.read(path)
  path.write_text('X:1\nM:4/0\nK:C\nA\n')
  with pytest.raises(errors.ReadError, match='meter'):
    files.read(path)


def test_hostile_tunes_end(tmp_path):
  for music in ('A9999|' * 10, '[' * 10000, '(9:9:9' * 1000, '|:' * 5000 + 'A:|', 'Z9999|A', '"' * 9999, 'A' + '/' * 5000, '::' * 5000):
    abc.read_text(f'X:1\nM:4/4\nL:1/1\nP:{"(" * 500}\nK:C\n{music}\n')


def test_nottingham_against_its_midi(shared):
  """Every tune is read; without repeats and parts, the notes are those of the corpus's MIDI.

  The MIDI files let an accidental hold for one note only (the standard: to the bar line) and sound both of two tied notes, so pitches
  may differ by a semitone and theirs may have more notes. Measured on every tune in benchmarks/abc_reading.py.
  """
  pretty_midi = pytest.importorskip('pretty_midi')
  folder = shared / 'data/nottingham'
  found = total = tunes = 0
  for name in ('waltzes', 'xmas', 'slip'):
    text = (folder / f'abc/{name}.abc').read_text('latin-1')
    sequences, rejects = abc.read_text(text)
    assert not rejects
    for (number, lines), sequence in zip(abc.split(text)[1], sequences, strict=True):
      if any(sign in line for line in lines for sign in (':|', '::', '[1', 'P:')):
        continue
      midi = pretty_midi.PrettyMIDI(os.fspath(folder / f'midi/{name}{number}.mid'))
      theirs = {(round(midi.time_to_tick(n.start) * 24 / midi.resolution), n.pitch) for n in midi.instruments[0].notes}
      ours = [(round(n.start_time * sequence.tempos[0].qpm / 60 * 24), n.pitch) for n in sequence.notes]
      tunes += 1
      total += len(ours)
      found += sum(any((onset, pitch + change) in theirs for change in (0, 1, -1)) for onset, pitch in ours)
  assert tunes > 20 and found / total > 0.99, (tunes, found, total)
