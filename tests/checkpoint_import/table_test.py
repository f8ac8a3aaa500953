"""The import table against the names and shapes that Magenta's code makes at full size, for all its configs, without any weights."""
import gzip
import json

import pytest

from musicnst import configs
from musicnst.checkpoint_import import matching
from musicnst.checkpoint_import import table
from tests.models import magenta_weights

# Trainable variables of Magenta's 23 configs at full size, {config: {name: shape}}.
with gzip.open(magenta_weights.CARRIED / 'full_size_shapes.json.gz') as _file:
  FULL_SIZE = {config: {name: tuple(shape) for name, shape in shapes.items()} for config, shapes in json.load(_file).items()}


def test_there_are_23():
  assert len(FULL_SIZE) == 23


@pytest.mark.parametrize('name', sorted(FULL_SIZE))
def test_a_config_asks_for_exactly_magentas_names_and_shapes(name):
  rows = table.of(configs.get(name))
  assert {row.magenta: row.shape for row in rows} == FULL_SIZE[name]
  assert len({row.magenta for row in rows}) == len({row.ours for row in rows}) == len(rows) == len(FULL_SIZE[name])


def test_the_rest_of_a_checkpoint_is_training_only(shared):
  full = json.loads((shared / 'fixtures' / 'magenta' / 'full_size_variables.json').read_text())
  for variables in full.values():
    for name in variables['all']:
      assert table.is_training_only(name) == (name not in variables['trainable']), name


@pytest.mark.parametrize('name, expected', [
    ('encoder/cell_0/bidirectional_rnn/fw/cudnn_lstm/opaque_kernel', True),
    ('encoder/cell_0/bidirectional_rnn/fw/cudnn_lstm/opaque_kernel/Adam_1', True),
    ('beta2_power', True), ('global_step', True), ('encoder/mu/kernel/Adam', True),
    ('encoder/mu/kernel', False), ('encoder/mu/kernel/AdamW', False), ('my_global_step', False), ('opaque_kernels', False)])
def test_what_only_training_needs(name, expected):
  assert table.is_training_only(name) == expected


@pytest.mark.slow
@pytest.mark.parametrize('name', sorted(FULL_SIZE))
def test_full_size_shapes_say_which_config_they_are_of(name):
  fits = matching.fitting({**FULL_SIZE[name], 'global_step': ()})
  assert (name, '') in fits
  alike = {other for other, shapes in FULL_SIZE.items() if shapes == FULL_SIZE[name]}
  assert {other for other, _ in fits if other in FULL_SIZE} == alike and all(not text for _, text in fits)


@pytest.mark.slow
def test_residual_layers_have_magentas_wrappers():
  """Names as the notes on Magenta's numerics give them: a projection in every layer of the encoder, in the decoder's first and where sizes differ."""
  text = 'residual_encoder=true,residual_decoder=true,enc_rnn_size=[6,6],dec_rnn_size=[5,5,7],z_size=3'
  names = {row.magenta: row.shape for row in table.of(configs.get('cat-mel_2bar_small', text))}
  for layer, depth in ((0, 90), (1, 12)):
    cell = f'encoder/cell_{layer}/bidirectional_rnn/bw/multi_rnn_cell/cell_0/input_projection_wrapper'
    assert names[f'{cell}/kernel'] == (depth, 6) and names[f'{cell}/bias'] == (6,)
    assert names[f'{cell}/lstm_cell/kernel'] == (12, 24)
  assert names['decoder/multi_rnn_cell/cell_0/input_projection_wrapper/kernel'] == (93, 5)
  assert names['decoder/multi_rnn_cell/cell_0/input_projection_wrapper/lstm_cell/kernel'] == (10, 20)
  assert names['decoder/multi_rnn_cell/cell_1/lstm_cell/kernel'] == (10, 20)
  assert names['decoder/multi_rnn_cell/cell_2/input_projection_wrapper/kernel'] == (5, 7)
  found = dict(matching.fitting({**names, 'global_step': ()}))
  assert found['cat-mel_2bar_small'] == 'z_size=3,enc_rnn_size=[6,6],dec_rnn_size=[5,5,7],residual_encoder=True,residual_decoder=True'
