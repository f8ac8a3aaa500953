"""The chord network: TensorFlow and numpy agree, it turns with the music, and it learns."""
import numpy as np
import pytest
import tensorflow as tf

from experiments.analysis import chord_truth
from experiments.analysis import chord_data
from experiments.analysis import train_chords
from musicnst import music_proto
from musicnst.analysis import chord_features
from musicnst.analysis import chord_network
from musicnst.analysis import grid
from musicnst.analysis import qualities
from musicnst.analysis import score


def _weights():
  generator = np.random.default_rng(1)
  return {name: value + .05 * generator.normal(size=value.shape).astype(np.float32) for name, value in train_chords.initial().items()}


def _features(beats=40):
  generator = np.random.default_rng(0)
  return [generator.random((beats, *shape), np.float32) for shape in ((12, chord_features.PITCH_FEATURES), (chord_features.PLACE_FEATURES,))]


def test_numpy_as_tensorflow():
  w, (pitches, places) = _weights(), _features()
  found = chord_network.scores(pitches, places, w)
  chord, bass, change = train_chords.forward(pitches[None], places[None], {name: tf.constant(value) for name, value in w.items()})
  assert np.allclose(found.chord, tf.nn.log_softmax(chord[0]), atol=1e-4) and np.allclose(found.bass, tf.nn.log_softmax(bass[0]), atol=1e-4)
  assert np.allclose(found.change, change[0], atol=1e-4)


def test_in_chunks_as_in_one(monkeypatch):
  w, (pitches, places) = _weights(), _features()
  whole = chord_network.scores(pitches, places, w)
  monkeypatch.setattr(chord_network, 'CHUNK', 7)
  assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(whole, chord_network.scores(pitches, places, w)))


def test_loss_by_hand():
  count = 1 + 12 * len(qualities.QUALITIES)
  outputs = tf.zeros((1, 2, count)), tf.zeros((1, 2, 12, 12)), tf.zeros((1, 2))
  truth = np.array([[[qualities.NONE] * 3, [0, 0, 4]]], np.int32)
  expected = np.log(count) + train_chords.BASS_WEIGHT * np.log(12) / 2 + train_chords.CHANGE_WEIGHT * np.log(2) / 2
  assert float(train_chords.loss_of(outputs, truth, np.ones((1, 2), np.float32))) == pytest.approx(expected, rel=1e-5)


def test_truth_by_beat():
  sequence = music_proto.NoteSequence(total_time=4.0)
  sequence.tempos.add(qpm=60)
  for pitches, start, end in (((48, 52, 55), 1, 1.4), ((50, 53, 57), 2.75, 4)):
    for pitch in pitches:
      sequence.notes.add(pitch=pitch, velocity=80, start_time=start, end_time=end)
  found = score.of(sequence)
  truth = chord_truth.blocks(found)
  assert truth == [(1, 2.75, 0, 0, 0), (2.75, 4, 2, 1, 2)]  # each until the next, the last until its end
  assert chord_truth.by_beat(truth, grid.of(found)).tolist() == [[-1, -1, -1], [0, 0, 0], [0, 0, 0], [2, 1, 2]]


@pytest.mark.slow
def test_it_learns_the_triads_of_a_few_bars():
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(qpm=60)
  generator, blocks = np.random.default_rng(0), []
  for bar in range(96):
    root, quality = int(generator.integers(12)), int(generator.integers(2))
    for tone in qualities.TONES[quality]:
      sequence.notes.add(pitch=48 + root + tone, velocity=80, start_time=4 * bar, end_time=4 * bar + 4)
    blocks.append((root, quality, root))
  sequence.total_time = 4.0 * 96
  music = score.of(sequence)
  pitches, places = chord_data.features(music, grid.of(music))
  beats = chord_data.Beats({'plain': pitches}, {'plain': places}, np.repeat(blocks, 4, 0), np.arange(0, 385, 24))
  source = [(beats, {'plain': 1.0})]
  w = train_chords.train(source, source, 20, log=lambda *args, **kwargs: None)
  found = chord_network.scores(*(array.astype(np.float32) for array in (pitches, places)), w).chord.argmax(1)
  truth = chord_network.chord_index(*np.repeat(blocks, 4, 0).T[:2])
  # Of 24 triads, after few epochs; always the most frequent one would be right in a tenth.
  assert np.bincount(truth).max() / len(truth) < .15 and np.mean(found == truth) > .4
