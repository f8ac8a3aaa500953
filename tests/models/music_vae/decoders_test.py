"""The recurrent decoders: teacher forcing, free running and scheduled sampling agree with each other step by step."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.models.music_vae import heads
from musicnst.models.music_vae import hierarchical
from musicnst.models.music_vae import recurrent
from musicnst.models.music_vae import split as split_lib

B, Z, DEPTH = 3, 4, 6
KEY = tf.constant([5, 6, 7], tf.int64)


def flat(steps=6, head=None, **arguments):
  decoder = recurrent.LSTMDecoder(head or heads.Categorical((DEPTH,)), steps, (5, 7), **arguments)
  return decoder


def built(decoder, scale=3.0):
  """The decoder with variables large enough that its choices differ."""
  decoder.build((None, Z))
  rng = np.random.default_rng(0)
  for variable in decoder.trainable_variables:
    variable.assign(rng.normal(size=variable.shape) * scale / np.sqrt(variable.shape[0]))
  return decoder


def conducted(segments=3, steps=2, **arguments):
  return hierarchical.HierarchicalDecoder(flat(steps, **arguments), (segments, steps), (5,))


def split(segments=3, steps=2):
  cores = [recurrent.LSTMDecoder(heads.Categorical((depth,)), steps, (5,), name=f'core_{depth}') for depth in (4, 2)]
  return hierarchical.HierarchicalDecoder(split_lib.SplitDecoder(cores, heads.Categorical((4, 2))), (segments, steps), (5,))


def latents():
  return tf.constant(np.random.default_rng(1).normal(size=(B, Z)).astype('float32'))


MAKERS = {
    'flat': flat, 'conducted': conducted, 'split': split,
    'bernoulli': lambda: flat(head=heads.Bernoulli(DEPTH, .4)),
    'residual': lambda: flat(residual=True),
    'two conductors': lambda: hierarchical.HierarchicalDecoder(flat(2), (2, 2, 2), (5,)),
    'not autoregressive': lambda: flat(autoregressive=False),
    'conducted, not autoregressive': lambda: conducted(autoregressive=False),
}


@pytest.mark.parametrize('name', MAKERS)
def test_forced_on_its_own_choices_a_decoder_makes_them_again(name):
  decoder, z = built(MAKERS[name]()), latents()
  tokens = decoder.tokens(z)
  assert tokens.shape == (B, decoder.steps, decoder.head.depth)
  assert len(np.unique(tokens, axis=1)) == B  # the examples differ
  logits = decoder.logits(z, {'outputs': tokens})
  np.testing.assert_array_equal(decoder.head.tokens(logits), tokens)


def test_segments_read_the_last_token_of_the_segment_before():
  decoder, z = built(conducted()), latents()
  tokens = np.eye(DEPTH, dtype='float32')[np.random.default_rng(2).integers(0, DEPTH, (B, 6))]
  changed = tokens.copy()
  changed[:, 1] = np.roll(tokens[:, 1], 1, axis=-1)  # the last token of segment 0
  first, second = (np.asarray(decoder.logits(z, {'outputs': x})) for x in (tokens, changed))
  moved = np.abs(first - second).max(axis=(0, 2)) > 1e-6
  # Only segment 1 notices: its own state starts anew from the embedding, and so does segment 2's.
  assert moved.tolist() == [False, False, True, True, False, False]


def test_logits_end_with_the_length():
  decoder, z = built(flat()), latents()
  tokens = decoder.tokens(z)
  logits = np.asarray(decoder.logits(z, {'outputs': tokens, 'lengths': np.array([6, 2, 0])}))
  assert (logits[1, 2:] == 0).all() and (logits[2] == 0).all() and (logits[0] != 0).all()
  assert decoder.loss(logits, {'outputs': tokens, 'lengths': np.array([6, 2, 0])})[2] == 0


def test_sampling_always_is_running_freely():
  """With probability 1 every input but the first is the decoder's own draw; and the first is as given."""
  decoder, z = built(flat(sampling_schedule='constant', sampling_rate=1.0)), latents()
  targets = np.eye(DEPTH, dtype='float32')[np.random.default_rng(2).integers(0, DEPTH, (B, 6))]
  fed = decoder._with_samples(z, recurrent.shifted(tf.constant(targets)), None, 0, KEY).numpy()
  drawn = decoder.free(z, tf.zeros((B, DEPTH)), 6, temperature=1.0, key=KEY).numpy()
  np.testing.assert_array_equal(fed[:, 0], 0)
  np.testing.assert_array_equal(fed[:, 1:], drawn[:, :-1])


def test_sampling_sometimes_keeps_the_truth_elsewhere():
  decoder, z = built(flat(200, sampling_schedule='constant', sampling_rate=.3)), latents()
  targets = np.zeros((B, 200, DEPTH), 'float32')
  targets[..., 0] = 1
  fed = decoder._with_samples(z, recurrent.shifted(tf.constant(targets)), None, 0, KEY).numpy()[:, 1:]
  replaced = 1 - fed[..., 0].mean()
  assert .1 < replaced < .3 and (fed.sum(-1) == 1).all()


def test_no_gradient_passes_a_sample():
  decoder, z = built(flat(sampling_schedule='constant', sampling_rate=1.0)), latents()
  targets = tf.constant(np.eye(DEPTH, dtype='float32')[np.random.default_rng(2).integers(0, DEPTH, (B, 6))])
  fed = decoder._with_samples(z, recurrent.shifted(targets), None, 0, KEY)
  with tf.GradientTape(persistent=True) as tape:
    tape.watch(z)
    scheduled = tf.reduce_sum(decoder.logits(z, {'outputs': targets}, training=True, step=0, key=KEY) ** 2)
    forced = tf.reduce_sum(decoder.forced(z, fed) ** 2)
  np.testing.assert_allclose(tape.gradient(scheduled, z), tape.gradient(forced, z), rtol=1e-5)


def test_controls_are_read_at_their_own_step():
  decoder = recurrent.LSTMDecoder(heads.Categorical((DEPTH,)), 6, (5,), control_depth=2)
  z = latents()
  built(decoder)
  controls = np.random.default_rng(4).normal(size=(B, 6, 2)).astype('float32')
  tokens = decoder.tokens(z, controls=controls)
  np.testing.assert_array_equal(decoder.head.tokens(decoder.logits(z, {'outputs': tokens, 'controls': controls})), tokens)
  changed = controls.copy()
  changed[:, 3] += 1
  first, second = (np.asarray(decoder.logits(z, {'outputs': tokens, 'controls': c})) for c in (controls, changed))
  assert (np.abs(first - second).max(axis=(0, 2)) > 1e-6).tolist() == [False] * 3 + [True] * 3


def test_level_lengths_must_fit():
  with pytest.raises(errors.HparamError, match='level_lengths'):
    hierarchical.HierarchicalDecoder(flat(2), (3, 4), (5,))


def test_categorical_draws_follow_the_logits():
  head, rng = heads.Categorical((3,)), np.random.default_rng(0)
  logits = np.log(np.array([.5, .3, .2], 'float32'))
  tokens = head.tokens(np.broadcast_to(logits, (20000, 3)), 1.0, rng.random((20000, 1)).astype('float32'))
  np.testing.assert_allclose(np.mean(tokens, axis=0), [.5, .3, .2], atol=.012)
  colder = head.tokens(np.broadcast_to(logits, (20000, 3)), .5, rng.random((20000, 1)).astype('float32'))
  np.testing.assert_allclose(np.mean(colder, axis=0), np.array([.25, .09, .04]) / .38, atol=.012)


def test_measures_by_hand():
  head = heads.Categorical((3,))
  truth, said = np.eye(3)[[[0, 0, 1, 2]]], np.eye(3)[[[0, 1, 1, 2]]]
  found = head.measures(said.astype('float32'), truth.astype('float32'), np.array([[1., 1, 1, 0]], 'float32'))
  assert [np.asarray(part).tolist() for part in found['accuracy']] == [[2], [3]]
  assert [np.asarray(part).tolist() for part in found['mean_per_class_accuracy']] == [[[1, 1, 0]], [[2, 1, 0]]]


def test_bernoulli_measures_by_hand():
  head = heads.Bernoulli(4)  # two keys: onset, onset, sustain, sustain
  truth = np.array([[[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0]]], 'float32')
  said = np.array([[[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]], 'float32')
  found = head.measures(said * 20 - 10, truth, np.ones((1, 3), 'float32'))
  assert [float(part[0]) for part in found['onset_f1']] == [2, 4]  # one of two right, two said, two true
  assert [float(part[0]) for part in found['frame_f1']] == [6, 8]
