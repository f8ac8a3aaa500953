"""Measures transfers that lie in files: the metrics, what became of tune, chords and form, and what judges say, of (content, style, output) triples.

Beats are those of each piece's own tempo map, or estimated where its onsets do not lie on it; an output is timed by its content's.
Means over triples come with an interval by bootstrap (Efron, 1979): triples drawn with replacement, from a fixed seed.
"""
import csv
import collections
import dataclasses
import os

import numpy as np

from musicnst import errors
from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer as transfer_metrics
from musicnst.reading import files
from musicnst.reading import musical_time
from musicnst.style_transfer.arrange import measures
from musicnst.style_transfer.arrange import piece as piece_lib

COLUMNS = ('content', 'style', 'output')
_RESAMPLES, _COVERAGE = 2000, .95


@dataclasses.dataclass(frozen=True)
class Triple:
  """Paths of one transfer: a content, a style (a file or a folder) and the output made of them."""

  content: str
  style: str
  output: str


def read_triples(path):
  """The triples of a CSV file with the columns content, style and output; relative paths count from its folder.

  Raises:
    DataError: no such file, missing columns, or no row.
  """
  try:
    with open(path, newline='', encoding='utf-8-sig') as file:
      rows = csv.DictReader(file)
      missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
      if missing:
        raise errors.DataError(f'{path}: no column {", ".join(missing)}; the first line must name {", ".join(COLUMNS)}')
      table = [[(row[name] or '').strip() for name in COLUMNS] for row in rows]
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise errors.DataError(f'{path}: cannot be read as CSV ({error})') from error
  if not table:
    raise errors.DataError(f'{path}: holds no triple')
  if not all(map(all, table)):
    raise errors.DataError(f'{path}: line {2 + [all(row) for row in table].index(False)} has an empty field')
  return [Triple(*(os.path.join(os.path.dirname(path), name) for name in row)) for row in table]


def match(content, style, output):
  """Triples of files, or of two folders whose outputs bear the names of their contents (whatever the extension).

  Raises:
    DataError: no output has the name of a content.
    ReadError: a path does not exist.
  """
  if not os.path.isdir(content):
    return [Triple(content, style, output)]
  contents = {_stem(path): path for path in files.find(content)}
  outputs = {_stem(path): path for path in files.find(output)}
  triples = [Triple(path, style, outputs[name]) for name, path in contents.items() if name in outputs]
  if not triples:
    raise errors.DataError(f'{output}: no file has the name of one in {content}')
  return triples


def run(triples, judges=()):
  """Measures every triple.

  Args:
    triples: list of Triple.
    judges: names or paths of genre classifiers (bundles or run folders) that no method has seen.

  Returns:
    dict: `triples`, a list with the paths, `metrics` and what was `assumed` of the content (beats, meter) of each; `mean` and `interval`
    (low, high) by metric; `count`; `rejected`, the triples that could not be measured, with why.

  Raises:
    MusicnstError: none of them could be measured (the first reason), or a judge cannot be loaded.
  """
  loaded = [_Judge(name) for name in judges]
  measured, rejected = [], []
  for triple in triples:
    try:
      metrics, assumed = _measure(triple, loaded)
      measured.append({**dataclasses.asdict(triple), 'metrics': metrics, 'assumed': assumed})
    except errors.MusicnstError as error:
      rejected.append({**dataclasses.asdict(triple), 'why': str(error), 'error': error})
  if not measured:
    raise rejected[0]['error']
  for reject in rejected:
    del reject['error']
  names = list(dict.fromkeys(name for row in measured for name in row['metrics']))
  values = {name: np.array([row['metrics'][name] for row in measured if name in row['metrics']]) for name in names}
  return {'count': len(measured), 'mean': {name: float(value.mean()) for name, value in values.items()},
          'interval': {name: interval(value) for name, value in values.items()}, 'triples': measured, 'rejected': rejected}


def interval(values, seed=0):
  """[low, high] that holds the mean of `values` with 95 % by bootstrap; both ends are the value itself where there is one."""
  values = np.asarray(values, np.float64)
  picks = np.random.default_rng(seed).integers(len(values), size=(_RESAMPLES, len(values)))
  tail = (1 - _COVERAGE) / 2
  return [float(edge) for edge in np.quantile(values[picks].mean(1), [tail, 1 - tail])]


def table(report):
  """The report as aligned text: a row a metric with its mean, interval and meaning."""
  lines = [f'{report["count"]} measured, {len(report["rejected"])} rejected', f'{"metric":31} {"mean":>8}  {"95 % interval":^17}  meaning']
  for name, mean in report['mean'].items():
    low, high = report['interval'][name]
    lines.append(f'{name:31} {mean:8.3f}  {low:8.3f} {high:8.3f}  {metric_map.meaning(name) or _judged(name)}')
  assumed = collections.Counter(what for row in report['triples'] for what in row['assumed'])
  if assumed:
    lines.append('assumed of contents: ' + ', '.join(f'{number} {what}' for what, number in assumed.items()))
  lines.extend(f'rejected: {reject["why"]}' for reject in report['rejected'])
  return '\n'.join(lines)


def _judged(name):
  kind = name.partition('/')[2]
  return {'strength': metric_map.METRIC_MAP['one_way_strength'].meaning,
          'style_probability': 'Probability that this judge gives the genre of the style to the result.',
          'hit': 'Share of results that this judge classifies as the genre of the style.'}.get(kind, '')


def _stem(path):
  return os.path.splitext(os.path.basename(path))[0]


def _measure(triple, judges):
  """Metrics of one triple (name -> float), and what was assumed of its content (`musical_time.assumed`)."""
  content, output = files.read(triple.content)[0], files.read(triple.output)[0]
  styles = [sequence for path in files.find(triple.style) for sequence in files.read(path)]
  beat_map, source = musical_time.choose(content)
  metrics = metric_map.measure(
      notes_lib.of(content, beat_map), [notes_lib.of(style, musical_time.choose(style)[0]) for style in styles], notes_lib.of(output, beat_map))
  metrics.update(_arranged(content, output))
  for judge in judges:
    metrics.update(judge.measure(content, styles, output, beat_map))
  return metrics, musical_time.assumed(beat_map, source)


def _arranged(content, output):
  """What became of tune, chords and form; nothing of a content without pitched notes."""
  try:
    return measures.of(piece_lib.read(content), output)
  except errors.RejectedSequence:
    return {}


class _Judge:
  """A genre classifier of whole pieces."""

  def __init__(self, name):
    from musicnst import inference
    from musicnst.models import base
    self.name = os.path.basename(os.path.normpath(name))
    self._classifier = base.require(inference.load_model(name)[0], base.ClassifierModel, f'{name}: a judge')
    self._classes = tuple(self._classifier.classes)

  def measure(self, content, styles, output, beat_map):
    """Strength, probability of the style's genre and hit of one output; names begin with the judge's."""
    before, after = self._probabilities(content, beat_map), self._probabilities(output, beat_map)
    style = np.mean([self._probabilities(sequence) for sequence in styles], axis=0)
    source, target = int(np.argmax(before)), int(np.argmax(style))
    return {f'{self.name}/strength': float(transfer_metrics.one_way_strength(before[source], after[source])),
            f'{self.name}/style_probability': float(after[target]), f'{self.name}/hit': float(np.argmax(after) == target)}

  def _probabilities(self, sequence, beat_map=None):
    from musicnst.style_transfer.guided import genres
    from musicnst.style_transfer.pieces import piece
    return genres.recognise(piece.from_sequence(sequence, beat_map=beat_map), [self._classifier], self._classes)[0]
