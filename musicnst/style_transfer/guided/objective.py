"""The default method's objective: genre and piece statistics plus inner classifiers, through residual decoding, on a budget of change.

The paper measures style on features of the latents; nothing of that reaches the decoded notes. Here every term is measured on the notes that
would be written. Deviation: replaces the Gram and dot-product terms of the paper (its section 6); those remain as methods of their own.
"""
import dataclasses

import tensorflow as tf

from musicnst.data import transposition
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer import spaces
from musicnst.style_transfer.guided import statistics

# One step of the loop moves the holding of a cell by this share of what it moves a latent.
LENGTHEN_SCALE = .25
# Half the distance of logits from which a classifier counts as convinced.
MARGIN = 3.0
# At each step the classifiers hear the notes transposed by at most so many semitones, up or down: what convinces them in one key only is no style.
TRANSPOSITION = 6
DENSITY_LOW, DENSITY_HIGH = .65, 1.5
# Mean chroma distance from which harmony counts as lost: about .92 of Groove2Groove's chroma similarity.
CHROMA_ROOM = .07
# How far the share of notes of one step may lie from the target's.
SHORT_ROOM = .02
# So many notes may be struck at once.
MOST_AT_ONCE = 7.0
# Share of the skyline's notes that may go.
SKYLINE_ROOM = .04


@dataclasses.dataclass(frozen=True)
class Weights:
  """Weight of each term of the objective.

  `texture` is for the classifier that hears statistics, `short_notes` for the share of notes of one step, `profile` for what is missing to
  the style piece's own time-pitch profile (Groove2Groove), as a share of what the content lacks. `harmony` weighs the chroma distance
  beyond `CHROMA_ROOM` once more.
  """

  statistics: float = 3.0
  classifiers: float = 18.0
  texture: float = 12.0
  profile: float = 14.0
  short_notes: float = 50.0
  chroma: float = 4.0
  harmony: float = 200.0
  key: float = 2.0
  skyline: float = 110.0
  density: float = 200.0
  clash: float = 20.0
  crowd: float = 40.0
  latent: float = .3
  budget: float = 400.0


class GuidedObjective:
  """`terms(variable, context)` for `optimize.run`.

  The variable is `[B, S, Z + 32 * 88]`: for each window its latent, and for each of its cells how much notes should be held there
  (`lengthen` of `residual.decode`); or `[B, S, Z]`, the latents alone.

  Args:
    model: LatentModel with a Bernoulli head over 32 steps x 176 cells, not autoregressive or teacher-forced on the content.
    threshold_logit: the decoder's threshold as a logit.
    classifiers: tuple of callables `(rolls, lengths=)` giving logits `[N, C]` for rolls `[N, 128, 176]`.
    weights: Weights.
    statistics_logits: callable, `statistics.measure` of segments of 128 steps -> logits `[N, C]`: one more classifier; None for none.

  The context is a dict: `content` (tensors of a ContentBatch), `z` and `probability` of the content, `target_mean` and
  `target_deviation` (dicts of `[B, N]`), `profile` (`[B, N]`, the style's `statistics.time_pitch`) and `profile_start` (`[B]`, the content's
  similarity to it), `away` (`[B, C]`, 1 for the classes to leave), `target` (int `[B]`, a class), `guided` (`[B]`, 1 where the classifiers apply),
  `budget` (`[B]`), `style_weight`, `content_weight`, `seed` (int32, of the transpositions) and the loop's `progress` (scalars).
  """

  # `optimize.run` traces `terms` once for pieces of any length.
  any_length = True

  def __init__(self, model, threshold_logit, classifiers=(), weights=Weights(), statistics_logits=None):
    self.model, self.threshold_logit, self.classifiers, self.weights = model, threshold_logit, tuple(classifiers), weights
    self.statistics_logits = statistics_logits

  def probability(self, z, content):
    """z `[B, S, Z]` -> centred probabilities `[B, T, 2, 88]`; an autoregressive decoder is teacher-forced on the content."""
    shape = tf.shape(content['roll'])
    windows = tf.reshape(content['roll'], (-1, 32, 2 * residual.PITCHES))
    logits = self.model.decode_logits(tf.reshape(z, (-1, z.shape[-1])), {'inputs': windows, 'outputs': windows})
    return tf.reshape(residual.probability(logits, self.threshold_logit), shape)

  def unpack(self, variable):
    """What is optimized `[B, S, Z + 32 * 88]` -> z `[B, S, Z]`, lengthen `[B, T, 88]`; of z alone, lengthen is None."""
    size = self.model.z_size
    if variable.shape[-1] == size:
      return variable, None
    shape = tf.shape(variable)
    return variable[..., :size], LENGTHEN_SCALE * tf.reshape(variable[..., size:], (shape[0], shape[1] * spaces.WINDOW_STEPS, residual.PITCHES))

  def decode(self, variable, context):
    """Variable -> decided notes (see `residual.decode`)."""
    z, lengthen = self.unpack(variable)
    return residual.decode(self.probability(z, context['content']) - context['probability'], context['content'], lengthen)

  def terms(self, variable, context):
    content, w = context['content'], self.weights
    z, _ = self.unpack(variable)
    notes = self.decode(variable, context)
    counts = segment_counts(notes, content)
    whole = statistics.pooled(counts, tf.shape(z)[0])
    measured = statistics.of_counts(whole)
    targets = statistics.Targets(context['target_mean'], context['target_deviation'])
    change, chroma = frame_change(notes['frames'], content), chroma_distance(notes['frames'], content)
    style, keep = context['style_weight'], context['content_weight']
    terms = {
        'style_statistics': style * w.statistics * statistics.whitened_distance(measured, targets),
        'chroma': keep * (w.chroma * chroma + w.harmony * tf.nn.relu(chroma - CHROMA_ROOM)),
        'key': keep * w.key * outside_share(notes['added_frames'], content),
        'skyline': keep * w.skyline * tf.nn.relu(lost_share(notes['gates'], content['skyline']) - SKYLINE_ROOM),
        'clash': keep * w.clash * clash_excess(notes),
        'crowd': keep * w.crowd * crowd_share(notes),
        'density': keep * w.density * density_excess(notes['onsets'], content),
        'latent': keep * w.latent * tf.reduce_mean(tf.square(z - context['z']), (1, 2)),
        'budget': w.budget * tf.square(tf.nn.relu(change - context['budget'])),
    }
    if w.short_notes:
      off = tf.abs(measured['note_lengths'][:, 0] - context['target_mean']['note_lengths'][:, 0])
      terms['style_short_notes'] = style * w.short_notes * tf.nn.relu(off - SHORT_ROOM)
    if w.profile:
      similarity = tf.reduce_sum(statistics.time_pitch(whole) * context['profile'], -1)
      terms['style_profile'] = style * w.profile * (1.0 - similarity) / (1.0 - context['profile_start'] + .05)
    if self.classifiers or self.statistics_logits is not None:
      terms.update(self.genre_terms(notes, counts, context))
    return terms

  def genre_terms(self, notes, counts, context):
    """What the classifiers, and the one that hears statistics (of `segment_counts`), hold against the target genre: `[B]` each."""
    rolls, lengths = segments(notes, context['content'])
    weigh = lambda number: context['style_weight'] * number * context['guided']
    terms = {}
    if self.classifiers:
      rolls = transposed(rolls, context)
      losses = [unconvinced(classifier(rolls, lengths=lengths), lengths, context) for classifier in self.classifiers]
      terms['style_classifiers'] = weigh(self.weights.classifiers) * tf.add_n(losses) / len(losses)
    if self.statistics_logits is not None:
      logits = self.statistics_logits(statistics.of_counts(counts))
      terms['style_texture'] = weigh(self.weights.texture) * unconvinced(logits, lengths, context)
    return terms


def unconvinced(logits, lengths, context):
  """A classifier's logits of segments `[B * S, C]` -> `[B]`: mean over segments of softplus((source logit - target logit) / 2 + margin).

  Of an unknown source, all other genres together stand for it.
  """
  batch = tf.shape(context['away'])[0]
  logits = tf.reshape(tf.cast(logits, tf.float32), (batch, -1, logits.shape[-1]))
  weights = tf.reshape(tf.cast(lengths, tf.float32), (batch, -1))
  away = tf.reduce_logsumexp(logits + tf.math.log(context['away'] + 1e-9)[:, None], -1)
  loss = tf.nn.softplus((away - tf.gather(logits, context['target'], axis=2, batch_dims=1)) / 2.0 + MARGIN)
  return tf.reduce_sum(loss * weights, 1) / tf.reduce_sum(weights, 1)


def segment_counts(notes, content):
  """`statistics.count` of decided notes by segments of 8 bars, each piece's one after another: `[B * T / 128, N]` each."""
  cut = lambda x: tf.reshape(x, (-1, statistics.SEGMENT_STEPS, x.shape[-1]))
  valid = tf.reshape(content['valid'], (-1, statistics.SEGMENT_STEPS))
  return statistics.count(cut(notes['onsets']), cut(notes['frames']), cut(content['positions']), valid)


def transposed(rolls, context):
  """Rolls `[N, T, 176]` moved by as many semitones as the context's seed and progress draw; what leaves the keyboard is gone."""
  at = tf.stack([context['seed'], tf.cast(1e6 * context['progress'], tf.int32)])
  semitones = TRANSPOSITION - tf.random.stateless_uniform([], at, 0, 2 * TRANSPOSITION + 1, tf.int32)
  cells = tf.reshape(rolls, (-1, statistics.SEGMENT_STEPS, 2, residual.PITCHES))
  return tf.reshape(transposition.shift_keys(cells, semitones, TRANSPOSITION), tf.shape(rolls))


def segments(notes, content):
  """Decided notes `[B, T, 88]` -> rolls `[B * T / 128, 128, 176]` and their valid lengths int32 `[B * T / 128]`."""
  sustain = notes['frames'] * (1.0 - notes['onsets'])
  rolls = tf.concat([notes['onsets'], sustain], -1)  # [B, T, 176]
  rolls = tf.reshape(rolls, (-1, statistics.SEGMENT_STEPS, 2 * residual.PITCHES))
  lengths = tf.reduce_sum(tf.reshape(content['valid'], (-1, statistics.SEGMENT_STEPS)), 1)
  return rolls, tf.cast(lengths, tf.int32)


def frame_change(frames, content):
  """`[B]`: cells that sound in one of result and content only, over cells sounding in the content (`metrics.transfer.content_change`)."""
  before = tf.reduce_max(content['roll'], 2)
  changed = before * (1.0 - frames) + (1.0 - before) * frames
  return tf.reduce_sum(changed, (1, 2)) / (tf.reduce_sum(before, (1, 2)) + 1.0)


def chroma_distance(frames, content):
  """`[B]`: mean over half bars of 1 - cosine between the chroma of the result and of the content.

  A half bar where only the content sounds counts 1, and so does one where only the result sounds, growing from 0 with what sounds.
  """
  reference = statistics.half_bars(tf.reduce_max(content['roll'], 2))
  result = statistics.half_bars(frames)
  norm = lambda x: tf.sqrt(tf.reduce_sum(tf.square(x), -1) + 1e-6)
  cosine = tf.reduce_sum(reference * result, -1) / (norm(reference) * norm(result))
  sounding = tf.cast(tf.reduce_sum(reference, -1) > 0, tf.float32)
  into_silence = (1.0 - sounding) * (1.0 - tf.exp(-tf.reduce_sum(result, -1)))
  distance = tf.reduce_sum((1.0 - cosine) * sounding + into_silence, 1)
  return distance / (tf.reduce_sum(sounding + tf.stop_gradient(into_silence), 1) + 1e-6)


def outside_share(added_frames, content):
  """`[B]`: share of the new cells that lie outside the content's key."""
  outside = tf.reduce_sum(added_frames * content['outside_key'], (1, 2))
  # A handful of new cells is not judged as harshly as a share would have it.
  return outside / (tf.reduce_sum(added_frames, (1, 2)) + 8.0)


def clash_excess(notes):
  """`[B]`: how often new notes sound a semitone from another note, an eighth of the time being allowed."""
  frames, added = notes['frames'], notes['added_frames']
  beside = tf.pad(frames[:, :, 1:], [[0, 0], [0, 0], [0, 1]]) + tf.pad(frames[:, :, :-1], [[0, 0], [0, 0], [1, 0]])
  share = tf.reduce_sum(added * beside, (1, 2)) / (tf.reduce_sum(added, (1, 2)) + 8.0)
  return tf.nn.relu(share - .125)


def crowd_share(notes):
  """`[B]`: new notes beyond what two hands strike at once (`MOST_AT_ONCE` notes), as a share of the new ones."""
  beyond = tf.nn.relu(tf.reduce_sum(notes['onsets'], -1) - MOST_AT_ONCE) * tf.minimum(tf.reduce_sum(notes['added_onsets'], -1), 1.0)
  return tf.reduce_sum(beyond, 1) / (tf.reduce_sum(notes['added_onsets'], (1, 2)) + 8.0)


def lost_share(gates, skyline):
  """`[B]`: share of the skyline's notes that are gone."""
  return 1.0 - (tf.reduce_sum(gates * skyline, (1, 2)) + 1e-6) / (tf.reduce_sum(skyline, (1, 2)) + 1e-6)


def density_excess(onsets, content):
  """`[B]`: squared log of the number of notes over the content's, where outside .65 to 1.5."""
  ratio = (tf.reduce_sum(onsets, (1, 2)) + 1.0) / (tf.reduce_sum(content['roll'][:, :, 0], (1, 2)) + 1.0)
  over = tf.nn.relu(tf.math.log(ratio / DENSITY_HIGH)) + tf.nn.relu(tf.math.log(DENSITY_LOW / ratio))
  return tf.square(over)
