"""Saliency of a classifier whose gradient is known, the cut, and classifiers that have none."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.evaluation import attribution
from musicnst.models import base

WEIGHTS = np.random.default_rng(0).normal(size=(3, 6, 5)).astype('float32')


class Classifier(base.ClassifierModel):
  """Gives the logits that a function of rolls says."""

  classes = ('a', 'b', 'c')

  def __init__(self, logits):
    super().__init__()
    self.logits, self.built = logits, True

  def call(self, inputs, lengths=None, training=False):
    return self.logits(inputs)


def linear(rolls):
  """Logits `[B, 3]` whose gradient is `WEIGHTS`."""
  return tf.einsum('btd,ctd->bc', rolls, WEIGHTS)


def rolls(count=4):
  return (np.random.default_rng(1).random((count, 6, 5)) < .4).astype('float32')


def test_positive_gradient_times_input_of_the_likeliest_class():
  found = attribution.attribute(Classifier(linear), rolls(), cut=0)
  logits = np.einsum('btd,ctd->bc', rolls(), WEIGHTS)
  np.testing.assert_array_equal(found.classes, logits.argmax(1))
  expected = np.maximum(WEIGHTS[logits.argmax(1)], 0) * rolls()
  np.testing.assert_allclose(found.magnitude, expected.max((1, 2)))
  np.testing.assert_allclose(found.saliency, expected / expected.max((1, 2), keepdims=True), rtol=1e-6)
  np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-6)


def test_a_named_class_and_the_cut():
  found = attribution.attribute(Classifier(linear), rolls(), classes=2)
  assert (found.classes == 2).all()
  whole = attribution.attribute(Classifier(linear), rolls(), classes=2, cut=0).saliency
  np.testing.assert_array_equal(found.saliency, np.where(whole < .25, 0, whole))
  assert 0 < (found.saliency > 0).sum() < (whole > 0).sum()


def test_silence_is_not_divided_by():
  saliency, highest = attribution.normalized(np.zeros((2, 3, 4)))
  assert not saliency.any() and not highest.any()


@pytest.mark.parametrize('logits', [lambda x: tf.stop_gradient(linear(x)), lambda x: tf.ones((4, 2))])
def test_no_gradient_is_named(logits):
  with pytest.raises(errors.ArgumentError, match='classifier of rolls'):
    attribution.attribute(Classifier(logits), rolls())


def test_what_is_no_classifier_is_named():
  with pytest.raises(errors.AbilityError, match="attribution needs a model that can classify music; config 'MusicModel' cannot: it can do nothing"):
    attribution.attribute(base.MusicModel(), rolls())
