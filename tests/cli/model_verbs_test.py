"""train, evaluate, bundle, generate, list: from windows to music by the command line, and what it says where it cannot."""
import json
import re
import shutil

import pytest
import tensorflow as tf

from musicnst import configs
from musicnst import music_proto
from musicnst.cli import command
from musicnst.reading import midi as midi_reading
from musicnst.rendering import midi as midi_writing
from tests.training import tiny

TIME = r'\d{4}-\d\d-\d\d_\d{6}'


@pytest.fixture(scope='module', autouse=True)
def process_settings():
  """The verb train asks for deterministic kernels in the whole process; other tests should not have them."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(tf.config.experimental, 'enable_op_determinism', lambda: None)
    yield


def _run(capsys, *arguments):
  """(exit code, what was printed, what was said on stderr)."""
  capsys.readouterr()
  code = command.execute([str(argument) for argument in arguments])
  captured = capsys.readouterr()
  return code, captured.out, captured.err


@pytest.fixture(scope='module')
def windows(tmp_path_factory):
  converter = configs.get('polyphonic-2bar').build_converter()
  return tiny.write_windows(tmp_path_factory.mktemp('windows') / 'w.tfrecord', converter, 20, genres=('pop', 'folk'))


@pytest.fixture(scope='module')
def run_dir(tmp_path_factory, windows):
  folder = tmp_path_factory.mktemp('run') / 'run'
  code = command.execute(['train', '--config=polyphonic-2bar', f'--run_dir={folder}', f'--examples_path={windows}', '--num_steps=4',
                          f'--hparams={tiny.HPARAMS}', '--log=WARN', f'--eval_examples_path={windows}', '--best_by=metrics/onset_f1'])
  assert code == 0
  return folder


@pytest.fixture
def music(tmp_path):
  """Paths of MIDI files of one window, one window, and three."""
  paths = []
  for i, beats in enumerate((8, 8, 20)):
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=120)
    for beat in range(beats):
      sequence.notes.add(pitch=60 + i + beat, velocity=80, start_time=beat / 2, end_time=beat / 2 + .5)
    sequence.total_time = beats / 2
    midi_writing.write(sequence, tmp_path / f'{i}.mid')
    paths.append(tmp_path / f'{i}.mid')
  return paths


@pytest.mark.slow
def test_a_run_goes_on_without_naming_its_config(capsys, run_dir, windows, tmp_path):
  run_dir = shutil.copytree(run_dir, tmp_path / 'run')  # other tests look at the run of four steps
  code, _, said = _run(capsys, 'train', f'--run_dir={run_dir}', f'--examples_path={windows}', '--num_steps=5')
  assert code == 0 and said.startswith('step 5/5')
  assert json.loads((run_dir / 'config.json').read_text())['hparams']['batch_size'] == 8


@pytest.mark.slow
def test_eval_mode_writes_curves_and_results(capsys, run_dir, windows):
  code, printed, _ = _run(capsys, 'train', '--mode=eval', f'--run_dir={run_dir}', f'--examples_path={windows}', '--eval_dir_suffix=_x',
                          '--eval_num_batches=2')
  results = json.loads((run_dir / 'eval_x' / 'results.json').read_text())
  assert code == 0 and results['measures']['windows'] == 16 and results['step'] == 4
  for name in ('teacher_forced/accuracy', 'sampled/accuracy', 'teacher_forced/onset_f1', 'sampled/frame_f1', 'active_dimensions', 'kl_nats'):
    assert name in printed and name in results['measures']
  assert list((run_dir / 'eval_x').glob('events*'))


@pytest.mark.slow
def test_from_a_run_to_a_bundle_to_music(capsys, run_dir, windows, music, tmp_path):
  bundle, results = tmp_path / 'tiny.zip', tmp_path / 'results.json'
  (tmp_path / 'card.md').write_text('# Card')
  code, _, said = _run(capsys, 'bundle', f'--run_dir={run_dir}', f'--output={bundle}', f'--card={tmp_path / "card.md"}', f'--examples_path={windows}')
  assert (code, said) == (0, '')
  code, printed, _ = _run(capsys, 'evaluate', f'--model={bundle}', f'--examples_path={windows}', f'--output={results}')
  report = json.loads(results.read_text())
  assert code == 0 and set(report['groups']) == {'folk', 'pop'} and 'macro' in printed
  for mode, count, options in (('sample', 3, ()), ('interpolate', 4, music[:2]), ('reconstruct', 1, music[2:])):
    inputs = [f'--input_midi_{i}={path}' for i, path in enumerate(options, 1)]
    code, printed, _ = _run(capsys, 'generate', f'--model={bundle}', f'--mode={mode}', f'--num_outputs={count}', f'--output_dir={tmp_path / mode}',
                            '--seed=1', '--temperature=1', *inputs)
    names = [line.rsplit('/', 1)[-1] for line in printed.split()]
    assert code == 0 and names == sorted(path.name for path in (tmp_path / mode).iterdir())
    assert len(names) == count
    for i, name in enumerate(names):
      assert re.fullmatch(rf'polyphonic-2bar_{mode}_{TIME}-{i:03d}-of-{count:03d}\.mid', name)
      assert midi_reading.read(tmp_path / mode / name).notes


@pytest.mark.slow
def test_an_input_of_several_windows_is_written_apart(capsys, run_dir, music, tmp_path):
  code, _, said = _run(capsys, 'generate', f'--run_dir={run_dir}', '--mode=interpolate', f'--input_midi_1={music[0]}',
                       f'--input_midi_2={music[2]}', f'--output_dir={tmp_path / "out"}')
  assert code == 2 and '3 windows of 32 steps' in said
  names = sorted(path.name for path in (tmp_path / 'out').iterdir())
  assert [bool(re.fullmatch(rf'polyphonic-2bar_input2-extractions_{TIME}-00{i}-of-003\.mid', name)) for i, name in enumerate(names)] == [True] * 3
  assert [note.pitch for note in midi_reading.read(tmp_path / 'out' / names[0]).notes] == [62 + beat for beat in range(8)]


@pytest.mark.parametrize('arguments, message', [
    (('train', '--run_dir={0}/r', '--examples_path={0}/w', '--config=no-such'), "unknown config 'no-such'"),
    (('train', '--run_dir={0}/r', '--examples_path={0}/w', '--config=polyphonic-2bar', '--hparams=wdth=3'), "unknown hyperparameter 'wdth'"),
    (('train', '--run_dir={0}/r', '--examples_path={0}/w', '--config=polyphonic-2bar', '--hparams=width'), 'name=value'),
    (('train', '--run_dir={0}/r', '--examples_path={0}/w'), '--config is needed'),
    (('train', '--run_dir={0}/r', '--examples_path={0}/w', '--config=polyphonic-2bar'), 'no record files match'),
    (('train', '--run_dir={0}/file/r', '--examples_path={0}/w', '--config=polyphonic-2bar'), 'cannot be written'),
    (('train', '--run_dir={0}/r', '--examples_path={0}/w', '--config=polyphonic-2bar', '--strategy=all'), '--strategy=all: unknown'),
    (('train', '--run_dir={0}/r', '--config=polyphonic-2bar'), 'examples_path'),
    (('train', '--mode=eval', '--run_dir={0}/r', '--examples_path={0}/w'), 'no bundle, folder or .zip'),
    (('evaluate', '--model={0}', '--examples_path={0}/w'), 'not a run folder'),
    (('evaluate',), '--model and --examples_path are needed'),
    (('generate', '--model={0}/none'), 'no bundle, folder or .zip'),
    (('generate', '--model={0}/file'), 'no bundle, folder or .zip'),
    (('generate',), 'exactly one of --model'),
    (('generate', '--model=a', '--run_dir=b'), 'exactly one of --model'),
    (('generate', '--model=a', '--mode=interpolate', '--input_midi_1=a.mid'), '--input_midi_1 and --input_midi_2'),
    (('bundle', '--run_dir={0}', '--output={0}/b'), 'not a run folder'),
    (('bundle', '--run_dir={0}', '--output={0}/b', '--threshold=.3', '--examples_path=x'), 'not both'),
])
def test_bad_input_is_one_line_and_exit_code_2(capsys, tmp_path, arguments, message):
  (tmp_path / 'file').write_text('')
  code, _, said = _run(capsys, *(argument.format(tmp_path) for argument in arguments))
  assert code == 2 and message in said and said.count('\n') == 1 and 'Traceback' not in said


@pytest.mark.slow
def test_an_output_that_cannot_be_written(capsys, run_dir, tmp_path):
  (tmp_path / 'file').write_text('')
  code, _, said = _run(capsys, 'bundle', f'--run_dir={run_dir}', f'--output={tmp_path}/file/b.zip')
  assert code == 2 and 'cannot be written' in said
  code, _, said = _run(capsys, 'generate', f'--run_dir={run_dir}', f'--output_dir={tmp_path}/file/out')
  assert code == 2 and 'cannot be written' in said


def test_list_has_a_line_for_everything(capsys):
  code, printed, _ = _run(capsys, 'list')
  assert code == 0
  for kind in ('configs', 'methods', 'bundles', 'corpora'):
    assert f'{kind}:\n' in printed
  for name in ('polyphonic-2bar', 'cat-mel_2bar_small', 'arrange', 'guided', 'pop909', 'all-genres'):
    assert re.search(rf'^  {name} +\S', printed, re.MULTILINE)
  assert _run(capsys, 'list', '--kind=corpora')[1].startswith('corpora:')
