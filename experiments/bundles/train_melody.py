"""Trains the note classifier of `musicnst.analysis.melody` and writes its weights.

  python -m experiments.run train_melody --corpus_root=/data --output=musicnst/analysis/weights/melody.npz

Songs of the training split: POP909 as played and on its corrected beats (tune, second voice, accompaniment by its tracks), Nottingham,
karaoke files whose sung track the words tell, and piano scores whose top voice is taken for the tune (at a lower weight). Each is
trained on as variants of itself (`melody_variants`). The figures printed are of POP909's validation songs.
"""
import random
import time

from absl import flags
import numpy as np
import tensorflow as tf

from musicnst import files as outputs
from musicnst.analysis import melody_network
from musicnst.analysis import note_features
from experiments.bundles import melody_songs
from experiments.bundles import melody_variants

NOTES, BATCH, DROPOUT = 512, 16, 0.1
RATE, DECAY = 2e-3, 1e-4
RENEWED = 0.35
LONGEST = 3000
# Corpus -> (songs an epoch, weight of its notes).
MIXTURE = {'pop909': (330, 1.0), 'pop909cl': (330, 1.0), 'nottingham': (50, 0.5), 'karaoke': (75, 0.5), 'asap-scores': (60, 0.3),
           'easymusicnotes': (40, 0.3)}


def songs(root, corpus, split):
  """Every Song of a corpus and split that can be had."""
  reader = {'pop909': melody_songs.pop909, 'pop909cl': melody_songs.pop909cl, 'nottingham': melody_songs.nottingham,
            'karaoke': melody_songs.sung_band}.get(corpus, melody_songs.top_voiced)
  found = [reader(root, path) for path in melody_songs.rows(root, corpus, split)]
  return [song for song in found if song is not None and len(song.score) > 8]


class Network(tf.Module):
  """The network of `melody_network` in TensorFlow: the same weights by the same names."""

  def __init__(self, features, seed):
    super().__init__()
    generator = np.random.default_rng(seed)
    width, classes = melody_network.WIDTH, len(melody_network.CLASSES)
    shapes = {'in': (features, width), 'out': (width, classes)}
    for i in range(len(melody_network.DILATIONS)):
      shapes |= {f'conv{i}': (3, width, width), f'mix{i}': (width, width)}
    self.parameters = {}
    for name, shape in shapes.items():
      scale = np.sqrt(2 / np.prod(shape[:-1])) * (0.3 if name.startswith('mix') else 1)
      self.parameters[name] = tf.Variable(generator.normal(0, scale, shape).astype(np.float32), name=name)
      self.parameters[f'{name}_bias'] = tf.Variable(np.zeros(shape[-1], np.float32), name=f'{name}_bias')

  def __call__(self, x, mask, training=False):
    """float `[B, T, F]` and float `[B, T, 1]`, 1 where there is a note -> logits `[B, T, 3]`."""
    p = self.parameters
    x = tf.nn.relu(x @ p['in'] + p['in_bias']) * mask
    for i, dilation in enumerate(melody_network.DILATIONS):
      hidden = tf.nn.relu(tf.nn.convolution(x, p[f'conv{i}'], padding='SAME', dilations=dilation) + p[f'conv{i}_bias'])
      hidden = tf.nn.dropout(hidden, DROPOUT) if training else hidden
      x = (x + hidden @ p[f'mix{i}'] + p[f'mix{i}_bias']) * mask
    return tf.nn.relu(x) @ p['out'] + p['out_bias']


class Pool:
  """Variants of songs as features, of which a part is drawn anew every epoch."""

  def __init__(self, corpora, seed):
    self.corpora, self.generator, self.kept = corpora, np.random.default_rng(seed), {}

  def epoch(self):
    """Crops of all songs of one epoch, shuffled: list of (features `[T, F]`, label `[T]`, weight)."""
    crops = []
    for corpus, (count, weight) in MIXTURE.items():
      here = self.corpora[corpus]
      for i in self.generator.permutation(len(here))[:count]:
        features, label = self._features(corpus, i, here[i])
        offset = int(self.generator.integers(0, NOTES))
        for first in range(-offset, len(label), NOTES):
          part = slice(max(first, 0), first + NOTES)
          if len(label[part]) > 32:
            crops.append((features[part], label[part], weight))
    self.generator.shuffle(crops)
    return crops

  def _features(self, corpus, i, song):
    if (corpus, i) not in self.kept or self.generator.random() < RENEWED:
      drawn = melody_variants.variant(song, self.generator)
      order, features = note_features.features(drawn.score)
      self.kept[corpus, i] = features.astype(np.float16), drawn.label[order].astype(np.int8)
    return self.kept[corpus, i]


def batches(crops):
  """(features `[B, T, F]`, mask `[B, T, 1]`, label `[B, T]`, weight `[B, T]`), padded."""
  for first in range(0, len(crops) - BATCH + 1, BATCH):
    part = crops[first:first + BATCH]
    x, mask = np.zeros((BATCH, NOTES, part[0][0].shape[1]), np.float32), np.zeros((BATCH, NOTES, 1), np.float32)
    label, weight = np.zeros((BATCH, NOTES), np.int32), np.zeros((BATCH, NOTES), np.float32)
    for i, (features, of_notes, worth) in enumerate(part):
      count = len(of_notes)
      x[i, :count], mask[i, :count], label[i, :count] = features, 1, np.maximum(of_notes, 0)
      weight[i, :count] = worth * (of_notes >= 0)
    yield x, mask, label, weight


def fit(corpora, validation, epochs, seed):
  """Trained parameters {name: float32 array}: a running mean of those of the last steps."""
  network, pool = Network(len(note_features.NAMES), seed), Pool(corpora, seed)
  steps = epochs * sum(min(count, len(corpora[name])) for name, (count, _) in MIXTURE.items()) * 4 // BATCH
  optimizer = tf.keras.optimizers.AdamW(tf.keras.optimizers.schedules.CosineDecay(RATE, steps), weight_decay=DECAY)
  variables = list(network.parameters.values())
  mean = {name: variable.numpy() for name, variable in network.parameters.items()}

  @tf.function(reduce_retracing=True)
  def step(x, mask, label, weight):
    with tf.GradientTape() as tape:
      losses = tf.nn.sparse_softmax_cross_entropy_with_logits(label, network(x, mask, training=True))
      loss = tf.reduce_sum(losses * weight) / (tf.reduce_sum(weight) + 1)
    gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
    optimizer.apply_gradients(zip(gradients, variables))
    return loss

  for epoch in range(epochs):
    began, losses = time.time(), []
    for batch in batches(pool.epoch()):
      losses.append(float(step(*batch)))
      for name, variable in network.parameters.items():
        mean[name] += 0.01 * (variable.numpy() - mean[name])
    figures = {name: round(f1(some, mean), 4) for name, some in validation.items()} if epoch % 3 == 2 or epoch == epochs - 1 else {}
    print(f'epoch {epoch}: loss {np.mean(losses):.4f}, {figures}, {time.time() - began:.0f} s, {len(losses)} steps', flush=True)
  return mean


def f1(some, parameters):
  """F1 of the notes whose likeliest class is the tune, pooled over songs."""
  hit = said = true = 0
  for song in some:
    order, features = note_features.features(song.score)
    mask = melody_network.logits(features, parameters).argmax(axis=1) == melody_songs.TUNE
    tune = song.label[order] == melody_songs.TUNE
    hit, said, true = hit + np.sum(mask & tune), said + np.sum(mask), true + np.sum(tune)
  return 2 * hit / max(said + true, 1)


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'File of weights (.npz) to write.', flag_values=flag_values, required=True)
  flags.DEFINE_integer('epochs', 15, 'Passes over the songs.', flag_values=flag_values, lower_bound=1)
  flags.DEFINE_integer('seed', 0, 'Seed of weights, variants and order.', flag_values=flag_values)


def main(flag_values):
  """Flags -> weights."""
  root = flag_values.corpus_root
  tf.random.set_seed(flag_values.seed)
  corpora = {corpus: songs(root, corpus, 'train') for corpus in MIXTURE}
  print({corpus: len(some) for corpus, some in corpora.items()}, flush=True)
  validation = {}
  for corpus in ('pop909', 'pop909cl'):
    some = songs(root, corpus, 'validation')
    random.Random(0).shuffle(some)
    validation |= {corpus: some[:40], f'{corpus}, flat': [melody_variants.flattened(song) for song in some[:40]]}
  parameters = fit(corpora, validation, flag_values.epochs, flag_values.seed)
  with outputs.atomic_path(flag_values.output) as path, open(path, 'wb') as file:
    np.savez_compressed(file, **{name: value.astype(np.float16) for name, value in parameters.items()})
