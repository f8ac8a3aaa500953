"""What each part of method `guided` is worth: the benchmark's validation pieces, one part changed at a time.

  python -m experiments.run transfer_ablation --corpus_root=/data --output=experiments/results/transfer_benchmark/ablation

Writes OUTPUT.json, OUTPUT.md and OUTPUT_rows.json.gz; a variant that is there already is not run again. A variant is a set of options of
`methods.runner`. About two minutes a variant on a free core.
"""
import json

from absl import flags

from experiments.benchmark import transfer_benchmark
from experiments.benchmark import judges as judges_lib
from experiments.benchmark import methods
from experiments.benchmark import pieces

METHOD = 'guided'
# Name -> options. The first is the method as it is.
VARIANTS = {
    'the default': {},
    'genres recognised, not given': {'conditioned': False},
    'gradient of the steep sigmoid': {'gradient_slope': 1.5},
    'steps of .08 instead of .35': {'learning_rate': .08},
    'no classifier of statistics': {'texture': 0.0},
    'no convolutional classifiers': {'classifiers': 0.0},
    'no classifier at all': {'texture': 0.0, 'classifiers': 0.0},
    'margin 1 instead of 3': {'margin': 1.0},
    'classifiers read one key only': {'transposition': 0},
    'no whitened statistics': {'statistics': 0.0},
    "targets of the style piece alone": {'genre_share': 0.0},
    'targets of the genre alone, no profile': {'genre_share': 1.0, 'profile': 0.0},
    'no time-pitch profile': {'profile': 0.0},
    'notes are not held longer': {'lengthen_scale': 0.0},
    'no term for short notes': {'short_notes': 0.0},
    'no harmony term': {'harmony': 0.0},
    'melody not protected': {'skyline': 0.0, 'protect_melody': False},
    'best of three candidates': {'candidates': 3},
}
COLUMNS = {
    'lowest': 'lowest judge', 'content_change': 'change', 'chroma_similarity': 'chroma', 'skyline_kept': 'skyline', 'density_ratio': 'density',
    'one_step_share': 'one step', 'style_time_pitch': 'style gain'}


def run(pools, judges, output, contents=4, seed=0, directions=pieces.DIRECTIONS, variants=None):
  """Measures the variants; returns {name: {direction or 'mean': {measure: interval}}}."""
  bench = transfer_benchmark.Benchmark(pools, judges, output, contents, one_shot=False)
  for name, options in (variants or VARIANTS).items():
    bench.run(methods.runner(METHOD, options), name, None, [seed], directions)
  title = 'Ablation of method `guided`, validation split'
  found = bench.report(title, [], lambda summaries: page(title, {label: table for (label, _), table in summaries.items()}, contents, directions))
  return {label: table for (label, _), table in found.items()}


def page(title, summaries, contents, directions):
  """Markdown: a line a variant."""
  made = f'{contents} contents a direction, {len(directions)} directions, means over them; least: the direction with the lowest strength.'
  lines = [f'# {title}', '', made, '', '| variant | ' + ' | '.join(COLUMNS.values()) + ' | least |', '|' + '---|' * (len(COLUMNS) + 2)]
  for name, table in summaries.items():
    least = min(table[d]['lowest']['mean'] for d in directions)
    lines.append(f'| {name} | ' + ' | '.join(f"{table['mean'][key]['mean']:.2f}" for key in COLUMNS) + f' | {least:.2f} |')
  return '\n'.join(lines) + '\n'


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_string('cache_dir', '', 'Folder that keeps the prepared pieces.', flag_values=flag_values)
  flags.DEFINE_integer('contents', 4, 'Contents a direction.', flag_values=flag_values)
  flags.DEFINE_string('variants', '{}', 'JSON: name -> options, in place of VARIANTS.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  pools = pieces.load(flag_values.corpus_root, 'validation', flag_values.cache_dir)
  run(pools, judges_lib.load_all(), flag_values.output, flag_values.contents, variants=json.loads(flag_values.variants))
