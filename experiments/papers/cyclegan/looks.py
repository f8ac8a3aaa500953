"""Looks at a CycleGAN while it trains: strength on validation windows, the best step kept as a bundle."""
import json
import os

import keras

from experiments.papers.cyclegan import measure
from experiments.papers.cyclegan import tables
from musicnst import files

# Of the windows of a genre at most so many are looked at.
MOST_WINDOWS = 200
# A step whose mean content change is above this is not kept before one that is not.
MOST_CHANGE = 1.0


class Looks(keras.callbacks.Callback):
  """Every so many steps measures S_tot^D by the pair's classifier, and calls `keep` where it is the best so far.

  Args:
    classifier: of the model's two genres.
    rolls: genre -> float32 `[N, T, P]` of the validation split.
    every: steps between looks.
    path: JSON of all looks, read again by a training that goes on.
    keep: `(model, look)`, called with a new best; a look is a dict of `step`, `s_tot_hits`, `s_tot_probability`, `content_change`.
  """

  def __init__(self, classifier, rolls, every, path, keep):
    super().__init__()
    self.classifier, self.every, self.path, self.keep = classifier, every, path, keep
    self.rolls = {genre: windows[:MOST_WINDOWS] for genre, windows in rolls.items()}
    self.looks = read(path)

  def on_train_batch_end(self, batch, logs=None):
    """`batch` is the step."""
    if batch % self.every:
      return
    found = measure.summary(measure.both(self.model, self.classifier, self.rolls))
    look = tables.rounded({'step': batch, **{name: found[name] for name in ('s_tot_hits', 's_tot_probability', 'content_change')}})
    print(' '.join(f'{name} {value}' for name, value in look.items()), flush=True)
    # A training that was killed after a look makes that step again.
    earlier = [old for old in self.looks if old['step'] < batch]
    self.looks = [*earlier, look]
    if best(self.looks) is look:
      self.keep(self.model, look)
    with files.atomic_path(self.path) as temporary, open(temporary, 'w', encoding='utf-8') as out:
      json.dump(self.looks, out, indent=1)


def best(looks):
  """The look with the highest strength among those whose content changed little enough; among all where there is none. The first of equals."""
  return max(looks, key=lambda look: (look['content_change'] <= MOST_CHANGE, look['s_tot_hits'], look['s_tot_probability'], -look['step']))


def late(looks):
  """{'s_tot_hits', 'content_change'}: means over the last third of the steps, which no choice of a step flatters; {} without looks."""
  if not looks:
    return {}
  last = [look for look in looks if look['step'] > looks[-1]['step'] * 2 / 3]
  return {name: sum(look[name] for look in last) / len(last) for name in ('s_tot_hits', 'content_change')}


def read(path):
  """The looks that a training wrote to `path`; [] where there is nothing."""
  if not os.path.exists(path):
    return []
  with open(path, encoding='utf-8') as handle:
    return json.load(handle)
