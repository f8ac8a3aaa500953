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
from experiments.analysis import melody_songs
from experiments.analysis import melody_training
from experiments.analysis import melody_variants

RATE, DECAY, MEMORY = 2.5e-3, 1e-4, 0.005
# Corpus -> (songs an epoch, crops a song at most, weight of its notes).
MIXTURE = {'pop909': (350, 4, 1.0), 'pop909cl': (350, 4, 1.0), 'nottingham': (40, 1, 0.5), 'karaoke': (40, 1, 0.5),
           'asap-scores': (40, 1, 0.3), 'easymusicnotes': (24, 1, 0.3)}
CROPS_A_SONG = 2.0
EXAMINED = 2


def songs(root, corpus, split):
  """Every Song of a corpus and split that can be had."""
  reader = {'pop909': melody_songs.pop909, 'pop909cl': melody_songs.pop909cl, 'nottingham': melody_songs.nottingham,
            'karaoke': melody_songs.sung_band}.get(corpus, melody_songs.top_voiced)
  found = [reader(root, path) for path in melody_songs.rows(root, corpus, split)]
  return [song for song in found if song is not None and len(song.score) > 8]


def fit(corpora, validation, epochs, seed, output):
  """Trains; every `EXAMINED` epochs the running mean of the weights is measured and written."""
  network, pool = melody_training.Network(seed), melody_training.Pool(corpora, MIXTURE, seed)
  steps = int(epochs * sum(min(count, len(corpora[name])) * min(crops, CROPS_A_SONG) for name, (count, crops, _) in MIXTURE.items())
              / melody_training.BATCH)
  optimizer = tf.keras.optimizers.AdamW(tf.keras.optimizers.schedules.CosineDecay(RATE, steps), weight_decay=DECAY)
  variables = list(network.parameters.values())
  mean = {name: variable.numpy() for name, variable in network.parameters.items()}

  @tf.function(reduce_retracing=True)
  def step(x, mask, beat, label, weight):
    with tf.GradientTape() as tape:
      losses = tf.nn.sparse_softmax_cross_entropy_with_logits(label, network(x, mask, beat))
      loss = tf.reduce_sum(losses * weight) / (tf.reduce_sum(weight) + 1)
    gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
    optimizer.apply_gradients(zip(gradients, variables))
    return loss

  for epoch in range(epochs):
    began, losses = time.time(), []
    for batch in melody_training.batches(pool.epoch()):
      losses.append(float(step(*batch)))
      for name, variable in network.parameters.items():
        mean[name] += max(MEMORY, 1 / (optimizer.iterations.numpy() + 1)) * (variable.numpy() - mean[name])
    print(f'epoch {epoch}: loss {np.mean(losses):.4f}, {len(losses)} steps, {time.time() - began:.0f} s', flush=True)
    if epoch % EXAMINED == EXAMINED - 1 or epoch == epochs - 1:
      print({name: round(float(f1(some, mean)), 4) for name, some in validation.items()}, flush=True)
      save(mean, output)


def save(parameters, output):
  """Writes {name: array} as half-precision numbers."""
  with outputs.atomic_path(output) as path, open(path, 'wb') as file:
    np.savez_compressed(file, **{name: value.astype(np.float16) for name, value in parameters.items()})


def f1(some, parameters):
  """F1 of the notes whose likeliest class is the tune, pooled over songs."""
  hit = said = true = 0
  for song in some:
    mask = melody_network.probabilities(song.score, parameters).argmax(axis=1) == melody_songs.TUNE
    tune = song.label == melody_songs.TUNE
    hit, said, true = hit + np.sum(mask & tune), said + np.sum(mask), true + np.sum(tune)
  return 2 * hit / max(said + true, 1)


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'File of weights (.npz) to write.', flag_values=flag_values, required=True)
  flags.DEFINE_integer('epochs', 12, 'Passes over the songs.', flag_values=flag_values, lower_bound=1)
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
    validation |= {corpus: some[:25], f'{corpus}, flat': [melody_variants.flattened(song) for song in some[:25]]}
  fit(corpora, validation, flag_values.epochs, flag_values.seed, flag_values.output)
