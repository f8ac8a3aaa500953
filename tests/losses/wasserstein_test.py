"""The gradient penalty of gradients known by hand."""
import numpy as np

from musicnst.losses import wasserstein


def test_gradient_penalty():
  np.testing.assert_allclose(wasserstein.gradient_penalty(np.array([[3., 4.], [.6, .8], [0., 0.]])), [16, 0, 1], atol=1e-5)


def test_between():
  real, fake = np.array([[2., 4.]]), np.array([[0., 0.]])
  np.testing.assert_allclose(wasserstein.interpolated(real, fake, np.array([[.25]])), [[.5, 1.]])
