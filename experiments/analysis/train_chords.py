"""The chord network that ships (`musicnst/analysis/weights/chords.npz`), trained on beats of POP909-CL and Nottingham.

  python -m experiments.run train_chords --corpus_root=/data --output=musicnst/analysis/weights/chords.npz

About 30 minutes on two cores, most of it steps. Training split only; the state after each epoch with the lowest loss on validation pieces is kept.
"""
import time

from absl import flags
import numpy as np
import tensorflow as tf

from experiments.analysis import chord_data
from musicnst import files
from musicnst.analysis import chord_features
from musicnst.analysis import qualities

HIDDEN, BLOCKS, KERNEL = 28, 2, 9
LENGTH, BATCH = 96, 16
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 1e-4
BASS_WEIGHT, CHANGE_WEIGHT, SMOOTHING = .5, .5, .02


def initial(seed=0):
  """Untrained weights, name -> float32."""
  generator = np.random.default_rng(seed)
  normal = lambda shape, fan: (generator.normal(size=shape) * np.sqrt(2 / fan)).astype(np.float32)
  zeros = lambda *shape: np.zeros(shape, np.float32)
  count = len(qualities.QUALITIES)
  found = {'in': normal((12, chord_features.PITCH_FEATURES, HIDDEN), 12 * chord_features.PITCH_FEATURES), 'in_bias': zeros(HIDDEN),
           'place': normal((chord_features.PLACE_FEATURES, HIDDEN), 40), 'quality': normal((HIDDEN, count), 4 * HIDDEN),
           'quality_bias': zeros(count), 'bass': normal((HIDDEN, 12), 4 * HIDDEN), 'bass_bias': zeros(12), 'none': zeros(HIDDEN, 1),
           'none_bias': zeros(1), 'change': zeros(2 * HIDDEN, 1), 'change_bias': zeros(1)}
  for i in range(BLOCKS):
    found[f'time{i}'] = normal((KERNEL, HIDDEN), 4 * KERNEL)
    found[f'time{i}'][KERNEL // 2] += .7
    found[f'mix{i}'] = normal((12, HIDDEN, HIDDEN), 24 * HIDDEN)
    found[f'mix_bias{i}'] = zeros(HIDDEN)
  return found


def forward(pitches, places, w):
  """`chord_network.scores` for batches `[N, T, ...]` in TensorFlow, as logits: chord `[N, T, 1 + 12 Q]`, bass `[N, T, 12, 12]`, change `[N, T]`."""
  n, t = tf.shape(pitches)[0], tf.shape(pitches)[1]
  flat = lambda x: tf.reshape(x, [n * t, 12 * x.shape[-1]])
  state = tf.matmul(flat(pitches), _circulant(w['in'])) + tf.tile(tf.reshape(places @ w['place'] + w['in_bias'], [n * t, HIDDEN]), [1, 12])
  state = tf.nn.relu(state)
  for i in range(BLOCKS):
    mixed = tf.nn.relu(_along(tf.reshape(state, [n, t, 12, HIDDEN]), w[f'time{i}'], t))
    state += tf.nn.relu(tf.matmul(flat(mixed), _circulant(w[f'mix{i}'])) + tf.tile(w[f'mix_bias{i}'], [12]))
  state = tf.reshape(state, [n, t, 12, HIDDEN])
  chord = tf.reshape(tf.einsum('ntph,hq->ntpq', state, w['quality']) + w['quality_bias'], [n, t, 12 * len(qualities.QUALITIES)])
  mean = tf.reduce_mean(state, 2)
  moved = tf.reduce_mean(tf.abs(state - tf.concat([state[:, :1], state[:, :-1]], 1)), 2)
  change = tf.concat([mean, moved], -1) @ w['change'] + w['change_bias']
  return tf.concat([mean @ w['none'] + w['none_bias'], chord], -1), tf.einsum('ntph,hb->ntpb', state, w['bass']) + w['bass_bias'], change[..., 0]


def _circulant(kernel):
  distance = (np.arange(12)[:, None] - np.arange(12)) % 12
  return tf.reshape(tf.transpose(tf.gather(kernel, distance), [0, 2, 1, 3]), [12 * kernel.shape[1], 12 * kernel.shape[2]])


def _along(state, kernel, length):
  reach = KERNEL // 2
  padded = tf.pad(state, [[0, 0], [reach, reach], [0, 0], [0, 0]])
  return tf.add_n([padded[:, i:i + length] * kernel[i] for i in range(KERNEL)])


def loss_of(outputs, truth, valid):
  """Mean loss over the valid beats: chord, bass given the true root, change.

  Args:
    outputs: of `forward`.
    truth: int32 `[N, T, 3]`, root, quality, bass, NONE for no chord; NONE as bass alone where the notes do not tell it.
    valid: float32 `[N, T]`.
  """
  chord, bass, change = outputs
  root, quality, low = tf.unstack(truth, axis=-1)
  index = tf.where(root < 0, 0, 1 + root * len(qualities.QUALITIES) + quality)
  labels = tf.one_hot(index, chord.shape[-1]) * (1 - SMOOTHING) + SMOOTHING / chord.shape[-1]
  heard = tf.nn.softmax_cross_entropy_with_logits(labels, chord)
  at_root = tf.gather(bass, tf.maximum(root, 0), batch_dims=2)
  under = tf.nn.sparse_softmax_cross_entropy_with_logits((low - root) % 12, at_root) * tf.cast(low >= 0, tf.float32)
  new = tf.cast(tf.reduce_any(truth[:, 1:] != truth[:, :-1], -1), tf.float32)
  moved = tf.pad(tf.nn.sigmoid_cross_entropy_with_logits(new, change[:, 1:]), [[0, 0], [1, 0]])
  return tf.reduce_sum((heard + BASS_WEIGHT * under + CHANGE_WEIGHT * moved) * valid) / tf.reduce_sum(valid)


def epoch(sources, generator):
  """Yields batches (pitches, places, truth, valid) that go through every piece once, each chunk in a variant drawn for it."""
  chunks = []
  for beats, chances in sources:
    for start, end in zip(beats.starts[:-1], beats.starts[1:]):
      offset = generator.integers(LENGTH // 2)
      for first in range(int(start) - int(offset), int(end), LENGTH):
        chunks.append((beats, chances, max(first, int(start)), min(first + LENGTH, int(end))))
  order = generator.permutation(len(chunks))
  for i in range(0, len(chunks) - BATCH + 1, BATCH):
    yield _batch([chunks[j] for j in order[i:i + BATCH]], generator)


def _batch(chunks, generator):
  pitches = np.zeros((len(chunks), LENGTH, 12, chord_features.PITCH_FEATURES), np.float32)
  places = np.zeros((len(chunks), LENGTH, chord_features.PLACE_FEATURES), np.float32)
  truth, valid = np.full((len(chunks), LENGTH, 3), qualities.NONE, np.int32), np.zeros((len(chunks), LENGTH), np.float32)
  for row, (beats, chances, first, last) in enumerate(chunks):
    name, size = generator.choice(list(chances), p=list(chances.values())), last - first
    pitches[row, :size], places[row, :size] = beats.pitches[name][first:last], beats.places[name][first:last]
    truth[row, :size], valid[row, :size] = beats.truth[first:last], 1
    if name in chord_data.BASS_LOST:
      truth[row, :, 2] = qualities.NONE
  return pitches, places, truth, valid


def train(sources, validation, epochs, seed=0, log=print, save=None):
  """Weights after the best epoch, name -> float32.

  Args:
    sources: list of (`chord_data.Beats`, {variant: chance}) to train on.
    validation: the same, to choose the epoch by.
    epochs: how many.
    seed: of weights, order and variants.
    log: called with a line after each epoch.
    save: called with the weights after each epoch that is the best so far, or None.
  """
  generator = np.random.default_rng(seed)
  w = {name: tf.Variable(value, name=name) for name, value in initial(seed).items()}
  steps = epochs * sum(1 for beats, _ in sources for a, b in zip(beats.starts[:-1], beats.starts[1:]) for _ in range(a, b, LENGTH)) // BATCH
  optimizer = tf.keras.optimizers.AdamW(tf.keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=LEARNING_RATE, warmup_steps=100),
                                        weight_decay=WEIGHT_DECAY, clipnorm=1.0)
  evaluate = tf.function(lambda *batch: loss_of(forward(*batch[:2], w), *batch[2:]), jit_compile=True)

  @tf.function(jit_compile=True)
  def step(pitches, places, truth, valid):
    with tf.GradientTape() as tape:
      loss = loss_of(forward(pitches, places, w), truth, valid)
    optimizer.apply_gradients(zip(tape.gradient(loss, list(w.values())), w.values()))
    return loss

  best, kept = np.inf, {}
  for number in range(epochs):
    begun = time.time()
    losses = [float(step(*batch)) for batch in epoch(sources, generator)]
    held_out = float(np.mean([float(evaluate(*batch)) for batch in epoch(validation, np.random.default_rng(0))]))
    log(f'epoch {number}: training {np.mean(losses):.4f}, validation {held_out:.4f}, {time.time() - begun:.0f} s', flush=True)
    if held_out < best:
      best, kept = held_out, {name: value.numpy() for name, value in w.items()}
      if save:
        save(kept)
  return kept


def define_flags(flag_values):
  flags.DEFINE_string('corpus_root', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', 'musicnst/analysis/weights/chords.npz', 'File to write.', flag_values=flag_values)
  flags.DEFINE_string('cache', '', 'Folder to keep features in; empty to make them anew.', flag_values=flag_values)
  flags.DEFINE_integer('epochs', 6, 'Times through the training pieces.', flag_values=flag_values)


def main(flag_values):
  load = lambda split: chord_data.sources(flag_values.corpus_root, split, flag_values.cache)
  def save(found):
    with files.atomic_path(flag_values.output) as path:
      np.savez_compressed(path, **{name: value.astype(np.float16) for name, value in found.items()})
  train(load('train'), load('validation'), flag_values.epochs, save=save)
