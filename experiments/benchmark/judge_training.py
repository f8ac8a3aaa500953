"""How the judges learn: segments of training stretches, transposed, with whole notes dropped; nearly empty ones are undecided."""
import time

import keras
import numpy as np
import tensorflow as tf

from experiments.benchmark import judges
from musicnst.data import transposition

MOST_DROPPED = .6
# Share of the examples with hardly a note left, whose target is undecided.
NEARLY_EMPTY = .05
TRANSPOSE_LOW, TRANSPOSE_HIGH = -6, 5
SMOOTHING = .02
BAR_STEPS = 16


class Examples:
  """Draws augmented examples from stretches, genres in equal parts, within a genre each piece as likely as any other.

  Args:
    pools: genre -> list of Stretch.
    seed: int.
  """

  def __init__(self, pools, seed):
    self.generator = np.random.default_rng(seed)
    self.by_piece = [_grouped(pools[genre]) for genre in judges.GENRES]
    every = [stretch for genre in judges.GENRES for stretch in pools[genre]]
    self.place = {id(stretch): i for i, stretch in enumerate(every)}
    self.owners = np.stack([np.pad(owners_of(stretch), ((1, 0), (0, 0))) for stretch in every])  # [M, 1 + 512, 88]
    self.lengths = np.array([len(stretch.positions) for stretch in every])

  def draw(self, count, steps):
    """(rolls uint8 `[N, steps, 2, 88]`, targets float32 `[N, C]`)."""
    drawn = [self._example(steps) for _ in range(count)]
    return np.stack([roll for roll, _ in drawn]), np.stack([target for _, target in drawn])

  def _example(self, steps):
    generator = self.generator
    label = int(generator.integers(len(judges.GENRES)))
    piece = self.by_piece[label][generator.integers(len(self.by_piece[label]))]
    place = self.place[id(piece[generator.integers(len(piece))])]
    bars = max((self.lengths[place] - steps) // BAR_STEPS, 0)
    start = BAR_STEPS * int(generator.integers(bars + 1))
    shift = int(generator.integers(TRANSPOSE_LOW, TRANSPOSE_HIGH + 1))
    empty = generator.random() < NEARLY_EMPTY
    rate = generator.uniform(.97, 1.0) if empty else max(generator.uniform(-MOST_DROPPED, MOST_DROPPED), 0.0)
    target = np.full(len(judges.GENRES), (1.0 if empty else SMOOTHING) / len(judges.GENRES), np.float32)
    if not empty:
      target[label] += 1.0 - SMOOTHING
    return dropped(self.owners[place, start:start + 1 + steps], rate, shift, generator), target


def _grouped(pool):
  found = {}
  for stretch in pool:
    found.setdefault(stretch.name, []).append(stretch)
  return list(found.values())


def owners_of(stretch, steps=512):
  """int16 `[steps, 88]`: 0 where silent, else 1 + the number of the note that sounds."""
  owners = np.zeros((steps, 88), np.int16)
  for number, (pitch, _, start, end) in enumerate(stretch.notes.tolist(), 1):
    owners[start:end, pitch - 21] = number
  return owners


def dropped(owners, rate, shift, generator):
  """A roll without a share of its notes, transposed.

  Args:
    owners: int `[1 + T, 88]`, the step before and the T steps of `owners_of`.
    rate: share of the notes to drop, each drawn for itself.
    shift: semitones; what leaves the keyboard is gone.
    generator: numpy Generator.

  Returns:
    uint8 `[T, 2, 88]`.
  """
  kept = generator.random(int(owners.max()) + 1) >= rate
  kept[0] = False
  sounds = kept[owners[1:]]
  begins = sounds & (owners[1:] != owners[:-1])
  roll = np.stack([begins, sounds & ~begins], 1).astype(np.uint8)
  return np.asarray(transposition.shift_keys(roll, shift, abs(shift)))


def train_network(name, examples, seed, steps, batch_size=64, rate=1e-3):
  """Trains a network judge; its weights.

  Args:
    name: of `judges.KINDS`.
    examples: Examples.
    seed: of the first weights.
    steps: updates; the learning rate falls to nothing on the way.
    batch_size, rate: of Adam, its first learning rate.
  """
  keras.utils.set_random_seed(seed)
  kind = judges.KINDS[name]
  model = kind.network(len(judges.GENRES))
  optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-4)
  optimizer.build(model.trainable_variables)

  @tf.function
  def update(rolls, targets):
    with tf.GradientTape() as tape:
      logits = model(tf.cast(rolls, tf.float32), training=True)
      loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(tf.clip_by_global_norm(gradients, 1.0)[0], model.trainable_variables)
    return loss

  started, losses = time.monotonic(), []
  for step in range(1, steps + 1):
    optimizer.learning_rate.assign(rate * .5 * (1 + np.cos(np.pi * step / steps)))
    losses.append(float(update(*map(tf.constant, examples.draw(batch_size, kind.steps)))))
    if step % 200 == 0:
      print(f'{name}: step {step}, loss {np.mean(losses[-200:]):.3f}, {time.monotonic() - started:.0f} s', flush=True)
  return {str(i): value for i, value in enumerate(model.get_weights())}


def train_regression(name, examples, seed, count, strength):
  """Trains a logistic regression; its weights.

  Args:
    name, examples: as in `train_network`.
    seed: of the solver.
    count: examples to draw.
    strength: C of scikit-learn, the inverse of the regularization.
  """
  from sklearn import linear_model  # only needed to train
  kind = judges.KINDS[name]
  rows, targets = [], []
  for _ in range(count):
    roll, target = examples.draw(1, kind.steps)
    if roll[0, :, 0].any():
      rows.append(kind.features(roll[0]))
      targets.append(target[0])
  rows, targets = np.array(rows), np.array(targets)
  mean, scale = rows.mean(0), np.maximum(rows.std(0), 1e-3)
  # Undecided examples count for every genre with a quarter of their weight.
  classes = np.tile(np.arange(targets.shape[1]), len(rows))
  repeated = np.repeat((rows - mean) / scale, targets.shape[1], axis=0)
  weights = targets.reshape(-1)
  fitted = linear_model.LogisticRegression(C=strength, max_iter=300, random_state=seed).fit(repeated, classes, sample_weight=weights)
  return {'mean': mean, 'scale': scale, 'coefficients': fitted.coef_.T, 'intercepts': fitted.intercept_}
