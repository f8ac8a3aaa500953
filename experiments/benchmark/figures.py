"""Curves of strength over content change, one picture a direction, methods as lines and controls as thin lines and points."""
from experiments import report
from experiments.benchmark import tables


def curves(summaries, path):
  """Writes a PNG of the lowest judge's strength over content change; the panel of means has the methods that ran in every direction.

  Args:
    summaries: (label, strength) -> `tables.summarize`.
    path: of the PNG.
  """
  directions = list(dict.fromkeys(d for table in summaries.values() for d in table))
  everywhere = {label for (label, _), table in summaries.items() if len(table) == len(directions)}
  labels, lines = list(dict.fromkeys(label for label, _ in summaries)), {}
  colors = report.pyplot().get_cmap('tab10' if len(labels) <= 10 else 'tab20').colors
  with report.panels(path, len(directions), 4, (4, 3.4), sharex=True, sharey=True, rect=(0, .1, 1, 1)) as (figure, axes):
    for axis, direction in zip(axes, directions):
      for number, label in enumerate(labels):
        points = sorted((table[direction]['content_change']['mean'], table[direction]['lowest']['mean'])
                        for (name, _), table in summaries.items() if name == label and direction in table)
        if points and (direction != 'mean' or label in everywhere):
          lines[label], = axis.plot(*zip(*points), markersize=5, color=colors[number % len(colors)], **_style(label, number == 0))
      report.label(axis, direction, 'content change', "lowest judge's strength")
      axis.label_outer()
      axis.axvline(.6, color='grey', linewidth=.5)
      axis.grid(alpha=.3)
    axes[0].set_xlim(0, 2)
    named = {label: lines[label] for label in labels if label in lines}
    figure.legend(named.values(), named, loc='lower center', ncol=min(len(named), 6), fontsize=8)


def _style(label, first):
  """Of a line: controls are thin and dashed, the first method is thick."""
  if label in tables.CONTROLS:
    return {'marker': 'x', 'linewidth': .8, 'linestyle': '--'}
  return {'marker': 'o', 'linewidth': 3 if first else 1.5}
