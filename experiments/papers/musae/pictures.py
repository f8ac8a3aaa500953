"""The pictures of the experiments on MusAE."""
import contextlib
import math

import numpy as np

from musicnst import files


@contextlib.contextmanager
def _figure(path, *args, **kwargs):
  """(pyplot, figure, axes) of a PNG that is written when done."""
  import matplotlib  # heavy, and only needed here
  matplotlib.use('Agg')
  from matplotlib import pyplot
  figure, axes = pyplot.subplots(*args, **kwargs)
  try:
    yield pyplot, figure, axes
    figure.tight_layout()
    with files.atomic_path(path) as temporary:
      figure.savefig(temporary, dpi=100, format='png')
  finally:
    pyplot.close(figure)


def heat_map(changes, marks, path):
  """Relative changes of metrics by component.

  Args:
    changes: {metric: float `[C]`}.
    marks: {component: name} of the genres' components.
    path: of the PNG.
  """
  table = np.stack(list(changes.values()))
  bound = max(float(np.quantile(np.abs(table), .98)), 1e-6)
  with _figure(path, figsize=(11, .32 * len(changes) + 1.6)) as (_, figure, axis):
    shown = axis.imshow(table, cmap='RdBu_r', vmin=-bound, vmax=bound, aspect='auto')
    axis.set_yticks(range(len(changes)), list(changes), fontsize=8)
    axis.set_xticks(range(table.shape[1]), [f'{i}\n{marks[i]}' if i in marks else str(i) for i in range(table.shape[1])], fontsize=7)
    axis.set_xlabel('Gaussian')
    figure.colorbar(shown, label='relative difference from the mean of all')


def curves(lines, x_label, y_label, path):
  """Lines of equal or different x: {label: (x, y)}; labels with 'data' in them are dashed."""
  with _figure(path, figsize=(7, 4.6)) as (_, _, axis):
    for label, (x, y) in lines.items():
      axis.plot(x, y, '--' if 'data' in label else '-o', markersize=3, label=label)
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.grid(alpha=.3)
    axis.legend(fontsize=8)


def scatters(pairs, path):
  """Points of two genres in a plane, a panel a pair: {(first, second): (points `[N, 2]`, points `[M, 2]`, text)}."""
  columns = min(3, len(pairs))
  rows = math.ceil(len(pairs) / columns)
  with _figure(path, rows, columns, figsize=(4 * columns, 3.6 * rows), squeeze=False) as (_, _, axes):
    for axis, (names, (first, second, text)) in zip(axes.flat, pairs.items()):
      axis.scatter(*first.T, s=8, marker='o', label=names[0])
      axis.scatter(*second.T, s=12, marker='x', label=names[1])
      axis.set_title(f'{names[0]} and {names[1]}: {text}', fontsize=9)
      axis.legend(fontsize=7)
    for axis in list(axes.flat)[len(pairs):]:
      axis.set_visible(False)
