"""Bars of a piece that are equal, note for note: they are read alike, and come out alike."""
import dataclasses

import numpy as np


def groups(beats, onsets, pitches, bars, grid):
  """int `[M]`: a number for each bar, the same for bars with the same pitches at the same places.

  Args:
    beats: piece.Beats.
    onsets: float `[N]`, quarters, rising. pitches: int `[N]`.
    bars: M of `meter.Bar`.
    grid: places are compared on so many a quarter.
  """
  known, result = {}, np.zeros(len(bars), int)
  for number, (one, inside) in enumerate(zip(bars, notes_by_bar(beats, onsets))):
    place = np.round((onsets[inside] - one.start_beat) * grid).astype(int)
    key = (round(one.end_beat - one.start_beat, 3), tuple(sorted(zip(place.tolist(), pitches[inside].tolist()))))
    result[number] = known.setdefault(key, len(known))
  return result


def music(one, other):
  """Whether two ArrangedPieces have the same notes at the same beats (to a 24th of a quarter), whatever the tempo and the loudness."""
  notes = lambda piece: np.stack([np.round(piece.score.start * 24), np.round(piece.score.end * 24), piece.score.pitch])
  ours, theirs = notes(one), notes(other)
  return ours.shape == theirs.shape and bool((ours[:, np.lexsort(ours)] == theirs[:, np.lexsort(theirs)]).all())


def notes_by_bar(beats, onsets):
  """list of int arrays, one a bar: the notes that begin in it."""
  bar = beats.bar[beats.of(onsets)]
  order = np.argsort(bar, kind='stable')
  return np.split(order, np.searchsorted(bar[order], np.arange(1, len(beats.first) - 1)))


def tune(found, group, members, onsets, pitches):
  """analysis.melody.Melody in which a note of equal bars is the tune in all of them where it is in most.

  Args:
    found: Melody of N notes.
    group: int `[M]`, of `groups`.
    members: of `notes_by_bar`.
    onsets, pitches: `[N]`.
  """
  masks = {name: getattr(found, name).copy() for name in ('mask', 'lead', 'second')}
  for bars in _repeated(group):
    # The same order of notes in each: by place, then pitch.
    rows = [members[bar][np.lexsort((pitches[members[bar]], onsets[members[bar]]))] for bar in bars]
    rows = np.array(rows)  # [bars, notes]
    for mask in masks.values():
      mask[rows] = mask[rows].mean(0) >= .5
  return dataclasses.replace(found, **masks)


def harmony(found, group, bars):
  """harmony.Harmony in which equal bars have the chords of the first of them."""
  arrays = {name: getattr(found, name).copy() for name in ('root', 'tones', 'bass', 'scale')}
  first = np.searchsorted(found.edges, [bar.start_beat + 1e-6 for bar in bars], 'right') - 1
  last = np.searchsorted(found.edges, [bar.end_beat - 1e-6 for bar in bars], 'right')
  for same in _repeated(group):
    model = same[0]
    for bar in same[1:]:
      if last[bar] - first[bar] == last[model] - first[model]:
        for values in arrays.values():
          values[first[bar]:last[bar]] = values[first[model]:last[model]]
  return dataclasses.replace(found, **arrays)


def _repeated(group):
  """Arrays of bars that are equal, of two and more."""
  order = np.argsort(group, kind='stable')
  parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
  return [part for part in parts if len(part) > 1]
