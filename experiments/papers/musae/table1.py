"""MusAE's table 1: reconstruction accuracy by track beside flat and hierarchical MusicVAE on the same windows (musae_table1).

  python -m experiments.run musae_table1 --corpus_root=/data --work_dir=/tmp/musae --output=experiments/results/musae

Needs what `musae_train` trains; rows whose model is missing are left out. Accuracy is the share of right states of all steps of the test windows
(held and silent ones are most), decoded from the mean of the latents: what the decoder writes by itself, and for MusicVAE teacher-forced
too. Two minutes.
"""
from absl import flags

from experiments import report
from experiments import windows as windows_lib
from experiments.papers import recipes as common
from experiments.papers.musae import measure
from experiments.papers.musae import recipes
from musicnst import registry

# The paper's averages, for the reader: Lakh, four tracks.
PAPER = {'musae-2bar_gaussian': '.991 (melody) to .999 (drums)', 'musae-16bar_gaussian': '.762', 'musae-16bar_mixture': '.853',
         'musicvae-2bar_flat': '.917 (drums), .951 (melody)', 'musicvae-16bar_flat': '.651', 'musicvae-16bar_hierarchical': '.812'}
COLUMNS = ('highest', 'lowest', 'average', 'onsets', 'not silent')


def run(corpus_root, work_dir, output, count=2000, seed=0, known=recipes.RECIPES):
  """Measures every trained recipe of `known` on `count` test windows; writes table1.json and table1.md; returns the results.

  Raises:
    ModelNotFoundError: none is trained.
  """
  found = {}
  for name, (model, config) in recipes.trained(known, work_dir).items():
    prefix = recipes.windows(known[name], corpus_root, work_dir)
    found[name] = {**one(model, config, f'{prefix}-test-*', count, seed), 'training': common.cost(name, work_dir)}
  return report.write(f'{output}/table1', {'count': count, 'seed': seed, 'models': found}, page)


def one(model, config, pattern, count, seed):
  """Accuracies of one model: `free`, `forced` (autoregressive decoders) and `floor`."""
  converter = config.build_converter()
  outputs, _ = windows_lib.drawn(pattern, converter, count, seed)
  truth, network = converter.states(outputs), measure.Network(model, converter)
  z = network.encode(outputs)
  result = {'windows': len(outputs), 'bars': converter.steps // 16, 'floor': measure.constant_accuracies(truth, converter.track_names),
            'free': measure.accuracies(truth, network.decode(z), converter.track_names)}
  if model.autoregressive:
    result['forced'] = measure.accuracies(truth, network.forced(z, outputs), converter.track_names)
  return result


def page(results):
  """The page."""
  rows, floors = [], {}
  for name, found in results['models'].items():
    floors[found['bars']] = found['floor']
    spent = found['training']
    cost = [f"{spent.get('processor_seconds', 0) / 60:.1f}", spent.get('steps', ''), f"{spent.get('examples', 0):,}"]
    for kind in ('free', 'forced'):
      if kind in found:
        label = name + (' (teacher-forced)' if kind == 'forced' else '')
        rows.append((found['bars'], [label, *(report.number(found[kind][c]) for c in COLUMNS), *cost, PAPER.get(name, '') if kind == 'free' else '']))
  for bars, floor in floors.items():
    rows.append((bars, ['the most frequent state', *(report.number(floor[c]) for c in COLUMNS), '', '', '', '']))
  parts = ['# Reconstruction accuracy by track (MusAE, table 1)',
           f'`python -m experiments.run musae_table1` on {results["count"]} test windows a row, seed {results["seed"]}; the models by `musae_train`. '
           f'Two voices of {recipes.CORPORA}; share of right states, decoded freely from the mean of the latents unless it says otherwise. '
           '`onsets`: of the steps at which a note begins; `not silent`: of all others than silence.']
  for bars in sorted({b for b, _ in rows}):
    parts += [f'## {bars} bars', report.table(['model', *COLUMNS, 'processor minutes', 'steps', 'windows seen', 'paper (Lakh)'],
                                            [row for b, row in rows if b == bars])]
  return '\n\n'.join(parts)


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('work_dir', None, "musae_train's folder.", flag_values=flag_values, required=True)
  flags.DEFINE_string('output', 'experiments/results/musae', 'Folder for table1.json and table1.md.', flag_values=flag_values)
  flags.DEFINE_integer('count', 2000, 'Test windows.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of the choice of windows.', flag_values=flag_values)
  flags.DEFINE_list('models', list(recipes.RECIPES), 'Which recipes.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  known = {name: registry.lookup(recipes.RECIPES, name, 'recipe') for name in flag_values.models}
  run(flag_values.corpus_root, flag_values.work_dir, flag_values.output, flag_values.count, flag_values.seed, known)
  print(f'{flag_values.output}/table1.md')
