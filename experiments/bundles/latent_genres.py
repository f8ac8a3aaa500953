"""Genre from latents: statistics of the decoded notes beside trained convolutions; accuracy beside that of rolls.

  musicnst train --config=genre-latent --run_dir=runs/genre-latent --examples_path='w8/windows.tfrecord-train-*' \\
    --eval_examples_path='w8/windows.tfrecord-validation-*' --eval_every_steps=200 --best_by=metrics/accuracy \\
    --hparams=z_size=512,steps=128,dropout=.3,learning_rate=.001,decay_rate=.998 --num_steps=1200 --seed=14
  python -m experiments.run latent_genres --windows=w8/windows.tfrecord --trunk=runs/genre-latent --make=musicnst/pretrained/genre-latent \\
    --output=experiments/results/latent_genres.json

Writes the bundle and the figures of the validation and test windows (of 8 bars), with those of a classifier of rolls on the same windows.
About half a minute of one core.
"""
import json

from absl import flags
import numpy as np
import tensorflow as tf

from experiments import report
from experiments.bundles.composers import fitting
from musicnst import bundles
from musicnst import inference
from musicnst.data import dataset
from musicnst.models import naming

BATCH, INVERSE_PENALTY = 128, .01


def read(model, config, pattern, most=None):
  """(logits of the convolutions `[M, C]`, statistics `[M, N]`, labels `[M]`) of the windows of a pattern, the first `most` of them.

  The logits stand in for the statistics of a classifier that has none.
  """
  steps, depth = model.converter_arguments['steps'], 176
  signature = [tf.TensorSpec((None, steps, depth)), tf.TensorSpec((None,), tf.int32)]

  @tf.function(input_signature=signature)
  def outputs_of(inputs, lengths):
    x, valid = model.prepare(inputs, lengths)
    logits = model.output_head(tf.cast(model.trunk(x, valid=valid)['output'], tf.float32))
    return logits, model.measured(x, valid) if model.statistics_head is not None else logits

  found = []
  hparams = config.hparams
  for batch in dataset.batches(pattern, config.build_converter(), hparams, BATCH, training=False, classes=hparams.classes, label=hparams.label):
    logits, statistics = outputs_of(batch['inputs'], tf.reshape(batch['lengths'], [-1]))
    found.append((logits.numpy(), statistics.numpy(), batch['labels'].numpy()))
    if most and len(found) * BATCH >= most:
      break
  return [np.concatenate(parts) for parts in zip(*found)]


def figures(logits, labels, classes):
  """Accuracy by window: of all, of each class, their mean."""
  right = logits.argmax(1) == labels
  by_class = {name: float(right[labels == i].mean()) for i, name in enumerate(classes) if (labels == i).any()}
  return {'windows': len(labels), 'accuracy': float(right.mean()), 'mean_per_class_accuracy': float(np.mean(list(by_class.values()))), **by_class}


def run(windows, trunk, make, output, rolls='genre-inner-a', most=6000):
  """Fits, writes the bundle and the figures; returns these."""
  trained, config, info = inference.load_model(trunk)
  config = config.override(statistics=True)
  model = config.build_model()
  variables = naming.named_variables(model)
  for name, variable in naming.named_variables(trained).items():
    variables[name].assign(variable)
  _, statistics, labels = read(model, config, f'{windows}-train-*', most)
  head = fitting.fit(statistics, labels, np.ones(len(labels)), INVERSE_PENALTY, len(model.classes))
  convolutions, statistics, labels = read(model, config, f'{windows}-validation-*')
  scale, share = fitting.likeliest_shares(head.logits(statistics), convolutions, labels)
  both = lambda a, b: scale * head.logits(b) + share * a
  found = {'trunk_share': share, 'validation': {
      'latents': figures(both(convolutions, statistics), labels, model.classes),
      'latents, convolutions alone': figures(convolutions, labels, model.classes),
      'latents, statistics of decoded notes alone': figures(head.logits(statistics), labels, model.classes)}}
  convolutions, statistics, labels = read(model, config, f'{windows}-test-*')
  found['test'] = {'latents': figures(both(convolutions, statistics), labels, model.classes)}
  other, other_config, _ = inference.load_model(rolls)
  for split in ('validation', 'test'):
    logits, _, labels = read(other, other_config, f'{windows}-{split}-*')
    found[split][f'rolls ({rolls})'] = figures(logits, labels, other.classes)
  head.put(model.statistics_head, scale)
  row = found['validation']['latents']
  bundles.save(model, config.override(trunk_share=round(share, 4)), make, _card(row, config, most), step=info.get('step'))
  report.write_json(output, found)
  return found


def _card(row, config, most):
  return '\n'.join([
      '# Data card: genre-latent', '',
      f'Which of four genres (classical, folk, jazz, pop) a piece is, from the latents of its two-bar windows (bundle {config.hparams.encoder}).', '',
      '| | |', '|---|---|',
      '| data | training split of POP909 by its beat annotation (pop, MIT), Nottingham (folk, GPL-3.0), ASAP scores (classical, CC BY-NC-SA '
      '4.0), TPD jazz that follows its beat (jazz, research use); windows of 128 sixteenths, four rows of latents |',
      '| augmentation | of the convolutions: transposition -6 to +5, up to 70 % of the notes dropped, 2 % silent with an undecided target |',
      f'| training | convolutions by `musicnst train`; logistic regression on statistics of the decoded notes of {most} windows |',
      f'| validation | accuracy by window {row["accuracy"]:.3f}, mean per class {row["mean_per_class_accuracy"]:.3f} |',
      "| use | research; the corpora's licences restrict commercial use |", '',
      'Commands: `python -m experiments.run latent_genres --help`.', ''])


def define_flags(flag_values):
  """The experiment's flags."""
  def string(name, default, text, **options):
    flags.DEFINE_string(name, default, text, flag_values=flag_values, **options)

  string('windows', None, 'Prefix of window records of 128 steps, before -train-*, -validation-*, -test-*.', required=True)
  string('trunk', None, 'Run folder or bundle of a genre-latent.', required=True)
  string('make', None, 'Bundle to write.', required=True)
  string('output', None, '.json to write.', required=True)
  string('rolls', 'genre-inner-a', 'Bundle of a classifier of rolls, for comparison.')
  flags.DEFINE_integer('most', 6000, 'Training windows that the head is fitted on.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  found = run(flag_values.windows, flag_values.trunk, flag_values.make, flag_values.output, flag_values.rolls, flag_values.most)
  print(json.dumps(found, indent=1))
