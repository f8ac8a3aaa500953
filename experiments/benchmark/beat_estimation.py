"""How well beats are estimated, and which pieces are believed to follow their own tempo map.

  python -m experiments.run beat_estimation --data=/data --output=experiments/results/beat_estimation.json

Needs a folder of corpora with a `manifest.csv` (corpus, path, label, split). About 3 minutes on one core.

1. POP909, the test songs: `beats.estimate` (onsets alone), and `musical_time.choose('auto')` without the annotation (the
   file's tempo map, moved), against the annotated beats (`beat_midi.txt`).
2. asap-scores, the test pieces played by a random tempo curve: base 50 to 120 quarters a minute, a random walk of log
   tempo (standard deviation 12 %, correlated over 8 beats), onsets off by 5 ms (standard deviation); the beats are known.
3. What `choose('auto')` decides, by corpus, on pieces outside the test split.

What was chosen on what: the constants of `beats` by random search on 40 training songs of POP909 and 40 training pieces of asap-scores, its
method while looking at POP909's validation songs; the rules of `pulse`, which `auto` follows, on POP909's validation songs and on samples
of every corpus without regard to split. So the row of `auto` and part 3 describe pieces that took part in the choice.

F is the F-measure within 70 ms, beats of the first 5 s left out, as mir_eval defines it. `F any level` takes the best of the
beats as they are, twice as many, and half as many (either half): Goto and Muraoka's allowed metrical levels. `on grid` is the share of
onsets within 1/16 of a sixteenth of the estimated grid. `intervals` is the share of steps from an onset event to the next whose number
of sixteenths is right (at the best level): what a quantizer makes of it. `downbeat` is the share of songs whose bars begin on an
annotated bar's first beat.
"""
import csv
import json
import os
import random
import time

from absl import flags
import numpy as np

from experiments import report
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import beats
from musicnst.reading import files
from musicnst.reading import musical_time
from musicnst.reading import onsets

TOLERANCE_SECS, TRIM_SECS = 0.07, 5.0
SONGS, PIECES_A_CORPUS, LONGEST_BEATS = 100, 60, 300
DEVIATION, MEMORY_BEATS, JITTER_SECS, SLOWEST_QPM, FASTEST_QPM = 0.12, 8, 0.005, 50, 120


def f_measure(estimated, truth):
  """F-measure of beat times within 70 ms, one to one, after the first 5 s."""
  estimated, truth = (np.sort(times)[np.sort(times) >= TRIM_SECS] for times in (estimated, truth))
  i = j = hits = 0
  while i < len(estimated) and j < len(truth):
    difference = estimated[i] - truth[j]
    hit = abs(difference) <= TOLERANCE_SECS
    hits += hit
    i, j = i + (hit or difference < 0), j + (hit or difference > 0)
  return 2 * hits / max(len(estimated) + len(truth), 1)


def levels(times):
  """The beats, twice as many, and both halves of them."""
  doubled = np.interp(np.arange(0, len(times) - 0.5, 0.5), np.arange(len(times)), times)
  return [times, doubled, times[::2], times[1::2]]


def score(sequence, beat_map, truth):
  """{measure: value} of one piece; `truth` are the seconds of its beats."""
  last = int(beat_map.to_beats(truth[-1]) + 0.5)
  first = int(beat_map.to_beats(truth[0]) + 0.5)
  estimated = beat_map.to_seconds(np.arange(first, last + 1))
  events, _ = onsets.events(sequence)
  events = events[(events >= truth[0]) & (events <= truth[-1])]
  sixteenths = lambda factor: np.diff(np.round(4 * factor * beat_map.to_beats(events)))
  right = np.diff(np.round(4 * np.interp(events, truth, np.arange(len(truth)))))
  return {'F': f_measure(estimated, truth), 'F any level': max(f_measure(times, truth) for times in levels(estimated)),
          'on grid': musical_time.on_grid_share(sequence, beat_map),
          'intervals': float(max(np.mean(sixteenths(factor) == right) for factor in (0.5, 1, 2)))}


def pop909(rows, root):
  """Scores by method over the test songs."""
  found = sorted(row['path'] for row in rows if row['corpus'] == 'pop909' and row['split'] == 'test')
  random.Random(0).shuffle(found)
  result = {'estimate': [], 'auto, no annotation': []}
  for path in found[:SONGS]:
    sequence = files.read(os.path.join(root, path))[0]
    table = np.loadtxt(os.path.join(root, os.path.dirname(path), 'beat_midi.txt'))
    for name, beat_map in (('estimate', beats.estimate(sequence)), ('auto, no annotation', musical_time.choose(sequence)[0])):
      scores = score(sequence, beat_map, table[:, 0])
      place = beat_map.to_beats(table[table[:, 2] > 0, 0]) % beat_map_lib.BEATS_PER_BAR
      scores['downbeat'] = float(np.mean(np.minimum(place, beat_map_lib.BEATS_PER_BAR - place) < 0.25) > 0.5)
      result[name].append(scores)
  return result


def played(sequence, seed):
  """(the score played by a random tempo curve, seconds of its quarters)."""
  generator = np.random.default_rng(seed)
  count = int(beat_map_lib.BeatMap.from_tempos(sequence).to_beats(sequence.total_time)) + 8
  walk, keep = np.zeros(count), np.exp(-1 / MEMORY_BEATS)
  for i in range(1, count):
    walk[i] = keep * walk[i - 1] + np.sqrt(1 - keep**2) * generator.normal()
  qpm = np.exp(generator.uniform(np.log(SLOWEST_QPM), np.log(FASTEST_QPM)))
  times = np.concatenate([[0.0], np.cumsum(60 / qpm * np.exp(DEVIATION * walk))])
  curve = beat_map_lib.BeatMap(times, np.arange(count + 1))
  result = musical_time.in_seconds(musical_time.in_beats(sequence, beat_map_lib.BeatMap.from_tempos(sequence)), curve)
  for note in result.notes:
    shift = generator.normal(0, JITTER_SECS)
    note.start_time = max(0.0, note.start_time + shift)
    note.end_time = max(note.start_time + 0.02, note.end_time)
  last = max(note.start_time for note in result.notes)
  return result, times[:int(np.searchsorted(times, last)) + 1]


def shortened(sequence):
  """The first beats of a score, so that long ones do not take all the time."""
  beat_map = beat_map_lib.BeatMap.from_tempos(sequence)
  end = float(beat_map.to_seconds(LONGEST_BEATS))
  result = music_proto.NoteSequence()
  result.CopyFrom(sequence)
  del result.notes[:]
  result.notes.extend(note for note in sequence.notes if note.end_time <= end)
  result.total_time = min(sequence.total_time, end)
  return result


def asap(rows, root):
  """Scores over the played test pieces."""
  found = sorted(row['path'] for row in rows if row['corpus'] == 'asap-scores' and row['split'] == 'test')
  scores = []
  for seed, path in enumerate(found):
    sequence, truth = played(shortened(files.read(os.path.join(root, path))[0]), seed)
    scores.append(score(sequence, beats.estimate(sequence), truth))
  return {'estimate': scores}


def decisions(rows, root):
  """{corpus: {what auto decides: pieces}}: the tempo map as it is, moved onto the beat, or an estimate."""
  result = {}
  for row in rows:
    name = f'tpd/{row["label"]}' if row['corpus'] == 'tpd' else row['corpus']
    if row['split'] != 'test' and row['corpus'] not in ('conformance', 'excluded'):
      result.setdefault(name, []).append(row['path'])
  for name, paths in result.items():
    random.Random(0).shuffle(paths)
    counts = dict.fromkeys(('tempo', 'tempo, moved', 'estimate'), 0)
    for path in paths[:PIECES_A_CORPUS]:
      sequence = files.read(os.path.join(root, path))[0]
      nominal = beat_map_lib.BeatMap.from_tempos(sequence)
      followed = musical_time.following(sequence, nominal)
      counts['estimate' if followed is None else 'tempo' if followed is nominal else 'tempo, moved'] += 1
    result[name] = counts
  return result


def mean(scores):
  """[{measure: value}] -> {measure: mean}, with the number of pieces."""
  return {'pieces': len(scores)} | {name: round(float(np.mean([each[name] for each in scores])), 3) for name in scores[0]}


def run(root):
  """All three parts: a JSON-able dict."""
  with open(os.path.join(root, 'manifest.csv'), newline='') as file:
    rows = list(csv.DictReader(file))
  result = {f'POP909, {name}': mean(scores) for name, scores in pop909(rows, root).items()}
  start = time.process_time()
  result |= {f'asap-scores played, {name}': mean(scores) for name, scores in asap(rows, root).items()}
  result['seconds for asap'] = round(time.process_time() - start, 1)
  result['decisions of auto'] = decisions(rows, root)
  return result


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('data', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', '', 'JSON file to write.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  found = run(flag_values.data)
  print(json.dumps(found, indent=1))
  if flag_values.output:
    report.write_json(flag_values.output, found)
