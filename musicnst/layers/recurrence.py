"""The recurrence of one LSTM over time, with its gradient written out.

What does not depend on the state (the products of inputs, latents and controls) comes in ready for all steps; only `h @ kernel` and the
gates are left in the loop. Backwards, the loop collects the gates' gradients and the kernel's gradient is one product over all steps,
where automatic differentiation would add up one product a step.

Magenta's LSTMBlockCell (Hochreiter and Schmidhuber 1997; gates in the order i, j, f, o; 1.0 added to f):
  c' = sigmoid(f + 1) c + sigmoid(i) tanh(j),  h' = sigmoid(o) tanh(c').
"""
import functools

from keras import ops

FORGET_BIAS = 1.0


def step(gates, cell):
  """One step: pre-activations `[B, 4 U]` and c `[B, U]` (float32) -> (h', c', (i, j, f, o, tanh(c')), each `[B, U]`)."""
  i, j, f, o = ops.split(gates, 4, axis=-1)
  i, j, f, o = ops.sigmoid(i), ops.tanh(j), ops.sigmoid(f + FORGET_BIAS), ops.sigmoid(o)
  cell = f * cell + i * j
  squashed = ops.tanh(cell)
  return o * squashed, cell, (i, j, f, o, squashed)


def run(gates, still, kernel, state, valid=None, reverse=False):
  """All steps of one cell.

  Args:
    gates: `[T, B, 4 U]`, what the inputs give to the gates at each step.
    still: `[B, 4 U]`, what bias and inputs constant in time give.
    kernel: `[U, 4 U]`, what the state gives.
    state: (c, h), each `[B, U]`.
    valid: `[T, B, 1]`, 1 where the step counts: elsewhere the state stands still and the output is 0; None if all count.
    reverse: whether to go from the last step to the first.

  Returns:
    (outputs `[T, B, U]`, (c, h) after the last step); outputs and h in the kernel's dtype, c float32.
  """
  cell, hidden = ops.cast(state[0], 'float32'), ops.cast(state[1], kernel.dtype)
  if valid is None:
    outputs, cell, hidden = _recurrence(reverse, False)(gates, still, kernel, cell, hidden)
  else:
    outputs, cell, hidden = _recurrence(reverse, True)(gates, still, kernel, cell, hidden, ops.cast(valid, 'float32'))
    outputs = outputs * ops.cast(valid, outputs.dtype)
  return outputs, (cell, hidden)


@functools.cache
def _recurrence(reverse, masked):
  """The differentiable loop for one direction: `(gates, still, kernel, c, h[, valid]) -> (h of all steps, c, h)`."""

  def forward(gates, still, kernel, cell, hidden, *valid):
    mask = valid[0] if masked else None
    hiddens, kept, last_cell, last_hidden = _forward(gates, still, kernel, cell, hidden, mask, reverse)

    def backward(*upstream, **_):
      upstream = upstream[0] if len(upstream) == 1 else upstream  # JAX hands over the three as one tuple
      d_gates, d_cell, d_hidden = _backward(upstream, kernel, kept, mask, reverse)
      first = hidden[None]
      before = ops.concatenate([hiddens[1:], first] if reverse else [first, hiddens[:-1]], axis=0)
      flat = lambda x: ops.reshape(x, (-1, x.shape[-1]))
      d_kernel = ops.matmul(ops.transpose(flat(before)), flat(d_gates))
      d_still = ops.cast(ops.sum(d_gates, axis=0), still.dtype)
      found = (ops.cast(d_gates, gates.dtype), d_still, d_kernel, d_cell, ops.cast(d_hidden, hidden.dtype))
      return (*found, ops.zeros_like(mask)) if masked else found

    return (hiddens, last_cell, last_hidden), backward

  return ops.custom_gradient(forward)


def _forward(gates, still, kernel, cell, hidden, valid, reverse):
  """(h `[T, B, U]`, what each step keeps for its gradient `[T, B, 6 U]` in the kernel's dtype, last c, last h)."""
  still = ops.cast(still, 'float32')

  def body(carry, x):
    cell, hidden, _ = carry
    pre = ops.cast(x[0], 'float32') + still + ops.cast(ops.matmul(hidden, kernel), 'float32')
    new_hidden, new_cell, activations = step(pre, cell)
    kept = ops.cast(ops.concatenate([*activations, cell], axis=-1), kernel.dtype)
    if valid is not None:
      new_cell = ops.where(x[1] > 0, new_cell, cell)
      new_hidden = ops.where(x[1] > 0, new_hidden, ops.cast(hidden, 'float32'))
    return new_cell, ops.cast(new_hidden, hidden.dtype), kept

  xs = (gates,) if valid is None else (gates, valid)
  empty = ops.zeros((ops.shape(cell)[0], 6 * cell.shape[-1]), kernel.dtype)
  (cell, hidden, _), (_, hiddens, kept) = scan(body, (cell, hidden, empty), xs, gates.shape[0], reverse)
  return hiddens, kept, cell, hidden


def _backward(upstream, kernel, kept, valid, reverse):
  """(gradient of gates `[T, B, 4 U]` in the kernel's dtype; of the first c and h, float32)."""
  d_hiddens, d_cell, d_hidden = upstream
  transposed = ops.transpose(kernel)

  def body(carry, x):
    _, d_cell, d_hidden = carry
    d_hidden = d_hidden + ops.cast(x[0], 'float32')
    now_hidden, now_cell = d_hidden, d_cell
    if valid is not None:
      now_hidden, now_cell = d_hidden * x[2], d_cell * x[2]
    i, j, f, o, squashed, before = ops.split(ops.cast(x[1], 'float32'), 6, axis=-1)
    through = now_cell + now_hidden * o * (1 - squashed * squashed)
    d_gates = ops.cast(ops.concatenate([
        through * j * (i * (1 - i)), through * i * (1 - j * j), through * before * (f * (1 - f)),
        now_hidden * squashed * (o * (1 - o))], axis=-1), kernel.dtype)
    new_hidden, new_cell = ops.cast(ops.matmul(d_gates, transposed), 'float32'), through * f
    if valid is not None:
      new_hidden, new_cell = new_hidden + (d_hidden - now_hidden), new_cell + (d_cell - now_cell)
    return d_gates, new_cell, new_hidden

  xs = (d_hiddens, kept) + (() if valid is None else (valid,))
  empty = ops.zeros((ops.shape(d_cell)[0], kernel.shape[-1]), kernel.dtype)
  start = (empty, ops.cast(d_cell, 'float32'), ops.cast(d_hidden, 'float32'))
  (_, d_cell, d_hidden), (d_gates, _, _) = scan(body, start, xs, kept.shape[0], not reverse)
  return d_gates, d_cell, d_hidden


def scan(body, carry, xs, steps, reverse=False):
  """`carry = body(carry, x)` at each step; tuples of tensors.

  Args:
    body: `(carry, x) -> carry`.
    carry: tuple of tensors, the start.
    xs: tuple of tensors `[T, ...]`; x holds their rows. May be empty.
    steps: T, an int.
    reverse: whether to go from the last row to the first.

  Returns:
    (the last carry, tuple of `[T, ...]`: the carry after each step, in the order of the rows).
  """
  return ops.scan(lambda carry, x: (body(carry, x or ()),) * 2, carry, xs or None, length=steps, reverse=reverse)


def loop(body, carry, xs, steps):
  """As `scan`; only the carries after each step."""
  return scan(body, carry, xs, steps)[1]
