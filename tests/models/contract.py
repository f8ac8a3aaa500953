"""What every registered model must keep, whatever its family: `run_model_contract(config)`."""
import contextlib
import json

import keras
import numpy as np
import tensorflow as tf

from musicnst.models import base
from musicnst.models import naming

BATCH = 3


def run_model_contract(config, folder, prepare=lambda model: None):
  """Builds the (tiny) config's model and checks what training, bundles and inference rely on.

  Args:
    config: a `Config` made small by overrides.
    folder: an empty folder to save weights in.
    prepare: called with each new model, before it is used.
  """
  batch = batch_for(config)
  model = built(config, prepare)
  check_losses_fall(model, batch)
  check_weights_round_trip(model, config, batch, folder, prepare)
  check_noise_is_keyed(model, batch)
  json.dumps(model.get_config())
  for name, value in model.metric_terms(batch, tf.constant(3)).items():
    for part in value if isinstance(value, tuple) else (value,):
      assert part.shape[0] == BATCH and np.isfinite(part).all(), name
  if isinstance(model, base.LatentModel):
    check_latents(model, config, batch)
  with mixed_precision():
    check_losses_fall(built(config, prepare), batch)


def batch_for(config, size=BATCH, seed=0):
  """A random batch that the config's converter could have given."""
  rng, converter = np.random.default_rng(seed), config.build_converter()
  shape = (size, converter.steps, converter.output_depth)
  outputs = rng.random(shape).astype(np.float32) if converter.real_valued else _tokens(rng, converter.categorical_depths, shape)
  same = converter.input_depth == converter.output_depth
  inputs = outputs if same else _tokens(rng, (), (size, converter.steps, converter.input_depth))
  batch = {'inputs': inputs, 'outputs': outputs, 'lengths': np.full(size, converter.steps, np.int32),
           'seeds': rng.integers(0, 2**31 - 1, size).astype(np.int32)}
  if converter.num_lengths > 1:
    batch['lengths'] = rng.integers(1, converter.steps // converter.num_lengths + 1, (size, converter.num_lengths)).astype(np.int32)
  if converter.control_depth:
    batch['controls'] = _tokens(rng, (converter.control_depth,), (size, converter.steps, converter.control_depth))
  if config.hparams.get('one_of_each'):  # an example is one window of each class
    genres = [_tokens(rng, converter.categorical_depths, (size, converter.steps, converter.input_depth)) for _ in config.hparams.classes]
    batch['inputs'] = batch['outputs'] = np.stack(genres, 1)
  elif 'classes' in config.hparams:
    batch['labels'] = np.arange(size, dtype=np.int32) % len(config.hparams.classes)
  if config.hparams.get('genres'):
    batch['tags'] = rng.integers(0, 2, (size, len(config.hparams.genres))).astype(np.float32)
  return {name: tf.constant(value) for name, value in batch.items()}


def built(config, prepare=lambda model: None):
  keras.utils.set_random_seed(1)
  model = config.build_model()
  prepare(model)
  assert model.built and len(model.variables) == len(naming.named_variables(model))
  return model


def check_losses_fall(model, batch):
  """Each player's terms are finite, of shape `[B]`, float32, and a small step against their gradient lowers them; all variables take part."""
  for player in model.players():
    variables = [variable.value for variable in player.variables()]
    with tf.GradientTape() as tape:
      before = _loss(player, batch)
    gradients = tape.gradient(before, variables)
    assert all(g is not None and np.isfinite(g).all() for g in gradients)
    norm = float(tf.linalg.global_norm(gradients))
    assert norm > 0
    for variable, gradient in zip(variables, gradients):
      variable.assign_sub(tf.cast(gradient, variable.dtype) * (.02 / norm))
    after = _loss(player, batch)
    assert after < before, f'{player.name}: {before} -> {after}'


def _loss(player, batch):
  terms = player.loss_terms(batch, training=True, step=tf.constant(100, tf.int64))
  for name, term in terms.items():
    assert term.shape == (BATCH,) and term.dtype == 'float32' and np.isfinite(term).all(), name
  return tf.reduce_sum(tf.add_n(list(terms.values())))


def check_weights_round_trip(model, config, batch, folder, prepare):
  """Weights that were saved give the same losses in a new model."""
  path = str(folder / 'model.weights.h5')
  model.save_weights(path)
  keras.utils.set_random_seed(2)
  again = config.build_model()
  prepare(again)
  again.load_weights(path)
  for player, other in zip(model.players(), again.players()):
    terms, same = (p.loss_terms(batch, training=False, step=tf.constant(9)) for p in (player, other))
    for name in terms:
      np.testing.assert_array_equal(terms[name], same[name])


def check_noise_is_keyed(model, batch):
  """An example's training loss depends on its own seed and step only, not on its place in the batch."""
  order = [2, 0, 1]
  twice = {name: tf.concat([value, tf.gather(value, order)], 0) for name, value in batch.items()}
  for player in model.players():
    for name, term in player.loss_terms(twice, training=True, step=tf.constant(7)).items():
      np.testing.assert_allclose(np.asarray(term)[:BATCH][order], term[BATCH:], rtol=1e-4, atol=1e-4, err_msg=name)


def check_latents(model, config, batch):
  """Shapes and ranges of the latent interface."""
  converter = config.build_converter()
  posterior = model.encode(batch)
  assert posterior.mean.shape == posterior.stddev.shape == (BATCH, model.z_size)
  assert (posterior.stddev.numpy() > 0).all()
  logits = model.decode_logits(posterior.mean, batch)
  assert logits.shape[:2] == (BATCH, converter.steps) and logits.dtype == 'float32'
  shape = (BATCH, converter.steps, converter.output_depth)
  # The same piece three times, drawn with seeds of which two are equal.
  same = tf.repeat(posterior.mean[:1], BATCH, 0)
  controls = {name: tf.repeat(value[:1], BATCH, 0) for name, value in batch.items() if name == 'controls'}
  likeliest = model.decode_tokens(same, **controls)
  drawn = model.decode_tokens(same, temperature=1.0, seed=tf.constant([5, 5, 6], tf.int64), **controls)
  for tokens in (likeliest, drawn):
    assert tokens.shape == shape and (converter.real_valued or set(np.unique(tokens)) <= {0., 1.})
  close = 1e-6 if converter.real_valued else 0
  np.testing.assert_allclose(likeliest[0], likeliest[2], rtol=0, atol=close)
  np.testing.assert_allclose(drawn[0], drawn[1], rtol=0, atol=close)
  assert np.any(np.asarray(drawn[0]) != np.asarray(drawn[2]))
  with tf.GradientTape() as tape:
    tape.watch(posterior.mean)
    total = tf.reduce_sum(tf.square(model.decode_logits(posterior.mean, batch)))
  assert np.abs(tape.gradient(total, posterior.mean)).max() > 0


@contextlib.contextmanager
def mixed_precision():
  """Models built inside compute in bfloat16."""
  policy = keras.config.dtype_policy()
  keras.config.set_dtype_policy('mixed_bfloat16')
  try:
    yield
  finally:
    keras.config.set_dtype_policy(policy)


def _tokens(rng, depths, shape):
  if not depths:
    return (rng.random(shape) < .1).astype(np.float32)
  return np.concatenate([np.eye(d, dtype=np.float32)[rng.integers(0, d, shape[:2])] for d in depths], axis=-1)
