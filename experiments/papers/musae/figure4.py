"""MusAE's figure 4: Hamming distances along interpolations, beside mixing the data itself (musae_figure4).

  python -m experiments.run musae_figure4 --corpus_root=/data --work_dir=/tmp/musae --output=experiments/results/musae

Pairs of test windows are encoded, the straight line between their latents is decoded, and the share of states that differ from the first window
drawn over the way gone (equation 19; a at its end is the second window). The data-space baseline takes each state from the second window
with that probability. Two minutes.
"""
import numpy as np
from absl import flags

from experiments import report
from experiments import windows as windows_lib
from experiments.papers.musae import measure
from experiments.papers.musae import pictures
from experiments.papers.musae import recipes

MODELS = ('musae-2bar_gaussian', 'musae-16bar_gaussian', 'musae-16bar_mixture')


def run(corpus_root, work_dir, output, names=MODELS, count=256, points=11, seed=0, known=recipes.RECIPES):
  """Writes figure4.png, .json and .md; returns the results. Models (names in `known`) that are not trained are left out.

  Raises:
    ModelNotFoundError: none is trained.
  """
  alphas, found = np.linspace(0, 1, points), {}
  for name, (model, config) in recipes.trained(names, work_dir).items():
    prefix = recipes.windows(known[name], corpus_root, work_dir)
    found[name] = one(measure.Network(model, config.build_converter()), f'{prefix}-test-*', alphas, count, seed)
  results = {'count': count, 'seed': seed, 'alphas': alphas.tolist(), 'models': found}
  lines = {name: (alphas, values['latent']) for name, values in found.items()}
  lines.update({f'{name}, data': (alphas, values['data']) for name, values in found.items()})
  pictures.curves(lines, 'way from the first to the second window', 'share of states unlike the first', f'{output}/figure4.png')
  return report.write(f'{output}/figure4', results, page)


def one(network, pattern, alphas, count, seed):
  """{'latent': mean distances from the first window, 'data': those of the baseline, 'monotone': share of steps upwards}."""
  outputs, _ = windows_lib.drawn(pattern, network.converter, 2 * count, seed)
  order = np.random.default_rng(seed).permutation(len(outputs) // 2 * 2)
  states = network.converter.states(outputs[order])
  z = network.encode(outputs[order])
  half, generator = len(order) // 2, np.random.default_rng(seed + 1)
  first, second = states[:half], states[half:]
  latent = [measure.hamming(first, network.decode((1 - a) * z[:half] + a * z[half:])) for a in alphas]
  data = [measure.hamming(first, measure.mixed(first, second, a, generator)) for a in alphas]
  means = np.array([values.mean() for values in latent])
  return {'pairs': half, 'latent': means.tolist(), 'data': [float(values.mean()) for values in data],
          'monotone': float((np.diff(means) >= 0).mean()), 'end_to_end': float(measure.hamming(first, second).mean())}


def page(results):
  """The page."""
  alphas = results['alphas']
  rows = [[label, *(report.number(v) for v in values)] for name, found in results['models'].items()
          for label, values in ((name, found['latent']), (f'{name}, data', found['data']))]
  monotone = ', '.join(f'{name} {found["monotone"]:.0%}' for name, found in results['models'].items())
  return '\n\n'.join([
      '# Hamming distance to the first window along interpolations (MusAE, figure 4)',
      f'`python -m experiments.run musae_figure4`, {results["count"]} pairs of test windows, seed {results["seed"]}.', '![curves](figure4.png)',
      report.table(['model', *(f'{a:.1f}' for a in alphas)], rows), f'Steps upwards: {monotone}.'])


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('work_dir', None, "musae_train's folder.", flag_values=flag_values, required=True)
  flags.DEFINE_list('models', list(MODELS), 'Recipes of musae_train.', flag_values=flag_values)
  flags.DEFINE_string('output', 'experiments/results/musae', 'Folder for the picture and the table.', flag_values=flag_values)
  flags.DEFINE_integer('count', 256, 'Pairs.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_integer('points', 11, 'Points on the way, both ends counted.', lower_bound=2, flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of the choice of pairs.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(flag_values.corpus_root, flag_values.work_dir, flag_values.output, flag_values.models, flag_values.count, flag_values.points,
      flag_values.seed)
  print(f'{flag_values.output}/figure4.png')
