"""Names of variables: by attribute, complete, the same for every model built."""
import keras
import numpy as np

from musicnst import configs
from musicnst.models import naming


class _Mixed(keras.Model):

  def __init__(self):
    super().__init__()
    self.read = keras.layers.Bidirectional(keras.layers.LSTM(3, dropout=.1))
    self.blocks = [keras.layers.Dense(2), keras.layers.Dense(2)]
    self.heads = {'left': keras.layers.Dense(1)}
    self.again = self.blocks[0]

  def call(self, x):
    x = self.read(x)
    for block in self.blocks:
      x = block(x)
    return self.heads['left'](x)


def test_each_variable_has_one_name_that_does_not_depend_on_the_process():
  first, second = _Mixed(), _Mixed()
  for model in (first, second):
    model(np.zeros((1, 4, 2), np.float32))
  names = naming.named_variables(first)
  assert list(names) == list(naming.named_variables(second))
  assert {id(v) for v in names.values()} == {id(v) for v in first.variables} and len(names) == len(first.variables)
  assert {'read/forward_layer/cell/recurrent_kernel', 'blocks_0/kernel', 'blocks_1/bias', 'heads/left/kernel'} <= set(names)
  assert names['blocks_1/kernel'] is first.blocks[1].kernel


def test_a_real_config_names_every_variable():
  config = configs.get('polyphonic-2bar', 'width=4,z_size=2')
  first, second = config.build_model(), config.build_model()
  names = naming.named_variables(first)
  assert len(names) == len(first.variables) and list(names) == list(naming.named_variables(second))
