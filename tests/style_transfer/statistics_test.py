"""Style statistics against counting by hand in plain loops, on random rolls."""
import math

import numpy as np
import pytest
import tensorflow as tf

from musicnst.representations import testing
from musicnst.style_transfer import genres
from musicnst.style_transfer import piece as piece_lib
from musicnst.style_transfer import statistics

BANDS = ((0, 27), (27, 39), (39, 51), (51, 88))


def _random(seed, steps=48):
  random = np.random.default_rng(seed)
  onsets = (random.random((steps, 88)) < .02).astype(np.float32)
  frames = onsets.copy()
  for t in range(1, steps):
    frames[t] = np.maximum(onsets[t], frames[t - 1] * (random.random(88) < .7))
  return onsets, frames, random.integers(0, 16, steps)


def _shares(counts):
  return np.array(counts) / (sum(counts) + 1e-3)


def _slow(onsets, frames, positions):
  """Group -> list, from the docstrings of `statistics`."""
  steps, found = len(onsets), {}
  notes, sounding = [tuple(c) for c in np.argwhere(onsets)], [tuple(c) for c in np.argwhere(frames)]
  band = lambda key: next(i for i, (low, high) in enumerate(BANDS) if low <= key < high)
  grids = {}
  for name, cells in (('onset', notes), ('frame', sounding)):
    grid = np.zeros((16, 4))
    for t, key in cells:
      grid[positions[t], band(key)] += 1
    grids[name] = grid
    found[f'{name}_density'] = (grid / (np.bincount(positions, minlength=16)[:, None] + 1)).ravel()
  found['onset_share'] = _shares(grids['onset'].ravel())
  registers = np.bincount([key // 7 for _, key in sounding], minlength=13)
  found['register'], found['register_share'] = registers / (steps + 1e-3), _shares(registers)
  intervals = np.zeros(19)
  for t in range(steps):
    keys = np.flatnonzero(frames[t])
    for low in keys:
      for high in keys:
        if 1 <= high - low <= 19:
          intervals[high - low - 1] += 1
  found['intervals'] = _shares(intervals)
  count = frames.sum(1)
  mean, deviation = count.sum() / (steps + 1e-3), math.sqrt(((count - count.mean()) ** 2).sum() / (steps + 1e-3) + 1e-3)
  found['polyphony'] = np.log([mean + .05, deviation, deviation / (mean + .05)])
  by_band = lambda cells: np.array([len(cells)] + [sum(band(key) == b for _, key in cells) for b in range(4)])
  found['sustain'] = np.log((by_band(sounding) + 4) / (by_band(notes) + 2))
  found['transitions'] = np.concatenate([_transitions(notes, lag) for lag in (1, 2, 3, 4, 6, 8)])
  struck = onsets.any(1)
  found['pulse'] = np.array([(struck[:-lag] & struck[lag:]).sum() for lag in (1, 2, 3, 4, 5, 6, 7, 8, 12, 16)]) / (struck.sum() + 1)
  found['note_lengths'] = _lengths(onsets, frames, notes)
  sizes = [min(int(n), 5) for n in onsets.sum(1) if n]
  found['chord_sizes'] = _shares(np.bincount(sizes, minlength=6)[1:])
  return found


def _transitions(notes, lag):
  counts = np.zeros(29)
  for t, low in notes:
    for s, high in notes:
      if s == t + lag and abs(high - low) <= 14:
        counts[high - low + 14] += 1
  return _shares(counts)


def _lengths(onsets, frames, notes):
  counts = np.zeros(5)
  for t, key in notes:
    length = 1
    while t + length < len(onsets) and frames[t + length, key] and not onsets[t + length, key]:
      length += 1
    counts[0 if length == 1 else 1 if length == 2 else 2 if length <= 4 else 3 if length <= 8 else 4] += 1
  return counts / (len(notes) + 1e-3)


@pytest.mark.parametrize('seed', range(3))
def test_measure(seed):
  onsets, frames, positions = _random(seed)
  # Two pieces side by side, the second padded: its figures are those of its own steps.
  other = _random(seed + 10, 30)
  pad = lambda x: np.pad(x, ((0, 18), (0, 0)), constant_values=1)
  one_hot = lambda p: np.eye(16, dtype=np.float32)[p]
  found = statistics.measure(
      tf.constant(np.stack([onsets, pad(other[0])])), tf.constant(np.stack([frames, pad(other[1])])),
      tf.constant(np.stack([one_hot(positions), pad(one_hot(other[2]))])),
      tf.constant(np.stack([np.ones(48), np.arange(48) < 30]).astype(np.float32)))
  assert set(found) == set(statistics.GROUP_WEIGHTS)
  for row, piece in enumerate(((onsets, frames, positions), other)):
    for name, expected in _slow(*piece).items():
      np.testing.assert_allclose(found[name][row], expected, rtol=2e-3, atol=2e-4, err_msg=f'{name} of piece {row}')


def test_gradients_are_finite_on_silence():
  cells = tf.zeros((1, 32, 88))
  with tf.GradientTape() as tape:
    tape.watch(cells)
    found = statistics.measure(cells, cells, tf.one_hot([tf.range(32) % 16], 16), tf.ones((1, 32)))
    total = tf.add_n([tf.reduce_sum(value) for value in found.values()])
  assert np.isfinite(tape.gradient(total, cells).numpy()).all()


def test_whitened_distance():
  mean = {group: np.zeros(2, np.float32) for group in statistics.GROUP_WEIGHTS}
  deviation = {group: np.array([1., 3.], np.float32) for group in statistics.GROUP_WEIGHTS}
  targets = statistics.Targets(mean, deviation)
  at = lambda *values: {group: tf.constant([values], tf.float32) for group in statistics.GROUP_WEIGHTS}
  weight = sum(statistics.GROUP_WEIGHTS.values())
  assert float(statistics.whitened_distance(at(0, 0), targets)[0]) == 0
  # One and two deviations off: sqrt(2) - 1 and sqrt(5) - 1.
  expected = weight * ((math.sqrt(2) - 1) + (math.sqrt(5) - 1)) / 2
  assert float(statistics.whitened_distance(at(1, -6), targets)[0]) == pytest.approx(expected, rel=1e-3)
  # A deviation of nought counts as .3 of the group's mean deviation.
  flat = statistics.Targets(mean, {group: np.array([0., 2.], np.float32) for group in statistics.GROUP_WEIGHTS})
  assert float(statistics.whitened_distance(at(.3, 0), flat)[0]) == pytest.approx(weight * (math.sqrt(2) - 1) / 2, rel=1e-2)


def test_targets_mix_the_style_with_its_genre():
  rows = [genres.piece_statistics(piece_lib.from_sequence(testing.chords(2, seed))) for seed in range(4)]
  known = genres.summarize(rows, ['a', 'a', 'b', 'b'], ('a', 'b'))
  np.testing.assert_allclose(known.mean['register'][1], (rows[2]['register'] + rows[3]['register']) / 2, rtol=1e-5)
  np.testing.assert_allclose(genres.targets(rows[:1], known).mean['register'], rows[0]['register'], rtol=1e-5)
  mixed = genres.targets(rows[:1], known, 'b', .25)
  np.testing.assert_allclose(mixed.mean['register'], .75 * rows[0]['register'] + .25 * known.mean['register'][1], rtol=1e-5)
  np.testing.assert_allclose(mixed.deviation['register'], known.deviation['register'][1], rtol=1e-5)


def test_statistics_come_back_from_their_file(tmp_path, tiny_engine):
  tiny_engine.statistics.save(tmp_path / 'statistics.npz')
  back = genres.GenreStatistics.load(tmp_path / 'statistics.npz')
  assert back.genres == tiny_engine.statistics.genres
  np.testing.assert_array_equal(back.within['pulse'], tiny_engine.statistics.within['pulse'])
