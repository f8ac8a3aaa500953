"""Method `guided`: targets of the style piece and its genre, residual decoding, a budget of change."""
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from musicnst import bundles
from musicnst import errors
from musicnst.style_transfer import method
from musicnst.style_transfer import optimize
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer import roll_latents
from musicnst.style_transfer import spaces
from musicnst.style_transfer.guided import genres as genres_lib
from musicnst.style_transfer.guided import harmony
from musicnst.style_transfer.guided import objective as objective_lib
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer.guided import settings as settings_lib
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import piece as piece_lib

# Four different classifiers that steer the transfer; judges of results are others.
CLASSIFIERS = ('genre-inner-a', 'genre-inner-b', 'genre-inner-c', 'genre-inner-d')


@dataclasses.dataclass(frozen=True, eq=False)
class GuidedMethod(method.Method):
  """The method with its models.

  Args:
    latents: roll_latents.RollLatents.
    classifiers: inner genre classifiers.
    classes: the genres that they tell apart.
    statistics: genres.GenreStatistics.
    constants: GuidedSettings.
  """

  latents: roll_latents.RollLatents
  classifiers: tuple
  classes: tuple
  statistics: genres_lib.GenreStatistics
  constants: settings_lib.GuidedSettings = residual.DEFAULTS

  default_model = roll_latents.DEFAULT_MODEL
  wants = roll_latents.WANTS

  @classmethod
  def takes(cls, loaded):
    return roll_latents.takes(loaded)

  @classmethod
  def load(cls, loaded, constants=residual.DEFAULTS):
    """As `Method.load`, with the classifiers and the genre statistics that ship."""
    found = [bundles.load(name) for name in CLASSIFIERS]
    return cls(
        roll_latents.of(loaded), tuple(model for model, _, _ in found), tuple(found[0][1].hparams.classes), genres_lib.load(), constants)

  @property
  def genres(self):
    return self.classes

  @functools.cached_property
  def decoder(self):
    """residual.ResidualDecoder."""
    return residual.ResidualDecoder(self.latents, self.constants)

  @functools.cached_property
  def objective(self):
    """objective.GuidedObjective."""
    return objective_lib.GuidedObjective(self.decoder, self.classifiers, self.statistics.logits if self.statistics.network else None)

  def budget(self, strength):
    """Strength 0 to 1 -> content change that costs nothing."""
    return self.constants.full_budget * strength

  def run(self, request):
    settings, contents = request.settings, request.contents
    batch = residual.batch_contents(
        contents, [harmony.scales(p.frames) for p in contents], request.editable, protect_melody=settings.protect_melody)
    plans = [self._plan(content, styles, settings, request.folder_style) for content, styles in zip(contents, request.styles)]
    latents = self.latents.encode(batch.windows).numpy().reshape(len(contents), -1, self.latents.model.z_size)
    rows = np.repeat(np.arange(len(contents)), settings.candidates)
    context = self._context(batch, plans, latents, rows, settings)
    start = latents[rows] + self._candidate_noise(latents[rows].shape, settings)
    nothing_longer = np.zeros((*start.shape[:2], spaces.WINDOW_STEPS * residual.PITCHES))
    start = np.concatenate([start, nothing_longer], -1).astype(np.float32)
    outcome = optimize.run(
        self.objective, start, context, settings.num_steps, settings.learning_rate, settings.snapshots, request.progress, settle=True,
        any_length=True)
    variable = self._with_second_tries(outcome, start, context, settings)
    edits = self._edits(variable, context, contents, settings.candidates)
    snapshots = {i: self._edits(z, context, contents, settings.candidates)[0] for i, z in outcome.snapshots.items()}
    return request_lib.MethodResult(edits, outcome.history, snapshots, plans[0]['details'])

  def measures(self, piece, result, details):
    """`style_genre_before`, `style_genre_after`: probability of the style's genre by the method's own classifiers, no independent judges."""
    target = details.get('style_genre')
    if not self.classifiers or target not in self.genres or not result.notes:
      return {}
    index = self.genres.index(target)
    probability = lambda piece: genres_lib.recognise(piece, self.classifiers, self.genres)[0][index]
    try:
      after = piece_lib.from_sequence(result, piece.steps_per_quarter, beat_map=piece.beat_map)
    except errors.RejectedSequence:  # nothing is left that a classifier reads
      return {}
    return {'style_genre_before': float(probability(piece)), 'style_genre_after': float(probability(after))}

  def _with_second_tries(self, outcome, start, context, settings):
    """The variable found; pieces that overshot their budget (mostly sparse ones) are tried again with smaller steps, and the better of both is
    kept."""
    frames = self.decoder.written(tf.constant(outcome.variable), context)['frames']
    change = objective_lib.frame_change(frames, context['content']).numpy()
    again = np.flatnonzero(change > context['budget'].numpy() + self.constants.overshoot)
    if not len(again):
      return outcome.variable
    part = tf.nest.map_structure(lambda x: tf.gather(x, again) if x.shape.rank else x, context)
    second = optimize.run(
        self.objective, start[again], part, settings.num_steps, self.constants.smaller * settings.learning_rate, settle=True, any_length=True)
    variable = outcome.variable.copy()
    better = second.sums < outcome.sums[again]
    variable[again[better]] = second.variable[better]
    return variable

  def _plan(self, content, styles, settings, folder_style):
    """Targets, classes and details for one content."""
    source = settings.content_genre or genres_lib.recognise(content, self.classifiers, self.genres)[1]
    target = settings.style_genre or self._genre_of(styles)
    mixed = target is not None and target != source and not folder_style and target in self.statistics.genres
    targets = genres_lib.targets([genres_lib.piece_statistics(style) for style in styles], self.statistics, target if mixed else None,
                                 self.constants.genre_share)
    steered = target is not None and source != target
    profile = genres_lib.profile(styles)
    return {
        'targets': targets, 'guided': float(steered), 'away': _away(self.genres, source, target),
        'target': self.genres.index(target) if steered else 0,
        'profile': profile, 'profile_start': np.float32(profile @ genres_lib.profile([content])),
        'details': {'content_genre': source or 'unknown', 'style_genre': target or 'unknown',
                    'targets': f'the style and {target} on average' if mixed else 'the style alone'}}

  def _genre_of(self, styles):
    """The genre that the classifiers recognise in the styles on average, or None."""
    mean = np.mean([genres_lib.recognise(style, self.classifiers, self.genres)[0] for style in styles], 0)
    return self.genres[int(np.argmax(mean))] if mean.max() >= genres_lib.RECOGNISED else None

  def _context(self, batch, plans, latents, rows, settings):
    """What `GuidedObjective.terms` takes besides z, each content repeated for its candidates."""
    take = lambda name: tf.constant(np.array([plans[i][name] for i in rows]))
    content = {name: tf.gather(value, rows) for name, value in batch.tensors().items()}
    z = tf.constant(latents[rows])
    groups = plans[0]['targets'].mean
    context = {
        'content': content, 'z': z,
        'target_mean': {g: tf.constant(np.stack([plans[i]['targets'].mean[g] for i in rows])) for g in groups},
        'target_deviation': {g: tf.constant(np.stack([plans[i]['targets'].deviation[g] for i in rows])) for g in groups},
        'profile': take('profile'), 'profile_start': take('profile_start'),
        'guided': tf.cast(take('guided'), tf.float32), 'away': take('away'), 'target': take('target'),
        'budget': tf.fill([len(rows)], np.float32(self.budget(settings.strength))),
        'style_weight': tf.constant(settings.style_weight, tf.float32), 'content_weight': tf.constant(settings.content_weight, tf.float32),
        'seed': tf.constant(settings.seed, tf.int32)}
    return {**context, 'probability': self.decoder.compiled_probability(z, content)}

  def _candidate_noise(self, shape, settings):
    """`spaces.candidate_noise`, drawn for all rows at once."""
    draws = np.random.default_rng(settings.seed).standard_normal(shape)
    return spaces.candidate_noise(np.arange(len(draws)) % settings.candidates, shape, self.constants.candidate_noise, draws.__getitem__)

  def _edits(self, variable, context, contents, candidates):
    """Variable -> for each candidate, a list of Edit, one a content."""
    notes = {name: value.numpy() for name, value in self.decoder.written(tf.constant(variable), context).items()}
    return [[compose.edit_of_notes(content, notes, i * candidates + candidate) for i, content in enumerate(contents)]
            for candidate in range(candidates)]


def _away(classes, source, target):
  """float32 `[C]`: the genre to leave, or all but the target where it is unknown."""
  return np.array([name == source if source else name != target for name in classes], np.float32)
