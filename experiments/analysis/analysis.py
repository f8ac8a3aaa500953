"""How well chords, keys and forms are found from the notes, against what people wrote down.

  python -m experiments.run analysis --corpus_root=/data --split=test --output=experiments/results/analysis/chords

Writes `OUTPUT.json` and `OUTPUT.md`. About four minutes on one core, without the madrigals.

Chords: POP909-CL's track `piano` (tune and accompaniment in one) against its track of chords; Nottingham's tune with its chords, its tune
alone, and its tune with the chords broken into single notes, against its chords; chorales and madrigals of music21's corpus against the
analyses in roman numerals that it ships (all of them in any split: none was trained on).
Keys: bars with the key of the file's key signature. Scores of ASAP know no mode: there the signature counts.
Forms: bar lines at which sections begin, against the parts of Nottingham's ABC; one tune in ten each is the validation and the test split.
"""
import collections
import csv
import json
import os
import time

from absl import flags
import numpy as np

from experiments.analysis import chord_measures
from experiments.analysis import chord_truth
from experiments.analysis import form_truth
from experiments.analysis import chord_data
from musicnst import errors
from musicnst import files
from musicnst.analysis import chords as chords_lib
from musicnst.analysis import form as form_lib
from musicnst.analysis import key as key_lib
from musicnst.analysis import qualities
from musicnst.analysis import score as score_lib
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import files as reading

SPLITS = ('validation', 'test')
ROMAN = ('bach', 'monteverdi')


def segments_of(chords):
  """Chords -> the (start, end, root, quality, bass) that `chord_measures` reads."""
  return [(s.start, s.end, s.root, s.quality, s.bass) for s in chords.segments()]


# === Chords ===


def score_chords(pieces):
  """Measures over (Score, truth) pairs, with errors by kind and seconds of CPU a piece."""
  agreements, kinds, seconds = [], collections.Counter(), []
  for score, truth in pieces:
    begun = time.process_time()
    found = segments_of(chords_lib.of(score))
    seconds.append(time.process_time() - begun)
    agreements.append(chord_measures.agreement(found, truth))
    kinds.update(mistakes(found, truth))
  total = sum(kinds.values())
  return {'pieces': len(agreements), **chord_measures.shares(agreements), 'seconds': float(np.mean(seconds)),
          'errors': {kind: beats / total for kind, beats in kinds.most_common() if kind != 'right'}}


def mistakes(estimated, truth):
  """Beats by kind of error, a Counter; 'right' where root, quality and bass are."""
  found = collections.Counter()
  for duration, mine, theirs in zip(*chord_measures.aligned(estimated, truth)):
    found[_kind(mine, theirs)] += float(duration)
  return found


def _kind(mine, theirs):
  if np.array_equal(mine, theirs):
    return 'right'
  if mine[0] < 0 or theirs[0] < 0:
    return 'chord for none' if theirs[0] < 0 else 'none for a chord'
  if mine[0] != theirs[0]:
    shared = int((qualities.mask(mine[0], mine[1]) & qualities.mask(theirs[0], theirs[1])).sum())
    return f'another root, {shared} tones shared'
  if mine[1] == theirs[1]:
    return 'bass'
  names = [qualities.QUALITIES[labels[1]] for labels in (theirs, mine)]
  if qualities.THIRDS[mine[1]] == qualities.THIRDS[theirs[1]]:
    return 'sevenths, sixths and the like on the right triad'
  return f'{names[0]} as {names[1]}' if 'sus' in names[0] + names[1] else 'third'


def folk(example, texture, generator):
  """A Nottingham example as (Score, truth) in one of three textures."""
  if texture == 'tune alone':
    return example.score, example.truth
  chords = chord_data.broken(example.chords, generator) if texture == 'chords broken' else example.chords
  return chord_truth.join(example.score, chords), example.truth


def chord_rows(corpus_root, split, limit):
  """{name of the row: what `score_chords` gives}."""
  generator, rows = np.random.default_rng(0), {}
  pop = list(chord_truth.examples(corpus_root, 'pop909cl', split, limit))
  rows['POP909-CL'] = score_chords([(e.score, e.truth) for e in pop])
  rows['POP909-CL, without what lies below E3'] = score_chords([(chord_data.no_bass(e.score, generator), e.truth) for e in pop])
  tunes = list(chord_truth.examples(corpus_root, 'nottingham', split, limit))
  for texture in ('with block chords', 'chords broken', 'tune alone'):
    rows[f'Nottingham, {texture}'] = score_chords([folk(e, texture, generator) for e in tunes])
  for meter in ('3/4', '6/8'):
    chosen = [folk(e, 'chords broken', generator) for e in tunes if _meter(e.score) == meter]
    if chosen:
      rows[f'Nottingham, chords broken, {meter}'] = score_chords(chosen)
  return rows


def _meter(score):
  """The meter of most bars."""
  return collections.Counter(f'{bar.numerator}/{bar.denominator}' for bar in score.bars).most_common(1)[0][0]


# === Keys ===


def key_rows(corpus_root, split, limit):
  """{corpus: share of bars whose local key, and of pieces whose key is that of the signature; relatives beside}."""
  rows = {}
  for corpus in ('pop909cl', 'nottingham', 'asap-scores'):
    found = [_key_agreement(*pair) for pair in _signed(corpus_root, corpus, split, limit)]
    rows[corpus] = {'pieces': len(found), **{name: float(np.mean([row[name] for row in found])) for name in found[0]}}
  return rows


def _signed(corpus_root, corpus, split, limit):
  """Yields (Score without its track of chords, key by bar from the signatures) of the pieces that have some."""
  with open(os.path.join(corpus_root, 'manifest.csv'), encoding='utf-8', newline='') as file:
    paths = [row['path'] for row in csv.DictReader(file) if (row['corpus'], row['split']) == (corpus, split)]
  for path in paths[:limit or None]:
    sequence = reading.read(os.path.join(corpus_root, path))[0]
    if not sequence.key_signatures or not sequence.notes:
      continue
    score = score_lib.of(sequence)
    seconds = np.array([signature.time for signature in sequence.key_signatures])
    from_beats = beat_map_lib.BeatMap.from_tempos(sequence).to_beats(seconds)
    numbers = np.array([signature.key + 12 * (signature.mode == signature.MINOR) for signature in sequence.key_signatures])
    at = np.clip(np.searchsorted(from_beats, score.bar_starts + .01, side='right') - 1, 0, None)
    yield (score if corpus == 'asap-scores' else score.select(score.instrument == score.instrument.min())), numbers[at]


def _key_agreement(score, truth):
  keys = key_lib.of(score, chords_lib.of(score))
  signature = lambda number: np.where(number >= 12, number + 3, number) % 12
  main = np.bincount(truth, minlength=24).argmax()
  histogram = np.bincount(score.pitched().pitch % 12, weights=score.pitched().end - score.pitched().start, minlength=12)
  plain = key_lib.key_scores(histogram).argmax()
  return {'key of the piece': keys.overall == main, 'signature of the piece': signature(keys.overall) == signature(main),
          'bars, key': np.mean(keys.bars == truth), 'bars, signature': np.mean(signature(keys.bars) == signature(truth)),
          'Krumhansl alone, key of the piece': plain == main, 'Krumhansl alone, signature': signature(plain) == signature(main)}


# === Forms ===


def form_row(corpus_root, split, limit):
  """Precision, recall and F1 of the lines at which sections (and, for recall, phrases) begin, against the parts of Nottingham's tunes."""
  folder = os.path.join(corpus_root, 'nottingham', 'abc')
  tunes = [tune for name in sorted(os.listdir(folder)) if name.endswith('.abc') for tune in form_truth.tunes(os.path.join(folder, name))]
  tunes = [tune for i, tune in enumerate(tunes) if i % 10 == SPLITS.index(split)][:limit or None]
  row = {'tunes': len(tunes)}
  found = [form_lib.of(tune.score, np.ones(len(tune.score), bool)) for tune in tunes]
  for tolerance in (0, 1):
    scores = [form_truth.boundary_scores([p.first_bar for p in form.sections[1:]], _inner(tune), tolerance) for form, tune in zip(found, tunes)]
    eights = [form_truth.boundary_scores(list(range(tune.lines[0] + 8, len(tune.score.bars), 8)), _inner(tune), tolerance) for tune in tunes]
    phrases = [form_truth.boundary_scores([p.first_bar for p in form.phrases[1:]], _inner(tune), tolerance) for form, tune in zip(found, tunes)]
    row |= {f'sections {name}, {tolerance} bars': float(value) for name, value in zip(('precision', 'recall', 'F1'), np.mean(scores, 0))}
    uneven = [i for i, score in enumerate(eights) if score[2] < 1]
    row |= {f'tunes that are not in eights, {tolerance} bars': len(uneven), f'their sections F1, {tolerance} bars': _mean_f1(scores, uneven),
            f'their every 8 bars F1, {tolerance} bars': _mean_f1(eights, uneven)}
    row |= {f'phrases recall, {tolerance} bars': float(np.mean(phrases, 0)[1]), f'every 8 bars F1, {tolerance} bars': float(np.mean(eights, 0)[2])}
  return row


def _mean_f1(scores, which):
  return float(np.mean([scores[i][2] for i in which])) if which else float('nan')


def _inner(tune):
  """The lines of a tune but its beginning (with a pick-up: bar 1)."""
  return [line for line in tune.lines if line > 1]


# === Report ===


def markdown(found):
  lines = [f"# Chords, keys and forms found from the notes, {found['split']}", '', __doc__.split('\n\n', 3)[3].strip(), '', '## Chords', '',
           chord_measures.__doc__.split('\n\n', 1)[1].strip(), '',
           '| notes | pieces | ' + ' | '.join(chord_measures.MEASURES) + ' | CPU s a piece |', '|---' * (3 + len(chord_measures.MEASURES)) + '|']
  for name, row in found['chords'].items():
    values = ' | '.join(f'{row[measure]:.3f}' for measure in chord_measures.MEASURES)
    lines.append(f"| {name} | {row['pieces']} | {values} | {row['seconds']:.3f} |")
  lines += ['', 'What is wrong, POP909-CL, share of all time:', '']
  lines += [f'- {kind}: {share:.3f}' for kind, share in found['chords']['POP909-CL']['errors'].items() if share >= .001]
  names = list(next(iter(found['keys'].values())))
  lines += ['', '## Keys', '', '| corpus | ' + ' | '.join(names) + ' |', '|---' * (1 + len(names)) + '|']
  lines += [f'| {corpus} | ' + ' | '.join(f'{row[name]:.3f}' if isinstance(row[name], float) else str(row[name]) for name in names) + ' |'
            for corpus, row in found['keys'].items()]
  lines += ['', '## Forms', '', '| measure | value |', '|---|---|']
  lines += [f'| {name} | {value:.3f} |' if isinstance(value, float) else f'| {name} | {value} |' for name, value in found['forms'].items()]
  return '\n'.join(lines) + '\n'


def define_flags(flag_values):
  flags.DEFINE_string('corpus_root', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_enum('split', 'validation', SPLITS, 'Pieces to measure on.', flag_values=flag_values)
  flags.DEFINE_string('output', None, 'Path to write to, without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_integer('limit', 0, 'Pieces of each corpus at most; 0 for all.', flag_values=flag_values, lower_bound=0)
  flags.DEFINE_list('roman', list(ROMAN), "Of music21's analyses: bach, monteverdi (minutes to read), or none.", flag_values=flag_values)


def main(flag_values):
  rows = chord_rows(flag_values.corpus_root, flag_values.split, flag_values.limit)
  for collection in flag_values.roman:
    if collection not in ROMAN:
      raise errors.ArgumentError(f'--roman={collection}: known are {", ".join(ROMAN)}.')
    from experiments.analysis import roman_truth
    rows[f'music21, {collection}'] = score_chords([(e.score, e.truth) for e in roman_truth.examples(collection, flag_values.limit)])
  found = {'split': flag_values.split, 'chords': rows, 'keys': key_rows(flag_values.corpus_root, flag_values.split, flag_values.limit),
           'forms': form_row(flag_values.corpus_root, flag_values.split, flag_values.limit)}
  for extension, text in (('json', json.dumps(found, indent=1)), ('md', markdown(found))):
    with files.atomic_path(f'{flag_values.output}.{extension}') as path, open(path, 'w', encoding='utf-8') as file:
      file.write(text)
  print(markdown(found))
