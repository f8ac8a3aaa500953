"""The frame of the command line: help, errors, exit codes, and what it does not import."""
import os
import resource
import subprocess
import sys
import types

import pytest

import musicnst
from musicnst import errors
from musicnst.cli import command

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _python(code, **kwargs):
  return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=_ROOT, timeout=120, **kwargs)


@pytest.fixture
def verb(monkeypatch):
  """A verb `probe` whose `main` is what the test sets: `verb.action = callable(flag_values)`."""
  from absl import flags
  module = types.ModuleType('musicnst.cli.probe', 'Does what the test says.')
  module.action = lambda flag_values: print('ran', flag_values.size, flag_values.kind)

  def define_flags(flag_values):
    flags.DEFINE_integer('size', 3, 'How large.', lower_bound=1, flag_values=flag_values)
    flags.DEFINE_enum('kind', 'a', ['a', 'b'], 'Which kind.', flag_values=flag_values)
    flags.DEFINE_bool('loud', False, 'Whether loud.', flag_values=flag_values)

  module.define_flags = define_flags
  module.main = lambda flag_values: module.action(flag_values)
  monkeypatch.setitem(sys.modules, 'musicnst.cli.probe', module)
  monkeypatch.setitem(command.VERBS, 'probe', 'a probe')
  return module


def test_every_verb_is_named_in_help(capsys):
  assert command.execute(['--help']) == 0
  out = capsys.readouterr().out
  for name in ('convert', 'prepare', 'train', 'evaluate', 'generate', 'transfer', 'bundle', 'list'):
    assert f'\n  {name} ' in out
  assert command.execute(['help']) == command.execute(['-h']) == 0


def test_version(capsys):
  assert command.execute(['--version']) == 0
  assert capsys.readouterr().out == f'musicnst {musicnst.__version__}\n'


def test_nothing_asked_is_an_error_with_the_usage(capsys):
  assert command.execute([]) == 2
  assert 'verbs:' in capsys.readouterr().err


def test_unknown_verb_names_the_nearest(capsys):
  assert command.execute(['transfre']) == 2
  err = capsys.readouterr().err
  assert "Did you mean 'transfer'" in err and err.count('\n') == 1


def test_flag_before_the_verb(capsys):
  assert command.execute(['--content=a.mid', 'transfer']) == 2
  assert 'the verb comes first' in capsys.readouterr().err


def test_flags_reach_the_verb(verb, capsys):
  assert command.execute(['probe', '--size=5', '--kind', 'b']) == 0
  assert capsys.readouterr().out == 'ran 5 b\n'


def test_help_of_a_verb(verb, capsys):
  for asked in (['probe', '--help'], ['help', 'probe'], ['probe', '--size=oops', '-h']):
    assert command.execute(asked) == 0
    out = capsys.readouterr().out
    assert 'Does what the test says.' in out
    assert '--size' in out and 'How large. (default: \'3\')' in out
    assert '<a|b>' in out and '--[no]loud' in out


@pytest.mark.parametrize('arguments, said', [
    (['--sise=5'], 'sise'), (['--size=x'], 'size'), (['--size=0'], 'size'), (['--kind=c'], 'kind'), (['stray'], 'stray'),
    (['--size'], 'size'), (['--flagfile=/nowhere/at/all'], '/nowhere/at/all')])
def test_bad_flags_are_one_line_and_exit_2(verb, capsys, arguments, said):
  assert command.execute(['probe', *arguments]) == 2
  captured = capsys.readouterr()
  assert said in captured.err and captured.err.startswith('musicnst probe: ') and captured.err.count('\n') == 1
  assert not captured.out


def _raiser(error):
  def action(flag_values):
    del flag_values
    raise error
  return action


@pytest.mark.parametrize('error, status, said', [
    (errors.ReadError('a.mid', 'no_notes', 'holds no notes.', 'Choose another.'), 2, 'a.mid: holds no notes. Choose another.'),
    (errors.HparamError('unknown\nthing'), 2, 'unknown thing'),
    (OSError(28, 'No space left on device', 'x.mid'), 2, 'x.mid: No space left on device'),
    (MemoryError(), 2, 'not enough memory'),
    (KeyboardInterrupt(), 130, 'interrupted'),
    (RuntimeError('odd'), 1, 'internal error, please report it: RuntimeError: odd (--debug shows where)'),
    (AssertionError('no'), 1, 'AssertionError')])
def test_errors_become_a_line_and_a_code(verb, capsys, error, status, said):
  verb.action = _raiser(error)
  assert command.execute(['probe']) == status
  err = capsys.readouterr().err
  assert said in err and err.count('\n') == 1 and 'Traceback' not in err


def test_debug_shows_the_traceback(verb, capsys, monkeypatch):
  verb.action = _raiser(RuntimeError('odd'))
  assert command.execute(['probe', '--debug']) == 1
  assert 'Traceback' in capsys.readouterr().err
  monkeypatch.setenv('MUSICNST_DEBUG', '1')
  assert command.execute(['probe']) == 1
  assert 'Traceback' in capsys.readouterr().err


def test_a_closed_pipe_ends_quietly(verb, capsys):
  verb.action = _raiser(BrokenPipeError())
  assert command.execute(['probe']) == 141
  assert not capsys.readouterr().err
  found = subprocess.run(f'{sys.executable} -m musicnst --help | head -c 1; exit ${{PIPESTATUS[0]}}', shell=True, executable='/bin/bash',
                         capture_output=True, text=True, cwd=_ROOT, timeout=60)
  assert 'Traceback' not in found.stderr and 'Exception' not in found.stderr


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='no /dev/full here')
def test_a_full_disk_behind_stdout():
  with open('/dev/full', 'w') as full:
    found = subprocess.run([sys.executable, '-m', 'musicnst', '--help'], stdout=full, stderr=subprocess.PIPE, text=True, cwd=_ROOT,
                           timeout=60)
  assert found.returncode == 2
  assert 'No space left' in found.stderr and 'Traceback' not in found.stderr


def test_import_and_help_load_no_tensorflow():
  code = ('import sys, musicnst\nfrom musicnst.cli import command\ncommand.execute(["--help"])\n'
          'print(sorted({n.split(".")[0] for n in sys.modules} & {"tensorflow", "keras", "numba", "note_seq", "numpy", "jax"}))')
  assert _python(code).stdout.endswith('[]\n')


def test_help_is_quick():
  before = resource.getrusage(resource.RUSAGE_CHILDREN)
  subprocess.run([sys.executable, '-m', 'musicnst', '--help'], stdout=subprocess.DEVNULL, cwd=_ROOT, timeout=60, check=True)
  after = resource.getrusage(resource.RUSAGE_CHILDREN)
  # Time on the processor, so that a busy machine does not fail the test.
  assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < .5


@pytest.mark.parametrize('name', sorted(command.VERBS))
def test_verb_help_loads_no_tensorflow(name):
  if not os.path.exists(os.path.join(_ROOT, 'musicnst', 'cli', f'{name}.py')):
    pytest.skip(f'{name} is not written yet')
  found = _python('import sys\nfrom musicnst.cli import command\n'
                  f'status = command.execute([{name!r}, "--help"])\n'
                  'print(status, sorted({n.split(".")[0] for n in sys.modules} & {"tensorflow", "keras"}))')
  assert found.stdout.endswith('0 []\n'), found.stdout + found.stderr
  assert 'flags:' in found.stdout


@pytest.mark.slow
def test_tensorflow_starts_without_a_word():
  found = _python('from musicnst import quiet\nquiet.hush()\nimport tensorflow as tf, keras\n'
                  'print(int(tf.reduce_sum(tf.ones([3]))), keras.backend.backend())')
  assert found.stdout == '3 tensorflow\n'
  assert found.stderr == ''


def test_held_stderr_passes_on_what_is_no_log_line():
  code = ('import os\nfrom musicnst import quiet\n'
          'with quiet.held_stderr():\n'
          '  os.write(2, b"I0000 00:00:17.7 1 port.cc:153] chatter\\nreal trouble\\n")\n')
  assert _python(code).stderr == 'real trouble\n'
