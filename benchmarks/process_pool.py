"""Our pool of killable processes against pebble's: speed, memory, and what is lost when a worker hangs, dies or is killed.

  python benchmarks/process_pool.py    # 6 minutes

Both run the same function on the same tasks, two workers, results in order, a time limit a task, 16 tasks in flight.
"""
import argparse
import collections
import glob
import importlib.metadata
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pebble

from data_prep import workers

WORKERS, MAX_SECS = 2, 5.0
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def task(what):
  """What a worker does: ('bytes', number) gives that many back, ('exit', status), ('segfault',), ('sleep', seconds), ('memory',)."""
  kind, *value = what
  if kind == 'exit':
    os._exit(*value)
  elif kind == 'segfault':
    os.kill(os.getpid(), signal.SIGSEGV)
  elif kind == 'sleep':
    time.sleep(*value)
  elif kind == 'spin':  # in C, where a Python handler of SIGTERM must wait
    sum(range(10**12))
  elif kind == 'memory':
    with open('/proc/self/status', encoding='ascii') as file:
      return next(line.split()[1] for line in file if line.startswith('VmRSS'))
  elif kind == 'bytes':
    return bytes(*value)
  return None


def ours(tasks):
  """Yields results or names of failures, in order."""
  for _, outcome in workers.run(workers.Settings('benchmarks.process_pool:task', MAX_SECS), tasks, WORKERS):
    yield outcome.reason if isinstance(outcome, workers.Failure) else outcome


def pebbles(tasks):
  """The same by pebble."""
  import concurrent.futures
  waiting, coming = collections.deque(), iter(tasks)
  with pebble.ProcessPool(WORKERS, context=multiprocessing.get_context('spawn')) as pool:
    try:
      while True:
        for what in coming:
          waiting.append(pool.schedule(task, args=(what,), timeout=MAX_SECS))
          if len(waiting) >= 8 * WORKERS:
            break
        if not waiting:
          return
        try:
          yield waiting.popleft().result()
        except concurrent.futures.TimeoutError:
          yield 'time_limit'
        except pebble.ProcessExpired:
          yield 'worker_died'
    finally:
      pool.stop()


POOLS = {'ours': ours, 'pebble': pebbles}


def throughput(pool, tasks):
  """Tasks a second, without the start of the workers."""
  outcomes = POOLS[pool](tasks)
  next(outcomes)
  start = time.perf_counter()
  number = sum(1 for _ in outcomes)
  return number / (time.perf_counter() - start)


def counted(outcomes):
  """Counter of the kinds of results; `lost` where the pool itself broke."""
  found = collections.Counter()
  try:
    for outcome in outcomes:
      found[outcome if isinstance(outcome, str) else 'done'] += 1
  except Exception as error:  # what a pool raises when it breaks is what is being counted
    found[f'POOL BROKE: {type(error).__name__}'] += 1
  return dict(found)


def deaths(pool):
  """600 tasks, every third of which ends its process at once."""
  return counted(POOLS[pool]([('segfault',) if i % 3 == 1 else ('bytes', 100) for i in range(600)]))


def killed(pool, number, size):
  """Tasks whose results have `size` bytes, while another thread kills a worker with SIGKILL every two seconds, as the kernel may."""
  stop = threading.Event()
  known = _children(os.getpid())

  def kill():
    chooser = random.Random(0)
    while not stop.wait(2.0):
      pids = sorted(_children(os.getpid()) - known)
      if len(pids) >= WORKERS:
        os.kill(chooser.choice(pids), signal.SIGKILL)

  killer = threading.Thread(target=kill)
  outcomes = POOLS[pool]([('bytes', size)] * number)
  first = next(outcomes)
  killer.start()
  try:
    return counted(outcome for results in ([first], outcomes) for outcome in results)
  finally:
    stop.set()
    killer.join()


def _children(parent):
  """The living children of a process but multiprocessing's tracker of resources."""
  found = set()
  for path in glob.glob(f'/proc/{parent}/task/*/children'):
    with open(path, encoding='ascii') as file:
      for pid in file.read().split():
        with open(f'/proc/{pid}/cmdline', encoding='utf-8') as command:
          if 'resource_tracker' not in command.read():
            found.add(int(pid))
  return found


def hangs(pool, kind):
  """(what became of 8 tasks, two of which never end, seconds)."""
  start = time.perf_counter()
  found = counted(POOLS[pool]([('sleep', .01)] * 3 + [(kind, 10**6)] + [('sleep', .01)] * 3 + [(kind, 10**6)]))
  return found, round(time.perf_counter() - start, 1)


def orphans(pool):
  """How many workers still run half a minute after the parent was killed while they hung (ours end themselves at twice the limit)."""
  parent = subprocess.Popen([sys.executable, os.path.abspath(__file__), '--pool', pool, '--job', 'hang'], cwd=_ROOT, stdout=subprocess.PIPE,
                            env={**os.environ, 'PYTHONPATH': _ROOT})
  parent.stdout.readline()
  time.sleep(2)
  pids = _children(parent.pid)
  parent.kill()
  parent.wait()
  time.sleep(30)
  left = [pid for pid in pids if os.path.exists(f'/proc/{pid}')]
  for pid in left:
    os.kill(pid, signal.SIGKILL)
  return f'{len(left)} of {len(pids)}'


def _job(pool, job):
  """One measurement, in a process of its own so that one that hangs can be ended."""
  if job == 'hang':
    outcomes = POOLS[pool]([('bytes', 1)] + [('sleep', 10**6)] * 8)
    next(outcomes)
    print('begun', flush=True)
    next(outcomes)
  return {'small': lambda: f'{throughput(pool, [("bytes", 100)] * 4000):.0f} tasks/s',
          'large': lambda: f'{throughput(pool, [("bytes", 1_000_000)] * 400):.0f} tasks/s',
          'memory': lambda: f'{max(int(kb) for kb in POOLS[pool]([("memory",)] * 8)) / 1024:.0f} MB',
          'sleeping': lambda: hangs(pool, 'sleep'), 'spinning in C': lambda: hangs(pool, 'spin'), 'segfaults': lambda: deaths(pool),
          'killed, 100 bytes': lambda: killed(pool, 20_000, 100), 'killed, 1 MB': lambda: killed(pool, 2000, 1_000_000),
          'orphans': lambda: orphans(pool)}[job]()


JOBS = ('small', 'large', 'memory', 'sleeping', 'spinning in C', 'segfaults', 'killed, 100 bytes', 'killed, 1 MB', 'orphans')


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
  parser.add_argument('--pool', choices=POOLS, help='one pool, one job, in this process')
  parser.add_argument('--job')
  arguments = parser.parse_args()
  if arguments.pool:
    print(_job(arguments.pool, arguments.job))
    return
  print(f'pebble {importlib.metadata.version("pebble")}\n\n| | {" | ".join(POOLS)} |\n|---|---|---|')
  for job in JOBS:
    print(f'| {job} | {" | ".join(_apart(pool, job) for pool in POOLS)} |', flush=True)


def _apart(pool, job):
  try:
    done = subprocess.run([sys.executable, os.path.abspath(__file__), '--pool', pool, '--job', job], capture_output=True, text=True, cwd=_ROOT,
                          timeout=120, check=False, env={**os.environ, 'PYTHONPATH': _ROOT}, start_new_session=True)
  except subprocess.TimeoutExpired:
    return 'HANGS for 120 s'
  return (done.stdout.splitlines() or [f'failed: {(done.stderr.splitlines() or [""])[-1]}'])[-1]


if __name__ == '__main__':
  main()
