"""The network that says of each note whether it is the tune, a second voice or accompaniment.

Notes in reading order pass two convolutions, are pooled to beats, which pass convolutions that reach over 16 bars to either side and
hear what the whole piece is like, and come back to the notes. Trained by `python -m experiments.run train_melody`; run here in numpy.
"""
import functools
import os

import numpy as np

from musicnst.analysis import note_features

CLASSES = ACCOMPANIMENT, TUNE, SECOND = 0, 1, 2
WIDTH, HEADS = 48, 2
# Dilations of the blocks along notes before and after the beats, and along beats; the piece is heard after `HEARD` of these.
BEFORE, AFTER, ALONG, HEARD = (1, 2), (1,), (1, 2, 4, 8, 16, 32), 3
# A gap of more beats counts as so many.
LONGEST_GAP = 64
_WEIGHTS = os.path.join(os.path.dirname(__file__), 'weights', 'melody.npz')


def shapes():
  """{name: shape} of all weights; each has a bias `NAME_bias` of its last size."""
  result = {'in': (len(note_features.NAMES), WIDTH), 'down': (2 * WIDTH, WIDTH), 'attend': (WIDTH, HEADS), 'piece': (HEADS * WIDTH, WIDTH),
            'up': (WIDTH, WIDTH), 'out': (WIDTH, len(CLASSES))}
  for kind, dilations in (('before', BEFORE), ('after', AFTER), ('along', ALONG)):
    for i in range(len(dilations)):
      result |= {f'{kind}{i}_conv': (3 * WIDTH, WIDTH), f'{kind}{i}_mix': (WIDTH, WIDTH)}
  return result


@functools.cache
def weights():
  """{name: float32 array} by the names of `shapes`."""
  with np.load(_WEIGHTS) as file:
    return {name: file[name].astype(np.float32) for name in file.files}


def beats(start):
  """int64 `[N]`: the number of the beat of each note, from 0, with long gaps shortened; `start` in reading order."""
  whole = np.floor(np.maximum.accumulate(start) + note_features.CHORD_BEATS).astype(np.int64)
  return np.cumsum(np.minimum(np.diff(whole, prepend=whole[:1]), LONGEST_GAP))


def logits(features, beat, parameters=None):
  """Features `[N, F]` and beats `[N]` in reading order -> float32 `[N, 3]`."""
  p = parameters or weights()
  x = np.maximum(_dense(features, p, 'in'), 0)
  for i, dilation in enumerate(BEFORE):
    x = _block(x, p, f'before{i}', dilation)
  first = np.flatnonzero(np.diff(beat, prepend=-1))
  pooled = np.zeros((beat[-1] + 1, 2 * WIDTH), np.float32)
  counts = np.diff(np.append(first, len(beat)))[:, None]
  pooled[beat[first]] = np.hstack([np.add.reduceat(x, first) / counts, np.maximum.reduceat(x, first)])
  x = x + _dense(_along(pooled, beat[first], p), p, 'up')[beat]
  for i, dilation in enumerate(AFTER):
    x = _block(x, p, f'after{i}', dilation)
  return _dense(np.maximum(x, 0), p, 'out')


def probabilities(score, parameters=None):
  """float32 `[N, 3]` in the order of the score: how likely each note is of each class."""
  order, features = note_features.features(score)
  result = np.zeros((len(order), len(CLASSES)), np.float32)
  if len(order):
    values = logits(features, beats(score.start[order]), parameters)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    result[order] = values / values.sum(axis=1, keepdims=True)
  return result


def _along(pooled, filled, p):
  """The blocks over beats; `filled` are the beats with notes."""
  y = np.maximum(_dense(pooled, p, 'down'), 0)
  for i, dilation in enumerate(ALONG):
    if i == HEARD:
      heard = y[filled]
      attention = _dense(heard, p, 'attend')
      attention = np.exp(attention - attention.max(axis=0))
      summary = (attention / attention.sum(axis=0)).T @ heard
      y = y + _dense(summary.reshape(1, -1), p, 'piece')
    y = _block(y, p, f'along{i}', dilation)
  return y


def _dense(x, p, name):
  return x @ p[name] + p[f'{name}_bias']


def _block(x, p, name, dilation):
  """x + what a convolution of width 3 with zeros beyond the ends, and a mixing of channels, make of it."""
  padded, count = np.pad(x, ((dilation, dilation), (0, 0))), len(x)
  window = np.hstack([padded[i * dilation:i * dilation + count] for i in range(3)])
  return x + _dense(np.maximum(_dense(window, p, f'{name}_conv'), 0), p, f'{name}_mix')
