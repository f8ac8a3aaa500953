"""MIDI files written and read back by note_seq and by our reader: the sequence returns."""
import random

import mido
import note_seq
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import manner
from musicnst.reading import midi as reading_midi
from musicnst.reading import words
from musicnst.rendering import midi
from tests.reading import midi_maker

_LIKE = manner.Manner(like_note_seq=True)
_FIELDS = ('notes', 'tempos', 'time_signatures', 'key_signatures', 'pitch_bends', 'control_changes', 'instrument_infos')


def _written(sequence, tmp_path):
  path = tmp_path / 'out.mid'
  midi.write(sequence, path)
  return note_seq.midi_file_to_note_sequence(str(path))


def _sequence(notes, ticks_per_quarter=480):
  """From (pitch, start, end) or (pitch, start, end, instrument, program, is_drum)."""
  sequence = music_proto.NoteSequence(ticks_per_quarter=ticks_per_quarter)
  for pitch, start, end, *rest in notes:
    instrument, program, is_drum = rest or (0, 0, False)
    sequence.notes.add(pitch=pitch, velocity=70, start_time=start, end_time=end, instrument=instrument, program=program, is_drum=is_drum)
  sequence.total_time = max((n.end_time for n in sequence.notes), default=0.0)
  return sequence


def _times(sequence, pitch=60):
  return sorted((round(n.start_time, 6), round(n.end_time, 6)) for n in sequence.notes if n.pitch == pitch)


def test_files_read_and_written_are_equal(tmp_path):
  """Whatever was read with note_seq's habits returns to the last bit, by note_seq's reading, but for tempos that lasted no time."""
  compared = 0
  for seed in range(300, 360):
    first = reading_midi.read_bytes(midi_maker.random_file(seed), 'x.mid', manner=_LIKE)
    if len({tempo.time for tempo in first.tempos}) == len(first.tempos):
      assert _written(first, tmp_path) == first, seed
      compared += 1
  assert compared > 50


def test_everything_is_kept(tmp_path):
  sequence = _sequence([(60, 0, 1, 0, 5, False), (64, .5, 2.25, 0, 5, False), (36, 0, .5, 1, 0, True), (67, 1, 2, 2, 41, False)], 220)
  sequence.tempos.add(time=0, qpm=100)
  sequence.tempos.add(time=1.2, qpm=60)
  sequence.time_signatures.add(time=0, numerator=5, denominator=8)
  sequence.time_signatures.add(time=1.5, numerator=3, denominator=4)
  sequence.key_signatures.add(time=0, key=9, mode=1)
  sequence.pitch_bends.add(time=.6, bend=-300, instrument=2, program=41)
  sequence.control_changes.add(time=.6, control_number=64, control_value=127, instrument=0, program=5)
  sequence.instrument_infos.add(instrument=2, name='Bratsche für zwei')
  again = _written(sequence, tmp_path)
  assert again.ticks_per_quarter == 220
  tick = 1 / 220
  for field in _FIELDS:
    ours, theirs = getattr(sequence, field), getattr(again, field)
    assert len(ours) == len(theirs), field
    for a, b in zip(ours, theirs, strict=True):
      for descriptor, value in a.ListFields():
        tolerance = tick if 'time' in descriptor.name else 1e-3
        assert getattr(b, descriptor.name) == pytest.approx(value, abs=tolerance), (field, descriptor.name)


def test_note_seq_reads_the_tempo_map_without_drift(tmp_path):
  """200 tempo changes off the tick grid: no time moves by more than a tick."""
  rng = random.Random(3)
  sequence = _sequence([(60 + i % 12, i * .317, i * .317 + .3) for i in range(300)], 96)
  for i in range(200):
    sequence.tempos.add(time=i * .47, qpm=rng.uniform(40, 200))
  again = _written(sequence, tmp_path)
  longest_tick = 60 / 40 / 96
  for a, b in zip(sequence.notes, sorted(again.notes, key=lambda n: n.start_time), strict=True):
    assert (b.start_time, b.end_time) == pytest.approx((a.start_time, a.end_time), abs=longest_tick)


def test_more_instruments_than_channels(tmp_path):
  sequence = _sequence([(60, i, i + 1, i, i % 128, False) for i in range(40)] + [(36, 0, 1, 40, 0, True), (38, 0, 1, 41, 0, True)])
  again = _written(sequence, tmp_path)
  assert [(n.instrument, n.program, n.is_drum) for n in again.notes] == [(n.instrument, n.program, n.is_drum) for n in sequence.notes]
  tracks = mido.MidiFile(tmp_path / 'out.mid').tracks[1:]
  places = []
  for track in tracks:
    port = next((m.port for m in track if m.type == 'midi_port'), 0)
    places.append((port, next(m.channel for m in track if m.type == 'program_change')))
  assert len(set(places[:40])) == 40 and places[40:] == [(0, 9), (0, 9)]
  assert all(channel != 9 for _, channel in places[:40])


@pytest.mark.parametrize('notes, expected', [
    ([(60, 0, 2), (60, 1, 3)], [(0, 1), (1, 3)]),  # a restart ends the note before
    ([(60, 0, 3), (60, 1, 2)], [(0, 1), (1, 2)]),
    ([(60, 0, 2), (60, 1, 2)], [(0, 2), (1, 2)]),  # both end together: kept
    ([(60, 0, 1), (60, 0, 2)], [(0, 2), (0, 2)]),
    ([(60, 0, 1), (60, 1, 2)], [(0, 1), (1, 2)]),
    ([(60, 1, 1)], [(1, 1 + .5 / 480)]),  # no shorter than a tick
    ([(60, 0, 2), (61, 1, 3)], [(0, 2)]),
])
def test_overlaps(tmp_path, notes, expected):
  again = _written(_sequence(notes), tmp_path)
  assert _times(again) == [tuple(round(t, 6) for t in times) for times in expected]


def test_words_are_kept(tmp_path):
  sequence = _sequence([(60, 0, 1)])
  sequence.text_annotations.add(time=.5, text='Dm7', annotation_type=1)
  sequence.text_annotations.add(time=1, text='日本')
  _written(sequence, tmp_path)
  found = [(m.type, m.text) for m in mido.MidiFile(tmp_path / 'out.mid', charset='utf-8').tracks[0] if m.type in ('marker', 'text')]
  assert found == [('marker', 'Dm7'), ('text', '日本')]


def test_nothing_and_strange_values(tmp_path):
  assert len(_written(music_proto.NoteSequence(), tmp_path).notes) == 0
  odd = _sequence([(60, 0, 1)], ticks_per_quarter=100_000)
  odd.tempos.add(time=0, qpm=0)
  odd.time_signatures.add(time=0, numerator=4, denominator=6)
  odd.key_signatures.add(time=0, key=2, mode=4)  # D dorian has the signature of C major
  again = _written(odd, tmp_path)
  assert (again.ticks_per_quarter, again.tempos[0].qpm, len(again.time_signatures)) == (480, 120.0, 0)
  assert (again.key_signatures[0].key, again.key_signatures[0].mode) == (0, 0)


def test_what_midi_has_no_byte_for_leaves_no_file(tmp_path):
  with pytest.raises(errors.RejectedSequence):
    midi.write(_sequence([(200, 0, 1)]), tmp_path / 'bad.mid')
  (tmp_path / 'file').write_text('in the way')
  with pytest.raises(errors.OutputError):
    midi.write(_sequence([(60, 0, 1)]), tmp_path / 'file' / 'out.mid')
  assert [path.name for path in tmp_path.iterdir()] == ['file']


def test_real_files_return(shared, tmp_path):
  rng = random.Random(4)
  for pattern in ('pop909/*/*.mid', 'asap-scores/*.mid', 'karaoke/*', 'nottingham/midi/*.mid', 'maestro-v1.0.0/*/*.midi', 'tpd/*/*.mid'):
    paths = sorted((shared / 'data').glob(pattern))
    for path in rng.sample(paths, min(3, len(paths))):
      sequence = reading_midi.read(path, manner=_LIKE)
      midi.write(sequence, tmp_path / 'out.mid')
      assert reading_midi.read(tmp_path / 'out.mid', manner=_LIKE) == sequence, path.name


def test_words_title_channels_and_sysex_return(tmp_path):
  meta = mido.MetaMessage
  conductor = [meta('track_name', name='Song'), meta('copyright', text='me'), mido.Message('sysex', data=(0x7E, 0x7F, 9, 1)),
               meta('lyrics', text='lo', time=480), meta('marker', text='Chorus'), meta('text', text='@T', time=7)]
  tracks = [[meta('track_name', name=f'part {channel}'), mido.Message('program_change', program=channel, channel=channel),
             *midi_maker.notes([60, 62], channel=channel)] for channel in (12, 3, 9, 3)]
  first = reading_midi.read_bytes(midi_maker.to_bytes([conductor, *tracks]), 'x.mid')
  midi.write(first, tmp_path / 'out.mid')
  written = mido.MidiFile(tmp_path / 'out.mid')
  said = [(m.type, getattr(m, 'text', getattr(m, 'data', getattr(m, 'name', '')))) for m in written.tracks[0]
          if m.type in ('track_name', 'copyright', 'sysex', 'lyrics', 'marker', 'text')]
  assert sorted(said) == sorted([('track_name', 'Song'), ('copyright', 'me'), ('sysex', (0x7E, 0x7F, 9, 1)), ('lyrics', 'lo'), ('marker', 'Chorus'),
                                 ('text', '@T')])
  assert [next(m.channel for m in track if m.type == 'note_on') for track in written.tracks[1:]] == [12, 3, 9, 0]  # 3 is taken once
  again = reading_midi.read(tmp_path / 'out.mid')
  keep = lambda sequence: [(a.time, a.text, a.annotation_type) for a in sequence.text_annotations if a.annotation_type != words.CHANNELS]
  assert keep(again) == keep(first) and len(keep(first)) == 5 and again.sequence_metadata.title == 'Song'
