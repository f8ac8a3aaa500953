"""The four experiments of Volker and Paskova: {VGG-19, composer classifier} x {piano roll, latents}, with style truly in the loss.

  python -m experiments.run musicnst_experiments --corpus_root=/data --classifier_windows='w16/windows.tfrecord-test-*' \
    --latent_windows='w3/windows.tfrecord-validation-*' --run_dirs=composer-latent=runs/composer-latent,composer-roll=runs/composer-roll

Writes results.json, README.md (its tables, and a reading of them) and PNG figures to OUTPUT; notes are written to MIDI of the shipped pieces
alone. Without --corpus_root only those are transferred. About 20 minutes on one core, of which VGG-19 takes most; with --store a run that
was stopped, or is repeated after one model changed, goes on from what is there.

Deviations from the paper: VGG-19 has random weights unless --imagenet can fetch ImageNet's; Adam (and L-BFGS, as published, beside it);
the classifiers and the autoencoder are those of this package; the rest stands in `musicnst/style_transfer/paper`.
"""
import dataclasses
import os
import time

from absl import flags

from experiments import report
from experiments.papers.musicnst import figures
from experiments.papers.musicnst import models
from experiments.papers.musicnst import page
from experiments.papers.musicnst import pairs as pairs_lib
from experiments.papers.musicnst import runs
from experiments.papers.musicnst import store as store_lib
from experiments.papers.musicnst import tables
from musicnst.rendering import midi

RATIOS = ((1, 0), (1, 1), (1, 4), (1, 16), (1, 64), (0, 1))
RESULTS = 'results.json'


@dataclasses.dataclass(frozen=True)
class Plan:
  """What is run on some pairs.

  Args:
    experiments: names in `runs.EXPERIMENTS`.
    controls: methods that are measured beside them.
    vgg_pairs: on how many pairs VGG-19, which is slow, tries other ratios than 1 : 4.
    seed: of random weights.
    sweep_steps: iterations after which the ratios are compared.
    long_steps: iterations at 1 : 4; the paper shows iterations 1, 10 and 100.
  """

  experiments: tuple = tuple(runs.EXPERIMENTS)
  controls: tuple = runs.CONTROLS
  vgg_pairs: int = 2
  seed: int = 0
  sweep_steps: int = tables.COMMON_ITERATION
  long_steps: int = tables.LONG_ITERATION

  def settings(self, pairs):
    """[(experiment, Pair, Setting)]: 1 : 4 on every pair, the other ratios on corpus pairs, L-BFGS on pairs of composers.

    VGG-19 goes beyond `sweep_steps` on the first and the shipped pair alone, the other ratios are tried on `vgg_pairs`, L-BFGS on one.
    """
    planned, until_sweep = [], tuple(sorted({1, min(10, self.sweep_steps), self.sweep_steps}))
    whole = runs.Setting(num_steps=self.long_steps, iterations=(*until_sweep, self.long_steps), seed=self.seed)
    short = dataclasses.replace(whole, num_steps=self.sweep_steps, iterations=until_sweep)
    ratios = [runs.Setting(*ratio, self.sweep_steps, (self.sweep_steps,), seed=self.seed) for ratio in RATIOS if ratio != (1, 4)]
    for experiment in self.experiments:
      slow = runs.EXPERIMENTS[experiment][0] == 'vgg'
      for number, pair in enumerate(pairs):
        planned.append((experiment, pair, short if slow and number and pair.kind != 'shipped' else whole))
        if pair.kind == 'composer' and number < (1 if slow else len(pairs)):
          planned.append((experiment, pair, dataclasses.replace(short if slow else whole, optimizer='l-bfgs')))
        if pair.kind != 'shipped' and number < (self.vgg_pairs if slow else len(pairs)):
          planned += [(experiment, pair, setting) for setting in ratios]
    return planned


def run(models_, pairs, output, plan=None, store=None, max_seconds=float('inf')):
  """Runs everything on the pairs; returns the dict of results, or None where time ran out (with a store, run it again)."""
  started, rows, curves, drawn = time.monotonic(), [], {}, {}
  plan = plan or Plan()
  planned = plan.settings(pairs)
  for number, (experiment, pair, setting) in enumerate(planned):
    if time.monotonic() - started > max_seconds:
      print(f'{number} of {len(planned)} runs done; run this again with the same --store to go on')
      return None
    found = runs.run(models_, pair, experiment, setting, store)
    rows += found.rows
    print(f'{number + 1}/{len(planned)} {experiment}, {pair.name}, {setting.ratio}, {setting.optimizer}: '
          f'loss {found.rows[-1]["total_start"]:.3g} -> {found.rows[-1]["total_end"]:.3g}, {time.monotonic() - started:.0f} s', flush=True)
    if setting.ratio == '1 : 4' and pair is pairs[0]:
      curves.setdefault(experiment, {})[setting.optimizer] = report.rounded(found.history)
    if setting.optimizer == 'adam' and setting.num_steps == plan.long_steps and (pair is pairs[0] or pair.kind == 'shipped'):
      drawn[experiment, pair.kind] = pair, found.sequences
  controls = [row for pair in pairs for row in runs.controls(models_, pair, plan.seed, plan.experiments, plan.controls)]
  _write_music(output, drawn, plan.sweep_steps)
  described = [{'kind': p.kind, 'pair': p.name, 'content': p.content_name, 'style': p.style_name,
                'notes': [len(p.content.pitches), len(p.style.pitches)]} for p in pairs]
  return {'pairs': described, 'iterations': [plan.sweep_steps, plan.long_steps], 'rows': rows, 'controls': controls, 'curves': curves}


def _write_music(output, drawn, left_out):
  """A figure of tracks an experiment, of the first pair, and MIDI files of the shipped one; not of the iteration `left_out`."""
  for (experiment, kind), (pair, sequences) in drawn.items():
    kept = sorted(key for key in sequences if key[0] != left_out)
    labels = [(f'iteration {i}' + (f', a cell is a note from {threshold:g}' if threshold else ''), sequences[i, threshold])
              for i, threshold in sorted(kept, key=lambda key: (-(key[1] or 0), key[0]))]
    name = f'tracks_{experiment}.png' if kind != 'shipped' else f'tracks_{experiment}_shipped.png'
    figures.tracks(os.path.join(output, name), pair, labels, f'{experiment}: {pair.name}')
    if kind == 'shipped':
      for iteration, threshold in kept:
        path = os.path.join(output, 'midi', f'{experiment}_{iteration}' + (f'_from_{threshold:g}' if threshold else '') + '.mid')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        midi.write(sequences[iteration, threshold], path)


def write(output, results):
  """results.json, figures and README.md."""
  results = report.rounded(results)  # the page shows what the JSON has, to the last digit
  report.write_json(os.path.join(output, RESULTS), results)
  if results['curves']:
    figures.loss_curves(os.path.join(output, 'loss_curves.png'), results['curves'])
  if results.get('classifier_curves'):
    figures.classifier_curves(os.path.join(output, 'classifier_curves.png'), results['classifier_curves'])
  if results.get('latents'):
    figures.latents(os.path.join(output, 'latents.png'), results['latents'])
  for kind in ('composer', 'genre'):
    table = tables.sweep_table(results, kind)
    if table:
      figures.sweep(os.path.join(output, f'sweep_{kind}.png'), table, tables.SWEEP_PANELS)
  report.write_text(os.path.join(output, 'README.md'), page.text(results))


def define_flags(flag_values):
  """The experiment's flags."""
  text = lambda name, default, meaning: flags.DEFINE_string(name, default, meaning, flag_values=flag_values)
  text('corpus_root', '', 'Folder that holds the corpora; without it only the shipped pieces are transferred.')
  text('output', 'experiments/results/musicnst', 'Folder of the results.')
  text('model', 'polyphonic-2bar', 'Bundle or run folder of the latent model.')
  text('store', '', 'Folder of finished optimizations, kept from run to run.')
  text('classifier_windows', '', 'Window records of the test split, for the accuracy of composer classifiers.')
  text('latent_windows', '', 'Window records of the validation split, for the distribution of z.')
  text('composers_json', 'experiments/results/composers.json', "Results of composer_classification, shown where the file exists.")
  flags.DEFINE_list('run_dirs', [], 'NAME=FOLDER of classifier trainings, whose learning curves are drawn.', flag_values=flag_values)
  flags.DEFINE_multi_enum('experiments', list(runs.EXPERIMENTS), list(runs.EXPERIMENTS), 'Which of the four.', flag_values=flag_values)
  flags.DEFINE_bool('imagenet', False, "VGG-19 with ImageNet's weights (80 MB are fetched once) in place of random ones.", flag_values=flag_values)
  flags.DEFINE_bool('page_only', False, 'Write figures and README.md of the results.json that is there.', flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of the draw of pieces and of random weights.', flag_values=flag_values)
  flags.DEFINE_integer('vgg_pairs', 2, 'Pairs of composers on which other ratios are tried with VGG-19, which is slow.', flag_values=flag_values)
  flags.DEFINE_integer('latent_batches', 16, 'Batches of 512 windows for the distribution of z.', flag_values=flag_values)
  flags.DEFINE_float('max_seconds', float('inf'), 'Stop before the next optimization once so long has passed.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`, `models`, `write`."""
  report.pyplot()  # missing, it must not be found out at the end
  if flag_values.page_only:
    write(flag_values.output, report.read_json(os.path.join(flag_values.output, RESULTS)))
    return
  found = runs.Models.load(flag_values.model, flag_values.imagenet)
  composers = found.composer('composer-roll').classifier.classes
  root, seed = flag_values.corpus_root, flag_values.seed
  pairs = [*pairs_lib.composer_pairs(root, composers, seed), *pairs_lib.genre_pairs(root, seed)] if root else []
  pairs.append(pairs_lib.shipped_pair())
  plan = Plan(tuple(flag_values.experiments), vgg_pairs=flag_values.vgg_pairs, seed=seed)
  results = run(found, pairs, flag_values.output, plan, store_lib.Store(flag_values.store), flag_values.max_seconds)
  if results is None:
    return
  results.update(_models(flag_values), settings={
      'model': flag_values.model, 'z_size': int(found.latents.model.z_size), 'imagenet': flag_values.imagenet, 'seed': seed,
      'vgg_pairs': flag_values.vgg_pairs})
  write(flag_values.output, results)


def _models(flag_values):
  """The parts of the results that are of models alone, as far as their flags are given."""
  rows, curves = models.reported(flag_values.composers_json)
  found = {'classifier_curves': curves, 'composers_reported': rows}
  for entry in flag_values.run_dirs:
    name, _, folder = entry.rpartition('=')
    found['classifier_curves'][name or os.path.basename(folder)] = models.learning_curves(folder)
  if flag_values.classifier_windows:
    found['composers'] = models.composer_accuracy(('composer-roll', 'composer-latent'), flag_values.classifier_windows)
  if flag_values.latent_windows:
    found['latents'] = models.latent_distribution(flag_values.model, flag_values.latent_windows, flag_values.latent_batches, flag_values.seed)
  return found
