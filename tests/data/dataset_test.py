"""Batches: each example once an epoch, the same for the same (seed, step), resumed exactly, moved in pitch by the converter's own index."""
import itertools

import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst import hparams
from musicnst.data import dataset
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import base

STILL = hparams.HParams(transpose_low=0, transpose_high=0)


class Keys(base.Converter):
  """12 keys, 2 steps; a window holds a number in its first step's first cells, or a note for tests of transposition."""

  name = 'keys'
  steps, input_depth, output_depth = 2, 12, 12

  def transpose_index(self, semitones, which='outputs'):
    index = np.arange(12) - semitones
    return np.where((index >= 0) & (index < 12), index, -1).astype(np.int32)

  def to_dict(self):
    return {}


class Drums(Keys):
  name = 'drums'

  def transpose_index(self, semitones, which='outputs'):
    raise ValueError('drums')


def _numbered(number, genre=''):
  """A window whose 24 cells spell `number` in binary."""
  bits = np.array([number >> i & 1 for i in range(24)], np.uint8).reshape(2, 12)
  return base.Window(bits, bits, 2, labels={'genre': genre, 'id': str(number)})


def _numbers(batch):
  flat = batch['inputs'].numpy().reshape(-1, 24).astype(int)
  return (flat * 2 ** np.arange(24)).sum(-1).tolist()


def _write(path, windows, converter=None):
  path.write_bytes(b''.join(tfrecords.frame(records.write_example(w, converter or Keys())) for w in windows))


@pytest.fixture
def hundred(tmp_path):
  for shard in range(4):
    _write(tmp_path / f'w-train-0000{shard}-of-00004', [_numbered(n) for n in range(shard * 25, shard * 25 + 25)])
  return f'{tmp_path}/w-train-*'


def _take(count, *args, **kwargs):
  return list(dataset.batches(*args, **kwargs).take(count))


def test_an_epoch_has_every_example_once_in_another_order_each_time(hundred):
  seen = [n for batch in _take(30, hundred, Keys(), STILL, 10, True, seed=1) for n in _numbers(batch)]
  epochs = [seen[i:i + 100] for i in (0, 100, 200)]
  assert all(sorted(epoch) == list(range(100)) for epoch in epochs)
  assert epochs[0] != epochs[1] != epochs[2] and epochs[0] != sorted(epochs[0])


def test_batches_run_over_the_ends_of_epochs(hundred):
  batches = _take(15, hundred, Keys(), STILL, 30, True, seed=1)
  assert all(batch['inputs'].shape == (30, 2, 12) for batch in batches)
  seen = [n for batch in batches for n in _numbers(batch)]
  assert sorted(seen[:100]) == sorted(seen[100:200]) == list(range(100))


@pytest.mark.parametrize('start', [1, 3, 4, 11])
def test_starting_at_a_step_continues_an_unbroken_run(hundred, start):
  moving = hparams.HParams(transpose_low=-2, transpose_high=2)
  whole = _take(14, hundred, Keys(), moving, 30, True, seed=7)
  resumed = _take(14 - start, hundred, Keys(), moving, 30, True, seed=7, start_step=start)
  for a, b in zip(whole[start:], resumed, strict=True):
    for name in a:
      np.testing.assert_array_equal(a[name], b[name])


def test_the_cache_changes_nothing(hundred):
  with_cache = [_numbers(b) for b in _take(12, hundred, Keys(), STILL, 30, True, seed=2)]
  without = [_numbers(b) for b in _take(12, hundred, Keys(), STILL, 30, True, seed=2, cache=False)]
  assert with_cache == without


def test_seeds_differ(hundred):
  first, second = (_numbers(_take(1, hundred, Keys(), STILL, 50, True, seed=seed)[0]) for seed in (1, 2))
  assert first != second


def test_evaluation_is_one_pass_in_order_with_the_last_batch_kept(hundred):
  batches = list(dataset.batches(hundred, Keys(), hparams.HParams(transpose_low=-3, transpose_high=3), 30, False))
  assert [len(_numbers(b)) for b in batches] == [30, 30, 30, 10]
  assert list(itertools.chain(*map(_numbers, batches))) == list(range(100))


def test_corpora_are_mixed_in_proportion(tmp_path):
  _write(tmp_path / 'big-train-00000-of-00001', [_numbered(n) for n in range(300)])
  _write(tmp_path / 'small-train-00000-of-00001', [_numbered(n) for n in range(1000, 1100)])
  seen = [n for b in _take(8, f'{tmp_path}/*-train-*', Keys(), STILL, 50, True, seed=5) for n in _numbers(b)]
  assert sorted(seen) == [*range(300), *range(1000, 1100)]


def test_mixing_is_even_before_any_shuffling(tmp_path, monkeypatch):
  monkeypatch.setattr(dataset, 'SHUFFLE_BUFFER', 1)
  _write(tmp_path / 'big-train-00000-of-00001', [_numbered(n) for n in range(300)])
  _write(tmp_path / 'small-train-00000-of-00001', [_numbered(n) for n in range(1000, 1100)])
  for batch in _take(8, f'{tmp_path}/*-train-*', Keys(), STILL, 40, True):
    assert 8 <= sum(n >= 1000 for n in _numbers(batch)) <= 12


def test_labels_are_looked_up_and_others_dropped(tmp_path):
  _write(tmp_path / 'w', [_numbered(n, ('pop', 'jazz', 'polka')[n % 3]) for n in range(30)])
  assert dataset.count_labels(f'{tmp_path}/w') == {'jazz': 10, 'polka': 10, 'pop': 10}
  batches = list(dataset.batches(f'{tmp_path}/w', Keys(), STILL, 8, False, classes=('jazz', 'pop')))
  labels = np.concatenate([b['labels'] for b in batches])
  numbers = list(itertools.chain(*map(_numbers, batches)))
  assert batches[0]['labels'].dtype == tf.int32
  assert [(n, int(label)) for n, label in zip(numbers, labels, strict=True)] == [(n, {0: 1, 1: 0}[n % 3]) for n in range(30) if n % 3 < 2]
  training = [n for b in _take(5, f'{tmp_path}/w', Keys(), STILL, 8, True, classes=('jazz', 'pop')) for n in _numbers(b)]
  assert sorted(training[:20]) == [n for n in range(30) if n % 3 < 2]


def test_a_window_may_have_several_tags_or_none(tmp_path):
  _write(tmp_path / 'w', [_numbered(n, ('pop', 'jazz|pop', 'polka', '')[n % 4]) for n in range(8)])
  tagged = hparams.HParams(transpose_low=0, transpose_high=0, genres=('jazz', 'pop'))
  batch, = list(dataset.batches(f'{tmp_path}/w', Keys(), tagged, 8, False))
  assert batch['tags'].numpy().tolist() == [[0, 1], [1, 1], [0, 0], [0, 0]] * 2 and 'genre' not in batch
  batch, = list(dataset.batches(f'{tmp_path}/w', Keys(), tagged, 8, False, classes=('pop',)))
  assert batch['tags'].numpy().tolist() == [[0, 1]] * 2 and batch['labels'].numpy().tolist() == [0, 0]


def test_another_label_than_genre(tmp_path):
  window = _numbered(5)
  window.labels['composer'] = 'Bach'
  _write(tmp_path / 'w', [window])
  batch = next(iter(dataset.batches(f'{tmp_path}/w', Keys(), STILL, 1, False, classes=('Liszt', 'Bach'), label='composer')))
  assert batch['labels'].numpy().tolist() == [1]


def test_transposition_follows_the_converter_and_loses_no_note(tmp_path):
  _write(tmp_path / 'w', [_numbered(1 << 5 | 1 << 13 + 6), _numbered(1 << 0 | 1 << 11)])
  batch = _take(1, f'{tmp_path}/w', Keys(), hparams.HParams(transpose_low=-3, transpose_high=4), 2, True, seed=4)[0]
  shifts = set()
  for batch in _take(60, f'{tmp_path}/w', Keys(), hparams.HParams(transpose_low=-3, transpose_high=4), 2, True, seed=4):
    np.testing.assert_array_equal(batch['inputs'], batch['outputs'])
    for roll in batch['inputs'].numpy():
      keys = [np.flatnonzero(step).tolist() for step in roll]
      if len(keys[0]) == 2:
        assert keys[0] == [0, 11]  # every shift would lose a note: left where it is
      else:
        shift = keys[0][0] - 5
        assert keys[1] == [7 + shift]
        shifts.add(shift)
  assert shifts == set(range(-3, 5))


def test_other_outputs_than_inputs_are_moved_by_the_same_shift(tmp_path):
  window = base.Window(_numbered(1 << 5).inputs, _numbered(1 << 7).inputs, 2)
  _write(tmp_path / 'w', [window] * 4)
  for batch in _take(5, f'{tmp_path}/w', Keys(), hparams.HParams(transpose_low=-2, transpose_high=2), 4, True):
    first, second = batch['inputs'].numpy()[:, 0].argmax(-1), batch['outputs'].numpy()[:, 0].argmax(-1)
    np.testing.assert_array_equal(second - first, 2)


def test_named_errors(hundred, tmp_path):
  with pytest.raises(errors.DataError, match='fewer than a batch of 200'):
    dataset.batches(hundred, Keys(), STILL, 200, True)
  with pytest.raises(errors.DataError, match='100 more have a genre'):
    dataset.batches(hundred, Keys(), STILL, 20, True, classes=('pop',))
  with pytest.raises(errors.DataError, match='no record files match'):
    dataset.batches(f'{tmp_path}/nothing-*', Keys(), STILL, 20, True)
  with pytest.raises(errors.DataError, match='prepare them with this config'):
    dataset.batches(hundred, Drums(), STILL, 20, True)
  with pytest.raises(errors.ArgumentError, match='batch_size'):
    dataset.batches(hundred, Keys(), STILL, 0, True)
  _write(tmp_path / 'drums', [_numbered(1)] * 3, Drums())
  with pytest.raises(errors.ArgumentError, match='transpose_low=0'):
    dataset.batches(f'{tmp_path}/drums', Drums(), hparams.HParams(transpose_low=-1, transpose_high=1), 1, True)
  (tmp_path / 'empty').write_bytes(b'')
  with pytest.raises(errors.DataError, match='no examples'):
    dataset.batches(f'{tmp_path}/empty', Keys(), STILL, 1, False)


def test_examples_are_counted_without_decoding(hundred):
  assert dataset.count_examples(hundred) == 100


def test_a_distributed_dataset_splits_rows_not_files(hundred):
  strategy = tf.distribute.OneDeviceStrategy('cpu:0')
  batches = dataset.batches(hundred, Keys(), STILL, 20, True, seed=3)
  distributed = strategy.experimental_distribute_dataset(batches)
  assert _numbers(next(iter(distributed))) == _numbers(next(iter(batches)))


def test_one_of_each_class_side_by_side(tmp_path):
  _write(tmp_path / 'w', [_numbered(n, ('pop', 'jazz', 'polka', 'pop')[n % 4]) for n in range(40)])
  options = dict(classes=('jazz', 'pop'), one_of_each=True)
  training = _take(10, f'{tmp_path}/w', Keys(), STILL, 5, True, seed=1, **options)
  assert all(b['inputs'].shape == (5, 2, 2, 12) and b['lengths'].shape == (5, 2) and 'labels' not in b for b in training)
  jazz, pop = np.array([_numbers(b) for b in training]).reshape(-1, 2).T
  # Epochs of ten and of twenty, each in orders of its own.
  assert sorted(jazz[:10]) == sorted(jazz[10:20]) == [n for n in range(40) if n % 4 == 1]
  assert sorted(pop[:20]) == sorted(pop[20:40]) == [n for n in range(40) if n % 4 in (0, 3)]
  resumed = _take(7, f'{tmp_path}/w', Keys(), STILL, 5, True, seed=1, start_step=3, **options)
  assert [_numbers(b) for b in resumed] == [_numbers(b) for b in training[3:]]
  evaluation = list(dataset.batches(f'{tmp_path}/w', Keys(), STILL, 4, False, **options))
  pairs = np.concatenate([np.reshape(_numbers(b), (-1, 2)) for b in evaluation])
  assert sorted(pairs[:, 0]) == sorted(set(jazz)) and len(pairs) == 10 and len(set(pairs[:, 1])) == 10


@pytest.mark.parametrize('genres, match', [(('jazz', 'folk'), '0 examples .*none of folk.*fewer than a batch of 4'),
                                           (('polka', 'jazz'), '3 examples .*none of polka')])
def test_a_class_without_windows_for_a_batch_is_named(tmp_path, genres, match):
  _write(tmp_path / 'w', [_numbered(n, 'polka' if n < 3 else 'jazz') for n in range(20)])
  with pytest.raises(errors.DataError, match=match):
    dataset.batches(f'{tmp_path}/w', Keys(), STILL, 4, True, classes=genres, one_of_each=True)
