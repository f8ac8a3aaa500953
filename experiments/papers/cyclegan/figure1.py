"""Figure 1 of Brunner et al. (2019): transfer strength by variant and pair; human ranking score over content change, and their correlation.

  python -m experiments.run cyclegan_figure1 --table1=experiments/results/cyclegan/table1.json --output=experiments/results/cyclegan/figure1 \
    --ranks=ranks.csv --changes=snippets/changes.csv

--ranks is a csv of listeners (columns listener, snippet, model, rank; 1 is the best of all models), --changes what `cyclegan_table1
--snippets_dir` wrote. Without them strength is drawn over content change instead. Writes OUTPUT.png and OUTPUT.json; seconds.
"""
import csv
import json

from absl import flags

from experiments.papers.cyclegan import recipes
from experiments.papers.cyclegan import tables
from musicnst import errors
from musicnst import files
from musicnst.metrics import ranking


def run(table1, output, ranks='', changes=''):
  """Draws the figure; returns what it wrote to OUTPUT.json.

  Raises:
    DataError: a file that cannot be read, or ranks without a content change.
  """
  rows = tables.strengths(_json(table1))
  found = {'strengths': [dict(zip(('variant', 'pair', 's_tot_hits', 'content_change'), row)) for row in rows]}
  if ranks:
    found['study'] = study(ranks, changes)
  with files.atomic_path(output + '.json') as temporary, open(temporary, 'w', encoding='utf-8') as out:
    out.write(json.dumps(tables.rounded(found), indent=1) + '\n')
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


def _json(path):
  try:
    with open(path, encoding='utf-8') as handle:
      return json.load(handle)
  except (OSError, ValueError) as error:
    raise errors.DataError(f'{path}: not the JSON of cyclegan_table1 ({error})') from error


def _draw(rows, found, path):
  import matplotlib  # heavy, and only needed here
  matplotlib.use('Agg')
  from matplotlib import pyplot
  figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.6))
  variants = list(dict.fromkeys(variant for variant, *_ in rows))
  of_pair = {pair: [variant for variant in variants if any(row[:2] == (variant, pair) for row in rows)] for pair in recipes.PAIRS}
  place = lambda variant, pair: recipes.PAIRS.index(pair) + (of_pair[pair].index(variant) - (len(of_pair[pair]) - 1) / 2) * .15
  title = {'Baseline': 'full (Baseline)'}
  for variant in variants:
    mine = [(place(variant, pair), strength) for name, pair, strength, _ in rows if name == variant]
    left.bar(*zip(*mine), width=.14, label=title.get(variant, variant))
  left.set_xticks(range(len(recipes.PAIRS)), recipes.PAIRS)
  left.set_ylabel('S_tot, share of hits')
  left.axhline(0, color='black', linewidth=.5)
  if found:
    for model in found['scores']:
      right.scatter(*zip(*[(change, score) for _, name, change, score in found['points'] if name == model]), label=model)
    right.set_ylabel('human ranking score')
    right.set_title(f'Pearson {found["pearson"]:.3f}', fontsize='medium')
  else:
    for variant in variants:
      right.scatter(*zip(*[(change, strength) for name, _, strength, change in rows if name == variant]), label=title.get(variant, variant))
    right.set_ylabel('S_tot, share of hits')
  right.set_xlabel('content change')
  for axis in (left, right):
    if axis.get_legend_handles_labels()[0]:
      axis.legend(fontsize='small', loc='upper center', bbox_to_anchor=(.5, -.16), ncol=5, columnspacing=1, handletextpad=.4)
  figure.tight_layout()
  with files.atomic_path(path) as temporary:
    figure.savefig(temporary, dpi=110, format='png', metadata={'Software': None})
  pyplot.close(figure)


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
