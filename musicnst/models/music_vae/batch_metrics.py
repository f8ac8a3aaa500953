"""The metrics of one batch under the names and by the rules of Magenta's evaluation (TensorFlow 1's streaming metrics after one update).

Two of its rules differ from how `musicnst evaluate` counts: a mean over classes counts those that never occur as 0, and a conductor's
figures are means over its segments, whatever their lengths.
"""
from keras import ops

from musicnst.models.music_vae import heads
from musicnst.models.music_vae import hierarchical
from musicnst.models.music_vae import split

_NAMES = ('accuracy', 'mean_per_class_accuracy', 'precision', 'recall', 'hits_loss', 'velocities_loss', 'offsets_loss')


def of_batch(decoder, logits, batch):
  """{name: scalar}, such as `metrics/accuracy`, `metrics/accuracy/output_1` (a block of the output), `segment/003/metrics/accuracy`.

  Args:
    decoder: a `decoders.Decoder`.
    logits: `[B, T, L]` of teacher forcing.
    batch: dict with `outputs` and, if some steps do not count, `lengths`.
  """
  return _of_part(decoder, logits, ops.cast(batch['outputs'], 'float32'), decoder.mask(batch))


def _of_part(decoder, logits, targets, mask):
  if isinstance(decoder, hierarchical.HierarchicalDecoder):
    cut = lambda x, k: x[:, k * decoder.segment_steps:(k + 1) * decoder.segment_steps]
    parts = [_of_part(decoder.core, *(cut(x, k) for x in (logits, targets, mask))) for k in range(decoder.segments)]
    named = {f'segment/{k:03d}/{name}': value for k, part in enumerate(parts) for name, value in part.items()}
    return {**named, **_means(parts)}
  if isinstance(decoder, split.SplitDecoder):
    parts, start = [], 0
    for core in decoder.cores:
      own = slice(start, start + core.head.depth)
      parts.append(_of_part(core, logits[..., own], targets[..., own], mask))
      start += core.head.depth
    named = {f'{name}/output_{i}': value for i, part in enumerate(parts) for name, value in part.items()}
    return {**named, **_means(parts)}
  found = decoder.head.measures(logits, targets, mask)
  if isinstance(decoder.head, heads.Categorical) and len(decoder.head.depths) > 1:
    found = {name: pair for name, pair in found.items() if '/' in name}  # one decoder of several outputs has no mean
  return {f'metrics/{name}': _value(*pair) for name, pair in found.items() if name.partition('/')[0] in _NAMES}


def _means(parts):
  return {name: sum(part[name] for part in parts) / len(parts) for name in parts[0]}


def _value(numerators, denominators):
  """Sums over the examples divided, 0 where there is nothing to divide by; mean over columns."""
  numerator, denominator = ops.sum(numerators, axis=0), ops.sum(denominators, axis=0)
  return ops.mean(ops.where(denominator > 0, numerator / ops.maximum(denominator, 1e-9), 0.))
