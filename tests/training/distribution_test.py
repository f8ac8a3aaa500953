"""The same global batch on one replica, on two mirrored ones and in two processes: the same curve."""
import json
import socket

import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.training import feed
from musicnst.training import strategy as strategy_lib

STEPS = 20


def _free_ports(count):
  sockets = [socket.socket() for _ in range(count)]
  for s in sockets:
    s.bind(('127.0.0.1', 0))
  ports = [s.getsockname()[1] for s in sockets]
  for s in sockets:
    s.close()
  return ports


@pytest.mark.slow
def test_one_mirrored_and_two_workers_give_the_same_losses(workers, unbroken):
  addresses = [f'127.0.0.1:{port}' for port in _free_ports(2)]
  one = unbroken[1]
  pair = [workers.start('pair', STEPS, strategy='multi_worker', checkpoint_every_steps=10, tf_config={
      'cluster': {'worker': addresses}, 'task': {'type': 'worker', 'index': index}}) for index in range(2)]
  pair = [workers.finish(started) for started in pair]
  mirrored = workers.finish(workers.start('mirrored', STEPS, strategy='mirrored', num_virtual_devices=2))
  assert len(one) == STEPS and one[STEPS] < one[1]
  for other in (mirrored, *pair):
    np.testing.assert_allclose([other[s] for s in sorted(other)], [one[s] for s in sorted(one)], rtol=0, atol=1e-4)


def test_unknown_strategy_is_named():
  with pytest.raises(errors.ArgumentError, match='known: auto, one, mirrored'):
    strategy_lib.create('many')


def test_multi_worker_needs_tf_config(monkeypatch):
  monkeypatch.delenv('TF_CONFIG', raising=False)
  with pytest.raises(errors.ArgumentError, match='TF_CONFIG'):
    strategy_lib.create('multi_worker')


def test_damaged_tf_config_is_named(monkeypatch):
  monkeypatch.setenv('TF_CONFIG', '{')
  with pytest.raises(errors.ArgumentError, match='not JSON'):
    strategy_lib.create('auto')


def test_tf_config_without_a_task_is_named(monkeypatch):
  monkeypatch.setenv('TF_CONFIG', json.dumps({'cluster': {'worker': ['localhost:1', 'localhost:2']}}))
  with pytest.raises(errors.ArgumentError, match='TF_CONFIG does not make a cluster'):
    strategy_lib.create('auto')


def test_auto_on_one_device_is_the_default_strategy(monkeypatch):
  monkeypatch.setenv('TF_CONFIG', json.dumps({'cluster': {'worker': ['localhost:1']}}))
  assert strategy_lib.create('auto').num_replicas_in_sync == 1


def test_seeds_are_a_function_of_seed_and_step():
  batches = tf.data.Dataset.from_tensors({'inputs': tf.zeros([4, 2])}).repeat()
  strategy = tf.distribute.get_strategy()
  def seeds(seed, start, count):
    return [batch['seeds'].numpy().tolist() for batch in feed.training_feed(strategy, batches, 4, seed, start).take(count)]
  assert seeds(1, 0, 4)[2:] == seeds(1, 2, 2)
  assert seeds(1, 0, 1) != seeds(2, 0, 1)
  assert len({number for row in seeds(1, 0, 50) for number in row}) == 200


def test_last_evaluation_batch_is_filled_with_weightless_rows():
  batches = tf.data.Dataset.from_tensor_slices({'inputs': tf.reshape(tf.range(10.), [5, 2])}).batch(4)
  last = list(feed.evaluation_feed(tf.distribute.get_strategy(), batches, 4))[1]
  assert last['weights'].numpy().tolist() == [1, 0, 0, 0]
  assert last['inputs'].numpy().tolist() == [[8, 9]] * 4
