"""The stages in this process or in several, with a progress bar."""
import concurrent.futures
import itertools
import multiprocessing
import tempfile
import os

import tqdm

from data_prep import counts as counts_lib
from data_prep import shards
from data_prep import splits
from data_prep import stages
from musicnst import errors

# Items in flight a process: enough to keep it busy, few enough to keep memory flat.
_AHEAD = 4
_settings = None


def run(items, settings, paths, num_processes=1, total=None):
  """Items -> shards.

  Args:
    items: iterable of `stages.Item`, indices counting from 0.
    settings: `stages.Settings`.
    paths: dict of split -> shard paths; windows of other splits are not written.
    num_processes: processes that do the work; 1 does it here.
    total: number of items, for the progress bar, where known.

  Returns:
    (counts, rejects): `Counts`, and [(index, name, reason, message)] of refused items in order.

  Raises:
    OutputError: the output cannot be written.
    DataError: no window was left to write.
  """
  folder = os.path.dirname(os.path.abspath(next(iter(paths.values()))[0]))
  try:
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.writing-', dir=folder) as temporary:
      return _run(items, settings, paths, num_processes, total, temporary)
  except OSError as error:
    raise errors.OutputError(f'{folder}: cannot be written ({error.strerror or error}).') from error


def _run(items, settings, paths, num_processes, total, folder):
  counts, entries, rejects = counts_lib.Counts(), {}, []
  buckets = shards.Buckets(folder)
  try:
    for result in tqdm.tqdm(_results(items, settings, num_processes), total=total, unit=' pieces', desc='prepare', mininterval=1):
      counts.update(result.counts)
      if result.rejected:
        rejects.append((result.index, *result.rejected))
      if result.entry:
        entries[result.index] = result.entry
        buckets.add(result.index, result.windows)
  finally:
    buckets.close()
  split_of = assign(entries, settings, counts)
  with shards.writing(paths) as write:
    for rows in buckets.read():
      for split, key, record in shards.unique(rows, split_of, paths, counts):
        write(split, key, record)
    refuse_nothing(counts, paths)
  return counts, rejects


def assign(entries, settings, counts):
  """Dict of index -> split (None: left out) for a dict of index -> Entry; counts groups and pieces."""
  indices = sorted(entries)
  chosen, groups = splits.assign([entries[i] for i in indices], settings.fractions)
  counts.add('pieces', 'near_duplicates', len(groups) - len(set(groups.tolist())))
  for split in chosen:
    counts.add('pieces', f'in_{split}' if split else 'rejected_near_duplicate_of_another_split')
  return dict(zip(indices, chosen, strict=True))


def refuse_nothing(counts, paths):
  """Raises DataError if no window is written."""
  if not any(counts['windows', f'written_{split}'] for split in paths):
    listed = ', '.join(f'{stage} {reason} {n}' for (stage, reason), n in sorted(counts.items()))
    raise errors.DataError(f'not one window came out, so nothing is written; counts: {listed}')


def _results(items, settings, num_processes):
  """Results in the items' order."""
  if num_processes <= 1:
    for item in items:
      yield stages.process(item, settings)
    return
  # Spawned, not forked: this process may hold TensorFlow's threads.
  context = multiprocessing.get_context('spawn')
  with concurrent.futures.ProcessPoolExecutor(num_processes, context, _start, (settings,)) as pool:
    items, waiting = iter(items), []
    while True:
      waiting += [pool.submit(_process, item) for item in itertools.islice(items, _AHEAD * num_processes - len(waiting))]
      if not waiting:
        return
      yield _outcome(waiting.pop(0))


def _outcome(future):
  try:
    return future.result()
  except concurrent.futures.process.BrokenProcessPool as error:
    raise errors.DataError('a worker process died, most likely for want of memory; use fewer --num_processes') from error


def _start(settings):
  global _settings
  _settings = settings


def _process(item):
  return stages.process(item, _settings)
