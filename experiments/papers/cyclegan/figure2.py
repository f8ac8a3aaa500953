"""Figure 2 of Brunner et al. (2019): piano rolls of jazz and classical windows over what the classifier of the two looks at.

  python -m experiments.run cyclegan_figure2 --corpus_root=/data --work_dir=/tmp/cyclegan --output=experiments/results/cyclegan/figure2

Of each genre the windows that are classified right with the highest gradients, as in the paper, among those with
150 sounding cells or more. Writes OUTPUT.svg and OUTPUT.json: how few cells of a window are marked, and where they lie in it, over all
windows that are classified right. A minute.
"""
from absl import flags
import numpy as np

from experiments import report
from experiments import windows as windows_lib
from experiments.papers import recipes as common
from experiments.papers.cyclegan import recipes
from musicnst import inference
from musicnst.evaluation import attribution
from musicnst.rendering import saliency

CLASSIFIER = 'genre-phrase_jazz_classical'
SHOWN = 3
# A window with fewer cells that sound shows too little; only where there is no other.
LEAST_CELLS = 150


def run(pattern, model, output, shown=SHOWN):
  """Draws `shown` windows of each genre of the classifier `model`; returns what it wrote to OUTPUT.json."""
  classifier, config, _ = inference.load_model(model)
  rolls = windows_lib.by_genre(pattern, config.build_converter(), classifier.classes)
  panels, found = [], {}
  for index, genre in enumerate(classifier.classes):
    seen = attribution_of(classifier, rolls[genre])
    right = np.flatnonzero(seen.classes == index)
    full = rolls[genre][right].sum((1, 2)) >= LEAST_CELLS
    order = right[np.lexsort((-seen.magnitude[right], ~full))][:shown]
    panels += [(f'{genre} {seen.probabilities[i, index]:.2f}', rolls[genre][i], seen.saliency[i]) for i in order]
    found[genre] = {'windows': len(rolls[genre]), 'right': len(right), **described(rolls[genre][right], seen.saliency[right])}
  report.write_text(output + '.svg', saliency.picture(panels))
  report.write_json(output + '.json', found, places=4)
  return found


def attribution_of(classifier, rolls):
  """`attribution.Attribution` of all rolls, a few at a time."""
  parts = [attribution.attribute(classifier, rolls[i:i + windows_lib.ROWS]) for i in range(0, len(rolls), windows_lib.ROWS)]
  return attribution.Attribution(*(np.concatenate([getattr(part, name) for part in parts])
                                   for name in ('saliency', 'probabilities', 'classes', 'magnitude')))


def described(rolls, values):
  """dict: `marked_share` of the sounding cells; `below_mean_pitch`, share of the saliency on cells below the mean pitch of their window."""
  marked = (values > 0).sum((1, 2)) / np.maximum(rolls.sum((1, 2)), 1)
  pitch = np.arange(rolls.shape[2])
  middle = (rolls * pitch).sum((1, 2)) / np.maximum(rolls.sum((1, 2)), 1)
  below = (values * (pitch < middle[:, None, None])).sum((1, 2)) / np.maximum(values.sum((1, 2)), 1e-9)
  return {'marked_share': float(marked.mean()), 'below_mean_pitch': float(below.mean())}


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('work_dir', None, 'Folder of `cyclegan_train`.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_enum('split', 'test', ('validation', 'test'), 'Split of the windows.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  prefix = recipes.windows(flag_values.corpus_root, flag_values.work_dir)
  run(f'{prefix}-{flag_values.split}-*', common.bundle_path(CLASSIFIER, flag_values.work_dir), flag_values.output)
  print(flag_values.output + '.svg')
