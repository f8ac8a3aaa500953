"""Transposition on the fly: rows of a batch are moved by whole semitones, each by its own, decided by (seed, step, row) alone."""
import numpy as np
import tensorflow as tf

from musicnst import errors

# The arrays of a batch that pitch moves, as `Converter.transpose_index` names them.
_MOVED = ('inputs', 'outputs', 'controls')


class Transposer:
  """Tables of `transpose_index` for every shift from `low` to `high` semitones, applied to batches.

  The caller leaves a row of which cells would be lost where it is: no note leaves the converter's range.
  """

  def __init__(self, converter, low, high):
    if low > high:
      raise errors.ArgumentError(f'transpose_low={low} is above transpose_high={high}')
    self.low, self.high = int(low), int(high)
    self.names = _MOVED if converter.control_depth else _MOVED[:2]
    self._tables = {name: self._table(converter, name) for name in self.names}
    self._unmoved = converter.unmoved_segments

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

  def alike(self, name, other):
    """Whether two arrays are moved by the same table."""
    return np.array_equal(self._tables[name], self._tables[other])

  def shifts(self, seed, step, batch_size):
    """int32 `[B]` semitones for the rows of batch `step`."""
    key = tf.stack([tf.cast(seed, tf.int64), tf.cast(step, tf.int64)])
    return tf.random.stateless_uniform([batch_size], key, self.low, self.high + 1, tf.int32)

  def move(self, array, shifts, name='inputs'):
    """uint8 `[B, T, D]` -> (its rows moved by `shifts` int32 `[B]` semitones, bool `[B]`: no cell of the row was lost)."""
    table = self._tables[name]
    depth = table.shape[1]
    steps, batch_size = tf.shape(array)[1], tf.shape(array)[0]
    # Cells in front, steps behind, so that a cell is moved as one stretch of memory; cell D is the empty one.
    cells = tf.transpose(tf.pad(array, [[0, 0], [0, 0], [0, 1]]), [0, 2, 1])  # [B, T, D + 1] -> [B, D + 1, T]
    index = tf.gather(tf.constant(np.where(table < 0, depth, table)), shifts - self.low)  # [B, D]
    index += tf.range(batch_size)[:, tf.newaxis] * (depth + 1)
    moved = tf.gather(tf.reshape(cells, [-1, steps]), tf.reshape(index, [-1]))
    moved = tf.transpose(tf.reshape(moved, [batch_size, depth, steps]), [0, 2, 1])
    if self._unmoved and name != 'controls':
      moved = tf.where(self._stays(array, steps), array, moved)
    return tf.ensure_shape(moved, array.shape), tf.equal(_cells_on(array), _cells_on(moved))


  def _stays(self, array, steps):
    """bool `[B, T, 1]`: steps of segments that are never moved (`Converter.unmoved_segments`)."""
    rows, cell = self._unmoved
    first = array[:, ::rows, cell] > 0  # [B, segments]
    return tf.repeat(first, rows, axis=1)[:, :steps, tf.newaxis]


def _cells_on(array):
  """uint8 `[B, T, D]` -> int32 `[B]`."""
  return tf.reduce_sum(tf.cast(array, tf.int32), [1, 2])
