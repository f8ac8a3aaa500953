"""Outputs are complete or absent: written under a temporary name in the same folder, renamed when done."""
import contextlib
import os
import shutil
import tempfile

from musicnst import errors


@contextlib.contextmanager
def atomic_path(path):
  """Yields a temporary path beside `path` (same extension); renamed to `path` on success, removed on any failure.

  Raises:
    OutputError: the folder cannot be made or written, or the disk is full.
  """
  path = os.path.abspath(os.path.expanduser(str(path)))
  folder, name = os.path.split(path)
  try:
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix='.writing-', suffix='-' + name, dir=folder)
    os.close(handle)
  except OSError as error:
    raise errors.OutputError(f'{path}: cannot be written ({error.strerror}). Choose a folder you may write to.') from error
  try:
    yield temporary
    os.chmod(temporary, 0o666 & ~_umask())
    os.replace(temporary, path)
  except OSError as error:
    raise errors.OutputError(f'{path}: cannot be written ({error.strerror or error}).') from error
  finally:
    with contextlib.suppress(OSError):
      os.remove(temporary)


@contextlib.contextmanager
def atomic_folder(path):
  """As `atomic_path`, for a folder: yields an empty temporary folder that replaces `path` on success."""
  path = os.path.abspath(os.path.expanduser(str(path)))
  parent, name = os.path.split(path)
  try:
    os.makedirs(parent, exist_ok=True)
    temporary = tempfile.mkdtemp(prefix='.writing-', suffix='-' + name, dir=parent)
  except OSError as error:
    raise errors.OutputError(f'{path}: cannot be written ({error.strerror}). Choose a folder you may write to.') from error
  try:
    yield temporary
    os.chmod(temporary, 0o777 & ~_umask())
    if os.path.isdir(path):
      shutil.rmtree(path)
    os.replace(temporary, path)
  except OSError as error:
    raise errors.OutputError(f'{path}: cannot be written ({error.strerror or error}).') from error
  finally:
    shutil.rmtree(temporary, ignore_errors=True)


def _umask():
  mask = os.umask(0)
  os.umask(mask)
  return mask
