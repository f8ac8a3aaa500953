"""What the experiments stand on: learning curves of the classifiers, their accuracy on rolls and latents, and how the latents are distributed."""
import itertools
import os

import numpy as np
import tensorflow as tf

from experiments import report
from musicnst import errors
from musicnst import inference
from musicnst.data import dataset
from musicnst.evaluation import model as evaluation
from musicnst.losses import divergence
from musicnst.training import summaries

# A run folder's summaries, and what is read of them.
SPLITS = {'train': 'train', 'validation': 'eval'}
CURVES = {'loss': 'losses/cross_entropy', 'accuracy': 'metrics/accuracy'}
# Of a row of `composer_classification`.
REPORTED = ('segments', 'segment_accuracy', 'segment_accuracy_mean_over_classes', 'pieces', 'piece_accuracy', 'macro_f1')
HISTOGRAM_EDGES = np.linspace(-5, 5, 101)


def learning_curves(run_dir):
  """TensorBoard events of a run folder -> {'train' | 'validation': {'loss' | 'accuracy': [[step, value], ...]}}.

  Raises:
    DataError: no events there.
  """
  curves = {split: _events(os.path.join(run_dir, folder)) for split, folder in SPLITS.items()}
  if not any(curves.values()):
    raise errors.DataError(f'{run_dir}: no TensorBoard events in {" or ".join(SPLITS.values())}')
  return {split: {name: sorted(map(list, values.get(tag, {}).items())) for name, tag in CURVES.items()} for split, values in curves.items()}


def _events(folder):
  """tag -> {step: value}; of steps written twice (a resumed run) the later file counts."""
  found = {}
  for path in summaries.event_files(folder):
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        if value.HasField('tensor') and value.tensor.dtype == tf.float32.as_datatype_enum:
          found.setdefault(value.tag, {})[int(event.step)] = float(tf.make_ndarray(value.tensor))
  return found


def composer_accuracy(names, windows):
  """name -> {`accuracy`, `mean_per_class_accuracy`, `windows`, `majority` (share of the most frequent class), `steps`} of composer classifiers.

  Args:
    names: bundles or run folders.
    windows: window records of the test split; a classifier of other windows has `error` instead.
  """
  found, counts = {}, dataset.count_labels(windows, 'composer')
  for name in names:
    try:
      model, config, _ = inference.load_model(name)
      measures = evaluation.evaluate(model, config, windows, group_by='')['measures']
    except errors.MusicnstError as error:
      found[name] = {'error': str(error)}
      continue
    known = [counts.get(composer, 0) for composer in config.hparams.classes]
    found[name] = {
        **{key: measures[key] for key in ('accuracy', 'mean_per_class_accuracy')}, 'windows': sum(known), 'majority': max(known) / sum(known),
        'steps': int(config.hparams.steps), 'classes': len(known)}
  return found


def reported(path):
  """(rows, curves) of the composer classifiers' own experiment (`composer_classification`); ({}, {}) where there is no such file.

  Rows: what was measured -> its figures. Curves: as `learning_curves` gives them, of the classifier of latents.
  """
  results = report.read_json(path, {})
  rows = {name: {key: row[key] for key in REPORTED} for name, row in results.get('rows', {}).items()}
  points = results.get('curve') or []
  curves = {split: {name: [[point['step'], point[prefix + name]] for point in points] for name in ('loss', 'accuracy')}
            for split, prefix in (('train', ''), ('validation', 'validation_'))}
  return rows, {'composer-latent': curves} if points else {}


def latent_distribution(name, windows, num_batches=None, seed=0):
  """How the latents of real windows lie against the standard normal that the prior is.

  Args:
    name: bundle of a latent model.
    windows: window records, of the validation split.
    num_batches: of 512 windows; None for all.
    seed: of the draw of z.

  Returns:
    dict: `windows`, `z_size`; `edges` and shares of values `mean_histogram`, `sample_histogram` (z drawn once a window) and `normal`, by bin;
    `mean_std`, `sample_std` (all dimensions together), `largest_mean`; by dimension, sorted: `std_by_dimension` (of the means),
    `stddev_by_dimension` (the posterior's own, mean over windows), `kl_nats_by_dimension`; `kl_nats`, `active_dimensions` (KL over .1).
  """
  model, config, _ = inference.load_model(name)
  batches = dataset.batches(windows, config.build_converter(), config.hparams, 512, training=False, cache=False)

  @tf.function(reduce_retracing=True)
  def encode(batch):
    posterior = model.encode(batch)
    return posterior.mean, posterior.stddev

  posteriors = [encode({key: batch[key] for key in ('inputs', 'outputs', 'lengths')}) for batch in itertools.islice(batches, num_batches)]
  means, stddevs = (np.concatenate([np.asarray(values, np.float64) for values in column]) for column in zip(*posteriors))
  return {'windows': len(means), 'z_size': means.shape[1], **describe(means, stddevs, seed)}


def describe(means, stddevs, seed=0):
  """The figures of `latent_distribution` of posterior means and standard deviations `[B, Z]`."""
  samples = means + stddevs * np.random.default_rng(seed).standard_normal(means.shape)
  kl = np.asarray(divergence.kl_per_dimension(means, stddevs)).mean(0)
  shares = lambda values: (np.histogram(values, HISTOGRAM_EDGES)[0] / values.size).round(6).tolist()
  descending = lambda values: np.sort(np.asarray(values, np.float64))[::-1].round(5).tolist()
  return {
      'edges': HISTOGRAM_EDGES.round(3).tolist(), 'mean_histogram': shares(means), 'sample_histogram': shares(samples),
      'normal': np.diff(_normal_share(HISTOGRAM_EDGES)).round(6).tolist(), 'mean_std': float(means.std()), 'sample_std': float(samples.std()),
      'largest_mean': float(np.abs(means).max()), 'std_by_dimension': descending(means.std(0)), 'stddev_by_dimension': descending(stddevs.mean(0)),
      'kl_nats_by_dimension': descending(kl), 'kl_nats': float(kl.sum()), 'active_dimensions': int((kl > evaluation.ACTIVE_NATS).sum())}


def _normal_share(edges):
  """The standard normal's distribution function."""
  return .5 * (1 + tf.math.erf(tf.constant(np.asarray(edges) / np.sqrt(2), tf.float64)).numpy())
