"""The NADE and groove heads by hand and by counting, and what goes with them: dropout of conductors, cutting, missing controls."""
import itertools

import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.layers import noise
from musicnst.models.music_vae import configs
from musicnst.models.music_vae import heads
from musicnst.models.music_vae import hierarchical
from musicnst.models.music_vae import nade
from musicnst.models.music_vae import recurrent

D, H = 4, 3


@pytest.fixture
def made():
  """(a NADE with random weights, one step's logits `[1, H + D]`)."""
  head, random = nade.Nade(D, H), np.random.default_rng(0)
  head.build(None)
  for variable in head.variables:
    variable.assign(random.normal(size=variable.shape) * 2)
  return head, random.normal(size=(1, H + D)).astype('float32')


def test_nade_is_a_distribution(made):
  head, logits = made
  everything = np.array(list(itertools.product([0., 1.], repeat=D)), 'float32')
  chances = np.exp(-np.asarray(head.nats(np.repeat(logits, len(everything), 0), everything)))
  assert chances.sum() == pytest.approx(1, abs=1e-4)
  uniforms = np.random.default_rng(1).random((20000, D)).astype('float32')
  drawn = np.asarray(head.tokens(np.repeat(logits, len(uniforms), 0), 1.0, uniforms))
  counted = [(drawn == row).all(axis=1).mean() for row in everything]
  np.testing.assert_allclose(counted, chances, atol=.012)


def test_nades_likeliest_bits_follow_each_other(made):
  head, logits = made
  tokens = np.asarray(head.tokens(logits))
  # Each is the likelier of the two given those before it.
  np.testing.assert_array_equal(tokens, np.asarray(head.conditionals(logits, tokens)) >= 0)
  np.testing.assert_array_equal(head.scheduled(logits, np.full((1, D), .999, 'float32')), tokens)
  cold = head.tokens(logits, 1e-4, np.full((1, D), .5, 'float32'))
  np.testing.assert_array_equal(cold, tokens)


def test_nade_measures_by_hand():
  truth = np.array([[[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]]], 'float32')
  said = np.array([[[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]], 'float32')
  found = nade.Nade(D, H).token_measures(said, truth, np.array([[1., 1, 0]], 'float32'))
  assert {name: [float(part[0]) for part in pair] for name, pair in found.items()} == {
      'accuracy': [1, 2], 'precision': [1, 1], 'recall': [1, 2]}


def test_groove_by_hand():
  head = heads.Groove(6)
  logits = np.array([[[2., -2, 0, 1, .5, -.5]]], 'float32')
  truth = np.array([[[1., 1, .5, 0, .25, 0]]], 'float32')
  sigmoid = lambda x: 1 / (1 + np.exp(-x))
  hits = -np.log(sigmoid(2) + 1e-7) - np.log(sigmoid(-2) + 1e-7)
  velocities, offsets = sigmoid(1) ** 2, (np.tanh(.5) - .25) ** 2 + np.tanh(-.5) ** 2
  np.testing.assert_allclose(np.asarray(head.block_nats(logits, truth))[:, 0, 0], [hits, velocities, offsets], rtol=1e-6)
  tokens = np.asarray(head.tokens(logits))[0, 0]
  np.testing.assert_allclose(tokens, [1, 0, .5, sigmoid(1), np.tanh(.5), np.tanh(-.5)], rtol=1e-6)
  # Drawn hits: the first below its chance of .88, the second above .12.
  np.testing.assert_array_equal(np.asarray(head.tokens(logits, 1.0, np.array([[[.87, .13]]], 'float32')))[0, 0, :2], [1, 0])
  found = head.token_measures(tokens[None, None], truth, np.ones((1, 1), 'float32'))
  assert [float(part[0]) for part in found['hit_f1']] == [2, 3]
  assert [float(part[0]) for part in found['velocity_error']] == [pytest.approx(0, abs=1e-4), 1]
  assert [float(part[0]) for part in found['offset_error']] == [pytest.approx((np.tanh(.5) - .25) / 2, rel=1e-5), 1]


def test_conductors_drop_in_training_only():
  for levels in ((), (0,)):
    core = recurrent.LSTMDecoder(heads.Categorical((5,)), 2, (6, 6))
    decoder = hierarchical.HierarchicalDecoder(core, (3, 2), (6, 6), dropout_rate=.5, autoregressive_levels=levels)
    decoder.build((None, 4))
    z, key = tf.ones((2, 4)), noise.keys({'inputs': tf.zeros((2, 1)), 'seeds': tf.constant([3, 4])})
    batch = {'outputs': tf.one_hot([[0, 1, 2, 3, 4, 0]] * 2, 5)}
    still, again, dropped = (np.asarray(decoder.logits(z, batch, training, 0, key)) for training in (False, False, True))
    np.testing.assert_array_equal(still, again)
    assert np.abs(dropped - still).max() > 1e-5


def test_the_models_arguments():
  tiny = dict(enc_rnn_size=[4], dec_rnn_size=[4], z_size=3, steps=4)
  config = configs.CONFIGS['cat-mel_2bar_med_chords'].override(**tiny)
  model, z = config.build_model(), np.zeros((2, 3), 'float32')
  with pytest.raises(ValueError, match='controls'):
    model.decode_tokens(z)
  with pytest.raises(ValueError, match='controls'):
    model.encode({'inputs': np.zeros((2, 4, 90), 'float32')})
  controls = np.eye(49, dtype='float32')[[0, 1, 2]]
  alike = model.decode_tokens(z, controls=controls)
  assert alike.shape == (2, 3, 90)  # writing stops where the controls end
  np.testing.assert_array_equal(alike, model.decode_tokens(z, controls=np.stack([controls] * 2)))
  plain = configs.CONFIGS['cat-mel_2bar_small'].override(**tiny).build_model()
  with pytest.raises(ValueError, match='no controls'):
    plain.decode_tokens(z, controls=controls)
  # What stands behind the longest window is not trained on.
  outputs = np.eye(90, dtype='float32')[np.random.default_rng(0).integers(0, 90, (2, 9))]
  longer = plain.loss_terms({'inputs': outputs, 'outputs': outputs, 'lengths': np.array([9, 3])}, False, 5)
  cut = plain.loss_terms({'inputs': outputs[:, :4], 'outputs': outputs[:, :4], 'lengths': np.array([4, 3])}, False, 5)
  np.testing.assert_allclose(longer['reconstruction'], cut['reconstruction'])


def test_levels_and_rereading_must_fit():
  with pytest.raises(errors.HparamError, match='hierarchical_encoder'):
    configs.CONFIGS['hierdec-mel_16bar'].override('steps=4,level_lengths=[2,2],reread=True,enc_rnn_size=[3],dec_rnn_size=[3]').build_model()
