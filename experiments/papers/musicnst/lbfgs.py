"""L-BFGS on the paper's objective, as in the published code, to compare with the Adam of the methods."""
import numpy as np
from scipy import optimize as scipy_optimize
import tensorflow as tf

from musicnst.style_transfer import optimize


def run(objective, prepared, settings):
  """Minimizes a prepared task by SciPy's L-BFGS-B without bounds.

  Args:
    objective: paper_objective.PaperObjective.
    prepared: paper_method.Prepared of one row.
    settings: request.Settings; `num_steps` evaluations of the objective, `snapshots` counted in them.

  Returns:
    optimize.Outcome; `history` has an entry an evaluation, its lowest so far, and `snapshots` the variable of that one.
  """
  search = _Search(objective, prepared, settings)
  shape = prepared.start.shape
  try:
    scipy_optimize.minimize(
        search.evaluate, prepared.start.ravel().astype(np.float64), jac=True, method='L-BFGS-B',
        options={'maxfun': settings.num_steps, 'maxiter': settings.num_steps, 'ftol': 0, 'gtol': 0})
  except _Enough:
    pass
  search.fill()
  history = {name: [row[name] for row in search.rows] for name in search.rows[0]}
  return optimize.Outcome(search.best.reshape(shape), history, {i: kept.reshape(shape) for i, kept in search.kept.items()})


class _Enough(Exception):
  """The evaluations are used up."""


class _Search:
  """Counts evaluations and keeps the best variable."""

  def __init__(self, objective, prepared, settings):
    self.shape, self.settings = prepared.start.shape, settings
    self.rows, self.kept, self.best, self.lowest = [], {}, prepared.start.ravel(), np.inf
    context = {**prepared.context, 'progress': tf.constant(0.0)}

    @tf.function
    def gradient(variable):
      with tf.GradientTape() as tape:
        tape.watch(variable)
        terms = objective.terms(variable, context)
        total = tf.add_n([tf.reduce_sum(value) for value in terms.values()])
      return tape.gradient(total, variable), {name: tf.reduce_sum(value) for name, value in terms.items()}

    self._gradient = gradient

  def evaluate(self, flat):
    """float64 `[N]` -> (objective, gradient)."""
    if len(self.rows) >= self.settings.num_steps:
      raise _Enough
    gradient, terms = self._gradient(tf.constant(flat.reshape(self.shape), tf.float32))
    values = {name: float(value) for name, value in terms.items()}
    total = sum(values.values())
    if total < self.lowest:
      self.lowest, self.best, self.best_row = total, flat.copy().astype(np.float32), {**values, 'total': total}
    self.rows.append(self.best_row)
    if len(self.rows) in self.settings.snapshots:
      self.kept[len(self.rows)] = self.best
    return total, gradient.numpy().ravel().astype(np.float64)

  def fill(self):
    """A search that ended early stays where it is."""
    for iteration in self.settings.snapshots:
      self.kept.setdefault(iteration, self.best)
    self.rows += [self.rows[-1]] * (self.settings.num_steps - len(self.rows))
