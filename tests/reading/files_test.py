"""Every format by its extension, and the named errors of what is not music."""
import os
import subprocess
import sys

import pytest

from musicnst import errors
from musicnst.reading import files

# Format 0, 480 ticks a quarter, one middle C of a quarter.
MIDI = (b'MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0MTrk\x00\x00\x00\x0d\x00\x90\x3c\x50\x83\x60\x80\x3c\x00\x00\xff\x2f\x00')
XML = ('<score-partwise><part-list><score-part id="P"/></part-list><part id="P"><measure number="1"><attributes><divisions>1</divisions>'
       '</attributes><note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note></measure></part></score-partwise>')
ABC = 'X:1\nL:1/4\nK:C\nC|\n'


def reason(path):
  with pytest.raises(errors.ReadError) as caught:
    files.read(path)
  assert str(path) in str(caught.value)
  return caught.value.reason


@pytest.mark.parametrize('name, data', [('a.mid', MIDI), ('a.MIDI', MIDI), ('a.Kar', MIDI), ('a.xml', XML), ('a.MusicXML', XML), ('a.abc', ABC)])
def test_formats(tmp_path, name, data):
  path = tmp_path / name
  path.write_bytes(data if isinstance(data, bytes) else data.encode())
  for given in (path, str(path)):
    sequence, = files.read(given)
    assert [(n.pitch, n.start_time, n.end_time) for n in sequence.notes] == [(60, 0.0, 0.5)]


def test_what_is_not_music(tmp_path):
  assert reason(tmp_path / 'missing.mid') == 'missing_file'
  assert reason(tmp_path) == 'not_a_file'
  (tmp_path / 'folder.mid').mkdir()
  assert reason(tmp_path / 'folder.mid') == 'not_a_file'
  for name in ('a.txt', 'noextension', 'a.mp3'):
    (tmp_path / name).write_text('hello')
    assert reason(tmp_path / name) == 'unknown_format'
  for extension in files.EXTENSIONS:
    path = tmp_path / f'empty{extension}'
    path.write_bytes(b'')
    assert reason(path) == 'empty_file'
    path = tmp_path / f'text{extension}'
    path.write_text('This is a letter, not a piece of music.\n')
    assert reason(path) not in ('empty_file', 'unknown_format')


def test_a_pipe_is_no_file(tmp_path):
  path = tmp_path / 'pipe.mid'
  os.mkfifo(path)
  assert reason(path) == 'not_a_file'


@pytest.mark.parametrize('extension', files.EXTENSIONS)
def test_random_bytes(tmp_path, extension):
  path = tmp_path / f'a{extension}'
  path.write_bytes(bytes((i * i * 31 + i) % 256 for i in range(5000)))
  reason(path)


def test_find(tmp_path):
  for name in ('b.mid', 'A.MID', 'sub/c.abc', 'sub/notes.txt', '.hidden/d.mid', '.e.mid'):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(MIDI)
  relative = lambda found: [os.path.relpath(path, tmp_path) for path in found]
  assert relative(files.find(tmp_path)) == ['A.MID', 'b.mid', 'sub/c.abc']
  assert relative(files.find(tmp_path, recursive=False)) == ['A.MID', 'b.mid']
  assert relative(files.find(tmp_path / 'b.mid')) == ['b.mid']
  for path, expected in ((tmp_path / 'none', 'missing_file'), (tmp_path / 'sub/notes.txt', 'unknown_format')):
    with pytest.raises(errors.ReadError) as caught:
      files.find(path)
    assert caught.value.reason == expected
  (tmp_path / 'empty').mkdir()
  with pytest.raises(errors.ReadError, match='no file of music'):
    files.find(tmp_path / 'empty')


def test_importing_is_light():
  code = ('import sys, musicnst.reading.files, musicnst.reading.musical_time, musicnst.reading.meter, musicnst.reading.beats, '
          'musicnst.reading.abc, musicnst.reading.musicxml, musicnst.reading.lakh; '
          'heavy = {"music21", "pypianoroll", "note_seq", "numba", "scipy", "tensorflow", "pretty_midi"} & set(sys.modules); '
          'sys.exit(str(heavy) if heavy else 0)')
  result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
  assert result.returncode == 0, result.stderr
