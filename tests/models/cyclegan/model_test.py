"""The losses against their definitions, who faces whom, the pool, and one step of a paper-size model."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import configs
from musicnst import errors
from musicnst import inference
from musicnst.data import dataset
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.models import naming
from musicnst.representations import base
from musicnst.training import loop
from musicnst.training import trainer

TINY = 'steps=16,width=4,critic_width=4,blocks=2,batch_size=4,'


def build(name='full', hparams=''):
  return configs.get(f'cyclegan-{name}_classical_pop-small', TINY + hparams).build_model()


def batch_of(genres=3, rows=4, seed=0):
  rng = np.random.default_rng(seed)
  return {'inputs': tf.constant((rng.random((rows, genres, 16, 84)) < .1).astype('float32')), 'seeds': tf.constant(np.arange(rows), tf.int32)}


def terms_of(model, player, batch, step=0, training=False):
  found = {p.name: p for p in model.players()}[player].loss_terms(batch, training, tf.constant(step, tf.int64))
  return {name: term.numpy() for name, term in found.items()}


def mean(x):
  return np.asarray(x).mean((1, 2))


def test_losses_without_noise_are_the_papers():
  model, batch = build(hparams='noise_deviation=0.0,mixed_weight=.5'), batch_of()
  a, b = batch['inputs'][:, 0], batch['inputs'][:, 1]
  fake_b, fake_a = model.to_b(a), model.to_a(b)
  terms = terms_of(model, 'generator', batch)
  np.testing.assert_allclose(terms['cycle_a'], 10 * mean(np.abs(model.to_a(fake_b) - a)), rtol=1e-5)
  np.testing.assert_allclose(terms['cycle_b'], 10 * mean(np.abs(model.to_b(fake_a) - b)), rtol=1e-5)
  np.testing.assert_allclose(terms['adversarial_a'], mean((model.critic_a(fake_a) - 1) ** 2), rtol=1e-5)
  np.testing.assert_allclose(terms['adversarial_b'], mean((model.critic_b(fake_b) - 1) ** 2), rtol=1e-5)
  np.testing.assert_allclose(terms['mixed_b'], .5 * mean((model.mixed_critic_b(fake_b) - 1) ** 2), rtol=1e-5)
  terms = terms_of(model, 'discriminator', batch)
  np.testing.assert_allclose(terms['real_a'], .5 * mean((model.critic_a(a) - 1) ** 2), rtol=1e-5)
  np.testing.assert_allclose(terms['made_b'], .5 * mean(model.critic_b(fake_b) ** 2), rtol=1e-5)
  np.testing.assert_allclose(terms['mixed_made_a'], .25 * mean(model.mixed_critic_a(fake_a) ** 2), rtol=1e-5)
  # Each example's mixed music is its window of one of the three genres.
  shown = [.25 * mean((model.mixed_critic_a(batch['inputs'][:, genre]) - 1) ** 2) for genre in range(3)]
  for row, value in enumerate(terms['mixed_real_a']):
    assert min(abs(value - choice[row]) for choice in shown) < 1e-6


@pytest.mark.slow
def test_generators_face_the_mixed_discriminators_unless_as_published():
  batch = batch_of()
  for published in (False, True):
    model = build(hparams=f'as_published={published}')
    before = sum(terms_of(model, 'generator', batch).values())
    for variable in model.mixed_critic_a.trainable_variables + model.mixed_critic_b.trainable_variables:
      variable.assign(variable * 1.5)
    after = sum(terms_of(model, 'generator', batch).values())
    assert np.array_equal(before, after) == published
    assert ('mixed_a' in terms_of(model, 'generator', batch)) != published
    assert 'mixed_real_a' in terms_of(model, 'discriminator', batch)


def test_variants_differ_in_discriminators_and_in_what_they_hear():
  base, partial, full = (build(name) for name in ('base', 'partial', 'full'))
  assert [len(model.critics) for model in (base, partial, full)] == [2, 4, 4]
  assert base.classes == partial.classes == ('classical', 'pop') and full.classes == ('classical', 'pop', 'jazz')
  assert base.pool_a is None and full.pool_a.shape == (50, 16, 84)


def test_noise_is_half_normal_and_one_draw_for_all_discriminators():
  model, batch = build(hparams='noise_deviation=3.0'), batch_of(rows=40)
  seen = {}

  def watched(name, original):
    def call(x, training=False):
      seen.setdefault(name, []).append(np.asarray(x))
      return original(x, training=training)
    return call

  for name in ('critic_a', 'critic_b', 'mixed_critic_b'):
    critic = getattr(model, name)
    critic.call = watched(name, critic.call)
  terms_of(model, 'discriminator', batch, training=True)
  terms_of(model, 'generator', batch, training=True)
  noise = seen['critic_a'][0][:40] - batch['inputs'][:, 0].numpy()
  assert noise.min() > -1e-5 and noise.mean() == pytest.approx(3 * np.sqrt(2 / np.pi), rel=.02)
  np.testing.assert_allclose(seen['critic_b'][0][:40] - batch['inputs'][:, 1].numpy(), noise, atol=1e-5)
  made = model.translate(batch['inputs'][:, 0], 1).numpy()
  np.testing.assert_allclose(seen['mixed_critic_b'][-1] - made, noise, atol=1e-4)


def test_pool_shows_half_of_the_examples_something_made_before():
  model = build(hparams='pool_size=8')
  made = tf.constant(np.random.default_rng(0).random((4, 16, 84)), tf.float32)
  key = tf.constant([11, 12, 13, 14], tf.int64)
  np.testing.assert_array_equal(model._pooled('a', made, key, True, tf.constant(0)), made)  # nothing was made before
  np.testing.assert_array_equal(model.pool_a[:4], made)
  assert (model.pool_a[4:].numpy() == -1).all()
  model._pooled('a', made + 10, key, True, tf.constant(1))  # the pool is full now
  np.testing.assert_array_equal(model.pool_a[4:], made + 10)
  old = 0
  for step in range(2, 60):
    shown = model._pooled('a', made + 10 * step, key + 4 * step, True, tf.constant(step)).numpy()
    fresh = np.isclose(shown, made + 10 * step).all((1, 2))
    old += (~fresh).sum()
    for row in shown[~fresh]:
      assert np.isclose(row % 10, made, atol=1e-4).all((1, 2)).any() and row.mean() > 10 * (step - 2)
    np.testing.assert_array_equal(model.pool_a[4 * (step % 2):][:4], made + 10 * step)
  assert .35 < old / (58 * 4) < .65
  np.testing.assert_array_equal(model._pooled('a', made, key, False, tf.constant(60)), made)  # not in evaluation


def test_metrics_count_changed_cells():
  model, batch = build('base'), batch_of(2)
  found = {name: [np.asarray(part) for part in pair] for name, pair in model.metric_terms(batch, 0).items()}
  a = batch['inputs'][:, 0].numpy()
  fake = (model.translate(a, 1).numpy() >= .5).astype(float)
  np.testing.assert_array_equal(found['change_a'][0], np.abs(fake - a).sum((1, 2)))
  np.testing.assert_array_equal(found['change_a'][1], a.sum((1, 2)))
  assert set(found) == {'change_a', 'change_b', 'cycle_change_a', 'cycle_change_b'}


def test_wrong_sizes_are_named():
  with pytest.raises(errors.ArgumentError, match='multiple of 4'):
    build(hparams='steps=18')
  with pytest.raises(errors.ArgumentError, match='at least two'):
    build(hparams='classes=[pop]')


@pytest.mark.slow
@pytest.mark.parametrize('name, steps', [('cyclegan-full-sn-sa_jazz_pop', 16), ('genre-phrase_jazz_classical_pop', 64)])
def test_a_paper_size_model_takes_a_step(name, steps, tmp_path):
  config = configs.get(name, f'batch_size=1,steps={steps}')  # every weight of the paper's, of a shorter roll
  path = write_binary(tmp_path / 'w', config.build_converter(), 6, ('jazz', 'pop', 'classical'))
  moved = trainer.Trainer(config, tf.distribute.get_strategy())
  before = [v.numpy() for v in moved.players[0].variables()[:3]]
  feed = iter(dataset.batches(path, config.build_converter(), config.hparams, 1, True, classes=config.hparams.classes, one_of_each=True))
  tf.config.run_functions_eagerly(True)  # one step: to run it takes less than to compile it
  try:
    row, = moved.train(feed, 1)
  finally:
    tf.config.run_functions_eagerly(False)
  # New networks say next to nothing: a generator .5 everywhere, a discriminator 0, a classifier of three genres each of them alike.
  expected = {'cross_entropy': np.log(3), 'cycle_a': 10 * .5, 'cycle_b': 10 * .5, 'adversarial_a': 1, 'adversarial_b': 1,
              'real_a': .5, 'real_b': .5, 'made_a': 0, 'made_b': 0}
  terms = {name.rsplit('/', 1)[1]: value for name, value in row.items() if 'losses/' in name}
  for name in set(expected) & set(terms):
    assert terms[name] == pytest.approx(expected[name], abs=1.0 if name.startswith('cycle') else .5), name  # cycles weigh ten times as much
  assert set(expected) & set(terms) == ({'cross_entropy'} if steps == 64 else set(expected) - {'cross_entropy'})
  assert any((v.numpy() != old).any() for v, old in zip(moved.players[0].variables()[:3], before))


def write_binary(path, converter, count, genres):
  """Record file of random windows, genre by genre in turn."""
  random = np.random.default_rng(0)
  windows = [base.Window(roll, roll, converter.steps, labels={'genre': genres[i % len(genres)]})
             for i, roll in enumerate(random.random((count, converter.steps, 84)) < .1)]
  path.write_bytes(b''.join(tfrecords.frame(records.write_example(window, converter)) for window in windows))
  return str(path)


@pytest.mark.slow
def test_a_resumed_training_is_an_unbroken_one(tmp_path):
  config = configs.get('cyclegan-full-sn_classical_pop-small', 'steps=16,width=2,critic_width=2,blocks=1,batch_size=2,pool_size=4')
  path = write_binary(tmp_path / 'w', config.build_converter(), 12, ('jazz', 'pop', 'classical'))
  options = dict(examples_path=path, checkpoint_every_secs=0, steps_per_call=1, show_progress=False)
  loop.train(config, str(tmp_path / 'whole'), num_steps=4, **options)
  for steps in (2, 4):
    loop.train(config, str(tmp_path / 'broken'), num_steps=steps, **options)
  whole, broken = (naming.named_variables(inference.load_model(str(tmp_path / name))[0]) for name in ('whole', 'broken'))
  assert {'pool_a', 'pool_b'} <= set(whole)
  for name, variable in whole.items():
    np.testing.assert_array_equal(variable, broken[name], err_msg=name)
