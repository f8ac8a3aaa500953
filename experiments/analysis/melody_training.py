"""The network of `musicnst.analysis.melody_network` in TensorFlow, and the crops of songs that it is trained on."""
import numpy as np
import tensorflow as tf

from musicnst.analysis import melody_network
from musicnst.analysis import note_features
from experiments.analysis import melody_variants

NOTES, BEATS, BATCH, DROPOUT = 1024, 320, 4, 0.1
# Share of the variants that are drawn anew every epoch.
RENEWED = 0.25


class Network(tf.Module):
  """The same weights by the same names, over batches of crops."""

  def __init__(self, seed):
    super().__init__()
    generator = np.random.default_rng(seed)
    self.parameters = {}
    for name, shape in melody_network.shapes().items():
      scale = np.sqrt(2 / shape[0]) * (0.3 if name.endswith(('mix', 'up', 'piece')) else 1)
      self.parameters[name] = tf.Variable(generator.normal(0, scale, shape).astype(np.float32), name=name)
      self.parameters[f'{name}_bias'] = tf.Variable(np.zeros(shape[-1], np.float32), name=f'{name}_bias')

  def __call__(self, x, mask, beat):
    """float `[B, T, F]`, float `[B, T, 1]` (1 where there is a note), int32 `[B, T]` below `BEATS` -> logits `[B, T, 3]`."""
    x = tf.nn.relu(self._dense(x, 'in')) * mask
    for i, dilation in enumerate(melody_network.BEFORE):
      x = self._block(x, mask, f'before{i}', dilation)
    x = (x + tf.gather(self._dense(self._along(*_pooled(x, mask, beat)), 'up'), beat, batch_dims=1)) * mask
    for i, dilation in enumerate(melody_network.AFTER):
      x = self._block(x, mask, f'after{i}', dilation)
    return self._dense(tf.nn.relu(x), 'out')

  def _along(self, pooled, filled, inside):
    y = tf.nn.relu(self._dense(pooled, 'down')) * inside
    for i, dilation in enumerate(melody_network.ALONG):
      if i == melody_network.HEARD:
        attention = tf.nn.softmax(self._dense(y, 'attend') - 1e9 * (1 - filled), axis=1)
        summary = tf.reshape(tf.einsum('blh,blc->bhc', attention, y), [-1, melody_network.HEADS * melody_network.WIDTH])
        y = (y + self._dense(summary, 'piece')[:, None]) * inside
      y = self._block(y, inside, f'along{i}', dilation)
    return y

  def _dense(self, x, name):
    return x @ self.parameters[name] + self.parameters[f'{name}_bias']

  def _block(self, x, mask, name, dilation):
    padded, count = tf.pad(x, [[0, 0], [dilation, dilation], [0, 0]]), x.shape[1]
    window = tf.concat([padded[:, i * dilation:i * dilation + count] for i in range(3)], axis=-1)
    hidden = tf.nn.dropout(tf.nn.relu(self._dense(window, f'{name}_conv')), DROPOUT)
    return (x + self._dense(hidden, f'{name}_mix')) * mask


def _pooled(x, mask, beat):
  """Notes -> (mean and maximum by beat `[B, L, 2 C]`, which beats have notes, which lie within the crop `[B, L, 1]`)."""
  rows = tf.shape(x)[0]
  segment = tf.reshape(beat + BEATS * tf.range(rows)[:, None], [-1])
  flat, real = tf.reshape(x, [-1, x.shape[-1]]), tf.reshape(mask, [-1, 1])
  count = tf.math.unsorted_segment_sum(real, segment, rows * BEATS)
  total = tf.math.unsorted_segment_sum(flat, segment, rows * BEATS)
  highest = tf.math.unsorted_segment_max(flat - 1e9 * (1 - real), segment, rows * BEATS)
  filled = tf.cast(count > 0, x.dtype)
  pooled = tf.concat([total / tf.maximum(count, 1), tf.where(count > 0, highest, 0)], axis=-1)
  last = tf.reduce_max(beat * tf.cast(mask[..., 0], tf.int32), axis=1)
  inside = tf.cast(tf.range(BEATS)[None] <= last[:, None], x.dtype)[..., None]
  shaped = lambda values: tf.reshape(values, [rows, BEATS, values.shape[-1]])
  return shaped(pooled), shaped(filled), inside


class Pool:
  """Variants of songs as features, of which a part is drawn anew every epoch.

  Args:
    corpora: dict corpus -> list of Song.
    mixture: dict corpus -> (songs an epoch, crops a song at most, weight of its notes).
  """

  def __init__(self, corpora, mixture, seed):
    self.corpora, self.mixture, self.generator, self.kept = corpora, mixture, np.random.default_rng(seed), {}

  def epoch(self):
    """Crops of one epoch, shuffled: list of (features `[T, F]`, beat `[T]`, label `[T]`, weight)."""
    crops = []
    for corpus, (count, at_most, weight) in self.mixture.items():
      here = self.corpora[corpus]
      for i in self.generator.permutation(len(here))[:count]:
        crops += [(*crop, weight) for crop in self._crops(self._features(corpus, i, here[i]))[:at_most]]
    self.generator.shuffle(crops)
    return crops

  def _features(self, corpus, i, song):
    if (corpus, i) not in self.kept or self.generator.random() < RENEWED:
      drawn = melody_variants.variant(song, self.generator)
      order, features = note_features.features(drawn.score)
      beat = melody_network.beats(drawn.score.start[order])
      self.kept[corpus, i] = features.astype(np.float16), beat, drawn.label[order].astype(np.int8)
    return self.kept[corpus, i]

  def _crops(self, arrays):
    """Stretches of at most `NOTES` notes and `BEATS` beats that cover the song, in random order."""
    features, beat, label = arrays
    found, first = [], -int(self.generator.integers(0, NOTES)) if len(beat) > NOTES else 0
    while first < len(beat):
      begin = max(first, 0)
      end = min(first + NOTES, int(np.searchsorted(beat, beat[begin] + BEATS)), len(beat))
      if end - begin > 64 or end - begin == len(beat):
        found.append((features[begin:end], beat[begin:end] - beat[begin], label[begin:end]))
      first = max(end, begin + 1)
    self.generator.shuffle(found)
    return found


def batches(crops):
  """(features `[B, T, F]`, mask `[B, T, 1]`, beat `[B, T]`, label `[B, T]`, weight `[B, T]`), padded."""
  for first in range(0, len(crops) - BATCH + 1, BATCH):
    part = crops[first:first + BATCH]
    x, mask = np.zeros((BATCH, NOTES, part[0][0].shape[1]), np.float32), np.zeros((BATCH, NOTES, 1), np.float32)
    beat, label = np.zeros((2, BATCH, NOTES), np.int32)
    weight = np.zeros((BATCH, NOTES), np.float32)
    for i, (features, of_beats, of_notes, worth) in enumerate(part):
      count = len(of_notes)
      x[i, :count], mask[i, :count], beat[i, :count], label[i, :count] = features, 1, of_beats, np.maximum(of_notes, 0)
      weight[i, :count] = worth * (of_notes >= 0)
    yield x, mask, beat, label, weight
