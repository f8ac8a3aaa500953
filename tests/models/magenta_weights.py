"""Models with the weights of fixtures that Magenta's own code made, and the numbers that it gave for them."""
import json
import pathlib

import numpy as np

from musicnst import checkpoint_import
from musicnst import configs

# A copy of the smallest fixture, so that the most important tests run anywhere.
CARRIED = pathlib.Path(__file__).parents[1] / 'fixtures' / 'magenta'
NAMES = ('cat-mel_2bar_big', 'cat-drums_2bar_small', 'hierdec-trio_16bar')


def folder(name, request):
  """The folder of a fixture: the copy, or that of the real data (the test is skipped where it is absent)."""
  carried = CARRIED / name
  return carried if carried.is_dir() else request.getfixturevalue('shared') / 'fixtures' / 'magenta' / name


def info(path):
  """What the fixture's `config.json` says."""
  return json.loads((path / 'config.json').read_text())


def config(path):
  """The small config of a fixture."""
  return configs.get(info(path)['config']).override(**info(path)['overrides'])


def fixture(path, checkpoint='model.ckpt'):
  """(model with the fixture's weights, golden arrays, the fixture's config.json) of a fixture's folder."""
  return checkpoint_import.load_magenta(config(path), path / checkpoint), np.load(path / 'golden.npz'), info(path)
