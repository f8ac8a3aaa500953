"""Statistics and latents of segments, linear heads on them, and the small network on rows of latents."""
import dataclasses
import functools

import keras
import numpy as np
from scipy import optimize
from scipy import special
from sklearn import discriminant_analysis
from sklearn import linear_model
from sklearn import model_selection
import tensorflow as tf

from musicnst.layers import noise
from musicnst.models.classifiers import statistics as statistics_lib

BATCH = 32
LIMIT = statistics_lib.StatisticsHead.LIMIT
# Of the linear discriminant: shrinkage of its covariance, share of its logits, most rows it sees; and the logit of a class never seen.
SHRINKAGE, SHARE, MOST_DRAWN, ABSENT = .3, .2, 20000, -20.0


@dataclasses.dataclass
class Head:
  """A linear classifier of statistics: standardized, cut off, `kernel` `[N, C]`, `bias` `[C]`; what `StatisticsHead` computes."""

  mean: np.ndarray
  deviation: np.ndarray
  kernel: np.ndarray
  bias: np.ndarray

  def logits(self, statistics):
    return np.clip((statistics - self.mean) / self.deviation, -LIMIT, LIMIT) @ self.kernel + self.bias

  def put(self, layer, scale=1.0):
    """Into a `StatisticsHead`, its logits times `scale`."""
    layer.mean.assign(self.mean)
    layer.deviation.assign(self.deviation)
    layer.dense.kernel.assign(scale * self.kernel)
    layer.dense.bias.assign(scale * self.bias)


def fit(statistics, labels, weights, inverse_penalty, num_classes, scaling=None, seed=0):
  """Multinomial logistic regression plus a share of a shrunk linear discriminant -> Head; a class without an example gets no probability.

  The two err on different pieces: over thirteen composers (grouped folds) their sum had an F1 of .774 where they had .755 and .749.

  Args:
    inverse_penalty: of the logistic regression.
    scaling: (mean, deviation); those of the rows where it is not given.
    seed: of the rows drawn for the discriminant, which takes no weights.
  """
  mean, deviation = scaling or standard(statistics)
  rows = np.clip((statistics - mean) / deviation, -LIMIT, LIMIT)
  logistic = linear_model.LogisticRegression(C=inverse_penalty, max_iter=100, tol=1e-3).fit(rows, labels, sample_weight=weights)
  drawn = np.random.default_rng(seed).choice(len(labels), min(len(labels), MOST_DRAWN), p=weights / weights.sum())
  count = len(logistic.classes_)
  discriminant = discriminant_analysis.LinearDiscriminantAnalysis('lsqr', shrinkage=SHRINKAGE, priors=np.full(count, 1 / count))
  discriminant.fit(rows[drawn], labels[drawn])
  kernel, bias = np.zeros((statistics.shape[1], num_classes)), np.full(num_classes, ABSENT)
  kernel[:, logistic.classes_] = logistic.coef_.T + SHARE * discriminant.coef_.T
  bias[logistic.classes_] = logistic.intercept_ + SHARE * discriminant.intercept_
  return Head(mean, deviation, kernel, bias)


def standard(statistics):
  """(mean, deviation) that rows are standardized with."""
  return statistics.mean(0), statistics.std(0) + statistics_lib.LEAST_DEVIATION


def example_weights(labels, groups, pieces):
  """Of segments: a composition counts by the square root of its performances, a class by that of what it then has."""
  weights = np.zeros(len(labels))
  for group in np.unique(groups):
    mine = groups == group
    weights[mine] = np.sqrt(len(np.unique(pieces[mine]))) / mine.sum()
  for label in np.unique(labels):
    weights[labels == label] /= np.sqrt(weights[labels == label].sum())
  return weights / weights.mean()


@dataclasses.dataclass
class Rows:
  """Statistics of segments `[M, N]` with their `labels`, and their `pieces` and the pieces' `groups`, each `[M]`."""

  statistics: np.ndarray
  labels: np.ndarray
  pieces: np.ndarray
  groups: np.ndarray

  def of(self, chosen):
    return type(self)(self.statistics[chosen], self.labels[chosen], self.pieces[chosen], self.groups[chosen])

  def joined(self, other):
    return type(self)(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in dataclasses.fields(self)))

  def fit(self, inverse_penalty, num_classes, scaling=None):
    """`fit` with `example_weights`."""
    return fit(self.statistics, self.labels, example_weights(self.labels, self.groups, self.pieces), inverse_penalty, num_classes, scaling)


def cross_validated(rows, more, apart, inverse_penalty, num_classes, folds=5, seed=3):
  """Logits `[M, C]` of every segment by a head that saw nothing of its composition or performance.

  Args:
    rows: Rows to classify and to learn from.
    more: Rows only to learn from: varied copies of the same pieces.
    apart: int `[M]`, what never falls into two folds: rows.groups or rows.pieces.
  """
  found = np.zeros((len(rows.labels), num_classes))
  for train, test in model_selection.StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(rows.statistics, rows.labels, apart):
    seen = rows.of(train).joined(more.of(np.isin(more.pieces, rows.pieces[train])))
    found[test] = seen.fit(inverse_penalty, num_classes, standard(rows.statistics[train])).logits(rows.statistics[test])
  return found


def likeliest_shares(first, second, labels):
  """(a, b) at which a x first + b x second, logits `[M, C]` each, give the labels the highest mean log probability; neither negative."""
  rows = np.arange(len(labels))

  def nats(shares):
    logits = shares[0] * first + shares[1] * second
    return np.mean(special.logsumexp(logits, axis=1) - logits[rows, labels])

  found = optimize.minimize(nats, np.array([.5, .1]), bounds=[(0, 10), (0, 10)], method='L-BFGS-B')
  return [float(share) for share in found.x]


# ---------------------- statistics and latents ----


def statistics_of(segments, rolls):
  """float32 `[M, SIZE]` of segments of the pieces' rolls."""
  measure, found = _measure(segments.steps), []
  for first in range(0, len(segments.piece), BATCH):
    part = segments.of(slice(first, first + BATCH))
    mask = np.arange(part.steps) < part.lengths[:, None]
    found.append(measure(tf.constant(part.rolls(rolls), tf.float32), tf.constant(mask, tf.float32)).numpy())
  return np.concatenate(found)


@functools.lru_cache(maxsize=4)
def _measure(steps):
  """`statistics.measure`, compiled for rolls of so many steps."""
  return tf.function(statistics_lib.measure, input_signature=[tf.TensorSpec((None, steps, 176)), tf.TensorSpec((None, steps))])


def encoded(model, rolls, window_steps=32):
  """(latents, decoded rolls) of pieces, lists of float32 `[S, Z]` and uint8 `[S * 32, D]`, by a frozen latent model."""
  there = tf.function(lambda x: model.encode({'inputs': x, 'outputs': x}).mean,
                      input_signature=[tf.TensorSpec((None, window_steps, rolls[0].shape[-1]))])
  back = tf.function(model.decode_tokens, input_signature=[tf.TensorSpec((None, model.z_size))])
  latents, decoded = [], []
  for roll in rolls:
    windows = roll.reshape(-1, window_steps, roll.shape[-1])
    z = there(tf.constant(windows, tf.float32))
    latents.append(z.numpy())
    decoded.append(back(z).numpy().astype(np.uint8).reshape(roll.shape))
  return latents, decoded


def rows_of(segments, latents, window_steps=32):
  """(rows float32 `[M, S, Z]`, valid `[M, S]`) of segments whose starts are whole windows."""
  count = segments.steps // window_steps
  rows = np.zeros((len(segments.piece), count, latents[0].shape[1]), np.float32)
  for i, (piece, start) in enumerate(zip(segments.piece, segments.start // window_steps)):
    part = latents[piece][start:start + count]
    rows[i, :len(part)] = part
  return rows, (np.arange(count) * window_steps < segments.lengths[:, None]).astype(np.float32)


def row_moments(rows, valid):
  """Mean and deviation over the valid rows, `[M, 2 Z]`, as `LatentClassifier.measured` has them."""
  count = np.maximum(valid.sum(1), 1)[:, None]
  mean = (rows * valid[..., None]).sum(1) / count
  return np.concatenate([mean, np.sqrt((np.square(rows - mean[:, None]) * valid[..., None]).sum(1) / count)], 1)


# ---------------------- the network on rows of latents ----


def train_trunk(model, rows, valid, labels, weights, held_out, num_steps, batch_size=64, learning_rate=.001, validate_every=50, seed=0):
  """Trains the convolutions of a classifier of latents (without its statistics head) on cached rows, keeps the best step's weights.

  Args:
    held_out: (rows, valid, labels) of validation segments; accuracy on them decides.

  Returns:
    list of dict: step, loss, accuracy, validation_loss, validation_accuracy.
  """
  variables = model.trunk.trainable_variables + model.output_head.trainable_variables
  optimizer = keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(learning_rate, num_steps), weight_decay=.01)
  optimizer.build(variables)
  rng, curve, best = np.random.default_rng(seed), [], (-1, None)

  def logits(x, mask, training=False, key=None):
    return model.output_head(tf.cast(model.trunk(x, valid=mask, training=training, key=key)['output'], tf.float32))

  @tf.function
  def move(x, mask, y, step):
    with tf.GradientTape() as tape:
      found = logits(x, mask, True, noise.keys({'inputs': x}, step, seed))
      loss = tf.nn.sparse_softmax_cross_entropy_with_logits(y, found)
      mean = tf.reduce_mean(loss)
    optimizer.apply(tape.gradient(mean, variables), variables)
    return mean, tf.reduce_mean(tf.cast(tf.equal(tf.argmax(found, -1, tf.int32), y), tf.float32))

  validated, recent = tf.function(logits), []
  for step in range(1, num_steps + 1):
    chosen = rng.choice(len(labels), batch_size, p=weights / weights.sum())
    recent.append([float(x) for x in move(
        tf.constant(rows[chosen]), tf.constant(valid[chosen]), tf.constant(labels[chosen], tf.int32),
        tf.constant(step, tf.int64))])
    if step % validate_every == 0 or step == num_steps:
      found = validated(tf.constant(held_out[0]), tf.constant(held_out[1])).numpy()
      loss = float(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(held_out[2], found)))
      accuracy = float((found.argmax(1) == held_out[2]).mean())
      train_loss, train_accuracy = np.mean(recent, axis=0).tolist()
      curve.append({'step': step, 'loss': train_loss, 'accuracy': train_accuracy, 'validation_loss': loss, 'validation_accuracy': accuracy})
      recent = []
      if accuracy > best[0]:
        best = accuracy, [v.numpy() for v in variables]
  for variable, value in zip(variables, best[1]):
    variable.assign(value)
  return curve
