"""The arrangement benchmark: is the style piece heard, are tune, chords and form kept, and is it told from real music?

  python -m experiments.run arrangement --corpus_root=/data --split=validation --methods=arrange,guided --contents=12 --output=/tmp/arrange

Pieces are those of `transfer_benchmark` (32 bars of four quarters). No genre is given. Writes OUTPUT.json and OUTPUT.md.
"""
from absl import flags
import numpy as np

from experiments import report
from experiments.benchmark import pieces
from experiments.benchmark import two_sample
from musicnst import errors
from musicnst.analysis import melody
from musicnst.analysis import score as score_lib
from musicnst.metrics import arrangement
from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer as transfer_metrics
from musicnst.style_transfer import registry
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.arrange import measures
from musicnst.style_transfer.arrange import piece as piece_lib
from musicnst.style_transfer.pieces import compose

# Style pieces among which one is to be found.
CANDIDATES = 12


class Bench:
  """The pieces of one split, each read once.

  Args:
    pools: genre -> list of Stretch.
  """

  def __init__(self, pools):
    self.pools, self._read = pools, {}

  def read(self, stretch):
    """ArrangedPiece of a Stretch."""
    if stretch.label not in self._read:
      self._read[stretch.label] = piece_lib.read(pieces.to_sequence(stretch.notes), 'tempo', stretch.label)
    return self._read[stretch.label]

  def candidates(self, style, seed):
    """The style and eleven stretches of other pieces of its genre."""
    others, found = pieces.in_turn(self.pools[style.genre], np.random.default_rng([7, seed])), [style]
    for stretch in others:
      if stretch.name not in {s.name for s in found}:
        found.append(stretch)
      if len(found) == CANDIDATES:
        break
    return found

  def profiles(self, stretch):
    piece = self.read(stretch)
    return arrangement.profiles(piece.score.select(piece.around))

  def measure(self, pair, result, seed):
    """Measures of a result (Score): dict of floats, and its accompaniment."""
    content, style = self.read(pair.content), self.read(pair.style)
    seen = measures.reading(content, result)
    candidates = self.candidates(pair.style, seed)
    rank = arrangement.identified(arrangement.profiles(seen.accompaniment), [self.profiles(s) for s in candidates], 0)
    gain = transfer_metrics.style_gain(_notes(content.score), _notes(style.score), _notes(result))
    found = {
        'identified': float(rank == 1), 'rank': float(rank), **metric_map.measure_arrangement(seen),
        'gain_time_pitch': gain['time_pitch'], 'gain_onset_duration': gain['onset_duration'],
        'notes': len(result) / max(len(content.score), 1),
        'change': transfer_metrics.sequence_change(_notes(content.score), _notes(result)).total}
    return found, seen.accompaniment


def _notes(score):
  return notes_lib.Notes(score.pitch, score.velocity, score.start, score.end, score.is_drum)


def results(name, pairs, strength, seed):
  """Results (Scores) of a method for pairs; 'content', 'style' and 'laid' are controls of the benchmark alone."""
  if name in ('content', 'style', 'laid'):
    return [_control(name, pair) for pair in pairs]
  method, entry = registry.load(name), registry.lookup(name)
  settings = request_lib.Settings(beats='tempo', seed=seed, strength=strength).filled(entry.defaults)
  found = []
  for pair in pairs:
    sequence, style = (pieces.to_sequence(s.notes) for s in (pair.content, pair.style))
    whole, other = method.prepare(sequence, settings, pair.content.label), method.prepare(style, settings, pair.style.label)
    parts = method.stretches(whole, settings)
    result = method.run(request_lib.Request([p for p, _ in parts], [[other]] * len(parts), [m for _, m in parts], settings))
    changes = compose.joined([piece.changes(edit) for (piece, _), edit in zip(parts, result.edits[0])])
    found.append(score_lib.of(compose.compose(sequence, changes)[0]).pitched())
  return found


def _control(name, pair):
  content, style = (score_lib.of(pieces.to_sequence(s.notes)).pitched() for s in (pair.content, pair.style))
  if name == 'content':
    return content
  if name == 'style':
    return style
  tune, other = melody.find(content).lead, style.select(~melody.find(style).mask)
  both = pieces.to_sequence(np.zeros((0, 4), int))
  for part in (content.select(tune), other):
    for pitch, velocity, start, end in zip(part.pitch, part.velocity, part.start, part.end):
      both.notes.add(pitch=int(pitch), velocity=int(velocity), start_time=float(start), end_time=float(end))
  both.total_time = max(content.end.max(), style.end.max())
  return score_lib.of(both).pitched()


def run(pools, methods, directions, contents, seeds, output):
  """Measures methods ('name' or 'name:strength'); returns {method: {direction: {measure: mean}}} and writes OUTPUT.json, OUTPUT.md."""
  bench, table = Bench(pools), {}
  for label in methods:
    name, _, strength = label.partition(':')
    rows = {}
    for direction in directions:
      found, scores, accompaniments = [], [], []
      for seed in seeds:
        pairs = pieces.pairs(pools, direction, contents, seed)
        for pair, result in zip(pairs, results(name, pairs, float(strength) if strength else None, seed)):
          values, around = bench.measure(pair, result, seed)
          found.append(values)
          scores.append((result, pair.style.name))
          accompaniments.append((around, pair.style.name))
      rows[direction] = {key: float(np.mean([values[key] for values in found])) for key in found[0]}
      rows[direction].update(_two_sample(bench, direction, scores, accompaniments))
      print(label, direction, {k: round(v, 2) for k, v in rows[direction].items()}, flush=True)
    table[label] = {**rows, 'mean': {key: float(np.mean([row[key] for row in rows.values()])) for key in next(iter(rows.values()))}}
  report.write(output, table, lambda found: page(found, contents, seeds))
  return table


def _two_sample(bench, direction, scores, accompaniments):
  """Areas under the curves of classifiers that tell results from real stretches of the style's genre.

  A style piece and what was made with it lie in one fold: a result is like its own style piece, which must not pass for it in another fold.
  """
  genre = direction.split('-')[1]
  real = [(bench.read(s), s.name) for s in pieces.in_turn(bench.pools[genre], np.random.default_rng(3))[:max(len(scores), 30)]]
  found = {}
  for what, ours, theirs in (('all', scores, [(p.score, n) for p, n in real]),
                             ('accompaniment', accompaniments, [(p.score.select(p.around), n) for p, n in real])):
    values = two_sample.area(ours, theirs)
    found.update({f'two_sample_{what}_{kind}': value for kind, value in values.items()})
  return found


def page(table, contents, seeds):
  """Markdown: a row a method, means over the directions."""
  columns = list(next(iter(table.values()))['mean'])
  rows = [[label, *(report.number(found['mean'][key], 2) for key in columns)] for label, found in table.items()]
  said = f'{contents} contents a direction, seeds {", ".join(map(str, seeds))}; means over the directions. No genre is given.'
  return '\n\n'.join(['# Arrangement benchmark', said, report.table(['method', *columns], rows)])


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_string('cache_dir', '', 'Folder that keeps the prepared pieces.', flag_values=flag_values)
  flags.DEFINE_enum('split', 'validation', ('train', 'validation', 'test'), 'Which pieces.', flag_values=flag_values)
  flags.DEFINE_list('methods', ['content', 'style', 'laid', 'arrange'], 'Methods, or method:strength.', flag_values=flag_values)
  flags.DEFINE_list('directions', list(pieces.DIRECTIONS), 'Such as jazz-pop.', flag_values=flag_values)
  flags.DEFINE_integer('contents', 12, 'Contents a direction.', flag_values=flag_values)
  flags.DEFINE_list('seeds', ['0'], 'Each draws the style pieces.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  unknown = [d for d in flag_values.directions if d not in pieces.ALL_DIRECTIONS]
  if unknown:
    raise errors.ArgumentError(f'direction {unknown[0]!r}: known are {", ".join(pieces.ALL_DIRECTIONS)}')
  pools = pieces.load(flag_values.corpus_root, flag_values.split, flag_values.cache_dir)
  run(pools, flag_values.methods, flag_values.directions, flag_values.contents, [int(s) for s in flag_values.seeds], flag_values.output)
