"""Every registered experiment can be named, tells its flags, and refuses bad ones."""
import importlib

from absl import flags
import pytest

from experiments import run


@pytest.mark.parametrize('name', run.EXPERIMENT_MAP)
def test_entry(name):
  values = flags.FlagValues()
  module = importlib.import_module(f'experiments.{run.EXPERIMENT_MAP[name][0]}')
  module.define_flags(values)
  assert len(list(values)) >= 2 and callable(module.main)
  assert name in module.__doc__


def test_bad_input(capsys):
  assert run.execute([]) == 2
  assert run.execute(['--help']) == 0
  assert run.execute(['transfer_pair']) == 2
  assert "Did you mean 'transfer_pairs'?" in capsys.readouterr().err
  assert run.execute(['transfer_pairs', '--no_such_flag=1']) == 2
  assert run.execute(['transfer_pairs']) == 2
  assert run.execute(['genre_statistics']) == 2
