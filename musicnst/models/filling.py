"""Models that take their first values as they are made: nothing is drawn only to be replaced, and the weights are in memory once.

Keras makes variables without values in a `StatelessScope` and gives them their values later, with `Variable._deferred_initialize`; it has
no public name for that step, nor for its list of those that wait for it. This is the only module that uses private names of Keras's, and
why setup.py asks for the minor version of Keras that it was tried with.
"""
import keras
from keras.src.backend.common import global_state

_WAITING = 'uninitialized_variables'


def unfilled(config):
  """A model of a config, whose variables have shapes and no values yet; `fill` gives them.

  They are taken off Keras's list: it would give all on it values when the next `StatelessScope` ends, and holds them in memory until then.
  """
  waiting = list(global_state.get_global_attribute(_WAITING) or [])
  with keras.StatelessScope(initialize_variables=False):
    model = config.build_model()
  global_state.set_global_attribute(_WAITING, waiting)
  return model


def fill(variables, values):
  """Gives the variables of a model values, their first ones in an `unfilled` model.

  Args:
    variables: {name: `keras.Variable`} of the model, as `models.naming` has them.
    values: iterable of (name, array or tensor), taken one by one; a tensor of the variable's type is not copied. What it
      does not name and has no value yet is initialized as in a new model.

  Raises:
    ValueError: an array is not of its variable's shape.
    KeyError: no variable of that name.
  """
  for name, value in values:
    variable = variables[name]
    if tuple(value.shape) != tuple(variable.shape):
      raise ValueError(f'{name} is {tuple(variable.shape)}; the value is {tuple(value.shape)}')
    if variable._value is None:
      variable._initializer = lambda shape, dtype, value=value: keras.ops.convert_to_tensor(value, dtype)
      variable._deferred_initialize()
    else:
      variable.assign(value)
    del value, variable  # before the next one is read
  for variable in variables.values():
    if variable._value is None:
      variable._deferred_initialize()
