"""Sampling schedules against hand-computed values."""
import math

import pytest

from musicnst import errors
from musicnst.layers import sampling


@pytest.mark.parametrize('schedule, rate, step, expected', [
    ('constant', .3, 1000, .3),
    ('exponential', .5, 0, 0), ('exponential', .5, 1, .5), ('exponential', .5, 3, .875),
    ('inverse_sigmoid', 1000., 0, 1 - 1000 / 1001), ('inverse_sigmoid', 1000., 5000, 1 - 1000 / (1000 + math.exp(5))),
    ('inverse_sigmoid', 1000., 200000, 1),
])
def test_probability(schedule, rate, step, expected):
  assert float(sampling.probability(schedule, rate, step)) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize('schedule, rate', [('linear', .5), ('constant', 1.5), ('exponential', -.1), ('inverse_sigmoid', .5)])
def test_bad_schedules_are_named(schedule, rate):
  with pytest.raises(errors.HparamError, match='sampling_'):
    sampling.check(schedule, rate)


def test_only_a_constant_zero_is_teacher_forcing():
  assert sampling.never('constant', 0.0) and not sampling.never('constant', .1) and not sampling.never('inverse_sigmoid', 1000.)
