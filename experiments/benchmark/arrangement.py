"""The arrangement benchmark: is the style piece heard, are tune, chords and form kept, and is it told from real music?

  python -m experiments.run arrangement --corpus_root=/data --split=validation --methods=arrange,guided --contents=12 --output=/tmp/arrange

Pieces are those of `transfer_benchmark` (32 bars of four quarters). No genre is given. Writes OUTPUT.json and OUTPUT.md.
"""
from absl import flags
import numpy as np

from experiments import report
from experiments.benchmark import judges as judges_lib
from experiments.benchmark import measure
from experiments.benchmark import other_chords
from experiments.benchmark import pieces
from experiments.benchmark import two_sample
from musicnst import errors
from musicnst.analysis import melody
from musicnst.analysis import score as score_lib
from musicnst.metrics import arranged
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
    self.pools, self._read, self._real = pools, {}, {}
    self.judges, self.others = judges_lib.load_all(), other_chords.available()

  def read(self, stretch):
    """ArrangedPiece of a Stretch."""
    if stretch.label not in self._read:
      self._read[stretch.label] = piece_lib.read(pieces.to_sequence(stretch.notes), 'tempo', stretch.label)
    return self._read[stretch.label]

  def some(self, genre, count):
    """So many stretches of a genre, one of each piece before a second of any."""
    return pieces.in_turn(self.pools[genre], np.random.default_rng(3))[:count]

  def real(self, genre):
    """{'real_MEASURE': mean} of stretches of a genre: what music has of the figures that a result has."""
    if genre not in self._real:
      rows = []
      for piece in map(self.read, self.some(genre, 30)):
        seen = arranged.Arrangement(piece.score, piece.score, piece.tune, piece.harmony, piece.harmony, piece.groups)
        rows.append({f'real_{name}': metric.before(seen) for name, metric in metric_map.METRIC_MAP.items()
                     if metric.better == metric_map.NEAR_CONTENT})
      self._real[genre] = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    return self._real[genre]

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
    if self.others:
      found['chords_kept_other'] = other_chords.kept(content.score, result)
    return found, seen.accompaniment


def _notes(score):
  return notes_lib.Notes(score.pitch, score.velocity, score.start, score.end, score.is_drum)


def results(name, contents, styles, strength, seed):
  """Results (NoteSequences) of a method for stretches; 'content', 'style' and 'laid' are controls of the benchmark alone."""
  pairs = [(pieces.to_sequence(content.notes), pieces.to_sequence(style.notes)) for content, style in zip(contents, styles)]
  if name in CONTROLS:
    return [CONTROLS[name](*pair) for pair in pairs]
  method, entry = registry.load(name), registry.lookup(name)
  settings = request_lib.Settings(beats='tempo', seed=seed, strength=strength).filled(entry.defaults)
  found = []
  for (sequence, style), stretch, other in zip(pairs, contents, styles):
    whole, prepared = method.prepare(sequence, settings, stretch.label), method.prepare(style, settings, other.label)
    parts = method.stretches(whole, settings)
    result = method.run(request_lib.Request([p for p, _ in parts], [[prepared]] * len(parts), [m for _, m in parts], settings))
    changes = compose.joined([piece.changes(edit) for (piece, _), edit in zip(parts, result.edits[0])])
    found.append(compose.compose(sequence, changes)[0])
  return found


def _laid(content, style):
  """The style's accompaniment as it is under the content's tune."""
  both, kept = pieces.to_sequence(np.zeros((0, 4), int)), (score_of(content), score_of(style))
  tune, other = kept[0].select(melody.find(kept[0]).lead), kept[1].select(~melody.find(kept[1]).mask)
  for part in (tune, other):
    for pitch, velocity, start, end in zip(part.pitch, part.velocity, part.start, part.end):
      both.notes.add(pitch=int(pitch), velocity=int(velocity), start_time=float(start), end_time=float(end))
  both.total_time = max(content.total_time, style.total_time)
  return both


CONTROLS = {'content': lambda content, style: content, 'style': lambda content, style: style, 'laid': _laid}


def score_of(sequence):
  """NoteSequence -> Score of its pitched notes."""
  return score_lib.of(sequence).pitched()


def run(pools, methods, directions, contents, seeds, output):
  """Measures methods ('name' or 'name:strength'); returns {method: {direction: {measure: mean}}} and writes OUTPUT.json, OUTPUT.md."""
  bench, table = Bench(pools), {}
  for label in methods:
    name, _, strength = label.partition(':')
    rows = {direction: _direction(bench, name, float(strength) if strength else None, direction, contents, seeds) for direction in directions}
    table[label] = {**rows, 'mean': {key: float(np.mean([row[key] for row in rows.values()])) for key in next(iter(rows.values()))}}
    print(label, {k: round(v, 2) for k, v in table[label]['mean'].items()}, flush=True)
    report.write(output, table, lambda found: page(found, contents, seeds))
  return table


def _direction(bench, name, strength, direction, contents, seeds):
  """{measure: mean} of one method in one direction."""
  found, scores, accompaniments = [], [], []
  for seed in seeds:
    pairs = pieces.pairs(bench.pools, direction, contents, seed)
    made = results(name, [p.content for p in pairs], [p.style for p in pairs], strength, seed)
    others = made if name in CONTROLS else results(name, [p.content for p in pairs], [p.other for p in pairs], strength, seed)
    judged = measure.judged(bench.judges, [p.content for p in pairs], [measure.result_piece(m) for m in made], *direction.split('-'))
    for pair, sequence, other, row in zip(pairs, made, others, judged):
      result = score_of(sequence)
      values, around = bench.measure(pair, result, seed)
      toward = transfer_metrics.style_gain(_notes(bench.read(pair.content).score), _notes(bench.read(pair.style).score), _notes(score_of(other)))
      values['this_not_another'] = values['gain_time_pitch'] - toward['time_pitch']
      found.append({**values, **{key: value for key, value in row.items() if key.startswith('strength/')}})
      scores.append((result, pair.style.name))
      accompaniments.append((around, pair.style.name))
  means = {key: float(np.mean([values[key] for values in found])) for key in found[0]}
  means['lowest_judge'] = measure.lowest(means)[1]
  return {**means, **bench.real(direction.split('-')[1]), **_two_sample(bench, direction, scores, accompaniments)}


def _two_sample(bench, direction, scores, accompaniments):
  """Areas under the curves of classifiers that tell results from real stretches of the style's genre.

  A style piece and what was made with it lie in one fold: a result is like its own style piece, which must not pass for it in another fold.
  """
  real = [(bench.read(s), s.name) for s in bench.some(direction.split('-')[1], max(len(scores), 30))]
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
