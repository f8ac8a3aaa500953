"""How often each chord is used in a key, and ends a piece: the tables that key finding ships with (`musicnst/analysis/weights/keys.npz`).

  python -m experiments.run key_tables --corpus_root=/data --output=musicnst/analysis/weights/keys.npz

Counted over the training pieces of POP909-CL and Nottingham that have one key signature, each corpus weighing the same: beats of each root
over the tonic and kind of third (major, minor, neither), for major and for minor keys; and the same for the last chords. Every chord has at
least FLOOR of the chance of an even spread.
"""
import os

from absl import flags
import numpy as np

from experiments.analysis import chord_truth
from musicnst import files
from musicnst.analysis import key
from musicnst.reading import files as reading

FLOOR = .05


def tables(pieces):
  """(keys, chords `[2, 36]`, last chords `[2, 36]`) counted over (key 0 to 23, truth) pairs, rows summing to 1."""
  used, last = np.zeros((2, 36)), np.zeros((2, 36))
  for number, truth in pieces:
    for label in truth:
      if label.root >= 0:
        used[number // 12, key.chord_class(label.root, label.quality, number)] += label.end - label.start
    if truth and truth[-1].root >= 0:
      last[number // 12, key.chord_class(truth[-1].root, truth[-1].quality, number)] += 1
  return _chances(used), _chances(last)


def _chances(counts):
  shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
  return (1 - FLOOR) * shares + FLOOR / counts.shape[1]


def labelled(corpus_root, corpus, split):
  """Yields (key, truth) of the pieces with one key signature."""
  for example in chord_truth.examples(corpus_root, corpus, split):
    signatures = reading.read(os.path.join(corpus_root, example.name))[0].key_signatures
    if len(signatures) == 1:
      yield signatures[0].key + 12 * (signatures[0].mode == signatures[0].MINOR), example.truth


def define_flags(flag_values):
  flags.DEFINE_string('corpus_root', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', 'musicnst/analysis/weights/keys.npz', 'File to write.', flag_values=flag_values)


def main(flag_values):
  found = [tables(labelled(flag_values.corpus_root, corpus, 'train')) for corpus in chord_truth.CORPORA]
  used, last = np.mean([pair[0] for pair in found], 0), np.mean([pair[1] for pair in found], 0)
  with files.atomic_path(flag_values.output) as path:
    np.savez_compressed(path, used=used.astype(np.float16), last=last.astype(np.float16))
