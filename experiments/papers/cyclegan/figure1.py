"""Figure 1 of Brunner et al. (2019): transfer strength by variant and pair; human ranking score over content change, and their correlation.

  python -m experiments.run cyclegan_figure1 --table1=experiments/results/cyclegan/table1.json --output=experiments/results/cyclegan/figure1 \
    --ranks=ranks.csv --changes=snippets/changes.csv

--ranks is a csv of listeners (columns listener, snippet, model, rank; 1 is the best of all models), --changes what `cyclegan_table1
--snippets_dir` wrote. Without them strength is drawn over content change instead. Writes OUTPUT.png and OUTPUT.json; seconds.
"""
import csv

from absl import flags

from experiments import report
from experiments.papers.cyclegan import recipes
from experiments.papers.cyclegan import tables
from musicnst import errors
from musicnst.metrics import ranking


def run(table1, output, ranks='', changes=''):
  """Draws the figure; returns what it wrote to OUTPUT.json.

  Raises:
    DataError: a file that cannot be read, or ranks without a content change.
  """
  rows = tables.strengths(report.read_json(table1))
  found = {'strengths': [dict(zip(('variant', 'pair', 's_tot_hits', 'content_change'), row)) for row in rows]}
  if ranks:
    found['study'] = study(ranks, changes)
  report.write_json(output + '.json', found, places=4)
  _draw(rows, found.get('study'), output + '.png')
  return found


def study(ranks, changes):
  """dict: `scores` by model, `points` [(snippet, model, content change, score)], `pearson` of the last two."""
  by_snippet, by_model = ranking.scores(*ranking.read_ranks(ranks))
  change, points = _changes(changes), []
  for (snippet, model), score in by_snippet.items():
    if (snippet, model) not in change:
      raise errors.DataError(f'{changes}: no content change of snippet {snippet!r} by {model!r}, which {ranks} ranks')
    points.append((snippet, model, change[snippet, model], score))
  return {'scores': by_model, 'points': points, 'pearson': ranking.pearson([p[2] for p in points], [p[3] for p in points])}


def _changes(path):
  try:
    with open(path, newline='', encoding='utf-8') as file:
      return {(row['snippet'], row['model']): float(row['content_change']) for row in csv.DictReader(file)}
  except OSError as error:
    raise errors.DataError(f'{path or "--changes"}: cannot be read ({error.strerror})') from error
  except (KeyError, TypeError, ValueError) as error:
    raise errors.DataError(f'{path}: needs columns snippet, model and content_change ({error})') from error


def _draw(rows, found, path):
  title = {'Baseline': 'full (Baseline)'}
  with report.figure(path, 1, 2, figsize=(10, 3.6)) as (_, axes):
    left, right = axes[0]
    _bars(left, rows, title)
    if found:
      report.label(right, f'Pearson {found["pearson"]:.3f}', 'content change', 'human ranking score')
      points = {model: [(change, score) for _, name, change, score in found['points'] if name == model] for model in found['scores']}
    else:
      report.label(right, '', 'content change', 'S_tot, share of hits')
      points = {title.get(variant, variant): [(change, strength) for name, _, strength, change in rows if name == variant]
                for variant in _variants(rows)}
    for name, values in points.items():
      right.scatter(*zip(*values), label=name)
    for axis in (left, right):
      if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize='small', loc='upper center', bbox_to_anchor=(.5, -.16), ncol=5, columnspacing=1, handletextpad=.4)


def _bars(axis, rows, title):
  """Strength, a group of bars a pair."""
  variants = _variants(rows)
  of_pair = {pair: [variant for variant in variants if any(row[:2] == (variant, pair) for row in rows)] for pair in recipes.PAIRS}
  place = lambda variant, pair: recipes.PAIRS.index(pair) + (of_pair[pair].index(variant) - (len(of_pair[pair]) - 1) / 2) * .15
  for variant in variants:
    mine = [(place(variant, pair), strength) for name, pair, strength, _ in rows if name == variant]
    axis.bar(*zip(*mine), width=.14, label=title.get(variant, variant))
  report.label(axis, '', '', 'S_tot, share of hits')
  axis.set_xticks(range(len(recipes.PAIRS)), recipes.PAIRS)
  axis.axhline(0, color='black', linewidth=.5)


def _variants(rows):
  return list(dict.fromkeys(variant for variant, *_ in rows))


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('table1', None, 'JSON of cyclegan_table1.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_string('ranks', '', 'Csv of ranks.', flag_values=flag_values)
  flags.DEFINE_string('changes', '', 'Csv of content changes of the ranked snippets.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(flag_values.table1, flag_values.output, flag_values.ranks, flag_values.changes)
  print(flag_values.output + '.png')
