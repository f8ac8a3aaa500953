"""One table of all methods: our transfer, the paper's four experiments, CycleGANs, MusAE, latent interpolation and arithmetic, controls.

  python -m experiments.run comparison --corpus_root=/data --models_dir=/tmp/models --output=experiments/results/comparison/test

Pieces, judges, quantization and splits are those of `transfer_benchmark`. `--models_dir` holds `cyclegan` and `musae`, the folders `bundles` of
`cyclegan_train` and `musae_train` (links will do); an entry whose bundles are not there is named and passed over. `--reuse` takes
over results of `transfer_benchmark` (path without extension) so that they need not be made again. Writes OUTPUT.md, .json, .png and
OUTPUT_rows.json.gz; what is there is not run again.
"""
import json
import os

from absl import flags

from experiments import report
from experiments.benchmark import figures
from experiments.benchmark import judges as judges_lib
from experiments.benchmark import methods
from experiments.benchmark import pieces
from experiments.benchmark import tables
from experiments.benchmark import transfer_benchmark
from experiments.benchmark.compare import entries as entries_lib
from experiments.benchmark.compare import page
from musicnst import errors
from musicnst import registry


def adopt(cells, reused, wanted):
  """Adds to `cells` the seed-0 results of `reused` (another table's cells) for the (label, strength) pairs in `wanted`."""
  for key, rows in reused.items():
    label, strength, seed, _, _ = json.loads(key)
    if seed == 0 and (label, strength) in wanted:
      cells.setdefault(key, rows)


def run(bench_of, entries, models_dir, seed=0, runner_of=methods.runner):
  """Runs the entries that can be run; returns {label: reason} of those that cannot.

  Args:
    bench_of: `contents -> transfer_benchmark.Benchmark` (0 for as many as asked).
    entries: list of Entry.
    models_dir: folder of the bundles.
    seed: of style pieces and methods.
    runner_of: `(method, model=path or None) -> methods.Runner`.
  """
  left_out = {}
  for entry in entries:
    absent = entries_lib.missing(entry, models_dir)
    directions = [d for d, model in entry.models.items() if model not in absent]
    if absent:
      left_out[entry.label] = f'{", ".join(absent)} not in {models_dir}'
      print(f'{entry.label}: {left_out[entry.label]}', flush=True)
    bench, runners = bench_of(entry.contents), {}
    for strength in entry.strengths:
      for direction in directions:
        if bench.has(entry.label, strength, seed, direction):
          continue
        model = entry.models[direction] and os.path.join(models_dir, entry.models[direction])
        if model not in runners:
          runners[model] = runner_of(entry.method, model=model or None)
        bench.run(runners[model], entry.label, strength, [seed], [direction])
  return left_out


def grouped(cells, labels):
  """(label, strength) -> rows, in the order of `labels`."""
  found = {}
  for key, rows in cells.items():
    label, strength, *_ = json.loads(key)
    if label in labels:
      found.setdefault((label, strength), []).extend(rows)
  return dict(sorted(found.items(), key=lambda item: (labels.index(item[0][0]), item[0][1] or 0.0)))


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('models_dir', None, 'Folder with cyclegan/<config> and musae/<recipe>.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_list('entries', ['all'], 'Labels of entries; all of them by default.', flag_values=flag_values)
  flags.DEFINE_enum('split', 'test', ('validation', 'test'), 'Split that the pieces come from.', flag_values=flag_values)
  flags.DEFINE_integer('contents', 20, 'Contents a direction.', flag_values=flag_values)
  flags.DEFINE_string('cache_dir', '', 'Folder that keeps the prepared pieces.', flag_values=flag_values)
  flags.DEFINE_string('reuse', '', 'Results of transfer_benchmark to take over.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`, then table and figure."""
  known = {entry.label: entry for entry in entries_lib.ENTRIES}
  names = list(known) if flag_values.entries == ['all'] else flag_values.entries
  entries = [registry.lookup(known, name, 'entry') for name in names]
  if not os.path.isdir(flag_values.models_dir):
    raise errors.ArgumentError(f'{flag_values.models_dir}: no such folder; it is where the bundles of CycleGANs and MusAEs lie')
  pools = pieces.load(flag_values.corpus_root, flag_values.split, flag_values.cache_dir)
  judges = judges_lib.load_all()
  output = flag_values.output
  bench_of = lambda contents: transfer_benchmark.Benchmark(pools, judges, output, contents or flag_values.contents, one_shot=False)
  if flag_values.reuse:
    bench = bench_of(0)
    wanted = {(entry.label, strength) for entry in entries for strength in entry.strengths}
    adopt(bench.cells, transfer_benchmark.read_rows(flag_values.reuse + '_rows.json.gz'), wanted)
    bench.save_rows()
  left_out = run(bench_of, entries, flag_values.models_dir)
  summaries = {key: tables.summarize(rows) for key, rows in grouped(bench_of(0).cells, names).items()}
  minutes = {entry.label: entries_lib.training_minutes(entry, flag_values.models_dir) for entry in entries}
  report.write_json(output + '.json', page.numbers(summaries, minutes), places=4)
  report.write_text(output + '.md', page.markdown(summaries, minutes, known, left_out, flag_values.split))
  figures.curves(summaries, output + '.png')
  print(output + '.md')
