"""The pictures of the experiments on MusAE."""
import numpy as np

from experiments import report


def heat_map(changes, marks, path):
  """Relative changes of metrics by component.

  Args:
    changes: {metric: float `[C]`}.
    marks: {component: name} of the genres' components.
    path: of the PNG.
  """
  table = np.stack(list(changes.values()))
  bound = max(float(np.quantile(np.abs(table), .98)), 1e-6)
  with report.figure(path, figsize=(11, .32 * len(changes) + 1.6)) as (figure, axes):
    axis = axes[0, 0]
    report.label(axis, x='Gaussian')
    shown = axis.imshow(table, cmap='RdBu_r', vmin=-bound, vmax=bound, aspect='auto')
    axis.set_yticks(range(len(changes)), list(changes), fontsize=8)
    axis.set_xticks(range(table.shape[1]), [f'{i}\n{marks[i]}' if i in marks else str(i) for i in range(table.shape[1])], fontsize=7)
    figure.colorbar(shown, label='relative difference from the mean of all')


def curves(lines, x_label, y_label, path):
  """Lines of equal or different x: {label: (x, y)}; labels with 'data' in them are dashed."""
  with report.figure(path, figsize=(7, 4.6)) as (_, axes):
    axis = axes[0, 0]
    for label, (x, y) in lines.items():
      axis.plot(x, y, '--' if 'data' in label else '-o', markersize=3, label=label)
    report.label(axis, '', x_label, y_label)
    axis.grid(alpha=.3)


def scatters(pairs, path):
  """Points of two genres in a plane, a panel a pair: {(first, second): (points `[N, 2]`, points `[M, 2]`, text)}."""
  with report.panels(path, len(pairs), 3, (4, 3.6)) as (_, axes):
    for axis, (names, (first, second, text)) in zip(axes, pairs.items()):
      axis.scatter(*first.T, s=8, marker='o', label=names[0])
      axis.scatter(*second.T, s=12, marker='x', label=names[1])
      report.label(axis, f'{names[0]} and {names[1]}: {text}')
