"""The carried fixture of Magenta's in every form in which a checkpoint comes."""
import shutil
import tarfile

import pytest

from tests.models import magenta_weights

NAME = 'cat-mel_2bar_big'
FILES = ('model.ckpt.index', 'model.ckpt.data-00000-of-00001')


@pytest.fixture(scope='session')
def source():
  """The folder of the carried fixture."""
  return magenta_weights.CARRIED / NAME


@pytest.fixture(scope='session')
def config(source):
  return magenta_weights.config(source)


@pytest.fixture
def checkpoint(source, tmp_path):
  """Prefix of a copy, alone in a folder, to be damaged."""
  for name in FILES:
    shutil.copy(source / name, tmp_path / name)
  return tmp_path / 'model.ckpt'


@pytest.fixture
def packed(source, tmp_path):
  """`packed(name, **{member: file})` -> path of an archive; by default of the fixture's two files."""

  def pack(name, mode='w', prefix='', names=FILES):
    with tarfile.open(tmp_path / name, mode) as archive:
      for member in names:
        archive.add(source / member, prefix + member)
    return tmp_path / name

  return pack
