"""Transposition on the fly: rows of a batch are moved by whole semitones, each by its own, decided by (seed, step, row) alone."""
import numpy as np
import tensorflow as tf

from musicnst import errors

# The arrays of a batch that pitch moves, as `Converter.transpose_index` names them.
_MOVED = ('inputs', 'outputs', 'controls')


class Transposer:
  """Tables of `transpose_index` for every shift from `low` to `high` semitones, applied to batches.

  A row whose notes would leave the converter's range is left where it is, so that no note is lost.
  """

  def __init__(self, converter, low, high):
    if low > high:
      raise errors.ArgumentError(f'transpose_low={low} is above transpose_high={high}')
    self.low, self.high = int(low), int(high)
    names = _MOVED if converter.control_depth else _MOVED[:2]
    self._tables = {name: self._table(converter, name) for name in names}

  @classmethod
  def of(cls, converter, hparams):
    """The transposer that `hparams.transpose_low` and `transpose_high` ask for, or None."""
    low, high = hparams.get('transpose_low', 0), hparams.get('transpose_high', 0)
    return cls(converter, low, high) if low or high else None

  def _table(self, converter, name):
    """int32 `[shifts, D]`: the cell each cell takes its value from, -1 for none."""
    try:
      return np.stack([converter.transpose_index(shift, name) for shift in range(self.low, self.high + 1)]).astype(np.int32)
    except ValueError as error:
      raise errors.ArgumentError(f'{converter.name} windows cannot be transposed ({error}); set transpose_low=0,transpose_high=0') from error

  def shifts(self, seed, step, batch_size):
    """int32 `[B]` semitones for the rows of batch `step`."""
    key = tf.stack([tf.cast(seed, tf.int64), tf.cast(step, tf.int64)])
    return tf.random.stateless_uniform([batch_size], key, self.low, self.high + 1, tf.int32)

  def move(self, batch, shifts):
    """A copy of `batch` with its rows moved by `shifts`, int32 `[B]`."""
    moved = {name: self._gather(batch[name], table, shifts) for name, table in self._tables.items()}
    whole = [tf.equal(tf.reduce_sum(batch[name], [1, 2]), tf.reduce_sum(moved[name], [1, 2])) for name in moved]
    kept = tf.reduce_all(tf.stack(whole), 0)[:, tf.newaxis, tf.newaxis]
    return {**batch, **{name: tf.where(kept, moved[name], batch[name]) for name in moved}}

  def _gather(self, array, table, shifts):
    """`[B, T, D]`, each row through its own permutation of the last axis; an extra column of zeros stands at index D."""
    depth = table.shape[1]
    index = tf.gather(tf.constant(np.where(table < 0, depth, table)), shifts - self.low)  # [B, D]
    padded = tf.pad(array, [[0, 0], [0, 0], [0, 1]])
    return tf.gather(padded, index, axis=2, batch_dims=1)
