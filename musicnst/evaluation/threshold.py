"""The probability from which a cell of a polyphonic roll is on, chosen on validation windows."""
import itertools

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst.data import dataset
from musicnst.models import base

CANDIDATES = np.round(np.arange(.05, .951, .025), 3)


def tune(model, config, examples_path, num_batches=None):
  """(threshold, onset F1): the best of `CANDIDATES` by the F1 of the onset cells of all windows together, from the posterior's mean.

  Args:
    model: non-autoregressive or teacher-forced `LatentModel` of `config`, whose output is `[onset | sustain]`.
    config: its `config.Config`.
    examples_path: window records.
    num_batches: of `hparams.batch_size`; all by default.

  Raises:
    AbilityError: the model has no latents.
    DataError: no windows.
  """
  base.require(model, base.LatentModel, 'tuning a threshold')
  edges = tf.constant(np.log(CANDIDATES / (1 - CANDIDATES)), tf.float32)

  @tf.function(reduce_retracing=True)
  def counts(batch):
    logits = tf.cast(model.decode_logits(model.encode(batch).mean, batch), tf.float32)
    half = logits.shape[-1] // 2
    inside = tf.sequence_mask(batch['lengths'], logits.shape[1])[..., None]
    on, truth = logits[..., :half], (batch['outputs'][..., :half] > 0) & inside
    found = [tf.math.count_nonzero((on >= edge) & inside) for edge in tf.unstack(edges)]
    right = [tf.math.count_nonzero((on >= edge) & truth) for edge in tf.unstack(edges)]
    return tf.stack(found), tf.stack(right), tf.math.count_nonzero(truth)

  batches = dataset.batches(
      examples_path, config.build_converter(), config.hparams, int(config.hparams.batch_size), training=False, cache=False)
  found, right, wanted = 0, 0, 0
  for batch in itertools.islice(batches, num_batches):
    row = [value.numpy() for value in counts(batch)]
    found, right, wanted = found + row[0], right + row[1], wanted + row[2]
  if not np.any(wanted):
    raise errors.DataError(f'{examples_path}: no onset to tune a threshold on')
  scores = 2 * right / np.maximum(found + wanted, 1)
  best = int(np.argmax(scores))
  return float(CANDIDATES[best]), float(scores[best])
