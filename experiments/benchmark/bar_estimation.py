"""How well bars are found where the file's meter cannot be, and the fit of what finds them.

  python -m experiments.run bar_estimation --data=/data --split=test --output=experiments/results/bar_estimation.json
  python -m experiments.run bar_estimation --data=/data --fit=musicnst/reading/weights/downbeats.npz

Needs a folder of corpora with a `manifest.csv` (corpus, path, label, split). Some minutes on one core. F is the F-measure of bar lines within
70 ms, from the first onset to the last, one to one; `meter` the share of pieces whose bars mostly last as many quarters as the truth's.

1. POP909-CL, without its track of chords and with a signature of 1/4 in place of its own, against the bars of the file.
2. The same songs as POP909's files have them (125 of 150 say 1/4 or 2/4, and none has its beats on its ticks), against the same bars,
   carried over along the notes, which are the same. Beats are part of what is measured, and 2/4 is believed.
3. Scores of other corpora in bars of three or four quarters, their signatures taken away, against these.

In many songs below number 580 the bars of POP909-CL's files were not put right: its chords, which people checked, change on beats 2 and 4
of the bars and hardly ever on 1. `agreeing` are the songs where as many chords (nine tenths) begin on the first beat of a bar as on any
other beat; the figures of all songs stand beside them.

The fit takes training pieces of POP909-CL (agreeing; below 580 only where beat 1 has clearly more chords than beat 3) and of the other
corpora; a logistic regression over beats. The price of a jump and the features were chosen on validation pieces and by cross-validation over
training songs.
"""
import collections
import csv
import os
import random

from absl import flags
import numpy as np
from scipy import optimize

from experiments import report
from experiments.benchmark import beat_estimation
from musicnst import files as outputs
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import downbeats
from musicnst.reading import files
from musicnst.reading import meter
from musicnst.reading import meter_guess
from musicnst.reading import musical_time

OTHERS = ('asap-scores', 'nottingham', 'karaoke', 'easymusicnotes')
PIECES_A_CORPUS = 120
PUT_RIGHT, AGREEING, CLEARLY = 580, 0.9, 1.15
FEWEST_KNOTS = 0.9
PENALTY = 50.0


def pieces(root, corpus, split):
  """Paths of a corpus and split, in a random order, at most `PIECES_A_CORPUS` of the corpora beside POP909's."""
  with open(os.path.join(root, 'manifest.csv'), newline='', encoding='utf-8') as file:
    found = sorted(row['path'] for row in csv.DictReader(file) if row['corpus'] == corpus and row['split'] == split)
  random.Random(0).shuffle(found)
  return [os.path.join(root, path) for path in found if not path.endswith('.abc')][:None if corpus == 'pop909cl' else PIECES_A_CORPUS]


def without(sequence, chords=False):
  """A copy that says 1/4 throughout; with `chords` without the tracks beside `piano`."""
  result = music_proto.NoteSequence()
  result.CopyFrom(sequence)
  del result.time_signatures[:]
  result.time_signatures.add(numerator=1, denominator=4)
  if chords:
    names = {info.instrument: info.name for info in sequence.instrument_infos}
    del result.notes[:]
    result.notes.extend(note for note in sequence.notes if names.get(note.instrument) == 'piano')
  return result


def bar_seconds(sequence, beat_map, first, last):
  """Seconds at which bars begin, between two."""
  lines = beat_map.to_seconds([bar.start_beat for bar in meter.bars(sequence, beat_map)])
  return lines[(lines >= first - 1e-3) & (lines <= last + 1e-3)]


def chord_places(sequence):
  """int `[4]`: how many chords of a POP909-CL file begin on each beat of its bars."""
  beat_map = beat_map_lib.BeatMap.from_tempos(sequence)
  names = {info.instrument: info.name for info in sequence.instrument_infos}
  starts = {round(float(beat_map.to_beats(n.start_time)), 3) for n in sequence.notes if names.get(n.instrument) != 'piano'}
  return np.bincount([int(start) % 4 for start in starts if start == int(start)], minlength=4)


def agreeing(sequence):
  """Whether the bars of a POP909-CL file (in 4/4) agree with its chords."""
  places = chord_places(sequence)
  return places.sum() > 0 and places[0] >= AGREEING * places.max()


def carried(sequence, played):
  """The map from seconds of a POP909 file `played` to beats of the POP909-CL file of the same song, or None where notes differ."""
  beat_map, notes = beat_map_lib.BeatMap.from_tempos(sequence), (collections.defaultdict(list), collections.defaultdict(list))
  for note in without(sequence, chords=True).notes:
    notes[0][note.pitch].append(float(beat_map.to_beats(note.start_time)))
  for note in played.notes:
    notes[1][note.pitch].append(note.start_time)
  pairs = np.array([pair for pitch in notes[0] if len(notes[0][pitch]) == len(notes[1][pitch])
                    for pair in zip(sorted(notes[1][pitch]), sorted(notes[0][pitch]))]).reshape(-1, 2)
  if len(pairs) < len(played.notes) / 2:
    return None
  whole = np.unique(np.round(pairs[:, 1]))
  near = [pairs[np.abs(pairs[:, 1] - beat) < 1e-3, 0] for beat in whole]
  knots = np.array([(np.median(seconds), beat) for seconds, beat in zip(near, whole) if len(seconds)]).reshape(-1, 2)
  keep = np.append(True, np.diff(np.maximum.accumulate(knots[:, 0])) > 0.1)
  if len(knots) < 8 or keep.mean() < FEWEST_KNOTS:
    return None
  return beat_map_lib.BeatMap(knots[keep, 0], knots[keep, 1])


def score(sequence, truth, quarters):
  """{measure: value} of one piece: `truth` the seconds of its bar lines, `quarters` how long its bars are."""
  beat_map, _ = musical_time.choose(sequence)
  starts = [note.start_time for note in sequence.notes]
  first, last = min(starts), max(starts)
  truth = truth[(truth >= first - 1e-3) & (truth <= last + 1e-3)]
  found = bar_seconds(sequence, beat_map, first, last)
  return {'F': hits(found, truth), 'meter': float(meter.bar_beats(*main_meter(sequence, beat_map)) == quarters)}


def main_meter(sequence, beat_map):
  """The meter of most bars."""
  return collections.Counter((bar.numerator, bar.denominator) for bar in meter.bars(sequence, beat_map)).most_common(1)[0][0]


def hits(found, truth):
  """F-measure of bar lines within 70 ms, one to one."""
  shift = beat_estimation.TRIM_SECS  # which `f_measure` leaves out
  return beat_estimation.f_measure(np.asarray(found) + shift, np.asarray(truth) + shift)


def pop909(root, split):
  """Scores over the songs in 4/4: {'POP909-CL, all': [...], ...}."""
  result = collections.defaultdict(list)
  for path in pieces(root, 'pop909cl', split):
    sequence = files.read(path)[0]
    if [(m.numerator, m.denominator) for m in sequence.time_signatures] != [(4, 4)]:
      continue
    groups = ('all', 'agreeing') if agreeing(sequence) else ('all',)
    lines = 4.0 * np.arange(int(beat_map_lib.BeatMap.from_tempos(sequence).to_beats(sequence.total_time)) // 4 + 1)
    tasks = [('POP909-CL', without(sequence, chords=True), beat_map_lib.BeatMap.from_tempos(sequence))]
    number = os.path.basename(path)[:3]
    other = os.path.join(root, 'pop909', number, f'{number}.mid')
    if os.path.exists(other):
      played = files.read(other)[0]
      tasks.append(('POP909', played, carried(sequence, played)))
    for name, piece, beat_map in tasks:
      if beat_map is not None:
        found = score(piece, beat_map.to_seconds(lines), 4)
        doubtful = not meter_guess.believed(*meter_guess.of_file(piece, beat_map_lib.BeatMap.from_tempos(piece)))
        for group in groups + (('agreeing, meter not believed',) if doubtful and 'agreeing' in groups else ()):
          result[f'{name}, {group}'].append(found)
  return result


def scores_of(root, corpus, split):
  """[(sequence, beat map, quarters in a bar)] of the scores of a corpus in bars of three or four quarters."""
  found = []
  for path in pieces(root, corpus, split):
    sequence = files.read(path)[0]
    beat_map = beat_map_lib.BeatMap.from_tempos(sequence)
    bars = meter.bars(sequence, beat_map)
    quarters = meter.bar_beats(*main_meter(sequence, beat_map))
    if quarters in (3, 4) and np.mean([bar.end_beat - bar.start_beat == quarters for bar in bars]) > 0.9:
      found.append((sequence, beat_map, quarters))
  return found


def others(root, split):
  """Scores by corpus: {corpus: [...]}."""
  result = {}
  for corpus in OTHERS:
    result[corpus] = [
        score(without(sequence), bar_seconds(sequence, beat_map, 0.0, sequence.total_time), quarters)
        for sequence, beat_map, quarters in scores_of(root, corpus, split)]
  return result


# === The fit ===

def examples(root):
  """(features in context `[N, D]`, bool `[N]`: a bar begins) of the training pieces."""
  rows = []
  for path in pieces(root, 'pop909cl', 'train'):
    sequence = files.read(path)[0]
    places = chord_places(sequence)
    signatures = [(m.numerator, m.denominator) for m in sequence.time_signatures]
    put_right = int(os.path.basename(path)[:3]) >= PUT_RIGHT
    if signatures == [(4, 4)] and agreeing(sequence) and (put_right or places[0] == places.max() and places[0] > CLEARLY * places[2]):
      rows.append((without(sequence, chords=True), sequence, beat_map_lib.BeatMap.from_tempos(sequence)))
  rows += [(sequence, sequence, beat_map) for corpus in OTHERS for sequence, beat_map, _ in scores_of(root, corpus, 'train')]
  inputs, labels = [], []
  for heard, said, beat_map in rows:
    inputs.append(downbeats.in_context(downbeats.features(heard, beat_map)))
    begins = np.zeros(len(inputs[-1]), bool)
    lines = np.array([bar.start_beat for bar in meter.bars(said, beat_map)])
    begins[np.round(lines[lines < len(begins) - 0.5]).astype(int)] = True
    labels.append(begins)
  return np.concatenate(inputs), np.concatenate(labels)


def fit(inputs, labels):
  """(weights `[D]`, bias) of the logistic regression; weights pay `PENALTY` times half their square, in nats of all beats."""
  signs = np.where(labels, 1.0, -1.0)

  def loss(w):
    margins = signs * (inputs @ w[:-1] + w[-1])
    slope = -signs / (1 + np.exp(margins))
    value = np.logaddexp(0, -margins).sum() + PENALTY / 2 * w[:-1] @ w[:-1]
    return value, np.append(inputs.T @ slope + PENALTY * w[:-1], slope.sum())

  found = optimize.minimize(loss, np.zeros(inputs.shape[1] + 1), jac=True, method='L-BFGS-B')
  return found.x[:-1], float(found.x[-1])


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('data', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_enum('split', 'test', ('validation', 'test'), 'Pieces to measure.', flag_values=flag_values)
  flags.DEFINE_string('fit', '', 'Fit on the training pieces and write the weights here (.npz), and measure nothing.', flag_values=flag_values)
  flags.DEFINE_string('output', '', 'JSON file to write.', flag_values=flag_values)


def main(flag_values):
  """Flags -> weights, or figures."""
  if flag_values.fit:
    weights, bias = fit(*examples(flag_values.data))
    with outputs.atomic_path(flag_values.fit) as path, open(path, 'wb') as file:
      np.savez_compressed(file, weights=weights.astype(np.float32), bias=np.float32(bias))
    return
  found = pop909(flag_values.data, flag_values.split) | others(flag_values.data, flag_values.split)
  result = {name: beat_estimation.mean(scores) for name, scores in found.items() if scores}
  result['settings'] = {'split': flag_values.split, 'jump price': meter_guess.JUMP_PRICE}
  for name, figures in result.items():
    print(name, figures)
  if flag_values.output:
    report.write_json(flag_values.output, result)
