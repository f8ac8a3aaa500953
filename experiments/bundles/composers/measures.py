"""Measures of composer classification, its page and its figures."""
import numpy as np
from sklearn import metrics

from experiments import report


def vote(logits, pieces):
  """Segments' logits `[M, C]` and their pieces `[M]` -> (pieces, class of each by the mean of its segments' log probabilities)."""
  shifted = logits - logits.max(1, keepdims=True)
  logs = np.log(np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True) + 1e-4)
  numbers = np.unique(pieces)
  return numbers, np.array([logs[pieces == number].mean(0).argmax() for number in numbers])


def measures(logits, labels, pieces, num_classes):
  """Figures of one set of segments: accuracy by segment and by piece, macro F1 by piece, F1 of each class, confusion of the pieces."""
  numbers, chosen = vote(logits, pieces)
  truth = np.array([labels[pieces == number][0] for number in numbers])
  names = range(num_classes)
  by_class = metrics.f1_score(truth, chosen, labels=names, average=None, zero_division=0)
  right = logits.argmax(1) == labels
  return {
      'segments': len(labels), 'segment_accuracy': float(right.mean()),
      'segment_accuracy_mean_over_classes': float(np.mean([right[labels == c].mean() for c in np.unique(labels)])),
      'pieces': len(numbers), 'piece_accuracy': float((chosen == truth).mean()), 'macro_f1': float(by_class[np.unique(truth)].mean()),
      'f1': [round(float(x), 4) for x in by_class], 'confusion': metrics.confusion_matrix(truth, chosen, labels=names).tolist()}


COLUMNS = (('segments', '{}'), ('segment_accuracy', '{:.3f}'), ('segment_accuracy_mean_over_classes', '{:.3f}'), ('pieces', '{}'),
           ('piece_accuracy', '{:.3f}'), ('macro_f1', '{:.3f}'))


def page(results):
  """The results as markdown."""
  form = lambda row: [text.format(row[key]) for key, text in COLUMNS]
  parts = [
      '# Composers of MAESTRO v1', '\n'.join(f'`{command}`' for command in results['commands'].values()),
      'Segments are 512 steps at a fixed 120 quarters a minute: 32 bars, 64 seconds (rows "32 s": 256 steps). A piece is decided by the mean of its '
      'segments\' log probabilities. Compositions never fall into two splits; "by performance" lets them, as the published figure (Kim et al., 2020: '
      'F1 .833) may have done. Choices were made on the validation split.',
      report.table(['what', *(name.replace('_', ' ') for name, _ in COLUMNS)], [[name, *form(row)] for name, row in results['rows'].items()])]
  for name in results['shown']:
    row = results['rows'][name]
    classes = results['thirteen'][:len(row['f1'])]
    parts.append(f'{name}, F1 by composer: ' + ', '.join(f'{c.split()[-1]} {f:.2f}' for c, f in zip(classes, row['f1'])))
  return '\n\n'.join(parts)


def draw_confusions(results, path):
  """The confusion matrices of the shown rows, side by side, PNG."""
  shown = results['shown']
  with report.panels(path, len(shown), len(shown), (6, 6)) as (_, axes):
    for axis, name in zip(axes, shown):
      table = np.array(results['rows'][name]['confusion'])
      axis.imshow(table / np.maximum(table.sum(1, keepdims=True), 1), cmap='Blues', vmin=0, vmax=1)
      for (i, j), number in np.ndenumerate(table):
        if number:
          axis.text(j, i, str(number), ha='center', va='center', fontsize=8, color='white' if number > .6 * table[i].sum() else 'black')
      report.label(axis, name, 'recognised', 'composer (pieces)', size=9)
      names = [c.split()[-1] for c in results['thirteen'][:len(table)]]
      axis.set_xticks(range(len(names)), names, rotation=60, ha='right')
      axis.set_yticks(range(len(names)), names)


def draw_curve(curve, path):
  """Learning curves of the network on latents (the paper's Figure 3), PNG."""
  steps = [point['step'] for point in curve]
  with report.figure(path, 1, 2, figsize=(11, 4)) as (figure, axes):
    for axis, name in zip(axes[0], ('accuracy', 'loss')):
      axis.plot(steps, [point[name] for point in curve], label='training')
      axis.plot(steps, [point[f'validation_{name}'] for point in curve], label='validation')
      report.label(axis, '', 'step', name + (' (nats)' if name == 'loss' else ''))
    figure.suptitle('Composer classifier on latents')
