"""What every test may use."""
import os
import pathlib

import pytest

from musicnst import quiet

quiet.hush()


def pytest_configure():
  # absl refuses to read a flag before the command line is parsed; libraries under test may read one.
  from absl import flags
  flags.FLAGS.mark_as_parsed()


@pytest.fixture(scope='session')
def shared():
  """The folder of real data named by MUSICNST_SHARED; tests that need it are skipped where it is absent."""
  root = os.environ.get('MUSICNST_SHARED')
  if not root or not os.path.isdir(root):
    pytest.skip('needs the real data: set MUSICNST_SHARED to its folder')
  return pathlib.Path(root)
