"""The MIDI reader against note_seq: equal sequences, and named errors for whatever is no music."""
import random
import struct
import time
import warnings

import mido
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import guards
from musicnst.reading import manner
from musicnst.reading import midi
from musicnst.reading import midi_fallback
from tests.reading import midi_maker

LIKE, STRICT = manner.Manner(like_note_seq=True), manner.Manner(strict=True)


def _alike(data):
  """The file as read with note_seq's habits."""
  return midi.read_bytes(data, 'x.mid', manner=LIKE)


def _truth(data):
  """note_seq's sequence, or None where it refuses the file."""
  from note_seq import midi_io
  with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    try:
      return midi_io.midi_to_note_sequence(data)
    except midi_io.MIDIConversionError:
      return None


def _raw(*tracks, division=480, kind=1):
  """A file of raw track bytes; the end of each track is added."""
  chunks = [b'MTrk' + struct.pack('>I', len(track) + 4) + track + b'\x00\xff\x2f\x00' for track in tracks]
  return b'MThd' + struct.pack('>IHHH', 6, kind, len(tracks), division) + b''.join(chunks)


def _reason(data, **limits):
  with pytest.raises(errors.ReadError) as caught:
    midi.read_bytes(data, 'x.mid', guards.Limits(**limits), STRICT)
  assert str(caught.value).startswith('x.mid: ')
  return caught.value.reason


NOTE = b'\x00\x90\x3c\x50\x60\x80\x3c\x00'


@pytest.mark.parametrize('seeds', [range(0, 100), range(100, 200)])
def test_random_files_equal_note_seq(seeds):
  for seed in seeds:
    data = midi_maker.random_file(seed)
    truth = _truth(data)
    assert truth is not None
    assert _alike(data) == truth, seed


def test_hand_computed():
  # 480 ticks a quarter; 120 qpm, from tick 480 60 qpm: tick 960 lies .5 + 1 seconds on.
  track = b'\x00\xff\x03\x03Ab\xe9' + b'\x00\x90\x3c\x50' + b'\x83\x60\xff\x51\x03\x0f\x42\x40' + b'\x83\x60\x80\x3c\x00'
  sequence = midi.read_bytes(_raw(track), 'x.mid')
  assert [(n.pitch, n.velocity, n.start_time, n.end_time) for n in sequence.notes] == [(60, 80, 0.0, 1.5)]
  assert [(t.time, t.qpm) for t in sequence.tempos] == [(0.0, 120.0), (0.5, 60.0)]
  assert (sequence.total_time, sequence.ticks_per_quarter, sequence.sequence_metadata.title) == (1.5, 480, 'Abé')
  assert _alike(_raw(track)).instrument_infos[0].name == 'Abé'


@pytest.mark.parametrize('track', [
    b'\x00\xb0\x40\x7f' + NOTE + b'\x00\xc0\x05' + NOTE + b'\x00\xb0\x40\x00',  # one early list shared by two instruments
    NOTE + b'\x00\xc0\x05\x00\xb0\x40\x7f' + NOTE,  # early list begun after the first instrument
    b'\x00\x90\x3c\x50\x10\x90\x3c\x51\x10\x80\x3c\x00' + NOTE,  # one note-off ends two notes
    b'\x00\x90\x3c\x50\x10\x90\x3c\x51\x00\x80\x3c\x00\x10\x80\x3c\x00',  # note-on and note-off at one tick
    b'\x00\x90\x3c\x50\x00\x80\x3c\x00\x10\x80\x3c\x00' + NOTE,  # a note of no length is dropped
    b'\x60\xff\x0a\x01\x00' + NOTE,  # the delta time of an unknown meta event is lost
    b'\x00\x90\x3c\x50\x60\x3c\x00\x00\xff\x01\x00\x00\x3c\x50\x10\x3c\x00',  # running status, also past a meta event
    b'\x00\xf0\x03\x01\x02\xf7' + NOTE + b'\x00\xf1\x05\x00\xf2\x01\x02\x00\xf3\x01\x00\xf6\x00\xf8' + NOTE,
    b'\x00\xff\x51\x03\x07\xa1\x20\x00\xff\x51\x03\x06\x1a\x80\x10\xff\x51\x03\x06\x1a\x80\x10\xff\x51\x03\x05\x00\x00' + NOTE,
    b'\x80\x80\x80\x80\x80\x00\x90\x3c\x50\x60\x80\x3c\x00',  # a delta time with needless bytes
])
def test_habits_of_note_seq(track):
  for data in (_raw(track), _raw(b'', track), _raw(track, track)):
    truth = _truth(data)
    assert truth is not None and _alike(data) == truth


@pytest.mark.parametrize('numerator, denominator', [(3, 4), (5, 8), (7, 8), (12, 16), (13, 4)])
def test_odd_meters(numerator, denominator):
  meters = [mido.MetaMessage('time_signature', numerator=numerator, denominator=denominator),
            mido.MetaMessage('time_signature', numerator=4, denominator=4, time=960)]
  data = midi_maker.to_bytes([meters, midi_maker.notes([60, 62, 64])])
  sequence = _alike(data)
  assert sequence == _truth(data)
  assert [(m.numerator, m.denominator) for m in sequence.time_signatures] == [(numerator, denominator), (4, 4)]


@pytest.mark.parametrize('qpm', [10, 20, 250, 400])
def test_extreme_tempos(qpm):
  data = midi_maker.to_bytes([[mido.MetaMessage('set_tempo', tempo=mido.bpm2tempo(qpm))], midi_maker.notes([60] * 4, ticks=480)])
  sequence = _alike(data)
  assert sequence == _truth(data)
  assert sequence.total_time == pytest.approx(4 * 60 / qpm, rel=1e-5)


def test_small_and_large_pieces():
  no_notes = midi_maker.to_bytes([[mido.MetaMessage('set_tempo', tempo=500_000)]])
  drums = midi_maker.to_bytes([midi_maker.notes([36, 38, 36, 38], channel=9)])
  one = midi_maker.to_bytes([midi_maker.notes([60])])
  two_hours = midi_maker.to_bytes([midi_maker.notes([60, 64, 67] * 2400, ticks=960)])
  orchestra = midi_maker.to_bytes([[mido.Message('program_change', program=i, channel=i % 16), *midi_maker.notes([60, 62], channel=i % 16)]
                                   for i in range(40)])
  for data, count in ((no_notes, 0), (drums, 4), (one, 1), (two_hours, 7200), (orchestra, 80)):
    sequence = _alike(data)
    assert sequence == _truth(data) and len(sequence.notes) == count
  assert midi.read_bytes(two_hours, 'x.mid').total_time == 7200.0
  assert {n.is_drum for n in midi.read_bytes(drums, 'x.mid').notes} == {True}
  assert len({n.instrument for n in midi.read_bytes(orchestra, 'x.mid').notes}) == 40


@pytest.mark.parametrize('data, reason', [
    (b'RIFF....', 'not_midi'), (b'This is text, not music. ' * 9, 'not_midi'), (b'MThd\x00\x00\x00\x06\x00\x01', 'truncated_midi'),
    (_raw(NOTE)[:-1], 'truncated_midi'), (_raw(NOTE)[:-9], 'truncated_midi'),
    (_raw(NOTE).replace(b'\x00\x01\x01', b'\x00\x02\x01'), 'truncated_midi'),  # a track fewer than announced
    (_raw(), 'corrupt_midi'), (_raw(NOTE, division=0), 'corrupt_midi'), (_raw(NOTE, division=0x9903), 'corrupt_midi'),
    (_raw(b'\x00\x90\x3c\x80'), 'corrupt_midi'), (_raw(b'\x00\xf4'), 'corrupt_midi'), (_raw(b'\x00\x3c\x40'), 'corrupt_midi'),
    (_raw(b'\xff\xff\xff\xff\xff\xff\x7f\x90\x3c\x50'), 'huge_delta_time'),
    (_raw(b'\xff\xff\xff\x7f\x90\x3c\x50\x60\x80\x3c\x00'), 'huge_delta_time'),
])
def test_named_errors(data, reason):
  assert _reason(data) == reason


def test_limits():
  assert _reason(_raw(NOTE * 11), max_notes=10) == 'too_many_notes'
  assert _reason(_raw(NOTE * 11), max_bytes=20) == 'file_too_large'
  assert _reason(_raw(*[NOTE] * 11), max_tracks=10) == 'too_many_tracks'
  assert _reason(_raw(b'\x00\xb0\x40\x7f' * 11 + NOTE), max_events=10) == 'too_many_events'
  assert _reason(_raw(NOTE * 100), max_total_secs=5.0, max_gap_secs=2.0) == 'too_long'
  assert _reason(_raw(NOTE + b'\x8f\x00' + NOTE[1:]), max_gap_secs=1.0) == 'huge_delta_time'
  assert _reason(_raw(b'\x00\xff\x51\x03\x07\xa1\x20' * 11 + NOTE), max_changes=10) == 'too_many_changes'
  long_name = b'\x00\xff\x03\x83\x68' + b'x' * 488
  many_names = _raw(long_name + b''.join(b'\x00\xc0' + bytes([program]) + NOTE for program in range(128)), NOTE)
  assert _reason(many_names, max_bytes=20_000) == 'too_much_text'
  shared_lists = b'\x00\xb0\x40\x7f' * 5000 + b''.join(b'\x00\xc0' + bytes([program]) + NOTE for program in range(128))
  assert _reason(_raw(shared_lists), max_events=500_000) == 'too_many_events'  # 5,000 changes that 128 instruments share


def test_what_note_seq_refuses_and_we_read():
  plain = midi.read_bytes(_raw(NOTE), 'x.mid')
  sysex, key, meter, tempo = b'\xf0\x03\xff\x02\xf7', b'\xff\x59\x02\x00\x02', b'\xff\x58\x04\x00\x02\x18\x08', b'\xff\x51\x03\x00\x00\x00'
  for extra in (b'\x00' + sysex, b'\x00' + key, b'\x00' + meter, b'\x00' + tempo):
    data = _raw(extra + NOTE)
    assert _truth(data) is None
    assert midi.read_bytes(data, 'x.mid') == plain
  alien = _raw(NOTE).replace(b'MTrk', b'XFIH\x00\x00\x00\x02ab' + b'MTrk')
  assert _truth(alien) is None and midi.read_bytes(alien, 'x.mid') == plain


def test_smpte_time():
  # 25 frames a second, 40 ticks a frame: a tick is a millisecond.
  sequence = midi.read_bytes(_raw(b'\x00\x90\x3c\x50\x83\x74\x80\x3c\x00', division=0xE728), 'x.mid')
  assert (sequence.notes[0].end_time, sequence.ticks_per_quarter, sequence.tempos[0].qpm) == (pytest.approx(.5), 1000, 60.0)


def test_paths(tmp_path):
  (tmp_path / 'empty.mid').write_bytes(b'')
  for path, reason in ((tmp_path, 'not_a_file'), (tmp_path / 'none.mid', 'missing_file'), (tmp_path / 'empty.mid', 'empty_file'),
                       ('/dev/zero', 'not_a_file'), (tmp_path / ('x' * 300), 'unreadable_file'), ('a\0b.mid', 'unreadable_file')):
    with pytest.raises(errors.ReadError) as caught:
      midi.read(path)
    assert caught.value.reason == reason
  (tmp_path / 'one.KAR').write_bytes(_raw(NOTE))
  assert len(midi.read(tmp_path / 'one.KAR').notes) == 1


@pytest.mark.slow
def test_two_thousand_damaged_files():
  """Each is read or refused by name, in bounded time; where note_seq reads it too, the sequences are equal."""
  rng = random.Random(20)
  sources = [midi_maker.random_file(seed, num_events=40) for seed in range(40)]
  read, compared, slowest = 0, 0, 0.0
  midi.read_bytes(sources[0], 'warm.mid')
  for i in range(2000):
    data = midi_maker.damage(rng.choice(sources), rng)
    started = time.process_time()
    sequence = refused = None
    try:
      sequence = _alike(data)
    except errors.ReadError as error:
      assert error.reason and error.detail
      refused = error.reason
    slowest = max(slowest, time.process_time() - started)
    read += sequence is not None
    if i % 4 == 0:
      try:
        truth = midi_fallback.read_bytes(data, 'x.mid')
      except errors.ReadError:
        continue
      compared += 1
      assert sequence == truth or refused in ('huge_delta_time', 'too_long'), i
  assert read > 200 and compared > 50
  assert slowest < 2.0


def test_fallback_reads_the_same_and_refuses_by_name():
  for seed in range(5):
    data = midi_maker.random_file(seed)
    assert midi_fallback.read_bytes(data, 'x.mid') == _alike(data)
  for data in (b'text', _raw(NOTE)[:-1], _raw(b'\x00\xf4')):
    with pytest.raises(errors.ReadError):
      midi_fallback.read_bytes(data, 'x.mid')
  with pytest.raises(errors.ReadError) as caught:
    midi_fallback.read_bytes(_raw(b'\xff\xff\xff\x7f\x90\x3c\x50\x60\x80\x3c\x00'), 'x.mid')
  assert caught.value.reason == 'huge_delta_time'


def test_without_numba_note_seq_reads(monkeypatch):
  data = midi_maker.random_file(3)
  fast = _alike(data)
  monkeypatch.setattr(midi, 'midi_parse', None)
  assert _alike(data) == fast


def test_conformance_files(shared):
  paths = sorted((shared / 'data' / 'conformance').iterdir())
  assert len(paths) == 65
  for path in paths:
    try:
      sequence = midi.read(path, manner=LIKE)
      assert isinstance(sequence, music_proto.NoteSequence)
    except errors.ReadError as error:
      assert error.reason in {'empty_file', 'not_midi', 'truncated_midi', 'corrupt_midi'}
      sequence = None
    truth = _truth(path.read_bytes()) if path.stat().st_size else None
    assert truth is None or sequence == truth, path.name


@pytest.mark.parametrize('pattern, count', [
    ('maestro-v1.0.0/*/*.midi', 3), ('pop909/*/*.mid', 8), ('asap-scores/*.mid', 8), ('tpd/*/*.mid', 6), ('karaoke/*', 6),
    ('easymusicnotes/*.mid', 8), ('nottingham/midi/*.mid', 12)])
def test_real_files_equal_note_seq(shared, pattern, count):
  paths = sorted((shared / 'data').glob(pattern))
  for path in random.Random(1).sample(paths, min(count, len(paths))):
    truth = _truth(path.read_bytes())
    assert truth is None or midi.read(path, manner=LIKE) == truth, path.name
