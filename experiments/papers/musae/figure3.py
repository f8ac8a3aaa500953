"""MusAE's figure 3: low-level metrics of what each Gaussian of the mixture decodes to, relative to their mean, as a heat map (musae_figure3).

  python -m experiments.run musae_figure3 --work_dir=/tmp/musae --model=musae-16bar_mixture --output=experiments/results/musae

256 latents of each of the 32 Gaussians are decoded; beside the map stands how smooth it is: the mean change between neighbours around the circle
as a share of that between Gaussians in random order (1: no order). A minute.
"""
import numpy as np
from absl import flags

from experiments import report
from experiments.papers.musae import measure
from experiments.papers.musae import pictures
from experiments.papers.musae import recipes
from musicnst import errors

ORDERS = 100


def run(work_dir, name, output, count=256, seed=0):
  """Writes figure3_<name>.png, .json and .md; returns the results.

  Raises:
    ArgumentError: the model has one Gaussian only.
  """
  model, config = recipes.load(name, work_dir)
  if model.prior.count == 1:
    raise errors.ArgumentError(f'{name} has one Gaussian; the figure needs a mixture')
  converter = config.build_converter()
  network, names = measure.Network(model, converter), converter.track_names
  local = []
  for component in range(model.prior.count):
    z = latents(model, component, count, seed)
    local.append({metric: float(values.mean()) for metric, values in measure.metrics(network.decode(z), names).items()})
  changes = relative(local)
  marks = {model.component_of(genre): genre for genre in model.genres}
  results = {'model': name, 'count': count, 'seed': seed, 'genres': {genre: c for c, genre in marks.items()},
             'roughness': {metric: roughness(values, seed) for metric, values in changes.items()},
             'spread': {metric: np.std(values) for metric, values in changes.items()},
             'changes': changes}
  pictures.heat_map(changes, marks, f'{output}/figure3_{name}.png')
  return report.write(f'{output}/figure3_{name}', results, page)


def latents(model, component, count, seed):
  """`count` draws of a component, float32 `[count, Z]`; the same noise for every component."""
  normal = np.random.default_rng(seed).standard_normal((count, model.z_size)).astype(np.float32)
  return np.asarray(model.prior.place(normal, np.full(count, component, np.int32)))


def relative(local):
  """Means by component (list of {metric: float}) -> {metric: float64 `[C]`}: relative difference from the mean of all; 0 where that is 0."""
  found = {}
  for metric in local[0]:
    values = np.array([row[metric] for row in local])
    mean = values.mean()
    found[metric] = (values - mean) / abs(mean) if mean else np.zeros_like(values)
  return found


def roughness(values, seed=0):
  """Mean |change| between neighbours around the circle over the same in random orders: below 1 where neighbours are alike."""
  step = lambda x: np.abs(x - np.roll(x, 1)).mean()
  generator = np.random.default_rng(seed)
  random = np.mean([step(generator.permutation(values)) for _ in range(ORDERS)])
  return float(step(np.asarray(values)) / random) if random > 1e-12 else 1.0


def page(results):
  """The page."""
  name = results['model']
  rows = [[metric, report.number(results['spread'][metric]), report.number(results['roughness'][metric])] for metric in results['changes']]
  mean = float(np.mean(list(results['roughness'].values())))
  return '\n\n'.join([
      f'# Metrics by Gaussian: {name} (MusAE, figure 3)',
      f'`python -m experiments.run musae_figure3 --model={name}`, {results["count"]} draws of each Gaussian, seed {results["seed"]}.',
      f'![heat map](figure3_{name}.png)',
      f'Roughness is the change between neighbours over that in random order: mean {mean:.2f}. Spread is the standard deviation of the relative '
      'differences over the Gaussians.', report.table(['metric', 'spread', 'roughness'], rows)])


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('work_dir', None, "musae_train's folder.", flag_values=flag_values, required=True)
  flags.DEFINE_string('model', 'musae-16bar_mixture', 'Which recipe of musae_train; a mixture.', flag_values=flag_values)
  flags.DEFINE_string('output', 'experiments/results/musae', 'Folder for the picture and the table.', flag_values=flag_values)
  flags.DEFINE_integer('count', 256, 'Draws of each Gaussian.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of the draws.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(flag_values.work_dir, flag_values.model, flag_values.output, flag_values.count, flag_values.seed)
  print(f'{flag_values.output}/figure3_{flag_values.model}.png')
