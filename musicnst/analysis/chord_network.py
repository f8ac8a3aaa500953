"""The small network that hears chords: from what sounds at each beat to scores of roots, qualities, basses and changes, in numpy.

It turns with the music: every weight between pitch classes depends on their distance alone, so a piece moved by a semitone gets the same
scores one pitch class further on. Trained by `experiments.run train_chords` on POP909-CL and Nottingham.
"""
import functools
import os
import typing

import numpy as np

from musicnst.analysis import qualities

PATH = os.path.join(os.path.dirname(__file__), 'weights', 'chords.npz')
# Beats that are worked on at once, which bounds the memory that an hour of music takes.
CHUNK = 2048


class Scores(typing.NamedTuple):
  """Log chances at each of B beats.

  Args:
    chord: float32 `[B, 1 + 12 Q]`: no chord, then each quality on C, each on Db, and so on; they sum to 1 at each beat.
    bass: float32 `[B, 12, 12]`: given each root, how far above it the bass lies.
    change: float32 `[B]`: log of the odds that the chord is another one than at the beat before.
  """

  chord: np.ndarray
  bass: np.ndarray
  change: np.ndarray


@functools.cache
def weights():
  """The trained weights, name -> float32."""
  with np.load(PATH) as data:
    return {name: data[name].astype(np.float32) for name in data}


def circulant(kernel):
  """Weights by distance `[12, C, D]` -> the matrix `[12 C, 12 D]` from all pitch classes to all."""
  distance = (np.arange(12)[:, None] - np.arange(12)) % 12
  return kernel[distance].transpose(0, 2, 1, 3).reshape(12 * kernel.shape[1], 12 * kernel.shape[2])


def scores(pitches, places, w=None):
  """Features as of `chord_features.of` -> Scores; `w` are the weights, None for those that ship."""
  w = weights() if w is None else w
  blocks = sum(name.startswith('time') for name in w)
  reach = blocks * (len(w['time0']) // 2) + 1
  found = []
  for start in range(0, len(pitches), CHUNK):
    first, last = max(0, start - reach), min(len(pitches), start + CHUNK + reach)
    result = _scores(pitches[first:last], places[first:last], w, blocks)
    found.append([array[start - first:start - first + CHUNK] for array in result])
  return Scores(*(np.concatenate(parts) for parts in zip(*found)))


def _scores(pitches, places, w, blocks):
  beats, hidden = len(pitches), w['place'].shape[1]
  state = pitches.reshape(beats, -1) @ circulant(w['in']) + np.tile(places @ w['place'] + w['in_bias'], 12)
  state = np.maximum(state, 0)
  for i in range(blocks):
    mixed = np.maximum(_along(state.reshape(beats, 12, hidden), w[f'time{i}']), 0).reshape(beats, -1)
    state = state + np.maximum(mixed @ circulant(w[f'mix{i}']) + np.tile(w[f'mix_bias{i}'], 12), 0)
  state = state.reshape(beats, 12, hidden)
  chord = (state @ w['quality'] + w['quality_bias']).reshape(beats, -1)
  none = state.mean(1) @ w['none'] + w['none_bias']
  moved = np.abs(np.diff(state, axis=0, prepend=state[:1])).mean(1)
  change = np.concatenate([state.mean(1), moved], 1) @ w['change'] + w['change_bias']
  return log_softmax(np.concatenate([none, chord], 1)), log_softmax(state @ w['bass'] + w['bass_bias']), change[:, 0]


def _along(state, kernel):
  """Each channel of `[B, 12, H]` through its own kernel over beats, `[K, H]`."""
  reach = len(kernel) // 2
  padded = np.pad(state, ((reach, reach), (0, 0), (0, 0)))
  return sum(padded[i:i + len(state)] * row for i, row in enumerate(kernel))


def log_softmax(logits):
  top = logits - logits.max(-1, keepdims=True)
  return top - np.log(np.exp(top).sum(-1, keepdims=True))


def chord_index(root, quality):
  """Column of `Scores.chord`; 0 where the root is NONE."""
  return np.where(np.asarray(root) < 0, 0, 1 + np.asarray(root) * len(qualities.QUALITIES) + quality)
