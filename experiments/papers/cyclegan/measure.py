"""Windows of a split through a CycleGAN and back, and what the papers measure of them: strength by a classifier, content change."""
import dataclasses

import numpy as np

from experiments import windows as windows_lib
from musicnst.metrics import transfer as transfer_metrics
from musicnst.models.cyclegan import model as cyclegan_model


@dataclasses.dataclass(frozen=True, eq=False)
class Direction:
  """What is known of every window of one genre, transferred to another and back.

  Args:
    source, target: genres.
    probabilities: kind ('source', 'transferred', 'cycled', 'cycled_decided') -> float64 `[N]`, P(source genre) by the classifier of the pair.
      'cycled' is what comes back from the transfer's probabilities, as the papers have it, 'cycled_decided' from the music heard.
    change: `transfer_metrics.ContentChange` of the transfer, arrays `[N]`.
    returned: the same of 'cycled_decided' against the source.
  """

  source: str
  target: str
  probabilities: dict
  change: transfer_metrics.ContentChange
  returned: transfer_metrics.ContentChange

  def shares(self):
    """kind -> share of windows that the classifier hears as of the source genre."""
    return {kind: float((p > .5).mean()) for kind, p in self.probabilities.items()}

  def strength(self, hits=True, cycled='cycled'):
    """S_A->B: of the share of hits (what the papers' tables count) or of the mean probability."""
    values = [self.probabilities[kind] for kind in ('source', cycled, 'transferred')]
    return float(transfer_metrics.transfer_strength(*((v > .5) if hits else v for v in values)).mean())

  def success(self):
    """Share of single transfers that succeed: P(x) > .5 and P(x^) < .5."""
    return float(((self.probabilities['source'] > .5) & (self.probabilities['transferred'] < .5)).mean())


def direction(model, classifier, rolls, target):
  """Direction of the rolls `[N, T, P]` of genre `1 - target` through the model to genre `target` (0 or 1) and back."""
  source = 1 - target
  genres = [classifier.classes.index(model.classes[index]) for index in (source, target)]
  soft = windows_lib.batched(lambda x: model.translate(x, target), rolls)
  results = {'source': rolls, 'transferred': _decided(soft), 'cycled': _decided(windows_lib.batched(lambda x: model.translate(x, source), soft))}
  results['cycled_decided'] = _decided(windows_lib.batched(lambda x: model.translate(x, source), results['transferred']))
  return Direction(
      model.classes[source], model.classes[target], {kind: probability(classifier, x, *genres) for kind, x in results.items()},
      transfer_metrics.content_change(rolls, results['transferred']), transfer_metrics.content_change(rolls, results['cycled_decided']))


def probability(classifier, rolls, source, target):
  """P(class `source`) of the two classes, float64 `[N]`."""
  logits = windows_lib.batched(classifier, rolls).astype(np.float64)
  return 1 / (1 + np.exp(np.clip(logits[:, target] - logits[:, source], -500, 500)))


def both(model, classifier, rolls_by_genre):
  """(A -> B, B -> A): Directions."""
  return tuple(direction(model, classifier, rolls_by_genre[model.classes[1 - target]], target) for target in (1, 0))


def summary(directions):
  """Figures of both directions, JSON-able: `S_tot^D` as share of hits and as mean probability, and each direction's own."""
  mean = lambda values: float(np.mean(list(values)))
  return {
      's_tot_hits': mean(d.strength() for d in directions),
      's_tot_probability': mean(d.strength(hits=False) for d in directions),
      's_tot_hits_cycled_decided': mean(d.strength(cycled='cycled_decided') for d in directions),
      'content_change': mean(d.change.total.mean() for d in directions),
      'directions': {f'{d.source}-{d.target}': _direction_summary(d) for d in directions}}


def _direction_summary(found):
  change = {name: _moments(getattr(found.change, name)) for name in ('added', 'removed', 'total')}
  return {
      'windows': len(found.change.total), 'strength_hits': found.strength(), 'strength_probability': found.strength(hits=False),
      'success': found.success(), 'share_heard_as_source': found.shares(),
      'mean_probability_of_source': {kind: float(p.mean()) for kind, p in found.probabilities.items()},
      'content_change': change, 'content_change_there_and_back': _moments(found.returned.total)}


def _moments(values):
  return {'mean': float(np.mean(values)), 'std': float(np.std(values))}


def _decided(probabilities):
  return (probabilities >= cyclegan_model.THRESHOLD).astype(np.float32)
