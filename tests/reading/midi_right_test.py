"""MIDI read right where note_seq is wrong, by bytes worked out by hand; and damaged files read as far as they go."""
import random
import struct
import time

import mido
import pytest

from musicnst import errors
from musicnst.reading import manner
from musicnst.reading import midi
from tests.reading import midi_maker

NOTE = b'\x00\x90\x3c\x50\x60\x80\x3c\x00'  # a fifth of a quarter: 96 ticks of 480
QUARTER = b'\x83\x60'  # 480 ticks
END = b'\x00\xff\x2f\x00'
STRICT = manner.Manner(strict=True)


def _track(body, length=None):
  return b'MTrk' + struct.pack('>I', len(body) if length is None else length) + body


def _file(*tracks, kind=1, announced=None):
  """A file of 480 ticks a quarter; tracks are bytes to which the end of track is added."""
  header = b'MThd' + struct.pack('>IHHH', 6, kind, len(tracks) if announced is None else announced, 480)
  return header + b''.join(_track(track + END) for track in tracks)


def _read(data):
  """-> sequence, reasons of what was mended."""
  mended = []
  return midi.read_bytes(data, 'x.mid', mended=mended), [each.reason for each in mended]


def _notes(data):
  return sorted((n.pitch, n.start_time, n.end_time) for n in _read(data)[0].notes)


def _tempo(micros):
  return b'\x00\xff\x51\x03' + micros.to_bytes(3, 'big')


def test_tempo_meter_and_key_on_any_track():
  meter, key = b'\x00\xff\x58\x04\x06\x03\x24\x08', b'\x00\xff\x59\x02\x01\x00'
  sequence, mended = _read(_file(b'', b'\x00\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00', meter + _tempo(1_000_000) + meter, meter + key))
  assert [(t.time, t.qpm) for t in sequence.tempos] == [(0.0, 60.0)] and sequence.notes[0].end_time == 1.0
  # The track's own two are kept, what another track repeats is not.
  assert [(t.time, t.numerator, t.denominator) for t in sequence.time_signatures] == [(0.0, 6, 8)] * 2
  assert [(k.time, k.key, k.mode) for k in sequence.key_signatures] == [(0.0, 7, 0)] and not mended


def test_tempos_of_several_tracks_in_order_of_time():
  later = QUARTER + b'\xff\x51\x03' + (1_000_000).to_bytes(3, 'big')  # 60 from the second quarter on
  note = QUARTER + b'\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00'
  data = _file(later, _tempo(250_000) + note)  # 240 from the beginning, on a later track
  assert _notes(data) == [(60, 0.25, 1.25)]


@pytest.mark.parametrize('body, expected', [
    # A unison struck again between two note-offs: off (of the first), on, off (of the second), off (of the third).
    (b'\x00\x90\x3c\x50\x00\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00\x00\x90\x3c\x50\x00\x80\x3c\x00' + QUARTER + b'\x80\x3c\x00',
     [(60, 0.0, 0.5), (60, 0.0, 0.5), (60, 0.5, 1.0)]),
    # Two voices that overlap on one pitch: each note-off ends the one that began first.
    (b'\x00\x90\x3c\x50' + QUARTER + b'\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00' + QUARTER + b'\x80\x3c\x00',
     [(60, 0.0, 1.0), (60, 0.5, 1.5)]),
    # One note-off for two notes ends both.
    (b'\x00\x90\x3c\x50' + QUARTER + b'\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00', [(60, 0.0, 1.0), (60, 0.5, 1.0)]),
    # No length: a sixteenth, or less where the pitch begins again.
    (b'\x00\x90\x3c\x50\x00\x80\x3c\x00', [(60, 0.0, 0.125)]),
    (b'\x00\x90\x3c\x50\x00\x80\x3c\x00\x30\x90\x3c\x50\x00\x90\x3c\x00', [(60, 0.0, 0.05), (60, 0.05, 0.175)]),
    # No length, the note-off sorted before its note-on.
    (b'\x00\x80\x3c\x00\x00\x90\x3c\x50' + QUARTER + b'\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00', [(60, 0.0, 0.125), (60, 0.5, 1.0)]),
    # The delta of an unknown meta event counts.
    (QUARTER + b'\xff\x0a\x01\x00\x00\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00', [(60, 0.5, 1.0)]),
], ids=lambda value: str(len(value)))
def test_hand_computed(body, expected):
  sequence, mended = _read(_file(body))
  assert sorted((n.pitch, round(n.start_time, 9), round(n.end_time, 9)) for n in sequence.notes) == expected and not mended


def test_drum_hits_of_no_length():
  hit = lambda pitch: b'\x00\x99' + bytes([pitch, 100]) + b'\x00\x89' + bytes([pitch, 0])
  sequence, _ = _read(_file(b''.join(hit(36) + hit(42) + QUARTER + b'\xb9\x07\x64' for _ in range(16))))
  assert len(sequence.notes) == 32 and all(n.is_drum and n.end_time == pytest.approx(n.start_time + 0.125) for n in sequence.notes)


def test_program_that_holds_when_a_note_begins():
  body = b'\x00\xc0\x05\x00\x90\x3c\x50' + QUARTER + b'\xc0\x07\x00\x90\x3e\x50\x00\x80\x3c\x00' + QUARTER + b'\x80\x3e\x00'
  assert [(n.pitch, n.program) for n in _read(_file(body))[0].notes] == [(60, 5), (62, 7)]


def test_a_note_that_never_ends():
  data = _file(b'\x00\x90\x3c\x50' + QUARTER + b'\x90\x3e\x50' + QUARTER + b'\x80\x3e\x00' + QUARTER + b'\xb0\x07\x64'
               + b'\x8f\x00\xb0\x07\x64')
  sequence, mended = _read(data)
  assert [(n.pitch, n.end_time) for n in sequence.notes] == [(62, 1.0), (60, 2.0)] and mended == ['notes_without_end']


def test_type_2_patterns_follow_one_another():
  first = _tempo(1_000_000) + b'\x00\xff\x58\x04\x03\x02\x18\x08\x00\x90\x3c\x50' + QUARTER + b'\x80\x3c\x00'
  second = b'\x00\x90\x3e\x50' + QUARTER + b'\x80\x3e\x00'
  third = _tempo(250_000) + b'\x00\x90\x40\x50' + QUARTER + b'\x80\x40\x00'
  sequence, _ = _read(_file(first, second, third, kind=2))
  assert sorted((n.pitch, n.start_time, n.end_time) for n in sequence.notes) == [(60, 0.0, 1.0), (62, 1.0, 1.5), (64, 1.5, 1.75)]
  assert [(t.time, t.qpm) for t in sequence.tempos] == [(0.0, 60.0), (1.0, 120.0), (1.5, 240.0)]
  assert [(m.time, m.numerator) for m in sequence.time_signatures] == [(0.0, 3), (1.0, 4)]


def test_words_and_title():
  words = [mido.MetaMessage('track_name', name='Song'), mido.MetaMessage('text', text='@T'), mido.MetaMessage('lyrics', text='lo', time=480),
           mido.MetaMessage('marker', text='Chorus'), mido.MetaMessage('lyrics', text='v\xe9', time=480)]
  sequence, _ = _read(midi_maker.to_bytes([words, [mido.MetaMessage('track_name', name='Voice'), *midi_maker.notes([60])]]))
  assert [(a.time, a.text, a.annotation_type) for a in sequence.text_annotations] == [
      (0.0, '@T', 0), (0.5, 'lo', 105), (0.5, 'Chorus', 106), (1.0, 'v\xe9', 105), (0.0, '0:0', 132)]
  assert sequence.sequence_metadata.title == 'Song' and [info.name for info in sequence.instrument_infos] == ['Voice']


# === Damage ===

PLAIN = _file(NOTE * 4, b'\x00\xff\x03\x01b' + NOTE)


@pytest.mark.parametrize('data, reasons', [
    (b'RIFF' + struct.pack('<I', len(PLAIN) + 12) + b'RMIDdata' + struct.pack('<I', len(PLAIN)) + PLAIN, ['riff']),
    (b'RIFF' + struct.pack('<I', len(PLAIN) + 30) + b'RMIDLIST\4\0\0\0INFOdata' + struct.pack('<I', len(PLAIN)) + PLAIN
     + b'DISP\2\0\0\0ab', ['riff']),
    (b'\0\4song' + bytes(59) + b'Midi????' + bytes(10) + struct.pack('>I', len(PLAIN)) + bytes(41) + PLAIN + bytes(77), ['mac_binary']),
    (b'\r\n\r\n' + PLAIN, ['leading_bytes']),
    (PLAIN.replace(b'\0\1\0\2', b'\0\1\0\3', 1), ['number_of_tracks']),
    (PLAIN.replace(b'\0\1\0\2', b'\0\1\0\1', 1), ['number_of_tracks']),
    (PLAIN.replace(b'MTrk\0\0\0\x24', b'MTrk\0\0\0\x20'), ['track_length']),
    (PLAIN.replace(b'MTrk\0\0\0\x24', b'MTrk\0\0\0\x29'), ['track_length']),
    (PLAIN.replace(b'MTrk\0\0\0\x24', b'MTrk\0\0\xff\x24'), ['track_length']),
    (PLAIN.replace(b'MTrk\0\0\0\x24', b'MTrk\0\0\0\0'), ['track_length']),
    (PLAIN[:-3], ['cut_end']),
    (PLAIN.replace(b'MTrk', b'\0\0\0MTrk').replace(b'\0\0\0MTrk', b'MTrk', 1), ['stray_bytes']),
    (PLAIN.replace(b'\x90\x3c\x50', b'\x90\x3c\xff', 1), ['clipped_bytes']),
    (PLAIN.replace(b'\x00\x90', b'\x00\xf4\x00\x90', 1).replace(b'MTrk\0\0\0\x24', b'MTrk\0\0\0\x26'), ['undefined_bytes']),
], ids=lambda value: value[0] if isinstance(value, list) else '')
def test_mended(data, reasons):
  wanted = [(60, .0, .1, 0), (60, .1, .2, 0), (60, .2, .3, 0), (60, .3, .4, 0), (60, .0, .1, 1)]
  sequence, mended = _read(data)
  assert [(n.pitch, round(n.start_time, 9), round(n.end_time, 9), n.instrument) for n in sequence.notes] == wanted and mended == reasons
  if reasons != ['number_of_tracks'] or b'\0\3' in data[:12]:
    with pytest.raises(errors.ReadError):
      midi.read_bytes(data, 'x.mid', manner=STRICT)


def test_damage_costs_the_rest_of_its_track_only():
  damaged = PLAIN.replace(NOTE * 2, NOTE + b'\x00\x90\x3c\x50' + b'\xff' * 4, 1)
  sequence, mended = _read(damaged)
  assert [n.instrument for n in sequence.notes] == [0, 0, 1] and mended == ['damaged_track', 'notes_without_end']


def test_cut_inside_a_note():
  sequence, mended = _read(_file(b'\x00\x90\x3c\x50' + QUARTER + b'\x90\x3e\x50' + QUARTER + b'\x80\x3c\x00')[:-7])
  assert [(n.pitch, n.start_time, n.end_time) for n in sequence.notes] == [(60, 0.0, 0.5), (62, 0.5, 0.625)]
  assert mended == ['cut_end', 'notes_without_end']


def test_what_is_refused_even_so():
  wave = b'RIFF' + struct.pack('<I', 36) + b'WAVEfmt ' + bytes(28) + PLAIN
  for data, reason in ((wave, 'not_midi'), (b'no music, only words. ' * 99, 'not_midi'), (PLAIN[:12], 'truncated_midi'),
                       (PLAIN[:20], 'truncated_midi'), (_file(), 'corrupt_midi'), (_file(b'\x00\xf4'), 'corrupt_midi')):
    with pytest.raises(errors.ReadError) as caught:
      midi.read_bytes(data, 'x.mid')
    assert caught.value.reason == reason


def test_a_thousand_damaged_files():
  """Each is read or refused by name, in bounded time; what strict reading takes is the same without a word."""
  rng, read, mended_files = random.Random(7), 0, 0
  sources = [midi_maker.random_file(seed, num_events=40) for seed in range(30)]
  for _ in range(1000):
    data, started = midi_maker.damage(rng.choice(sources), rng), time.process_time()
    try:
      sequence, mended = _read(data)
      read, mended_files = read + 1, mended_files + bool(mended)
    except errors.ReadError as error:
      assert error.reason and error.detail
      continue
    assert time.process_time() - started < 2.0
    assert all(n.end_time > n.start_time >= 0 and 0 < n.velocity < 128 and n.pitch < 128 for n in sequence.notes)
  assert read > 600 and mended_files > 300
