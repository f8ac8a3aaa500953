"""Lakh piano rolls: archives written by pypianoroll, or by hand in its format, read back."""
import io
import json
import zipfile

import numpy as np
import pytest

from musicnst import errors
from musicnst.reading import files
from musicnst.reading import lakh


def csc(roll):
  """The four arrays of scipy's column format, by hand."""
  pointers, rows, values = [0], [], []
  for column in roll.T:
    rows += list(np.flatnonzero(column))
    values += list(column[column > 0])
    pointers.append(len(rows))
  return {'data': np.array(values, roll.dtype), 'indices': np.array(rows, np.int32), 'indptr': np.array(pointers, np.int32),
          'shape': np.array(roll.shape)}


def write(path, rolls, tempo=None, downbeat=None, info=None, tracks=None):
  arrays = {f'pianoroll_{i}_csc_{name}': array for i, roll in enumerate(rolls) for name, array in csc(roll).items()}
  if tempo is not None:
    arrays['tempo'] = tempo
  if downbeat is not None:
    arrays['downbeat'] = downbeat
  info = {'resolution': 24, 'name': 'song'} if info is None else info
  for i, _ in enumerate(rolls):
    info[str(i)] = tracks[i] if tracks else {'program': 0, 'is_drum': False, 'name': f'track {i}'}
  np.savez_compressed(path, **arrays)
  with zipfile.ZipFile(path, 'a') as archive:
    archive.writestr('info.json', json.dumps(info))
  return path


def roll_of(notes, steps=192, dtype=np.uint8):
  roll = np.zeros((steps, 128), dtype)
  for start, end, pitch, velocity in notes:
    roll[start:end, pitch] = velocity
  return roll


def test_notes_tempos_and_bars(tmp_path):
  # 24 steps a quarter: 120 qpm for two quarters, then 60. A bar of 3/4, then bars of 2/4.
  roll = roll_of([(0, 24, 60, 80), (24, 48, 60, 90), (48, 96, 64, 100), (48, 72, 67, 50)])
  tempo = np.repeat([120.0, 60.0], [48, 144])
  downbeat = np.zeros(192, bool)
  downbeat[[0, 72, 120, 168]] = True
  sequence = lakh.read(write(tmp_path / 'a.npz', [roll], tempo, downbeat))
  assert [(n.pitch, n.velocity, n.start_time, n.end_time) for n in sequence.notes] == [
      (60, 80, 0, 0.5), (60, 90, 0.5, 1), (64, 100, 1, 3), (67, 50, 1, 2)]
  assert [(t.time, t.qpm) for t in sequence.tempos] == [(0, 120), (1, 60)]
  assert [(t.time, t.numerator, t.denominator) for t in sequence.time_signatures] == [(0, 3, 4), (2, 2, 4)]
  assert sequence.total_time == 3
  assert sequence.sequence_metadata.title == 'song'


def test_tracks_all_or_piano(tmp_path):
  tracks = [{'program': 0, 'is_drum': True, 'name': 'Drums'}, {'program': 0, 'is_drum': False, 'name': 'Piano'},
            {'program': 32, 'is_drum': False, 'name': 'Bass'}]
  path = write(tmp_path / 'a.npz', [roll_of([(0, 4, pitch, 1)]) for pitch in (36, 60, 40)], tracks=tracks)
  everything = lakh.read(path)
  assert [(n.pitch, n.program, n.is_drum, n.instrument) for n in everything.notes] == [(36, 0, True, 0), (60, 0, False, 1), (40, 32, False, 2)]
  assert [(i.instrument, i.name) for i in everything.instrument_infos] == [(0, 'Drums'), (1, 'Piano'), (2, 'Bass')]
  assert [n.pitch for n in lakh.read(path, tracks='piano').notes] == [60]
  assert [n.pitch for n in files.read(path, piano_only=True)[0].notes] == [60]
  with pytest.raises(ValueError, match='tracks'):
    lakh.read(path, tracks='bass')


def test_booleans_and_old_name_of_the_resolution(tmp_path):
  path = write(tmp_path / 'a.npz', [roll_of([(0, 12, 60, 1)], dtype=bool)], info={'beat_resolution': 12, 'name': 'x'})
  sequence = lakh.read(path)
  assert [(n.velocity, n.end_time) for n in sequence.notes] == [(lakh.DEFAULT_VELOCITY, 0.5)]


def test_against_pypianoroll(tmp_path):
  pypianoroll = pytest.importorskip('pypianoroll')
  generator = np.random.default_rng(0)
  rolls = [generator.integers(0, 128, (96, 128), dtype=np.uint8) * (generator.random((96, 128)) < 0.05) for _ in range(2)]
  tracks = [pypianoroll.StandardTrack(name=f't{i}', program=i, is_drum=False, pianoroll=roll.astype(np.uint8)) for i, roll in enumerate(rolls)]
  multitrack = pypianoroll.Multitrack(name='m', resolution=24, tempo=np.full((96, 1), 100.0), tracks=tracks)
  path = tmp_path / 'a.npz'
  multitrack.save(path)
  sequence = lakh.read(path)
  again = [np.zeros((96, 128), np.uint8) for _ in rolls]
  for note in sequence.notes:
    start, end = (round(time * 100 / 60 * 24) for time in (note.start_time, note.end_time))
    again[note.instrument][start:end, note.pitch] = note.velocity
  loaded = pypianoroll.load(path)
  for track, roll in zip(loaded.tracks, again, strict=True):
    np.testing.assert_array_equal(track.pianoroll, roll)


def reason(path):
  with pytest.raises(errors.ReadError) as caught:
    files.read(path)
  return caught.value.reason


def test_damage(tmp_path):
  path = tmp_path / 'a.npz'
  path.write_bytes(b'not a zip file')
  assert reason(path) == 'bad_zip'
  np.savez(path, x=np.zeros(3))
  assert reason(path) == 'not_piano_roll'
  np.savez(path, x=np.array([{}], dtype=object))
  assert reason(path) == 'not_piano_roll'
  good = write(path, [roll_of([(0, 4, 60, 1)])]).read_bytes()
  path.write_bytes(good[:len(good) // 2])
  assert reason(path) == 'bad_zip'
  assert reason(write(path, [roll_of([])])) == 'no_notes'
  assert reason(write(path, [roll_of([(0, 4, 60, 1)])], info={'resolution': 0})) == 'not_piano_roll'
  assert reason(write(path, [np.ones((4, 64), np.uint8)])) == 'not_piano_roll'
  assert reason(write(path, [roll_of([(0, 4, 60, 1)])], tempo=np.full(192, np.nan))) == 'not_piano_roll'


def test_bombs(tmp_path):
  path = tmp_path / 'a.npz'
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('info.json', b' ' * 100_000_000)
  assert reason(path) == 'bomb'
  # A header that promises 10^12 numbers.
  header = io.BytesIO()
  np.lib.format.write_array_header_1_0(header, {'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)})
  with zipfile.ZipFile(path, 'w') as archive:
    archive.writestr('info.json', json.dumps({'resolution': 24, 'name': ''}))
    archive.writestr('tempo.npy', header.getvalue())
  assert reason(path) == 'not_piano_roll'


def test_damaged_bytes_never_crash(tmp_path):
  good = write(tmp_path / 'a.npz', [roll_of([(0, 4, 60, 1), (9, 40, 72, 5)])], np.full(192, 90.0), np.arange(192) % 96 == 0).read_bytes()
  generator = np.random.default_rng(1)
  for _ in range(100):
    damaged = bytearray(good)
    for place in generator.integers(0, len(damaged), 4):
      damaged[place] = generator.integers(256)
    path = tmp_path / 'b.npz'
    path.write_bytes(bytes(damaged))
    try:
      files.read(path)
    except errors.ReadError:
      pass
