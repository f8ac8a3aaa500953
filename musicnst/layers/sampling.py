"""Scheduled sampling (Bengio et al. 2015): how often a decoder is fed what it said instead of what was so."""
from keras import ops

from musicnst import errors

SCHEDULES = ('constant', 'exponential', 'inverse_sigmoid')


def probability(schedule, rate, step):
  """The share of inputs that are sampled at `step`, float32 (Magenta's formulas).

  constant: rate; exponential: 1 - rate^step; inverse_sigmoid: 1 - k / (k + exp(step / k)) with k = rate.

  Raises:
    HparamError: an unknown schedule, or a rate outside its range.
  """
  check(schedule, rate)
  step = ops.cast(step, 'float32')
  if schedule == 'constant':
    return ops.convert_to_tensor(rate, dtype='float32')
  if schedule == 'exponential':
    return 1 - ops.power(ops.convert_to_tensor(rate, dtype='float32'), step)
  return 1 - rate / (rate + ops.exp(step / rate))


def check(schedule, rate):
  """Raises HparamError unless `schedule` is known and `rate` in its range."""
  if schedule not in SCHEDULES:
    raise errors.HparamError(f'unknown sampling_schedule {schedule!r}; known: {", ".join(SCHEDULES)}')
  if schedule == 'inverse_sigmoid' and rate < 1:
    raise errors.HparamError(f'sampling_rate {rate} must be at least 1 for the schedule inverse_sigmoid')
  if schedule != 'inverse_sigmoid' and not 0 <= rate <= 1:
    raise errors.HparamError(f'sampling_rate {rate} must be between 0 and 1 for the schedule {schedule}')


def never(schedule, rate):
  """Whether nothing is ever sampled: plain teacher forcing."""
  return schedule == 'constant' and rate == 0
