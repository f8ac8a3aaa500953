"""The training loop: feeds a `Trainer`, logs, evaluates, keeps checkpoints, stops where it should.

Resume is exact: batches and noise are functions of (seed, step) and everything else is in the checkpoint, so a run that was killed ends with
the weights of one that was not (to the bit on a CPU with one replica).
"""
import contextlib
import dataclasses
import json
import math
import os
import time

import keras
import tensorflow as tf

import musicnst
from musicnst import errors
from musicnst import files
from musicnst.data import dataset
from musicnst.training import feed
from musicnst.training import progress
from musicnst.training import run_dir as run_dir_lib
from musicnst.training import settings as settings_lib
from musicnst.training import starts
from musicnst.training import strategy as strategy_lib
from musicnst.training import summaries
from musicnst.training import trainer as trainer_lib


def train(config, run_dir, examples_path, strategy=None, callbacks=(), **settings):
  """Trains a config on window records until `num_steps`, going on from the run folder's last checkpoint.

  Args:
    config: `config.Config`.
    run_dir: folder of the run; made where missing.
    examples_path: window records, comma-separated globs.
    strategy: `tf.distribute.Strategy`; None for one device.
    callbacks: `keras.callbacks.Callback`s; `on_train_batch_end(step, logs)` comes once a call of `steps_per_call` steps.
    **settings: fields of `settings.Settings`.

  Returns:
    dict: the last point of the training curves, and of the evaluation's under `evaluation/`.

  Raises:
    DataError, ModelNotFoundError, OutputError, TrainingError, ArgumentError: see `musicnst.errors`.
  """
  with _Run(config, run_dir, examples_path, strategy or tf.distribute.get_strategy(), settings_lib.Settings(**settings), callbacks) as run:
    return run.go()


class _Run:
  """State of one call of `train`."""

  def __init__(self, config, run_dir, examples_path, strategy, settings, callbacks):
    self.config, self.settings, self.strategy, self.examples_path = config, settings, strategy, examples_path
    self.started = time.monotonic()
    self.chief = strategy_lib.is_chief(strategy)
    if settings.max_seconds and strategy.num_replicas_in_sync > 1 and isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
      raise errors.ArgumentError('max_seconds does not go with multi_worker: the processes would stop at different steps')
    self.folder = run_dir_lib.RunDir(run_dir, create=True)
    stored = self._check_folder()
    self.seed = settings.seed if settings.seed is not None else stored.get('seed', 0)
    self.trainer = trainer_lib.Trainer(config, strategy, self.seed, settings.mixed_precision)
    self.checkpoint, self.manager = run_dir_lib.managed(
        self.trainer, self.folder.train, settings.checkpoints_to_keep, settings.keep_checkpoint_every_n_hours)
    self.first_step = self._restore()
    shown = self.chief and settings.show_progress
    bars = [progress.Progress(self.first_step, settings.num_steps, settings.log_every_steps)] if shown else []
    self.callbacks = keras.callbacks.CallbackList([*callbacks, *bars], model=self.trainer.model)
    self.curves = summaries.Writer(self.folder.train if self.chief else '')
    self.evaluation_curves = summaries.Writer(
        self.folder.evaluation() if self.chief and settings.eval_examples_path else '')

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.curves.close()
    self.evaluation_curves.close()

  def _check_folder(self):
    """The run folder's stored settings; its config must bear the same name."""
    stored = self.folder.read_json()
    if stored and stored['name'] != self.config.name:
      raise errors.ArgumentError(f'{self.folder.path} holds a run of config {stored["name"]!r}, not {self.config.name!r}; choose another --run_dir')
    return stored.get('run', {})

  def _restore(self):
    """Reads the last checkpoint, or the warm start; returns the step."""
    prefix = self.folder.checkpoint()
    if prefix:
      run_dir_lib.restore(self.trainer, prefix)
    elif self.settings.checkpoint_file:
      starts.go_on(self.trainer, self.settings.checkpoint_file)
      if int(self.trainer.step.numpy()) >= self.settings.num_steps:
        raise errors.ArgumentError(
            f'{self.settings.checkpoint_file} is of step {int(self.trainer.step.numpy())}; num_steps is {self.settings.num_steps} and must be larger')
    elif self.settings.warm_start:
      starts.warm_start(self.trainer, self.settings.warm_start)
    return int(self.trainer.step.numpy())

  def _batches(self, path, training, start_step=0):
    hparams = self.config.hparams
    return dataset.batches(
        path, self.config.build_converter(), hparams, self.trainer.batch_size, training, seed=self.seed, start_step=start_step,
        classes=hparams.get('classes', ()), label=hparams.get('label', 'genre'), cache=self.settings.cache_dataset,
        one_of_each=hparams.get('one_of_each', False))

  def _training_feed(self):
    batches = self._batches(self.examples_path, training=True, start_step=self.first_step)
    return feed.training_feed(self.strategy, batches, self.trainer.batch_size, self.seed, self.first_step)

  def go(self):
    """Runs to the end; the last measures."""
    iterator = iter(self._training_feed())
    if self.chief:
      run = {**dataclasses.asdict(self.settings), 'seed': self.seed, 'examples_path': self.examples_path, 'version': musicnst.__version__}
      self.folder.write_config(self.config, **run)
    self.curves.table('hyperparameters', {'config': self.config.name, **self.config.hparams.to_dict()}, self.first_step)
    self.trainer.model.stop_training = False  # callbacks set it, as under `fit`
    self.callbacks.on_train_begin()
    last, recent, step, saved, saved_at = {}, [], self.first_step, self.first_step, time.monotonic()
    while step < self.settings.num_steps and not self._should_stop():
      count = self._steps_to_boundary(step)
      logging = (step + count) % self.settings.log_every_steps == 0 or step + count == self.settings.num_steps
      rows = self.trainer.train(iterator, count, with_metrics=logging)
      step += count
      recent += rows
      point = _mean_point(recent)
      self.callbacks.on_train_batch_end(step, point)
      if logging:
        last.update(point)
        self.curves.scalars({**point, 'steps_per_second': (step - self.first_step) / (time.monotonic() - self.started)}, step)
        recent = []
      if self._evaluates_at(step):
        last.update({f'evaluation/{name}': value for name, value in self._evaluate(step).items()})
      if self._saves_at(step, saved_at):
        self._save(step)
        saved, saved_at = step, time.monotonic()
    if saved != step or not self.folder.checkpoint():
      self._save(step)
    self.callbacks.on_train_end(last)
    return last

  def _should_stop(self):
    limit = self.settings.max_seconds
    return bool(self.trainer.model.stop_training) or bool(limit and time.monotonic() - self.started > limit)

  def _steps_to_boundary(self, step):
    """Steps until something other than training is due, at most `steps_per_call`."""
    periods = [self.settings.steps_per_call, self.settings.log_every_steps, self.settings.checkpoint_every_steps]
    periods.append(self.settings.eval_every_steps if self.settings.eval_examples_path else 0)
    return min(self.settings.num_steps - step, *(period - step % period for period in periods if period))

  def _evaluates_at(self, step):
    due = step % self.settings.eval_every_steps == 0 or step == self.settings.num_steps
    return bool(self.settings.eval_examples_path) and due

  def _saves_at(self, step, saved_at):
    by_steps = self.settings.checkpoint_every_steps and step % self.settings.checkpoint_every_steps == 0
    by_time = self.settings.checkpoint_every_secs and time.monotonic() - saved_at > self.settings.checkpoint_every_secs
    return bool(by_steps or by_time)

  def _save(self, step):
    if self.chief:
      with _writing(self.folder.train):
        self.manager.save(checkpoint_number=step)

  def _evaluate(self, step):
    """Measures on the evaluation's windows; keeps the checkpoint where they are the best so far."""
    batches = self._batches(self.settings.eval_examples_path, training=False)
    self.callbacks.on_test_begin()
    values = self.trainer.evaluate(
        feed.evaluation_feed(self.strategy, batches, self.trainer.batch_size), self.settings.eval_num_batches)
    self.evaluation_curves.scalars(values, step)
    self.callbacks.on_test_end(values)
    if self.chief:
      self._keep_if_best(step, values)
    return values

  def _keep_if_best(self, step, values):
    name = self.settings.best_by
    if name not in values:
      raise errors.ArgumentError(f'best_by {name!r} is not a measure of this model; known: {", ".join(values)}')
    score = values[name] if name.startswith('metrics/') else -values[name]
    path = os.path.join(self.folder.best, 'best.json')
    if math.isnan(score) or score <= _stored_score(path, name):
      return
    with _writing(self.folder.best):
      run_dir_lib.managed(self.trainer, self.folder.best, keep=1)[1].save(checkpoint_number=step)
      with files.atomic_path(path) as temporary, open(temporary, 'w', encoding='utf-8') as handle:
        json.dump({'step': step, 'by': name, 'score': score, 'measures': values}, handle, indent=2)


def _mean_point(rows):
  """One point of the curves: means over `rows`, and the last row's `metrics/...` (nan where they were not measured)."""
  point = {name: sum(row[name] for row in rows) / len(rows) for name in rows[-1] if not name.startswith('metrics/')}
  return {**point, **{name: value for name, value in rows[-1].items() if name.startswith('metrics/') and not math.isnan(value)}}


def _stored_score(path, name):
  """The score of the best checkpoint so far by the same measure; minus infinity where there is none."""
  with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
    with open(path, encoding='utf-8') as handle:
      stored = json.load(handle)
    if stored['by'] == name:
      return float(stored['score'])
  return -math.inf


@contextlib.contextmanager
def _writing(folder):
  """Turns TensorFlow's and the system's errors of writing a checkpoint into ours."""
  try:
    yield
  except (tf.errors.OpError, OSError) as error:
    reason = ' '.join(str(error).split())[:200]
    raise errors.OutputError(f'{folder}: the checkpoint cannot be written ({reason})') from error
