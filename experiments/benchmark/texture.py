"""Two bars of accompaniment moved to other chords: by the rule alone, by the rule and the network that mends it, and left as they are.

  python -m experiments.run texture --corpus_root=/data --windows=/tmp/texture --output=/tmp/texture_test

There and back: moved to the chords of another window and back, onset F1 against the window itself. Under other chords, below another tune: chord
tones (real music beside), onsets by place and octave as the source has them (F1), notes that rub against the tune or lie above it, and the area
under the curve of classifiers that tell the results from real windows (real against real beside). Windows as `texture_windows` makes them.
"""
from absl import flags
import numpy as np

from experiments import report
from experiments.analysis import texture_windows as data
from experiments.benchmark import two_sample
from musicnst.analysis import score as score_lib
from musicnst.models.texture import windows
from musicnst.style_transfer.arrange import mend

GROUPS = {'pop': ('pop909cl',), 'jazz': ('tpd-jazz',), 'classical': ('asap',), 'folk, easy, bands': ('nottingham', 'easymusicnotes', 'karaoke')}
METHODS = ('copy', 'rule', 'mended')
KEYS, LOWEST = windows.KEYS, windows.pianoroll.MIN_PITCH


def onsets(pitch, texture):
  """bool `[32, 88]` of a window with other pitches."""
  return windows.roll_of(pitch, texture.start, texture.end, windows.STEPS)[:, :KEYS] > 0


def f1(pairs):
  """Of (found, wanted) arrays of counts: twice what they share over what they hold."""
  shared = sum(np.minimum(a, b).sum() for a, b in pairs)
  return float(2 * shared / max(sum(a.sum() + b.sum() for a, b in pairs), 1))


def mended(rolls, unders, sources, bundle):
  """Rolls `[W, 32, 176]` under `Under`s, moved from those of `sources` -> bool `[W, 32, 88]`."""
  laid = [windows.source_of(under.root, source.root, source.tones, source.scale) for under, source in zip(unders, sources)]
  inputs = np.stack([windows.read(*window) for window in zip(rolls, unders, laid)])
  return mend.decided(inputs, mend.logits(inputs, mend.weights(bundle)))


def there_and_back(textures, others, bundle=mend.BUNDLE):
  """{method: onset F1}; `rule, octaves` takes every way back downwards by a tritone, as the rule does by itself."""
  wanted = [texture.roll[:, :KEYS] > 0 for texture in textures]
  back = [data.there_and_back(texture, other) for texture, other in zip(textures, others)]
  plain = [data.there_and_back(texture, other, octaves=True) for texture, other in zip(textures, others)]
  rolls = [windows.roll_of(pitch, t.start, t.end, windows.STEPS) for pitch, t in zip(back, textures)]
  found = {'rule': [roll[:, :KEYS] > 0 for roll in rolls], 'mended': mended(rolls, [t.under for t in textures], others, bundle),
           'rule, octaves': [onsets(pitch, texture) for pitch, texture in zip(plain, textures)]}
  return {name: f1(list(zip(rows, wanted))) for name, rows in found.items()}


def by_register(onset):
  """bool `[T, 88]` -> counts `[T, 11]` by octave."""
  octave = (np.arange(KEYS) + LOWEST) // 12
  return np.stack([onset[:, octave == i].sum(1) for i in range(11)], 1)


def chord_tones(onset, under):
  """(chord tones among the onsets, onsets) under a chord."""
  step, key = np.nonzero(onset)
  known = under.root[step] >= 0
  return np.array([under.tones[step, (key + LOWEST) % 12][known].sum(), known.sum()])


def against_tune(onset, under):
  """(rubs, above, onsets): onsets a semitone, in any octave, from the tune that sounds, and on or above it; of those below or with a tune."""
  step, key = np.nonzero(onset)
  tune = (under.tune[step, :KEYS] + under.tune[step, KEYS:]) > 0
  keys = np.arange(KEYS)
  rubs = (tune & np.isin(np.abs(keys - key[:, None]) % 12, (1, 11))).any(1)
  lowest = np.where(tune.any(1), tune.argmax(1), KEYS)
  return np.array([rubs.sum(), (key >= lowest).sum(), tune.any(1).sum()])


def as_score(onset, lengths):
  """Score of onsets `[32, 88]`; of `lengths` `[32, 88]` in steps each takes the nearest of its step, 1 where there is none."""
  step, key = np.nonzero(onset)
  away = np.abs(np.arange(KEYS) - key[:, None]) + 1000 * (lengths[step] == 0)
  length = np.maximum(lengths[step, away.argmin(1)], 1)
  nothing = np.zeros(len(key), int)
  return score_lib.Score(np.arange(len(key)), key + LOWEST, nothing + 80, nothing, nothing, step / 4, (step + length) / 4, nothing > 0, (), {})


def lengths_of(roll):
  """Roll `[32, 176]` -> float `[32, 88]`, how many steps each note sounds, 0 elsewhere."""
  pitch, start, end = windows.pianoroll.decode_notes(roll.reshape(len(roll), 2, KEYS))
  found = np.zeros((len(roll), KEYS))
  found[start, pitch - LOWEST] = end - start
  return found


def other_chords(textures, targets, bundle=mend.BUNDLE):
  """{method: {measure: value}} of windows moved below the tunes and to the chords of others; 'real' are the windows as they are."""
  moved = [data.moved(t.pitch, t.start, t.end, data.harmony_of(t.under), data.harmony_of(o.under)) for t, o in zip(textures, targets)]
  rolls = {'copy': [t.roll for t in textures],
           'rule': [windows.roll_of(pitch, t.start, t.end, windows.STEPS) for pitch, t in zip(moved, textures)]}
  unders = [o.under for o in targets]
  found = {name: [roll[:, :KEYS] > 0 for roll in rows] for name, rows in rolls.items()}
  found['mended'] = list(mended(rolls['rule'], unders, [t.under for t in textures], bundle))
  lengths = {name: [lengths_of(roll) for roll in rows] for name, rows in rolls.items()}
  lengths['mended'] = lengths['rule']
  real = [(as_score(t.roll[:, :KEYS], lengths_of(t.roll)), t.piece) for t in targets]
  table = {}
  for name in METHODS:
    scores = [(as_score(onset, length), t.piece) for onset, length, t in zip(found[name], lengths[name], textures)]
    table[name] = {**_measured(found[name], unders), 'place_register': f1([
        (by_register(a), by_register(t.roll[:, :KEYS])) for a, t in zip(found[name], textures)]), **_areas(scores, real)}
  own = [(as_score(t.roll[:, :KEYS], lengths_of(t.roll)), t.piece) for t in textures]
  table['real'] = {**_measured([t.roll[:, :KEYS] > 0 for t in textures], [t.under for t in textures]), 'place_register': 1.0, **_areas(own, real)}
  return table


def _measured(found, unders):
  tones, among = np.sum([chord_tones(onset, under) for onset, under in zip(found, unders)], 0)
  rubs, above, beside = np.sum([against_tune(onset, under) for onset, under in zip(found, unders)], 0)
  return {'chord_tones': float(tones / max(among, 1)), 'rubs': float(rubs / max(beside, 1)), 'above_tune': float(above / max(beside, 1))}


def _areas(scores, real):
  return {f'two_sample_{kind}': value for kind, value in two_sample.area(scores, real).items()}


def run(textures, count, output, bundle=mend.BUNDLE, seed=0):
  """Measures; returns {group: {...}} and writes OUTPUT.json, OUTPUT.md."""
  generator, table = np.random.default_rng(seed), {}
  for group, corpora in GROUPS.items():
    pool = [texture for texture in textures if texture.corpus in corpora]
    chosen = [pool[i] for i in generator.permutation(len(pool))[:count]]
    back = there_and_back(chosen, data.chords_for(chosen, generator), bundle)
    targets = [_target(texture, pool, generator) for texture in chosen]
    table[group] = {'windows': len(chosen), 'there_and_back': back, 'other_chords': other_chords(chosen, targets, bundle)}
    print(group, table[group], flush=True)
  report.write(output, table, page)
  return table


def _target(texture, pool, generator):
  """A window of another piece."""
  others = [other for other in pool if other.piece != texture.piece]
  return others[int(generator.integers(len(others)))]


def page(table):
  """Markdown."""
  back = [[group, row['windows'], *(report.number(row['there_and_back'][name], 3) for name in ('rule, octaves', 'rule', 'mended'))]
          for group, row in table.items()]
  measures = list(next(iter(table.values()))['other_chords']['rule'])
  other = [[group, name, *(report.number(found[key], 3) for key in measures)]
           for group, row in table.items() for name, found in row['other_chords'].items()]
  return '\n\n'.join([
      '# Two bars of accompaniment under other chords', 'There and back, onset F1 (`rule, octaves`: a root six semitones away is reached downwards '
      'both ways, so notes come back an octave lower).', report.table(['windows of', 'number', 'rule, octaves', 'rule', 'mended'], back),
      'Under the chords and the tune of a window of another piece. `copy` is the source unmoved, `real` the source under its own chords.',
      report.table(['windows of', 'method', *measures], other)])


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('windows', None, 'Folder that `texture_windows` wrote.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Path of the results without extension.', flag_values=flag_values, required=True)
  flags.DEFINE_enum('split', 'test', ('validation', 'test'), 'Which windows.', flag_values=flag_values)
  flags.DEFINE_string('bundle', mend.BUNDLE, 'The network, by name or path.', flag_values=flag_values)
  flags.DEFINE_integer('count', 600, 'Windows of each group.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(data.load(flag_values.corpus_root, flag_values.split, flag_values.windows), flag_values.count, flag_values.output,
      flag_values.bundle)
