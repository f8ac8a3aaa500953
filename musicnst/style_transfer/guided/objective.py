"""The objective of method `guided`: genre and piece statistics plus inner classifiers, through residual decoding, on a budget of change.

The paper measures style on features of the latents; nothing of that reaches the decoded notes. Here every term is measured on the notes that
would be written. Deviation: replaces the Gram and dot-product terms of the paper (its section 6); those remain as methods of their own.
"""
import tensorflow as tf

from musicnst.data import transposition
from musicnst.style_transfer.guided import residual
from musicnst.style_transfer.guided import statistics

class GuidedObjective:
  """`terms(variable, context)` for `optimize.run`; the variable is that of `residual.ResidualDecoder`.

  Args:
    decoder: ResidualDecoder.
    classifiers: tuple of callables `(rolls, lengths=)` giving logits `[N, C]` for rolls `[N, 128, 176]`.
    statistics_logits: callable, `statistics.measure` of segments of 128 steps -> logits `[N, C]`: one more classifier; None for none.

  The context is a dict: `content` (tensors of a ContentBatch), `z` and `probability` of the content, `target_mean` and
  `target_deviation` (dicts of `[B, N]`), `profile` (`[B, N]`, the style's `statistics.time_pitch`) and `profile_start` (`[B]`, the content's
  similarity to it), `away` (`[B, C]`, 1 for the classes to leave), `target` (int `[B]`, a class), `guided` (`[B]`, 1 where the classifiers apply),
  `budget` (`[B]`), `style_weight`, `content_weight`, `seed` (int32, of the transpositions) and the loop's `progress` (scalars).
  """

  def __init__(self, decoder, classifiers=(), statistics_logits=None):
    self.decoder, self.settings, self.classifiers = decoder, decoder.settings, tuple(classifiers)
    self.statistics_logits = statistics_logits

  def terms(self, variable, context):
    content, s = context['content'], self.settings
    z, _ = self.decoder.unpack(variable)
    notes = self.decoder.notes(variable, context)
    counts = segment_counts(notes, content)
    whole = statistics.pooled(counts, tf.shape(z)[0])
    measured = statistics.of_counts(whole)
    targets = statistics.Targets(context['target_mean'], context['target_deviation'])
    change, chroma = frame_change(notes['frames'], content), chroma_distance(notes['frames'], content)
    style, keep = context['style_weight'], context['content_weight']
    terms = {
        'style_statistics': style * s.statistics * statistics.whitened_distance(measured, targets),
        'chroma': keep * (s.chroma * chroma + s.harmony * tf.nn.relu(chroma - s.chroma_room)),
        'key': keep * s.key * outside_share(notes['added_frames'], content),
        'skyline': keep * s.skyline * tf.nn.relu(lost_share(notes['gates'], content['skyline']) - s.skyline_room),
        'clash': keep * s.clash * clash_excess(notes),
        'crowd': keep * s.crowd * crowd_share(notes, s.most_at_once),
        'density': keep * s.density * density_excess(notes['onsets'], content, s.density_low, s.density_high),
        'latent': keep * s.latent * tf.reduce_mean(tf.square(z - context['z']), (1, 2)),
        'budget': s.budget * tf.square(tf.nn.relu(change - context['budget'])),
    }
    if s.short_notes:
      off = tf.abs(measured['note_lengths'][:, 0] - context['target_mean']['note_lengths'][:, 0])
      terms['style_short_notes'] = style * s.short_notes * tf.nn.relu(off - s.short_room)
    if s.profile:
      similarity = tf.reduce_sum(statistics.time_pitch(whole) * context['profile'], -1)
      terms['style_profile'] = style * s.profile * (1.0 - similarity) / (1.0 - context['profile_start'] + .05)
    if self.classifiers or self.statistics_logits is not None:
      terms.update(self.genre_terms(notes, counts, context))
    return terms

  def genre_terms(self, notes, counts, context):
    """What the classifiers, and the one that hears statistics (of `segment_counts`), hold against the target genre: `[B]` each."""
    rolls, lengths = segments(notes, context['content'])
    weigh = lambda number: context['style_weight'] * number * context['guided']
    loss = lambda logits: unconvinced(logits, lengths, context, self.settings.margin)
    terms = {}
    if self.classifiers:
      rolls = transposed(rolls, context, self.settings.transposition)
      losses = [loss(classifier(rolls, lengths=lengths)) for classifier in self.classifiers]
      terms['style_classifiers'] = weigh(self.settings.classifiers) * tf.add_n(losses) / len(losses)
    if self.statistics_logits is not None:
      logits = self.statistics_logits(statistics.of_counts(counts))
      terms['style_texture'] = weigh(self.settings.texture) * loss(logits)
    return terms


def unconvinced(logits, lengths, context, margin):
  """A classifier's logits of segments `[B * S, C]` -> `[B]`: mean over segments of softplus((source logit - target logit) / 2 + margin).

  Of an unknown source, all other genres together stand for it.
  """
  batch = tf.shape(context['away'])[0]
  logits = tf.reshape(tf.cast(logits, tf.float32), (batch, -1, logits.shape[-1]))
  weights = tf.reshape(tf.cast(lengths, tf.float32), (batch, -1))
  away = tf.reduce_logsumexp(logits + tf.math.log(context['away'] + 1e-9)[:, None], -1)
  loss = tf.nn.softplus((away - tf.gather(logits, context['target'], axis=2, batch_dims=1)) / 2.0 + margin)
  return tf.reduce_sum(loss * weights, 1) / tf.reduce_sum(weights, 1)


def segment_counts(notes, content):
  """`statistics.count` of decided notes by segments of 8 bars, each piece's one after another: `[B * T / 128, N]` each."""
  cut = lambda x: tf.reshape(x, (-1, statistics.SEGMENT_STEPS, x.shape[-1]))
  valid = tf.reshape(content['valid'], (-1, statistics.SEGMENT_STEPS))
  return statistics.count(cut(notes['onsets']), cut(notes['frames']), cut(content['positions']), valid)


def transposed(rolls, context, most):
  """Rolls `[N, T, 176]` moved by as many semitones, up to `most`, as the context's seed and progress draw; what leaves the keyboard is gone."""
  at = tf.stack([context['seed'], tf.cast(1e6 * context['progress'], tf.int32)])
  semitones = most - tf.random.stateless_uniform([], at, 0, 2 * most + 1, tf.int32)
  cells = tf.reshape(rolls, (-1, statistics.SEGMENT_STEPS, 2, residual.PITCHES))
  return tf.reshape(transposition.shift_keys(cells, semitones, most), tf.shape(rolls))


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


def crowd_share(notes, most):
  """`[B]`: new notes beyond what two hands strike at once (`most` notes), as a share of the new ones."""
  beyond = tf.nn.relu(tf.reduce_sum(notes['onsets'], -1) - most) * tf.minimum(tf.reduce_sum(notes['added_onsets'], -1), 1.0)
  return tf.reduce_sum(beyond, 1) / (tf.reduce_sum(notes['added_onsets'], (1, 2)) + 8.0)


def lost_share(gates, skyline):
  """`[B]`: share of the skyline's notes that are gone."""
  return 1.0 - (tf.reduce_sum(gates * skyline, (1, 2)) + 1e-6) / (tf.reduce_sum(skyline, (1, 2)) + 1e-6)


def density_excess(onsets, content, low, high):
  """`[B]`: squared log of the number of notes over the content's, where outside `low` to `high`."""
  ratio = (tf.reduce_sum(onsets, (1, 2)) + 1.0) / (tf.reduce_sum(content['roll'][:, :, 0], (1, 2)) + 1.0)
  over = tf.nn.relu(tf.math.log(ratio / high)) + tf.nn.relu(tf.math.log(low / ratio))
  return tf.square(over)
