"""MusAE's parts against what they must be: the critic's gradient, tags, annealing, who moves what, and the paper's sizes."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import configs
from musicnst import errors
from musicnst.models.musae import networks
from musicnst.training import trainer

TINY = 'width=6,z_size=5,critic_size=[7,6]'


def _model(name='musae-2bar_mixture-small', more=''):
  return configs.get(name, ','.join(filter(None, (TINY, more)))).build_model()


def _batch(model, size=6, seed=0):
  random = np.random.default_rng(seed)
  states = random.integers(0, 130, (size, 32, 2))
  hot = np.eye(130, dtype=np.float32)[states].reshape(size, 32, 260)
  return {'inputs': tf.constant(hot), 'outputs': tf.constant(hot), 'seeds': tf.range(size),
          'tags': tf.constant(np.eye(len(model.genres), dtype=np.float32)[np.arange(size) % max(len(model.genres), 1)])}


@pytest.mark.parametrize('condition', [None, 3])
def test_the_critics_gradient_is_that_of_the_tape(condition):
  critic = networks.Critic((7, 6))
  critic.build((None, 5 + (condition or 0)))
  random = np.random.default_rng(0)
  z = tf.constant(random.standard_normal((4, 5)), tf.float32)
  tags = None if condition is None else tf.constant(random.standard_normal((4, condition)), tf.float32)
  with tf.GradientTape() as tape:
    tape.watch(z)
    score = critic(z, tags)
  np.testing.assert_allclose(critic.gradient(z, tags), tape.gradient(score, z), rtol=1e-5, atol=1e-6)


def test_a_critic_of_one_layer_by_hand():
  critic = networks.Critic((1,))
  critic.build((None, 2))
  critic.hidden[0].kernel.assign([[1.], [2.]])
  critic.score.kernel.assign([[3.]])
  z = tf.constant([[.5, -.25]])
  assert float(critic(z)[0]) == pytest.approx(0)
  np.testing.assert_allclose(critic.gradient(z), [[3, 6]], rtol=1e-6)


def test_players_move_their_own_and_all_is_moved():
  model = _model()
  critic, autoencoder = model.players()
  assert (critic.name, critic.steps, autoencoder.name, autoencoder.steps) == ('critic', 3, 'autoencoder', 1)
  names = [{v.path for v in player.variables()} for player in (critic, autoencoder)]
  assert not names[0] & names[1] and len(names[0] | names[1]) == len(model.trainable_variables)
  published = _model(more='as_published=true').players()
  assert len(published) == 1 and len(published[0].variables()) == len(model.trainable_variables)


def test_the_published_joint_step_cancels_the_game():
  """Its encoder is given opposite gradients with one weight: with one noise for both, nothing but the penalty is left."""
  model = _model(more='as_published=true,beta_boundaries=[0],beta_increase=.5')
  batch = _batch(model)
  terms = model.joint_terms(batch, True, tf.constant(3))
  critic = model.critic_terms(batch, True, tf.constant(3))
  np.testing.assert_allclose(terms['wasserstein'], .5 * critic['wasserstein'], rtol=1e-5)
  with tf.GradientTape(persistent=True) as tape:
    terms = model.joint_terms(batch, True, tf.constant(3))
    game = tf.reduce_sum(terms['wasserstein'] + terms['adversarial'])
    alone = tf.reduce_sum(terms['adversarial'])
  weight = model.mean_head.kernel.value
  np.testing.assert_allclose(tape.gradient(game, weight), np.zeros(weight.shape), atol=1e-5)
  assert np.abs(tape.gradient(alone, weight)).max() > 1e-6


def test_annealing():
  model = _model(more='beta_boundaries=[10,20,30],beta_increase=.1')
  assert [round(float(model.beta(step)), 6) for step in (0, 9, 10, 19, 20, 1000)] == [0, 0, .1, .1, .2, .3]
  paper = configs.get('musae-2bar_gaussian').hparams
  assert paper.beta_boundaries[:2] == (10000, 20000) and len(paper.beta_boundaries) * paper.beta_increase == pytest.approx(1)


def test_tags_choose_components():
  model = _model()
  assert [model.component_of(genre) for genre in ('classical', 'jazz', 'pop', 'folk')] == [0, 8, 16, 24]
  batch = _batch(model, 400)
  several = np.tile([[1., 0, 1, 0]], (400, 1))
  several[300:] = 0
  component, condition = model._drawn_tags({**batch, 'tags': tf.constant(several, tf.float32)}, tf.range(400, dtype=tf.int64) * 7919)
  component, condition = component.numpy(), condition.numpy()
  assert set(component[:300]) == {0, 16} and 110 < (component[:300] == 0).sum() < 190
  np.testing.assert_array_equal(condition[:300].argmax(1) * 8, component[:300])
  assert set(component[300:]) == {0, 8, 16, 24} and not condition[300:].any()  # untagged: anywhere, and the critic has no condition


def test_the_33rd_component():
  model = _model(more='untagged=true')
  assert model.prior.count == 33
  batch = {**_batch(model, 4), 'tags': tf.zeros((4, 4))}
  component, condition = model._drawn_tags(batch, tf.range(4, dtype=tf.int64))
  assert component.numpy().tolist() == [32] * 4 and condition.numpy()[:, 4].tolist() == [1] * 4
  assert _model('musae-2bar_gaussian-small').draw_latents(3).shape == (3, 5)


def test_draws_lie_where_their_genre_does():
  model = _model()
  z = model.draw_latents(500, genre='pop')
  np.testing.assert_allclose(z.mean(0), [-1, 0, 0, 0, 0], atol=.06)
  assert (model.prior.log_densities(z).argmax(1) == 16).mean() > .5
  spread = model.draw_latents(400, seed=1)
  assert np.abs(spread[:, :2].mean(0)).max() < .1
  with pytest.raises(errors.UnknownNameError, match="unknown genre 'polka'; known: classical"):
    model.draw_latents(2, genre='polka')
  with pytest.raises(errors.UnknownNameError, match='one Gaussian for all'):
    _model('musae-2bar_gaussian-small').component_of('pop')


@pytest.mark.parametrize('more, message', [
    ('prior=cauchy', 'unknown prior'), ('genres=[]', 'takes 1 to 32 genres, not 0'), ('components=2', 'takes 1 to 2 genres, not 4'),
    ('whole_size=2', 'less whole_size 2 must be a multiple of the 2 bars'), ('whole_size=5', 'z_size 5 less whole_size 5'),
    ('whole_size=1,width=0', 'whole_size=1 needs the small networks')])
def test_bad_hparams(more, message):
  with pytest.raises(errors.HparamError, match=message):
    _model(more=more)


def test_reconstruction_is_nats_a_step_summed_over_tracks():
  model = _model()
  head = model.decoder.head
  batch = _batch(model)
  uniform = tf.zeros((6, 32, 260))
  np.testing.assert_allclose(head.nats(uniform, batch['outputs']), np.full((6, 32), 2 * np.log(130)), rtol=1e-5)
  sure = 50 * batch['outputs']
  measures = head.measures(sure, batch['outputs'], tf.ones((6, 32)), ('highest', 'lowest'))
  for right, count in measures.values():
    np.testing.assert_allclose(right, count)
  assert set(measures) == {'accuracy', 'accuracy/highest', 'accuracy/lowest', 'onset_accuracy'}
  lengths = tf.constant([16] * 6)
  wrong = tf.concat([sure[:, :16], 50 * tf.roll(batch['outputs'][:, 16:], 1, 2)], 1)
  short = {**batch, 'lengths': lengths}
  model.decoder.call = lambda z: wrong
  assert np.abs(model._reconstruction(None, short)).max() < 1e-3 < 1 < model._reconstruction(None, batch).numpy().min()


def test_whitened_latents_are_the_priors():
  """The first encoder's means, drawn out to the prior's scale: small where the prior is."""
  model = _model(more='z_size=64')
  posterior = model.encode(_batch(model))
  assert np.asarray(posterior.stddev)[:, 2:].max() < .2 < np.asarray(posterior.stddev)[:, :2].max() * 3
  np.testing.assert_allclose(model.scale[2:], np.sqrt(.001), rtol=1e-5)


def test_bars_over_beats_carry_the_gradient():
  """Along itself the loss changes by the gradient's length: central differences."""
  model = _model(more='bar_width=6,bar_rnn_size=4')
  batch = _batch(model)
  assert model.decode_logits(model.encode(batch).mean).shape == (6, 32, 260)
  player = model.players()[1]
  variables = [v.value for v in player.variables()]
  loss = lambda: tf.reduce_sum(player.loss_terms(batch, True, tf.constant(0))['reconstruction'])
  with tf.GradientTape() as tape:
    total = loss()
  gradients = tape.gradient(total, variables)
  norm, found = float(tf.linalg.global_norm(gradients)), []
  for way in (.01, -.02):
    for variable, gradient in zip(variables, gradients):
      variable.assign_add(gradient * (way / norm))
    found.append(float(loss()))
  assert (found[0] - found[1]) / .02 == pytest.approx(norm, rel=.02)


def test_a_bars_own_latents_are_of_that_bar_alone():
  """Two bars, z 8: dimensions 0 to 1 of both, 2 to 4 of the first, 5 to 7 of the second."""
  model = _model(more='z_size=8,whole_size=2')
  batch = _batch(model)
  other = np.array(batch['inputs'])
  other[:, 16:] = np.roll(other[:, 16:], 1, axis=2)
  mean, moved = (model.encode({**batch, 'inputs': inputs}).mean.numpy() for inputs in (batch['inputs'], other))
  changed = np.abs(moved - mean).max(axis=0) > 1e-7 * model.scale
  assert changed.tolist() == [True, True, False, False, False, True, True, True]
  for dimension, bars in ((1, [True, True]), (3, [True, False]), (7, [False, True])):
    shifted = mean + model.scale * np.eye(8, dtype=np.float32)[dimension]
    difference = np.abs(model.decode_logits(shifted) - model.decode_logits(mean)).reshape(6, 2, -1).max(axis=(0, 2))
    assert (difference > 1e-6).tolist() == bars


@pytest.mark.slow
@pytest.mark.parametrize('name', ['musae-2bar_gaussian', 'musae-16bar_mixture'])
def test_paper_size_takes_a_step(name):
  config = configs.get(name, 'batch_size=1,critic_steps=1')
  assert config.hparams.z_size == 512 and config.hparams.dec_rnn_size == (1024,) * 3
  made = trainer.Trainer(config, tf.distribute.get_strategy())
  steps = config.hparams.steps
  hot = np.eye(130, dtype=np.float32)[np.random.default_rng(0).integers(0, 130, (1, steps, 4))].reshape(1, steps, 520)
  batch = {'inputs': hot, 'outputs': hot, 'seeds': np.zeros(1, np.int32), 'lengths': np.array([steps], np.int32)}
  if config.hparams.genres:
    batch['tags'] = np.array([[0, 1, 0, 0]], np.float32)
  row = made.train(iter(tf.data.Dataset.from_tensors(batch)), 1)[0]
  assert row['autoencoder/losses/reconstruction'] == pytest.approx(4 * np.log(130), rel=.02)
