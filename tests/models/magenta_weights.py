"""Reads the weights of Magenta's fixture checkpoints into our models: a small mapping for tests (the importer proper comes with its verb)."""
import json
import re

import numpy as np
import tensorflow as tf

from musicnst import configs
from musicnst.models import naming

# What replaces what in one of our variable names, in this order.
RULES = (
    (r'^mean_head/', 'encoder/mu/'),
    (r'^stddev_head/', 'encoder/sigma/'),
    (r'^encoder/levels_(\d+)/', r'encoder/hierarchical_level_\1/'),
    (r'(encoder/(?:hierarchical_level_\d+/)?)(forward|backward)_(\d+)/cell/',
     lambda m: f'{m[1]}cell_{m[3]}/bidirectional_rnn/{"fw" if m[2] == "forward" else "bw"}/multi_rnn_cell/cell_0/lstm_cell/'),
    (r'^decoder/conductors_(\d+)/initial_state/', r'decoder/hierarchical_level_\1/initial_state/'),
    (r'^decoder/conductors_(\d+)/stack/layers_(\d+)/cell/', r'decoder/hierarchical_level_\1/cell_\2/lstm_cell/'),
    (r'^decoder/core/cores_(\d+)/', r'core_decoder/core_decoder_\1/decoder/'),
    (r'^decoder/core/', 'core_decoder/decoder/'),
    (r'stack/layers_(\d+)/cell/', r'multi_rnn_cell/cell_\1/lstm_cell/'),
    (r'z_to_state/', 'z_to_initial_state/'),
    (r'decoder/head/', 'decoder/nade/'),
)


def magenta_name(name):
  """Magenta's name of our variable `name`."""
  for pattern, replacement in RULES:
    name = re.sub(pattern, replacement, name)
  return name


def names_and_shapes(model):
  """{Magenta's name: shape} of all variables of the model."""
  return {magenta_name(name): list(variable.shape) for name, variable in naming.named_variables(model).items()}


def fixture(folder):
  """(model with the fixture's weights, golden arrays, the fixture's config.json) of `shared/fixtures/magenta/<config>`."""
  info = json.loads((folder / 'config.json').read_text())
  model = configs.get(info['config']).override(**info['overrides']).build_model()
  reader = tf.train.load_checkpoint(str(folder / 'model.ckpt'))
  for name, variable in naming.named_variables(model).items():
    variable.assign(reader.get_tensor(magenta_name(name)))
  return model, np.load(folder / 'golden.npz'), info
