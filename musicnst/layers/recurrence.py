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
  """One step: pre-activations `[B, 4 U]` and c `[B, U]` (float32) -> (h', c', activations `[B, 4 U]`)."""
  i, j, f, o = ops.split(gates, 4, axis=-1)
  i, j, f, o = ops.sigmoid(i), ops.tanh(j), ops.sigmoid(f + FORGET_BIAS), ops.sigmoid(o)
  cell = f * cell + i * j
  return o * ops.tanh(cell), cell, ops.concatenate([i, j, f, o], axis=-1)


def run(gates, kernel, state, valid=None, reverse=False):
  """All steps of one cell.

  Args:
    gates: `[T, B, 4 U]`, what inputs and bias give to the gates.
    kernel: `[U, 4 U]`, what the state gives.
    state: (c, h), each `[B, U]`.
    valid: `[T, B, 1]`, 1 where the step counts: elsewhere the state stands still and the output is 0; None if all count.
    reverse: whether to go from the last step to the first.

  Returns:
    (outputs `[T, B, U]`, (c, h) after the last step); outputs and h in the kernel's dtype, c float32.
  """
  cell, hidden = ops.cast(state[0], 'float32'), ops.cast(state[1], kernel.dtype)
  if valid is None:
    outputs, cell, hidden = _recurrence(reverse, False)(gates, kernel, cell, hidden)
  else:
    outputs, cell, hidden = _recurrence(reverse, True)(gates, kernel, cell, hidden, ops.cast(valid, 'float32'))
    outputs = outputs * ops.cast(valid, outputs.dtype)
  return outputs, (cell, hidden)


@functools.cache
def _recurrence(reverse, masked):
  """The differentiable loop for one direction: `(gates, kernel, c, h[, valid]) -> (h of all steps, c, h)`."""

  def forward(gates, kernel, cell, hidden, *valid):
    cells, hiddens, activations = _forward(gates, kernel, cell, hidden, valid[0] if masked else None, reverse)
    last = 0 if reverse else -1

    def backward(*upstream, **_):
      before = lambda first, rest: ops.concatenate(
          [rest[1:], first[None]] if reverse else [first[None], rest[:-1]], axis=0)
      grads = _backward(
          upstream, kernel, before(cell, cells), cells, activations, valid[0] if masked else None, reverse)
      d_gates, d_cell, d_hidden = grads
      d_gates = ops.cast(d_gates, kernel.dtype)
      previous = before(hidden, hiddens)
      flat = lambda x: ops.reshape(x, (-1, x.shape[-1]))
      d_kernel = ops.matmul(ops.transpose(flat(previous)), flat(d_gates))
      found = (ops.cast(d_gates, gates.dtype), d_kernel, d_cell, ops.cast(d_hidden, hidden.dtype))
      return (*found, ops.zeros_like(valid[0])) if masked else found

    return (hiddens, cells[last], hiddens[last]), backward

  return ops.custom_gradient(forward)


def _forward(gates, kernel, cell, hidden, valid, reverse):
  """(c `[T, B, U]`, h, activations `[T, B, 4 U]`) after each step."""

  def body(carry, x):
    cell, hidden, _ = carry
    pre = ops.cast(x[0], 'float32') + ops.cast(ops.matmul(hidden, kernel), 'float32')
    new_hidden, new_cell, activations = step(pre, cell)
    if valid is not None:
      new_cell = ops.where(x[1] > 0, new_cell, cell)
      new_hidden = ops.where(x[1] > 0, new_hidden, ops.cast(hidden, 'float32'))
    return new_cell, ops.cast(new_hidden, hidden.dtype), activations

  xs = (gates,) if valid is None else (gates, valid)
  empty = ops.zeros_like(ops.cast(gates[0], 'float32'))
  return loop(body, (cell, hidden, empty), xs, gates.shape[0], reverse)


def _backward(upstream, kernel, cells_before, cells, activations, valid, reverse):
  """(gradient of gates `[T, B, 4 U]` float32, of the first c, of the first h)."""
  d_hiddens, d_cell, d_hidden = (ops.cast(x, 'float32') for x in upstream)
  transposed = ops.transpose(kernel)

  def body(carry, x):
    _, d_cell, d_hidden = carry
    d_output, before, after, gates = x[:4]
    d_hidden = d_hidden + d_output
    now_hidden, now_cell = d_hidden, d_cell
    if valid is not None:
      now_hidden, now_cell = d_hidden * x[4], d_cell * x[4]
    i, j, f, o = ops.split(gates, 4, axis=-1)
    squashed = ops.tanh(after)
    now_cell = now_cell + now_hidden * o * (1 - squashed * squashed)
    d_gates = ops.concatenate([
        now_cell * j * (i * (1 - i)), now_cell * i * (1 - j * j), now_cell * before * (f * (1 - f)),
        now_hidden * squashed * (o * (1 - o))], axis=-1)
    new_hidden = ops.cast(ops.matmul(ops.cast(d_gates, kernel.dtype), transposed), 'float32')
    new_cell = now_cell * f
    if valid is not None:
      new_hidden, new_cell = new_hidden + d_hidden * (1 - x[4]), new_cell + d_cell * (1 - x[4])
    return d_gates, new_cell, new_hidden

  xs = (d_hiddens, cells_before, cells, activations) + (() if valid is None else (valid,))
  start = (ops.zeros_like(activations[0]), d_cell, d_hidden)
  d_gates, d_cells, d_states = loop(body, start, xs, cells.shape[0], not reverse)
  first = -1 if reverse else 0
  return d_gates, d_cells[first], d_states[first]


def loop(body, carry, xs, steps, reverse=False):
  """`carry = body(carry, x)` at each step; tuples of tensors.

  Args:
    body: `(carry, x) -> carry`.
    carry: tuple of tensors, the start.
    xs: tuple of tensors `[T, ...]`; x holds their rows. May be empty.
    steps: T, an int.
    reverse: whether to go from the last row to the first.

  Returns:
    tuple of `[T, ...]`, the carry after each step, in the order of the rows.
  """
  return ops.scan(lambda carry, x: (body(carry, x or ()),) * 2, carry, xs or None, length=steps, reverse=reverse)[1]
