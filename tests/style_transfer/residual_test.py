"""Residual decoding against a plain reading of its rules, note by note; the loop; the edit of a roll."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst.representations import testing
from musicnst.style_transfer import optimize
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer.guided import residual


def _batch(seed, protect, bars=3):
  piece = piece_lib.from_sequence(testing.chords(bars, seed))
  editable = np.ones(piece.total_steps, bool)
  editable[:8] = False
  return piece, residual.batch_contents([piece], [np.ones((piece.total_steps, 12), bool)], [editable], multiple=16, protect_melody=protect)


def _slow(delta, batch, lengthen=None):
  """The rules of `residual.decode` for one piece, cell by cell."""
  roll, allowed, protected = batch.roll[0] > 0, batch.allowed[0] > 0, batch.protected[0] > 0
  steps = len(roll)
  out = {name: np.zeros((steps, 88), bool) for name in ('gates', 'kept_frames', 'added_onsets', 'added_frames')}
  for key in range(88):
    sounding, foreign = False, True
    for t in range(steps):
      if roll[t, 0, key]:
        sounding, foreign = delta[t, 0, key] > -.5 or protected[t, key], False
        out['gates'][t, key] = sounding
      elif not roll[t, 1, key]:
        sounding = False
      out['kept_frames'][t, key] = sounding or (foreign and roll[t, 1, key])
    room = allowed[:, key] & ~out['kept_frames'][:, key]
    length = 0  # of the new note that sounds, or of what a kept note is longer, with its last step; it ends after 16 steps
    for t in range(steps):
      more = 0.0 if lengthen is None else lengthen[t, key]
      if room[t] and not roll[t, 0, key] and delta[t, 0, key] > .5:
        out['added_onsets'][t, key], length = True, 1
      elif length and room[t] and length < 16 and float(roll[t, 1, key]) + delta[t, 1, key] + more > .5:
        length += 1
      else:
        length = 0
      out['added_frames'][t, key] = length > 0
      if lengthen is not None and out['kept_frames'][t, key]:
        length = 1 if not foreign_at(roll, t, key) and ends_at(roll, t, key) else 0
  return out


def foreign_at(roll, t, key):
  """Whether what sounds there began before the piece."""
  while t >= 0 and not roll[t, 0, key]:
    if not roll[t, 1, key]:
      return True
    t -= 1
  return t < 0


def ends_at(roll, t, key):
  return t + 1 == len(roll) or not roll[t + 1, 1, key] or roll[t + 1, 0, key]


@pytest.mark.parametrize('protect', [False, True])
@pytest.mark.parametrize('seed', [0, 1])
def test_decode_with_lengthened_notes(seed, protect):
  _, batch = _batch(seed, protect)
  generator = np.random.default_rng(seed)
  delta = generator.uniform(-1, 1, batch.roll.shape).astype(np.float32)
  lengthen = generator.uniform(-.5, 1.5, batch.roll[:, :, 0].shape).astype(np.float32)
  found = residual.decode(tf.constant(delta), batch.tensors(), tf.constant(lengthen))
  found = {name: value.numpy()[0] > .5 for name, value in found.items()}
  for name, expected in _slow(delta[0], batch, lengthen[0]).items():
    np.testing.assert_array_equal(found[name], expected, name)
  assert (found['added_frames'] & ~found['added_onsets']).any()


def test_a_sure_decoder_still_passes_a_gradient():
  logits = tf.constant([-12., 12.])
  with tf.GradientTape() as tape:
    tape.watch(logits)
    value = residual.probability(logits, 0.0)
  np.testing.assert_allclose(value, [0, 1], atol=1e-6)
  # That of sigmoid(.4 x): .4 p (1 - p) at p = 1 / (1 + exp(4.8)).
  p = 1 / (1 + np.exp(4.8))
  np.testing.assert_allclose(tape.gradient(value, logits), [.4 * p * (1 - p)] * 2, rtol=1e-4)


@pytest.mark.parametrize('protect', [False, True])
@pytest.mark.parametrize('seed', [0, 1])
def test_decode(seed, protect):
  _, batch = _batch(seed, protect)
  delta = np.random.default_rng(seed).uniform(-1, 1, batch.roll.shape).astype(np.float32)
  delta[:, :, 1] += .5  # long sustains, so that the limit of 16 steps is met
  found = {name: value.numpy()[0] > .5 for name, value in residual.decode(tf.constant(delta), batch.tensors()).items()}
  for name, expected in _slow(delta[0], batch).items():
    np.testing.assert_array_equal(found[name], expected, name)
  np.testing.assert_array_equal(found['onsets'], found['gates'] | found['added_onsets'])
  np.testing.assert_array_equal(found['frames'], found['kept_frames'] | found['added_frames'])


def test_no_change_decodes_to_the_content():
  piece, batch = _batch(3, False)
  found = residual.decode(tf.zeros(batch.roll.shape), batch.tensors())
  np.testing.assert_array_equal(found['frames'][0, :piece.total_steps], piece.frames)
  np.testing.assert_array_equal(found['gates'][0, :piece.total_steps], piece.roll[:, 0])
  assert not np.asarray(found['added_frames']).any()


def test_decision_is_hard_with_a_soft_gradient():
  u = tf.constant([-2., -.01, .01, 2.])
  with tf.GradientTape() as tape:
    tape.watch(u)
    value = residual.decision(u)
  np.testing.assert_array_equal(value, [0, 0, 1, 1])
  sigmoid = 1 / (1 + np.exp(-6 * u.numpy()))
  np.testing.assert_allclose(tape.gradient(value, u), 6 * sigmoid * (1 - sigmoid), rtol=1e-4, atol=1e-6)


class _Quadratic:

  def terms(self, x, context):
    return {'bowl': tf.reduce_sum(tf.square(x - context['target']), 1), 'tilt': .1 * tf.reduce_sum(x, 1)}


def test_the_loop_minimises_a_quadratic():
  target = np.array([[1., -2., 3.], [0., 5., 0.]], np.float32)
  seen = []
  outcome = optimize.run(_Quadratic(), np.zeros((2, 3), np.float32), {'target': tf.constant(target)}, 400, .1, (1, 400),
                         lambda done, total: seen.append((done, total)))
  np.testing.assert_allclose(outcome.variable, target - .05, atol=1e-2)
  assert seen[0] == (1, 400) and len(seen) == 400 and set(outcome.snapshots) == {1, 400}
  # Adam's first step is the rate, whatever the gradient.
  np.testing.assert_allclose(outcome.snapshots[1], .1 * np.sign(target - .05), atol=1e-4)
  assert outcome.history['bowl'][0] == pytest.approx((14 + 25) / 2)
  assert outcome.history['total'][0] == pytest.approx(outcome.history['bowl'][0] + outcome.history['tilt'][0])


def test_the_loop_is_keras_adam():
  import keras
  target, x = tf.constant([[.5, -3.]]), tf.Variable(tf.zeros((1, 2)))
  adam = keras.optimizers.Adam(.05, epsilon=1e-8)
  for _ in range(20):
    with tf.GradientTape() as tape:
      total = tf.add_n([tf.reduce_sum(v) for v in _Quadratic().terms(x, {'target': target}).values()])
    adam.apply([tape.gradient(total, x)], [x])
  outcome = optimize.run(_Quadratic(), np.zeros((1, 2), np.float32), {'target': target}, 20, .05)
  np.testing.assert_allclose(outcome.variable, x.numpy(), atol=1e-4)


def test_edit_from_roll():
  piece = piece_lib.from_sequence(testing.sequence([(60, 0, 1), (64, 0, 2), (67, 1, 2)]))
  roll = piece.roll.copy().astype(bool)
  roll[:, :, 64 - 21] = False          # the E is gone
  roll[1:4, 1, 60 - 21] = False        # a shorter sustain does not cut a kept note
  roll[2, 0, 60 - 21] = True           # nor does an onset inside it
  roll[3, 0, 70 - 21], roll[4:6, 1, 70 - 21] = True, True  # a new note of three steps
  roll[6, 1, 80 - 21] = True           # a sustain without onset is silent
  edit = compose.edit_from_roll(piece, roll)
  kept = {int(p) for p, keep in zip(piece.pitches, edit.keep) if keep}
  assert kept == {60, 67}
  assert list(zip(edit.pitches, edit.start_steps, edit.end_steps)) == [(70, 3, 6)]


def test_edit_of_the_own_roll_changes_nothing():
  piece = piece_lib.from_sequence(testing.chords(4, 2))
  edit = compose.edit_from_roll(piece, piece.roll)
  assert edit.keep.all() and not len(edit.pitches)


def test_edit_leaves_room_for_notes_from_before_the_stretch():
  piece = piece_lib.from_sequence(testing.sequence([(60, 0, 4), (64, 2, 3)])).section(8, 16)
  roll = np.zeros((8, 2, 88), bool)
  roll[2, 0, 60 - 21] = roll[2, 0, 62 - 21] = True
  edit = compose.edit_from_roll(piece, roll)
  assert edit.keep.tolist() == [False] and edit.pitches.tolist() == [62]


class _Runaway:
  """A bowl for the first piece; the second one's sum jumps by 100 where the variable leaves [0, 1]."""

  def terms(self, variable, context):
    away = tf.cast(tf.constant([0., 1.]), tf.float32) * tf.reduce_sum(tf.cast(tf.abs(variable - .5) > .5, tf.float32), 1) * 100.0
    return {'pull': tf.reduce_sum(tf.square(variable - context['target']), 1), 'wall': away}


def test_a_loop_that_settles_ends_at_its_best():
  target = tf.constant([[1.], [3.]])
  outcome = optimize.run(_Runaway(), np.zeros((2, 1), np.float32), {'target': target}, 60, .04, settle=True)
  # The first piece arrives; the second passes the wall and never sees less than at the last step within it, if that came late enough.
  assert outcome.variable[0, 0] == pytest.approx(1, abs=.05)
  plain = optimize.run(_Runaway(), np.zeros((2, 1), np.float32), {'target': target}, 60, .04)
  late = optimize.run(_Runaway(), np.zeros((2, 1), np.float32), {'target': target}, 40, .04, settle=True)
  assert plain.variable[1, 0] > 1 and late.variable[1, 0] <= 1
