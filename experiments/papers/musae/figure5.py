"""MusAE's figure 5: latents of pairs of genres in the plane, by PCA and by t-SNE (musae_figure5).

  python -m experiments.run musae_figure5 --corpus_root=/data --work_dir=/tmp/musae --model=musae-16bar_mixture

128 windows of each genre, tagged with one of the two and not the other, from the training split as in the paper or, with --split, another.
Beside the pictures: how well a straight line separates the two, by accuracy of logistic regression under five-fold cross-validation, in the
plane and on all latents. Needs scikit-learn. Two minutes.
"""
import itertools

import numpy as np
from absl import flags

from experiments import report
from experiments import windows as windows_lib
from experiments.papers.musae import measure
from experiments.papers.musae import pictures
from experiments.papers.musae import recipes
from musicnst import errors


def run(corpus_root, work_dir, name, output, count=128, seed=0, split='train', known=recipes.RECIPES):
  """Writes figure5_<name>_pca.png, _tsne.png, .json and .md; returns the results.

  Raises:
    DataError: fewer than five windows of a genre.
  """
  model, config = recipes.load(name, work_dir)
  prefix = recipes.windows(known[name], corpus_root, work_dir)
  network, found, panels = measure.Network(model, config.build_converter()), {}, {'pca': {}, 'tsne': {}}
  genres = model.genres or tuple(sorted(configs_genres()))
  for pair in itertools.combinations(genres, 2):
    latents = [network.encode(_windows(f'{prefix}-{split}-*', network.converter, *ordered, count, seed)) for ordered in (pair, pair[::-1])]
    row = {'all': separation(*latents, seed)}
    for kind in panels:
      points = projected(np.concatenate(latents), kind, seed)
      sides = points[:len(latents[0])], points[len(latents[0]):]
      row[kind] = separation(*sides, seed)
      panels[kind][pair] = (*sides, f'{row[kind]:.2f}')
    found['-'.join(pair)] = row
  for kind, pairs in panels.items():
    pictures.scatters(pairs, f'{output}/figure5_{name}_{kind}.png')
  results = {'model': name, 'count': count, 'seed': seed, 'split': split, 'separation': found}
  return report.write(f'{output}/figure5_{name}', results, page)


def configs_genres():
  """The genres of the corpora, for a model that knows none."""
  from musicnst.models.musae import configs
  return configs.GENRES


def _windows(pattern, converter, genre, other, count, seed):
  """Windows of `genre` that are not of `other`."""
  outputs, _ = windows_lib.drawn(
      pattern, converter, count, seed, lambda labels: genre in measure.tags(labels) and other not in measure.tags(labels))
  if len(outputs) < 5:
    raise errors.DataError(f'{pattern}: {len(outputs)} windows of {genre} without {other}; at least 5 are needed')
  return outputs


def projected(latents, kind, seed=0):
  """`[N, Z]` -> `[N, 2]` by 'pca' or 'tsne'."""
  from sklearn import decomposition
  from sklearn import manifold
  if kind == 'pca':
    return decomposition.PCA(2, random_state=seed).fit_transform(latents)
  return manifold.TSNE(2, random_state=seed, perplexity=min(30.0, (len(latents) - 1) / 3)).fit_transform(latents)


def separation(first, second, seed=0):
  """Accuracy of a straight line between two clouds of points, in five folds."""
  from sklearn import linear_model
  from sklearn import model_selection
  from sklearn import pipeline
  from sklearn import preprocessing
  x, y = np.concatenate([first, second]), np.repeat([0, 1], [len(first), len(second)])
  folds = model_selection.StratifiedKFold(5, shuffle=True, random_state=seed)
  classifier = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression(max_iter=500))
  return float(model_selection.cross_val_score(classifier, x, y, cv=folds).mean())


def page(results):
  """The page."""
  name = results['model']
  rows = [[pair, *(report.number(row[kind]) for kind in ('pca', 'tsne', 'all'))] for pair, row in results['separation'].items()]
  return '\n\n'.join([
      f'# Latents of pairs of genres: {name} (MusAE, figure 5)',
      f'`python -m experiments.run musae_figure5 --model={name}`, {results["count"]} windows a genre of the {results["split"]} split, seed '
      f'{results["seed"]}.', f'![PCA](figure5_{name}_pca.png)', f'![t-SNE](figure5_{name}_tsne.png)',
      'Accuracy of a straight line between the two (five folds; .5 is chance):',
      report.table(['pair', 'PCA', 't-SNE', 'all latents'], rows)])


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('work_dir', None, "musae_train's folder.", flag_values=flag_values, required=True)
  flags.DEFINE_string('model', 'musae-16bar_mixture', 'Which recipe of musae_train.', flag_values=flag_values)
  flags.DEFINE_string('output', 'experiments/results/musae', 'Folder for the pictures and the table.', flag_values=flag_values)
  flags.DEFINE_integer('count', 128, 'Windows of each genre.', lower_bound=5, flag_values=flag_values)
  flags.DEFINE_enum('split', 'train', ('train', 'validation', 'test'), "Whose windows; the paper's are those it trained on.",
                    flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of the choice of windows.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(flag_values.corpus_root, flag_values.work_dir, flag_values.model, flag_values.output, flag_values.count, flag_values.seed,
      flag_values.split)
  print(f'{flag_values.output}/figure5_{flag_values.model}_pca.png')
