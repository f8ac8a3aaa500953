"""A short training loop on Keras's stateless API, for machines with an accelerator that have JAX but no TensorFlow.

  KERAS_BACKEND=jax python -c "from musicnst.training import jax_loop
  jax_loop.train('polyphonic-2bar', 'windows-train-*', 'made', num_steps=20000, eval_examples_path='windows-validation-*')"

Same configs, records, losses, learning rate, clipping and transposition as `training.loop`, and Keras's Adam, which is the trainer's by
another kernel; what it writes is a bundle, which every other job takes under either backend (`musicnst train --warm_start=made` goes on with
it). For models of one player, on one device: CycleGAN and MusAE need the trainer. Windows are held in memory, packed to bits. Nothing here
imports TensorFlow.
"""
import dataclasses
import time

import keras
import numpy as np

from musicnst import bundles
from musicnst import config as config_lib
from musicnst import configs
from musicnst import errors
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.data import transposition
from musicnst.models import naming
from musicnst.training import schedules
from musicnst.training import updates


def train(config, examples_path, output, num_steps, hparams='', eval_examples_path='', seed=0, warm_start='', every=500, show_progress=True):
  """Trains a config and writes a bundle; returns [(step, loss on the training batches since, loss on the evaluation's windows or None)].

  Every `every` steps, and at the end, the bundle is written anew: the best so far by the evaluation's loss, or without one the latest.

  Args:
    config: a config or its name; `hparams` overrides its hyperparameters.
    examples_path, eval_examples_path: globs of window records.
    output: of the bundle.
    seed: of weights, order of the data, transposition and noise.
    warm_start: bundle of the first weights.

  Raises:
    ArgumentError: Keras runs on another backend, the model has several players, or its examples are of several genres.
    DataError: no records, records of another converter, or fewer than a batch.
    TrainingError: a loss that is not finite; the bundle is that of the last evaluation.
  """
  if keras.backend.backend() != 'jax':
    raise errors.ArgumentError(f'Keras runs on {keras.backend.backend()}; set KERAS_BACKEND=jax before Python starts')
  import jax
  jax.config.update('jax_enable_x64', True)  # the noise of examples is hashed in 64 bits
  config = config.override(hparams) if isinstance(config, config_lib.Config) else configs.get(config, hparams)
  loop, history, started, losses = Loop(config, seed, warm_start), [], time.monotonic(), []
  windows = Windows.read(config, examples_path)
  others = Windows.read(config, eval_examples_path) if eval_examples_path else None
  feed = windows.batches(int(config.hparams.batch_size), seed)
  for step in range(1, num_steps + 1):
    losses.append(loop.move(next(feed)))
    if step % every and step < num_steps:
      continue
    seen, losses = np.mean(losses), []
    found = (step, float(seen), None if others is None else loop.evaluate(others))
    if not np.isfinite(seen):
      raise errors.TrainingError(f'step {step}: the loss is {seen}; {output} holds the last evaluated one. Try a smaller learning_rate or grad_clip.')
    history.append(found)
    if others is None or found[2] == min(point[2] for point in history):
      loop.settle()
      bundles.save(loop.model, config, output, _card(config, examples_path, step, seed), 'float32', step=step, loss=found[1 if others is None else 2])
    if show_progress:
      rate = step / (time.monotonic() - started)
      print(f'step {step}/{num_steps}  loss {seen:.5g}' + (f'  evaluation {found[2]:.5g}' if others else '') + f'  {rate:.1f} steps/s', flush=True)
  return history


class Loop:
  """A model and its optimizer with their values outside of them: `move` is one compiled step.

  Args:
    config: Config.
    seed: of the weights.
    warm_start: bundle of the first weights, or ''.
  """

  def __init__(self, config, seed=0, warm_start=''):
    import jax
    keras.utils.set_random_seed(2 * seed + 1)  # as `trainer.Trainer`
    self.config, self.hparams, self.model = config, config.hparams, config.build_model()
    players = self.model.players()
    if len(players) != 1 or players[0].steps != 1:
      raise errors.ArgumentError(f'config {config.name!r} has {len(players)} players; this loop moves one: train it with TensorFlow')
    if config.hparams.get('one_of_each'):
      raise errors.ArgumentError(f'config {config.name!r} reads windows of several genres side by side: train it with TensorFlow')
    if warm_start:
      bundles.assign(self.model, bundles.read_weights(warm_start), warm_start)
    self.transposer = transposition.Transposer.of(config.build_converter(), self.hparams)
    self.player, self.variables = players[0], list(players[0].variables())
    mine = {id(variable) for variable in self.variables}
    self.others = [v for v in naming.named_variables(self.model).values() if id(v) not in mine]
    beta1, beta2 = updates.betas(self.hparams)
    self.optimizer = keras.optimizers.Adam(schedules.LearningRate(self.hparams), beta1, beta2, updates.EPSILON)
    self.optimizer.build(self.variables)
    self.weights, self.state = [v.value for v in self.variables], [v.value for v in self.others]
    self.slots = [v.value for v in self.optimizer.variables]
    self.step = 0
    self._move, self._terms = jax.jit(self._updated), jax.jit(self._evaluated)

  def move(self, batch):
    """One step on a batch (dict of numpy arrays, with `seeds`, of `Windows.batches`); the mean loss, a device scalar."""
    loss, self.weights, self.state, self.slots = self._move(self.weights, self.state, self.slots, batch, np.int64(self.step))
    self.step += 1
    return loss

  def evaluate(self, windows):
    """Mean loss over all windows, each once; a float."""
    total = [self._terms(self.weights, self.state, batch, np.int64(self.step)) for batch in windows.in_order(int(self.hparams.batch_size))]
    return float(sum(total)) / len(windows.windows)

  def settle(self):
    """Gives the model's variables the weights as they stand."""
    for variables, values in ((self.variables, self.weights), (self.others, self.state)):
      for variable, value in zip(variables, values):
        variable.assign(value)

  def _loss(self, weights, state, batch, step, training):
    """(losses `[B]`, the other variables' values after it)."""
    from jax import numpy as jnp
    mapping = [*zip(self.variables, weights), *zip(self.others, state)]
    with keras.StatelessScope(mapping, initialize_variables=False) as scope:
      terms = self.player.loss_terms(batch, training=training, step=step)
    current = [scope.get_current_value(variable) for variable in self.others]
    rows = batch['inputs'].shape[0]
    losses = sum(jnp.broadcast_to(jnp.asarray(term, 'float32'), (rows,)) for term in terms.values())
    return losses, [old if new is None else new for old, new in zip(state, current)]

  def _updated(self, weights, state, slots, batch, step):
    import jax
    from jax import numpy as jnp

    batch = transposed(batch, self.transposer) if self.transposer else batch

    def mean(weights):
      losses, after = self._loss(weights, state, batch, step, True)
      return jnp.mean(losses), after

    (loss, state), gradients = jax.value_and_grad(mean, has_aux=True)(weights)
    norm = jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in gradients))
    gradients = updates.clip(gradients, norm, self.hparams)
    weights, slots = self.optimizer.stateless_apply(slots, gradients, weights)
    return loss, weights, state, slots

  def _evaluated(self, weights, state, batch, step):
    return self._loss(weights, state, batch, step, False)[0].sum()


# === Windows ===


@dataclasses.dataclass
class Windows:
  """Windows in memory, and batches of them in numpy.

  Args:
    config: whose converter and hyperparameters they are for.
    windows: list of dicts of packed arrays, as `_packed` makes them.
  """

  config: object
  windows: list

  @classmethod
  def read(cls, config, pattern):
    """All windows of the files of a pattern; with `hparams.classes` those whose label is one of them."""
    converter, found = config.build_converter(), []
    classes, label = tuple(config.hparams.get('classes', ())), config.hparams.get('label', 'genre')
    for path in tfrecords.expand(pattern):
      for serialized in tfrecords.read(path):
        window = records.read_window(serialized, converter)
        if not classes or window.labels.get(label) in classes:
          found.append(_packed(window, classes.index(window.labels[label]) if classes else None))
    if not found:
      raise errors.DataError(f'no examples in {pattern!r}' + (f' with a {label} of {", ".join(classes)}' if classes else ''))
    return cls(config, found)

  def batches(self, size, seed=0):
    """Endless batches: every epoch in an order of its own, with `seeds` int32 `[B]` and, for a config that transposes, `shifts` int32 `[B]`, by
    how many semitones `transposed` moves each row."""
    if len(self.windows) < size:
      raise errors.DataError(f'{len(self.windows)} examples, fewer than a batch of {size}; prepare more windows or set batch_size lower')
    random, order = np.random.default_rng(seed), np.zeros(0, int)
    transposer = transposition.Transposer.of(self.config.build_converter(), self.config.hparams)
    while True:
      while len(order) < size:
        order = np.concatenate([order, random.permutation(len(self.windows))])
      batch, order = self._batch(order[:size]), order[size:]
      if transposer:
        batch['shifts'] = random.integers(transposer.low, transposer.high + 1, size).astype(np.int32)
      yield {**batch, 'seeds': random.integers(0, 2**31 - 1, size, dtype=np.int32)}

  def in_order(self, size):
    """Every window once, in batches of at most `size`, with `seeds`."""
    random = np.random.default_rng(0)
    for first in range(0, len(self.windows), size):
      rows = np.arange(first, min(first + size, len(self.windows)))
      yield {**self._batch(rows), 'seeds': random.integers(0, 2**31 - 1, len(rows), dtype=np.int32)}

  def _batch(self, rows):
    chosen = [self.windows[i] for i in rows]
    batch = {name: np.stack([_unpacked(row[name]) for row in chosen]) for name in chosen[0] if name not in ('lengths', 'labels')}
    batch['lengths'] = np.array([row['lengths'] for row in chosen], np.int32)
    if 'labels' in chosen[0]:
      batch['labels'] = np.array([row['labels'] for row in chosen], np.int32)
    return batch


def transposed(batch, transposer):
  """A batch with its rows moved by its `shifts`, which it then lacks; a row that would lose a cell stays as it is."""
  batch = dict(batch)
  shifts = batch.pop('shifts')
  moved = {name: transposer.move(batch[name], shifts, name) for name in transposer.names}
  return {**batch, **transposition.complete_rows(batch, moved)}


def _packed(window, label):
  """A Window as a dict: 0/1 arrays packed to bits, with their shapes."""
  arrays = {'inputs': window.inputs, 'outputs': window.outputs, **({} if window.controls is None else {'controls': window.controls})}
  packed = {name: (x, None) if x.dtype == np.float32 else (np.packbits(x.astype(bool)), x.shape) for name, x in arrays.items()}
  return {**packed, 'lengths': window.length, **({} if label is None else {'labels': label})}


def _unpacked(value):
  """float32 of what `_packed` made."""
  array, shape = value
  return array if shape is None else np.unpackbits(array, count=int(np.prod(shape))).reshape(shape).astype(np.float32)


def _card(config, examples_path, step, seed):
  return f'# {config.name}\n\nTrained on {examples_path} with Keras on JAX, {step} steps, seed {seed}.\n'
