"""Style statistics against counting by hand in plain loops, on random rolls."""
import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from musicnst.metrics import transfer
from musicnst.representations import testing
from musicnst.style_transfer.guided import genres
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer.guided import statistics

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
  times = np.flatnonzero(onsets.any(1))
  gaps = np.diff(times)
  edges = (0, 1, 2, 3, 4, 6, 8, 12, 16)
  found['gaps'] = _shares([((gaps > low) & (gaps <= high)).sum() for low, high in zip(edges[:-1], edges[1:])])
  found['bass'] = _bass(onsets, times)
  found['harmony'] = _harmony(frames)
  found['repetition'] = [_alike(rows, lag) for rows in _bars(onsets, frames) for lag in (1, 2)]
  return found


def _bass(onsets, times):
  counts = np.zeros(29)
  for first, second in zip(times[:-1], times[1:]):
    move = np.flatnonzero(onsets[second])[0] - np.flatnonzero(onsets[first])[0]
    if second - first <= 4 and abs(move) <= 14:
      counts[move + 14] += 1
  return _shares(counts)


def _harmony(frames):
  """Likeness of the pitch classes to themselves 1 to 6 semitones away, and pitch classes in a half bar."""
  chroma = np.zeros((len(frames), 12))
  for t, key in np.argwhere(frames):
    chroma[t, (key + 9) % 12] += 1  # key 0 is an A
  whole = chroma.sum(0)
  alike = [whole @ np.roll(whole, i) / (whole @ whole) for i in range(1, 7)]
  halves = [set(np.flatnonzero(chroma[t:t + 8].sum(0))) for t in range(0, len(frames), 8)]
  return [*alike, np.mean([len(half) for half in halves if half]) / 12]


def _bars(onsets, frames):
  blocks = lambda x: [x[t:t + 16] for t in range(0, len(x), 16)]
  full = lambda x: np.pad(x, (0, 16 - len(x)))
  return [full(x.sum(1)) for x in blocks(onsets)], [x.sum(0) for x in blocks(frames)]


def _alike(rows, lag):
  found = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(rows, rows[lag:]) if a.any() and b.any()]
  return np.mean(found) if found else 0.0


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


def test_segments_pool_to_the_piece():
  onsets, frames, positions = _random(5, 2 * statistics.SEGMENT_STEPS)
  # Nothing spans the border: silence before it, longer than the longest lag.
  quiet = slice(statistics.SEGMENT_STEPS - 17, statistics.SEGMENT_STEPS)
  onsets[quiet], frames[quiet] = 0, 0
  started = np.cumsum(onsets[statistics.SEGMENT_STEPS:], 0) > 0
  frames[statistics.SEGMENT_STEPS:] *= started  # nor is a note held over from before the silence
  cut = lambda x: tf.constant(x.reshape(2, statistics.SEGMENT_STEPS, -1).astype(np.float32))
  counts = statistics.count(cut(onsets), cut(frames), cut(np.eye(16)[positions]), tf.ones((2, statistics.SEGMENT_STEPS)))
  found = statistics.of_counts(statistics.pooled(counts, 1))
  for name, expected in _slow(onsets, frames, positions).items():
    if name != 'repetition':  # its bars have neighbours across the border
      np.testing.assert_allclose(found[name][0], expected, rtol=2e-3, atol=2e-4, err_msg=name)


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
  # A deviation of zero counts as .3 of the group's mean deviation.
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


def test_statistics_come_back_from_their_file(tmp_path, tiny):
  tiny.statistics.save(tmp_path / 'statistics.npz')
  back = genres.GenreStatistics.load(tmp_path / 'statistics.npz')
  assert back.genres == tiny.statistics.genres
  np.testing.assert_array_equal(back.within['pulse'], tiny.statistics.within['pulse'])


def test_time_pitch_is_the_profile_of_the_metric():
  piece, other = [piece_lib.from_sequence(testing.chords(4, seed)) for seed in (1, 2)]
  expected = transfer.style_profile_similarity(piece.sequence, other.sequence)['time_pitch']
  assert float(genres.profile([piece]) @ genres.profile([other])) == pytest.approx(expected, abs=1e-3)


def test_the_network_is_one_hidden_layer(tmp_path):
  generator = np.random.default_rng(0)
  piece = piece_lib.from_sequence(testing.chords(8, 0))
  row = genres.piece_statistics(piece)
  x = np.concatenate([row[group] for group in statistics.GROUP_WEIGHTS])
  draw = lambda *shape: generator.standard_normal(shape).astype(np.float16).astype(np.float32)
  network = {'center': draw(len(x)), 'scale': np.full(len(x), .5, np.float32), 'hidden_kernel': draw(len(x), 3), 'hidden_bias': draw(3),
             'output_kernel': draw(3, 2), 'output_bias': draw(2)}
  known = genres.summarize([row, row], ['a', 'b'], ('a', 'b'))
  dataclasses.replace(known, network=network).save(tmp_path / 'with.npz')
  back = genres.GenreStatistics.load(tmp_path / 'with.npz')
  scaled = np.clip((x - network['center']) / network['scale'], -4, 4)
  hidden = np.maximum(scaled @ network['hidden_kernel'] + network['hidden_bias'], 0)
  found = back.logits({group: tf.constant(value[None]) for group, value in row.items()})
  np.testing.assert_allclose(found[0], hidden @ network['output_kernel'] + network['output_bias'], rtol=1e-3, atol=1e-3)
