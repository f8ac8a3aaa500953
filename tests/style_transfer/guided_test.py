"""Terms of the default objective, by hand on a few notes."""
import math

import numpy as np
import pytest
import tensorflow as tf

from musicnst.style_transfer.guided import objective as guided


def _notes(kept=(), added=(), steps=16):
  """Decided notes of (step, key) onsets that last one step."""
  cells = {name: np.zeros((1, steps, 88), np.float32) for name in ('gates', 'added_onsets')}
  for name, places in (('gates', kept), ('added_onsets', added)):
    for step, key in places:
      cells[name][0, step, key] = 1
  tensors = {name: tf.constant(value) for name, value in cells.items()}
  total = tensors['gates'] + tensors['added_onsets']
  return {**tensors, 'added_frames': tensors['added_onsets'], 'onsets': total, 'frames': total}


def test_a_crowd_is_more_than_two_hands_strike():
  nine = [(3, key) for key in range(30, 39)]
  # Nine at once, two more than seven, of five new notes: 2 / (5 + 8).
  assert float(guided.crowd_share(_notes(nine[:4], nine[4:]), 7)[0]) == pytest.approx(2 / 13)
  assert float(guided.crowd_share(_notes(nine), 7)[0]) == 0  # the content may be as crowded as it is
  assert float(guided.crowd_share(_notes(nine[:3], nine[3:7]), 7)[0]) == 0


def test_clashes_beyond_an_eighth_of_the_time():
  # Two of twelve new notes lie a semitone from a kept one: 2 / (12 + 8) lies below an eighth; with all twelve it is 12 / 20 - 1 / 8.
  apart = [(step, 60) for step in range(10)] + [(10, 40), (11, 40)]
  assert float(guided.clash_excess(_notes([(10, 41), (11, 39)], apart))[0]) == 0
  beside = [(step, 61) for step in range(12)]
  assert float(guided.clash_excess(_notes([(step, 60) for step in range(12)], beside))[0]) == pytest.approx(12 / 20 - 1 / 8)


def test_unconvinced_weighs_segments_by_their_length_and_knows_an_unknown_source():
  logits = tf.constant([[0., 2., 1.], [1., 0., 4.]])  # two segments of one piece, target 2
  lengths = tf.constant([128, 64])
  softplus = lambda x: math.log1p(math.exp(x))
  known = guided.unconvinced(logits, lengths, {'away': tf.constant([[1., 0., 0.]]), 'target': tf.constant([2])}, margin=3)
  expected = (128 * softplus((0 - 1) / 2 + 3) + 64 * softplus((1 - 4) / 2 + 3)) / 192
  assert float(known[0]) == pytest.approx(expected, rel=1e-5)
  unknown = guided.unconvinced(logits, lengths, {'away': tf.constant([[1., 1., 0.]]), 'target': tf.constant([2])}, margin=3)
  others = [math.log(math.exp(0) + math.exp(2)), math.log(math.exp(1) + math.exp(0))]
  expected = (128 * softplus((others[0] - 1) / 2 + 3) + 64 * softplus((others[1] - 4) / 2 + 3)) / 192
  assert float(unknown[0]) == pytest.approx(expected, rel=1e-5)


def test_classifiers_hear_another_key_at_each_step():
  rolls = np.zeros((1, 128, 2, 88), np.float32)
  rolls[0, 3, 0, 40], rolls[0, 3:6, 1, 40], rolls[0, 9, 0, 87], rolls[0, 9, 0, 0] = 1, 1, 1, 1
  moved = set()
  for step in range(40):
    found = guided.transposed(tf.constant(rolls.reshape(1, 128, 176)), {'seed': tf.constant(3), 'progress': tf.constant(step / 40)}, 6)
    found = found.numpy().reshape(128, 2, 88)
    by = int(np.flatnonzero(found[3, 0])[0]) - 40
    expected = np.zeros((128, 2, 88), np.float32)
    for t, kind, key in np.argwhere(rolls[0]):
      if 0 <= key + by < 88:
        expected[t, kind, key + by] = 1
    np.testing.assert_array_equal(found, expected)
    moved.add(by)
  assert moved <= set(range(-6, 7)) and len(moved) > 6 and min(moved) < 0 < max(moved)
