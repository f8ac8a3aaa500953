"""Methods around an autoregressive decoder: gradients pass it teacher-forced on the content, results are what it writes freely."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst.representations import testing
from musicnst.style_transfer.pieces import piece
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer import spaces
from musicnst.style_transfer import transfer


@pytest.fixture
def with_lstm(load_around, lstm):
  return load_around(lstm)


def _content(seed=0):
  content = piece.from_sequence(testing.chords(4, seed))
  return content, residual.batch_contents([content], [np.ones((content.total_steps, 12), bool)])


def test_rolls_are_what_the_decoder_writes_freely(lstm):
  rolls = spaces.rolls_of([_content()[0]])
  z = lstm.latents.encode_rolls(rolls)
  written = lstm.latents.decode_rolls(z)
  assert lstm.latents.autoregressive and written.shape == rolls.shape
  expected = np.asarray(lstm.latents.model.decode_tokens(tf.constant(z[0])))
  np.testing.assert_array_equal(written.reshape(expected.shape), expected)
  forced = lstm.latents.model.decode_logits(tf.constant(z[0]), {'inputs': rolls.reshape(-1, 32, 176), 'outputs': rolls.reshape(-1, 32, 176)})
  assert (np.asarray(tf.sigmoid(forced)) >= lstm.latents.threshold).astype(float).ravel().tolist() != expected.ravel().tolist()


def test_gradients_reach_the_latents_of_their_window(lstm):
  _, batch = _content()
  content = batch.tensors()
  z = tf.constant(lstm.latents.encode_rolls(batch.roll))
  with tf.GradientTape() as tape:
    tape.watch(z)
    total = tf.reduce_sum(tf.square(lstm.decoder.probability(z, content)[:, :spaces.WINDOW_STEPS]))
  moved = np.abs(tape.gradient(total, z).numpy()).max(-1)
  assert moved.shape[1] > 1 and moved[0, 0] > 1e-4 and not moved[0, 1:].any()


def test_the_change_of_what_is_written_is_applied(lstm):
  content, batch = _content()
  z = lstm.latents.encode_rolls(batch.roll)
  moved = z + 4 * np.random.default_rng(0).standard_normal(z.shape).astype(np.float32)
  context = {'content': batch.tensors(), 'z': tf.constant(z), 'probability': None}
  same = lstm.decoder.written(tf.constant(z), context)
  np.testing.assert_array_equal(same['gates'], batch.roll[:, :, 0])
  assert not np.asarray(same['added_onsets']).any()
  notes = {name: value.numpy() > .5 for name, value in lstm.decoder.written(tf.constant(moved), context).items()}
  before, after = lstm.latents.decode_rolls(z) > .5, lstm.latents.decode_rolls(moved) > .5
  onsets = batch.roll[:, :, 0] > 0
  gone = before[:, :, 0] & ~after[:, :, 0] & onsets & (batch.protected == 0)
  np.testing.assert_array_equal(notes['gates'], onsets & ~gone)
  come = after[:, :, 0] & ~before[:, :, 0] & ~onsets & (batch.allowed > 0) & ~notes['kept_frames']
  np.testing.assert_array_equal(notes['added_onsets'], come)
  assert len(content.pitches) and come.any()


@pytest.mark.slow
@pytest.mark.parametrize('method', ['guided', 'paper-classifier-latents', 'interpolation', 'moment-matching', 'reconstruction'])
def test_methods(method, with_lstm):
  optimized = method in ('guided', 'paper-classifier-latents')
  result = transfer.transfer(
      testing.chords(4, 0), testing.chords(4, 1), method=method, beats='tempo', **({'num_steps': 2, 'snapshots': (1,)} if optimized else {}))
  assert len(result.kept) + len(result.removed) == len(result.content.notes)
  assert set(result.snapshots) == ({1} if optimized else set())
