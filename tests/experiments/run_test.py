"""Every registered experiment can be named, tells its flags, and refuses bad ones."""
from absl import flags
import pytest

from experiments import run


@pytest.mark.parametrize('name', run.EXPERIMENT_MAP)
def test_entry(name):
  values = flags.FlagValues()
  module = run.load(name)
  module.define_flags(values)
  assert len(list(values)) >= 2 and callable(module.main)
  assert name in module.__doc__


def test_listing_is_by_folder(capsys):
  assert run.execute(['--help']) == 0
  blocks = [block.splitlines() for block in capsys.readouterr().out.split('\n\n')]
  names = {block[0]: [line.split()[0] for line in block[1:]] for block in blocks if block[0] in ('papers/cyclegan', 'benchmark')}
  assert names['papers/cyclegan'] == ['cyclegan_train', 'cyclegan_table1', 'cyclegan_figure1', 'cyclegan_figure2']
  assert 'transfer_benchmark' in names['benchmark']


def test_help_has_the_docstring_and_flags_with_defaults(capsys):
  assert run.execute(['musae_figure3', '--help']) == run.execute(['musae_figure3', '--work_dir=x', '-h']) == 0
  text = capsys.readouterr().out
  assert text.count("MusAE's figure 3: low-level metrics") == 2
  assert "--count: Draws of each Gaussian.\n    (default: '256')" in text and "(default: 'experiments/results/musae')" in text


def test_bad_input(capsys):
  assert run.execute([]) == 2
  assert run.execute(['--help']) == 0
  assert run.execute(['transfer_pair']) == 2
  assert "Did you mean 'transfer_pairs'?" in capsys.readouterr().err
  assert run.execute(['transfer_pairs', '--no_such_flag=1']) == 2
  assert run.execute(['transfer_pairs']) == 2
  assert run.execute(['genre_statistics']) == 2
