"""What the chord network is trained on: beats of POP909-CL and Nottingham with their chords, as they are and made harder.

Harder: without the bass, the top line alone, notes dropped and octaves moved, notes held as by a pedal, block chords broken. Each variant is
the same music to a listener, so its chords stay.
"""
import dataclasses
import os

import numpy as np

from experiments.analysis import chord_truth
from musicnst.analysis import chord_features
from musicnst.analysis import grid as grid_lib

# How often each variant is drawn.
POP = {'plain': .6, 'no_bass': .1, 'top': .1, 'thinned': .1, 'held': .1}
FOLK = {'melody': .4, 'broken': .3, 'thinned': .1, 'plain': .2}
# Chords that change at every beat, as in a chorale: pop twice as fast.
FAST = {'plain': .6, 'thinned': .2, 'held': .2}
# Variants in which the lowest note is not the bass any more; in those without any low notes the root is expected to be.
BASS_LOST = ('thinned',)
SOURCES = (('pop909cl', False, POP), ('nottingham', False, FOLK), ('pop909cl', True, FAST))


@dataclasses.dataclass(frozen=True)
class Beats:
  """Pieces one after the other, B beats: features by variant, and the truth; pieces begin at `starts`, which ends with B."""

  pitches: dict
  places: dict
  truth: np.ndarray
  starts: np.ndarray


def no_bass(score, generator):
  del generator
  return score.select(score.pitch >= 52)


def top(score, generator):
  """Notes with nothing above them at their onset."""
  del generator
  keep = np.ones(len(score), bool)
  for i in range(len(score)):
    others = slice(max(0, i - 24), i + 12)
    sounding = (score.start[others] <= score.start[i] + .05) & (score.end[others] > score.start[i] + .05)
    keep[i] = not np.any(sounding & (score.pitch[others] > score.pitch[i]))
  return score.select(keep)


def thinned(score, generator):
  """A third of the notes dropped, all moved by up to two octaves, a tenth by one octave for themselves."""
  kept = score.select(generator.random(len(score)) > .33)
  jumps = generator.choice([-12, 0, 12], len(kept), p=[.05, .9, .05]) + 12 * generator.integers(-1, 2)
  return dataclasses.replace(kept, pitch=np.clip(kept.pitch + jumps, 0, 127))


def held(score, generator):
  """Each note held until the end of its bar."""
  del generator
  edges = np.append(score.bar_starts, score.end_beat)
  bar = np.clip(np.searchsorted(edges, score.start, side='right'), 1, len(edges) - 1)
  return dataclasses.replace(score, end=np.maximum(score.end, edges[bar]))


def broken(score, generator):
  """Notes that begin together one after the other from the lowest, an eighth each, each sounding as long as at most a quarter."""
  del generator
  _, first, which = np.unique(np.round(score.start, 3), return_index=True, return_inverse=True)
  rank = np.arange(len(score)) - first[which]
  start = score.start + rank * .5
  inside = start < score.end - .1
  moved = dataclasses.replace(score, start=start, end=np.minimum(score.end, start + 1))
  return moved.select(inside)


def melody(score, generator):
  del generator
  return score


def features(score, grid):
  """`chord_features.of`, small."""
  return tuple(array.astype(np.float16) for array in chord_features.of(score, grid))


def sources(corpus_root, split, cache=''):
  """list of (Beats, {variant: chance}), what `train_chords.train` takes."""
  return [(load(corpus_root, corpus, split, fast, cache), chances) for corpus, fast, chances in SOURCES]


def load(corpus_root, corpus, split, fast=False, cache=''):
  """Beats of all pieces of a corpus, at twice their speed if `fast`; `cache` is a folder to keep them in."""
  path = os.path.join(cache, f"{corpus}-{'fast-' * fast}{split}.npz") if cache else ''
  if path and os.path.exists(path):
    with np.load(path) as data:
      return _from_arrays(data)
  found = _made(corpus_root, corpus, split, fast)
  if path:
    os.makedirs(cache, exist_ok=True)
    named = {f'{name}/{kind}': array for kind in ('pitches', 'places') for name, array in getattr(found, kind).items()}
    np.savez(path, truth=found.truth, starts=found.starts, **named)
  return found


def _from_arrays(data):
  names = sorted({key.split('/')[0] for key in data if '/' in key})
  pitches, places = ({name: data[f'{name}/{kind}'] for name in names} for kind in ('pitches', 'places'))
  return Beats(pitches, places, data['truth'], data['starts'])


def _made(corpus_root, corpus, split, fast):
  generator = np.random.default_rng(0)
  pitches, places, truth = {}, {}, []
  for example in chord_truth.examples(corpus_root, corpus, split):
    example = hastened(example) if fast else example
    for name, score, grid in variants(example, corpus, generator):
      found = features(score, grid)
      pitches.setdefault(name, []).append(found[0])
      places.setdefault(name, []).append(found[1])
    truth.append(chord_truth.by_beat(example.truth, grid))
  join = lambda arrays: {name: np.concatenate(parts) for name, parts in arrays.items()}
  return Beats(join(pitches), join(places), np.concatenate(truth), np.cumsum([0] + [len(part) for part in truth]))


def hastened(example):
  """An example at twice its speed: two bars become one."""
  half = lambda score: dataclasses.replace(score, start=score.start / 2, end=score.end / 2, bars=score.bars[:(len(score.bars) + 1) // 2])
  truth = [label._replace(start=label.start / 2, end=label.end / 2) for label in example.truth]
  return example._replace(score=half(example.score), chords=half(example.chords), truth=truth)


def variants(example, corpus, generator):
  """Yields (name, Score, Grid) of each variant of a piece."""
  grid = grid_lib.of(example.score)
  if corpus == 'pop909cl':
    for name, change in (('no_bass', no_bass), ('top', top), ('thinned', thinned), ('held', held)):
      yield name, change(example.score, generator), grid
    yield 'plain', example.score, grid
    return
  both = chord_truth.join(example.score, example.chords)
  for name, score in (('melody', example.score), ('broken', chord_truth.join(example.score, broken(example.chords, generator))),
                      ('thinned', thinned(both, generator)), ('plain', both)):
    yield name, score, grid
