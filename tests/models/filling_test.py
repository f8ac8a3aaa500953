"""Models that take their first values as they are made are as those that had others before."""
import gc
import weakref

import keras
import numpy as np
import pytest

from musicnst import configs
from musicnst.data import memory
from musicnst.models import filling
from musicnst.models import naming

CONFIG = configs.get('cat-mel_2bar_small', 'z_size=3,enc_rnn_size=[4],dec_rnn_size=[5]')


def _values(model):
  return {name: np.asarray(variable) for name, variable in naming.named_variables(model).items()}


def _changed(values):
  return {name: value + np.float32(.25) for name, value in values.items()}


def test_filled_as_assigned():
  first = CONFIG.build_model()
  values, second = _changed(_values(first)), filling.unfilled(CONFIG)
  for model in (first, second):
    filling.fill(naming.named_variables(model), values.items())
  batch = {'inputs': np.eye(90, dtype=np.float32)[np.arange(64).reshape(2, 32)]}
  assert len(second.trainable_variables) == len(first.trainable_variables) == len(values)
  for name, value in _values(second).items():
    np.testing.assert_array_equal(value, values[name])
  np.testing.assert_array_equal(second.encode(batch).mean, first.encode(batch).mean)


def test_what_is_not_named_is_initialized():
  model = filling.unfilled(configs.get('cat-mel_2bar_small', 'z_size=3,enc_rnn_size=[200],dec_rnn_size=[5]'))
  filling.fill(naming.named_variables(model), [('mean_head/bias', np.float32([1, 2, 3]))])
  np.testing.assert_array_equal(model.mean_head.bias, [1, 2, 3])
  kernel = np.asarray(model.mean_head.kernel)
  limit = np.sqrt(6 / sum(kernel.shape))  # Glorot and Bengio 2010: uniform, of deviation limit / sqrt(3)
  assert kernel.shape == (400, 3) and .98 * limit < np.abs(kernel).max() <= limit
  assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=.05) and kernel.mean() == pytest.approx(0, abs=.05 * limit)
  assert not np.any(np.asarray(model.stddev_head.bias))


def test_wrong_names_and_shapes():
  with pytest.raises(KeyError):
    filling.fill(naming.named_variables(filling.unfilled(CONFIG)), [('no/such', np.zeros(3))])
  with pytest.raises(ValueError, match=r'mean_head/bias is \(3,\); the value is \(4,\)'):
    filling.fill(naming.named_variables(filling.unfilled(CONFIG)), [('mean_head/bias', np.zeros(4))])


@pytest.mark.parametrize('shape', [(), (0,), (0, 3), (1,), (5, 7), (1000,)])
@pytest.mark.parametrize('dtype', ['float32', 'float16', 'int64', 'uint8'])
def test_tensors_of_aligned_arrays_share_their_memory(shape, dtype):
  array = memory.aligned(shape, dtype)
  assert array.shape == shape and array.dtype == dtype and (not array.size or array.ctypes.data % 64 == 0)
  array[...] = 3
  tensor = memory.as_tensor(array)
  assert tensor.shape == shape and tensor.dtype == dtype
  np.testing.assert_array_equal(tensor, array)
  if array.size:
    array[...] = 4  # forbidden to users, and here what shows that it is one memory
    np.testing.assert_array_equal(tensor, array)


def test_other_arrays_are_copied():
  for array in (np.zeros((4, 6), np.float32)[:, 1:3], np.broadcast_to(np.float32(0), (3,)), np.zeros(100, np.float32)[1:]):
    np.testing.assert_array_equal(memory.as_tensor(array), array)


def test_a_variable_outlives_the_array_it_was_made_of():
  variable = keras.Variable(np.zeros(1000, np.float32))
  for value in range(5):
    array = memory.aligned((1000,), 'float32')
    array[...] = value
    variable.assign(memory.as_tensor(array))
    del array
    noise = [memory.aligned((1000,), 'float32') for _ in range(20)]
    for other in noise:
      other[...] = -1
    np.testing.assert_array_equal(variable, np.full(1000, value))
    variable.assign(variable + 1)
    np.testing.assert_array_equal(variable, np.full(1000, value + 1))


def test_keras_forgets_a_filled_model():
  """Neither does the end of the next scope give its variables values once more, nor are they held when the model is gone."""
  model = filling.unfilled(CONFIG)
  filling.fill(naming.named_variables(model), _changed(_values(CONFIG.build_model())).items())
  before = _values(model)
  with keras.StatelessScope():
    pass
  for name, value in _values(model).items():
    np.testing.assert_array_equal(value, before[name])
  kept = [weakref.ref(variable) for variable in model.variables]
  del model
  gc.collect()
  assert not [ref for ref in kept if ref() is not None]
