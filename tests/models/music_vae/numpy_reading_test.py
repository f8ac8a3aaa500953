"""Every kind of encoder, decoder and head against float64 numpy (`numpy_reading`), on random weights and lengths."""
import math

import numpy as np
import pytest

from musicnst.models import naming
from musicnst.models.music_vae import build
from musicnst.models.music_vae import configs
from musicnst.representations import base
from tests.models.music_vae import numpy_reading as reading

B, Z = 3, 5


class Converter(base.Converter):

  name = 'made_up'

  def __init__(self, kind, steps, depth, control_depth):
    self.steps, self.control_depth, self.real_valued = steps, control_depth, kind == 'groove'
    self.input_depth = self.output_depth = depth
    self.categorical_depths = (depth,) if kind == 'categorical' else ()

  def to_dict(self):
    return {}


def outputs_of(kind, rng, steps, depth):
  if kind == 'categorical':
    return np.eye(depth)[rng.integers(0, depth, (B, steps))]
  bits = (rng.random((B, steps, depth)) < .4).astype(float)
  if kind == 'groove':
    bits[..., depth // 3:] = rng.uniform(-1, 1, (B, steps, depth - depth // 3))
  return bits


LEVELS, DEEP = (3, 4), (2, 3, 2)
HIERARCHY = dict(level_lengths=LEVELS, hierarchical_encoder=True)
IN_ORDER = dict(HIERARCHY, disable_autoregression=False)
RESIDUAL = dict(residual_encoder=True, residual_decoder=True, enc_rnn_size=(6, 6, 4), dec_rnn_size=(7, 7, 5))
# kind of output, its depth, controls, hyperparameters.
CASES = {
    'categorical': ('categorical', 8, 0, {}),
    'layers of several sizes, controls': ('categorical', 8, 3, dict(enc_rnn_size=(6, 4), dec_rnn_size=(7, 5))),
    'residual': ('categorical', 8, 2, RESIDUAL),
    'nade': ('nade', 9, 0, dict(nade_num_hidden=4)),
    'groove, controls': ('groove', 6, 2, {}),
    'hierarchy': ('categorical', 8, 0, HIERARCHY),
    'hierarchy, controls': ('categorical', 8, 3, HIERARCHY),
    'hierarchy of three levels': ('categorical', 8, 0, dict(HIERARCHY, level_lengths=DEEP)),
    'hierarchy, residual': ('categorical', 8, 0, dict(HIERARCHY, **RESIDUAL)),
    'hierarchy, nade': ('nade', 9, 0, dict(HIERARCHY, nade_num_hidden=4)),
    'conductor that reads': ('categorical', 8, 0, IN_ORDER),
    'conductor that reads, controls, residual': ('categorical', 8, 3, dict(IN_ORDER, **RESIDUAL)),
    'two conductors that read': ('categorical', 8, 0, dict(IN_ORDER, level_lengths=DEEP)),
    'conductor that reads, groove': ('groove', 6, 0, IN_ORDER),
}


def made(name):
  """(model with random weights, the weights in float64, hparams, a batch) of a case."""
  kind, depth, control_depth, changes = CASES[name]
  hparams = configs.RECURRENT.extend(**{'z_size': Z, 'enc_rnn_size': (6,), 'dec_rnn_size': (7, 5), **changes})
  levels, rng = hparams.level_lengths, np.random.default_rng(len(name))
  steps = math.prod(levels) if levels else 7
  model = build.recurrent_model(hparams, Converter(kind, steps, depth, control_depth))
  weights = {}
  for variable_name, variable in naming.named_variables(model).items():
    value = rng.normal(size=variable.shape) * (1.5 / math.sqrt(math.prod(variable.shape[:-1])) if len(variable.shape) > 1 else .3)
    variable.assign(value)
    weights[variable_name] = variable.numpy().astype(np.float64)
  lengths = rng.integers(0, levels[-1] + 1, (B, steps // levels[-1])) if levels else np.array([steps, 4, 0])
  lengths[0] = levels[-1] if levels else steps
  unit = levels[-1] if levels else steps
  valid = (np.arange(unit) < lengths.reshape(B, -1, 1)).reshape(B, steps, 1)
  outputs = outputs_of(kind, rng, steps, depth) * valid
  batch = {'inputs': outputs, 'outputs': outputs, 'lengths': lengths.astype('int32')}
  if control_depth:
    batch['controls'] = rng.normal(size=(B, steps, control_depth)) * valid
  return model, weights, hparams, {key: value.astype('float32') if key != 'lengths' else value for key, value in batch.items()}


@pytest.mark.parametrize('name', CASES)
def test_posterior_logits_and_loss(name):
  model, weights, hparams, batch = made(name)
  kind, levels = CASES[name][0], hparams.level_lengths
  rows = {key: value.astype(np.float64) if key != 'lengths' else value for key, value in batch.items()}
  z = np.random.default_rng(1).normal(size=(B, Z))
  posterior = model.encode(batch)
  logits = np.asarray(model.decode_logits(z.astype('float32'), batch))
  losses = np.asarray(model.decoder.loss(logits, batch))
  longest = rows['lengths'].max(axis=0)
  for b in range(B):
    outputs, length = rows['outputs'][b], rows['lengths'][b]
    controls = rows['controls'][b] if 'controls' in rows else None
    read = outputs if controls is None else np.concatenate([outputs, controls], axis=1)
    if levels:
      features = reading.hierarchical_encoder(weights, read, length, levels[::-1], hparams.residual_encoder)
      expected = reading.conducted(weights, z[b], outputs, levels, length, longest, controls, not hparams.disable_autoregression,
                                   hparams.residual_decoder)
    else:
      features = reading.bidirectional(weights, 'encoder', read, length, hparams.residual_encoder)
      previous = np.concatenate([np.zeros_like(outputs[:1]), outputs[:-1]])
      expected, _ = reading.decode(weights, 'decoder', z[b], previous, controls, hparams.residual_decoder)
      expected[length:] = 0
    mean, stddev = reading.posterior(weights, features)
    np.testing.assert_allclose(posterior.mean[b], mean, atol=1e-6)
    np.testing.assert_allclose(posterior.stddev[b], stddev, atol=1e-6)
    np.testing.assert_allclose(logits[b], expected, atol=3e-6)
    head = 'decoder/core/head' if levels else 'decoder/head'
    nats = {'categorical': reading.categorical_nats, 'groove': reading.groove_nats,
            'nade': lambda *pair, head=head: reading.nade_nats(weights, head, *pair)}[kind](expected, outputs)
    valid = (np.arange(levels[-1]) < length[:, None]).reshape(-1) if levels else np.arange(len(outputs)) < length
    np.testing.assert_allclose(losses[b], (nats * valid).sum(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('name', CASES)
def test_forced_on_its_own_choices_a_decoder_makes_them_again(name):
  model, _, _, batch = made(name)
  z = np.random.default_rng(2).normal(size=(B, Z)).astype('float32')
  controls = {key: value for key, value in batch.items() if key == 'controls'}
  tokens = model.decode_tokens(z, **controls)
  logits = model.decode_logits(z, {'outputs': tokens, **controls})
  np.testing.assert_allclose(model.decoder.head.tokens(logits), tokens, atol=1e-5)
