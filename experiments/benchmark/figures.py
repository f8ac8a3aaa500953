"""Curves of strength over content change, one picture a direction, methods as lines and controls as thin lines and points."""
import math

from experiments.benchmark import tables
from musicnst import files


def curves(summaries, path):
  """Writes a PNG of the lowest judge's strength over content change; the panel of means has the methods that ran in every direction.

  Args:
    summaries: (label, strength) -> `tables.summarize`.
    path: of the PNG.
  """
  import matplotlib  # heavy, and only needed here
  matplotlib.use('Agg')
  from matplotlib import pyplot
  directions = list(dict.fromkeys(d for table in summaries.values() for d in table))
  everywhere = {label for (label, _), table in summaries.items() if len(table) == len(directions)}
  columns = min(len(directions), 4)
  figure, axes = pyplot.subplots(math.ceil(len(directions) / columns), columns, squeeze=False, sharex=True, sharey=True, figsize=(
      4 * columns, 3.4 * math.ceil(len(directions) / columns)))
  labels = list(dict.fromkeys(label for label, _ in summaries))
  colors = pyplot.get_cmap('tab10' if len(labels) <= 10 else 'tab20').colors
  lines = {}
  for axis, direction in zip(axes.flat, directions):
    for number, label in enumerate(labels):
      points = sorted((table[direction]['content_change']['mean'], table[direction]['lowest']['mean'])
                      for (name, _), table in summaries.items() if name == label and direction in table)
      if not points or direction == 'mean' and label not in everywhere:
        continue
      control = label in tables.CONTROLS
      lines[label], = axis.plot(
          *zip(*points), marker='x' if control else 'o', markersize=5, linewidth=.8 if control else 3 if number == 0 else 1.5,
          linestyle='--' if control else '-', color=colors[number % len(colors)])
    axis.set_title(direction)
    axis.axvline(.6, color='grey', linewidth=.5)
    axis.grid(alpha=.3)
  for axis in axes[-1]:
    axis.set_xlabel('content change')
  for row in axes:
    row[0].set_ylabel("lowest judge's strength")
  axes[0][0].set_xlim(0, 2)
  for axis in axes.flat[len(directions):]:
    axis.set_visible(False)
  named = {label: lines[label] for label in labels if label in lines}
  figure.legend(named.values(), named, loc='lower center', ncol=min(len(named), 6), fontsize=8)
  figure.tight_layout(rect=(0, .1, 1, 1))
  with files.atomic_path(path) as temporary:
    figure.savefig(temporary, dpi=100, format='png')
  pyplot.close(figure)
