"""Outcomes of optimizations kept in a folder, so that a run that is repeated after one model changed repeats only what that model is in."""
import hashlib
import json
import os

import keras
import numpy as np

from musicnst import files
from musicnst.style_transfer import optimize


class Store:
  """Outcomes by what they are a function of.

  Args:
    folder: where they lie; '' keeps none.
  """

  def __init__(self, folder=''):
    self.folder = os.path.expanduser(folder)

  def outcome(self, key, make):
    """The Outcome of a key (JSON-able), made by `make()` where it is not there; of its variable only the snapshots are kept."""
    if not self.folder:
      return make()
    path = os.path.join(self.folder, hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24] + '.npz')
    if os.path.isfile(path):
      return _read(path)
    outcome = make()
    with files.atomic_path(path) as temporary:
      np.savez_compressed(
          temporary, variable=outcome.variable, history=json.dumps(outcome.history), iterations=sorted(outcome.snapshots),
          **{f'snapshot_{i}': value for i, value in outcome.snapshots.items()})
    return outcome


def fingerprint(*things):
  """sha256, hexadecimal, of arrays and of the weights of Keras models and layers."""
  digest = hashlib.sha256()
  for thing in things:
    for array in [np.asarray(weight) for weight in thing.weights] if isinstance(thing, keras.Layer) else [np.asarray(thing)]:
      digest.update(str((array.shape, array.dtype)).encode() + np.ascontiguousarray(array).tobytes())
  return digest.hexdigest()


def _read(path):
  with np.load(path) as data:
    return optimize.Outcome(
        data['variable'], json.loads(str(data['history'])), {int(i): data[f'snapshot_{i}'] for i in data['iterations']})
