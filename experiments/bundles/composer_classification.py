"""Composers of MAESTRO v1 on rolls and on latents: the paper's four and the thirteen with most pieces, measured by segment and by piece.

  python -m experiments.run composer_classification --corpus_root=/data --output=experiments/results/composers
  python -m experiments.run composer_classification --corpus_root=/data --make=musicnst/pretrained --output=experiments/results/composers

The first form measures the bundles composer-roll, composer-latent and composer-13 on the test split. The second makes them first: heads on
fixed statistics of the notes (musicnst/models/classifiers/statistics.py) are fitted by logistic regression, the convolutions of
composer-roll are those of `--roll_trunk` (`train_bundles` trains them), those of composer-latent are trained here on the latents of
`--encoder`. Writes OUTPUT.json, OUTPUT.md, OUTPUT_confusion.png and, with --make, OUTPUT_latent_curves.png; five to ten minutes of one core.
"""
import dataclasses
import functools
import os

from absl import flags
import keras
import numpy as np
import tensorflow as tf

from experiments import report
from experiments.bundles.composers import fitting
from experiments.bundles.composers import measures
from experiments.bundles.composers import music
from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.models.classifiers import configs as classifier_configs

THIRTEEN = classifier_configs.THIRTEEN
STEPS, SHORT = 512, 256
SHOWN = ('four, rolls, test', 'four, latents, test', 'thirteen, rolls, test', 'thirteen, rolls, five folds by composition')


@dataclasses.dataclass(frozen=True)
class Recipe:
  """How the classifiers are made; one comment a field."""

  penalties: tuple = (.0005, .002, .008)         # inverse penalties of the heads, chosen on validation
  fold_penalty: float = .002                     # that of the five folds
  variations: tuple = ((.85, 2), (1.18, -2))     # copies of the training pieces: how much longer, semitones higher
  trunk: str = 'filters=[64,96,128],kernels=[8,4,4],strides=[4,2,2],dropout=.3'  # hparams of composer-roll
  latent_trunk: str = 'filters=[96,96],kernels=[3,3],strides=[1,1],dense=[48],dropout=.3'  # of composer-latent
  trunk_steps: int = 800                         # training steps of the convolutions on latents
  compositions: object = music.compositions      # list of Piece -> int `[N]`, which of them are one composition


@dataclasses.dataclass
class Task:
  """A set of composers: how many of THIRTEEN, and the split of each piece ('' for one left out)."""

  name: str
  num_classes: int
  split: np.ndarray


class Data:
  """All that is measured of the corpus, made when it is asked for: `latents` and `decoded` need an encoder."""

  def __init__(self, corpus_root, encoder, composers=THIRTEEN, recipe=None):
    self.recipe = recipe or Recipe()
    self.pieces = music.load(corpus_root, composers, self.recipe.compositions)
    self.rolls = [piece.roll for piece in self.pieces]
    self.composers = np.array([THIRTEEN.index(piece.composer) for piece in self.pieces])
    self.groups = np.array([piece.group for piece in self.pieces])
    self.segments = music.cut(self.pieces, STEPS, STEPS)
    self.labels = self.composers[self.segments.piece]
    self.tasks = {
        'four': Task('four', 4, np.array(music.official(self.pieces))),
        'thirteen': Task('thirteen', len(THIRTEEN), np.array(music.with_validation(self.pieces)))}
    self.encoder = encoder

  def chosen(self, task, split):
    """Mask of the segments of a task's split."""
    return (self.labels < task.num_classes) & (task.split[self.segments.piece] == split)

  def rows(self, statistics):
    """`fitting.Rows` of all segments."""
    return fitting.Rows(statistics, self.labels, self.segments.piece, self.groups[self.segments.piece])

  def varied(self, read):
    """`fitting.Rows` of the varied copies; `read(segments, rolls)` gives their statistics."""
    found = []
    for stretch, semitones in self.recipe.variations:
      copies = [music.varied(piece, stretch, semitones) for piece in self.pieces]
      segments = music.cut(copies, STEPS, STEPS)
      statistics = read(segments, [piece.roll for piece in copies])
      found.append(fitting.Rows(statistics, self.composers[segments.piece], segments.piece, self.groups[segments.piece]))
    return functools.reduce(fitting.Rows.joined, found)


def run(corpus_root, output, make='', inputs='rolls,latents', encoder='polyphonic-2bar', roll_trunk='composer-roll', command='', recipe=None):
  """Makes the bundles of `inputs` in the folder `make` if it is given, measures them all (else those that ship), writes the files; returns
  the results. Validation figures of what is not made anew stay as OUTPUT.json has them."""
  data = Data(corpus_root, encoder, THIRTEEN if 'rolls' in inputs else THIRTEEN[:4], recipe)
  stored = report.read_json(output + '.json', {})
  rows, curve = stored.get('rows', {}), stored.get('curve', [])
  if make and 'rolls' in inputs:
    known, more = data.rows(fitting.statistics_of(data.segments, data.rolls)), data.varied(fitting.statistics_of)
    rows.update(cross_validation(data, known, more))
    rows.update(make_roll_bundles(data, known, more, make, roll_trunk))
  if make and 'latents' in inputs:
    found, curve = make_latent_bundle(data, make)
    rows.update(found)
  rows.update(measure_bundles(data, inputs, make))
  results = {
      'commands': {**stored.get('commands', {}), inputs: command}, 'thirteen': list(THIRTEEN), 'rows': rows, 'curve': curve,
      'splits': {**_sizes(data), **stored.get('splits', {})}, 'shown': [name for name in SHOWN if name in rows]}
  results = report.write(output, results, measures.page)
  measures.draw_confusions(results, output + '_confusion.png')
  if curve:
    measures.draw_curve(curve, output + '_latent_curves.png')
  return results


def _sizes(data):
  """{task: {split: pieces}} of the tasks whose composers are all there; '' are those left out."""
  splits, known = ('train', 'validation', 'test', ''), len(np.unique(data.composers))
  return {task.name: {split: int((task.split[data.composers < task.num_classes] == split).sum()) for split in splits}
          for task in data.tasks.values() if task.num_classes <= known}


# ---------------------- making ----


def cross_validation(data, known, more):
  """Rows of thirteen composers over all pieces, five folds: by composition, and by performance."""
  found = {}
  for name, apart in (('by composition', known.groups), ('by performance', known.pieces)):
    logits = fitting.cross_validated(known, more, apart, data.recipe.fold_penalty, len(THIRTEEN))
    found[f'thirteen, rolls, five folds {name}'] = measures.measures(logits, known.labels, known.pieces, len(THIRTEEN))
  return found


def best_head(data, task, known, more):
  """(Head fitted on the training split, its row on validation), the penalty chosen there by the accuracy of segments.

  Args:
    known: fitting.Rows of all segments.
    more: fitting.Rows of copies, only to learn from.
  """
  train, held_out = known.of(data.chosen(task, 'train')), known.of(data.chosen(task, 'validation'))
  seen, found = train.joined(more.of(np.isin(more.pieces, train.pieces))), []
  for penalty in data.recipe.penalties:
    head = seen.fit(penalty, task.num_classes, fitting.standard(train.statistics))
    row = measures.measures(head.logits(held_out.statistics), held_out.labels, held_out.pieces, task.num_classes)
    found.append((row['segment_accuracy'], head, {**row, 'penalty': penalty}))
  return max(found, key=lambda item: item[0])[1:]


def make_roll_bundles(data, known, more, folder, roll_trunk):
  """composer-roll and composer-13; returns their validation rows."""
  task, rows = data.tasks['four'], {}
  head, rows['four, rolls, statistics alone, validation'] = best_head(data, task, known, more)
  config = configs.get('composer-roll', data.recipe.trunk + ',statistics=True')
  model = config.build_model()
  weights = {name: value for name, value in bundles.read_weights(roll_trunk).items() if not name.startswith('statistics_head')}
  _assign(model, weights)
  mask = data.chosen(task, 'validation')
  held_out = known.of(mask)
  convolutions = _logits(model, data.segments.of(mask), data.rolls)  # the head is zero yet
  row = rows['four, rolls, validation'] = _put_beside(model, head, held_out, convolutions)
  rows['four, rolls, convolutions alone, validation'] = measures.measures(convolutions, held_out.labels, held_out.pieces, 4)
  bundles.save(model, config.override(trunk_share=row['trunk_share']), os.path.join(folder, 'composer-roll'), _card('composer-roll', row, 'rolls'))
  task = data.tasks['thirteen']
  head, row = best_head(data, task, known, more)
  config = configs.get('composer-13')
  model = config.build_model()
  model.output_head.kernel.assign(0 * model.output_head.kernel)
  head.put(model.statistics_head)
  rows['thirteen, rolls, validation'] = row
  bundles.save(model, config, os.path.join(folder, 'composer-13'), _card('composer-13', row, 'rolls'))
  return rows


def make_latent_bundle(data, folder):
  """composer-latent; returns (rows, learning curve)."""
  frozen = bundles.load(data.encoder)[0]

  def read(segments, rolls):
    latents, decoded = fitting.encoded(frozen, rolls)
    rows, valid = fitting.rows_of(segments, latents)
    return np.concatenate([fitting.statistics_of(segments, decoded), fitting.row_moments(rows, valid)], 1), rows, valid

  def read_copy(segments, rolls):
    statistics, *latents = read(segments, rolls)
    copies.append(latents)
    return statistics

  copies = []
  statistics, latent_rows, valid = read(data.segments, data.rolls)
  known, more = data.rows(statistics), data.varied(read_copy)
  task, rows = data.tasks['four'], {}
  head, rows['four, latents, statistics alone, validation'] = best_head(data, task, known, more)
  config = configs.get('composer-latent', data.recipe.latent_trunk).override(encoder=data.encoder, z_size=frozen.z_size, statistics=True)
  keras.utils.set_random_seed(22)
  model = config.build_model()
  train, mask = data.chosen(task, 'train'), data.chosen(task, 'validation')
  held_out, copied = known.of(mask), np.isin(more.pieces, known.pieces[train])
  seen = known.of(train).joined(more.of(copied))
  inputs = [np.concatenate([own[train], np.concatenate(others)[copied]]) for own, others in zip((latent_rows, valid), zip(*copies))]
  curve = fitting.train_trunk(
      model, *inputs, seen.labels, fitting.example_weights(seen.labels, seen.groups, seen.pieces),
      (latent_rows[mask], valid[mask], held_out.labels), data.recipe.trunk_steps)
  convolutions = model.output_head(model.trunk(latent_rows[mask], valid=valid[mask])['output']).numpy()
  rows['four, latents, convolutions alone, validation'] = measures.measures(convolutions, held_out.labels, held_out.pieces, 4)
  row = rows['four, latents, validation'] = _put_beside(model, head, held_out, convolutions)
  config = config.override(trunk_share=row['trunk_share'])
  bundles.save(model, config, os.path.join(folder, 'composer-latent'), _card('composer-latent', row, f'latents of {data.encoder}'))
  return rows, curve


def _put_beside(model, head, held_out, convolutions):
  """Sets the statistics head, times the factor at which the sum with the convolutions' logits is likeliest on validation.

  Returns the row there, with `trunk_share`, the factor of the convolutions.
  """
  statistics, labels = head.logits(held_out.statistics), held_out.labels
  scale, share = fitting.likeliest_shares(statistics, convolutions, labels)
  head.put(model.statistics_head, scale)
  row = measures.measures(scale * statistics + share * convolutions, labels, held_out.pieces, len(model.classes))
  return {**row, 'trunk_share': round(share, 4)}


def _assign(model, weights):
  from musicnst.models import naming
  variables = naming.named_variables(model)
  for name, value in weights.items():
    variables[name].assign(value.astype('float32'))


def _card(name, row, reads):
  return '\n'.join([
      f'# Data card: {name}', '', f'Which composer a piece of piano music is by, from {reads}.', '', '| | |', '|---|---|',
      '| data | MAESTRO v1 (CC BY-NC-SA 4.0): performances at a fixed 120 quarters a minute, segments of 512 steps (64 s); training split, '
      'compositions that are in the validation or test split left out |',
      '| training | logistic regression and a share of a linear discriminant on fixed statistics of the notes; beside it a small convolutional '
      'network (the transfer methods of the paper use its features) with the share in the logits that is likeliest on validation |',
      '| validation | accuracy by segment {segment_accuracy:.3f}, by piece {piece_accuracy:.3f}, macro F1 by piece {macro_f1:.3f} |'.format(**row),
      "| use | research; the corpus's licence forbids commercial use |", '',
      'Command: `python -m experiments.run composer_classification --make=...`; test figures: experiments/results/composers.md.', ''])


# ---------------------- measuring ----


def measure_bundles(data, inputs, folder=''):
  """Rows of the test splits of the bundles of `inputs`, each figure by the bundle as it is loaded."""
  rows = {}
  for bundle, task, reads in (('composer-roll', 'four', 'rolls'), ('composer-latent', 'four', 'latents'), ('composer-13', 'thirteen', 'rolls')):
    if reads not in inputs:
      continue
    model = bundles.load(os.path.join(folder, bundle) if folder else bundle)[0]
    task = data.tasks[task]
    if model.classes != THIRTEEN[:task.num_classes]:
      raise errors.ArgumentError(f'{bundle} knows {", ".join(model.classes)}; this experiment needs {", ".join(THIRTEEN[:task.num_classes])}')
    for name, steps in (('', STEPS), (' 32 s,', SHORT)):
      segments = data.segments if steps == STEPS else music.cut(data.pieces, steps, steps)
      labels = data.composers[segments.piece]
      mask = (labels < task.num_classes) & (task.split[segments.piece] == 'test')
      part = segments.of(mask)
      rows[f'{task.name}, {reads},{name} test'] = measures.measures(_logits(model, part, data.rolls), labels[mask], part.piece, task.num_classes)
  return rows


def _logits(model, segments, rolls):
  """`[M, C]` of segments by a classifier of rolls, or of the latents it makes of them."""
  signature = [tf.TensorSpec((None, segments.steps, rolls[0].shape[1])), tf.TensorSpec((None,), tf.int32)]
  compute = tf.function(lambda x, lengths: model(x, lengths=lengths), input_signature=signature)
  found = []
  for first in range(0, len(segments.piece), fitting.BATCH):
    part = segments.of(slice(first, first + fitting.BATCH))
    found.append(compute(tf.constant(part.rolls(rolls), tf.float32), tf.constant(part.lengths, tf.int32)).numpy())
  return np.concatenate(found)


def define_flags(flag_values):
  """The experiment's flags."""
  def string(name, default, text, **options):
    flags.DEFINE_string(name, default, text, flag_values=flag_values, **options)

  string('corpus_root', None, 'Folder that holds MAESTRO v1.', required=True)
  string('output', None, 'Files to write, without suffix.', required=True)
  string('make', '', 'Folder to write the bundles into first; empty: measure those that ship.')
  string('inputs', 'rolls,latents', 'Which bundles: those of rolls, of latents, or both.')
  string('encoder', 'polyphonic-2bar', 'Bundle whose latents are read.')
  string('roll_trunk', 'composer-roll', 'Bundle that gives the convolutions of composer-roll.')
  flags.DEFINE_integer('trunk_steps', 800, 'Training steps of the convolutions on latents.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  given = ' '.join(f'--{name}={flag_values[name].value}' for name in ('output', 'make', 'inputs', 'encoder') if flag_values[name].value)
  results = run(flag_values.corpus_root, flag_values.output, flag_values.make, flag_values.inputs, flag_values.encoder, flag_values.roll_trunk,
                f'python -m experiments.run composer_classification --corpus_root=ROOT {given}', Recipe(trunk_steps=flag_values.trunk_steps))
  print(measures.page(results))
