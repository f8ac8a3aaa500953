"""How well the tune of a piece is found, by corpus, and the parts of a band's tracks.

  python -m experiments.run melody --corpus_root=/data --split=test --output=experiments/results/analysis/melody

Writes OUTPUT.json and OUTPUT.md. Needs a folder of corpora with a `manifest.csv`. A few minutes on one core.

1. Pieces whose tune is known, their tracks merged to one keyboard (notes doubled in pitch and onset are one): precision, recall and F1 of
   the notes, pooled over a corpus, and the F1 of the worst tenth of its pieces; as they are, and with one velocity throughout. POP909's
   MELODY, as played and on the corrected beats of POP909-CL; Nottingham's first track; karaoke's sung track, told by the words. Beside
   the skyline, and the skyline without what lies more than 10 semitones under its local 65th percentile.
2. Pieces whose tune nobody told: which share of the top notes of phrases (the highest note of the skyline in every two bars) is in the
   tune and in the lead; how the tune was decided; the share of pieces said to be of equal voices.
3. Bands: the share of songs whose sung track is found, and the accuracy of tune, bass and drums by the notes alone, names, programs and
   the drum channel hidden.
"""
import collections
import dataclasses
import json
import os
import time

from absl import flags
import numpy as np

from musicnst import files as outputs
from musicnst.analysis import melody
from musicnst.analysis import roles
from musicnst.analysis import score as scores
from musicnst.analysis import track_features
from musicnst.analysis import voices
from musicnst.reading import files
from experiments.analysis import melody_songs
from experiments.analysis import melody_variants
from experiments.analysis import train_tracks

METHODS = {'found': lambda score: melody.find(score).mask, 'skyline': voices.skyline, 'top voice': voices.top_voice}
KNOWN = {'pop909': melody_songs.pop909, 'pop909cl': melody_songs.pop909cl, 'nottingham': melody_songs.nottingham,
         'karaoke': melody_songs.sung_band}
UNKNOWN = ('asap-scores', 'easymusicnotes', 'maestro-v1.0.0', 'tpd/jazz', 'tpd/classical', 'karaoke', 'nottingham')
PIECES, LONGEST = 60, 6000
PHRASE_BARS = 2


def known_songs(root, split):
  """{corpus: [Song]}, at most `PIECES` of each."""
  result = {}
  for corpus, reader in KNOWN.items():
    found = (reader(root, path) for path in _some(melody_songs.rows(root, corpus, split)))
    result[corpus] = [song for song in found if song is not None and np.any(song.label == melody_songs.TUNE)]
  return result


def _some(paths):
  """Up to two times `PIECES` paths, evenly from the list; some turn out to have no tune."""
  return [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, min(len(paths), 2 * PIECES)).astype(int))] if paths else []


def agreement(songs, method):
  """{'precision', 'recall', 'F1', 'worst tenth', 'second taken', 'accompaniment taken'} of a method over songs.

  The last two are shares of the notes said to be the tune. Notes without a label are passed over.
  """
  counts, each = np.zeros((2, 3)), []
  for song in songs:
    said, told = method(song.score), song.label >= 0
    rows = np.array([[np.sum((said == value) & told & (song.label == label)) for label in melody_songs.CLASSES] for value in (False, True)])
    counts += rows
    each.append(_f1(rows))
  said = counts[1].sum()
  tune = melody_songs.TUNE
  return {'pieces': len(songs), 'precision': counts[1, tune] / max(said, 1), 'recall': counts[1, tune] / max(counts[:, tune].sum(), 1),
          'F1': _f1(counts), 'worst tenth': float(np.percentile(each, 10)) if each else 0.0,
          'second taken': counts[1, melody_songs.SECOND] / max(said, 1), 'accompaniment taken': counts[1, melody_songs.ACCOMPANIMENT] / max(said, 1)}


def _f1(counts):
  tune = melody_songs.TUNE
  return float(2 * counts[1, tune] / max(counts[1].sum() + counts[:, tune].sum(), 1))


def phrase_tops(score):
  """int64: places of the highest note of the skyline in every `PHRASE_BARS` bars, of equals the first."""
  places = np.flatnonzero(voices.skyline(score))
  phrase = np.searchsorted(score.bar_starts[::PHRASE_BARS], score.start[places] + 1e-6, side='right')
  order = np.lexsort((places, -score.pitch[places], phrase))
  first = np.r_[True, np.diff(phrase[order]) > 0][:len(order)]
  return places[order[first]]


def top_notes(root, corpus, split):
  """Shares of the phrase tops in tune and lead, how decided, share of equal voices, over the pieces of a corpus."""
  folder, _, part = corpus.partition('/')
  paths = [path for path in melody_songs.rows(root, folder, split) if part in path]
  tops = in_tune = in_lead = 0
  sources, textures = collections.Counter(), collections.Counter()
  for path in _some(paths)[:2 * PIECES:2 if len(paths) > PIECES else 1]:
    score = scores.of(files.read(os.path.join(root, path))[0]).pitched()
    score = score.select(np.arange(len(score)) < LONGEST)
    if not len(score):
      continue
    found, places = melody.find(score), phrase_tops(score)
    tops, in_tune, in_lead = tops + len(places), in_tune + found.mask[places].sum(), in_lead + found.lead[places].sum()
    sources[found.source.split(' ')[0]] += 1
    textures[found.texture] += 1
  return {'pieces': sum(sources.values()), 'tops in tune': in_tune / max(tops, 1), 'tops in lead': in_lead / max(tops, 1),
          'equal voices': textures[melody.EQUAL_VOICES] / max(sum(textures.values()), 1),
          'decided by': ', '.join(f'{name} {count}' for name, count in sources.most_common())}


def hidden(score):
  """The score without names and programs, its drums notes like others."""
  nothing = np.zeros(len(score), np.int64)
  return dataclasses.replace(score, program=nothing, is_drum=nothing.astype(bool), track_names={})


def bands(root, split):
  """Share of songs whose sung track is found, F1 of tune, bass and drums by notes alone."""
  hits = collections.Counter()
  found_track = with_words = songs = 0
  for path in melody_songs.rows(root, 'karaoke', split):
    song = melody_songs.karaoke(root, path)
    if song is None:
      continue
    songs += 1
    found_track += _is_sung(song, melody.find(song.score))
    with_words += _is_sung(song, melody.find(song.score, syllables=melody_songs.words(os.path.join(root, path))))
    truth, said = train_tracks.truth(song), roles.of_tracks(hidden(song.score))
    for one, part in truth.items():
      guess = said[one].name if said[one].name in (roles.TUNE, roles.BASS, roles.DRUMS) else track_features.REST
      hits[part, guess] += 1
  result = {'songs': songs, 'sung track found by notes': found_track / max(songs, 1), 'by words': with_words / max(songs, 1),
            'accuracy of tracks': sum(count for (part, guess), count in hits.items() if part == guess) / max(sum(hits.values()), 1)}
  for part in (roles.TUNE, roles.BASS, roles.DRUMS, track_features.REST):
    true, guessed = (sum(count for pair, count in hits.items() if pair[side] == part) for side in (0, 1))
    result[f'F1 {part}'] = 2 * hits[part, part] / max(true + guessed, 1)
  return result


def _is_sung(song, found):
  said = np.bincount(song.score.instrument[found.mask], minlength=1).argmax() if found.mask.any() else -1
  return said == song.score.instrument[song.label == melody_songs.TUNE][0]


def run(root, split):
  """All parts: a JSON-able dict."""
  songs = known_songs(root, split)
  tune = {}
  for corpus, some in songs.items():
    for kind, these in (('', some), (', one velocity', [melody_variants.flattened(song) for song in some])):
      tune |= {f'{corpus}{kind}: {name}': agreement(these, method) for name, method in METHODS.items()}
  began = time.process_time()
  notes = sum(len(melody.find(song.score).mask) for song in songs['pop909'])
  return {'split': split, 'tune known': tune, 'tune not known': {corpus: top_notes(root, corpus, split) for corpus in UNKNOWN},
          'bands': {'karaoke': bands(root, split)},
          'milliseconds for 1000 notes': round(1e6 * (time.process_time() - began) / max(notes, 1), 1)}


def page(result):
  """Markdown tables."""
  lines = [f'# The tune, {result["split"]} split', '', f'{result["milliseconds for 1000 notes"]} ms for 1000 notes, one core.']
  for title in ('tune known', 'tune not known', 'bands'):
    rows = result[title]
    columns = list(next(iter(rows.values())))
    lines += ['', f'## {title.capitalize()}', '', '| ' + ' | '.join([''] + columns) + ' |', '|---' * (len(columns) + 1) + '|']
    lines += ['| ' + ' | '.join([name] + [_shown(row[column]) for column in columns]) + ' |' for name, row in rows.items()]
  return '\n'.join(lines) + '\n'


def _shown(value):
  return f'{value:.3f}' if isinstance(value, float) else str(value)


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_enum('split', 'test', ['train', 'validation', 'test'], 'Pieces to measure on.', flag_values=flag_values)
  flags.DEFINE_string('output', '', 'Path without extension of the .json and .md to write.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  result = run(flag_values.corpus_root, flag_values.split)
  text = page(result)
  print(text)
  if flag_values.output:
    os.makedirs(os.path.dirname(flag_values.output) or '.', exist_ok=True)
    for extension, content in (('.md', text), ('.json', json.dumps(result, indent=1, default=float) + '\n')):
      with outputs.atomic_path(flag_values.output + extension) as path, open(path, 'w') as file:
        file.write(content)
