"""The pool of killable workers: order, time limit, memory limit, death, and an end when it is abandoned."""
import collections
import os
import time

import pytest

from data_prep import workers
from musicnst import errors


def _run(function, tasks, num_workers=2, **settings):
  return list(workers.run(workers.Settings(function, **settings), tasks, num_workers))


def test_results_come_in_the_order_of_the_tasks():
  tasks = [.3, 0, .1, 0, 0, .2, 0, 0] * 3
  outcomes = _run('time:sleep', tasks)
  assert outcomes == [(task, None) for task in tasks]
  assert _run('builtins:abs', []) == []
  assert _run('builtins:abs', iter(range(-100, 0)), num_workers=1) == [(i, -i) for i in range(-100, 0)]


def test_never_waits_with_nothing_under_way(monkeypatch):
  """All tasks that may be in flight end at once: new ones are handed out before the pool waits again."""

  class Stub:
    def __init__(self, settings):
      self.tasks = collections.deque()

    def send(self, index, task):
      self.tasks.append((index, task))

    def stop(self):
      pass

  def collect(pool):
    assert any(worker.tasks for worker in pool._workers)
    for worker in pool._workers:
      while worker.tasks:
        index, task = worker.tasks.popleft()
        pool._in_flight[index].append(-task)

  monkeypatch.setattr(workers, '_Worker', Stub)
  monkeypatch.setattr(workers, '_QUEUED', workers._AHEAD)
  monkeypatch.setattr(workers._Pool, '_collect', collect)
  assert _run('builtins:abs', range(50)) == [(i, -i) for i in range(50)]


def test_a_task_that_overstays_is_ended_and_the_others_go_on():
  started = time.monotonic()
  outcomes = dict(_run('time:sleep', [0, 600, .01, .02, 601, .03], max_secs=3.0))
  assert {task for task, outcome in outcomes.items() if outcome is not None} == {600, 601}
  assert outcomes[600].reason == 'time_limit' and '3 seconds' in outcomes[600].detail
  assert time.monotonic() - started < 120


def test_a_task_that_swells_is_refused():
  outcomes = _run('builtins:bytearray', [10, 1 << 40, 300 << 20, 20], num_workers=1, max_bytes=200 << 20)
  assert [getattr(outcome, 'reason', None) for _, outcome in outcomes] == [None, 'memory_limit', 'memory_limit', None]


def test_a_worker_that_dies_is_replaced():
  outcomes = _run('os:_exit', [3, 4])
  assert [(outcome.reason, outcome.detail) for _, outcome in outcomes] == [
      ('worker_died', 'its process ended with status 3'), ('worker_died', 'its process ended with status 4')]


def test_errors_of_the_function_cost_one_task():
  outcomes = _run('math:sqrt', [4, -1, 9])
  assert [outcome for _, outcome in outcomes[::2]] == [2.0, 3.0]
  assert outcomes[1][1].reason == 'internal_error' and 'ValueError' in outcomes[1][1].detail


def test_workers_that_cannot_start(capfd):
  with pytest.raises(errors.MusicnstError, match='cannot start'):
    _run('no_such_module:f', [1])
  assert 'no_such_module' in capfd.readouterr().err


def test_tasks_are_drawn_as_needed_and_an_abandoned_run_leaves_no_process():
  drawn, others = [], _children()  # such as the resource tracker of multiprocessing
  run = workers.run(workers.Settings('time:sleep'), (drawn.append(i) or 0 for i in range(10**9)), 1)
  next(run)
  assert len(drawn) < 120
  pids = _children() - others
  assert pids
  run.close()
  assert not _children() & pids


def _children():
  """Process ids of our living children, from /proc."""
  with open(f'/proc/self/task/{os.getpid()}/children', encoding='ascii') as file:
    return set(file.read().split())
