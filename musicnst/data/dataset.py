"""Window records -> batches: a `tf.data.Dataset` that is a function of (seed, step), so that a resumed run sees what an unbroken one would.

Training batches run through the epochs without end. Epoch e of n examples is the records in the order that (seed, e) shuffles them
into, through a bounded buffer; batch k holds the examples k * batch_size onward of that endless row, so `start_step=k` opens the
right epoch and skips inside it, without parsing what it skips. Nothing depends on the clock, the number of threads or on Python's
`hash`. Memory is the buffer of serialized records plus a few batches, whatever the number of windows.

The batches are global ones. A trainer that deals their rows to its replicas (`musicnst/training`) gives each the same rows whatever the
strategy; under `experimental_distribute_dataset` the dataset asks to be sharded by rows, not by files (`AutoShardPolicy.DATA`).
"""
import os

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.data import transposition
from musicnst.data import wire

SHUFFLE_BUFFER = 16384
# With `cache`, records are kept in memory if the files are smaller than this in all.
CACHE_BYTES = 64 << 20
# Threads of one dataset; more would take the cores from the training step.
_THREADS = max(2, min(8, os.cpu_count() or 2))


def count_examples(pattern):
  """Number of records in the files of a pattern (comma-separated globs), without decoding any.

  Raises:
    DataError: no such files, or one that is damaged.
  """
  return sum(tfrecords.count(path) for path in tfrecords.expand(pattern))


def count_labels(pattern, label='genre'):
  """How many records carry each value of a label: dict of str -> int, most frequent first."""
  counts = {}
  raw = tf.data.TFRecordDataset(tfrecords.expand(pattern)).batch(4096)
  for batch in raw.map(lambda serialized: _label(serialized, label), num_parallel_calls=2):
    for value, number in zip(*np.unique(batch.numpy(), return_counts=True), strict=True):
      counts[value.decode()] = counts.get(value.decode(), 0) + int(number)
  return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def batches(pattern, converter, hparams, batch_size, training, seed=0, start_step=0, classes=(), label='genre', cache=True,
            one_of_each=False):
  """Batches of windows.

  Args:
    pattern: record files, comma-separated globs.
    converter: the converter that made the records.
    hparams: `transpose_low`, `transpose_high` (semitones, training only; absent means 0); `genres` (absent means none) gives `tags`.
    batch_size: rows of the global batch.
    training: endless, shuffled, transposed, full batches; else one pass in file order with the last, partial batch kept.
    seed: int; with the step it determines every batch.
    start_step: the first batch given is the one with this number (training only).
    classes: values of `label`; gives `labels`, the index in `classes`, and drops examples whose label is none of them.
    label: the record's label that `classes` are values of.
    cache: keep the serialized records in memory after the first pass where all files together are under `CACHE_BYTES`.
    one_of_each: an example is one window of each of the K classes, in their order, each class going through epochs of its own; without
      `training` as many examples as the rarest class has windows (of the last batch of any other class, what goes with it).

  Returns:
    tf.data.Dataset of dicts: `inputs`, `outputs` float32 `[B, T, D]`, `lengths` int32 `[B]` (or `[B, segments]`), `labels` int32
    `[B]` if `classes`, `controls` `[B, T, C]` if the converter has them; with `one_of_each` a K after each B, and no `labels`;
    `tags` float32 `[B, G]`, 1 for each of the G `genres` that stands in the record's `genre` (such as `rock|pop`).

  Raises:
    DataError: no files, files of another converter, or fewer examples than a batch.
    ArgumentError: a batch size below 1, or transposition asked of a converter that has none.
  """
  if one_of_each:
    return _side_by_side([
        batches(pattern, converter, hparams, batch_size, training, seed, start_step, (name,), label, cache) for name in classes])
  source = _Source(pattern, converter, tuple(classes), label, cache, tuple(hparams.get('genres', ())))
  if batch_size < 1:
    raise errors.ArgumentError(f'batch_size={batch_size} is below 1')
  if training:
    rows = _training_rows(source, batch_size, seed, start_step)
  else:
    rows = source.in_order().batch(batch_size)
  transposer = transposition.Transposer.of(converter, hparams) if training else None

  def parse(step, serialized):
    return source.parse(serialized, transposer, _shifts(transposer, seed, step, batch_size) if transposer else None)

  numbered = tf.data.Dataset.zip((tf.data.Dataset.counter(start_step if training else 0), rows))
  parsed = numbered.map(parse, num_parallel_calls=_THREADS, deterministic=True).prefetch(4)
  return parsed.with_options(_options())


def _side_by_side(datasets):
  """Batches of K datasets -> batches whose arrays have an axis K after the first."""
  def stack(*parts):
    rows = tf.reduce_min(tf.stack([tf.shape(part['inputs'])[0] for part in parts]))
    return {name: tf.stack([part[name][:rows] for part in parts], 1) for name in parts[0] if name != 'labels'}
  return tf.data.Dataset.zip(*datasets).map(stack, num_parallel_calls=2, deterministic=True).with_options(_options())


def _training_rows(source, batch_size, seed, start_step):
  if source.num_examples < batch_size:
    raise errors.DataError(f'{source.num_examples} examples in {source.pattern!r}{source.dropped_text()}, fewer than a batch of {batch_size}; '
                           'prepare more windows or set batch_size lower')
  first_epoch, offset = divmod(start_step * batch_size, source.num_examples)
  epochs = tf.data.Dataset.counter(first_epoch).flat_map(lambda epoch: source.shuffled(seed, epoch))
  return epochs.skip(offset).batch(batch_size, drop_remainder=True)


def _options():
  options = tf.data.Options()
  options.deterministic = True
  options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
  options.threading.private_threadpool_size = _THREADS
  return options


def _label(serialized, name):
  return tf.io.parse_example(serialized, {name: tf.io.FixedLenFeature([], tf.string, '')})[name]


class _Source:
  """The files of a pattern: how many examples of the classes, their order in an epoch, and how a batch of them is parsed."""

  def __init__(self, pattern, converter, classes, label, cache, genres=()):
    self.pattern, self.converter, self.classes, self.label, self.genres = pattern, converter, classes, label, genres
    self.groups = _groups(tfrecords.expand(pattern))
    self.num_lengths = max(self._check_first(files) for files in self.groups)
    self.sizes = [sum(tfrecords.count(path) for path in files) for files in self.groups]
    self.num_records = sum(self.sizes)
    if self.num_records == 0:
      raise errors.DataError(f'no examples in {pattern!r}: every window was rejected when they were prepared (see the job\'s report)')
    small = sum(os.path.getsize(path) for files in self.groups for path in files) <= CACHE_BYTES
    self._raw = [self._records(files, cache and small) for files in self.groups]
    self.num_examples = self._count_kept() if classes else self.num_records

  def _check_first(self, files):
    for path in files:
      for serialized in tfrecords.read(path):
        features = wire.parse(serialized)
        records.check_format(features, self.converter, path)
        return len(features['lengths'])
    return 1

  def _records(self, files, cache):
    dataset = tf.data.TFRecordDataset(files)
    if self.classes:
      # Labels are read by batches of records: one call of the parser for many.
      dataset = dataset.batch(1024).map(self._only_classes, num_parallel_calls=1).unbatch()
    return dataset.cache() if cache else dataset

  def _only_classes(self, serialized):
    return tf.boolean_mask(serialized, self._class_index(_label(serialized, self.label)) >= 0)

  def _class_index(self, labels):
    """Strings `[B]` -> int32 `[B]`, -1 for none of the classes."""
    same = tf.equal(labels[:, tf.newaxis], tf.constant(self.classes)[tf.newaxis])  # [B, C]
    return tf.where(tf.reduce_any(same, -1), tf.argmax(same, -1, tf.int32), -1)

  def _count_kept(self):
    self.sizes = [int(raw.batch(4096).reduce(np.int64(0), lambda n, rows: n + tf.shape(rows, tf.int64)[0])) for raw in self._raw]
    return sum(self.sizes)

  def dropped_text(self):
    dropped = self.num_records - self.num_examples
    return f' ({dropped} more have a {self.label} that is none of {", ".join(self.classes)})' if dropped else ''

  def in_order(self):
    """Every example once, file by file."""
    dataset = self._raw[0]
    for more in self._raw[1:]:
      dataset = dataset.concatenate(more)
    return dataset

  def shuffled(self, seed, epoch):
    """One epoch: corpora mixed in proportion, then a bounded shuffle; a function of (seed, epoch)."""
    seeds = tf.random.stateless_uniform([2], tf.stack([tf.cast(seed, tf.int64), epoch]), 1, 2**62, tf.int64)
    kept = [(raw, size) for raw, size in zip(self._raw, self.sizes, strict=True) if size]
    mixed = kept[0][0] if len(kept) == 1 else _mixed(kept)
    return mixed.shuffle(min(SHUFFLE_BUFFER, self.num_examples), seed=seeds[0], reshuffle_each_iteration=False)

  def parse(self, serialized, transposer, shifts):
    """Records `[B]` -> batch, moved by `shifts` `[B]` semitones if there is a transposer."""
    names = {self.label} if self.classes else set()
    batch = records.parse_example(
        serialized, self.converter, self.num_lengths, tuple(names | {'genre'} if self.genres else names), dtype='uint8')
    if self.genres:
      batch['tags'] = _tags(batch['genre'], self.genres)
    if self.classes:
      batch['labels'] = self._class_index(batch[self.label])
    batch = {name: value for name, value in batch.items() if value.dtype != tf.string}
    if transposer:
      batch.update(_moved(batch, transposer, shifts))
    return {name: tf.cast(value, tf.float32) if value.dtype == tf.uint8 else value for name, value in batch.items()}


def _tags(texts, genres):
  """Strings `[B]` such as `rock|pop` -> float32 `[B, G]`."""
  tags = tf.strings.split(texts, '|').to_tensor('')  # [B, most tags]
  return tf.cast(tf.reduce_any(tf.equal(tags[:, :, tf.newaxis], tf.constant(genres)), 1), tf.float32)


def _shifts(transposer, seed, step, batch_size):
  """int32 `[B]` semitones for the rows of batch `step`, a function of (seed, step, row)."""
  key = tf.stack([tf.cast(seed, tf.int64), tf.cast(step, tf.int64)])
  return tf.random.stateless_uniform([batch_size], key, transposer.low, transposer.high + 1, tf.int32)


def _moved(batch, transposer, shifts):
  """The transposed arrays of a batch; see `transposition.complete_rows`."""
  moved = {'inputs': transposer.move(batch['inputs'], shifts, 'inputs')}
  for name in transposer.names[1:]:
    there = lambda name=name: transposer.move(batch[name], shifts, name)
    if name == 'outputs' and transposer.alike('inputs', 'outputs'):
      # Most converters give inputs for outputs: moved once.
      moved[name] = tf.cond(tf.reduce_all(tf.equal(batch['inputs'], batch['outputs'])), lambda: moved['inputs'], there)
    else:
      moved[name] = there()
  return transposition.complete_rows(batch, moved)


def _groups(files):
  """Files by the job that wrote them (the shards `NAME-00000-of-00004` and so on): each group is in random order already."""
  groups = {}
  for path in files:
    groups.setdefault(path.rsplit('-', 3)[0] if '-of-' in os.path.basename(path) else path, []).append(path)
  return list(groups.values())


def _mixed(kept):
  """Groups drawn from in proportion to their sizes, evenly through the epoch; one that has come to its end is passed over."""
  sizes = np.array([size for _, size in kept])
  share = np.maximum(1, np.round(sizes / sizes.sum() * 4096)).astype(int)
  # The k-th of a group's n places within a period stands at (k + 1/2) / n of it.
  position = np.concatenate([(np.arange(n) + .5) / n for n in share])
  group = np.repeat(np.arange(len(share)), share)
  period = group[np.argsort(position, kind='stable')].astype(np.int64)
  choices = tf.data.Dataset.from_tensor_slices(period).repeat()
  return tf.data.Dataset.choose_from_datasets([raw for raw, _ in kept], choices, stop_on_empty_dataset=False)
