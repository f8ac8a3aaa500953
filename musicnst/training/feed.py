"""Global batches on their way to the replicas: seeds are added, rows are dealt out, the last batch of an evaluation is filled up.

A global batch is the same whatever the strategy; a replica only ever sees its consecutive share of the rows. So the number of replicas
or of processes changes nothing but the speed.
"""
import tensorflow as tf

from musicnst import errors


def training_feed(strategy, batches, batch_size, seed, start_step=0):
  """Iterator-able of what `strategy.run` takes: `batches` with `seeds` int32 `[B]`, dealt to the replicas.

  Args:
    batches: `tf.data.Dataset` of dicts of tensors `[batch_size, ...]`.
    seed, start_step: the seeds are a function of them and of the row.
  """
  seeded = batches.enumerate(start=start_step).map(
      lambda step, batch: {**batch, 'seeds': _seeds(seed, step, batch_size)}, num_parallel_calls=2, deterministic=True)
  return _dealt(strategy, seeded, batch_size)


def evaluation_feed(strategy, batches, batch_size, seed=0):
  """As `training_feed` for a finite dataset whose last batch may be short: it is filled with repetitions whose `weights` `[B]` are 0."""
  filled = batches.map(lambda batch: _filled(batch, batch_size))
  seeded = filled.enumerate().map(lambda step, batch: {**batch, 'seeds': _seeds(seed, step, batch_size)})
  return _dealt(strategy, seeded, batch_size)


def _seeds(seed, step, batch_size):
  """int32 `[B]`, not negative: a number for each row, different at each step."""
  pair = tf.stack([tf.cast(seed, tf.int64), tf.cast(step, tf.int64)])
  return tf.random.stateless_uniform([batch_size], pair, minval=0, maxval=2**31 - 1, dtype=tf.int32)


def _filled(batch, batch_size):
  rows = tf.shape(next(iter(batch.values())))[0]
  index = tf.minimum(tf.range(batch_size), rows - 1)
  weights = tf.cast(tf.range(batch_size) < rows, tf.float32)
  filled = {name: tf.ensure_shape(tf.gather(value, index), [batch_size] + value.shape[1:]) for name, value in batch.items()}
  return {**filled, 'weights': weights}


def _dealt(strategy, batches, batch_size):
  replicas = strategy.num_replicas_in_sync
  if batch_size % replicas:
    raise errors.ArgumentError(f'batch_size {batch_size} cannot be divided over {replicas} replicas; choose a multiple of {replicas}')
  if replicas == 1:
    return batches.prefetch(2)
  share = batch_size // replicas

  def dataset_fn(context):
    local = context.num_replicas_in_sync // context.num_input_pipelines
    first = context.input_pipeline_id * local * share

    def split(batch):  # [B, ...] -> [local replicas, B / replicas, ...]
      return {name: tf.reshape(value[first:first + local * share], [local, share] + value.shape[1:]) for name, value in batch.items()}

    return batches.map(split, num_parallel_calls=2, deterministic=True).unbatch().prefetch(2 * local)

  return strategy.distribute_datasets_from_function(dataset_fn)
