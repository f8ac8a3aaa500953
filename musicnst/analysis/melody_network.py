"""The network that says of each note whether it is the tune, a second voice or accompaniment: dilated convolutions along the notes.

Trained by `python -m experiments.run train_melody`; run here in numpy.
"""
import functools
import os

import numpy as np

from musicnst.analysis import note_features

CLASSES = ACCOMPANIMENT, TUNE, SECOND = 0, 1, 2
WIDTH, DILATIONS = 48, (1, 2, 4, 8, 16, 32, 64)
_WEIGHTS = os.path.join(os.path.dirname(__file__), 'weights', 'melody.npz')


@functools.cache
def weights():
  """{name: float32 array}: `in`, `out`, and for block i `conv{i}` `[3, WIDTH, WIDTH]`, `mix{i}`, each with its `_bias`."""
  with np.load(_WEIGHTS) as file:
    return {name: file[name].astype(np.float32) for name in file.files}


def logits(features, parameters=None):
  """float32 `[N, len(note_features.NAMES)]` in reading order -> float32 `[N, 3]`."""
  parameters = parameters or weights()
  x = _relu(features @ parameters['in'] + parameters['in_bias'])
  for i, dilation in enumerate(DILATIONS):
    hidden = _relu(_convolved(x, parameters[f'conv{i}'], dilation) + parameters[f'conv{i}_bias'])
    x = x + hidden @ parameters[f'mix{i}'] + parameters[f'mix{i}_bias']
  return _relu(x) @ parameters['out'] + parameters['out_bias']


def probabilities(score, parameters=None):
  """float32 `[N, 3]` in the order of the score: how likely each note is of each class."""
  order, features = note_features.features(score)
  values = logits(features, parameters)
  values = np.exp(values - values.max(axis=1, keepdims=True))
  result = np.empty_like(values)
  result[order] = values / values.sum(axis=1, keepdims=True)
  return result


def _relu(x):
  return np.maximum(x, 0)


def _convolved(x, kernel, dilation):
  """Width 3, with zeros beyond the ends."""
  padded = np.pad(x, ((dilation, dilation), (0, 0)))
  count = len(x)
  return sum(padded[i * dilation:i * dilation + count] @ kernel[i] for i in range(3))
