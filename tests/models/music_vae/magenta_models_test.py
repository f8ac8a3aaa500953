"""Encoders, decoders and heads against what Magenta 2.1.4's own networks gave for the same weights.

`tests/fixtures/magenta_models.npz` holds small networks of every kind that its classes can be put together to, also those of no public
config: made-up windows, posteriors, losses, logits (of flat decoders, as far as its loop ran), metrics, and tokens written at a
temperature of 1e-6. Their weights are drawn again from a seed, in the order of Magenta's variables.
"""
import json
import math
import pathlib

import numpy as np
import pytest

from musicnst.checkpoint_import import table
from musicnst.models import naming
from musicnst.models.music_vae import build
from musicnst.models.music_vae import configs
from musicnst.representations import base

DATA = np.load(pathlib.Path(__file__).parents[2] / 'fixtures' / 'magenta_models.npz')
CASES = json.loads(str(DATA['cases']))


class Converter(base.Converter):

  name = 'made_up'

  def __init__(self, case):
    self.steps, self.control_depth, self.real_valued = case['steps'], case['control_depth'], case['kind'] == 'real'
    self.input_depth = self.output_depth = case['depth']
    self.categorical_depths = {'cat': (case['depth'],), 'multi': (4, 3, 6)}.get(case['kind'], ())

  def to_dict(self):
    return {}


def drawn(variables):
  """{Magenta's name: weights} from the seed."""
  random, weights = np.random.default_rng(0), {}
  for name, shape in variables:
    scale = 1.5 / math.sqrt(math.prod(shape[:-1])) if len(shape) > 1 else .3
    weights[name] = (random.normal(size=shape) * scale).astype(np.float32)
  return weights


@pytest.mark.parametrize('name', sorted(CASES))
def test_case(name):
  case = CASES[name]
  array = lambda key: DATA[f'{name}/{key}'].astype(np.float32) if key != 'lengths' else DATA[f'{name}/{key}']
  model = build.recurrent_model(configs.RECURRENT.extend(**case['hparams']), Converter(case))
  weights, variables = drawn(case['variables']), naming.named_variables(model)
  rows = table.of_model(model)
  assert {row.magenta for row in rows} == set(weights)
  for row in rows:
    variables[row.ours].assign(weights[row.magenta])
  batch = {'inputs': array('outputs'), 'outputs': array('outputs'), 'lengths': array('lengths')}
  controls = {}
  if case['control_depth']:
    batch['controls'], controls['controls'] = array('controls'), array('decode_controls')

  posterior = model.encode(batch)
  np.testing.assert_allclose(posterior.mean, array('mu'), atol=2e-6)
  np.testing.assert_allclose(posterior.stddev, array('sigma'), atol=2e-6)
  logits = model.decode_logits(posterior.mean + posterior.stddev * array('eps'), batch)
  np.testing.assert_allclose(model.decoder.loss(logits, batch), array('r_loss'), rtol=2e-6, atol=1e-6)
  if f'{name}/logits' in DATA:
    theirs = array('logits')
    valid = np.arange(theirs.shape[1]) < batch['lengths'][:, None]
    np.testing.assert_allclose(np.asarray(logits)[:, :theirs.shape[1]][valid], theirs[valid], atol=5e-6)
  metrics = model.batch_metrics(logits, batch)
  assert set(metrics) == set(case['metrics'])
  for key, value in case['metrics'].items():
    assert float(metrics[key]) == pytest.approx(value, abs=1e-5), key
  np.testing.assert_allclose(model.decode_tokens(array('decode_z'), **controls), array('samples'), atol=2e-6)
