"""One run of one of the paper's experiments on one pair, and everything that is measured of what it writes."""
import contextlib
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from experiments.benchmark import judges as judges_lib
from experiments.papers.musicnst import lbfgs
from experiments.papers.musicnst import pairs as pairs_lib
from experiments.papers.musicnst import store as store_lib
from musicnst import errors
from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer as transfer_metrics
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer import registry
from musicnst.style_transfer import roll_latents
from musicnst.style_transfer.paper import feature_networks
from musicnst.style_transfer.paper import method as paper_method
from musicnst.style_transfer.paper import objective as paper_objective
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer import spaces

# The paper's numbers: 1 and 2 without, 3 and 4 with latents; name -> (network, space).
EXPERIMENTS = {
    'paper-vgg-roll': ('vgg', 'roll'), 'paper-classifier-roll': ('classifier', 'roll'),
    'paper-vgg-latents': ('vgg', 'latents'), 'paper-classifier-latents': ('classifier', 'latents')}
CONTROLS = ('copy', 'reconstruction', 'half-notes', 'style-piece', 'guided')
METRICS = ('content_change', 'content_added', 'content_removed', 'onset_change', 'chroma_similarity', 'skyline_kept', 'density_ratio',
           'one_step_share', 'style_time_pitch')
# From where a cell of an optimized roll is a note: half of a full one, and as in the published code, 5 of at most 100.
THRESHOLDS = {'roll': (.5, .05), 'latents': (None,)}
# Factors of the objective that give its terms unweighted.
UNWEIGHTED = {'style_weight': 1 / paper_objective.STYLE_WEIGHT, 'content_weight': 1 / paper_objective.CONTENT_WEIGHT}


@dataclasses.dataclass(frozen=True)
class Setting:
  """How an experiment is run.

  Args:
    content, style: the two sides of the ratio content : style.
    num_steps: iterations of Adam, or evaluations of L-BFGS.
    iterations: after which of them the music is measured.
    optimizer: 'adam' or 'l-bfgs'.
    seed: of random weights.
  """

  content: float = 1.0
  style: float = 4.0
  num_steps: int = 100
  iterations: tuple = (1, 10, 100)
  optimizer: str = 'adam'
  seed: int = 0

  @property
  def ratio(self):
    return f'{self.content:g} : {self.style:g}'


@dataclasses.dataclass(frozen=True)
class Run:
  """What a run gave.

  Args:
    rows: one dict an iteration and threshold that was measured.
    history: term -> list of floats, weighted, one an iteration.
    sequences: (iteration, threshold) -> NoteSequence.
  """

  rows: list
  history: dict
  sequences: dict


@dataclasses.dataclass(frozen=True)
class Models:
  """What the experiments work with.

  Args:
    latents: roll_latents.RollLatents.
    name: of the latent model, for methods that are loaded by name; None for the shipped one.
    imagenet: VGG-19 takes ImageNet's weights.
  """

  latents: roll_latents.RollLatents
  name: str | None = None
  imagenet: bool = False

  @classmethod
  def load(cls, name, imagenet=False):
    """Models around a latent model that is named."""
    return cls(registry.load('reconstruction', name).latents, name, imagenet)

  def composer(self, name):
    """The composer classifier of that name (feature_networks.ComposerNetwork)."""
    if name == 'composer-roll':
      return feature_networks.composer_of_rolls()
    return feature_networks.composer_of_latents(self.latents)

  def method(self, name):
    """A method of the registry around the latent model."""
    return registry.load(name, self.name)


def run(models, pair, experiment, setting, store=None):
  """One experiment on one pair at one setting.

  Args:
    models: Models.
    pair: pairs.Pair.
    experiment: name in `EXPERIMENTS`.
    setting: Setting.
    store: store.Store of outcomes, or None.

  Returns:
    Run. Of each row `style_end`, `content_end` are the objective's distances without their weights, of the variable at that iteration and
    (`written_`) of the notes written from it, read again; 1 is as far from the target as silence is.
  """
  task, prepared = _prepared(models, pair, experiment, setting)
  key = [experiment, dataclasses.asdict(setting), task.request.settings.learning_rate, _fingerprint(task, prepared)]
  outcome = (store or store_lib.Store()).outcome(key, lambda: _optimized(task, prepared, setting))
  before = _distances(task, prepared, prepared.start)
  rows, sequences = [], {}
  for iteration, variable in sorted(outcome.snapshots.items()):
    after, last = _distances(task, prepared, variable), min(iteration, len(outcome.history['total'])) - 1
    loss = {
        'total_start': outcome.history['total'][0], 'total_end': outcome.history['total'][last], 'style_start': before['style'],
        'style_end': after['style'], 'content_end': after['content'], 'variation_end': after['total_variation'],
        'moved': float(np.abs(variable - prepared.own).mean())}
    for threshold in THRESHOLDS[task.space.name]:
      sequence = _written(task, prepared, pair, variable, threshold)
      written = _distances(task, prepared, task.space.encode(_roll_like(task, prepared, pair, sequence)))
      rows.append({
          'experiment': experiment, 'kind': pair.kind, 'pair': pair.name, 'ratio': setting.ratio, 'optimizer': setting.optimizer,
          'iteration': iteration, 'threshold': threshold, **loss, 'written_style': written['style'], 'written_content': written['content'],
          **measure(models, pair, sequence, experiment)})
      sequences[iteration, threshold] = sequence
  return Run(rows, outcome.history, sequences)


def _optimized(task, prepared, setting):
  """Outcome of either optimizer."""
  if setting.optimizer == 'adam':
    return task.optimize(prepared)
  return lbfgs.run(task.objective, prepared, task.request.settings)


def _fingerprint(task, prepared):
  """Of the targets, the start and the network: what an outcome depends on beside its setting."""
  network = task.network.model
  return store_lib.fingerprint(prepared.start, *(v for _, v in sorted(prepared.context['style'].items())), network)


def _written(task, prepared, pair, variable, threshold):
  """The NoteSequence that a variable says."""
  if threshold is not None:
    task = dataclasses.replace(task, space=spaces.RollSpace(threshold))
  return compose.compose(pair.content.sequence, pair.content.changes(task.edits(prepared, variable)[0]))[0]


def controls(models, pair, seed=0, experiments=tuple(EXPERIMENTS), names=CONTROLS):
  """Rows for methods (`names`) that are not the paper's, measured alike; `guided` is the method of this project that works on latents.

  `written_style` is a dict here: experiment -> the style distance of the notes written, as that experiment's network sees it.
  """
  tasks = {name: _prepared(models, pair, name, Setting(seed=seed)) for name in experiments}
  rows = []
  for name in names:
    edit = models.method(name).run(request_of(pair, request_lib.Settings().filled(registry.lookup(name).defaults))).edits[0][0]
    sequence = compose.compose(pair.content.sequence, pair.content.changes(edit))[0]
    seen = {experiment: _distances(task, ready, task.space.encode(_roll_like(task, ready, pair, sequence)))['style']
            for experiment, (task, ready) in tasks.items()}
    rows.append({'experiment': name, 'kind': pair.kind, 'pair': pair.name, 'written_style': seen, **measure(models, pair, sequence)})
  return rows


def _prepared(models, pair, experiment, setting):
  """(Task, Prepared) of an experiment on a pair."""
  network, space = EXPERIMENTS[experiment]
  method = paper_method.PaperRoll(network) if space == 'roll' else paper_method.PaperLatents(models.latents, network)
  task = method.task(request_of(pair, _settings(experiment, setting, models.imagenet)))
  return task, task.prepare([(0, 0)])


def request_of(pair, settings):
  """A request for the pair's content in the style of its style piece."""
  return request_lib.Request(
      contents=[pair.content], styles=[[pair.style]], editable=[np.ones(pair.content.total_steps, bool)], settings=settings)


def measure(models, pair, sequence, experiment=''):
  """Metrics of a result, its nearness to the style piece, and what judges say of it: name -> float or None.

  `judge_before`, `judge_after` are the probability of the target by classifiers that the experiment does not use: of composers the one that
  reads the other representation (both for VGG and controls), of genres, among source and target, the benchmark's three judges.
  """
  content, style = (notes_lib.of(p.sequence, p.beat_map) for p in (pair.content, pair.style))
  result = notes_lib.of(sequence, pair.content.beat_map)
  values = metric_map.measure(content, style, result, METRICS)
  nearness = lambda music: transfer_metrics.style_profile_similarity(style, music)['time_pitch']
  judges = _judges(models, pair, sequence)
  independent = [name for name in judges if name != _own_judge(experiment)]
  mean = lambda when: float(np.mean([judges[name][when] for name in independent])) if independent else None
  return {**values, 'nearness_before': nearness(content), 'nearness_after': nearness(result), 'judge_before': mean(0), 'judge_after': mean(1),
          'judges': {name: list(values) for name, values in judges.items()}}


def _own_judge(experiment):
  """The judge that is inside an experiment."""
  network, space = EXPERIMENTS.get(experiment, ('', ''))
  return {'roll': 'composer-roll', 'latents': 'composer-latent'}[space] if network == 'classifier' else ''


def _judges(models, pair, sequence):
  """name -> (probability of the target for the content, for the result)."""
  pieces = [pair.content, _piece(sequence, pair.content)]
  if pair.kind == 'composer':
    return {name: tuple(composer_probabilities(models, piece, name).get(pair.target, 0.) for piece in pieces) for name in composer_judges(models)}
  if pair.kind == 'genre':
    return {name: tuple(_genre_probability(name, piece, pair) for piece in pieces) for name in judges_lib.HEADLINE}
  return {}


def _genre_probability(name, piece, pair):
  """Of the target among source and target, by a judge of the transfer benchmark; undecided where there is no note."""
  if piece is None:
    return .5
  judge = judges_lib.load(name)
  unit = judges_lib.KINDS[name].steps
  roll = np.zeros((1, -(-piece.total_steps // unit) * unit, 2, 88), np.uint8)
  roll[0, :piece.total_steps] = piece.roll
  return 1 - float(judge.source_probability(roll, [piece.total_steps], [pair.source], [pair.target])[0])


def composer_judges(models):
  """Names of the composer classifiers that are there and fit the latent model."""
  found = ['composer-roll']
  with contextlib.suppress(errors.ModelNotFoundError):
    found += ['composer-latent'] if models.composer('composer-latent') else []
  return found


@functools.lru_cache(maxsize=64)  # a content is judged once for all that is made of it
def composer_probabilities(models, piece, name):
  """composer -> probability, by the roll classifier or by the one of latents; {} for a piece without notes."""
  if piece is None:
    return {}
  network = models.composer(name)
  steps = -(-piece.total_steps // 32) * 32
  roll = np.zeros((1, steps, 2, 88), np.float32)
  roll[0, :piece.total_steps] = piece.roll
  x = roll.reshape(1, steps, -1) if name == 'composer-roll' else models.latents.encode_rolls(roll)
  probabilities = tf.nn.softmax(_logits(network.classifier, name)(tf.constant(x), tf.constant([piece.total_steps])))
  return dict(zip(network.classifier.classes, probabilities[0].numpy().astype(float).tolist()))


@functools.lru_cache(maxsize=4)
def _logits(classifier, name):
  """Compiled: rolls `[B, T, 176]` with their lengths, or rows of latents `[B, S, Z]`, -> logits."""
  @tf.function(reduce_retracing=True)
  def logits(x, lengths):
    found = classifier(x, lengths=lengths) if name == 'composer-roll' else classifier.activations(x)['logits']
    return tf.cast(found, tf.float32)
  return logits


def _settings(experiment, setting, imagenet):
  """Of the method, with the two factors of the objective that make the ratio."""
  return request_lib.Settings(
      strength=1.0, num_steps=setting.num_steps, snapshots=tuple(setting.iterations), seed=setting.seed, imagenet=imagenet,
      learning_rate=registry.lookup(experiment).defaults['learning_rate'],
      content_weight=setting.content / paper_objective.CONTENT_WEIGHT, style_weight=setting.style / paper_objective.STYLE_WEIGHT)


def _distances(task, prepared, variable):
  """term -> float, without weights (total variation with its own)."""
  weights = {name: tf.constant(value, tf.float32) for name, value in UNWEIGHTED.items()}
  found = task.objective.terms(tf.constant(np.asarray(variable, np.float32)), {**prepared.context, **weights})
  return {name: float(value[0]) for name, value in found.items()}


def _roll_like(task, prepared, pair, sequence):
  """Roll float32 `[1, T, 2, 88]` of what was written, as long as the variable's."""
  roll = np.zeros((1, prepared.own.shape[1] * task.space.row_steps, 2, 88), np.float32)
  piece = _piece(sequence, pair.content)
  if piece is not None:
    steps = min(piece.total_steps, roll.shape[1])
    roll[0, :steps] = piece.roll[:steps]
  return roll


def _piece(sequence, like):
  """The sequence as a Piece on the beats of another, or None where it holds no note."""
  try:
    return piece_lib.from_sequence(sequence, pairs_lib.STEPS_PER_QUARTER, beat_map=like.beat_map)
  except errors.RejectedSequence:
    return None
