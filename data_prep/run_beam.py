"""The stages as an Apache Beam pipeline: the same functions, the same files, byte for byte, as `run_local`.

Pieces are processed in parallel; what is known of them (128 numbers each) comes together in one place, where splits are made; windows are
grouped by key to drop duplicates, then by shard. A shard is sorted in the memory of one worker: give large jobs more `output_shards`.
"""
import os
import tempfile
import typing

import apache_beam as beam
from apache_beam.options import pipeline_options as options_lib

from data_prep import counts as counts_lib
from data_prep import run_local
from data_prep import shards
from data_prep import stages
from musicnst import errors
from musicnst import files
from musicnst.data import tfrecords


@beam.typehints.with_output_types(tuple[bytes, typing.Any])
class _Process(beam.DoFn):
  """Item -> windows as (key, (index, position, record)); on the side its entry, counts and rejection."""

  def __init__(self, settings):
    self._settings = settings

  def process(self, item):
    result = stages.process(item, self._settings)
    yield beam.pvalue.TaggedOutput('facts', (result.index, result.entry, result.counts, result.rejected))
    for position, (key, record) in enumerate(result.windows):
      yield key, (result.index, position, record)


class _Assign(beam.DoFn):
  """All facts at once -> one (split_of, counts, rejects)."""

  def __init__(self, settings):
    self._settings = settings

  def process(self, _, facts):
    facts = sorted(facts, key=lambda fact: fact[0])
    counts = counts_lib.Counts()
    for _, _, more, _ in facts:
      counts.update(more)
    split_of = run_local.assign({index: entry for index, entry, _, _ in facts if entry}, self._settings, counts)
    yield split_of, counts, [(index, *rejected) for index, _, _, rejected in facts if rejected]


@beam.typehints.with_output_types(tuple[tuple[str, int], typing.Any])
class _Unique(beam.DoFn):
  """The windows of one key -> at most one, as ((split, shard), (key, record)); counts on the side."""

  def __init__(self, paths):
    self._shards = {split: len(names) for split, names in paths.items()}

  def process(self, element, assigned):
    key, found = element
    counts = counts_lib.Counts()
    rows = [(key, *row) for row in found]
    for split, _, record in shards.unique(rows, assigned[0], self._shards, counts):
      yield (split, shards.bucket_of(key, self._shards[split])), (key, record)
    yield beam.pvalue.TaggedOutput('counts', counts)


def _write_shard(element, folder):
  """One shard, sorted by key, under a temporary name."""
  (split, number), rows = element
  with files.atomic_path(os.path.join(folder, f'{split}-{number}')) as temporary, open(temporary, 'wb') as file:
    for _, record in sorted(rows):
      file.write(tfrecords.frame(record))


class _Sum(beam.CombineFn):
  """Sum of `Counts`."""

  def create_accumulator(self):
    return counts_lib.Counts()

  def add_input(self, accumulator, element):
    accumulator.update(element)
    return accumulator

  def merge_accumulators(self, accumulators):
    total = counts_lib.Counts()
    for accumulator in accumulators:
      total.update(accumulator)
    return total

  def extract_output(self, accumulator):
    return accumulator


def _save(facts, path):
  with files.atomic_path(path) as temporary:
    counts_lib.save(temporary, *facts)


def run(items, settings, paths, pipeline_options=()):
  """Items -> shards; arguments, result and errors as `run_local.run`.

  Args:
    items: iterable of `stages.Item`.
    settings: `stages.Settings`.
    paths: dict of split -> shard paths, on a file system that all workers share.
    pipeline_options: list of Beam options.

  Returns:
    (counts, rejects).
  """
  parent = os.path.dirname(os.path.abspath(next(iter(paths.values()))[0]))
  try:
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.writing-', dir=parent) as folder:
      _pipeline(list(items), settings, paths, options_lib.PipelineOptions(list(pipeline_options)), folder)
      return _publish(paths, folder)
  except OSError as error:
    raise errors.OutputError(f'{parent}: cannot be written ({error.strerror or error}).') from error


def _pipeline(items, settings, paths, options, folder):
  with beam.Pipeline(options=options) as pipeline:
    processed = (pipeline | 'items' >> beam.Create(items) | 'spread' >> beam.Reshuffle()
                 | 'process' >> beam.ParDo(_Process(settings)).with_outputs('facts', main='windows'))
    assigned = (pipeline | 'once' >> beam.Create([None])
                | 'assign' >> beam.ParDo(_Assign(settings), beam.pvalue.AsList(processed.facts)))
    unique = (processed.windows | 'by_key' >> beam.GroupByKey()
              | 'unique' >> beam.ParDo(_Unique(paths), beam.pvalue.AsSingleton(assigned)).with_outputs('counts', main='kept'))
    _ = unique.kept | 'by_shard' >> beam.GroupByKey() | 'write' >> beam.Map(_write_shard, folder)
    _ = unique.counts | 'sum' >> beam.CombineGlobally(_Sum()) | 'save_counts' >> beam.Map(
        lambda counts, path: _save((counts, []), path), os.path.join(folder, 'window-counts'))
    _ = assigned | 'save_facts' >> beam.Map(lambda facts, path: _save(facts[1:], path), os.path.join(folder, 'facts'))


def _publish(paths, folder):
  """Moves the finished shards to their names; returns (counts, rejects)."""
  counts, rejects = counts_lib.load(os.path.join(folder, 'facts'))
  counts.update(counts_lib.load(os.path.join(folder, 'window-counts'))[0])
  run_local.refuse_nothing(counts, paths)
  for split, names in paths.items():
    for number, path in enumerate(names):
      finished = os.path.join(folder, f'{split}-{number}')
      if not os.path.exists(finished):
        open(finished, 'wb').close()
      os.replace(finished, path)
  return counts, rejects
