"""Statistics of rolls: against plain loops over notes, and what they must not notice."""
import collections

import numpy as np
import pytest

from musicnst import configs
from musicnst import errors
from musicnst.models.classifiers import statistics

EDGES = np.cumsum([0, 1, 1, 22, 22, 9, 7, 36, 36, *[33] * 12, *[3] * 8, 32, 12, 66, 7, 12, 12, 1, 1, 144, *[1] * 8])
NAMES = ('onset_rate', 'sounding_rate', 'onset_register', 'sounding_register', 'polyphony', 'chord_sizes', 'together', 'struck_together',
         *(f'moves_{lag}' for lag in statistics.MOVE_LAGS), *(f'{line}_{lag}' for line in ('top', 'bottom') for lag in (1, 2, 4)),
         *(f'held_{length}' for length in statistics.LENGTHS), 'pulse', 'over_bass', 'pairs_over_bass', 'number_of_classes', 'degrees',
         'minor_degrees', 'minor', 'fit', 'successions')


def roll_of(notes, steps):
  """(key, start, end) -> roll `[1, T, 176]`."""
  roll = np.zeros((1, steps, 176), 'float32')
  for key, start, end in notes:
    roll[0, start, key], roll[0, start + 1:end, 88 + key] = 1, 1
  return roll


def random_notes(steps, seed=0, count=120):
  """Notes that do not overlap on a key."""
  rng, last, notes = np.random.default_rng(seed), collections.Counter(), []
  for start in np.sort(rng.integers(0, steps - 20, count)):
    key = int(rng.integers(15, 70))
    if last[key] <= start:
      notes.append((key, int(start), int(start) + int(rng.integers(1, 19))))
      last[key] = notes[-1][2]
  return notes


def named(rolls, mask=None):
  values = np.asarray(statistics.measure(rolls, np.ones(rolls.shape[:2], 'float32') if mask is None else mask))
  assert values.shape[1] == statistics.SIZE == EDGES[-1]
  return {name: values[:, a:b] for name, a, b in zip(NAMES, EDGES[:-1], EDGES[1:])}


def shares(counts, keys):
  values = np.array([counts[key] for key in keys], float)
  return np.sqrt(len(values) * values / max(values.sum(), 1))


def close(found, expected):
  np.testing.assert_allclose(found[0], expected, atol=.012)


def test_counts_equal_loops_over_notes():
  notes, steps = random_notes(96), 96
  found = named(roll_of(notes, steps))
  at = {t: sorted(key for key, start, _ in notes if start == t) for t in range(steps)}
  sounding = {t: sorted(key for key, start, end in notes if start <= t < end) for t in range(steps)}
  close(found['onset_register'], shares(collections.Counter(key // 4 for key, _, _ in notes), range(22)))
  close(found['polyphony'], shares(collections.Counter(min(len(keys), 8) for keys in sounding.values()), range(9)))
  close(found['chord_sizes'], shares(collections.Counter(min(len(keys), 6) for keys in at.values()), range(7)))
  intervals = lambda rows: collections.Counter(b - a for keys in rows.values() for a in keys for b in keys if b > a)
  close(found['together'], shares(intervals(sounding), range(1, 37)))
  close(found['struck_together'], shares(intervals(at), range(1, 37)))
  moves = collections.Counter(b - a for t in range(steps - 3) for a in at[t] for b in at[t + 3])
  close(found['moves_3'], shares(moves, range(-16, 17)))
  for line, end in (('top', -1), ('bottom', 0)):
    ends = [keys[end] for keys in at.values() if keys]
    close(found[f'{line}_2'], shares(collections.Counter(b - a for a, b in zip(ends, ends[2:])), range(-16, 17)))
  # A note of n steps is held for n - 1 steps after its onset.
  low = [end - start > 6 for key, start, end in notes if key < 39]
  assert found['held_6'][0, 1] == pytest.approx(np.sqrt(np.mean(low)), abs=.012)
  over = collections.Counter(c for keys in sounding.values() if keys for c in {(key - keys[0]) % 12 for key in keys})
  close(found['over_bass'], shares(over, range(12)))
  numbers = collections.Counter(len({key % 12 for key in keys}) for keys in sounding.values())
  close(found['number_of_classes'], shares(numbers, range(1, 8)))


def test_pulse_is_the_autocorrelation_of_onsets():
  notes = [(40, t, t + 1) for t in range(0, 64, 4)]
  pulse = named(roll_of(notes, 64))['pulse'][0] / 3
  number = np.tile([1, 0, 0, 0], 16) - .25
  expected = [(number[lag:] * number[:64 - lag]).sum() / (number ** 2).sum() for lag in range(1, 33)]
  np.testing.assert_allclose(pulse, expected, atol=1e-3)
  assert pulse[3] > .9 > 0 > pulse[0]


def test_degrees_are_the_same_in_every_key():
  scale = [0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0, 7, 12]
  found = [named(roll_of([(27 + shift + step, 2 * i, 2 * i + 2) for i, step in enumerate(scale)], 32)) for shift in (0, 5, 11)]
  for other in found[1:]:
    np.testing.assert_allclose(found[0]['degrees'], other['degrees'], atol=.01)
    np.testing.assert_allclose(found[0]['successions'], other['successions'], atol=.05)
  assert found[0]['minor'][0, 0] < .1
  assert found[0]['degrees'][0].argmax() in (0, 7) and found[0]['degrees'][0, 1] < .1


def test_padding_and_silence():
  notes = random_notes(64, seed=1)
  short = np.asarray(statistics.measure(roll_of(notes, 64), np.ones((1, 64), 'float32')))
  padded, mask = np.ones((1, 160, 176), 'float32'), np.zeros((1, 160), 'float32')
  padded[:, :64], mask[:, :64] = roll_of(notes, 64), 1
  np.testing.assert_allclose(np.asarray(statistics.measure(padded, mask)), short, atol=1e-4)
  silent = named(np.zeros((2, 40, 176), 'float32'), np.stack([np.ones(40), np.zeros(40)]).astype('float32'))
  nothing = np.sqrt(statistics.EPSILON)  # what the root of a share of 0 is
  for name in ('onset_register', 'together', 'moves_3', 'top_2', 'degrees', 'over_bass'):
    np.testing.assert_allclose(silent[name], np.full_like(silent[name], nothing), rtol=1e-3, err_msg=name)
  # Nothing sounds at every step, and no step there is has nothing that sounds.
  np.testing.assert_allclose(silent['polyphony'][:, 0], [3, nothing], rtol=1e-3)
  np.testing.assert_allclose(silent['onset_rate'], np.full((2, 1), np.log(.02)), rtol=1e-5)


def test_a_classifier_adds_the_statistics_logits():
  hparams = 'steps=32,filters=[4],kernels=[3],strides=[2],dense=[],classes=[a,b],statistics=True'
  model = configs.get('composer-roll', hparams).build_model()
  rolls = np.concatenate([roll_of(random_notes(32, seed), 32) for seed in range(3)])
  before = np.asarray(model(rolls))
  measured = np.asarray(model.measured(rolls))
  model.statistics_head.standardize(measured)
  weights = np.random.default_rng(0).normal(size=(statistics.SIZE, 2)).astype('float32')
  model.statistics_head.dense.kernel.assign(weights)
  scaled = np.clip((measured - measured.mean(0)) / (measured.std(0) + .02), -4, 4)
  np.testing.assert_allclose(np.asarray(model(rolls)) - before, scaled @ weights, atol=2e-3)
  # A network without convolutions reads the mean and the maximum of each cell, and the statistics.
  assert configs.get('composer-13').build_model()(rolls).shape == (3, 13)
  with pytest.raises(errors.ArgumentError, match='unit_density'):
    configs.get('composer-roll', hparams + ',unit_density=True').build_model()


def test_statistics_of_latents_are_those_of_the_decoded_notes():
  hparams = 'steps=64,window_steps=32,z_size=6,filters=[5],kernels=[3],strides=[1],dense=[],statistics=True'
  model = configs.get('composer-latent', hparams).build_model()
  z = np.random.default_rng(0).normal(size=(2, 2, 6)).astype('float32') * 3
  small = configs.get('polyphonic-2bar').override(width=3, z_size=6)
  first = small.build_model()
  # A threshold that a twentieth of the cells pass.
  threshold = float(np.percentile(1 / (1 + np.exp(-np.asarray(first.decode_logits(z.reshape(4, 6))))), 95))
  frozen = model.frozen.model = small.override(threshold=threshold).build_model()
  frozen.set_weights(first.get_weights())
  notes = np.asarray(frozen.decode_tokens(z.reshape(4, 6))).reshape(2, 64, 176)
  assert notes.mean() == pytest.approx(.05, abs=1e-3)
  found = np.asarray(model.measured(z))
  np.testing.assert_allclose(found[:, :statistics.SIZE], np.asarray(statistics.measure(notes, np.ones((2, 64)))), atol=1e-4)
  np.testing.assert_allclose(found[:, statistics.SIZE:], np.concatenate([z.mean(1), z.std(1)], 1), atol=1e-5)
  # A row of latents that is not valid counts for nothing.
  alone = np.asarray(model.measured(z, np.array([[1., 0.], [1., 1.]])))
  np.testing.assert_allclose(alone[0, statistics.SIZE:], np.concatenate([z[0, 0], np.zeros(6)]), atol=1e-5)
