"""What a decoder's numbers mean: a head turns logits `[..., D]` into nats, tokens and measures, whatever network made them."""
import keras
from keras import ops

from musicnst.losses import reconstruction


class Head(keras.layers.Layer):
  """Base: `depth` of a token, `logits_depth` of what the network gives for it."""

  depth = logits_depth = 0
  # How many numbers in (0, 1) a draw of one token takes.
  draws = 0

  def nats(self, logits, targets):
    """Negative log likelihood of `targets`, nats `[B, T]`."""
    raise NotImplementedError

  def tokens(self, logits, temperature=0.0, uniforms=None):
    """A token for each step, 0/1 float32 `[..., depth]`: the likeliest at temperature 0, else drawn with `uniforms` `[..., draws]`."""
    raise NotImplementedError

  def scheduled(self, logits, uniforms):
    """What scheduled sampling feeds back: a draw at temperature 1."""
    return self.tokens(logits, 1.0, uniforms)

  def measures(self, logits, targets, mask):
    """{name: (numerators, denominators)} of what is worth knowing about a prediction (see `models.base`); `mask` `[B, T]` marks valid steps."""
    raise NotImplementedError

  def token_measures(self, tokens, targets, mask):
    """The same for tokens `[..., depth]` that were written freely."""
    return self.measures((tokens - .5) * 40, targets, mask)  # logits whose arg-max, and whose threshold, give the tokens back


class Categorical(Head):
  """One or several one-hot blocks a step: melody (90), drums (512), trio (90, 90, 512).

  Args:
    depths: tuple of block depths; the cross entropies of the blocks are summed.
  """

  def __init__(self, depths, **kwargs):
    super().__init__(**kwargs)
    self.depths = tuple(int(d) for d in depths)
    self.depth = self.logits_depth = sum(self.depths)
    self.draws = len(self.depths)

  def nats(self, logits, targets):
    return sum(self.block_nats(logits, targets))

  def block_nats(self, logits, targets):
    """Nats `[B, T]` of each block, in order."""
    return [reconstruction.categorical_nats(*pair) for pair in zip(self._blocks(logits), self._blocks(targets))]

  def tokens(self, logits, temperature=0.0, uniforms=None):
    blocks = []
    for i, (depth, block) in enumerate(zip(self.depths, self._blocks(ops.cast(logits, 'float32')))):
      index = ops.argmax(block, axis=-1) if not temperature else _draw(block / temperature, uniforms[..., i:i + 1])
      blocks.append(ops.one_hot(index, depth, dtype='float32'))
    return ops.concatenate(blocks, axis=-1)

  def measures(self, logits, targets, mask):
    hits = [ops.cast(ops.equal(ops.argmax(a, -1), ops.argmax(b, -1)), 'float32')
            for a, b in zip(self._blocks(logits), self._blocks(targets))]
    count = ops.sum(mask, axis=1)
    right = [ops.sum(hit * mask, axis=1) for hit in hits]
    by_class = [_by_class(hit, target, mask) for hit, target in zip(hits, self._blocks(targets))]
    if len(hits) == 1:
      return {'accuracy': (right[0], count), 'mean_per_class_accuracy': by_class[0]}
    return {'accuracy': (sum(right) / len(right), count),
            **{f'accuracy/output_{i}': (r, count) for i, r in enumerate(right)},
            **{f'mean_per_class_accuracy/output_{i}': pair for i, pair in enumerate(by_class)}}

  def _blocks(self, x):
    if len(self.depths) == 1:
      return [x]
    edges = [sum(self.depths[:i]) for i in range(1, len(self.depths))]
    return ops.split(x, edges, axis=-1)


class Bernoulli(Head):
  """Independent cells, each on or off: the polyphonic roll (onset half, sustain half).

  Args:
    depth: cells a step.
    threshold: probability from which a cell is on at temperature 0; tuned on validation pieces.
    halves: whether the depth is [onset | sustain], so that onset and frame F1 are measured. Defaults to True.
  """

  def __init__(self, depth, threshold=.5, halves=True, **kwargs):
    super().__init__(**kwargs)
    self.depth = self.logits_depth = self.draws = int(depth)
    self.threshold, self.halves = float(threshold), halves

  def nats(self, logits, targets):
    return reconstruction.bernoulli_nats(logits, targets)

  def tokens(self, logits, temperature=0.0, uniforms=None):
    logits = ops.cast(logits, 'float32')
    if temperature:
      return ops.cast(uniforms < ops.sigmoid(logits / temperature), 'float32')
    return ops.cast(ops.sigmoid(logits) >= self.threshold, 'float32')

  def measures(self, logits, targets, mask):
    tokens, targets = self.tokens(logits), ops.cast(targets, 'float32')
    hits = ops.cast(ops.equal(tokens, targets), 'float32')
    measures = {'accuracy': (ops.sum(ops.mean(hits, axis=-1) * mask, axis=1), ops.sum(mask, axis=1))}
    if not self.halves:
      return {**measures, 'cell_f1': _f1(tokens, targets, mask)}
    onset, truth = tokens[..., :self.depth // 2], targets[..., :self.depth // 2]
    frame = ops.maximum(onset, tokens[..., self.depth // 2:])
    true_frame = ops.maximum(truth, targets[..., self.depth // 2:])
    return {**measures, 'onset_f1': _f1(onset, truth, mask), 'frame_f1': _f1(frame, true_frame, mask)}


class Groove(Head):
  """Drums with feeling: for each of N drums a hit, a velocity and an offset, in three blocks (Gillick et al. 2019; `GrooveLstmDecoder`).

  Logits and tokens are `[..., 3 N]`: hits (a sigmoid, 0 or 1 as tokens), velocities (sigmoid, 0..1), offsets (tanh, -1..1). The loss is
  the log loss of the hits, with 1e-7 inside both logarithms, plus the squared errors of velocities and offsets. Only hits are drawn.

  Args:
    depth: 3 N.
  """

  EPSILON = 1e-7

  def __init__(self, depth, **kwargs):
    super().__init__(**kwargs)
    self.depth = self.logits_depth = int(depth)
    self.draws = self.depth // 3

  def nats(self, logits, targets):
    return sum(self.block_nats(logits, targets))

  def block_nats(self, logits, targets):
    """Loss `[B, T]` of the hits, of the velocities and of the offsets."""
    hits, velocities, offsets = ops.split(ops.cast(logits, 'float32'), 3, axis=-1)
    truth = ops.split(ops.cast(targets, 'float32'), 3, axis=-1)
    hits = ops.sigmoid(hits)
    losses = (-truth[0] * ops.log(hits + self.EPSILON) - (1 - truth[0]) * ops.log(1 - hits + self.EPSILON),
              ops.square(ops.sigmoid(velocities) - truth[1]), ops.square(ops.tanh(offsets) - truth[2]))
    return [ops.sum(loss, axis=-1) for loss in losses]

  def tokens(self, logits, temperature=0.0, uniforms=None):
    hits, velocities, offsets = ops.split(ops.cast(logits, 'float32'), 3, axis=-1)
    hits = uniforms < ops.sigmoid(hits / temperature) if temperature else hits > 0
    return ops.concatenate([ops.cast(hits, 'float32'), ops.sigmoid(velocities), ops.tanh(offsets)], axis=-1)

  def measures(self, logits, targets, mask):
    losses = self.block_nats(logits, targets)
    count = ops.sum(mask, axis=1)
    names = ('hits_loss', 'velocities_loss', 'offsets_loss')
    return {**{name: (ops.sum(loss * mask, axis=1), count) for name, loss in zip(names, losses)},
            **self.token_measures(self.tokens(logits), targets, mask)}

  def token_measures(self, tokens, targets, mask):
    """`hit_f1`; and at the hits that are right, the absolute errors of velocity (of 127) and offset (in steps)."""
    hits, velocities, offsets = ops.split(ops.cast(tokens, 'float32'), 3, axis=-1)
    truth = ops.split(ops.cast(targets, 'float32'), 3, axis=-1)
    both = hits * truth[0] * mask[..., None]
    count = ops.sum(both, axis=(1, 2))
    return {'hit_f1': _f1(hits, truth[0], mask),
            'velocity_error': (ops.sum(both * ops.abs(velocities - truth[1]), axis=(1, 2)) * 127, count),
            'offset_error': (ops.sum(both * ops.abs(offsets - truth[2]), axis=(1, 2)) / 2, count)}


def _draw(logits, uniform):
  """Index of the class whose share of the unit interval holds `uniform` `[..., 1]`."""
  shares = ops.cumsum(ops.softmax(logits, axis=-1), axis=-1)
  index = ops.sum(ops.cast(shares < uniform, 'int32'), axis=-1)
  return ops.minimum(index, logits.shape[-1] - 1)


def _by_class(hits, targets, mask):
  """(right, occurrences) of each class, `[B, D]`."""
  weights = ops.cast(targets, 'float32') * mask[..., None]  # [B, T, D]
  return ops.sum(weights * hits[..., None], axis=1), ops.sum(weights, axis=1)


def _f1(guess, truth, mask):
  """F1 over the cells: (twice those in both, those in either counted by side), `[B]`."""
  mask = mask[..., None]
  return 2 * ops.sum(guess * truth * mask, axis=(1, 2)), ops.sum((guess + truth) * mask, axis=(1, 2))
