"""The verb convert: Magenta's ids, labels, shards, a report of every reject, and outputs that are complete or absent."""
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys

import pytest

from data_prep import convert
from musicnst import errors
from musicnst import music_proto
from musicnst.cli import command
from musicnst.data import tfrecords
from musicnst.reading import guards
from musicnst.reading import manner
from tests.reading import midi_maker

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_TUNES = 'X:1\nT:One\nM:4/4\nL:1/8\nK:C\nCDEF GABc|\n\nX:7\nT:Two\nM:3/4\nL:1/8\nK:G\nGABcde|\n'


@pytest.fixture
def folder(tmp_path):
  """music/: three good MIDI files, one ABC file of two tunes, three bad files and a text."""
  root = tmp_path / 'music'
  (root / 'deep' / 'er').mkdir(parents=True)
  for name, pitches in (('b.mid', [60, 62]), ('a.MIDI', [64, 65, 67]), ('deep/er/c.kar', [72])):
    (root / name).write_bytes(midi_maker.to_bytes([midi_maker.notes(pitches)]))
  (root / 'deep' / 'tunes.abc').write_text(_TUNES)
  (root / 'empty.mid').write_bytes(b'')
  (root / 'text.mid').write_text('no music')
  (root / 'deep' / 'cut.mid').write_bytes((root / 'b.mid').read_bytes()[:-5])
  (root / 'notes.txt').write_text('about the music')
  (root / '.hidden.mid').write_text('left by a copy')
  return root


def _records(*paths):
  return [music_proto.NoteSequence.FromString(record) for path in paths for record in tfrecords.read(path)]


def _run(folder, output, tell=None, **options):
  asked = convert.Options(**{'num_processes': 1, 'manner': manner.Manner(strict=True), **options})
  return convert.run(str(folder), str(output), asked, tell, progress=False)


def test_a_folder_with_everything(folder, tmp_path):
  lines = []
  report = _run(folder, tmp_path / 'out.tfrecord', lines.append, recursive=True, num_processes=2)
  sequences = _records(tmp_path / 'out.tfrecord')
  assert [(s.filename, len(s.notes)) for s in sequences] == [
      ('a.MIDI', 3), ('b.mid', 2), ('deep/tunes.abc', 8), ('deep/tunes.abc', 6), ('deep/er/c.kar', 1)]
  assert {s.collection_name for s in sequences} == {'music'}
  assert report == {**report, 'files_found': 7, 'files_read': 4, 'files_rejected': 3, 'sequences_written': 5, 'other_files': {'.txt': 1}}
  written = json.loads((tmp_path / 'out.tfrecord.report.json').read_text())
  assert {reject['file']: reject['reason'] for reject in written['rejects']} == {
      'empty.mid': 'empty_file', 'text.mid': 'not_midi', 'deep/cut.mid': 'truncated_midi'}
  assert written['rejected_by_reason'] == {'empty_file': 1, 'not_midi': 1, 'truncated_midi': 1}
  assert len(lines) == 3 and any(line.startswith('text.mid: not_midi: ') for line in lines)
  assert sorted(path.name for path in tmp_path.iterdir()) == ['music', 'out.tfrecord', 'out.tfrecord.report.json']


def test_what_is_mended_is_counted(folder, tmp_path):
  report = _run(folder, tmp_path / 'out.tfrecord', recursive=True, num_processes=2, manner=manner.Manner())
  assert report == {**report, 'files_found': 7, 'files_read': 5, 'files_rejected': 2, 'sequences_written': 6, 'files_mended': 1,
                    'mended_by_reason': {'cut_end': 1, 'notes_without_end': 1}}
  written = json.loads((tmp_path / 'out.tfrecord.report.json').read_text())
  assert [(each['file'], each['reason']) for each in written['mended']] == [
      ('deep/cut.mid', 'cut_end'), ('deep/cut.mid', 'notes_without_end')]


def test_like_note_seq(tmp_path):
  import note_seq
  (tmp_path / 'music').mkdir()
  for seed in range(3):
    (tmp_path / 'music' / f'{seed}.mid').write_bytes(midi_maker.random_file(seed))
  _run(tmp_path / 'music', tmp_path / 'out.tfrecord', manner=manner.Manner(like_note_seq=True))
  for seed, record in enumerate(_records(tmp_path / 'out.tfrecord')):
    truth = note_seq.midi_file_to_note_sequence(str(tmp_path / 'music' / f'{seed}.mid'))
    assert list(record.notes) == list(truth.notes) and list(record.tempos) == list(truth.tempos)


def test_tensorflow_reads_the_records(folder, tmp_path):
  import tensorflow as tf
  _run(folder, tmp_path / 'out.tfrecord')
  theirs = [record.numpy() for record in tf.data.TFRecordDataset(str(tmp_path / 'out.tfrecord'))]
  assert theirs == [record.SerializeToString() for record in _records(tmp_path / 'out.tfrecord')] and len(theirs) == 2


def test_ids_are_magentas(folder, tmp_path):
  _run(folder, tmp_path / 'out.tfrecord', recursive=True)
  sequences = _records(tmp_path / 'out.tfrecord')

  def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()

  assert [s.id for s in sequences] == [
      f'/id/midi/music/{sha1("a.MIDI")}', f'/id/midi/music/{sha1("b.mid")}', f'/id/abc/music/{sha1("deep/tunes.abc_1")}',
      f'/id/abc/music/{sha1("deep/tunes.abc_7")}', f'/id/midi/music/{sha1("deep/er/c.kar")}']


def test_without_recursive_only_the_folder_itself(folder, tmp_path):
  assert _run(str(folder) + os.sep, tmp_path / 'out.tfrecord')['files_found'] == 4
  assert [s.collection_name for s in _records(tmp_path / 'out.tfrecord')] == ['music', 'music']


def test_shards_hold_the_records_in_turn(folder, tmp_path):
  report = _run(folder, tmp_path / 'out.tfrecord', recursive=True, num_shards=2)
  assert [os.path.basename(path) for path in report['output_files']] == ['out.tfrecord-00000-of-00002', 'out.tfrecord-00001-of-00002']
  first, second = (_records(path) for path in report['output_files'])
  assert [s.filename for s in first] == ['a.MIDI', 'deep/tunes.abc', 'deep/er/c.kar']
  assert [s.filename for s in second] == ['b.mid', 'deep/tunes.abc']


@pytest.mark.parametrize('header, row, genres, composers', [
    ('path,label', 'b.mid,jazz', ['jazz'], []), ('path,label', 'music/b.mid,jazz', ['jazz'], []), ('path,label', './b.mid, jazz ', ['jazz'], []),
    ('composer,genre,path', 'Bach,baroque,b.mid', ['baroque'], ['Bach']), ('path,composer,more', '"b.mid","Bach, J. S.",x', [], ['Bach, J. S.'])])
def test_labels(folder, tmp_path, header, row, genres, composers):
  (tmp_path / 'labels.csv').write_text(f'{header}\n{row}\n')
  report = _run(folder, tmp_path / 'out.tfrecord', labels=str(tmp_path / 'labels.csv'))
  metadata = {s.filename: s.sequence_metadata for s in _records(tmp_path / 'out.tfrecord')}
  assert (list(metadata['b.mid'].genre), list(metadata['b.mid'].composers)) == (genres, composers)
  assert not metadata['a.MIDI'].genre and not metadata['a.MIDI'].composers
  assert report['files_without_label'] == 3


@pytest.mark.parametrize('text', ['file,label\na,b\n', 'path,year\na,b\n', '', '\xff'])
def test_a_bad_table_of_labels(folder, tmp_path, text):
  (tmp_path / 'labels.csv').write_bytes(text.encode('latin1'))
  with pytest.raises(errors.DataError, match='labels.csv'):
    _run(folder, tmp_path / 'out.tfrecord', labels=str(tmp_path / 'labels.csv'))
  with pytest.raises(errors.DataError, match='none.csv'):
    _run(folder, tmp_path / 'out.tfrecord', labels=str(tmp_path / 'none.csv'))
  assert not (tmp_path / 'out.tfrecord').exists()


def test_limits_reach_the_reader(folder, tmp_path):
  report = _run(folder, tmp_path / 'out.tfrecord', limits=guards.Limits(max_notes=2))
  assert report['rejected_by_reason']['too_many_notes'] == 1 and report['files_read'] == 1


def test_a_file_that_blocks_is_left_out(folder, tmp_path):
  os.mkfifo(folder / 'pipe.mid')
  assert _run(folder, tmp_path / 'out.tfrecord')['files_rejected'] == 3


def test_inputs_that_are_no_music(folder, tmp_path):
  empty = tmp_path / 'empty'
  empty.mkdir()
  for path, message in ((tmp_path / 'none', 'No such file'), (folder / 'b.mid', 'Not a directory'), (empty, 'it is empty')):
    with pytest.raises(errors.DataError, match=message):
      _run(path, tmp_path / 'out.tfrecord')
  (empty / 'a.txt').write_text('words')
  with pytest.raises(errors.DataError, match='--recursive'):
    _run(empty, tmp_path / 'out.tfrecord')
  (empty / 'a.mid').write_text('words')
  with pytest.raises(errors.DataError, match='1 not_midi'):
    _run(empty, tmp_path / 'out.tfrecord')
  assert not (tmp_path / 'out.tfrecord').exists() and (tmp_path / 'out.tfrecord.report.json').exists()
  with pytest.raises(errors.ArgumentError, match='num_shards'):
    _run(folder, tmp_path / 'out.tfrecord', num_shards=0)


def test_names_that_are_not_utf8(folder, tmp_path):
  shutil.copy(folder / 'b.mid', os.fsencode(folder) + b'/caf\xe9.mid')
  report = _run(folder, tmp_path / 'out.tfrecord')
  assert report['sequences_written'] == 3
  assert 'caf\ufffd.mid' in {s.filename for s in _records(tmp_path / 'out.tfrecord')}


def _command(*arguments, **kwargs):
  return subprocess.run([sys.executable, '-m', 'musicnst', 'convert', *arguments], cwd=_ROOT, capture_output=True, text=True, timeout=120, **kwargs)


def test_the_command_loads_no_tensorflow_and_prints_sums(folder, tmp_path):
  code = ('import sys; from musicnst.cli import command; status = command.execute(sys.argv[1:]); assert "tensorflow" not in sys.modules;'
          ' sys.exit(status)')
  done = subprocess.run([sys.executable, '-c', code, 'convert', f'--input_dir={folder}', f'--output_file={tmp_path}/out.tfrecord', '--recursive',
                         '--strict'],
                        cwd=_ROOT, capture_output=True, text=True, timeout=120)
  assert done.returncode == 0, done.stderr
  assert '4 of 7 files read, 5 sequences written' in done.stdout
  assert 'text.mid: not_midi' in done.stderr and 'Traceback' not in done.stderr


def test_a_full_disk_leaves_nothing(folder, tmp_path):
  """A limit on the size of files stands in for a full disk: the write fails half-way."""
  for i in range(60):
    (folder / f'long{i}.mid').write_bytes(midi_maker.to_bytes([midi_maker.notes([60 + i % 12] * 200)]))
  out = tmp_path / 'out'
  done = _command(f'--input_dir={folder}', f'--output_file={out}/x.tfrecord', '--num_shards=2', '--num_processes=1',
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16)))
  assert done.returncode == 2 and 'cannot be written' in done.stderr and 'Traceback' not in done.stderr
  assert list(out.iterdir()) == []


def test_errors_of_the_command(folder, tmp_path, capsys):
  (tmp_path / 'file').write_text('in the way')
  for arguments, message in (
      ([f'--input_dir={folder}'], '--output_file is required'), ([f'--output_file={tmp_path}/o'], '--input_dir is required'),
      ([f'--input_dir={tmp_path}/none', f'--output_file={tmp_path}/o'], 'none: cannot be read as a folder'),
      ([f'--input_dir={folder}', f'--output_file={tmp_path}/file/o'], 'cannot be written'),
      ([f'--input_dir={folder}', f'--output_file={folder}'], 'cannot be written'),
      ([f'--input_dir={folder}', f'--output_file={tmp_path}/o', '--num_processes=-1'], 'num_processes'),
      ([f'--input_dir={folder}', f'--output_file={tmp_path}/o', f'--labels={tmp_path}/none.csv'], 'none.csv')):
    assert command.execute(['convert', *arguments]) == 2
    assert message in capsys.readouterr().err
  assert sorted(path.name for path in tmp_path.iterdir()) == ['file', 'music']


def test_conformance_folder(shared, tmp_path):
  report = _run(shared / 'data' / 'conformance', tmp_path / 'out.tfrecord')
  assert (report['files_found'], report['sequences_written'], report['other_files']) == (64, 55, {'.syx': 1})
  report = _run(shared / 'data' / 'conformance', tmp_path / 'out.tfrecord', manner=manner.Manner())
  assert (report['files_found'], report['sequences_written'], report['rejected_by_reason']) == (64, 62, {'not_midi': 1, 'empty_file': 1})
