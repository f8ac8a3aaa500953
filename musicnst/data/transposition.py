"""Transposition by whole semitones under every backend of Keras: rows of a batch of windows, each by its own, and the keys of a roll."""
from keras import ops
import numpy as np

from musicnst import errors

# The arrays of a batch that pitch moves, as `Converter.transpose_index` names them.
_MOVED = ('inputs', 'outputs', 'controls')


class Transposer:
  """Tables of `transpose_index` for every shift from `low` to `high` semitones, applied to batches."""

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
    """int32 `[shifts, D]`: the cell each cell takes its value from, D (an empty one) for none."""
    try:
      table = np.stack([converter.transpose_index(shift, name) for shift in range(self.low, self.high + 1)]).astype(np.int32)
    except ValueError as error:
      raise errors.ArgumentError(f'{converter.name} windows cannot be transposed ({error}); set transpose_low=0,transpose_high=0') from error
    return np.where(table < 0, table.shape[1], table)

  def alike(self, name, other):
    """Whether two arrays are moved by the same table."""
    return np.array_equal(self._tables[name], self._tables[other])

  def move(self, array, shifts, name='inputs'):
    """`[B, T, D]` of 0 and 1 -> (its rows moved by `shifts` int32 `[B]` semitones, bool `[B]`: no cell of the row was lost)."""
    table = self._tables[name]
    (batch_size, steps, _), depth = ops.shape(array), table.shape[1]
    # Cells in front, steps behind, so that a cell is moved as one stretch of memory; cell D is the empty one.
    cells = ops.transpose(ops.pad(array, ((0, 0), (0, 0), (0, 1))), (0, 2, 1))  # [B, T, D + 1] -> [B, D + 1, T]
    index = ops.take(table, shifts - self.low, axis=0)  # [B, D]
    index = index + ops.arange(batch_size, dtype='int32')[:, None] * (depth + 1)
    moved = ops.take(ops.reshape(cells, (-1, steps)), ops.reshape(index, (-1,)), axis=0)
    moved = ops.transpose(ops.reshape(moved, (batch_size, depth, steps)), (0, 2, 1))
    if self._unmoved and name != 'controls':
      moved = ops.where(self._stays(array, steps), array, moved)
    return moved, ops.equal(_cells_on(array), _cells_on(moved))

  def _stays(self, array, steps):
    """bool `[B, T, 1]`: steps of segments that are never moved (`Converter.unmoved_segments`)."""
    rows, cell = self._unmoved
    first = array[:, ::rows, cell] > 0  # [B, segments]
    return ops.repeat(first, rows, axis=1)[:, :steps, None]


def complete_rows(batch, moved):
  """The arrays of a batch after `moved`, name -> what `Transposer.move` gave: a row of which any array lost a cell is left as it is, so that
  no note leaves the converter's range."""
  complete = ops.all(ops.stack([whole for _, whole in moved.values()]), axis=0)[:, None, None]
  return {name: ops.where(complete, array, batch[name]) for name, (array, _) in moved.items()}


def shift_keys(cells, semitones, reach):
  """Cells of keys `[..., P]` transposed by `semitones`, a scalar of at most `reach` up or down; what leaves the keyboard is gone."""
  keys = cells.shape[-1]
  room = ops.pad(cells, [(0, 0)] * (len(cells.shape) - 1) + [(reach, reach)])
  return room[..., reach - semitones:reach - semitones + keys]


def _cells_on(array):
  """`[B, T, D]` of 0 and 1 -> int32 `[B]`."""
  return ops.sum(ops.cast(array, 'int32'), axis=(1, 2))
