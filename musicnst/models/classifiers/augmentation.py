"""What is done to a roll before a classifier sees it: notes dropped at random in training, density made one."""
from keras import ops

from musicnst.layers import noise

# Onsets a step to which `unit_density` scales; sixteenths of music for piano hold about this many.
TYPICAL_ONSETS = .5
# Rolls thinner than this (onsets a step) are not scaled up further, so that silence stays silence.
LEAST_ONSETS = .02


def drop_notes(rolls, rates, key):
  """Rolls `[B, T, 2 P]` (onset | sustain) without a random share `rates` `[B]` of each example's notes; a note goes with its sustain."""
  rolls = ops.cast(rolls, 'float32')
  keys = rolls.shape[-1] // 2
  onsets = rolls[..., :keys] > 0
  steps = ops.arange(1, ops.shape(rolls)[1] + 1, dtype='int32')[None, :, None]
  starts = ops.where(onsets, steps, ops.zeros_like(steps))
  # [B, T, P]: the step, counted from 1, at which the note that sounds here began.
  began = _running_maximum(starts)
  cells = ops.cast(began, 'int64') * 8191 + ops.arange(keys, dtype='int64')
  kept = ops.cast(noise.from_cells(key[:, None, None], cells) >= rates[:, None, None], 'float32')
  return rolls * ops.concatenate([kept, kept], axis=-1)


def _running_maximum(x):
  """Along the steps of `[B, T, P]`, by doubling: log2(T) passes."""
  shift, steps = 1, x.shape[1]
  while shift < steps:
    x = ops.maximum(x, ops.pad(x[:, :-shift], ((0, 0), (shift, 0), (0, 0))))
    shift *= 2
  return x


def unit_density(rolls, mask):
  """Rolls `[B, T, 2 P]` scaled so that every example has the same mean onsets over its valid steps (`mask` `[B, T]`)."""
  rolls, mask = ops.cast(rolls, 'float32'), ops.cast(mask, 'float32')
  onsets = ops.sum(rolls[..., :rolls.shape[-1] // 2], axis=-1) * mask  # [B, T]
  mean = ops.sum(onsets, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.)
  return rolls * (TYPICAL_ONSETS / ops.maximum(mean, LEAST_ONSETS))[:, None, None]
