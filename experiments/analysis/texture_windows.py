"""Windows that `texture-2bar` learns from: two bars of accompaniment moved by the rule to the chords of other music and back.

  python -m experiments.run texture_windows --corpus_root=/data --output=/tmp/texture

Writes records for `musicnst train` (OUTPUT/windows.tfrecord-train-... and so on) and the windows as they are (OUTPUT/train.npz and so on), which
`experiments.run texture` measures on. Chords are the checked ones for POP909-CL, of all other corpora `analysis.chords`; the tune is
`analysis.melody`'s. About 12 minutes.
"""
import dataclasses
import os
import shutil
import types

from absl import flags
import numpy as np

from data_prep import shards
from data_prep import splits
from data_prep.corpora import corpus_map
from experiments import report
from experiments.analysis import chord_truth
from musicnst import errors
from musicnst import files
from musicnst.analysis import chords as chords_lib
from musicnst.analysis import grid as grid_lib
from musicnst.analysis import melody
from musicnst.analysis import score as score_lib
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.models.texture import windows
from musicnst.representations import base
from musicnst.style_transfer.arrange import harmony as harmony_lib
from musicnst.style_transfer.arrange import move

POP = 'pop909cl'
# Beside POP909-CL (whose songs pop909 holds again): music that lies on its beat. Of each piece at most so many windows, of each corpus pieces.
CORPORA = {'asap': (24, 200), 'tpd-jazz': (32, 200), 'easymusicnotes': (12, 200), 'karaoke': (12, 120), 'nottingham': (4, 150)}
POP_WINDOWS, QUARTERS, LEAST_NOTES, MOST_NOTES = 24, 8, 8, 96
VARIANTS = 3  # times that a training window is moved, each to other chords
# Share of training windows in which notes are shaken too, and how many of their notes.
SHAKEN, NOTES_SHAKEN = .2, .12
SPLIT = f"split by piece (the corpora's own splits); each training window {VARIANTS} times, moved to other chords"
# One training window of so many does not say which chords it was moved from.
UNKNOWN = 8
# Share of them in which notes are put above the tune, and how many of those that an octave takes there.
CROSSING, NOTES_CROSSING = .25, .25


@dataclasses.dataclass(frozen=True, eq=False)
class Texture:
  """Two bars of accompaniment as they are: pitch int, start and end in quarters from the window's begin, float; what it stands under."""

  corpus: str
  piece: str
  pitch: np.ndarray
  start: np.ndarray
  end: np.ndarray
  under: windows.Under

  @property
  def roll(self):
    """uint8 `[32, 176]`."""
    return windows.roll_of(self.pitch, self.start, self.end, windows.STEPS)


def of_piece(corpus, name, score, chords, most):
  """list of Texture of a Score, spread over it."""
  tune = melody.find(score).mask
  whole, other, found = windows.under(score, tune, chords), score.select(~tune), []
  for first in _starts(score.bars):
    inside = (other.start >= first - .06) & (other.start < first + QUARTERS - .06)
    step = int(round(first * windows.STEPS_PER_QUARTER))
    if LEAST_NOTES <= inside.sum() <= MOST_NOTES and step + windows.STEPS <= len(whole.root):
      start, end = np.maximum(other.start[inside] - first, 0), np.minimum(other.end[inside] - first, QUARTERS)
      found.append(Texture(corpus, name, other.pitch[inside], start, end, whole.cut(step, step + windows.STEPS)))
  return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, min(most, len(found))).astype(int))] if found else []


def _starts(bars):
  """Quarters at which windows begin: bars, each a window's length or more after the one before."""
  found, free = [], -np.inf
  for bar in bars:
    if bar.start_beat >= free - 1e-6:
      found.append(bar.start_beat)
      free = bar.start_beat + QUARTERS
  return found


def load(corpus_root, split, cache=''):
  """list of Texture of a split; kept in the folder `cache` where one is given."""
  path = os.path.join(cache, f'{split}.npz') if cache else ''
  if path and os.path.exists(path):
    return _read(path)
  found = [*_pop(corpus_root, split), *_others(corpus_root, split)]
  if path:
    _write(path, found)
  return found


def _pop(corpus_root, split):
  found = []
  for example in chord_truth.examples(corpus_root, POP, split):
    grid = grid_lib.of(example.score)
    chords = chords_lib.Chords(grid, *chord_truth.by_beat(example.truth, grid).T, certainty=np.ones(len(grid), np.float32))
    found += of_piece(POP, example.name, example.score, chords, POP_WINDOWS)
  print(split, POP, len(found), flush=True)
  return found


def _others(corpus_root, split):
  found = []
  for name, (most, pieces) in CORPORA.items():
    corpus, taken, before = corpus_map.CORPUS_MAP[name], 0, len(found)
    for sequence in corpus.sequences(corpus_root, split=split):
      if taken == pieces:
        break
      try:
        score = score_lib.of(corpus.in_beats(sequence)).pitched()
        found += of_piece(name, sequence.filename, score, None, most) if len(score) else []
        taken += 1
      except errors.MusicnstError as error:
        print(sequence.filename, error, flush=True)
    print(split, name, len(found) - before, flush=True)
  return found


def _write(path, found):
  fields = [field.name for field in dataclasses.fields(windows.Under)]
  with files.atomic_path(path) as temporary, open(temporary, 'wb') as out:
    np.savez_compressed(
        out, corpus=np.array([t.corpus for t in found]), piece=np.array([t.piece for t in found]), count=np.array([len(t.pitch) for t in found]),
        **{name: np.concatenate([getattr(t, name) for t in found]) for name in ('pitch', 'start', 'end')},
        **{f'under_{name}': np.stack([getattr(t.under, name) for t in found]) for name in fields})


def _read(path):
  fields = [field.name for field in dataclasses.fields(windows.Under)]
  with np.load(path, allow_pickle=False) as data:
    notes = [np.split(data[name], np.cumsum(data['count'])[:-1]) for name in ('pitch', 'start', 'end')]
    unders = zip(*(data[f'under_{name}'] for name in fields))
    return [Texture(str(corpus), str(piece), *arrays, windows.Under(*under))
            for corpus, piece, *arrays, under in zip(data['corpus'], data['piece'], *notes, unders)]


# ---------------------- moved ----


def harmony_of(under):
  """harmony.Harmony of a window, one span a step."""
  edges = np.arange(len(under.root) + 1) / windows.STEPS_PER_QUARTER
  return harmony_lib.Harmony(edges, under.root, under.tones, under.bass, under.scale)


def turned(under, semitones):
  """Under whose chords are some semitones higher, and its tune (up to six higher or five lower, as they are)."""
  shift, keys = (semitones + 5) % 12 - 5, windows.KEYS
  tune = np.roll(under.tune.reshape(-1, 2, keys), shift, 2)
  tune[:, :, slice(0, shift) if shift >= 0 else slice(keys + shift, keys)] = 0
  up = lambda pitch_class: np.where(pitch_class < 0, -1, (pitch_class + semitones) % 12)
  return dataclasses.replace(under, root=up(under.root), bass=up(under.bass), tones=np.roll(under.tones, semitones, 1),
                             scale=np.roll(under.scale, semitones, 1), tune=tune.reshape(under.tune.shape))


def moved(pitch, start, end, source, target):
  """int `[N]`: notes that lie under one harmony, moved by the rule to another."""
  onsets = np.floor(start * 12 + .5) / 12
  style = types.SimpleNamespace(score=types.SimpleNamespace(pitch=pitch, start=start, end=end), harmony=source, onsets=onsets)
  return move.pitches(style, np.arange(len(pitch)), target, onsets, end)[0]


def there_and_back(texture, other, octaves=False):
  """int `[N]`: the pitches of a window moved to the chords of another `Under` and back.

  A root six semitones away is reached downwards both ways; the way back is taken upwards here, or notes would come back an octave
  lower; with `octaves` they do.
  """
  own, theirs = harmony_of(texture.under), harmony_of(other)
  there = moved(texture.pitch, texture.start, texture.end, own, theirs)
  back = moved(there, texture.start, texture.end, theirs, own)
  return back if octaves else back + 12 * np.round((texture.pitch - back) / 12).astype(int)


def shaken(pitch, texture, generator):
  """In some windows some notes an octave or a step off, or an octave up across the tune: what the rule does under another tune."""
  kind = generator.random()
  if kind < SHAKEN:
    off = generator.choice([-12, 12, -2, -1, 1, 2], len(pitch), p=[.25, .25, .125, .125, .125, .125])
    return np.where(generator.random(len(pitch)) < NOTES_SHAKEN, pitch + off, pitch)
  if kind > 1 - CROSSING:
    step = np.clip(windows.pianoroll.quantize_steps(texture.start, windows.STEPS_PER_QUARTER), 0, windows.STEPS - 1)
    sounding = texture.under.tune.reshape(windows.STEPS, 2, windows.KEYS).any(1)[step]
    lowest = np.where(sounding.any(1), sounding.argmax(1) + windows.pianoroll.MIN_PITCH, 128)
    crosses = (pitch < lowest) & (pitch + 12 >= lowest) & (generator.random(len(pitch)) < NOTES_CROSSING)
    return np.where(crosses, pitch + 12, pitch)
  return pitch


def source(texture, other):
  """uint8 `[32, 24]`, the chords of another `Under` as those that a texture was moved from, see `windows.source_of`."""
  return windows.source_of(texture.under.root, other.root, other.tones, other.scale)


def example(texture, other, generator=None, known=True):
  """base.Window: a texture moved to the chords of another and back, and itself; shaken with a generator; `known`: it reads where it was."""
  pitch = there_and_back(texture, other)
  pitch = pitch if generator is None else shaken(pitch, texture, generator)
  roll = windows.roll_of(pitch, texture.start, texture.end, windows.STEPS)
  inputs = windows.read(roll, texture.under, source(texture, other) if known else None)
  return base.Window(inputs, texture.roll, windows.STEPS, labels={'corpus': texture.corpus, 'id': texture.piece})


def chords_for(textures, generator):
  """One `Under` for each texture: of another window of its corpus or (one time in four) of any, at any height."""
  by_corpus = {}
  for i, texture in enumerate(textures):
    by_corpus.setdefault(texture.corpus, []).append(i)
  found = []
  for texture in textures:
    own = by_corpus[texture.corpus]
    pick = int(generator.integers(len(textures))) if generator.random() < .25 else own[int(generator.integers(len(own)))]
    found.append(turned(textures[pick].under, int(generator.integers(12))))
  return found


def write(textures, split, output, seed=0):
  """Writes the records of a split, shuffled; returns how many."""
  generator, converter = np.random.default_rng([seed, splits.SPLITS.index(split)]), windows.TextureConverter()
  pairs = [pair for _ in range(VARIANTS if split == 'train' else 1) for pair in zip(textures, chords_for(textures, generator))]
  path = shards.shard_paths(os.path.join(output, 'windows.tfrecord'), splits.SPLITS, 1)[split][0]
  with files.atomic_path(path) as temporary, open(temporary, 'wb') as out:
    for number, i in enumerate(generator.permutation(len(pairs))):
      window = example(*pairs[i], generator if split == 'train' else None, known=split != 'train' or number % UNKNOWN > 0)
      out.write(tfrecords.frame(records.write_example(window, converter)))
  return len(pairs)


def write_latents(output):
  """Writes the records of OUTPUT once more, as `texture-latent-2bar` reads them (OUTPUT/latents.tfrecord-...); returns their prefix."""
  source, target = windows.TextureConverter(), windows.LatentTextureConverter()
  prefix = os.path.join(output, 'latents.tfrecord')
  for split in splits.SPLITS:
    read, written = (shards.shard_paths(os.path.join(output, name), splits.SPLITS, 1)[split][0] for name in ('windows.tfrecord', 'latents.tfrecord'))
    with files.atomic_path(written) as temporary, open(temporary, 'wb') as out:
      for serialized in tfrecords.read(read):
        out.write(tfrecords.frame(records.write_example(windows.of_latents(records.read_window(serialized, source)), target)))
  shutil.copy(os.path.join(output, 'windows.tfrecord.report.json'), f'{prefix}.report.json')
  return prefix


def write_all(corpus_root, output):
  """Writes the records of all splits and a report of them, unless they are there; returns their prefix."""
  os.makedirs(output, exist_ok=True)
  prefix = os.path.join(output, 'windows.tfrecord')
  if not os.path.exists(f'{prefix}.report.json'):
    counts = {split: write(load(corpus_root, split, output), split, output) for split in splits.SPLITS}
    report.write_json(f'{prefix}.report.json', {'examples': counts, 'split': SPLIT})
  return prefix


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder that holds the corpora.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Folder to write.', flag_values=flag_values, required=True)
  flags.DEFINE_bool('latents', False, 'Write records of texture-latent-2bar too.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `write_all`, `write_latents`."""
  print(write_all(flag_values.corpus_root, flag_values.output))
  if flag_values.latents:
    print(write_latents(flag_values.output))
