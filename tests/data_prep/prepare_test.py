"""The whole job on folders that the tests make: what is written, what is counted, and that every runner writes the same bytes."""
import glob
import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from data_prep import cleaning
from data_prep import counts as counts_lib
from data_prep import prepare
from data_prep import shards
from data_prep import stages
from data_prep import windows as windows_lib
from data_prep.corpora import corpus as corpus_lib
from musicnst import errors
from musicnst.cli import command
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.rendering import midi
from musicnst.representations import converter_map
from musicnst.representations import pianoroll
from musicnst.representations import testing

CONVERTER = pianoroll.PolyphonicConverter()
needs_beam = pytest.mark.skipif(importlib.util.find_spec('apache_beam') is None, reason='Apache Beam (the extra `beam`) is not installed')


@pytest.fixture(scope='module')
def music(tmp_path_factory):
  """16 different pieces of 8 bars by genre, a copy of one in another key, one of a single note, and three bad files."""
  root = tmp_path_factory.mktemp('music')
  for genre in ('jazz', 'pop'):
    (root / genre).mkdir()
  for seed in range(16):
    midi.write(testing.chords(8, seed=seed), str(root / ('jazz', 'pop')[seed % 2] / f'{seed:02d}.mid'))
  moved = testing.chords(8, seed=3)
  for note in moved.notes:
    note.pitch += 2
  midi.write(moved, str(root / 'pop' / '03-moved.mid'))
  midi.write(testing.sequence([(60, 0, 1)]), str(root / 'pop' / 'one-note.mid'))
  midi.write(testing.drums(4), str(root / 'pop' / 'only-drums.mid'))
  (root / 'pop' / 'empty.mid').write_bytes(b'')
  (root / 'pop' / 'text.mid').write_text('no MIDI at all')
  return root


def _run(music, output, **kwargs):
  return prepare.run(str(output), 'polyphonic', corpus_names='folder', corpus_root=str(music), filters=cleaning.Filters(), **kwargs)


def _read(pattern):
  return [record for path in tfrecords.expand(str(pattern)) for record in tfrecords.read(path)]


def _bytes(folder):
  return {os.path.basename(path): open(path, 'rb').read() for path in glob.glob(f'{folder}/*') if not path.endswith('.json')}


def test_every_window_of_every_piece_is_written_once(music, tmp_path):
  report = _run(music, tmp_path / 'w')
  written = [records.read_window(r, CONVERTER) for r in _read(tmp_path / 'w-*-of-00004')]
  # 17 pieces of 8 bars are 4 windows of 2 bars each; the single note is one more.
  assert len(written) == 17 * 4 + 1 == sum(report['examples'].values())
  truth = {w.inputs.tobytes() for seed in range(16) for w in CONVERTER.to_windows(testing.chords(8, seed=seed))}
  assert truth <= {w.inputs.tobytes() for w in written}
  genres = {w.labels['genre'] for w in written}
  assert genres == {'jazz', 'pop'} and all(w.labels['id'].startswith('/id/midi/folder/') for w in written)


def test_a_piece_shorter_than_a_window_is_padded(music, tmp_path):
  _run(music, tmp_path / 'w')
  short = [w for w in (records.read_window(r, CONVERTER) for r in _read(tmp_path / 'w-*-of-00004')) if w.length < 32]
  assert [w.length for w in short] == [4]
  assert short[0].inputs.shape == (32, 176) and not short[0].inputs[4:].any()


def test_counts_by_stage_and_reason(music, tmp_path):
  report = _run(music, tmp_path / 'w')
  counts = report['counts']
  assert report == json.loads((tmp_path / 'w.report.json').read_text())
  assert counts['pieces']['found'] == 21 and counts['pieces']['near_duplicates'] == 1
  assert sum(n for reason, n in counts['pieces'].items() if reason.startswith('in_')) == 18
  assert counts['sequences'] == {'rejected_no_pitched_notes': 1}
  assert counts['windows']['made'] == sum(n for reason, n in counts['windows'].items() if reason != 'made')
  reasons = {entry['item']: entry['reason'] for entry in report['rejected']}
  assert set(reasons) == {'pop/empty.mid', 'pop/text.mid', 'pop/only-drums.mid'}
  assert reasons['pop/empty.mid'] == 'empty_file' and reasons['pop/only-drums.mid'] == 'no_pitched_notes'
  assert {f'rejected_{reasons["pop/text.mid"]}', 'rejected_empty_file'} <= set(counts['pieces'])


def test_versions_of_a_piece_share_a_split(music, tmp_path):
  _run(music, tmp_path / 'w')
  split_of = {}
  for path in glob.glob(f'{tmp_path}/w-*-of-00004'):
    for record in tfrecords.read(path):
      split_of.setdefault(records.read_window(record, CONVERTER).labels['id'], set()).add(path.split('-')[-4])
  same = [split_of[corpus_lib.make_piece('folder', '', f'{name}.mid').id] for name in ('jazz/03', 'pop/03', 'pop/03-moved')
          if corpus_lib.make_piece('folder', '', f'{name}.mid').id in split_of]
  assert len(same) == 2 and same[0] == same[1] and len(same[0]) == 1


def test_repeated_windows_are_written_once(tmp_path):
  bar = [(60 + i, i / 4, (i + 1) / 4) for i in range(32)]
  repeated = testing.sequence([(p, s + 8 * k, e + 8 * k) for k in range(6) for p, s, e in bar])
  (tmp_path / 'music').mkdir()
  midi.write(repeated, str(tmp_path / 'music' / 'a.mid'))
  report = _run(tmp_path / 'music', tmp_path / 'w')
  assert sum(report['examples'].values()) == 1 and report['counts']['windows']['rejected_duplicate'] == 5


def test_processes_write_the_same_bytes(music, tmp_path):
  one = _run(music, tmp_path / 'one' / 'w')
  two = _run(music, tmp_path / 'two' / 'w', num_processes=2)
  assert _bytes(tmp_path / 'one') == _bytes(tmp_path / 'two')
  assert one['counts'] == two['counts'] and one['rejected'] == two['rejected']


@needs_beam
def test_beam_writes_the_same_bytes(music, tmp_path):
  local = _run(music, tmp_path / 'local' / 'w')
  beam = _run(music, tmp_path / 'beam' / 'w', runner='beam', pipeline_options=['--runner=DirectRunner'])
  assert _bytes(tmp_path / 'local') == _bytes(tmp_path / 'beam')
  assert local['counts'] == beam['counts'] and local['rejected'] == beam['rejected']


def test_beam_that_is_not_installed_is_named(music, tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'apache_beam', None)
  monkeypatch.delitem(sys.modules, 'data_prep.run_beam', raising=False)
  with pytest.raises(errors.ArgumentError, match=r'musicnst\[beam\]'):
    _run(music, tmp_path / 'w', runner='beam')


def test_order_and_bytes_do_not_depend_on_the_hash_seed(music, tmp_path):
  outputs = []
  for seed in ('1', '2'):
    output = tmp_path / seed / 'w'
    code = ('from data_prep import prepare, cleaning; '
            f'prepare.run({str(output)!r}, "polyphonic", corpus_names="folder", corpus_root={str(music)!r}, filters=cleaning.Filters())')
    subprocess.run([sys.executable, '-c', code], check=True, env={**os.environ, 'PYTHONHASHSEED': seed, 'PYTHONPATH': os.getcwd()},
                   stderr=subprocess.DEVNULL)
    outputs.append(_bytes(tmp_path / seed))
  assert outputs[0] == outputs[1]


# ---------------------- from NoteSequence records ----


def _sequences(path, count=6):
  with open(path, 'wb') as file:
    for i in range(count):
      sequence = testing.chords(4, seed=i)
      sequence.id, sequence.filename, sequence.collection_name = f'/id/midi/mine/{i}', f'{i}.mid', 'mine'
      corpus_lib.label(sequence, 'jazz', 'Bach')
      file.write(tfrecords.frame(sequence.SerializeToString()))


def test_note_sequence_records_with_declared_splits(tmp_path):
  _sequences(tmp_path / 'notes')
  rows = ''.join(f'{i}.mid,{("train", "test")[i % 2]}\n' for i in range(6))
  (tmp_path / 'manifest.csv').write_text('path,split\n' + rows)
  report = prepare.run(str(tmp_path / 'w'), 'polyphonic', input_tfrecord=str(tmp_path / 'notes'), manifest=str(tmp_path / 'manifest.csv'),
                       output_shards=1)
  assert report['examples'] == {'train': 6, 'validation': 0, 'test': 6}
  windows = [records.read_window(r, CONVERTER) for r in _read(tmp_path / 'w-test-00000-of-00001')]
  assert {w.labels['id'] for w in windows} == {f'/id/midi/mine/{i}' for i in (1, 3, 5)}
  assert {(w.labels['genre'], w.labels['composer'], w.labels['corpus']) for w in windows} == {('jazz', 'Bach', 'mine')}


def test_one_split_alone(tmp_path):
  _sequences(tmp_path / 'notes', 30)
  whole = prepare.run(str(tmp_path / 'w'), 'polyphonic', input_tfrecord=str(tmp_path / 'notes'), output_shards=2)
  one = prepare.run(str(tmp_path / 'v'), 'polyphonic', input_tfrecord=str(tmp_path / 'notes'), output_shards=2, split='validation')
  assert one['examples'] == {'validation': whole['examples']['validation']}
  assert _read(tmp_path / 'v-0000?-of-00002') == _read(tmp_path / 'w-validation-*')


def test_tempo_changes_are_unrolled_for_every_converter(tmp_path):
  steady = testing.melody(8, seed=5)
  changing = testing.melody(8, seed=5)
  # The second half at half the tempo: the same music in beats.
  half = 8.0
  changing.tempos.add(time=half, qpm=60)
  for note in changing.notes:
    for name in ('start_time', 'end_time'):
      time = getattr(note, name)
      setattr(note, name, time if time <= half else half + 2 * (time - half))
  changing.total_time = max(note.end_time for note in changing.notes)
  found = []
  for name in ('polyphonic', 'melody_2bar'):
    if name not in converter_map.CONVERTER_MAP:
      name = next(n for n in converter_map.CONVERTER_MAP if 'mel' in n)
    converter = converter_map.CONVERTER_MAP[name]()
    for sequence in (steady, changing):
      item = stages.Item(0, corpus_lib.Piece('', 'a', 'folder'), 'folder', sequence.SerializeToString())
      result = stages.process(item, stages.Settings(converter, time='tempo'))
      assert result.windows and not result.rejected
      found.append([key for key, _ in result.windows])
  assert found[0] == found[1] and found[2] == found[3]


def test_meters_that_a_converter_cannot_take_are_cut_out():
  name = next(n for n in converter_map.CONVERTER_MAP if 'mel' in n)
  sequence = testing.melody(8, seed=1)
  sequence.time_signatures.add(time=8.0, numerator=3, denominator=4)
  item = stages.Item(0, corpus_lib.Piece('', 'a', 'folder'), 'folder', sequence.SerializeToString())
  result = stages.process(item, stages.Settings(converter_map.CONVERTER_MAP[name](), time='tempo'))
  nested = result.counts.by_stage()
  assert nested['meter_sections'] == {'made': 2, 'rejected_unsupported_meter': 1} and result.windows


def test_music_that_is_not_in_4_4_is_counted_and_left_out():
  process = lambda sequence: stages.process(
      stages.Item(0, corpus_lib.Piece('', 'a', 'folder'), 'folder', sequence.SerializeToString()),
      stages.Settings(converter_map.build('binary', steps=16, four_four=True), time='tempo'))
  waltz = testing.sequence([(60, i, i + 1) for i in range(12)], meter=(3, 4))
  result = process(waltz)
  assert not result.windows and result.rejected[1] == 'unsupported_meter'
  assert result.counts.by_stage()['sequences'] == {'rejected_unsupported_meter': 1}
  waltz.time_signatures.add(time=3.0, numerator=4, denominator=4)  # six beats of 3/4, then 4/4
  result = process(waltz)
  assert len(result.windows) == 2 and result.counts.by_stage()['meter_sections'] == {'made': 2, 'rejected_unsupported_meter': 1}


# ---------------------- windows and shards ----


class _Lossy(pianoroll.PolyphonicConverter):
  """Forgets the notes of windows that contain middle C."""

  def from_windows(self, outputs, qpm=120.0, velocities=None):
    kept = np.array(outputs)
    for window in kept:
      if window[:, 60 - 21].any():
        window[:] = 0
    return super().from_windows(kept, qpm, velocities)


def test_windows_that_do_not_come_back_are_left_out_and_counted():
  sequence = testing.sequence([(62, 0, 8), (60, 8, 9), (64, 16, 24)], qpm=60)
  counts = counts_lib.Counts()
  kept = windows_lib.of_sequence(sequence, _Lossy(), {}, counts)
  assert [records.read_window(r, CONVERTER).start_step for _, r in kept] == [0, 64]
  assert counts == {('windows', 'made'): 3, ('windows', 'rejected_round_trip'): 1}
  assert len(windows_lib.of_sequence(sequence, _Lossy(), {}, counts_lib.Counts(), round_trip=False)) == 3


def test_equal_windows_stay_in_the_rarer_split():
  rows = [(b'k' * 16, 0, 0, b'train'), (b'k' * 16, 1, 0, b'test'), (b'k' * 16, 2, 0, b'more train'), (b'a' * 16, 0, 1, b'other'),
          (b'z' * 16, 3, 0, b'left out')]
  counts = counts_lib.Counts()
  found = shards.unique(rows, {0: 'train', 1: 'test', 2: 'train', 3: None}, {'train': [], 'test': []}, counts)
  assert found == [('train', b'a' * 16, b'other'), ('test', b'k' * 16, b'test')]
  assert counts.by_stage()['windows'] == {'written_train': 1, 'written_test': 1, 'rejected_duplicate_of_test': 2,
                                          'rejected_near_duplicate_of_another_split': 1}


def test_output_is_complete_or_absent(music, tmp_path, monkeypatch):
  def full(record):
    raise OSError(28, 'No space left on device')
  monkeypatch.setattr(tfrecords, 'frame', full)
  with pytest.raises(errors.OutputError, match='No space left'):
    _run(music, tmp_path / 'w')
  assert os.listdir(tmp_path) == []


def test_shards_of_an_earlier_run_do_not_stay(music, tmp_path):
  _run(music, tmp_path / 'w', output_shards=5)
  (tmp_path / 'w-train-notes.txt').write_text('mine')
  _run(music, tmp_path / 'w', output_shards=2)
  assert sorted(os.listdir(tmp_path)) == sorted(
      ['w-train-notes.txt', 'w.report.json'] + [f'w-{s}-0000{i}-of-00002' for s in ('train', 'validation', 'test') for i in (0, 1)])


# ---------------------- errors and flags ----


@pytest.mark.parametrize('kwargs, message', [
    ({}, 'either --input_tfrecord or --corpus'),
    ({'input_tfrecord': 'a', 'corpus_names': 'folder'}, 'either'),
    ({'corpus_names': 'folder'}, '--corpus_root'),
    ({'corpus_names': 'nothing', 'corpus_root': '/tmp'}, 'unknown corpus'),
    ({'input_tfrecord': '/nothing/at/all'}, 'no record files'),
    ({'input_tfrecord': 'a', 'split': 'dev'}, 'unknown split'),
    ({'input_tfrecord': 'a', 'runner': 'spark'}, 'unknown runner'),
    ({'input_tfrecord': 'a', 'output_shards': 0}, 'output_shards'),
])
def test_bad_arguments(tmp_path, kwargs, message):
  with pytest.raises(errors.MusicnstError, match=message):
    prepare.run(str(tmp_path / 'w'), 'polyphonic', **kwargs)
  assert os.listdir(tmp_path) == []


def test_other_bad_input(tmp_path):
  (tmp_path / 'text').write_text('this is not a record file at all')
  with pytest.raises(errors.DataError, match='not a TFRecord file'):
    prepare.run(str(tmp_path / 'w'), 'polyphonic', input_tfrecord=str(tmp_path / 'text'))
  (tmp_path / 'junk').write_bytes(tfrecords.frame(b'\xff\xff\xff junk'))
  with pytest.raises(errors.DataError, match='no NoteSequence'):
    prepare.run(str(tmp_path / 'w'), 'polyphonic', input_tfrecord=str(tmp_path / 'junk'))
  with pytest.raises(errors.OutputError, match='is a folder'):
    prepare.run(str(tmp_path), 'polyphonic', input_tfrecord=str(tmp_path / 'junk'))
  (tmp_path / 'm.csv').write_text('name,place\na,b\n')
  with pytest.raises(errors.DataError, match='columns path and split'):
    prepare.run(str(tmp_path / 'w'), 'polyphonic', input_tfrecord=str(tmp_path / 'junk'), manifest=str(tmp_path / 'm.csv'))


def test_nothing_left_is_an_error_and_no_output(tmp_path):
  _sequences(tmp_path / 'notes', 2)
  with pytest.raises(errors.DataError, match='sequences rejected_too_many_notes 2'):
    prepare.run(str(tmp_path / 'w'), 'polyphonic', input_tfrecord=str(tmp_path / 'notes'), filters=cleaning.Filters(max_num_notes=3))
  assert os.listdir(tmp_path) == ['notes']


def test_the_verb(music, tmp_path, capfd):
  status = command.execute(['prepare', '--corpus=folder', f'--corpus_root={music}', '--config=polyphonic', f'--output_tfrecord={tmp_path}/w',
                            '--output_shards=1', '--max_num_notes=100000', '--min_velocities=2'])
  captured = capfd.readouterr()
  assert status == 0, captured.err
  assert 'train:' in captured.out and 'w.report.json' in captured.out
  assert len(glob.glob(f'{tmp_path}/w-*-00000-of-00001')) == 3
  report = json.loads((tmp_path / 'w.report.json').read_text())
  assert report['counts']['sequences']['rejected_too_few_velocities'] == 2  # the single note, and the drums


@pytest.mark.parametrize('flags', [['--config=polyphonic'], ['--output_tfrecord=x'],
                                   ['--config=nothing', '--output_tfrecord=x', '--input_tfrecord=y']])
def test_the_verb_names_what_is_missing(flags, capfd):
  assert command.execute(['prepare', *flags]) == 2
  assert len(capfd.readouterr().err.strip().splitlines()) == 1


def test_grooves_keep_their_own_grid_and_several_tracks_their_lengths(tmp_path):
  for name, make in (('groove', testing.groove), ('multitrack', testing.band)):
    converter, path, sequences = converter_map.build(name), str(tmp_path / f'{name}.tfrecord'), []
    for seed in range(3):
      sequences.append(make(8, seed))
      sequences[-1].id = f'/id/{seed}'
    with open(path, 'wb') as file:
      file.writelines(tfrecords.frame(sequence.SerializeToString()) for sequence in sequences)
    prepare.run(str(tmp_path / 'w'), name, input_tfrecord=path, split='train', filters=cleaning.Filters())
    written = [records.read_window(record, converter) for record in _read(tmp_path / 'w-0*')]
    windows = [window for sequence in sequences for window in converter.to_windows(sequence)]
    assert len(written) == len(windows) > 8
    closest = [min(np.abs(w.outputs.astype(float) - v.outputs).max() for v in windows) for w in written]
    assert max(closest) < 1e-4
    assert sorted(w.length if converter.num_lengths == 1 else tuple(w.length) for w in written) == sorted(w.length for w in windows)


def test_what_is_assumed_is_counted(tmp_path, capsys):
  """A meter that cannot be, a file that is cut; with --meter nothing is guessed, with --strict the cut file is rejected."""
  (tmp_path / 'music').mkdir()
  piece = testing.chords(8, seed=1)
  piece.time_signatures[0].numerator = 1
  midi.write(piece, str(tmp_path / 'music' / 'a.mid'))
  midi.write(testing.chords(8, seed=2), str(tmp_path / 'music' / 'b.mid'))
  (tmp_path / 'music' / 'b.mid').write_bytes((tmp_path / 'music' / 'b.mid').read_bytes()[:-6])
  arguments = ['prepare', '--config=polyphonic-2bar', '--corpus=folder', f'--corpus_root={tmp_path}/music',
               f'--output_tfrecord={tmp_path}/w']
  assert command.execute(arguments) == 0
  said = capsys.readouterr().out
  assert 'assumed: ' in said and '1 mended_cut_end' in said and '1 meter_guessed' in said
  assert command.execute([*arguments, '--meter=4/4', '--strict']) == 0
  said = capsys.readouterr().out
  assert 'assumed: ' not in said and '1 pieces rejected' in said
  assert command.execute([*arguments, '--meter=four']) == 2
