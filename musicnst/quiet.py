"""Keeps TensorFlow's start-up chatter from the user; call `hush()` before TensorFlow is first imported.

Environment variables silence what TensorFlow logs once its logging runs. What its C++ side writes before that goes straight to
file descriptor 2, so the descriptor is held while the module loads: log lines are dropped, everything else is passed on.
"""
import contextlib
import importlib.abc
import importlib.util
import logging
import os
import re
import sys
import tempfile
import warnings

# Level 3 also hides the CUDA plugin's errors on machines without a GPU; a device that really fails raises in Python.
_ENVIRONMENT = {'TF_CPP_MIN_LOG_LEVEL': '3', 'TF_ENABLE_ONEDNN_OPTS': '1', 'GRPC_VERBOSITY': 'ERROR', 'KERAS_BACKEND': 'tensorflow'}
_NOISY = ('tensorflow', 'keras', 'tensorflow_probability')
_LOG_LINE = re.compile(rb'^(WARNING: All log messages before absl|[IWE]\d{4} |\d{4}-\d\d-\d\d [\d:.]+: [IWE] |To enable the following)')


def hush():
  """Silences TensorFlow's start; a variable the user has set already is kept. Calling it again does nothing more."""
  for name, value in _ENVIRONMENT.items():
    os.environ.setdefault(name, value)
  for name in ('tensorflow', 'absl'):
    logging.getLogger(name).setLevel(logging.ERROR)
  for category in (DeprecationWarning, FutureWarning):
    warnings.simplefilter('ignore', category)
  warnings.filterwarnings('ignore', message="Couldn't find ffmpeg", category=RuntimeWarning)
  if not any(isinstance(finder, _QuietFinder) for finder in sys.meta_path):
    sys.meta_path.insert(0, _QuietFinder())


@contextlib.contextmanager
def held_stderr():
  """Holds file descriptor 2 while the body runs, then passes on all that is not a line of TensorFlow's log."""
  try:
    saved = os.dup(2)
  except OSError:  # no stderr at all: nothing to keep quiet
    yield
    return
  with tempfile.TemporaryFile() as held:
    os.dup2(held.fileno(), 2)
    try:
      yield
    finally:
      os.dup2(saved, 2)
      os.close(saved)
      held.seek(0)
      rest = b''.join(line for line in held if not _LOG_LINE.match(line))
      if rest:
        os.write(2, rest)


class _QuietFinder(importlib.abc.MetaPathFinder):
  """Finds the noisy packages as usual, with a loader that holds stderr."""

  def __init__(self):
    self._searching = False

  def find_spec(self, name, path=None, target=None):
    if name not in _NOISY or self._searching:
      return None
    self._searching = True
    try:
      spec = importlib.util.find_spec(name)
    finally:
      self._searching = False
    if spec is not None:
      spec.loader = _QuietLoader(spec.loader)
    return spec


class _QuietLoader(importlib.abc.Loader):
  """Another loader, run with stderr held."""

  def __init__(self, loader):
    self._loader = loader

  def __getattr__(self, name):
    return getattr(self._loader, name)

  def create_module(self, spec):
    return self._loader.create_module(spec)

  def exec_module(self, module):
    with held_stderr():
      self._loader.exec_module(module)
