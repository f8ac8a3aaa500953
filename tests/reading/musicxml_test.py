"""MusicXML: small scores written here with answers by hand; bombs and damage. `libraries_test.py` has the scores that music21 ships."""
import zipfile

import numpy as np
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import files

CONTAINER = '<container><rootfiles><rootfile full-path="score.xml" media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>'


def note(pitch, duration=1, extra='', before=''):
  if pitch == 'rest':
    return f'<note>{before}<rest/><duration>{duration}</duration>{extra}</note>'
  alter = {'#': '<alter>1</alter>', 'b': '<alter>-1</alter>'}.get(pitch[1:-1], '')
  return (f'<note>{before}<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>'
          f'<duration>{duration}</duration>{extra}</note>')


def attributes(divisions=1, meter=(4, 4), more=''):
  return (f'<attributes><divisions>{divisions}</divisions>{more}<time><beats>{meter[0]}</beats>'
          f'<beat-type>{meter[1]}</beat-type></time></attributes>')


def score_of(*parts, part_list=''):
  """Each part a list of measures' inner text."""
  body = ''.join(f'<part id="P{i}">' + ''.join(f'<measure number="{j}">{inner}</measure>' for j, inner in enumerate(measures, 1)) + '</part>'
                 for i, measures in enumerate(parts))
  listed = part_list or ''.join(f'<score-part id="P{i}"><part-name>Part {i}</part-name></score-part>' for i, _ in enumerate(parts))
  return f'<?xml version="1.0"?><score-partwise version="4.0"><part-list>{listed}</part-list>{body}</score-partwise>'


@pytest.fixture
def read(tmp_path):
  def reader(text):
    path = tmp_path / 'score.musicxml'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return files.read(path)[0]
  return reader


TEMPO_60 = '<sound tempo="60"/>'


def notes(sequence):
  return sorted((n.start_time, n.pitch, n.end_time - n.start_time) for n in sequence.notes)


def test_notes_chords_rests_voices_and_divisions(read):
  measure = (attributes(divisions=4) + TEMPO_60 + note('C4', 4) + note('E4', 4, before='<chord/>') + note('rest', 2) + note('F#4', 2)
             + note('Bb3', 8, '<voice>1</voice>') + '<backup><duration>8</duration></backup><forward><duration>4</duration></forward>'
             + note('G2', 4, '<voice>2</voice>'))
  sequence = read(score_of([measure]))
  assert notes(sequence) == [(0, 60, 1), (0, 64, 1), (1.5, 66, 0.5), (2, 58, 2), (3, 43, 1)]
  assert {n.pitch: n.voice for n in sequence.notes}[43] == 2
  assert sequence.total_time == 4


def test_ties_are_joined_over_bar_lines(read):
  sequence = read(score_of([attributes() + TEMPO_60 + note('C4', 4, '<tie type="start"/>'),
                            note('C4', 1, '<tie type="stop"/>') + note('C4', 3)]))
  assert notes(sequence) == [(0, 60, 5), (5, 60, 3)]


def test_tempo_changes_count_for_all_parts(read):
  first = [attributes() + TEMPO_60 + note('C4', 2) + '<direction><direction-type/><sound tempo="120"/></direction>' + note('D4', 2)]
  second = [attributes() + note('C3', 4)]
  sequence = read(score_of(first, second))
  assert notes(sequence) == [(0, 48, 3), (0, 60, 2), (2, 62, 1)]
  assert [(t.time, t.qpm) for t in sequence.tempos] == [(0, 60), (2, 120)]


def test_metronome_mark_and_default_tempo(read):
  mark = ('<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>c. 40</per-minute></metronome>'
          '</direction-type></direction>')
  assert read(score_of([attributes() + mark + note('C4', 4)])).tempos[0].qpm == 60
  assert read(score_of([attributes() + note('C4', 4)])).tempos[0].qpm == 120


def test_repeats_and_endings(read):
  end = '<barline><repeat direction="backward"/></barline>'
  first = '<barline location="left"><ending number="1" type="start"/></barline>'
  second = '<barline location="left"><ending number="2" type="start"/></barline>'
  stop = '<barline><ending number="{}" type="stop"/></barline>'
  measures = [attributes() + TEMPO_60 + note('C4', 4), first + note('D4', 4) + stop.format(1) + end, second + note('E4', 4) + stop.format(2),
              '<barline location="left"><repeat direction="forward"/></barline>' + note('F4', 4), note('G4', 4) + end]
  assert [pitch for _, pitch, _ in notes(read(score_of(measures)))] == [60, 62, 60, 64, 65, 67, 65, 67]


def test_da_capo_al_fine(read):
  measures = [attributes() + TEMPO_60 + note('C4', 4) + '<direction><sound fine="yes"/></direction>', note('D4', 4) + '<sound dacapo="yes"/>']
  assert [pitch for _, pitch, _ in notes(read(score_of(measures)))] == [60, 62, 60]


def direction(*kinds, sound=''):
  return '<direction>' + ''.join(f'<direction-type>{kind}</direction-type>' for kind in kinds) + f'{sound}</direction>'


def bars(*inner):
  """A score of bars of one whole note each, C D E F G ..., with something before the note of each."""
  return score_of([(attributes() + TEMPO_60) * (not i) + before + note(f'{"CDEFG"[i]}4', 4) for i, before in enumerate(inner)])


@pytest.mark.parametrize('inner, expected', [
    (['<barline><repeat direction="forward"/></barline>', '<barline><ending number="1." type="start"/></barline>'
      '<barline><ending number="1." type="stop"/><repeat direction="backward"/></barline>',
      '<barline><ending number="2." type="start"/></barline>'], 'CDCE'),
    (['', '<barline><ending number="1-3" type="start"/></barline><barline><ending number="1-3" type="stop"/>'
      '<repeat direction="backward" times="4"/></barline>', '<barline><ending number="4" type="start"/></barline>'], 'CDCDCDCE'),
    ([direction('<segno/>'), direction('<words>To Coda</words>'), direction('<words>D.S. al Coda</words>'), direction('<coda/>')], 'CDECDF'),
    (['', direction('<words>Fine</words>'), direction('<words>D.C. al Fine</words>')], 'CDECD'),
    (['', direction('<words>fine and soft</words>'), direction('<words>Da Capo</words>')], 'CDECDE'),
    (['', direction('<words>Fine</words>'), direction('<words>D.C.</words>'), ''], 'CDEF'),  # another movement follows
    ([direction('<segno/>', sound='<sound segno="a"/>'), direction('<segno/>', sound='<sound segno="b"/>'),
      direction('<words>D.S.S.</words>', sound='<sound dalsegno="b"/>'), ''], 'CDEDEF')])
def test_ending_numbers_jumps_in_words_and_several_segnos(read, inner, expected):
  names = {60: 'C', 62: 'D', 64: 'E', 65: 'F'}
  assert ''.join(names[n.pitch] for n in read(bars(*inner)).notes) == expected


def test_an_unpitched_note_makes_only_itself_a_drum(read):
  clap = '<note><unpitched><display-step>E</display-step><display-octave>4</display-octave></unpitched><duration>1</duration></note>'
  sequence = read(score_of([attributes() + note('C4') + clap + note('D4')]))
  assert [(n.pitch, n.is_drum) for n in sequence.notes] == [(60, False), (64, True), (62, False)]


def test_pickup_is_filled_to_a_bar(read):
  sequence = read(score_of([attributes(meter=(3, 4)) + TEMPO_60 + note('G4', 1), note('C5', 3), note('C5', 3)]))
  assert notes(sequence) == [(2, 67, 1), (3, 72, 3), (6, 72, 3)]
  assert [(t.time, t.numerator, t.denominator) for t in sequence.time_signatures] == [(0, 3, 4)]


def test_meters(read):
  sequence = read(score_of([attributes() + TEMPO_60 + note('C4', 4), attributes(meter=(5, 8), divisions=2) + note('C4', 5),
                            attributes(meter=('3+2', 4)) + note('C4', 5), attributes(meter=(2, 6), divisions=3) + note('C4', 4)]))
  assert [(t.time, t.numerator, t.denominator) for t in sequence.time_signatures] == [(0, 4, 4), (4, 5, 8), (6.5, 5, 4),
                                                                                     (pytest.approx(11.5), 2, 6)]


def test_transposing_instrument_and_key(read):
  clarinet = '<key><fifths>2</fifths><mode>major</mode></key><transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>'
  sequence = read(score_of([attributes(more=clarinet) + note('D5', 4)]))
  assert sequence.notes[0].pitch == 72
  assert (sequence.key_signatures[0].key, sequence.key_signatures[0].mode) == (0, 0)
  minor = '<key><fifths>-3</fifths><mode>minor</mode></key>'
  signature = read(score_of([attributes(more=minor) + note('C5', 4)])).key_signatures[0]
  assert (signature.key, signature.mode) == (music_proto.NoteSequence.KeySignature.C, music_proto.NoteSequence.KeySignature.MINOR)


def test_instruments_and_drums(read):
  listed = ('<score-part id="P0"><part-name>Violin</part-name><midi-instrument id="I0"><midi-channel>1</midi-channel>'
            '<midi-program>41</midi-program></midi-instrument></score-part>'
            '<score-part id="P1"><part-name>Drums</part-name><midi-instrument id="I1"><midi-channel>10</midi-channel>'
            '<midi-unpitched>37</midi-unpitched></midi-instrument></score-part>')
  drum = ('<note><unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched><duration>4</duration>'
          '<instrument id="I1"/></note>')
  sequence = read(score_of([attributes() + note('A4', 4)], [attributes() + drum], part_list=listed))
  assert [(n.pitch, n.program, n.is_drum, n.instrument) for n in sequence.notes] == [(69, 40, False, 0), (36, 0, True, 1)]
  assert [p.name for p in sequence.part_infos] == ['Violin', 'Drums']


def test_program_changes_within_a_part(read):
  part_list = ('<score-part id="P0"><part-name>Winds</part-name><midi-instrument id="I1"><midi-program>74</midi-program></midi-instrument>'
               '<midi-instrument id="I2"><midi-program>72</midi-program></midi-instrument></score-part>')
  to_oboe = '<direction><sound><midi-instrument id="I1"><midi-program>69</midi-program></midi-instrument></sound></direction>'
  measure = (attributes() + note('C4') + note('D4', extra='<instrument id="I2"/>') + to_oboe + note('E4') + note('F4', extra='<instrument id="I1"/>'))
  sequence = read(score_of([measure], part_list=part_list))
  assert [(n.pitch, n.program, n.instrument) for n in sequence.notes] == [(60, 73, 0), (62, 71, 0), (64, 68, 0), (65, 68, 0)]


def test_dynamics(read):
  loud = '<direction><direction-type><dynamics><ff/></dynamics></direction-type></direction>'
  sequence = read(score_of([attributes() + note('C4', 1) + loud + note('D4', 1) + '<sound dynamics="50"/>' + note('E4', 2)]))
  assert [n.velocity for n in sequence.notes] == [80, 112, 45]


def test_chord_symbols(read):
  harmony = ('<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root><kind>minor-seventh</kind>'
             '<bass><bass-step>F</bass-step></bass></harmony>')
  strange = '<harmony><root><root-step>C</root-step></root><kind>Neapolitan</kind></harmony>'
  sequence = read(score_of([attributes() + harmony + note('C4', 2) + strange + note('C4', 2)]))
  assert [(t.time, t.text) for t in sequence.text_annotations] == [(0, 'Bbm7/F'), (1, 'C')]


def test_grace_and_cue_notes_are_not_played(read):
  grace = '<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>'
  sequence = read(score_of([attributes() + TEMPO_60 + grace + note('C4', 2) + note('E4', 2, before='<cue/>')]))
  assert notes(sequence) == [(0, 60, 2)]


def test_empty_measures_last_a_bar(read):
  sequence = read(score_of([attributes(meter=(3, 4)) + TEMPO_60 + note('C4', 3), '', note('C4', 3)]))
  assert [start for start, _, _ in notes(sequence)] == [0, 6]


def test_timewise(read):
  measure = lambda number, upper, lower: (f'<measure number="{number}"><part id="A">{upper}</part><part id="B">{lower}</part></measure>')
  text = ('<score-timewise><part-list><score-part id="A"/><score-part id="B"/></part-list>'
          + measure(1, attributes() + TEMPO_60 + note('C4', 4), attributes() + note('C3', 4))
          + measure(2, note('D4', 4), note('D3', 4)) + '</score-timewise>')
  assert notes(read(text)) == [(0, 48, 4), (0, 60, 4), (4, 50, 4), (4, 62, 4)]


def test_compressed(tmp_path):
  text = score_of([attributes() + TEMPO_60 + note('C4', 4)])
  path = tmp_path / 'score.MXL'
  for container in (True, False):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
      if container:
        archive.writestr('META-INF/container.xml', CONTAINER)
      archive.writestr('score.xml', text)
    assert notes(files.read(path)[0]) == [(0, 60, 4)]
  with zipfile.ZipFile(path, 'w') as archive:  # as a Mac zips it again
    archive.writestr('__MACOSX/._score.xml', b'\0\5\x16\7')
    archive.writestr('score.xml', text)
  assert notes(files.read(path)[0]) == [(0, 60, 4)]


def test_encodings_and_names(read):
  text = score_of([attributes() + note('C4', 4)]).replace('<part-list>', '<work><work-title>Für Elise</work-title></work><part-list>')
  assert read(text).sequence_metadata.title == 'Für Elise'
  assert read(text.encode('utf-16')).sequence_metadata.title == 'Für Elise'
  # Declared UTF-16, but its bytes are UTF-8: what some programs leave when they convert a file.
  untrue = text.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>')
  assert read(untrue.encode()).sequence_metadata.title == 'Für Elise'


@pytest.mark.parametrize('text, reason', [
    ('hello', 'not_xml'), ('<a><b></a>', 'not_xml'), ('<html></html>', 'not_musicxml'), (score_of([]), 'no_notes'),
    (score_of([attributes() + note('rest', 4)]), 'no_notes'), (score_of([attributes() + note('H4', 4)]), 'bad_musicxml'),
    (score_of([attributes(divisions=0) + note('C4', 4)]), 'bad_musicxml'), (score_of([attributes(meter=(4, 0)) + note('C4', 4)]), 'bad_musicxml'),
    (score_of([attributes() + note('C4', 'x')]), 'bad_musicxml'), (score_of([attributes() + note('A9', 4)]), 'bad_musicxml'),
    (score_of([attributes() + note('C4', 10**12)]), 'bad_musicxml'), ('<a>' * 10000, 'not_musicxml'),
    ('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><score-partwise>&b;</score-partwise>', 'bomb'),
    ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><score-partwise>&a;</score-partwise>', 'bomb')])
def test_bad_scores(read, text, reason):
  with pytest.raises(errors.ReadError) as caught:
    read(text)
  assert caught.value.reason == reason


def test_the_place_of_an_error_is_named(read):
  with pytest.raises(errors.ReadError, match='part 1, measure 2: step'):
    read(score_of([attributes() + note('C4', 4), note('H4', 4)]))


def test_zip_bombs_and_damaged_archives(tmp_path):
  path = tmp_path / 'score.mxl'
  def reason():
    with pytest.raises(errors.ReadError) as caught:
      files.read(path)
    return caught.value.reason
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('META-INF/container.xml', CONTAINER)
    archive.writestr('score.xml', b'<score-partwise>' + b' ' * 50_000_000)
  assert reason() == 'bomb'
  path.write_bytes(path.read_bytes()[:5000])
  assert reason() == 'bad_zip'
  with zipfile.ZipFile(path, 'w') as archive:
    archive.writestr('readme.txt', 'nothing')
  assert reason() == 'not_musicxml'


def test_damaged_text_never_crashes(tmp_path):
  good = score_of([attributes(4) + TEMPO_60 + note('C4', 4) + note('E4', 4, before='<chord/>') + note('F#4', 2)] * 3).encode()
  generator = np.random.default_rng(0)
  path = tmp_path / 'a.xml'
  for _ in range(300):
    damaged = bytearray(good)
    for place in generator.integers(0, len(damaged), 3):
      damaged[place] = generator.integers(32, 127)
    path.write_bytes(bytes(damaged))
    try:
      files.read(path)
    except errors.ReadError:
      pass
