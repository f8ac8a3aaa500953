"""The default method: targets of the style piece and its genre, residual decoding, a budget of change."""
import numpy as np
import tensorflow as tf

from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.guided import genres
from musicnst.style_transfer.guided import objective as guided
from musicnst.style_transfer.pieces import harmony
from musicnst.style_transfer import optimize
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer import spaces

# Strength 1 allows this content change; realised change lies a little above what is allowed.
FULL_BUDGET = .89
# A piece that changes by so much more than its budget is tried again, with steps smaller by `SMALLER`.
OVERSHOOT, SMALLER = .04, .25


def budget_of(strength):
  """Strength 0 to 1 -> content change that costs nothing."""
  return FULL_BUDGET * strength


def run(request):
  """Request -> Found."""
  settings, engine, contents = request.settings, request.engine, request.contents
  batch = residual.batch_contents(
      contents, [harmony.scales(p.frames) for p in contents], request.editable, protect_melody=settings.protect_melody)
  plans = [_plan(engine, content, styles, settings, request.folder_style) for content, styles in zip(contents, request.styles)]
  latents = engine.encode(batch.windows).numpy().reshape(len(contents), -1, engine.model.z_size)
  rows = np.repeat(np.arange(len(contents)), settings.candidates)
  context = _context(engine, batch, plans, latents, rows, settings)
  start = latents[rows] + _candidate_noise(latents[rows].shape, settings)
  nothing_longer = np.zeros((*start.shape[:2], spaces.WINDOW_STEPS * residual.PITCHES))
  start = np.concatenate([start, nothing_longer], -1).astype(np.float32)
  outcome = optimize.run(
      engine.objective, start, context, settings.num_steps, settings.learning_rate, settings.snapshots, request.progress, settle=True)
  variable = _with_second_tries(engine, outcome, start, context, settings)
  found = _edits(engine, variable, context, contents, settings.candidates)
  snapshots = {i: _edits(engine, z, context, contents, settings.candidates)[0] for i, z in outcome.snapshots.items()}
  return request_lib.Found(found, outcome.history, snapshots, plans[0]['details'])


def _with_second_tries(engine, outcome, start, context, settings):
  """The variable found; pieces that overshot their budget (mostly sparse ones) are tried again with smaller steps, and the better of both is kept."""
  frames = engine.decode(tf.constant(outcome.variable), context)['frames']
  change = guided.frame_change(frames, context['content']).numpy()
  again = np.flatnonzero(change > context['budget'].numpy() + OVERSHOOT)
  if not len(again):
    return outcome.variable
  part = tf.nest.map_structure(lambda x: tf.gather(x, again) if x.shape.rank else x, context)
  second = optimize.run(engine.objective, start[again], part, settings.num_steps, SMALLER * settings.learning_rate, settle=True)
  variable = outcome.variable.copy()
  better = second.sums < outcome.sums[again]
  variable[again[better]] = second.variable[better]
  return variable


def _plan(engine, content, styles, settings, folder_style):
  """Targets, classes and details for one content."""
  source = settings.content_genre or genres.recognise(content, engine.classifiers, engine.classes)[1]
  target = settings.style_genre or _genre_of(styles, engine)
  mixed = target is not None and target != source and not folder_style and target in engine.statistics.genres
  targets = genres.targets([genres.piece_statistics(style) for style in styles], engine.statistics, target if mixed else None,
                           settings.genre_share)
  steered = target is not None and source != target
  profile = genres.profile(styles)
  return {
      'targets': targets, 'guided': float(steered), 'away': _away(engine.classes, source, target),
      'target': engine.classes.index(target) if steered else 0,
      'profile': profile, 'profile_start': np.float32(profile @ genres.profile([content])),
      'details': {'content_genre': source or 'unknown', 'style_genre': target or 'unknown',
                  'targets': f'the style and {target} on average' if mixed else 'the style alone'}}


def _genre_of(styles, engine):
  """The genre that the classifiers hear in the styles on average, or None."""
  mean = np.mean([genres.recognise(style, engine.classifiers, engine.classes)[0] for style in styles], 0)
  return engine.classes[int(np.argmax(mean))] if mean.max() >= genres.RECOGNISED else None


def _away(classes, source, target):
  """float32 `[C]`: the genre to leave, or all but the target where it is unknown."""
  return np.array([name == source if source else name != target for name in classes], np.float32)


def _context(engine, batch, plans, latents, rows, settings):
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
      'budget': tf.fill([len(rows)], np.float32(budget_of(settings.strength))),
      'style_weight': tf.constant(settings.style_weight, tf.float32), 'content_weight': tf.constant(settings.content_weight, tf.float32),
      'seed': tf.constant(settings.seed, tf.int32)}
  return {**context, 'probability': engine.probability(z, content)}


def _candidate_noise(shape, settings):
  """`spaces.candidate_noise`, drawn for all rows at once."""
  draws = np.random.default_rng(settings.seed).standard_normal(shape)
  return spaces.candidate_noise(np.arange(len(draws)) % settings.candidates, shape, spaces.LatentSpace.noise, draws.__getitem__)


def _edits(engine, z, context, contents, candidates):
  """Latents -> for each candidate, a list of Edit, one a content."""
  notes = {name: value.numpy() for name, value in engine.decode(tf.constant(z), context).items()}
  return [[compose.edit_of_notes(content, notes, i * candidates + candidate) for i, content in enumerate(contents)]
          for candidate in range(candidates)]
