"""F1 and accuracy by hand, and against the definitions of TensorFlow's Keras metrics written out."""
import numpy as np
import pytest

from musicnst.metrics import reconstruction


def test_f1_by_hand():
  truth, predicted = np.zeros([3, 4, 2]), np.zeros([3, 4, 2])
  truth[0, :, 0] = 1            # four cells, of which two are found, with one too many
  predicted[0, :2, 0] = predicted[0, 0, 1] = 1
  predicted[1, 0, 0] = 1        # nothing to find, one found
  np.testing.assert_allclose(reconstruction.f1(truth, predicted), [2 * 2 / 7, 0., 1.])
  assert reconstruction.pooled_f1(truth, predicted) == pytest.approx((2 * 2 / 8, 2 / 4, 2 / 4))
  np.testing.assert_allclose(reconstruction.f1(truth, predicted, lengths=[2, 0, 4]), [4 / 5, 1., 1.])
  with pytest.raises(ValueError, match='shapes'):
    reconstruction.f1(truth, predicted[:1])


def test_onsets_and_frames_of_the_polyphonic_roll():
  truth, predicted = np.zeros([1, 3, 4]), np.zeros([1, 3, 4])
  truth[0, 0, 0] = truth[0, 1, 2] = 1         # key 0: onset, then sustain
  predicted[0, 0, 0] = predicted[0, 1, 0] = 1  # struck twice
  assert reconstruction.onset_f1(truth, predicted) == pytest.approx(2 / 3)
  assert reconstruction.frame_f1(truth, predicted) == 1.
  assert reconstruction.onset_f1(truth, np.zeros_like(truth)) == 0.


def test_accuracy_by_hand():
  truth, predicted = np.array([[0, 0, 1, 2], [1, 1, 1, 1]]), np.array([[0, 1, 1, 0], [1, 0, 1, 1]])
  assert reconstruction.accuracy(truth, predicted) == 5 / 8
  assert reconstruction.accuracy(np.eye(4)[truth], predicted, lengths=[3, 1]) == 3 / 4
  assert reconstruction.accuracy(truth, np.eye(4)[predicted] * 7 - 3) == 5 / 8
  classes = reconstruction.per_class_accuracy(np.eye(4)[truth], predicted)
  np.testing.assert_allclose(classes, [1 / 2, 4 / 5, 0., np.nan])
  assert reconstruction.mean_per_class_accuracy(truth, predicted, num_classes=4) == pytest.approx(1.3 / 4)
  assert reconstruction.mean_per_class_accuracy(truth, predicted, num_classes=4, present_only=True) == pytest.approx(1.3 / 3)


def test_mean_per_class_accuracy_equals_tensorflows_v1_metric():
  tf = pytest.importorskip('tensorflow')
  random = np.random.default_rng(0)
  truth, predicted = random.integers(0, 9, [5, 16]), random.integers(0, 9, [5, 16])
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    value, update = tf.compat.v1.metrics.mean_per_class_accuracy(tf.constant(truth), tf.constant(predicted), num_classes=12)
    session.run(tf.compat.v1.local_variables_initializer())
    session.run(update)
    expected = session.run(value)
  assert reconstruction.mean_per_class_accuracy(truth, predicted, num_classes=12) == pytest.approx(float(expected), abs=1e-6)


def test_split_by_outputs():
  parts = reconstruction.split(np.arange(12).reshape(1, 2, 6), (1, 2, 3))
  assert [p.shape for p in parts] == [(1, 2, 1), (1, 2, 2), (1, 2, 3)] and parts[2][0, 1].tolist() == [9, 10, 11]
