"""The paper's figures of these experiments, as PNG."""
import matplotlib
matplotlib.use('agg')
from matplotlib import pyplot  # noqa: E402  (after the choice of backend)
import numpy as np  # noqa: E402

from musicnst import files  # noqa: E402
from musicnst.rendering import rolls  # noqa: E402

COLOURS = {'kept': '#555555', 'added': '#1f6fb4', 'removed': '#e8a0a0'}
TERMS = ('total', 'style', 'content', 'total_variation')
DPI = 90


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
  figure, axes = pyplot.subplots(len(panels), 1, figsize=(9, 1.35 * len(panels) + .4), sharey=True)
  lowest, highest = (f(n.pitch for _, s, _ in panels for n in s.notes) for f in (min, max))
  for axis, (label, sequence, reference) in zip(axes, panels):
    _roll(axis, sequence, reference)
    axis.set_ylim(lowest - 1, highest + 2)
    axis.set_title(f'{label} ({len(sequence.notes)} notes)', fontsize=8, loc='left', pad=2)
    axis.tick_params(labelsize=6)
  figure.suptitle(f'{title}; grey as in the content, blue added, red removed; seconds, MIDI pitch', fontsize=8)
  _save(figure, path)


def _roll(axis, sequence, reference):
  parts = {'kept': sequence.notes}
  if reference is not None:
    parts = dict(zip(('kept', 'added', 'removed'), rolls.compared(reference, sequence)))
  for name in ('removed', 'kept', 'added'):
    notes = parts.get(name, ())
    axis.barh([n.pitch for n in notes], [n.end_time - n.start_time for n in notes], 1, [n.start_time for n in notes], color=COLOURS[name])


def loss_curves(path, curves):
  """Figure 2: the terms of the loss by iteration, a panel an experiment; `curves` experiment -> optimizer -> term -> list."""
  columns = min(2, len(curves))
  figure, axes = pyplot.subplots(-(-len(curves) // 2), columns, figsize=(4.5 * columns, 3 * -(-len(curves) // 2)), squeeze=False)
  for axis, (experiment, by_optimizer) in zip(axes.ravel(), curves.items()):
    for optimizer, style in (('adam', '-'), ('l-bfgs', '--')):
      for term, colour in zip(TERMS, ('black', 'tab:red', 'tab:blue', 'tab:green')):
        values = by_optimizer.get(optimizer, {}).get(term, ())
        if np.any(np.asarray(values) > 0) and (optimizer == 'adam' or term == 'total'):
          axis.semilogy(range(1, len(values) + 1), values, style, color=colour, label=f'{term} ({optimizer})', linewidth=1)
    axis.set_title(experiment, fontsize=9)
    axis.set_xlabel('iteration', fontsize=7)
    axis.tick_params(labelsize=7)
    axis.legend(fontsize=6)
  _save(figure, path)


def classifier_curves(path, curves):
  """Figure 3: cross entropy and accuracy by step, a row a run; `curves` name -> `models.learning_curves`."""
  figure, axes = pyplot.subplots(len(curves), 2, figsize=(9, 2.6 * len(curves)), squeeze=False)
  for row, (name, by_split) in zip(axes, curves.items()):
    for axis, kind in zip(row, ('loss', 'accuracy')):
      for split, values in by_split.items():
        if values.get(kind):
          axis.plot(*np.array(values[kind]).T, label=split, linewidth=1)
      axis.set_title(f'{name}: {"cross entropy, nats" if kind == "loss" else kind}', fontsize=9)
      axis.set_xlabel('step', fontsize=7)
      axis.tick_params(labelsize=7)
      axis.legend(fontsize=7)
  _save(figure, path)


def latents(path, found):
  """The distribution of z; `found` as `models.latent_distribution` gives it."""
  figure, axes = pyplot.subplots(1, 3, figsize=(10, 3))
  edges = np.array(found['edges'])
  middles, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
  for name, label in (('mean_histogram', 'posterior means'), ('sample_histogram', 'samples'), ('normal', 'standard normal')):
    axes[0].plot(middles, np.array(found[name]) / width, label=label, linewidth=1)
  axes[0].set_title('values of z, all dimensions: density', fontsize=8)
  axes[1].plot(found['std_by_dimension'], label='of the means')
  axes[1].plot(found['stddev_by_dimension'], label='of the posterior')
  axes[1].set_title('deviation by dimension, sorted', fontsize=8)
  axes[2].plot(found['kl_nats_by_dimension'])
  axes[2].set_title('KL by dimension, nats, sorted', fontsize=8)
  for axis in axes[:2]:
    axis.legend(fontsize=7)
  for axis in axes:
    axis.set_ylim(bottom=0)
    axis.tick_params(labelsize=7)
  _save(figure, path)


def sweep(path, table, columns):
  """What the ratio of content to style does.

  Args:
    table: experiment -> ratio -> column -> mean.
    columns: {column: title}, one panel each.
  """
  figure, axes = pyplot.subplots(1, len(columns), figsize=(3 * len(columns), 3))
  for axis, (column, title) in zip(axes, columns.items()):
    for experiment, by_ratio in table.items():
      values = [row[column] for row in by_ratio.values()]
      axis.plot(list(by_ratio), [np.nan if value is None else value for value in values], 'o-', markersize=3, linewidth=1, label=experiment)
    axis.set_title(title, fontsize=8)
    axis.tick_params(labelsize=6)
    axis.set_xlabel('content : style', fontsize=7)
  axes[0].legend(fontsize=6)
  _save(figure, path)


def _save(figure, path):
  figure.tight_layout()
  with files.atomic_path(path) as temporary:
    # No date or version inside, so that the same figure gives the same file.
    figure.savefig(temporary, dpi=DPI, metadata={'Software': None})
  pyplot.close(figure)
