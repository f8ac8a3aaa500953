"""Our MusicVAE against numbers that Magenta's own code gave for the same weights (shared/fixtures/magenta; the smallest is carried)."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst.checkpoint_import import table
from musicnst.models import naming
from tests.models import magenta_weights


@pytest.fixture(scope='module', params=[
    pytest.param(name, marks=[pytest.mark.slow] if name == 'hierdec-trio_16bar' else []) for name in magenta_weights.NAMES])
def case(request):
  return magenta_weights.fixture(magenta_weights.folder(request.param, request))


def batch_of(golden, lengths=None, zero_past=False):
  lengths = golden['sequence_length'] if lengths is None else lengths
  inputs = golden['input_sequence'].astype('float32')
  outputs = golden['output_sequence'].astype('float32')
  if zero_past:
    mask = (np.arange(inputs.shape[1])[None] < lengths[:, None])[..., None]
    inputs, outputs = inputs * mask, outputs * mask
  return {'inputs': inputs, 'outputs': outputs, 'lengths': lengths.astype('int32')}


def test_posterior(case):
  model, golden, _ = case
  for prefix, zero_past in (('enc', False), ('varlen', True), ('enclen', False)):
    lengths = golden[f'{prefix}/sequence_length'] if f'{prefix}/sequence_length' in golden else None
    posterior = model.encode(batch_of(golden, lengths, zero_past))
    np.testing.assert_allclose(posterior.mean, golden[f'{prefix}/mu'], atol=5e-5, rtol=0)
    np.testing.assert_allclose(posterior.stddev, golden[f'{prefix}/sigma'], atol=5e-5, rtol=0)


def test_bound_under_teacher_forcing(case):
  model, golden, info = case
  for prefix in ('enc', 'fixedz', 'varlen'):
    lengths = golden[f'{prefix}/sequence_length'] if f'{prefix}/sequence_length' in golden else None
    batch = batch_of(golden, lengths, prefix == 'varlen')
    posterior = model.encode(batch)
    z = golden['fixed_z'] if prefix == 'fixedz' else posterior.mean + posterior.stddev * golden['eps']
    terms = model.terms_at(z, posterior, batch, step=info['global_step'])
    np.testing.assert_allclose(terms['reconstruction'], golden[f'{prefix}/r_loss'], rtol=1e-5)
    if f'{prefix}/kl_loss' in golden:
      np.testing.assert_allclose(terms['divergence'], golden[f'{prefix}/kl_loss'] * golden['beta'], rtol=1e-4, atol=1e-4)
      np.testing.assert_allclose(model.metric_terms(batch, 0)['kl_bits'], golden[f'{prefix}/kl_bits'], rtol=1e-5)
      np.testing.assert_allclose(np.mean(sum(terms.values())), golden[f'{prefix}/loss'], rtol=1e-5)
    if f'{prefix}/rnn_output' in golden:
      logits = model.decode_logits(z, batch).numpy()[:, golden['rnn_output_times']]
      np.testing.assert_allclose(logits, golden[f'{prefix}/rnn_output'], atol=5e-4, rtol=0)


def test_beta_is_float32(case):
  model, golden, info = case
  assert float(model.beta(info['global_step'])) == pytest.approx(float(golden['beta']), abs=1e-7)
  assert float(model.beta(0)) == 0


def test_accuracy(case):
  model, golden, _ = case
  batch = batch_of(golden)
  right, count = model.decoder.measures(model.decoder.logits(golden['enc/z'], batch), batch)['accuracy']
  assert float(np.sum(right) / np.sum(count)) == pytest.approx(float(golden['enc/metrics/accuracy']), abs=1e-6)


def test_greedy_tokens(case):
  model, golden, info = case
  tokens = model.decode_tokens(golden['decode/z'], info['decode']['length']).numpy()
  index, start = [], 0
  for depth in model.decoder.head.depths:
    index.append(tokens[..., start:start + depth].argmax(-1))
    start += depth
  index = index[0] if len(index) == 1 else np.stack(index, -1)
  np.testing.assert_array_equal(index, golden['decode/tokens'])


def test_gradient(case):
  model, golden, info = case
  batch = batch_of(golden)
  with tf.GradientTape() as tape:
    posterior = model.encode(batch)
    terms = model.terms_at(posterior.mean + posterior.stddev * golden['eps'], posterior, batch, step=info['global_step'])
    loss = tf.reduce_mean(sum(terms.values()))
  ours = naming.named_variables(model)
  named = {row.magenta: ours[row.ours] for row in table.of_model(model)}
  variables = [named[name].value for name in info['train_var_order']]
  gradients = tape.gradient(loss, variables)
  assert float(loss) == pytest.approx(float(golden['train/loss_before']), rel=1e-5)
  assert float(tf.linalg.global_norm(gradients)) == pytest.approx(float(golden['train/global_norm']), rel=1e-4)
  np.testing.assert_allclose([np.linalg.norm(g) for g in gradients], golden['train/grad_l2'], rtol=1e-4, atol=1e-5)
