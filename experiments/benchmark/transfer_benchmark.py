"""The transfer benchmark: methods and controls on pieces of other genres, by judges that no method saw.

  python -m experiments.run transfer_benchmark --corpus_root=/data --split=validation --methods=guided --contents=6 --output=/tmp/quick
  python -m experiments.run transfer_benchmark --corpus_root=/data --split=test --seeds=0,1,2 --methods=guided,controls \
    --output=experiments/results/transfer_benchmark/test

A method is a name of methods.METHODS, with strengths after a colon where it has several ('guided:.3/.6/1');
'controls' stands for all controls at the strengths of CONTROL_RUNS. Writes OUTPUT.json (means, intervals), OUTPUT.md (tables), OUTPUT.png
(curves) and OUTPUT_rows.json.gz (every result). Run again with the same output, it measures only what is not there yet, so that several commands
fill one table; variants of a method stand beside it under a --label of their own, their differences given as JSON:
--method_options='{"classifiers": 0, "num_steps": 30}'. Measured is what lies on the sixteenth grid. Contents are the same for every method
and seed; a seed draws the style pieces and is the method's own. On two cores the controls of the six directions take about ten minutes a seed.
"""
import gzip
import json
import os

from absl import flags
import numpy as np

from experiments import report
from experiments.benchmark import figures
from experiments.benchmark import judges as judges_lib
from experiments.benchmark import measure
from experiments.benchmark import methods
from experiments.benchmark import pieces
from experiments.benchmark import results as results_lib
from experiments.benchmark import tables
from musicnst import errors
from musicnst import files
from musicnst.rendering import midi

# Strengths at which each control is run; None is the method's own.
CONTROL_RUNS = {
    'copy': (None,), 'silence': (None,), 'half-notes': (None,), 'reconstruction': (None,), 'style-piece': (None,), 'interpolation': (.25, .5, .75),
    'arithmetic': (.25, .5, .75, 1.0), 'genre-arithmetic': (1.5, 3.0, 5.0), 'moment-matching': (.5, 1.0), 'raw-roll': (.3, .6)}
# Where a result counts as still being the content.
MOST_CHANGE, LEAST_DENSITY, MOST_DENSITY = .6, .6, 1.6


def parse_methods(names, strengths=()):
  """['guided:.3/.6', 'controls'] -> [(method, strength or None)]; `strengths` are those of methods that name none."""
  runs, common = [], list(strengths) or [None]
  for name in names:
    if name == 'controls':
      runs += [(control, strength) for control, strengths in CONTROL_RUNS.items() for strength in strengths]
      continue
    method, _, own = name.partition(':')
    runs += [(method, float(s)) for s in own.split('/')] if own else [(method, strength) for strength in common]
  return runs


class Benchmark:
  """Pieces, judges and the rows so far.

  Args:
    pools: genre -> list of Stretch.
    judges: list of Judge.
    output: path without extension.
    contents: how many a direction.
    one_shot: make every result a second time with another style piece, but for controls.
    with_cycle: transfer every result back.
    midi_folder: write the results of seed 0 there as MIDI; empty writes none.
    results_folder: keep all results there for `rejudge`; empty keeps none.
  """

  def __init__(self, pools, judges, output, contents=20, one_shot=True, with_cycle=False, midi_folder='', results_folder=''):
    self.pools, self.judges, self.output, self.contents = pools, judges, output, contents
    self.one_shot, self.with_cycle, self.midi_folder, self.results_folder = one_shot, with_cycle, midi_folder, results_folder
    self.cells = read_rows(output + '_rows.json.gz')
    self.genre_one_step = {genre: measure.one_step_mean(pool) for genre, pool in pools.items() if pool}

  def run(self, runner, label, strength, seeds, directions):
    """Fills the cells of one method at one strength."""
    for seed in seeds:
      for direction in directions:
        key = results_lib.key(label, strength, seed, direction, self.contents)
        if key not in self.cells:
          self.cells[key] = self._measure(runner, key, label, strength, seed, direction)
          self.save_rows()
          self._say(label, strength, seed, direction, self.cells[key])

  def has(self, label, strength, seed, direction):
    """Whether this cell is filled."""
    return results_lib.key(label, strength, seed, direction, self.contents) in self.cells

  def rejudge(self):
    """Asks the judges again about every cell whose results were kept."""
    for key, rows in self.cells.items():
      where, (_, _, seed, direction, count) = results_lib.path(self.results_folder, key), json.loads(key)
      if os.path.exists(where):
        results = [measure.result_piece(sequence) for sequence in results_lib.load(where)]
        stretches = [pair.content for pair in pieces.pairs(self.pools, direction, count, seed)]
        for row, found in zip(rows, measure.judged(self.judges, stretches, results, *direction.split('-'))):
          row.update(found)
    self.save_rows()

  def _measure(self, runner, key, label, strength, seed, direction):
    """Rows of one direction."""
    pairs = pieces.pairs(self.pools, direction, self.contents, seed)
    contents, source, target = [pair.content.piece for pair in pairs], *direction.split('-')
    outcome = runner.run(contents, [pair.style.piece for pair in pairs], strength, seed, direction)
    results = [measure.result_piece(sequence) for sequence in outcome.sequences]
    rows = measure.judged(self.judges, [pair.content for pair in pairs], results, source, target)
    for row, pair, sequence in zip(rows, pairs, outcome.sequences):
      row.update(measure.compared(pair, sequence), direction=direction, seed=seed, content=pair.content.label, piece=pair.content.name,
                 style=pair.style.label, other=pair.other.label, seconds=outcome.seconds, cpu_seconds=outcome.cpu_seconds,
                 genre_one_step_share=self.genre_one_step[target])
      row['inside'] = float(row['content_change'] <= MOST_CHANGE and LEAST_DENSITY <= row['density_ratio'] <= MOST_DENSITY)
    if self.one_shot and label not in tables.CONTROLS:
      self._compare_styles(runner, pairs, strength, seed, rows)
    if self.with_cycle:
      self._cycle(runner, pairs, results, strength, seed, rows)
    if self.results_folder:
      results_lib.save(results_lib.path(self.results_folder, key), outcome.sequences)
    if self.midi_folder and seed == 0:
      self._write_midi(label, strength, direction, pairs, outcome.sequences)
    return rows

  def _compare_styles(self, runner, pairs, strength, seed, rows):
    """Adds `other_style_gain`, the gain towards *this* style piece of a result made with another piece of the genre, and the difference."""
    others = runner.run([pair.content.piece for pair in pairs], [pair.other.piece for pair in pairs], strength, seed, rows[0]['direction'])
    for row, pair, sequence in zip(rows, pairs, others.sequences):
      row['other_style_gain'] = measure.style_gain(pair.content, pair.style, sequence)
      row['one_shot'] = row['style_time_pitch'] - row['other_style_gain']

  def _cycle(self, runner, pairs, results, strength, seed, rows):
    """Adds cycled strengths: results back in the style of their contents; an empty result stays empty."""
    there = [i for i, result in enumerate(results) if result is not None]
    source, target = rows[0]['direction'].split('-')
    back = runner.run([results[i] for i in there], [pairs[i].content.piece for i in there], strength, seed, f'{target}-{source}').sequences
    returned = dict(zip(there, map(measure.result_piece, back)))
    stretches, every = [pair.content for pair in pairs], [returned.get(i) for i in range(len(pairs))]
    measure.cycled(self.judges, rows, stretches, every, source, target)

  def _write_midi(self, label, strength, direction, pairs, sequences):
    for number, (pair, sequence) in enumerate(zip(pairs, sequences)):
      name = label if strength is None else f'{label}-{strength:g}'
      for kind, music in (('content', pair.content.piece.sequence), ('style', pair.style.piece.sequence), (name, sequence)):
        midi.write(music, os.path.join(self.midi_folder, direction, f'{number:02d}-{kind}.mid'))

  def _say(self, label, strength, seed, direction, rows):
    mean = {name: float(np.mean([row[name] for row in rows])) for name, value in rows[0].items() if isinstance(value, float)}
    judge, lowest = measure.lowest(mean)
    name = label if strength is None else f'{label} {strength:g}'
    print(f'{name}, seed {seed}, {direction}: lowest {lowest:.2f} ({judge}), change {mean["content_change"]:.2f}, '
          f'density {mean["density_ratio"]:.2f}, style gain {mean["style_time_pitch"]:.2f}, {mean["seconds"]:.2f} s a piece', flush=True)

  def save_rows(self):
    """Writes all cells."""
    # Another command may have filled other cells of the same table meanwhile.
    self.cells = {**read_rows(self.output + '_rows.json.gz'), **self.cells}
    with files.atomic_path(self.output + '_rows.json.gz') as temporary, open(temporary, 'wb') as out:
      # Without a time of writing, so that equal rows are equal files.
      out.write(gzip.compress(json.dumps(report.rounded(self.cells, places=4)).encode(), mtime=0))

  def report(self, title, described, page=None):
    """Writes OUTPUT.json, .md and .png from all cells of this number of contents; returns the summaries.

    Args:
      title: heading of the page.
      described: list of lines on how it was made.
      page: `summaries -> text` for another page than `tables.markdown`.
    """
    grouped = {}
    for key, rows in self.cells.items():
      label, strength, _, _, contents = json.loads(key)
      if contents == self.contents:
        grouped.setdefault((label, strength), []).extend(rows)
    summaries = {key: tables.summarize(rows) for key, rows in grouped.items()}
    seeds = {key: tables.by_seed(rows) for key, rows in grouped.items()}
    report.write_text(self.output + '.md', page(summaries) if page else tables.markdown(summaries, seeds, title, described))
    named = lambda values: [{'method': label, 'strength': strength, **value} for (label, strength), value in values.items()]
    found = {'made': described, 'summaries': named({key: {'directions': table} for key, table in summaries.items()}),
             'against_controls': named({key: {'directions': rows} for key, rows in tables.against_controls(summaries).items()}),
             'seeds': named({key: {'measures': measures} for key, measures in seeds.items()})}
    report.write_json(self.output + '.json', found, places=4, lines=True)
    figures.curves(summaries, self.output + '.png')
    return summaries


def read_rows(path):
  """The cells in a file of rows: key -> rows; nothing where there is no file."""
  if not os.path.exists(path):
    return {}
  with gzip.open(path, 'rt', encoding='utf-8') as file:
    return json.load(file)


def _label(given, method, methods_in_all):
  """Name in the tables: of several methods under one label each keeps its own name too."""
  return given if given and methods_in_all == 1 else ' '.join(filter(None, (given, method)))


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_enum('split', 'validation', ('validation', 'test'), 'Split that the pieces come from.', flag_values=flag_values)
  flags.DEFINE_list('directions', ['six'], "Such as jazz-pop; 'six': those among jazz, classical and pop; 'all': twelve.", flag_values=flag_values)
  flags.DEFINE_list('methods', ['guided'], "Methods, see above; 'controls' are all controls.", flag_values=flag_values)
  flags.DEFINE_list('strengths', [], "Strengths of methods that name none after a colon; the method's own without.", flag_values=flag_values)
  flags.DEFINE_integer('contents', 20, 'Contents a direction.', flag_values=flag_values)
  flags.DEFINE_list('seeds', ['0'], 'Seeds.', flag_values=flag_values)
  flags.DEFINE_string('cache_dir', '', 'Folder that keeps the prepared pieces.', flag_values=flag_values)
  flags.DEFINE_string('model', '', 'Latent model; the shipped one without.', flag_values=flag_values)
  flags.DEFINE_string('method_options', '{}', 'JSON: values of fields of request.Settings and of GuidedSettings.', flag_values=flag_values)
  flags.DEFINE_string('label', '', "Name in the tables, where it is not the method's.", flag_values=flag_values)
  flags.DEFINE_bool('one_shot', True, 'Make every result (not of controls) with another style piece too, and compare.', flag_values=flag_values)
  flags.DEFINE_bool('cycled', False, 'Transfer back too, and give the cycled strength.', flag_values=flag_values)
  flags.DEFINE_string('save_midi', '', 'Folder for contents, styles and results of seed 0 as MIDI.', flag_values=flag_values)
  flags.DEFINE_string('results_dir', '', 'Folder that keeps every result for --rejudge.', flag_values=flag_values)
  flags.DEFINE_bool('rejudge', False, 'Ask the judges again about the results in --results_dir, and write the report.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `Benchmark.run`, `report`."""
  try:
    options = json.loads(flag_values.method_options)
  except ValueError as error:
    raise errors.ArgumentError(f'--method_options is not JSON: {error}') from error
  named = {'six': pieces.DIRECTIONS, 'all': pieces.ALL_DIRECTIONS}
  directions = [d for name in flag_values.directions for d in named.get(name, (name,))]
  pools = pieces.load(flag_values.corpus_root, flag_values.split, flag_values.cache_dir)
  bench = Benchmark(
      pools, judges_lib.load_all(), flag_values.output, flag_values.contents, flag_values.one_shot, flag_values.cycled, flag_values.save_midi,
      flag_values.results_dir)
  runners = {}
  if flag_values.rejudge:
    bench.rejudge()
  strengths = [float(s) for s in flag_values.strengths]
  runs = parse_methods([] if flag_values.rejudge else flag_values.methods, strengths)
  for method, strength in runs:
    if method not in runners:
      runners[method] = methods.runner(
          method, options, flag_values.model or None, lambda: pieces.load(flag_values.corpus_root, 'train', flag_values.cache_dir))
    label = _label(flag_values.label, method, len({name for name, _ in runs}))
    bench.run(runners[method], label, strength, [int(s) for s in flag_values.seeds], directions)
  counts = ', '.join(f'{genre} {len(pool)} of {len({s.name for s in pool})} pieces' for genre, pool in pools.items())
  bench.report(f'Transfer benchmark, {flag_values.split} split', [
      f'{flag_values.contents} contents a direction; stretches of 32 bars there are: {counts}. Intervals: 95 %, bootstrap over pieces.'])
  print(flag_values.output + '.md')
