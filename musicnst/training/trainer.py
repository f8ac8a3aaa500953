"""One distributed training step for every family of models: players move in turn, each with its own loss and optimizer.

Nothing in this file knows what a model is; it asks for `players()` and `metric_terms` (see `models.base`). `Model.fit` is not used: under
`MultiWorkerMirroredStrategy` it fails on a per-replica batch (keras-team/keras#20585).
"""
import keras
import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst.models import naming
from musicnst.training import measures
from musicnst.training import optimizers
from musicnst.training import schedules
from musicnst.training import updates as updates_lib


class Trainer:
  """A model, its optimizers and its step count under one strategy.

  Args:
    config: `config.Config`; its hparams give batch_size, the learning rate and the clipping.
    strategy: `tf.distribute.Strategy`.
    seed: initial weights are drawn from it.
    mixed_precision: compute in bfloat16, weights and losses in float32.
  """

  def __init__(self, config, strategy, seed=0, mixed_precision=False):
    self.config, self.hparams, self.strategy = config, config.hparams, strategy
    self.batch_size = int(config.hparams.batch_size)
    policy = keras.config.dtype_policy()
    keras.utils.set_random_seed(2 * seed + 1)  # never 0: TensorFlow compares a global seed of 0 with tensors in `Dataset.shuffle`
    keras.config.set_dtype_policy('mixed_bfloat16' if mixed_precision else 'float32')
    try:
      with strategy.scope():
        self.model = config.build_model()
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False, name='step')
        self.players = self.model.players()
        betas = updates_lib.betas(config.hparams)
        self.optimizers = {p.name: optimizers.Adam([v.value for v in p.variables()], *betas) for p in self.players}
    finally:
      keras.config.set_dtype_policy(policy)
    self._training_layout, self._evaluation_layout = measures.Layout(), measures.Layout()
    self._train_many = tf.function(self._train_many_steps, jit_compile=False)
    self._evaluate_one = tf.function(self._evaluate_batch, jit_compile=False)

  def variables(self):
    """{name: `tf.Variable`} of all that a checkpoint must hold to go on exactly: weights, random states, Adam's slots, the step."""
    named = {f'model/{name}': variable.value for name, variable in naming.named_variables(self.model).items()}
    for number, (name, optimizer) in enumerate(self.optimizers.items()):
      for i, (m, v) in enumerate(zip(optimizer.m, optimizer.v)):
        named[f'{name}/adam_m/{i}'], named[f'{name}/adam_v/{i}'] = m, v
      named[f'{optimizers.SHIFT}/{number}'] = optimizer.shift
    return {**named, 'step': self.step}

  def moments(self, player):
    """{'m/<name>' or 'v/<name>': `tf.Variable`} of a player's optimizer, by the names of the weights (`models.naming`)."""
    optimizer = self.optimizers[player]
    places = {id(variable): i for i, variable in enumerate(optimizer.variables)}
    named = {name: places.get(id(variable.value)) for name, variable in naming.named_variables(self.model).items()}
    return {f'{kind}/{name}': slots[i] for kind, slots in (('m', optimizer.m), ('v', optimizer.v)) for name, i in named.items() if i is not None}

  def train(self, iterator, num_steps, with_metrics=False):
    """Takes `num_steps` batches; returns the measures of each step, {name: float}; the last one has `metrics/...` too if asked.

    Raises:
      TrainingError: a loss that is not finite, with its step.
      DataError: the data ended.
    """
    first = int(self.step.numpy())
    try:
      rows = self._train_many(iterator, tf.constant(num_steps, tf.int64), tf.constant(with_metrics)).numpy()  # [num_steps, measures]
    except (tf.errors.OutOfRangeError, StopIteration) as error:
      raise errors.DataError(f'the training data ended at step {int(self.step.numpy())}; is there an example at all?') from error
    values = [self._training_layout.unpack(row) for row in rows]
    for step, row in zip(range(first, first + num_steps), values):
      bad = [name for name, value in row.items() if name.split('/')[0] != 'metrics' and not np.isfinite(value)]
      if bad:
        raise errors.TrainingError(
            f'step {step}: {", ".join(f"{name} is {row[name]}" for name in bad)}; the last checkpoint is intact. '
            'Try a smaller learning_rate or grad_clip, or look for damaged examples.')
    return values

  def evaluate(self, feed, num_batches=None):
    """{measure: float} averaged over the examples of a finite feed; {} where it has none."""
    total = None
    for i, batch in enumerate(feed):
      if num_batches is not None and i >= num_batches:
        break
      row = self._evaluate_one(batch).numpy().astype(np.float64)
      total = row if total is None else total + row
    return {} if total is None else self._evaluation_layout.unpack(total)

  def _train_many_steps(self, iterator, num_steps, with_metrics):
    rows = tf.TensorArray(tf.float32, size=tf.cast(num_steps, tf.int32), element_shape=[None])
    for i in tf.range(num_steps):
      row = self.strategy.run(self._replica_step, args=(next(iterator), with_metrics & tf.equal(i, num_steps - 1)))
      rows = rows.write(tf.cast(i, tf.int32), self.strategy.experimental_local_results(row)[0])
      self.step.assign_add(1)
    return rows.stack()

  def _replica_step(self, batch, with_metrics):
    """One step on one replica's share of a batch; the packed measures of the global batch."""
    step = self.step.value()
    weights = tf.ones([tf.shape(batch['inputs'])[0]])
    terms = {}
    for player in self.players:
      for update in range(player.steps):
        terms.update(self._move(player, _reseeded(batch, update), step, step * player.steps + update))
    terms = {name: tf.fill(tf.shape(weights), value) if value.shape.rank == 0 else value for name, value in terms.items()}
    packed = self._training_layout.pack(terms, weights)
    columns = dict(self._training_layout.columns)
    metrics = measures.Layout()

    def measured():
      return metrics.pack(_prefixed('metrics', self.model.metric_terms(batch, step)), weights)

    packed_metrics = tf.cond(with_metrics, measured, lambda: tf.zeros([metrics.size]))
    self._training_layout.columns = {**columns, **metrics.columns}
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.concat([packed, packed_metrics], 0))

  def _move(self, player, batch, step, updates):
    """One update of one player; its loss terms per example, and the scalars of the update."""
    optimizer = self.optimizers[player.name]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(optimizer.variables)
      terms = {name: tf.cast(value, tf.float32) for name, value in player.loss_terms(batch, training=True, step=step).items()}
      per_example = tf.add_n(list(terms.values()))
      loss = tf.reduce_sum(per_example) / self.batch_size  # the replicas' sum is the mean over the global batch
    gradients = tape.gradient(loss, optimizer.variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    gradients = [tf.convert_to_tensor(g) for g in gradients]
    gradients = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    norm = tf.linalg.global_norm(gradients)
    gradients = updates_lib.clip(gradients, norm, self.hparams)
    rate = schedules.learning_rate(self.hparams, step)
    optimizer.apply(gradients, rate, updates)
    scalars = {'loss': per_example, **_prefixed('losses', terms), 'global_norm': norm, 'learning_rate': rate}
    return scalars if len(self.players) == 1 else _prefixed(player.name, scalars)

  def _evaluate_batch(self, batch):
    row = self.strategy.run(self._replica_evaluation, args=(batch,))
    return self.strategy.experimental_local_results(row)[0]

  def _replica_evaluation(self, batch):
    batch, step = dict(batch), self.step.value()
    weights = batch.pop('weights')
    terms = {}
    for player in self.players:
      losses = player.loss_terms(batch, training=False, step=step)
      mine = {'loss': tf.add_n([tf.cast(v, tf.float32) for v in losses.values()]), **_prefixed('losses', losses)}
      terms.update(mine if len(self.players) == 1 else _prefixed(player.name, mine))
    terms.update(_prefixed('metrics', self.model.metric_terms(batch, step)))
    packed = self._evaluation_layout.pack(terms, weights)
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, packed)


def _reseeded(batch, update):
  """The batch for a player's further updates: what is drawn in them is drawn anew."""
  return {**batch, 'seeds': tf.bitwise.bitwise_xor(batch['seeds'], update * 0x2545F491 % 2**31)} if update else batch


def _prefixed(prefix, values):
  return {f'{prefix}/{name}': value for name, value in values.items()}
