"""The NADE head: many bits a step, each depending on those before it (Larochelle and Murray 2011; Uria et al. 2016).

With bits v_0 .. v_{D-1} and what the decoder gives, b_enc `[H]` and b_dec `[D]`:
  p_i = sigmoid(b_dec_i + sigmoid(a_i) . w_dec_i),  a_0 = b_enc,  a_{i+1} = a_i + v_i w_enc_i.
"""
import math

import keras
from keras import ops

from musicnst.models.music_vae import heads


class Nade(heads.Head):
  """Bits `[..., D]` from logits `[..., H + D]`, b_enc first, as Magenta's `MultiLabelRnnNadeDecoder` has them.

  Args:
    depth: D.
    hidden: H.
  """

  # Inside both logarithms of the likelihood.
  EPSILON = 1e-6

  def __init__(self, depth, hidden, **kwargs):
    super().__init__(**kwargs)
    self.depth = self.draws = int(depth)
    self.hidden = int(hidden)
    self.logits_depth = self.hidden + self.depth

  def build(self, shape):
    """Makes `w_enc` `[D, 1, H]` and `w_dec_t` `[D, H, 1]`."""
    if self.built:
      return
    initializer = lambda: keras.initializers.TruncatedNormal(stddev=1 / math.sqrt(self.depth))
    self.w_enc = self.add_weight(shape=(self.depth, 1, self.hidden), initializer=initializer(), name='w_enc')
    self.w_dec_t = self.add_weight(shape=(self.depth, self.hidden, 1), initializer=initializer(), name='w_dec_t')
    self.built = True

  def nats(self, logits, targets):
    targets = ops.cast(targets, 'float32')
    chance = ops.sigmoid(self.conditionals(logits, targets))
    likelihood = targets * ops.log(self.EPSILON + chance) + (1 - targets) * ops.log(self.EPSILON + 1 - chance)
    return -ops.sum(likelihood, axis=-1)

  def conditionals(self, logits, targets):
    """Logit of each bit `[..., D]` given the true bits before it."""
    targets = ops.cast(targets, 'float32')
    return self._bit_by_bit(logits, lambda logit, i: targets[..., i:i + 1])[0]

  def tokens(self, logits, temperature=0.0, uniforms=None):
    def choose(logit, i):
      return ops.cast(uniforms[..., i:i + 1] < ops.sigmoid(logit / temperature) if temperature else ops.sigmoid(logit) >= .5, 'float32')
    return self._bit_by_bit(logits, choose)[1]

  def scheduled(self, logits, uniforms):
    """Magenta feeds this decoder its likeliest bits, not a draw."""
    return self.tokens(logits)

  def _bit_by_bit(self, logits, choose):
    """(logits, bits), each `[..., D]`; `choose(logit [..., 1], i)` gives bit i."""
    logits = ops.cast(logits, 'float32')
    state, b_dec = logits[..., :self.hidden], logits[..., self.hidden:]
    w_enc, w_dec = ops.cast(self.w_enc, 'float32'), ops.cast(self.w_dec_t, 'float32')
    found, bits = [], []
    for i in range(self.depth):
      found.append(b_dec[..., i:i + 1] + ops.matmul(ops.sigmoid(state), w_dec[i]))
      bits.append(choose(found[-1], i))
      state = state + bits[-1] * w_enc[i]
    return ops.concatenate(found, axis=-1), ops.concatenate(bits, axis=-1)

  def measures(self, logits, targets, mask):
    return self.token_measures(ops.cast(ops.sigmoid(self.conditionals(logits, targets)) >= .5, 'float32'), targets, mask)

  def token_measures(self, tokens, targets, mask):
    """`accuracy` (steps of which every bit is right), `precision` and `recall` of the bits that are on."""
    targets = ops.cast(targets, 'float32')
    right = ops.min(ops.cast(ops.equal(tokens, targets), 'float32'), axis=-1)
    both = ops.sum(tokens * targets * mask[..., None], axis=(1, 2))
    return {'accuracy': (ops.sum(right * mask, axis=1), ops.sum(mask, axis=1)),
            'precision': (both, ops.sum(tokens * mask[..., None], axis=(1, 2))),
            'recall': (both, ops.sum(targets * mask[..., None], axis=(1, 2)))}
