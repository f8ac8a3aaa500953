"""Bad and odd input through the command line: a named error in one line and exit code 2, or a sensible result; never half a file.

`transfer` runs with methods that need no model, so that a clone without bundles tests the whole way from file to file.
"""
import os
import random

import pytest

from musicnst import music_proto
from musicnst.cli import command
from musicnst.reading import midi as midi_reading
from musicnst.rendering import midi
from musicnst.representations import testing
from tests.reading import midi_maker

_METHODS = ('arrange', 'half-notes', 'style-piece')


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
  """Runs a command line in an empty folder; returns (exit code, stdout, stderr)."""
  monkeypatch.chdir(tmp_path)

  def execute(*arguments):
    status = command.execute([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert 'Traceback' not in captured.err
    return status, captured.out, captured.err
  return execute


def _fails(run, arguments, *said):
  """The command ends with exit code 2 and one line that says all of `said`."""
  status, out, err = run(*arguments)
  assert status == 2, (status, out, err)
  line = err.strip().splitlines()[-1]
  assert line.startswith(f'musicnst {arguments[0]}: '), err
  for word in said:
    assert str(word) in line
  return err


@pytest.fixture
def style(tmp_path):
  path = tmp_path / 'inputs' / 'style.mid'
  midi.write(testing.sequence([(48 + 3 * (i % 7), i / 2, i / 2 + .5) for i in range(64)], qpm=100), path)
  return path


def _no_notes(path):
  path.write_bytes(midi_maker.to_bytes([midi_maker.notes([])]))


_BAD_FILES = {
    'empty.mid': (lambda path: path.write_bytes(b''), 'empty'),
    'text.mid': (lambda path: path.write_text('Dear reader, this is no music.'), 'text.mid'),
    'letter.txt': (lambda path: path.write_text('music'), "extension '.txt'"),
    'cut.mid': (lambda path: path.write_bytes(midi_maker.to_bytes([midi_maker.notes([60, 62, 64])])[:-6]), 'cut.mid'),
    'noise.mid': (lambda path: path.write_bytes(random.Random(0).randbytes(3000)), 'noise.mid'),
    'headless.mid': (lambda path: path.write_bytes(b'MThd'), 'headless.mid'),
    'no_notes.mid': (_no_notes, 'no'),
    'drums.mid': (lambda path: midi.write(testing.sequence([(36, i, i + .2) for i in range(16)], is_drum=True), path), 'drum'),
    'missing.mid': (lambda path: None, 'no such file'),
    'folder.mid': (lambda path: path.mkdir(), 'folder'),
    'score.musicxml': (lambda path: path.write_text('<score-partwise><part>'), 'score.musicxml'),
    'tunes.abc': (lambda path: path.write_text('nothing that is a tune'), 'tunes.abc'),
    'roll.npz': (lambda path: path.write_bytes(b'PK\x03\x04 no archive'), 'roll.npz'),
}


@pytest.mark.parametrize('name', sorted(_BAD_FILES))
def test_transfer_of_a_bad_content(run, tmp_path, style, name):
  make, said = _BAD_FILES[name]
  bad = tmp_path / 'inputs' / name
  make(bad)
  _fails(run, ['transfer', f'--content={bad}', f'--style={style}', '--output=out/result.mid', '--strict'], said)
  assert not os.path.exists('out')


def test_what_is_assumed_is_told(run, tmp_path, style):
  """A cut file, whose meter cannot be, as content and style: read, and said."""
  sequence = testing.sequence([(48 + 3 * (i % 7), i / 2, i / 2 + .5) for i in range(64)], qpm=100, meter=(1, 4))
  midi.write(sequence, tmp_path / 'whole.mid')
  (tmp_path / 'cut.mid').write_bytes((tmp_path / 'whole.mid').read_bytes()[:-6])
  status, out, err = run('transfer', '--content=cut.mid', '--style=cut.mid', '--output=out/result.mid', '--method=copy')
  assert status == 0, err
  said = out.splitlines()[0]
  for words in ('meter: 4/4 (guessed)', "style's meter: 4/4 (guessed)", 'mended: cut short', "style's files mended: cut short"):
    assert words in said
  status, out, _ = run('transfer', '--content=whole.mid', f'--style={style}', '--output=out/result.mid', '--method=copy', '--meter=3/4')
  assert status == 0 and 'meter: 3/4 (given)' in out and 'mended' not in out
  _fails(run, ['transfer', '--content=whole.mid', f'--style={style}', '--output=out/x.mid', '--method=copy', '--meter=four'], 'meter')


@pytest.mark.parametrize('name', ['empty.mid', 'text.mid', 'missing.mid', 'drums.mid', 'folder.mid'])
def test_transfer_to_a_bad_style(run, tmp_path, style, name):
  make, said = _BAD_FILES[name]
  bad = tmp_path / 'inputs' / name
  make(bad)
  _fails(run, ['transfer', f'--content={style}', f'--style={bad}', '--output=out/result.mid'], said)
  assert not os.path.exists('out')


def _changing_meters():
  sequence = testing.sequence([(60 + i % 12, i, i + 1) for i in range(30)])
  for quarters, meter in ((8, (3, 4)), (14, (5, 8)), (24, (7, 16))):
    sequence.time_signatures.add(time=quarters * .5, numerator=meter[0], denominator=meter[1])
  return sequence


def _many_tracks():
  sequence = testing.sequence([(36, i, i + .3) for i in range(8)], is_drum=True)
  for instrument in range(1, 40):
    testing.add(sequence, [(40 + instrument, i, i + 1) for i in range(8)], program=instrument, instrument=instrument)
  return sequence


def _tune(count=24, **options):
  return testing.sequence([(60 + i * 5 % 13, i, i + 1) for i in range(count)], **options)


_ODD_PIECES = {
    'one note': lambda: testing.sequence([(60, 0, 1)]),
    'shorter than a window': lambda: _tune(3),
    '3/4': lambda: _tune(meter=(3, 4)),
    '5/8': lambda: _tune(meter=(5, 8)),
    'changing meters': _changing_meters,
    'tempo 10': lambda: _tune(qpm=10),
    'tempo 400': lambda: _tune(qpm=400),
    'two hours': lambda: testing.sequence([(40 + i * 7 % 40, i * 8, i * 8 + 2) for i in range(1800)], qpm=120),
    'forty tracks': _many_tracks,
    'a note of no length': lambda: testing.sequence([(60, 0, 0), (62, 1, 2), (64, 2, 3)]),
    'highest and lowest keys': lambda: testing.sequence([(0, 0, 1), (127, 1, 2), (21, 2, 3), (108, 3, 4)]),
    'drums and a note': lambda: testing.add(testing.sequence([(36, i, i + .2) for i in range(8)], is_drum=True), [(60, 2, 3)]),
    'a late start': lambda: testing.sequence([(60, 400, 401), (64, 401, 402)]),
}


@pytest.mark.parametrize(
    'name', [pytest.param(name, marks=[pytest.mark.slow] if name == 'two hours' else []) for name in sorted(_ODD_PIECES)])
def test_transfer_of_an_odd_piece(run, tmp_path, style, name):
  sequence = _ODD_PIECES[name]()
  path = tmp_path / 'inputs' / 'odd.mid'
  midi.write(sequence, path)
  for method in _METHODS:
    status, out, err = run('transfer', f'--content={path}', f'--style={style}', '--output=out/result.mid', f'--method={method}')
    assert status == 0, err
    assert 'out/result.mid' in out
    result = midi_reading.read('out/result.mid')
    assert result.notes and result.total_time <= sequence.total_time + 4 * 60 / sequence.tempos[0].qpm
    assert [note.pitch for note in result.notes if note.is_drum] == [note.pitch for note in sequence.notes if note.is_drum]
  assert os.listdir('out') == ['result.mid']


@pytest.mark.parametrize('name', ['one note', 'two hours', 'forty tracks'])
def test_odd_pieces_as_style(run, tmp_path, style, name):
  path = tmp_path / 'inputs' / 'odd.mid'
  midi.write(_ODD_PIECES[name](), path)
  status, _, err = run('transfer', f'--content={style}', f'--style={path}', '--output=result.mid', '--method=style-piece')
  assert status == 0, err


@pytest.mark.parametrize('flags, said', [
    (['--strength=2'], '0 to 1'), (['--strength=.5', '--style_weight=1'], 'not both'), (['--method=gided'], "'guided'"), (['--bars=9'], 'bars'),
    (['--bars=0-3'], 'bars'), (['--bars=x'], 'FIRST-LAST'), (['--num_steps=0'], 'num_steps'), (['--candidates=0'], 'candidates'),
    (['--tracks=all'], 'tracks'), (['--beats=fixed:0'], '1'), (['--beats=swing'], 'swing'), (['--steps_per_quarter=0'], 'steps_per_quarter'),
    (['--snapshots=a'], 'snapshots'), (['--num_steps=5'], 'plays no part'), (['--style_genre=jazz'], 'plays no part'),
    (['--model=polyphonic-2bar'], 'without a model'), (['--style_weight=-1'], 'style_weight'), (['--no_such_flag=1'], 'no_such_flag')])
def test_transfer_flags_out_of_range(run, style, flags, said):
  _fails(run, ['transfer', f'--content={style}', f'--style={style}', '--output=out/r.mid', *flags], said)
  assert not os.path.exists('out')


def test_missing_flags(run):
  _fails(run, ['transfer', '--content=a.mid'], 'style')
  _fails(run, ['convert'], 'input_dir')
  _fails(run, ['prepare', '--output_tfrecord=x'])
  _fails(run, ['train', '--run_dir=x'])
  _fails(run, ['evaluate'], '--model')
  _fails(run, ['bundle'], 'run_dir')
  _fails(run, ['list', '--kind=birds'], 'kind')


def test_unwritable_outputs(run, tmp_path, style):
  blocked = tmp_path / 'file' / 'below'
  (tmp_path / 'file').write_text('')
  transfer = ['transfer', f'--content={style}', f'--style={style}', '--method=half-notes']
  _fails(run, [*transfer, f'--output={blocked}/r.mid'], 'cannot be written')
  _fails(run, [*transfer, '--output=r.mid', f'--report_dir={blocked}'], 'cannot be written')
  _fails(run, ['convert', f'--input_dir={style.parent}', f'--output_file={blocked}/n.tfrecord'], 'cannot be written')
  evaluate = ['evaluate', '--mode=transfer', f'--content={style}', f'--style={style}', f'--result={style}']
  _fails(run, [*evaluate, f'--output={blocked}/r.json'], 'cannot be written')


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='no /dev/full here')
def test_full_disk(run, style, monkeypatch):
  # Every file that is being written lies on a device that is always full.
  import tempfile
  monkeypatch.setattr(tempfile, 'mkstemp', lambda **options: (os.open('/dev/null', os.O_WRONLY), '/dev/full'))
  monkeypatch.setattr(os, 'remove', lambda path: None)
  monkeypatch.setattr(os, 'replace', lambda source, target: pytest.fail('a file that could not be written was kept'))
  monkeypatch.setattr(os, 'chmod', lambda path, mode: pytest.fail('a file that could not be written was kept'))
  _fails(run, ['transfer', f'--content={style}', f'--style={style}', '--method=half-notes', '--output=r.mid'], 'r.mid', 'No space left')


def test_models_that_are_not_there(run, tmp_path, style):
  (tmp_path / 'empty').mkdir()
  (tmp_path / 'cut.zip').write_bytes(b'PK\x03\x04 cut')
  for model in ('no-such-bundle', tmp_path / 'empty', tmp_path / 'cut.zip', tmp_path / 'missing.zip'):
    _fails(run, ['generate', f'--model={model}', '--output_dir=out'], os.path.basename(model))
    _fails(run, ['evaluate', f'--model={model}', '--examples_path=x'], os.path.basename(model))
    _fails(run, ['transfer', f'--content={style}', f'--style={style}', '--output=out/r.mid', '--method=guided', f'--model={model}'],
           os.path.basename(model))
    _fails(run, ['bundle', f'--run_dir={model}', '--output=out.zip'], os.path.basename(model))
  assert not os.path.exists('out') and not os.path.exists('out.zip')


def test_unknown_configs_hparams_and_missing_records(run, tmp_path):
  run_dir = '--run_dir=run'
  _fails(run, ['train', '--config=no-such', run_dir, '--examples_path=x'], 'no-such')
  _fails(run, ['train', '--config=cat-mel_2bar_small', run_dir, '--examples_path=x', '--hparams=sise=3'], 'sise')
  _fails(run, ['train', '--config=cat-mel_2bar_small', run_dir, '--examples_path=x', '--hparams=batch_size=many'], 'batch_size')
  _fails(run, ['train', '--config=cat-mel_2bar_small', run_dir, '--examples_path=nothing-here*'], 'nothing-here')
  _fails(run, ['prepare', '--config=no-such', '--input_tfrecord=x', '--output_tfrecord=out/w'], 'no-such')
  _fails(run, ['prepare', '--config=cat-mel_2bar_small', '--input_tfrecord=nothing-here', '--output_tfrecord=out/w'], 'nothing-here')
  (tmp_path / 'bad.tfrecord').write_bytes(b'these are no records at all, whatever the name')
  _fails(run, ['prepare', '--config=cat-mel_2bar_small', '--input_tfrecord=bad.tfrecord', '--output_tfrecord=out/w'], 'bad.tfrecord')
  assert not os.path.exists('out') or not os.listdir('out')


def test_convert_tells_each_bad_file_and_goes_on(run, tmp_path, style):
  for name, (make, _) in _BAD_FILES.items():
    if name != 'folder.mid':
      make(style.parent / name)
  status, _, err = run('convert', f'--input_dir={style.parent}', '--output_file=n.tfrecord', '--num_processes=1', '--strict')
  assert status == 0, err
  from musicnst.data import tfrecords
  names = {music_proto.NoteSequence.FromString(record).filename for record in tfrecords.read('n.tfrecord')}
  assert 'style.mid' in names and not names & {'empty.mid', 'text.mid', 'cut.mid', 'noise.mid', 'roll.npz'}


def test_convert_of_nothing(run, tmp_path):
  (tmp_path / 'empty').mkdir()
  _fails(run, ['convert', f'--input_dir={tmp_path}/empty', '--output_file=n.tfrecord'])
  _fails(run, ['convert', f'--input_dir={tmp_path}/missing', '--output_file=n.tfrecord'], 'missing')
  assert not os.path.exists('n.tfrecord')


@pytest.mark.slow
def test_transfer_of_every_conformance_file(run, shared, style):
  done, refused = [], []
  for path in sorted((shared / 'data' / 'conformance').iterdir()):
    if path.suffix.lower() == '.md':
      continue
    arguments = ['transfer', f'--content={path}', f'--style={style}', f'--output=out/{path.stem}.mid']
    status, out, err = run(*arguments)
    assert status in (0, 2), (path, err)
    assert os.path.exists(f'out/{path.stem}.mid') == (status == 0)
    if status == 2:
      assert err.startswith('musicnst transfer: ') and err.count('\n') == 1
    (done if status == 0 else refused).append(path.name)
  assert len(done) > len(refused)
