"""What every registered model must keep, whatever its family: `run_model_contract(family, name, folder)`."""
import contextlib
import json

import keras
import numpy as np
import tensorflow as tf

from musicnst.models import base
from musicnst.models import naming

BATCH = 3


def run_model_contract(family, name, folder):
  """Builds a tiny model and checks what training, bundles and inference rely on, then what its abilities promise.

  Args:
    family: `config.Family`.
    name: of one of its configs.
    folder: an empty folder to save weights in.
  """
  config = family.tiny_config(name)
  batch = batch_of(family, config)
  model = built(family, config)
  check_losses_fall(model, batch)
  check_weights_round_trip(family, model, config, batch, folder)
  check_noise_is_keyed(model, batch)
  json.dumps(model.get_config())
  for measure, value in model.metric_terms(batch, tf.constant(3)).items():
    for part in value if isinstance(value, tuple) else (value,):
      assert part.shape[0] == BATCH and np.isfinite(part).all(), measure
  checks = [check for ability, check in CHECKS.items() if isinstance(model, ability)]
  assert checks and base.abilities(model), f'{name} can do nothing'
  for check in checks:
    check(model, config, batch)
  with mixed_precision():
    check_losses_fall(built(family, config), batch)


def batch_of(family, config, seed=0):
  """The family's random batch; what the models of a batch rely on holds."""
  batch, converter = {name: tf.constant(value) for name, value in family.batch(config, BATCH, seed).items()}, config.build_converter()
  assert {'inputs', 'outputs', 'lengths', 'seeds'} <= set(batch)
  assert batch['inputs'].shape[-2:] == (converter.steps, converter.input_depth)
  assert batch['outputs'].shape[-2:] == (converter.steps, converter.output_depth)
  assert ('controls' in batch) == bool(converter.control_depth)
  return batch


def built(family, config):
  keras.utils.set_random_seed(1)
  model = config.build_model()
  assert model.config_name == config.name
  family.prepare(model)
  assert model.built and len(model.variables) == len(naming.named_variables(model))
  return model


# === Training ===


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


def check_weights_round_trip(family, model, config, batch, folder):
  """Weights that were saved give the same losses in a new model."""
  path = str(folder / 'model.weights.h5')
  model.save_weights(path)
  keras.utils.set_random_seed(2)
  again = config.build_model()
  family.prepare(again)
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


# === Abilities ===


def check_samples(model, config, batch):
  """`sample`: outputs of the converter's shape and kind; equal seeds give equal ones."""
  converter = config.build_converter()
  controls = {name: value for name, value in batch.items() if name == 'controls'}
  first, again, other = (np.asarray(model.sample(BATCH, seed=seed, **controls)) for seed in (5, 5, 6))
  assert first.shape == (BATCH, converter.steps, converter.output_depth)
  _check_outputs(first, converter)
  np.testing.assert_array_equal(first, again)
  assert np.any(first != other) and np.any(first[0] != first[1])


def check_latents(model, config, batch):
  """Shapes and ranges of the latent interface; the encoder reads inputs, never outputs."""
  converter = config.build_converter()
  posterior = model.encode(batch)
  assert posterior.mean.shape == posterior.stddev.shape == (BATCH, model.z_size)
  assert (posterior.stddev.numpy() > 0).all()
  blind = model.encode({**batch, 'outputs': tf.zeros_like(batch['outputs'])})
  np.testing.assert_array_equal(blind.mean, posterior.mean)
  logits = model.decode_logits(posterior.mean, batch)
  assert logits.shape[:2] == (BATCH, converter.steps) and logits.dtype == 'float32'
  _check_outputs(np.asarray(model.likeliest(logits)), converter)
  # The same piece three times, drawn with seeds of which two are equal.
  same = tf.repeat(posterior.mean[:1], BATCH, 0)
  controls = {name: tf.repeat(value[:1], BATCH, 0) for name, value in batch.items() if name == 'controls'}
  likeliest = model.decode_tokens(same, **controls)
  drawn = model.decode_tokens(same, temperature=1.0, seed=tf.constant([5, 5, 6], tf.int64), **controls)
  for tokens in (likeliest, drawn):
    assert tokens.shape == (BATCH, converter.steps, converter.output_depth)
    _check_outputs(np.asarray(tokens), converter)
  close = 1e-6 if converter.real_valued else 0
  np.testing.assert_allclose(likeliest[0], likeliest[2], rtol=0, atol=close)
  np.testing.assert_allclose(drawn[0], drawn[1], rtol=0, atol=close)
  assert np.any(np.asarray(drawn[0]) != np.asarray(drawn[2]))
  with tf.GradientTape() as tape:
    tape.watch(posterior.mean)
    total = tf.reduce_sum(tf.square(model.decode_logits(posterior.mean, batch)))
  assert np.abs(tape.gradient(total, posterior.mean)).max() > 0


def check_prior(model, config, batch):
  """Latents of the prior: of the right size, repeatable, and what `sample` decodes."""
  controls = {name: value for name, value in batch.items() if name == 'controls'}
  z = model.draw_latents(BATCH, seed=4)
  assert z.shape == (BATCH, model.z_size) and z.dtype == np.float32
  np.testing.assert_array_equal(z, model.draw_latents(BATCH, seed=4))
  np.testing.assert_array_equal(
      model.sample(BATCH, temperature=1.0, seed=4, **controls), model.decode_tokens(tf.constant(z), temperature=1.0, seed=4, **controls))


def check_mixture(model, config, batch):
  """Each genre has a component of its own of the prior."""
  components = [model.component_of(genre) for genre in model.genres]
  assert len(set(components)) == len(components) and set(components) <= set(range(model.prior.count))


def check_translation(model, config, batch):
  """From each domain to another: of that one's shape, in range, each row by itself, and not what went in."""
  converter = config.build_converter()
  assert len(set(model.domains)) == len(model.domains) >= 2 and model.directions
  for source, target in model.directions:
    windows, like = model.domain_of(batch, source), model.domain_of(batch, target)
    result = np.asarray(model.translate(windows, target))
    assert result.shape == tuple(like.shape) and result.dtype == np.float32 and np.isfinite(result).all()
    assert converter.real_valued or 0 <= result.min() and result.max() <= 1
    assert np.any(result[0] != result[1]), 'what comes out does not depend on what goes in'
    np.testing.assert_allclose(np.asarray(model.translate(windows[::-1], target))[::-1], result, atol=1e-5)
    assert result.shape != tuple(windows.shape) or np.any(np.abs(result - windows) > 1e-3), 'the input came out'


def check_classes(model, config, batch):
  """Logits of the classes for single windows, which are read."""
  windows = batch['inputs'] if len(batch['inputs'].shape) == 3 else batch['inputs'][:, 0]
  logits = np.asarray(model(windows, lengths=batch['lengths']))
  assert logits.shape == (BATCH, len(model.classes)) and logits.dtype == np.float32
  assert len(set(model.classes)) == len(model.classes) >= 2
  assert np.any(np.asarray(model(1 - windows, lengths=batch['lengths'])) != logits)


CHECKS = {
    base.GenerativeModel: check_samples,
    base.LatentModel: check_latents,
    base.PriorModel: check_prior,
    base.MixtureModel: check_mixture,
    base.TranslationModel: check_translation,
    base.ClassifierModel: check_classes,
}


def _check_outputs(outputs, converter):
  """0/1 with one on in each categorical block, or finite real values."""
  assert np.isfinite(outputs).all()
  if not converter.real_valued:
    assert set(np.unique(outputs)) <= {0., 1.}
  start = 0
  for depth in converter.categorical_depths:
    assert (outputs[..., start:start + depth].sum(-1) == 1).all()
    start += depth


@contextlib.contextmanager
def mixed_precision():
  """Models built inside compute in bfloat16."""
  policy = keras.config.dtype_policy()
  keras.config.set_dtype_policy('mixed_bfloat16')
  try:
    yield
  finally:
    keras.config.set_dtype_policy(policy)
