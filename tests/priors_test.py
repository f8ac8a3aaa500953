"""The flower of Gaussians against equations 14 to 18 written out, and against TensorFlow Probability."""
import numpy as np
import pytest
from scipy import stats

from musicnst import priors

Z = 5


def _equations(i, n, a1, a2, z_size):
  """Mean and covariance of component i as the paper writes them."""
  mean = np.zeros(z_size)
  angle = 2 * np.pi * i / n
  mean[:2] = np.cos(angle), np.sin(angle)
  v = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
  m = np.eye(z_size)
  m[:2, :2] = v.T
  s = np.diag([a1] + [a2] * (z_size - 1))
  return mean, m @ s @ np.linalg.inv(m)


@pytest.mark.parametrize('i', [0, 3, 17])
def test_means_and_covariances(i):
  prior = priors.flower(Z, 32)
  mean, covariance = _equations(i, 32, .1, .001, Z)
  np.testing.assert_allclose(prior.means[i], mean, atol=1e-12)
  np.testing.assert_allclose(prior.covariance(i), covariance, atol=1e-12)


def test_draws_have_them():
  prior = priors.flower(Z, 8)
  normal = np.random.default_rng(0).standard_normal((20000, Z)).astype(np.float32)
  draws = np.asarray(prior.place(normal, np.full(20000, 3, np.int32)))
  mean, covariance = _equations(3, 8, .1, .001, Z)
  np.testing.assert_allclose(draws.mean(0), mean, atol=.01)
  np.testing.assert_allclose(np.cov(draws.T), covariance, atol=.003)


def test_distribution_is_the_same_mixture():
  prior = priors.flower(Z, 4)
  points = np.asarray(prior.place(np.random.default_rng(1).standard_normal((6, Z)).astype(np.float32), np.arange(6, dtype=np.int32) % 4))
  densities = np.stack([stats.multivariate_normal(*_equations(i, 4, .1, .001, Z)).logpdf(points) for i in range(4)], 1)
  wanted = np.log(np.exp(densities).mean(1))
  distribution = prior.distribution()
  np.testing.assert_allclose(distribution.log_prob(points), wanted, rtol=1e-3, atol=1e-2)
  np.testing.assert_allclose(np.diff(prior.log_densities(points), axis=1), np.diff(densities, axis=1), rtol=1e-3, atol=1e-2)
  assert distribution.sample(7, seed=(0, 1)).shape == (7, Z)


def test_scale_is_the_root_mean_square():
  prior = priors.flower(Z, 32)
  draws = prior.distribution().sample(40000, seed=(1, 2)).numpy()
  np.testing.assert_allclose(np.sqrt((draws ** 2).mean(0)), prior.scale, rtol=.02)
  np.testing.assert_array_equal(priors.standard_normal(Z).scale, 1)


def test_standard_normal():
  prior = priors.standard_normal(Z)
  normal = np.random.default_rng(0).standard_normal((4, Z)).astype(np.float32)
  np.testing.assert_allclose(prior.place(normal, np.zeros(4, np.int32)), normal, atol=1e-7)
  np.testing.assert_allclose(prior.distribution().log_prob(normal), stats.norm.logpdf(normal).sum(1), rtol=1e-5)


def test_a_turn_carries_one_component_to_another():
  prior = priors.flower(Z, 8)
  normal = np.random.default_rng(2).standard_normal((5, Z)).astype(np.float32)
  from_one, to_six = (np.asarray(prior.place(normal, np.full(5, i, np.int32))) for i in (1, 6))
  np.testing.assert_allclose(prior.turned(from_one, prior.angles[6] - prior.angles[1]), to_six, atol=1e-6)
