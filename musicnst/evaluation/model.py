"""How well a model gives back the windows it is shown: losses, KL and accuracy, under teacher forcing and running free.

Teacher-forced figures read the logits that the true past gives; `sampled` ones read what the decoder writes by itself (the likeliest
token at each step) from the posterior's mean. A decoder that is not autoregressive has equal ones. F1 scores count the cells of all
windows of a group together; the macro figure is the plain mean over the groups.
"""
import itertools
import math

import numpy as np
import tensorflow as tf

from musicnst import errors
from musicnst.data import dataset
from musicnst.losses import divergence
from musicnst.metrics import reconstruction
from musicnst.models import base
from musicnst.training import feed
from musicnst.training import measures

# A dimension is active where its mean KL exceeds this.
ACTIVE_NATS = .1


def evaluate(model, config, examples_path, num_batches=None, group_by='corpus', seed=0, step=1 << 30):
  """Measures a model on window records.

  Args:
    model: a built `MusicModel` of `config`.
    examples_path: window records, comma-separated globs.
    num_batches: batches of `hparams.batch_size`; all by default.
    group_by: label of the records to report by beside the whole; '' for none.
    seed: of whatever an evaluation draws.
    step: training step that annealed weights are taken at; by default far beyond any annealing.

  Returns:
    dict: `measures` (of all windows), and where there are groups `groups` {label: measures} and `macro` (their mean).

  Raises:
    DataError: no records, or of another converter.
  """
  converter, hparams = config.build_converter(), config.hparams
  groups = _groups(examples_path, group_by, hparams)
  batches = dataset.batches(
      examples_path, converter, hparams, int(hparams.batch_size), training=False, seed=seed,
      classes=groups or hparams.get('classes', ()), label=group_by if groups else hparams.get('label', 'genre'), cache=False)
  batches = feed.evaluation_feed(tf.distribute.get_strategy(), batches, int(hparams.batch_size), seed)
  totals = {}
  probe = _Probe(model, converter, step)
  for batch in itertools.islice(batches, num_batches):
    valid = batch['weights'].numpy() > 0
    labels = batch['labels'].numpy() if groups else np.zeros(len(valid), np.int32)
    for index, values in probe.measure(batch, labels, valid):
      totals.setdefault(groups[index] if groups else '', _Total(probe)).add(values)
  if not totals:
    raise errors.DataError(f'{examples_path}: nothing to evaluate on')
  return _report(totals, probe, bool(groups))


def _groups(examples_path, group_by, hparams):
  """Values of the label to report by; () where there are none, or the labels are the model's own classes."""
  if not group_by or hparams.get('classes', ()):
    return ()
  found = tuple(sorted(dataset.count_labels(examples_path, group_by)))
  return found if '' not in found else ()


def _report(totals, probe, grouped):
  whole = _Total(probe)
  for total in totals.values():
    whole.merge(total)
  report = {'measures': whole.values()}
  if grouped:
    report['groups'] = {name: total.values() for name, total in sorted(totals.items())}
    names = [name for name in report['measures'] if name not in ('windows', 'active_dimensions', 'dimensions', 'active_share')]
    report['macro'] = {name: float(np.mean([group[name] for group in report['groups'].values()])) for name in names}
  return report


class _Probe:
  """Compiled measurements of one model, and the tables of what they give."""

  def __init__(self, model, converter, step):
    self.model, self.converter, self.step = model, converter, step
    self.layout = measures.Layout()
    self.has_latents = isinstance(model, base.LatentModel)
    self.polyphonic = self.has_latents and converter.name == 'polyphonic'
    # Outputs that are neither tokens nor a roll of onsets and sustains are judged by the measures of the model's own head.
    self.by_head = self.has_latents and not converter.categorical_depths and not self.polyphonic
    self._terms = tf.function(self._loss_and_metrics)
    self._latents = tf.function(self._encode_and_decode)

  def measure(self, batch, labels, valid):
    """Yields (group index, {name: sums}) for each group in a batch."""
    full = dict(batch)
    full.pop('weights')
    outputs = [value.numpy() for value in self._latents(full)] if self.has_latents else None
    for index in np.unique(labels[valid]):
      rows = valid & (labels == index)
      packed = self._terms(full, tf.constant(rows, tf.float32)).numpy().astype(np.float64)
      yield int(index), {'packed': packed, 'windows': int(rows.sum()), **(self._counts(full, rows, *outputs) if outputs else {})}

  def _loss_and_metrics(self, batch, weights):
    step = tf.constant(self.step, tf.int64)
    terms = {}
    for player in self.model.players():
      losses = player.loss_terms(batch, training=False, step=step)
      prefix = '' if player.name == 'model' else f'{player.name}/'
      terms[f'{prefix}loss'] = tf.add_n([tf.cast(value, tf.float32) for value in losses.values()])
      terms.update({f'{prefix}losses/{name}': value for name, value in losses.items()})
    metrics = self.model.metric_terms(batch, step)
    # The decoder's own accuracies are counted below, with pooled F1 and over free-running outputs too.
    own = {name: value for name, value in metrics.items() if not self.has_latents or self.by_head or name in ('kl_nats', 'kl_bits')}
    return self.layout.pack({**terms, **own}, weights)

  def _encode_and_decode(self, batch):
    posterior = self.model.encode(batch)
    if self.by_head:
      return (divergence.kl_per_dimension(posterior.mean, posterior.stddev),)
    logits = self.model.decode_logits(posterior.mean, batch)
    forced = tf.cast(self.model.likeliest(logits), tf.float32)
    sampled = self.model.decode_tokens(posterior.mean, steps=batch['outputs'].shape[1], temperature=0.0, controls=batch.get('controls'))
    return divergence.kl_per_dimension(posterior.mean, posterior.stddev), forced, tf.cast(sampled, tf.float32)

  def _counts(self, batch, rows, kl, *written):
    """What the figures are made of, summed over `rows`: KL by dimension, right steps by class, right cells."""
    truth, counted = batch['outputs'].numpy()[rows], {'kl': kl[rows].sum(0)}
    lengths = batch['lengths'].numpy()[rows] if 'lengths' in batch else np.full(len(truth), truth.shape[1])
    for name, tokens in zip(('teacher_forced', 'sampled'), written):
      tokens = tokens[rows]
      if self.converter.categorical_depths:
        counted.update(_class_counts(name, truth, tokens, lengths, self.converter.categorical_depths))
      else:
        counted.update(_cell_counts(name, truth, tokens, lengths, self.polyphonic))
    return counted


def _valid(lengths, steps):
  """bool `[B, T]` of lengths `[B]`, or `[B, segments]`."""
  lengths = lengths.reshape(len(lengths), -1)
  inside = np.arange(steps // lengths.shape[1]) < lengths[..., None]  # [B, segments, T / segments]
  return inside.reshape(len(lengths), steps)


def _class_counts(name, truth, tokens, lengths, depths):
  """Right and total steps of each class, `[2, depth]` for each categorical output."""
  valid = _valid(lengths, truth.shape[1])
  counted = {}
  for i, (a, b) in enumerate(zip(reconstruction.split(truth, depths), reconstruction.split(tokens, depths))):
    wanted, found = a.argmax(-1)[valid], b.argmax(-1)[valid]
    counted[f'{name}/classes/{i}'] = np.stack([
        np.bincount(wanted[wanted == found], minlength=depths[i]), np.bincount(wanted, minlength=depths[i])])
  return counted


def _cell_counts(name, truth, tokens, lengths, polyphonic):
  """[right, found, wanted] cells of onsets and frames, and [right, total] of all cells."""
  valid = _valid(lengths, truth.shape[1])[..., None]
  right = ((truth != 0) == (tokens != 0)) & valid
  counted = {f'{name}/cells': np.array([right.sum(), valid.sum() * truth.shape[-1]])}
  if polyphonic:
    for part, cut in (('onset', reconstruction.onsets), ('frame', reconstruction.frames)):
      counted[f'{name}/{part}'] = np.array([x.sum() for x in reconstruction.counts(cut(truth), cut(tokens), lengths)])
  return counted


class _Total:
  """Sums over the windows of one group."""

  def __init__(self, probe):
    self.probe, self.sums = probe, {}

  def add(self, values):
    for name, value in values.items():
      self.sums[name] = self.sums[name] + value if name in self.sums else value

  def merge(self, other):
    self.add(other.sums)

  def values(self):
    """{measure: number}."""
    found = {'windows': self.sums['windows'], **self.probe.layout.unpack(self.sums['packed'])}
    if 'kl' in self.sums:
      nats = self.sums['kl'] / self.sums['windows']
      active = int((nats > ACTIVE_NATS).sum())
      found.update(active_dimensions=active, dimensions=len(nats), active_share=active / len(nats))
    for name, value in self.sums.items():
      kind = name.split('/')
      if kind[-1] == 'cells':
        found[f'{kind[0]}/accuracy'] = float(value[0] / max(value[1], 1))
      elif kind[-1] in ('onset', 'frame'):
        found[f'{kind[0]}/{kind[-1]}_f1'] = float(2 * value[0] / (value[1] + value[2])) if value[1] + value[2] else 1.0
    return {**found, **self._class_values()}

  def _class_values(self):
    """Of categorical outputs: accuracy, mean_per_class_accuracy (over the classes that occur), and event_accuracy (over the steps where
    something happens, token 0 being that nothing does); of several outputs the means, and accuracies of each."""
    found = {}
    for mode in ('teacher_forced', 'sampled'):
      tables = [value for name, value in self.sums.items() if name.startswith(f'{mode}/classes/')]
      if not tables:
        continue
      accuracy = [table[0].sum() / max(table[1].sum(), 1) for table in tables]
      by_class = [np.mean(table[0][table[1] > 0] / table[1][table[1] > 0]) if table[1].any() else math.nan for table in tables]
      events = [table[0, 1:].sum() / max(table[1, 1:].sum(), 1) for table in tables]
      found[f'{mode}/accuracy'], found[f'{mode}/mean_per_class_accuracy'] = float(np.mean(accuracy)), float(np.mean(by_class))
      found[f'{mode}/event_accuracy'] = float(np.mean(events))
      if len(tables) > 1:
        found.update({f'{mode}/accuracy/output_{i}': float(value) for i, value in enumerate(accuracy)})
        found.update({f'{mode}/event_accuracy/output_{i}': float(value) for i, value in enumerate(events)})
    return found


def table(report):
  """The report as aligned text: a row a measure, columns for all windows, the macro mean and each group."""
  columns = {'all': report['measures'], **({'macro': report['macro']} if 'macro' in report else {}), **report.get('groups', {})}
  names = list(report['measures'])
  width = max(map(len, names))
  lines = [' '.join([''.ljust(width), *(f'{column:>12}' for column in columns)])]
  for name in names:
    lines.append(' '.join([name.ljust(width), *(f'{_number(values.get(name)):>12}' for values in columns.values())]))
  return '\n'.join(lines)


def _number(value):
  if value is None:
    return ''
  return str(value) if isinstance(value, int) else f'{value:.4f}'
