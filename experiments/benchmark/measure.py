"""What is measured of one result: the judges' probabilities, how much changed, what of the content stayed, how near the style came."""
import numpy as np

from experiments.benchmark import judges as judges_lib
from experiments.benchmark import pieces
from musicnst import errors
from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer as transfer_metrics
from musicnst.representations import pianoroll
from musicnst.style_transfer.pieces import piece as piece_lib

# Measures of metrics.metric_map that need no judge.
METRICS = ('content_change', 'content_added', 'content_removed', 'onset_change', 'chroma_similarity', 'skyline_kept', 'density_ratio', 'key_share',
           'one_step_share', 'style_time_pitch', 'style_onset_duration', 'style_onset_velocity', 'common_notes_share')


def result_piece(sequence):
  """The Piece of a result on the grid, or None of one without notes."""
  try:
    return piece_lib.from_sequence(sequence, pieces.STEPS_PER_QUARTER, beats='tempo')
  except errors.RejectedSequence:
    return None


def roll_of(piece):
  """uint8 `[512, 2, 88]` of a Piece, or of None, padded with silence."""
  roll = np.zeros((pieces.STEPS, 2, pianoroll.NUM_PITCHES), np.uint8)
  if piece is not None:
    roll[:piece.total_steps] = piece.roll[:pieces.STEPS]
  return roll


def judged(judges, stretches, results, source, target):
  """Probabilities of all judges for the results of one direction: list of dicts, one a content.

  Names: `p/JUDGE` probability of the source genre against the target's for the result, `content/JUDGE` for the content,
  `strength/JUDGE` their difference and `hit/JUDGE` the difference of the decisions.
  """
  lengths = [len(stretch.positions) for stretch in stretches]
  rolls = {'content': np.stack([roll_of(stretch.piece) for stretch in stretches]), 'p': np.stack([roll_of(result) for result in results])}
  rows = [{} for _ in stretches]
  for judge in judges:
    found = {kind: judge.source_probability(roll, lengths, [source] * len(rows), [target] * len(rows)) for kind, roll in rolls.items()}
    strength = transfer_metrics.one_way_strength(found['content'], found['p'])
    hits = transfer_metrics.one_way_strength(found['content'] > .5, found['p'] > .5)
    for i, row in enumerate(rows):
      row.update({f'{kind}/{judge.name}': float(values[i]) for kind, values in (*found.items(), ('strength', strength), ('hit', hits))})
  return rows


def cycled(judges, rows, stretches, results, source, target):
  """Adds `cycled/JUDGE` to the rows: the strength of the CycleGAN papers, with what came of the results when they were transferred back."""
  lengths, rolls = [len(stretch.positions) for stretch in stretches], np.stack([roll_of(result) for result in results])
  for judge in judges:
    back = judge.source_probability(rolls, lengths, [source] * len(rows), [target] * len(rows))
    for row, p_back in zip(rows, back):
      row[f'cycled/{judge.name}'] = float(transfer_metrics.transfer_strength(row[f'content/{judge.name}'], p_back, row[f'p/{judge.name}']))


def compared(pair, result):
  """Measures without a judge of one result (a NoteSequence): dict of floats."""
  content, style = notes_lib.of(pair.content.piece.sequence), notes_lib.of(pair.style.piece.sequence)
  after = notes_lib.of(result)
  found = metric_map.measure(content, [style], after, METRICS)
  before = {'content_key_share': transfer_metrics.key_share(content, content), 'content_one_step_share': transfer_metrics.one_step_share(content)}
  return {**found, **before, **cut_notes(pair.content.piece, result_piece(result)), 'notes': float(len(after))}


def cut_notes(content, result):
  """How kept notes fared: `broken_holds`, those struck anew before their own end; `shortened`, shares of the kept notes that end earlier."""
  if result is None:
    return {'broken_holds': 0.0, 'shortened': 0.0}
  ends = {(start, pitch): end for pitch, start, end in _notes(result)}
  broken, shorter, kept = 0, 0, 0
  for pitch, start, end in _notes(content):
    if (start, pitch) not in ends:
      continue
    kept += 1
    shorter += ends[start, pitch] < end
    broken += any((step, pitch) in ends for step in range(start + 1, end))
  return {'broken_holds': float(broken), 'shortened': shorter / max(kept, 1)}


def _notes(piece):
  return zip(*(array.tolist() for array in pianoroll.decode_notes(piece.roll)))


def style_gain(content, style, result):
  """Style gain of a result (NoteSequence) by Groove2Groove's time-pitch profile, from content to style (Stretches)."""
  return transfer_metrics.style_gain(content.piece.sequence, style.piece.sequence, result)['time_pitch']


def one_step_mean(pool):
  """Mean one-step share of the stretches of a genre, each piece counting alike."""
  by_piece = {}
  for stretch in pool:
    by_piece.setdefault(stretch.name, []).append(float((stretch.notes[:, 3] - stretch.notes[:, 2] < 1.5).mean()))
  return float(np.mean([np.mean(shares) for shares in by_piece.values()]))


def lowest(row):
  """(judge, strength): the headline of a row or of means, the lowest of the judges that count."""
  known = [(row[f'strength/{name}'], name) for name in judges_lib.HEADLINE if f'strength/{name}' in row]
  strength, name = min(known)
  return name, strength
