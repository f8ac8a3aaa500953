"""A pool of processes that may be killed: work on untrusted files, one at a time each, under a time and a memory limit.

multiprocessing's pools cannot end a task that hangs, nor survive a worker that dies; pebble's breaks when workers are killed
(docs/decisions/process_pool.md). Here each worker is a fresh Python of its own, tied to the parent by one socket; it is sent two tasks ahead,
so that it never waits, and killed and replaced when the task at hand overstays. Results come back in the order of the tasks; the number of
those in flight is bounded, so memory is too.
"""
import collections
import dataclasses
import importlib
import multiprocessing.connection
import os
import signal
import subprocess
import sys
import time

from musicnst import errors

_QUEUED, _AHEAD = 2, 8  # tasks a worker holds; tasks in flight for each worker
_START_SECS, _START_TRIES = 120.0, 3
_ONE_THREAD = {name: '1' for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMBA_NUM_THREADS')}


@dataclasses.dataclass(frozen=True)
class Failure:
  """A task without a result: `reason` is `time_limit`, `memory_limit`, `worker_died` or `internal_error`."""
  reason: str
  detail: str


@dataclasses.dataclass(frozen=True)
class Settings:
  """What a worker runs and how much it may take."""
  function: str  # 'package.module:function', called with a task; both task and result are pickled
  max_secs: float = 60.0  # for one task
  max_bytes: int = 2 << 30  # of memory beyond what a worker has after its imports


class _Worker:
  """One process; `tasks` holds (index, task) in the order they were sent."""

  def __init__(self, settings):
    self.tasks = collections.deque()
    self._settings = settings
    self._is_ready = False
    self.connection, theirs = multiprocessing.connection.Pipe()
    with theirs:
      path = os.pathsep.join([entry or os.getcwd() for entry in sys.path])
      self._process = subprocess.Popen(
          [sys.executable, '-c', f'from data_prep import workers; workers.work({theirs.fileno()}, {settings.function!r}, '
           f'{settings.max_secs!r}, {settings.max_bytes!r})'],
          pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
          env={**os.environ, **_ONE_THREAD, 'PYTHONPATH': path, 'PYTHONWARNINGS': 'ignore'})
    self._deadline = time.monotonic() + _START_SECS

  def send(self, index, task):
    if not self.tasks and self._is_ready:
      self._deadline = time.monotonic() + self._settings.max_secs
    self.tasks.append((index, task))
    try:
      self.connection.send(task)
    except OSError:  # it has died; receive() will find out
      pass

  def receive(self):
    """-> (index, result) of the task at hand, or None when the worker has just become ready. EOFError: it has died."""
    try:
      result = self.connection.recv()
    except OSError as error:
      raise EOFError from error
    self._deadline = time.monotonic() + self._settings.max_secs
    if not self._is_ready:
      self._is_ready = True
      return None
    return self.tasks.popleft()[0], result

  def seconds_left(self):
    return self._deadline - time.monotonic() if self.tasks or not self._is_ready else float('inf')

  def stop(self, grace_secs=0.0):
    """Kills the process, unless it ends by itself within `grace_secs`. -> (whether it had become ready, its exit status)"""
    self.connection.close()
    try:
      self._process.wait(grace_secs)
    except subprocess.TimeoutExpired:
      self._process.kill()
    return self._is_ready, self._process.wait()


def run(settings, tasks, num_workers):
  """Yields (task, result or Failure) in the order of `tasks` (any iterable), which is consumed as workers become free.

  Raises:
    MusicnstError: workers cannot start.
  """
  pool = _Pool(settings, tasks, num_workers)
  try:
    yield from pool.outcomes()
  finally:
    pool.stop()


class _Pool:
  """The state of `run`."""

  def __init__(self, settings, tasks, num_workers):
    self._settings, self._num_workers = settings, num_workers
    self._coming, self._again = enumerate(tasks), collections.deque()
    self._workers, self._failed_starts = [], 0
    self._in_flight = collections.OrderedDict()  # index -> [task, outcome], oldest first
    self._is_exhausted = False

  def outcomes(self):
    while True:
      while self._in_flight and len(first := next(iter(self._in_flight.values()))) == 2:
        self._in_flight.popitem(last=False)
        yield tuple(first)
      self._hand_out()  # after the yields, which make room: else all workers could be idle below
      if self._is_exhausted and not self._in_flight:
        return
      self._collect()

  def stop(self):
    for worker in self._workers:
      worker.stop()
    self._workers = []

  def _hand_out(self):
    """Gives tasks to workers with room; starts a worker where all are busy and one more is allowed."""
    while self._again or len(self._in_flight) < _AHEAD * self._num_workers:
      worker = min(self._workers, key=lambda worker: len(worker.tasks), default=None)
      may_start = len(self._workers) < self._num_workers
      if not may_start and len(worker.tasks) >= _QUEUED:
        return
      job = self._next()
      if job is None:
        return
      if may_start and (worker is None or worker.tasks):
        worker = _Worker(self._settings)
        self._workers.append(worker)
      worker.send(*job)

  def _next(self):
    if self._again:
      return self._again.popleft()
    index, task = next(self._coming, (None, None))
    if index is None:
      self._is_exhausted = True
      return None
    self._in_flight[index] = [task]
    return index, task

  def _collect(self):
    """Waits for a result, a death or a deadline."""
    workers = {worker.connection: worker for worker in self._workers}
    wait = min(worker.seconds_left() for worker in self._workers)
    for connection in multiprocessing.connection.wait(list(workers), timeout=max(0.0, min(wait, 1.0))):
      try:
        received = workers[connection].receive()
      except EOFError:
        self._replace(workers[connection], 'worker_died')
        continue
      self._failed_starts = 0
      if received:
        self._in_flight[received[0]].append(received[1])
    for worker in list(self._workers):
      if worker.seconds_left() <= 0 and not worker.connection.poll():
        self._replace(worker, 'time_limit')

  def _replace(self, worker, reason):
    """Removes a worker; the task at hand fails, those behind it are handed out again."""
    self._workers.remove(worker)
    was_ready, status = worker.stop(grace_secs=5.0 if reason == 'worker_died' else 0.0)
    if not was_ready:
      self._failed_starts += 1
      if self._failed_starts >= _START_TRIES:
        raise errors.MusicnstError(f'worker processes cannot start (exit status {status}); see the messages above')
    elif worker.tasks:
      index, _ = worker.tasks.popleft()
      overstayed = f'took more than {self._settings.max_secs:g} seconds'
      self._in_flight[index].append(Failure(reason, overstayed if reason == 'time_limit' else f'its process ended with status {status}'))
    self._again.extend(worker.tasks)


def work(descriptor, function, max_secs, max_bytes):
  """The life of a worker: reads tasks from the socket, answers each, ends when the parent closes it."""
  signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
  module, name = function.split(':')
  function = getattr(importlib.import_module(module), name)
  _limit_memory(max_bytes)
  with multiprocessing.connection.Connection(descriptor) as connection:
    try:
      connection.send('ready')
      while True:
        task = connection.recv()
        signal.alarm(int(2 * max_secs) + 5)  # ends this process should the parent be gone
        outcome = _attempt(function, task)
        signal.alarm(0)
        connection.send(outcome)
    except (EOFError, BrokenPipeError, ConnectionResetError):
      return


def _attempt(function, task):
  try:
    return function(task)
  except MemoryError:
    return Failure('memory_limit', 'needs more memory than one file may take')
  except Exception as error:  # a fault of ours must cost one file, with a name, not the job
    return Failure('internal_error', f'{type(error).__name__}: {error}')


def _limit_memory(max_bytes):
  import resource
  with open('/proc/self/statm', encoding='ascii') as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
  _, hard = resource.getrlimit(resource.RLIMIT_AS)
  limit = used + max_bytes
  resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
