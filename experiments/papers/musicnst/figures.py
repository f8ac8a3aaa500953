"""The paper's figures of these experiments, as PNG."""
import numpy as np

from experiments import report
from musicnst.rendering import rolls

COLOURS = {'kept': '#555555', 'added': '#1f6fb4', 'removed': '#e8a0a0'}
TERMS = ('total', 'style', 'content', 'total_variation')


def tracks(path, pair, steps, title):
  """The paper's figure of tracks: piano rolls of the content, of what was written after some iterations, and of the style.

  Args:
    path: of the PNG.
    pair: pairs.Pair.
    steps: list of (label, NoteSequence), one a panel.
    title: of the whole.
  """
  content = pair.content.sequence
  panels = [(f'content: {pair.source}', content, None), *((label, sequence, content) for label, sequence in steps),
            (f'style: {pair.target}', pair.style.sequence, None)]
  lowest, highest = (f(n.pitch for _, s, _ in panels for n in s.notes) for f in (min, max))
  with report.panels(path, len(panels), 1, (9, 1.4), sharey=True) as (figure, axes):
    for axis, (name, sequence, reference) in zip(axes, panels):
      _roll(axis, sequence, reference)
      axis.set_ylim(lowest - 1, highest + 2)
      report.label(axis, size=7)
      axis.set_title(f'{name} ({len(sequence.notes)} notes)', fontsize=8, loc='left', pad=2)
    figure.suptitle(f'{title}; grey as in the content, blue added, red removed; seconds, MIDI pitch', fontsize=8)


def _roll(axis, sequence, reference):
  parts = {'kept': sequence.notes}
  if reference is not None:
    parts = dict(zip(('kept', 'added', 'removed'), rolls.compared(reference, sequence)))
  for name in ('removed', 'kept', 'added'):
    notes = parts.get(name, ())
    axis.barh([n.pitch for n in notes], [n.end_time - n.start_time for n in notes], 1, [n.start_time for n in notes], color=COLOURS[name])


def loss_curves(path, curves):
  """Figure 2: the terms of the loss by iteration, a panel an experiment; `curves` experiment -> optimizer -> term -> list."""
  with report.panels(path, len(curves), 2, (4.5, 3)) as (_, axes):
    for axis, (experiment, by_optimizer) in zip(axes, curves.items()):
      for optimizer, style in (('adam', '-'), ('l-bfgs', '--')):
        for term, colour in zip(TERMS, ('black', 'tab:red', 'tab:blue', 'tab:green')):
          values = by_optimizer.get(optimizer, {}).get(term, ())
          if np.any(np.asarray(values) > 0) and (optimizer == 'adam' or term == 'total'):
            axis.semilogy(range(1, len(values) + 1), values, style, color=colour, label=f'{term} ({optimizer})', linewidth=1)
      report.label(axis, experiment, 'iteration')


def classifier_curves(path, curves):
  """Figure 3: cross entropy and accuracy by step, a row a run; `curves` name -> `models.learning_curves`."""
  with report.figure(path, len(curves), 2, figsize=(9, 2.6 * len(curves))) as (_, axes):
    for row, (name, by_split) in zip(axes, curves.items()):
      for axis, kind in zip(row, ('loss', 'accuracy')):
        for split, values in by_split.items():
          if values.get(kind):
            axis.plot(*np.array(values[kind]).T, label=split, linewidth=1)
        report.label(axis, f'{name}: {"cross entropy, nats" if kind == "loss" else kind}', 'step')


def latents(path, found):
  """The distribution of z; `found` as `models.latent_distribution` gives it."""
  edges = np.array(found['edges'])
  middles, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
  with report.figure(path, 1, 3, figsize=(10, 3)) as (_, axes):
    values, deviations, divergence = axes[0]
    for name, title in (('mean_histogram', 'posterior means'), ('sample_histogram', 'samples'), ('normal', 'standard normal')):
      values.plot(middles, np.array(found[name]) / width, label=title, linewidth=1)
    deviations.plot(found['std_by_dimension'], label='of the means')
    deviations.plot(found['stddev_by_dimension'], label='of the posterior')
    divergence.plot(found['kl_nats_by_dimension'])
    report.label(values, 'values of z, all dimensions: density')
    report.label(deviations, 'deviation by dimension, sorted')
    report.label(divergence, 'KL by dimension, nats, sorted')
    for axis in axes[0]:
      axis.set_ylim(bottom=0)


def sweep(path, table, columns):
  """What the ratio of content to style does.

  Args:
    table: experiment -> ratio -> column -> mean.
    columns: {column: title}, one panel each.
  """
  with report.panels(path, len(columns), len(columns), (3, 3)) as (_, axes):
    for axis, (column, title) in zip(axes, columns.items()):
      for experiment, by_ratio in table.items():
        values = [row[column] for row in by_ratio.values()]
        axis.plot(list(by_ratio), [np.nan if value is None else value for value in values], 'o-', markersize=3, linewidth=1, label=experiment)
      report.label(axis, title, 'content : style', size=7)
    for axis in axes[1:]:
      axis.get_legend().remove()
