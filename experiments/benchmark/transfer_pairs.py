"""Method `guided` (or another) on pairs of pieces across corpora: how much changes, how much stays, and how strength is calibrated.

  python -m experiments.run transfer_pairs --corpus_root=/data --split=test --output=experiments/results/transfer_pairs
  python -m experiments.run transfer_pairs --corpus_root=/data --split=validation --strengths=.25,.5,.75,1 --output=experiments/results/strength
  python -m experiments.run transfer_pairs --summarize='experiments/results/*pairs*.json'

Writes OUTPUT.json and OUTPUT.md; the last form prints the means of several results, a line each. Twelve pairs: every ordered pair of jazz,
classical, pop and folk, contents and styles drawn with a seed. About a minute for one strength on two cores.
"""
import glob
import itertools
import os
import time

from absl import flags
import numpy as np

from data_prep.corpora import corpus_map
from experiments import report
from experiments.benchmark import pieces as pieces_lib
from musicnst import errors
from musicnst.style_transfer import transfer

COLUMNS = ('content_change', 'content_added', 'content_removed', 'onset_change', 'chroma_similarity', 'skyline_kept', 'density_ratio', 'key_share',
           'one_step_share', 'style_time_pitch', 'style_genre_before', 'style_genre_after', 'seconds')
SUMMARY = ('content_change', 'content_added', 'content_removed', 'chroma_similarity', 'skyline_kept', 'density_ratio', 'key_share', 'one_step_share',
           'style_time_pitch', 'style_genre_before', 'style_genre_after')


def draw(corpus_root, split, count, seed):
  """genre -> list of (filename, NoteSequence in beats): pieces of a split in an order drawn with the seed; unusable ones passed over."""
  drawn = {}
  for genre, name in pieces_lib.CORPORA.items():
    corpus, found = corpus_map.CORPUS_MAP[name], []
    pieces = corpus.pieces(corpus_root, split)
    for i in np.random.default_rng(seed).permutation(len(pieces)):
      try:
        found.append((pieces[i].filename, corpus.in_beats(corpus.labelled(pieces[i])[0])))
      except (errors.ReadError, errors.RejectedSequence):
        continue
      if len(found) == count:
        break
    drawn[genre] = found
  return drawn


def run(corpus_root, split, strengths, output, seed=0, method='guided'):
  """Restyles every ordered pair of genres at every strength; returns the rows."""
  pieces, rows = draw(corpus_root, split, len(pieces_lib.CORPORA), seed), []
  for number, (source, target) in enumerate(itertools.permutations(pieces_lib.CORPORA, 2)):
    content_name, content = pieces[source][number % len(pieces[source])]
    style_name, style = pieces[target][(number + 1) % len(pieces[target])]
    for strength in strengths:
      started = time.monotonic()
      result = transfer.transfer(content, style, strength=strength, beats='tempo', method=method)
      rows.append({
          'direction': f'{source} to {target}', 'content': content_name, 'style': style_name, 'strength': strength,
          'recognised': f"{result.settings.get('content_genre')} to {result.settings.get('style_genre')}",
          **result.metrics, 'seconds': time.monotonic() - started})
      print(rows[-1]['direction'], strength, f"change {result.metrics['content_change']:.2f}", flush=True)
  return report.write(output, rows, page)


def page(rows):
  """Markdown of the rows: a line a result, and how content change and chroma similarity lie at each strength."""
  head = ['direction', 'strength', 'recognised', *COLUMNS]
  cell = lambda value: f'{value:.2f}' if isinstance(value, float) else str(value)
  parts = [report.table(head, [[cell(row.get(name, '')) for name in head] for row in rows])]
  for strength in sorted({row['strength'] for row in rows}, key=str):
    change, chroma = ([row[name] for row in rows if row['strength'] == strength] for name in ('content_change', 'chroma_similarity'))
    parts.append(f'strength {strength}: content change mean {np.mean(change):.2f}, least {min(change):.2f}, most {max(change):.2f}; '
                 f'chroma similarity mean {np.mean(chroma):.2f}, least {min(chroma):.2f}')
  return '\n\n'.join(parts)


def summary(pattern):
  """A table in markdown: the means of `SUMMARY` for each result file."""
  lines = []
  for path in sorted(glob.glob(pattern)):
    rows = report.read_json(path)
    found = [[row[name] for row in rows if name in row] for name in SUMMARY]  # genres are not known to every method, nor of every piece
    lines.append([os.path.splitext(os.path.basename(path))[0], *(f'{np.mean(values):.2f}' if values else '-' for values in found)])
  return report.table(['result', *SUMMARY], lines)


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', '', 'Folder that holds the corpora.', flag_values=flag_values)
  flags.DEFINE_string('output', '', 'Path of the results without extension.', flag_values=flag_values)
  flags.DEFINE_string('summarize', '', 'Print the means of these results (a glob) and stop.', flag_values=flag_values)
  flags.DEFINE_enum('split', 'test', ('train', 'validation', 'test'), 'Split the pieces come from.', flag_values=flag_values)
  flags.DEFINE_list('strengths', [], "Strengths to try; the method's default without.", flag_values=flag_values)
  flags.DEFINE_string('method', 'guided', 'Method.', flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of the draw of pieces.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `summary`, printed, or `run`."""
  if flag_values.summarize:
    print(summary(flag_values.summarize))
    return
  if not flag_values.corpus_root or not flag_values.output:
    raise errors.ArgumentError('give --corpus_root and --output, or --summarize')
  strengths = [float(s) for s in flag_values.strengths] or [None]
  run(flag_values.corpus_root, flag_values.split, strengths, flag_values.output, flag_values.seed, flag_values.method)
