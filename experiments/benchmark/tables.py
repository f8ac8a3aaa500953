"""From rows of results to means with intervals, the comparison with the best control, and tables in markdown."""
import numpy as np

from experiments import report
from experiments.benchmark import judges as judges_lib

RESAMPLES, COVERAGE = 1000, .95
# The controls that a method is compared with at its own content change.
CONTROLS = ('copy', 'silence', 'half-notes', 'reconstruction', 'style-piece', 'interpolation', 'arithmetic',
            'genre-arithmetic', 'moment-matching', 'raw-roll')
# Columns of the table: title, measure, digits.
COLUMNS = (
    ('lowest judge', 'lowest', 2), *((name, f'strength/{name}', 2) for name in judges_lib.KINDS), ('hits, lowest', 'lowest_hit', 2),
    ('cycled, lowest', 'lowest_cycled', 2),
    ('change', 'content_change', 2), ('added', 'content_added', 2), ('removed', 'content_removed', 2), ('onset change', 'onset_change', 2),
    ('density', 'density_ratio', 2), ('chroma', 'chroma_similarity', 3), ('skyline', 'skyline_kept', 3), ('in key', 'key_share', 2),
    ('content in key', 'content_key_share', 2), ('one-step', 'one_step_share', 2), ("content's", 'content_one_step_share', 2),
    ("genre's", 'genre_one_step_share', 2), ('broken holds', 'broken_holds', 2), ('shortened', 'shortened', 3),
    ('style gain', 'style_time_pitch', 2), ('made with another', 'other_style_gain', 2), ('difference', 'one_shot', 3),
    ('onset-duration', 'style_onset_duration', 2), ('onset-velocity', 'style_onset_velocity', 2),
    ('copied run', 'common_notes_share', 2), ('inside', 'inside', 2),
    ('seconds', 'seconds', 2), ('CPU seconds', 'cpu_seconds', 2))


def summarize(rows, seed=0):
  """Rows of one method at one strength -> {direction or 'mean': {measure: {'mean', 'low', 'high'}}}.

  `lowest` is the lowest of the headline judges by direction, taken anew in each resampling; the row 'mean' averages over directions.
  Intervals are by bootstrap over pieces: a piece is drawn with all of its stretches, for all directions it is a content of.

  Args:
    rows: dicts with `direction`, `piece` and measures.
    seed: of the resampling.
  """
  names = sorted({name for row in rows for name, value in row.items() if isinstance(value, float)})
  directions = sorted({row['direction'] for row in rows})
  by_source, drawn = {}, {}
  for row in rows:
    by_source.setdefault(row['direction'].split('-')[0], set()).add(row['piece'])
  generator = np.random.default_rng(seed)
  for source, found in sorted(by_source.items()):
    ordered = sorted(found)
    drawn[source] = ordered, generator.integers(len(ordered), size=(RESAMPLES, len(ordered)))
  tables = {d: _with_lowest(_means([row for row in rows if row['direction'] == d], names, *drawn[d.split('-')[0]])) for d in directions}
  measures = sorted({name for table in tables.values() for name in table})
  tables['mean'] = {name: np.mean([tables[d][name] for d in directions if name in tables[d]], 0) for name in measures}
  return {d: {name: _interval(values) for name, values in table.items()} for d, table in tables.items()}


def _means(rows, names, ordered, picks):
  """measure -> `[1 + R]`: the mean of the rows, and that of each resampling of the pieces; a measure that a row lacks is not counted there."""
  place, found = {piece: i for i, piece in enumerate(ordered)}, {}
  for name in names:
    values = np.array([(place[row['piece']], row[name]) for row in rows if name in row])
    if not len(values):
      continue
    sums = np.bincount(values[:, 0].astype(int), weights=values[:, 1], minlength=len(ordered))
    counts = np.bincount(values[:, 0].astype(int), minlength=len(ordered))
    total = np.maximum(counts[picks].sum(1), 1)
    found[name] = np.concatenate([[sums.sum() / counts.sum()], sums[picks].sum(1) / total])
  return found


def _with_lowest(table):
  for title, kind in (('lowest', 'strength'), ('lowest_hit', 'hit'), ('lowest_cycled', 'cycled')):
    known = [table[f'{kind}/{name}'] for name in judges_lib.HEADLINE if f'{kind}/{name}' in table]
    if known:
      table[title] = np.min(known, 0)
  return table


def _interval(values):
  tail = (1 - COVERAGE) / 2
  low, high = np.quantile(values[1:], [tail, 1 - tail])
  return {'mean': float(values[0]), 'low': float(low), 'high': float(high)}


def by_seed(rows):
  """{measure: {'values': the mean over directions for each seed, 'deviation'}} of the lowest judge, change, and style gain."""
  found = {}
  for seed in sorted({row['seed'] for row in rows}):
    mean = summarize([row for row in rows if row['seed'] == seed])['mean']
    for name in ('lowest', 'content_change', 'style_time_pitch'):
      if name in mean:
        found.setdefault(name, []).append(mean[name]['mean'])
  return {name: {'values': values, 'deviation': float(np.std(values, ddof=1)) if len(values) > 1 else 0.0} for name, values in found.items()}


def best_control(summaries, direction, change):
  """(strength, control) of the control that gives most in one direction at a content change of at most `change` (`reached`)."""
  best = 0.0, 'copy'
  for control in CONTROLS:
    best = max(best, (reached(summaries, control, direction, change), control))
  return best


def reached(summaries, label, direction, change):
  """The lowest judge's strength that a method gives in one direction at a content change of at most `change`, a float.

  A method with a strength has a curve: from nothing (no change, no strength) through its points in order of change, straight between them.
  The others are single points. What is reached at a smaller change counts as well.

  Args:
    summaries: (label, strength) -> `summarize`.
    label: of the method or control.
    direction: a direction.
    change: content change.
  """
  points = [(table[direction]['content_change']['mean'], table[direction]['lowest']['mean'])
            for (name, _), table in summaries.items() if name == label and direction in table]
  dial = any(name == label and strength is not None for name, strength in summaries)
  xs, ys = (np.array(values) for values in zip((0.0, 0.0), *sorted(points)))
  between = np.interp(change, xs, ys) if dial and change <= xs[-1] else 0.0
  return float(max(ys[xs <= change].max(), between))


def against_controls(summaries):
  """(label, strength) of each method -> {direction or 'mean': {'strength', 'change', 'control', 'control_strength', 'ratio'}}."""
  found = {}
  for key, table in summaries.items():
    if key[0] in CONTROLS:
      continue
    rows = {}
    for direction in (d for d in table if d != 'mean'):
      change = table[direction]['content_change']['mean']
      reached, control = best_control(summaries, direction, change)
      rows[direction] = {'strength': table[direction]['lowest']['mean'], 'change': change, 'control': control, 'control_strength': reached}
    rows['mean'] = {name: float(np.mean([row[name] for row in rows.values()])) for name in ('strength', 'change', 'control_strength')}
    rows['mean']['control'] = 'the best of each direction'
    for row in rows.values():
      row['ratio'] = row['strength'] / row['control_strength'] if row['control_strength'] > 0 else float('inf')
    found[key] = rows
  return found


# === Markdown ===


def markdown(summaries, seeds, title, described):
  """The report: means over directions, a table for each method and strength, the comparison with controls, spread over seeds.

  Args:
    summaries: (label, strength) -> `summarize`.
    seeds: (label, strength) -> `by_seed`.
    title: heading.
    described: list of lines on how it was made.
  """
  titles = [column for column, _, _ in COLUMNS]
  against = [[name_of(key), d, f"{r['strength']:.2f}", f"{r['change']:.2f}", r['control'], f"{r['control_strength']:.2f}", f"{r['ratio']:.2f}"]
             for key, rows in against_controls(summaries).items() for d, r in rows.items()]
  spread = [[name_of(key), name, ' '.join(f'{v:.3f}' for v in found['values']), f"{found['deviation']:.3f}"]
            for key, measures in seeds.items() for name, found in measures.items() if len(found['values']) > 1]
  parts = [
      f'# {title}', *described, '## Means over directions',
      report.table(['method', *titles], [_row(name_of(key), table['mean']) for key, table in summaries.items()]),
      '## Against the best control at equal content change',
      report.table(['method', 'direction', 'lowest judge', 'change', 'best control', 'its strength', 'ratio'], against),
      '## Spread over seeds (mean over directions)', report.table(['method', 'measure', 'by seed', 'standard deviation'], spread)]
  for key, table in summaries.items():
    parts += [f'## {name_of(key)}', report.table(['direction', *titles], [_row(d, measures, True) for d, measures in table.items()])]
  return '\n\n'.join(parts)


def name_of(key):
  """(label, strength) as the tables have it."""
  label, strength = key
  return label if strength is None else f'{label} {strength:g}'


def _row(name, measures, intervals=False):
  cells = [name]
  for _, measure, digits in COLUMNS:
    found = measures.get(measure)
    text = '' if found is None else f"{found['mean']:.{digits}f}"
    if found and intervals and measure in ('lowest', 'content_change', 'style_time_pitch', 'one_shot'):
      text += f" ({found['low']:.{digits}f}, {found['high']:.{digits}f})"
    cells.append(text)
  return cells
