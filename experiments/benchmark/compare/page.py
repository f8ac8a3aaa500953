"""The comparison as one page: means over directions, each direction's lowest judge, and what training cost."""
from experiments import report
from experiments.benchmark import judges as judges_lib
from experiments.benchmark import tables

COLUMNS = (
    ('lowest judge', 'lowest', 2), *((name, f'strength/{name}', 2) for name in judges_lib.HEADLINE), ('change', 'content_change', 2),
    ('onset change', 'onset_change', 2), ('chroma', 'chroma_similarity', 3), ('skyline', 'skyline_kept', 2), ('density', 'density_ratio', 2),
    ('in key', 'key_share', 2), ('one-step', 'one_step_share', 2), ('time-pitch', 'style_time_pitch', 2),
    ('onset-duration', 'style_onset_duration', 2), ('onset-velocity', 'style_onset_velocity', 2), ('CPU seconds', 'cpu_seconds', 2))
# Content changes at which curves are compared.
CHANGES = (.2, .4, .6)


def markdown(summaries, minutes, entries, left_out, split):
  """Text of the page.

  Args:
    summaries: (label, strength) -> `tables.summarize`.
    minutes: label -> minutes of training or None.
    entries: label -> entries.Entry.
    left_out: label -> why it is not, or not wholly, there.
    split: of the pieces.
  """
  directions = sorted({d for table in summaries.values() for d in table} - {'mean'})
  by_direction = [[tables.name_of(key), *(_lowest(table, d) for d in directions)] for key, table in summaries.items()]
  parts = [
      f'# All methods on the transfer benchmark, {split} split',
      'Strength of three judges that no method saw, one way (mean probability), and the lowest of the three by direction; change in sounding\n'
      "cells; style gain by three profiles of Groove2Groove. One seed. Training: a thread's minutes for what a direction needs;\n"
      'controls need none; CPU seconds are of one piece. Means are over the directions named in the last column.',
      report.table(['method', *(title for title, _, _ in COLUMNS), 'training', 'directions'],
                   [_means(key, table, minutes.get(key[0])) for key, table in summaries.items()]),
      '## By direction: lowest judge at content change', report.table(['method', *directions], by_direction), *_curves(summaries, directions)]
  few = [entry for entry in entries.values() if entry.contents and any(label == entry.label for label, _ in summaries)]
  if few:
    parts.append('On few contents, because a piece takes minutes: ' + ', '.join(f'{e.label} ({e.contents} a direction)' for e in few) + '.')
  if left_out:
    parts.append('Not there: ' + '; '.join(f'{label} ({reason})' for label, reason in left_out.items()) + '.')
  return '\n\n'.join(parts)


def _means(key, table, cost):
  """The cells of a method at a strength; `cost` in minutes, or None."""
  directions = [d for d in table if d != 'mean']
  return [tables.name_of(key), *(_cell(table['mean'], measure, digits) for _, measure, digits in COLUMNS),
          '?' if cost is None else f'{cost:.0f}', 'all six' if len(directions) == 6 else ', '.join(directions)]


def _lowest(table, direction):
  if direction not in table:
    return ''
  return f"{table[direction]['lowest']['mean']:.2f} at {table[direction]['content_change']['mean']:.2f}"


def _curves(summaries, directions):
  """The curve of the first method beside every other's at equal content change, over the directions that the other has."""
  labels, rows = list(dict.fromkeys(label for label, _ in summaries)), []
  for label in labels[1:]:
    own = [d for d in directions if any(name == label and d in table for (name, _), table in summaries.items())]
    pairs = {change: [[tables.reached(summaries, name, d, change) for name in (labels[0], label)] for d in own] for change in CHANGES}
    means = [[sum(column) / len(own) for column in zip(*pairs[change])] for change in CHANGES]
    above = [f'{d} at {change:g}' for change in CHANGES for d, (ours, theirs) in zip(own, pairs[change]) if theirs > ours]
    rows.append([label, *(f'{ours:.2f}, {theirs:.2f}' for ours, theirs in means), ', '.join(above) or 'none'])
  return [f'## {labels[0]} beside each at equal content change (lowest judge; the most reached with at most so much change)',
          report.table(['beside', *(f'at {change:g}: {labels[0]}, it' for change in CHANGES), 'directions where it is above'], rows)]


def numbers(summaries, minutes):
  """The same numbers with their intervals, for the JSON."""
  return [{'method': label, 'strength': strength, 'training_minutes': minutes.get(label), 'directions': table}
          for (label, strength), table in summaries.items()]


def _cell(measures, name, digits):
  return f"{measures[name]['mean']:.{digits}f}" if name in measures else ''
