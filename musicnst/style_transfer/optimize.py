"""The loop: Adam with tf.GradientTape on the tensor that an objective starts from, compiled once an objective."""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst.training import optimizers


@dataclasses.dataclass
class Outcome:
  """What the loop found.

  Args:
    variable: the optimized tensor, numpy.
    history: term -> list of floats, the mean over pieces, one an iteration; `total` is the sum that was minimized.
    snapshots: iteration -> numpy copy of the variable after that many steps.
    sums: of a loop that settled, the sum of the terms at `variable`, `[B]`.
  """

  variable: np.ndarray
  history: dict
  snapshots: dict
  sums: np.ndarray | None = None


# A loop that settles does so from this share of it on; its last step is `LAST_RATE` of the first.
SETTLING, LAST_RATE = .5, .2


def run(objective, start, context, num_steps, learning_rate=.08, snapshots=(), progress=None, settle=False, any_length=False):
  """Minimizes the sum of an objective's terms.

  Args:
    objective: has `terms(variable, context) -> {name: [B]}`, already weighted and differentiable. It is compiled once and kept, so it
      must take everything that changes from run to run from `context`; `context['progress']`, 0 to 1, says how far the loop is.
    start: array, first value of the variable, first axis pieces.
    context: nested dict of tensors; `progress` is added.
    num_steps: updates.
    learning_rate: Adam's.
    snapshots: iterations whose variable is kept.
    progress: called with (iteration, total) after each step; optional.
    settle: steps become smaller from half of the loop on, and each piece ends where its sum was least since then.
    any_length: `terms` is traced once for pieces of any length.

  Returns:
    Outcome.
  """
  variable = tf.convert_to_tensor(start)
  count = tf.shape(variable)[0]
  state = (variable, tf.zeros_like(variable), tf.zeros_like(variable), variable, tf.fill([count], np.float32(np.inf)))
  step = compiled_step(objective)
  if any_length:
    step = _for_any_length(step, state, {**context, 'progress': tf.constant(0.0)})
  rows, kept, names = [], {}, []
  for iteration in range(1, num_steps + 1):
    share = (iteration - 1) / num_steps
    context = {**context, 'progress': tf.constant(share, tf.float32)}
    rate = tf.constant(learning_rate * (_rate(share) if settle else 1.0), tf.float32)
    state, values = step(state, context, rate, tf.constant(iteration, tf.float32))
    names = sorted(values)
    rows.append([values[name] for name in names])
    if iteration in snapshots:
      kept[iteration] = state[0].numpy()
    if progress:
      progress(iteration, num_steps)
  table = np.array(rows, np.float64).reshape(len(rows), -1)
  history = {name: table[:, i].tolist() for i, name in enumerate(names)}
  history['total'] = table.sum(1).tolist()
  return Outcome(variable=state[3 if settle else 0].numpy(), history=history, snapshots=kept,
                 sums=state[4].numpy() if settle else None)


def _rate(share):
  """Of the first step size at this share of the loop."""
  return 1.0 if share <= SETTLING else 1.0 - (1.0 - LAST_RATE) * (share - SETTLING) / (1.0 - SETTLING)


def _for_any_length(step, state, context):
  """The step traced for any number and length of pieces, so that the next piece need not trace it again.

  Of tensors with three axes or more the first two are left open (pieces, steps or windows), of smaller ones all.
  """
  def open_spec(tensor):
    fixed = tensor.shape[2:] if tensor.shape.rank > 2 else tf.TensorShape([])
    return tf.TensorSpec(tf.TensorShape([None] * min(tensor.shape.rank, 2)).concatenate(fixed), tensor.dtype)

  scalar = tf.TensorSpec([], tf.float32)
  specs = tf.nest.map_structure(open_spec, (state, context))
  return step.get_concrete_function(*specs, scalar, scalar)


@functools.lru_cache(maxsize=16)
def compiled_step(objective):
  """One step of Adam as a tf.function of ((variable, mean, square, best variable, its sums), context, rate, iteration)."""

  @tf.function(reduce_retracing=True)
  def step(state, context, rate, iteration):
    variable, mean, square, best, least = state
    with tf.GradientTape() as tape:
      tape.watch(variable)
      values = objective.terms(variable, context)
      # Each piece minimizes its own sum: pieces side by side do not change each other's steps.
      sums = tf.add_n(list(values.values()))
      total = tf.reduce_sum(sums)
    gradient = tf.convert_to_tensor(tape.gradient(total, variable))
    better = tf.logical_and(sums < least, context['progress'] >= SETTLING)
    least = tf.where(better, sums, least)
    best = tf.where(tf.reshape(better, tf.concat([tf.shape(better), tf.ones(tf.rank(variable) - 1, tf.int32)], 0)), variable, best)
    variable, mean, square = optimizers.updated(variable, mean, square, gradient, rate, iteration)
    return (variable, mean, square, best, least), {name: tf.reduce_mean(value) for name, value in values.items()}

  return step
