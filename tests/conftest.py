"""What every test may use."""
import os
import pathlib
import sys

import hypothesis
import pytest

from musicnst import quiet

quiet.hush()
# A busy machine is no failure, and what fails once fails again.
hypothesis.settings.register_profile('repeatable', deadline=None, derandomize=True)
hypothesis.settings.load_profile('repeatable')


def pytest_configure():
  # absl refuses to read a flag before the command line is parsed; libraries under test may read one.
  from absl import flags
  flags.FLAGS.mark_as_parsed()


def _seed():
  if 'keras' in sys.modules:
    sys.modules['keras'].utils.set_random_seed(1)  # not 0, which TensorFlow compares with tensors in `Dataset.shuffle`


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
  _seed()  # fixtures of a module, too, are the same whatever ran before


@pytest.fixture(autouse=True)
def same_random_numbers():
  """Every test begins with the same random state, also where one before it made the fixtures that they share."""
  _seed()


@pytest.fixture(scope='session')
def shared():
  """The folder of real data named by MUSICNST_SHARED; tests that need it are skipped where it is absent."""
  root = os.environ.get('MUSICNST_SHARED')
  if not root or not os.path.isdir(root):
    pytest.skip('needs the real data: set MUSICNST_SHARED to its folder')
  return pathlib.Path(root)
