"""The validation history of a CycleGAN while it trains: strength on validation windows, the best step kept as a bundle."""
import keras

from experiments import report
from experiments.papers.cyclegan import measure

# Of the windows of a genre at most so many are taken.
MOST_WINDOWS = 200
# A step whose mean content change is above this is not kept before one that is not.
MOST_CHANGE = 1.0
MEASURES = ('s_tot_hits', 's_tot_probability', 'content_change')


class ValidationHistory(keras.callbacks.Callback):
  """Every so many steps measures S_tot^D by the pair's classifier, and calls `keep` where it is the best so far.

  Args:
    classifier: of the model's two genres.
    rolls: genre -> float32 `[N, T, P]` of the validation split.
    every: steps between points.
    path: JSON of all points, read again by a training that goes on.
    keep: `(model, point)`, called with a new best; a point is a dict of `step` and `MEASURES`.
  """

  def __init__(self, classifier, rolls, every, path, keep):
    super().__init__()
    self.classifier, self.every, self.path, self.keep = classifier, every, path, keep
    self.rolls = {genre: windows[:MOST_WINDOWS] for genre, windows in rolls.items()}
    self.points = report.read_json(path, [])

  def on_train_batch_end(self, batch, logs=None):
    """`batch` is the step."""
    if batch % self.every:
      return
    found = measure.summary(measure.both(self.model, self.classifier, self.rolls))
    point = report.rounded({'step': batch, **{name: found[name] for name in MEASURES}}, places=4)
    print(' '.join(f'{name} {value}' for name, value in point.items()), flush=True)
    # A training that was killed after a point makes that step again.
    earlier = [old for old in self.points if old['step'] < batch]
    self.points = [*earlier, point]
    if best(self.points) is point:
      self.keep(self.model, point)
    report.write_json(self.path, self.points, places=4)


def best(points):
  """The point with the highest strength among those whose content changed little enough; among all where there is none. The first of equals."""
  return max(points, key=lambda point: (
      point['content_change'] <= MOST_CHANGE, point['s_tot_hits'], point['s_tot_probability'], -point['step']))


def late(points):
  """{'s_tot_hits', 'content_change'}: means over the last third of the steps, which no choice of a step flatters; {} without points."""
  if not points:
    return {}
  last = [point for point in points if point['step'] > points[-1]['step'] * 2 / 3]
  return {name: sum(point[name] for point in last) / len(last) for name in ('s_tot_hits', 'content_change')}
