"""Measures packed into a vector and back, with ratios and weights worked out by hand."""
import math

import tensorflow as tf

from musicnst.training import measures


def test_means_and_ratios():
  layout = measures.Layout()
  weights = tf.constant([1.0, 1.0, 0.0])
  first = layout.pack({
      'loss': tf.constant([2.0, 4.0, 100.0]),
      'f1': (tf.constant([1.0, 0.0, 5.0]), tf.constant([3.0, 1.0, 5.0])),
      'by_class': (tf.constant([[1.0, 0.0, 0.0]] * 3), tf.constant([[2.0, 1.0, 0.0]] * 3)),
      'never': (tf.zeros(3), tf.zeros(3))}, weights)
  assert first.shape[0] == layout.size == 2 * (1 + 1 + 3 + 1)
  # mean (2+4)/2; ratio 1/4; classes 2/4 and 0/2, the third never occurs.
  values = layout.unpack(first.numpy())
  assert (values['loss'], values['f1'], values['by_class']) == (3, .25, .25)
  assert math.isnan(values['never'])
  assert layout.unpack(first.numpy() * 2)['loss'] == 3  # two batches alike


def test_a_value_that_is_not_finite_in_a_weightless_row_does_no_harm():
  layout = measures.Layout()
  assert layout.unpack(layout.pack({'x': tf.constant([1.0, math.nan])}, tf.constant([1.0, 0.0])).numpy()) == {'x': 1}


def test_a_loss_that_is_not_finite_is_seen():
  layout = measures.Layout()
  assert math.isnan(layout.unpack(layout.pack({'x': tf.constant([1.0, math.nan])}, tf.constant([1.0, 1.0])).numpy())['x'])
