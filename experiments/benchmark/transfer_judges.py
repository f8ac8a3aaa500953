"""Trains the judges of the transfer benchmark, and says which of them may judge which pair of genres.

  python -m experiments.run transfer_judges --corpus_root=/data --judges=paper-cnn,map-cnn,texture,phase
  python -m experiments.run transfer_judges --corpus_root=/data --judges= --output=experiments/results/transfer_benchmark/admission

Weights go to experiments/benchmark/judge_weights. They are trained on the training split; with --output every judge is then examined on
stretches of 32 bars of the validation split (or --split): accuracy, accuracy with half of the notes dropped, and what it makes of silence, by
pair of genres. A judge is admitted to a pair with .9, .85 and .35 to .65. Minutes for each network on one core.
"""
import itertools
import os

from absl import flags
import numpy as np

from experiments import report
from experiments.benchmark import judge_training
from experiments.benchmark import judges
from experiments.benchmark import pieces

# Other seeds than those of the inner classifiers.
SEEDS = {'paper-cnn': 101, 'map-cnn': 102, 'texture': 103, 'phase': 104}
REGRESSION_EXAMPLES, REGRESSION_STRENGTH = 16000, .1
LEAST_ACCURACY, LEAST_HALVED, SILENCE = .9, .85, (.35, .65)
# Stretches of a piece that are examined.
STRETCHES_A_PIECE = 2


def train(names, pools, steps, folder):
  """Trains and saves judges one after the other."""
  for name in names:
    examples = judge_training.Examples(pools, SEEDS[name])
    if judges.KINDS[name].features:
      weights = judge_training.train_regression(name, examples, SEEDS[name], REGRESSION_EXAMPLES, REGRESSION_STRENGTH)
    else:
      weights = judge_training.train_network(name, examples, SEEDS[name], steps)
    judges.save(name, weights, folder, seed=SEEDS[name])


def examine(pools, folder, seed=0):
  """Rows (dicts) of judge x pair of genres: `accuracy`, `halved`, `silence`, `admitted`, and the mean probability of the right genre."""
  generator, rows = np.random.default_rng(seed), []
  examined = {genre: _chosen(pools[genre]) for genre in judges.GENRES}
  whole = {genre: np.stack([_roll(s, 0.0, generator) for s in examined[genre]]) for genre in examined}
  halved = {genre: np.stack([_roll(s, .5, generator) for s in examined[genre]]) for genre in examined}
  empty = np.zeros((1, pieces.STEPS, 2, 88), np.uint8)
  for judge in judges.load_all(folder):
    name = judge.name
    seen = {(kind, genre): judge.probabilities(rolls) for kind, found in (('whole', whole), ('halved', halved)) for genre, rolls in found.items()}
    silent = judge.probabilities(empty)
    for first, second in itertools.combinations(judges.GENRES, 2):
      right = {kind: [judges.pairwise(seen[kind, a], [len(s.positions) for s in examined[a]], judges.KINDS[name].steps,
                                      [a] * len(examined[a]), [b] * len(examined[a])) for a, b in ((first, second), (second, first))]
               for kind in ('whole', 'halved')}
      accuracy, less = (float(np.mean([(p > .5).mean() for p in right[kind]])) for kind in ('whole', 'halved'))
      nothing = float(judges.pairwise(silent, [pieces.STEPS], judges.KINDS[name].steps, [first], [second])[0])
      rows.append({
          'judge': name, 'pair': f'{first}-{second}', 'accuracy': accuracy, 'halved': less, 'silence': nothing,
          'probability': float(np.mean([p.mean() for p in right['whole']])), 'stretches': [len(examined[g]) for g in (first, second)],
          'admitted': accuracy >= LEAST_ACCURACY and less >= LEAST_HALVED and SILENCE[0] <= nothing <= SILENCE[1]})
  return rows


def _chosen(pool):
  counts = {}
  return [s for s in pool if counts.setdefault(s.name, []).append(s) or len(counts[s.name]) <= STRETCHES_A_PIECE]


def _roll(stretch, rate, generator):
  return judge_training.dropped(np.pad(judge_training.owners_of(stretch), ((1, 0), (0, 0))), rate, 0, generator)


def page(rows):
  """Markdown: a line a judge and pair of genres."""
  head = ('judge', 'pair', 'stretches', 'accuracy', 'halved', 'silence', 'probability', 'admitted')
  cell = lambda value: f'{value:.3f}' if isinstance(value, float) else ' + '.join(map(str, value)) if isinstance(value, list) else str(value)
  return report.table(head, [[cell(row[name]) for name in head] for row in rows])


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('cache_dir', '', 'Folder that keeps the prepared pieces.', flag_values=flag_values)
  flags.DEFINE_list('judges', list(judges.KINDS), 'Judges to train.', flag_values=flag_values)
  flags.DEFINE_string('folder', judges.FOLDER, 'Folder of the weights.', flag_values=flag_values)
  flags.DEFINE_string('output', '', 'Path of the admission table without extension; none is made without.', flag_values=flag_values)
  flags.DEFINE_enum('split', 'validation', ('validation', 'test'), 'Split that judges are examined on.', flag_values=flag_values)
  flags.DEFINE_integer('steps', 5000, 'Updates of each network.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `train`, `examine`, the table of admission."""
  names = [name for name in flag_values.judges if name]
  os.makedirs(flag_values.folder, exist_ok=True)
  if names:
    pools = pieces.load(flag_values.corpus_root, 'train', flag_values.cache_dir)
    train(names, pools, flag_values.steps, flag_values.folder)
  if flag_values.output:
    pools = pieces.load(flag_values.corpus_root, flag_values.split, flag_values.cache_dir)
    print(page(report.write(flag_values.output, examine(pools, flag_values.folder), page)))
