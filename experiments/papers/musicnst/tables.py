"""Tables of the page: means of the rows of results.json."""
import numpy as np

from experiments import report

PAPER_RATIO = '1 : 4'
# Of results that do not say where they were read: iteration of the tables, last of the figure of tracks.
COMMON_ITERATION, LONG_ITERATION = 30, 100
LOSS = {'total_start': 'loss at start', 'total_end': 'loss', 'style_start': 'style at start', 'style_end': 'style', 'content_end': 'content',
        'written_style': 'style as written'}
MUSIC = {'content_change': 'change', 'onset_change': 'onsets', 'chroma_similarity': 'chroma', 'skyline_kept': 'skyline', 'density_ratio': 'density',
         'one_step_share': 'one-step', 'nearness_before': 'near before', 'nearness_after': 'near after', 'judge_before': 'judge before',
         'judge_after': 'judge after'}
EXPLANATION = '''Loss is weighted; style and content are distances without weights (1 is as far as silence; content begins at 0); `style as
written` is that of the notes written, read again. Change counts sounding sixteenths added and removed for each one of the content, `onsets`
notes; density and one-step shares are of notes; `near` is the cosine of Groove2Groove's time-pitch profile to the style piece; `judge` the
probability of the target by classifiers that the experiment does not use (composers: of four, by the one of the other representation, or both;
genres: of source and target, by the three judges of the transfer benchmark, which no method has seen).'''
# Panels of the figure of the sweep.
SWEEP_PANELS = {
    'style_share': 'style distance left (of the start)', 'written_share': 'the same, of the notes written', 'content_change': 'content change',
    'judge_gain': "judge's probability gained"}


def iterations(results):
  """(iteration at which experiments are compared, last one of those that go on) of the results."""
  return tuple(results.get('iterations', (COMMON_ITERATION, LONG_ITERATION)))


def select(results, **wanted):
  """The rows whose values are those wanted (a tuple: one of them)."""
  fits = lambda row: all(row.get(name) in value if isinstance(value, tuple) else row.get(name) == value for name, value in wanted.items())
  return [row for row in results['rows'] if fits(row)]


def mean(rows, column):
  """Mean over the rows that have the column; None where none has."""
  values = [row[column] for row in rows if row.get(column) is not None]
  return float(np.mean(values)) if values else None


def all_tables(results):
  """The sections that have rows."""
  sections = [EXPLANATION]
  for kind, title in (('composer', 'Composers, MAESTRO test split'), ('genre', 'Genres, test splits'), ('shipped', 'The shipped pair')):
    rows = [row for row in results['rows'] if row['kind'] == kind]
    if not rows:
      continue
    names = sorted({row['pair'] for row in rows})
    sections.append(f'### {title}: {PAPER_RATIO}, iteration {iterations(results)[0]}, means over {len(names)} ({", ".join(names)})')
    sections.append(_main_table(results, kind))
  if results['curves']:
    sections.append(f'![loss](loss_curves.png)\n\nThe terms of the loss by iteration (the paper\'s Figure 2), first pair, {PAPER_RATIO}.')
  return [*sections, *_controls(results), *_sweep(results), *_optimizers(results), *_iterations(results)]


def sweep_table(results, kind):
  """experiment -> ratio -> column -> mean over the pairs on which all ratios were run, iteration 30, Adam, rolls from .5."""
  table = {}
  for experiment in dict.fromkeys(row['experiment'] for row in results['rows']):
    rows = select(results, experiment=experiment, optimizer='adam', iteration=iterations(results)[0], threshold=(.5, None), kind=kind)
    ratios = sorted({row['ratio'] for row in rows}, key=_style_share)
    complete = {row['pair'] for row in rows if len({r['ratio'] for r in rows if r['pair'] == row['pair']}) == len(ratios)}
    if len(ratios) > 1:
      chosen = {ratio: [row for row in rows if row['ratio'] == ratio and row['pair'] in complete] for ratio in ratios}
      table[experiment] = {ratio: {'pairs': len(found), **_sweep_means(found)} for ratio, found in chosen.items()}
  return table


def _style_share(ratio):
  content, style = (float(side) for side in ratio.split(' : '))
  return style / (content + style)


def _sweep_means(rows):
  found = {name: mean(rows, name) for name in (*LOSS, *MUSIC)}
  share = lambda end: float(np.mean([row[end] / max(row['style_start'], 1e-12) for row in rows]))
  gain = None if found['judge_after'] is None else found['judge_after'] - found['judge_before']
  return {**found, 'style_share': share('style_end'), 'written_share': share('written_style'), 'judge_gain': gain}


def _main_table(results, kind):
  head = ['method', 'a note from', *LOSS.values(), *MUSIC.values()]
  lines = []
  for experiment in dict.fromkeys(row['experiment'] for row in results['rows']):
    rows = select(results, experiment=experiment, kind=kind, ratio=PAPER_RATIO, optimizer='adam', iteration=iterations(results)[0])
    for threshold in dict.fromkeys(row['threshold'] for row in rows):
      chosen = [row for row in rows if row['threshold'] == threshold]
      lines.append([experiment, number(threshold), *(number(mean(chosen, name)) for name in (*LOSS, *MUSIC))])
  controls = [row for row in results['controls'] if row['kind'] == kind]
  for name in dict.fromkeys(row['experiment'] for row in controls):
    chosen = [row for row in controls if row['experiment'] == name]
    lines.append([f'*{name}*', '', *([''] * len(LOSS)), *(number(mean(chosen, column)) for column in MUSIC)])
  return report.table(head, lines)


def _sweep(results):
  sections = []
  for kind in ('composer', 'genre'):
    lines = [[experiment, ratio, str(row['pairs']), *(number(row[name]) for name in (*LOSS, *MUSIC))]
             for experiment, by_ratio in sweep_table(results, kind).items() for ratio, row in by_ratio.items()]
    if lines:
      head = ['experiment', 'content : style', 'pairs', *LOSS.values(), *MUSIC.values()]
      sections += [f'### Content : style, {kind}s, iteration {iterations(results)[0]}, rolls from .5', f'![sweep](sweep_{kind}.png)',
                   report.table(head, lines)]
  return sections


def _controls(results):
  """Style distances of notes that no style loss wrote."""
  experiments = list(dict.fromkeys(row['experiment'] for row in results['rows']))
  lines = []
  for kind in dict.fromkeys(row['kind'] for row in results['controls']):
    for name in dict.fromkeys(row['experiment'] for row in results['controls']):
      lines.append([kind, name, *(number(control_style(results, kind, name, experiment)) for experiment in experiments)])
    lines.append([kind, '**the experiment itself**', *(
        number(mean(select(results, experiment=experiment, kind=kind, ratio=PAPER_RATIO, optimizer='adam', iteration=iterations(results)[0],
                           threshold=(.5, None)), 'written_style')) for experiment in experiments)])
  return [f'### Style distance of written notes, as each experiment measures it, {PAPER_RATIO}, iteration {iterations(results)[0]}',
          report.table(['pairs', 'notes of', *experiments], lines)]


def control_style(results, kind, name, experiment):
  """Mean style distance of a control's notes by an experiment's measure; None where it was not run."""
  rows = [row for row in results['controls'] if row['kind'] == kind and row['experiment'] == name]
  return mean([row['written_style'] for row in rows], experiment)


def _optimizers(results):
  lines = []
  for experiment in dict.fromkeys(row['experiment'] for row in results['rows']):
    pairs = {row['pair'] for row in select(results, experiment=experiment, optimizer='l-bfgs')}
    for optimizer in ('adam', 'l-bfgs') if pairs else ():
      rows = select(results, experiment=experiment, optimizer=optimizer, ratio=PAPER_RATIO, iteration=iterations(results)[0], kind='composer',
                    pair=tuple(pairs))
      for threshold in dict.fromkeys(row['threshold'] for row in rows):
        chosen = [row for row in rows if row['threshold'] == threshold]
        lines.append([experiment, optimizer, str(len(chosen)), number(threshold), number(mean(chosen, 'moved')),
                      *(number(mean(chosen, name)) for name in (*LOSS, *MUSIC))])
  if not lines:
    return []
  head = ['experiment', 'optimizer', 'pairs', 'a note from', 'mean move', *LOSS.values(), *MUSIC.values()]
  return [f'### Adam and L-BFGS, {PAPER_RATIO}, {iterations(results)[0]} iterations (L-BFGS: evaluations)', report.table(head, lines)]


def _iterations(results):
  common, last = iterations(results)
  lines, pictures, first = [], [], (results['rows'] or [{'pair': ''}])[0]['pair']
  for experiment in dict.fromkeys(row['experiment'] for row in results['rows']):
    for row in select(results, experiment=experiment, pair=first, ratio=PAPER_RATIO, optimizer='adam'):
      lines.append([experiment, str(row['iteration']), number(row['threshold']), *(number(row.get(name)) for name in (*LOSS, *MUSIC))])
    pictures.append(f'![{experiment}](tracks_{experiment}.png)')
  head = ['experiment', 'iteration', 'a note from', *LOSS.values(), *MUSIC.values()]
  return [f'### Iterations 1, 10, {common} and {last}, {first}, {PAPER_RATIO} (the paper\'s figure of tracks)',
          report.table(head, lines), *pictures]


def number(value):
  """Two digits behind the point, of what is small one significant digit, no digit of what is large; '-' for none."""
  if value is None:
    return '-'
  if value and abs(value) < .005:
    return f'{value:.4f}' if abs(value) >= .00005 else '0.0000'
  return f'{value:.2f}' if abs(value) < 1000 else f'{value:.0f}'
