"""Table 1 of Brunner et al. (2019) and what stands beside it: content change and transfer strength of every trained CycleGAN.

  python -m experiments.run cyclegan_train --corpus_root=/data --work_dir=/tmp/cyclegan --models=all
  python -m experiments.run cyclegan_table1 --corpus_root=/data --work_dir=/tmp/cyclegan --output=experiments/results/cyclegan/table1

Writes OUTPUT.json and OUTPUT.md: for each model and direction the cells added, removed and changed as shares of the source's (mean and
standard deviation over the windows of the split); S_tot^D as share of hits, as the papers count, and as mean probability, of the step that was
kept and, on validation windows, over the last third of the training; the classifiers' accuracy.
--snippets_dir writes windows drawn by --seed, transferred by the four variants, for listeners to rank, and changes.csv for
`cyclegan_figure1`. About three minutes on one thread.
"""
import csv
import os
import time

from absl import flags
import numpy as np

from experiments import report
from experiments import windows as windows_lib
from experiments.papers import recipes as common
from experiments.papers.cyclegan import measure
from experiments.papers.cyclegan import recipes
from experiments.papers.cyclegan import tables
from experiments.papers.cyclegan import validation_history
from musicnst import configs
from musicnst import errors
from musicnst import files
from musicnst import inference
from musicnst.metrics import transfer as transfer_metrics
from musicnst.rendering import midi

# Snippets of each direction, as in the paper's study.
SNIPPETS = 4


def run(prefix, work_dir, output, split='test', models=recipes.RUNS, snippets_dir='', seed=0):
  """Measures the models whose bundles `cyclegan_train` has put into `work_dir`; returns what it wrote to OUTPUT.json.

  Raises:
    ModelNotFoundError: none of the models is there, or no classifier of their pair.
  """
  there = [name for name in models if os.path.isdir(common.bundle_path(name, work_dir))]
  if not there:
    raise errors.ModelNotFoundError(f'{work_dir}: none of {", ".join(models)}; train them: python -m experiments.run cyclegan_train')
  rolls = windows_lib.by_genre(f'{prefix}-{split}-*', configs.get(there[0]).build_converter(), ('jazz', 'classical', 'pop'))
  found = {'split': split, 'windows': {genre: len(x) for genre, x in rolls.items()}, 'classifiers': {}, 'models': {}}
  for name in there:
    started = time.monotonic()
    model, _, info = inference.load_model(common.bundle_path(name, work_dir))
    label = recipes.classifier_of(name)
    classifier = common.load(label, work_dir, 'cyclegan_train')[0]
    found['classifiers'].setdefault(label, _accuracy(classifier, rolls))
    found['models'][name] = {
        **measure.summary(measure.both(model, classifier, rolls)), 'steps': info['step'], 'training': common.cost(name, work_dir),
        'late': validation_history.late(report.read_json(recipes.history_path(name, work_dir), [])), 'seconds': round(time.monotonic() - started, 1)}
    print(f'{name}: S_tot {found["models"][name]["s_tot_hits"]:.3f}, content change {found["models"][name]["content_change"]:.2f}', flush=True)
  if snippets_dir:
    write_snippets(work_dir, rolls, snippets_dir, seed)
  return report.write(output, found, tables.page, places=4)


def _accuracy(classifier, rolls):
  """Accuracy on each genre, and their mean."""
  shares = {genre: float((windows_lib.batched(classifier, rolls[genre]).argmax(-1) == i).mean()) for i, genre in enumerate(classifier.classes)}
  return {'mean': float(np.mean(list(shares.values()))), **shares}


def write_snippets(work_dir, rolls, folder, seed):
  """`SNIPPETS` windows of each direction of classical and pop, as they are and by each variant, and changes.csv (snippet, model, content_change)."""
  rows, generator = [], np.random.default_rng(seed)
  chosen = {genre: rolls[genre][np.sort(generator.permutation(len(rolls[genre]))[:SNIPPETS])] for genre in ('classical', 'pop')}
  for variant, short in recipes.VARIANTS.items():
    path = common.bundle_path(f'cyclegan-{short}_classical_pop-small', work_dir)
    if not os.path.isdir(path):
      continue
    model, config, _ = inference.load_model(path)
    converter = config.build_converter()
    for genre, windows in chosen.items():
      results = model.translate(windows, 1 - model.classes.index(genre)).numpy() >= .5
      for number, (window, result) in enumerate(zip(windows, results)):
        snippet = f'{genre}-{number}'
        for label, cells in (('source', window), (variant, result)):
          midi.write(converter.from_windows(cells[None]), os.path.join(folder, f'{snippet}-{label}.mid'))
        rows.append({'snippet': snippet, 'model': variant, 'content_change': float(transfer_metrics.content_change(window, result).total)})
  with files.atomic_path(os.path.join(folder, 'changes.csv')) as temporary, open(temporary, 'w', newline='', encoding='utf-8') as out:
    writer = csv.DictWriter(out, ('snippet', 'model', 'content_change'))
    writer.writeheader()
    writer.writerows(rows)


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('work_dir', None, 'Folder of `cyclegan_train`.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_enum('split', 'test', ('validation', 'test'), 'Split of the windows.', flag_values=flag_values)
  flags.DEFINE_list('models', list(recipes.RUNS), 'Configs to measure; those that are not there are left out.', flag_values=flag_values)
  flags.DEFINE_string('snippets_dir', '', 'Folder for snippets to rank; none by default.', flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Draws the snippets.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  prefix = recipes.windows(flag_values.corpus_root, flag_values.work_dir)
  run(prefix, flag_values.work_dir, flag_values.output, flag_values.split, flag_values.models, flag_values.snippets_dir,
      flag_values.seed)
  print(flag_values.output + '.md')
