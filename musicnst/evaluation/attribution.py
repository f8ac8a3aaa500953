"""Which notes a classifier's decision rests on: saliency (Simonyan et al., 2014, as in Brunner et al., 2019, section 3.4)."""
import dataclasses

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst.models import base

# Cells below this share of a window's most salient one are cut.
CUT = .25


@dataclasses.dataclass(frozen=True, eq=False)
class Attribution:
  """What a classifier sees in windows.

  Args:
    saliency: float32 `[B, T, D]`, 0 to 1: positive gradient of the class's logit times the input, each window's highest being 1, and what is
      below `CUT` of it 0.
    probabilities: float32 `[B, C]`.
    classes: int `[B]`, the class that was explained.
    magnitude: float32 `[B]`, the highest saliency of each window before it was made 1.
  """

  saliency: np.ndarray
  probabilities: np.ndarray
  classes: np.ndarray
  magnitude: np.ndarray


def attribute(classifier, rolls, classes=None, lengths=None, cut=CUT):
  """Attribution of rolls `[B, T, D]` (0/1).

  Args:
    classifier: `models.base.ClassifierModel`.
    classes: int `[B]` or one int, the class to explain; None takes each window's likeliest.
    lengths: int `[B]`, valid steps, for classifiers that ask.
    cut: 0 to 1, share of a window's highest below which nothing is shown.

  Raises:
    AbilityError: the model is no classifier.
    ArgumentError: no gradient passes this classifier, as where it reads latents or statistics.
  """
  base.require(classifier, base.ClassifierModel, 'attribution')
  rolls = tf.constant(np.asarray(rolls, np.float32))
  with tf.GradientTape() as tape:
    tape.watch(rolls)
    logits = tf.cast(classifier(rolls, lengths=None if lengths is None else tf.constant(lengths, tf.int32)), tf.float32)
    chosen = tf.argmax(logits, -1, tf.int32) if classes is None else tf.broadcast_to(tf.cast(classes, tf.int32), tf.shape(logits)[:1])
    score = tf.reduce_sum(tf.gather(logits, chosen, batch_dims=1))
  gradient = tape.gradient(score, rolls)
  if gradient is None or not np.any(gradient):
    raise errors.ArgumentError("attribution needs a classifier of rolls: no gradient passes this one's way from notes to classes")
  saliency, magnitude = normalized(tf.nn.relu(gradient).numpy() * rolls.numpy(), cut)
  return Attribution(saliency, tf.nn.softmax(logits).numpy(), chosen.numpy(), magnitude)


def normalized(values, cut=CUT):
  """Values `[B, T, D]`, not negative -> (each window divided by its highest and cut, the highest ones `[B]`); all zeros stay so."""
  highest = values.max((1, 2))
  shares = values / np.where(highest > 0, highest, 1)[:, None, None]
  return np.where(shares < cut, 0, shares).astype(np.float32), highest
