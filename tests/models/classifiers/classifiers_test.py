"""Classifiers: what they must not notice, what augmentation does, and that they learn."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import configs
from musicnst import errors
from musicnst.layers import noise
from musicnst.models.classifiers import augmentation
from musicnst.models.classifiers import networks

SMALL = 'steps=16,filters=[8,8],kernels=[3,3],strides=[2,2],dense=[6],batch_size=16'


def random_rolls(count=5, steps=16, seed=0):
  return (np.random.default_rng(seed).random((count, steps, 176)) < .05).astype('float32')


def test_padding_is_not_heard():
  model = configs.get('genre-roll').override(SMALL).build_model()
  rolls, lengths = random_rolls(), np.array([16, 12, 8, 4, 0])
  padded = rolls.copy()
  for row, length in enumerate(lengths):
    padded[row, length:] = 1
  np.testing.assert_allclose(model(rolls, lengths=lengths), model(padded, lengths=lengths), atol=1e-6)
  # Strides divide 4 and 8: cutting the padding off is the same as marking it.
  for row, length in ((2, 8), (3, 4)):
    np.testing.assert_allclose(model(rolls[row:row + 1, :length])[0], model(padded, lengths=lengths)[row], atol=1e-5)


def test_any_length_but_for_the_papers_network():
  model = configs.get('genre-roll').override(SMALL).build_model()
  assert model(random_rolls(2, 100)).shape == (2, 4)
  paper = configs.get('composer-paper').override('steps=16,filters=[6,5,4,1],kernels=[8,4,4,2],dense=[7,5]').build_model()
  assert paper(random_rolls()).shape == (5, 4)
  assert paper.trunk.dense[0].kernel.shape == (16, 7)  # one filter, flattened over the steps


def test_density_does_not_matter_where_it_is_made_one():
  rolls = random_rolls(1, 64)
  twice = np.concatenate([rolls, rolls * 3])
  normal = augmentation.unit_density(twice, np.ones((2, 64))).numpy()
  np.testing.assert_allclose(normal[0], normal[1], rtol=1e-5)
  assert normal[0, :, :88].sum() / 64 == pytest.approx(augmentation.TYPICAL_ONSETS, rel=1e-5)
  np.testing.assert_array_equal(augmentation.unit_density(rolls * 0, np.ones((1, 64))), 0)


def test_a_dropped_note_goes_with_its_sustain():
  rolls = np.zeros((400, 12, 176), 'float32')
  rolls[:, 1, 40], rolls[:, 2:6, 128] = 1, 1      # a note of five steps
  rolls[:, 6, 40], rolls[:, 7:9, 128] = 1, 1      # the same key again, three steps
  rolls[:, 1, 50], rolls[:, 2:4, 138] = 1, 1
  key = noise.keys({'inputs': rolls})
  kept = augmentation.drop_notes(rolls, tf.fill([400], .5), key).numpy()
  notes = {(40, 1, 6): kept[:, 1:6], (40, 6, 9): kept[:, 6:9], (50, 1, 4): kept[:, 1:4]}
  whole = []
  for (pitch, start, end), part in notes.items():
    cells = part[:, :, pitch] + part[:, :, pitch + 88]
    assert set(np.unique(cells.sum(1))) <= {0, end - start}
    whole.append(cells[:, 0])
  assert all(.4 < share.mean() < .6 for share in whole)
  assert np.abs(np.corrcoef(whole) - np.eye(3)).max() < .15
  np.testing.assert_array_equal(augmentation.drop_notes(rolls, tf.zeros([400]), key), rolls)
  assert not augmentation.drop_notes(rolls, tf.ones([400]), key).numpy().any()


def test_unknown_labels_cost_and_count_nothing():
  model = configs.get('genre-roll').override(SMALL).build_model()
  batch = {'inputs': random_rolls(), 'labels': np.array([0, -1, 1, 1, -1])}
  loss = model.loss_terms(batch, training=False, step=0)['cross_entropy'].numpy()
  logits = np.asarray(model(batch['inputs']), np.float64)
  cross_entropy = np.log(np.exp(logits).sum(1)) - logits[np.arange(5), batch['labels']]
  np.testing.assert_allclose(loss, np.where(batch['labels'] < 0, 0, cross_entropy), rtol=1e-4)
  metrics = model.metric_terms(batch, 0)
  assert float(sum(metrics['accuracy'][1])) == 3
  assert [float(sum(metrics[f'accuracy/{name}'][1])) for name in model.classes] == [1, 2, 0, 0]


def test_features_by_name():
  model = configs.get('genre-roll').override(SMALL).build_model()
  found = model.features(random_rolls(), ['conv_1', 'pooled', 'dense_0', 'logits'])
  assert [tuple(found[name].shape) for name in found] == [(5, 4, 8), (5, 16), (5, 6), (5, 4)]
  with pytest.raises(errors.UnknownNameError, match='conv_0, conv_1, pooled'):
    model.features(random_rolls(), ['conv_7'])


def test_latent_rows_of_no_steps_are_not_heard():
  config = configs.get('genre-latent').override('steps=16,window_steps=4,z_size=4,filters=[5],kernels=[3],strides=[1],dense=[]')
  model = config.build_model()
  model.frozen.model = configs.get('polyphonic-2bar').override(steps=4, width=3, z_size=4).build_model()
  rolls, lengths = random_rolls(), np.array([16, 8, 5, 4, 0])
  padded = rolls.copy()
  padded[1, 8:], padded[3, 4:], padded[4] = 1, 1, 1
  np.testing.assert_allclose(model(rolls, lengths=lengths), model(padded, lengths=lengths), atol=1e-6)
  latents, valid = model.prepare(rolls, lengths)
  assert latents.shape == (5, 4, 4) and np.sum(valid, axis=1).tolist() == [4, 2, 2, 1, 0]
  assert model.features(latents, ['logits'])['logits'].shape == (5, 4)
  assert all('encoder' not in variable.path for variable in model.variables)


def test_latent_classifier_without_its_encoder():
  model = configs.get('genre-latent').override('encoder=,filters=[5],kernels=[3],strides=[1]').build_model()
  with pytest.raises(errors.ModelNotFoundError, match='encoder'):
    model(random_rolls(1, 64))
  with pytest.raises(errors.ArgumentError, match='windows of 32'):
    configs.get('genre-latent').override('steps=100').build_model()


def test_trunk_says_what_does_not_fit():
  with pytest.raises(ValueError, match='one length'):
    networks.ConvTrunk((4, 4), (3,), (1, 1))
  with pytest.raises(ValueError, match='pooling'):
    networks.ConvTrunk((4,), (3,), (1,), pooling='sum')


@pytest.mark.slow
def test_learns_register_from_few_steps():
  """High music against low music, with notes dropped and examples silenced: held-out accuracy after 40 steps."""
  keras.utils.set_random_seed(0)
  model = configs.get('genre-roll_small').override(SMALL).override("classes=[low,high],dense=[]").build_model()

  def batch(seed):
    labels = np.arange(16) % 2
    rolls = random_rolls(16, seed=seed)
    rolls[labels == 0, :, 44:88], rolls[labels == 1, :, :44] = 0, 0
    return {'inputs': tf.constant(rolls), 'labels': tf.constant(labels), 'seeds': tf.range(16) + 16 * seed}

  optimizer = keras.optimizers.Adam(.01)
  optimizer.build(model.trainable_variables)

  @tf.function
  def step(inputs, i):
    with tf.GradientTape() as tape:
      loss = tf.reduce_mean(model.loss_terms(inputs, True, i)['cross_entropy'])
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

  for i in range(40):
    step(batch(i), tf.constant(i))
  right, count = model.metric_terms(batch(999), 0)['accuracy']
  assert np.sum(right) / np.sum(count) >= .9
