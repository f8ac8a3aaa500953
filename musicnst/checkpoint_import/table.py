"""The import table of a config: Magenta's name of every variable, its shape, and our variable.

Nothing is transformed on the way: our LSTM cells keep Magenta's kernels (input rows, then state rows; gates i, j, f, o) and biases (without
the forget bias of 1, which is added where the gate is computed), our dense layers TensorFlow's. `layers.lstm.to_keras` turns a cell into
`keras.layers.LSTM`'s order, where the forget bias moves by 1.
"""
import dataclasses
import re

from musicnst.models import filling
from musicnst.models import naming

# What replaces what in one of our variable names, in this order.
_RULES = tuple((re.compile(pattern), replacement) for pattern, replacement in (
    (r'^mean_head/', 'encoder/mu/'),
    (r'^stddev_head/', 'encoder/sigma/'),
    (r'^encoder/levels_(\d+)/', r'encoder/hierarchical_level_\1/'),
    (r'^(encoder/(?:hierarchical_level_\d+/)?)forward_(\d+)/', r'\1cell_\2/bidirectional_rnn/fw/multi_rnn_cell/cell_0/'),
    (r'^(encoder/(?:hierarchical_level_\d+/)?)backward_(\d+)/', r'\1cell_\2/bidirectional_rnn/bw/multi_rnn_cell/cell_0/'),
    (r'^decoder/conductors_(\d+)/initial_state/', r'decoder/hierarchical_level_\1/initial_state/'),
    (r'^decoder/conductors_(\d+)/stack/layers_(\d+)/', r'decoder/hierarchical_level_\1/cell_\2/'),
    (r'^decoder/core/cores_(\d+)/', r'core_decoder/core_decoder_\1/decoder/'),
    (r'^decoder/core/', 'core_decoder/decoder/'),
    (r'/stack/layers_(\d+)/', r'/multi_rnn_cell/cell_\1/'),
    (r'/head/(w_enc|w_dec_t)$', r'/nade/\1'),
    (r'/z_to_state/', '/z_to_initial_state/'),
    (r'/cell/(kernel|bias)$', r'/lstm_cell/\1'),
    (r'/projection/(kernel|bias)$', r'/input_projection_wrapper/\1'),
))
# Variables of a checkpoint that training alone needs: Adam's powers and slots, and what cuDNN's layers kept for themselves.
STEP = 'global_step'
POWERS = ('beta1_power', 'beta2_power')
SLOTS = ('Adam', 'Adam_1')
_TRAINING_ONLY = re.compile(rf'^({STEP}|{"|".join(POWERS)})$|/({"|".join(SLOTS)})$|(^|/)opaque_kernel($|/)')


@dataclasses.dataclass(frozen=True)
class Row:
  """One variable: Magenta's name, our name (`models.naming`), the shape that both have."""

  magenta: str
  ours: str
  shape: tuple


def of(config):
  """The rows of a config's model, made without weights: shapes only."""
  return of_model(filling.unfilled(config))


def of_model(model):
  """The rows of a model's weights (random states are not among them)."""
  shapes = {name: tuple(variable.shape) for name, variable in naming.named_variables(model).items() if 'seed_generator' not in name}
  return [Row(_magenta_name(name, shapes), name, shape) for name, shape in shapes.items()]


def is_training_only(name):
  """Whether a checkpoint's variable is none of the model's."""
  return bool(_TRAINING_ONLY.search(name))


def _magenta_name(name, known):
  """Magenta's name of our variable; a cell under an input projection lies in its scope."""
  head, _, last = name.rpartition('/cell/')
  if head and f'{head}/projection/kernel' in known:
    name = f'{head}/input_projection_wrapper/lstm_cell/{last}'
  for pattern, replacement in _RULES:
    name = pattern.sub(replacement, name)
  return name
