"""How well logits explain an output: nats per step, before any sum over time."""
from keras import ops


def categorical_nats(logits, targets):
  """Softmax cross entropy, nats `[...]`, of `logits` against one-hot `targets`, both `[..., D]`."""
  logits = ops.cast(logits, 'float32')
  shifted = logits - ops.stop_gradient(ops.max(logits, axis=-1, keepdims=True))
  log_total = ops.log(ops.sum(ops.exp(shifted), axis=-1))
  return log_total - ops.sum(shifted * ops.cast(targets, 'float32'), axis=-1)


def bernoulli_nats(logits, targets):
  """Sigmoid cross entropy summed over the last axis, nats `[...]`, of `logits` against 0/1 `targets`, both `[..., D]`."""
  logits, targets = ops.cast(logits, 'float32'), ops.cast(targets, 'float32')
  return ops.sum(ops.maximum(logits, 0.) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits))), axis=-1)


def step_mask(lengths, steps):
  """float32 `[B, steps]`, 1 at the valid steps; int `lengths` `[B]`, or `[B, S]` for S segments of `steps / S` steps each."""
  if len(lengths.shape) == 1:
    return ops.cast(ops.arange(steps)[None] < ops.cast(lengths, 'int32')[:, None], 'float32')
  segments = lengths.shape[1]
  inside = ops.arange(steps // segments)[None, None] < ops.cast(lengths, 'int32')[:, :, None]  # [B, S, T/S]
  return ops.reshape(ops.cast(inside, 'float32'), (-1, steps))
