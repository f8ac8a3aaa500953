"""Style losses against sums written out by hand."""
import numpy as np

from musicnst.losses import style

RANDOM = np.random.default_rng(0)


def test_gram_matrix_by_hand():
  features = np.array([[[1., 2.], [3., 0.]], [[0., 1.], [0., 1.]]], np.float32)
  np.testing.assert_allclose(style.gram_matrix(features), [[[5, 1], [1, 2]], [[0, 0], [0, 1]]])


def test_gram_matrix_of_pictures_and_of_padded_music():
  picture = RANDOM.standard_normal((2, 3, 4, 5)).astype(np.float32)
  expected = np.einsum('bhwc,bhwd->bcd', picture, picture) / 12
  np.testing.assert_allclose(style.gram_matrix(picture), expected, rtol=1e-5)
  music = np.zeros((2, 6, 3), np.float32)
  music[:, :4] = RANDOM.standard_normal((2, 4, 3))
  np.testing.assert_allclose(style.gram_matrix(music, np.array([4., 4.])), style.gram_matrix(music[:, :4]), rtol=1e-5)


def test_dot_product_squares_dense_layers():
  np.testing.assert_allclose(style.dot_product(np.array([[1., -3.]], np.float32)), [[1, 9]])
  features = RANDOM.standard_normal((1, 5, 2)).astype(np.float32)
  np.testing.assert_allclose(style.dot_product(features)[0], features[0].T @ features[0] / 5, rtol=1e-5)


def test_distances_are_per_example():
  first, second = np.zeros((3, 2, 2), np.float32), np.array([np.zeros((2, 2)), np.ones((2, 2)), np.full((2, 2), -2)], np.float32)
  for distance in (style.gram_distance, style.dot_product_distance, style.content_distance):
    np.testing.assert_allclose(distance(first, second), [0, 4, 16])
  np.testing.assert_allclose(style.energy(second), [0, 4, 16])


def test_total_variation_by_hand():
  image = np.array([[[0., 1.], [3., 1.]]], np.float32)
  np.testing.assert_allclose(style.total_variation(image), [1 + 4 + 9 + 0])
  np.testing.assert_allclose(style.total_variation(np.stack([image, image], -1)), [28])
  assert not np.asarray(style.total_variation(np.ones((2, 4, 4), np.float32))).any()
