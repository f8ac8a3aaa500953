"""The judges: genre classifiers that no method sees, from their weights beside this file; what each gives for pairs of genres.

Every judge reads short segments and gives one probability for a stretch: the mean over the segments, by their valid steps. Weights are made by
`python -m experiments.run transfer_judges`.
"""
import dataclasses
import functools
import json
import os

import numpy as np

from experiments.benchmark import judge_features
from experiments.benchmark import judge_networks
from musicnst import errors
from musicnst import files

GENRES = ('classical', 'folk', 'jazz', 'pop')
FOLDER = os.path.join(os.path.dirname(__file__), 'judge_weights')


@dataclasses.dataclass(frozen=True)
class Kind:
  """What a judge is made of.

  Args:
    description: one line.
    steps: of a segment.
    network: of a network, the function that builds it.
    features: of a logistic regression, the function from a roll to its features.
    headline: it counts for the lowest judge.
  """

  description: str
  steps: int
  network: object = None
  features: object = None
  headline: bool = True


KINDS = {
    'paper-cnn': Kind('the five convolutions of the CycleGAN papers, frames of 64 x 84', judge_networks.PAPER_STEPS, judge_networks.paper_cnn),
    'map-cnn': Kind('square kernels over onsets and frames, scaled to one density', judge_networks.MAP_STEPS, judge_networks.map_cnn),
    'texture': Kind('logistic regression on shares and ratios (metre, lengths, chords, leaps, harmony, register)', 128,
                    features=judge_features.texture),
    'phase': Kind('logistic regression on where in the bar notes begin, and nothing else', 128, features=judge_features.phase, headline=False),
}
HEADLINE = tuple(name for name, kind in KINDS.items() if kind.headline)


@dataclasses.dataclass(frozen=True, eq=False)
class Judge:
  """One judge.

  Args:
    name: of `KINDS`.
    logits: function from rolls uint8 `[N, steps, 2, 88]` to `[N, C]`.
  """

  name: str
  logits: object

  def probabilities(self, rolls):
    """Rolls uint8 `[B, T, 2, 88]` of stretches padded with silence, T a multiple of the segment -> float64 `[B, S, C]` by segment."""
    steps = KINDS[self.name].steps
    batch, total = rolls.shape[:2]
    logits = np.asarray(self.logits(rolls.reshape(-1, steps, *rolls.shape[2:])), np.float64)
    logits -= logits.max(-1, keepdims=True)
    probability = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return probability.reshape(batch, total // steps, -1)

  def source_probability(self, rolls, lengths, sources, targets):
    """P(source) among (source, target) of each stretch, float64 `[B]`: mean over its segments, by their valid steps.

    Args:
      rolls: as in `probabilities`.
      lengths: int `[B]`, valid steps.
      sources, targets: genre names, one a stretch.
    """
    return pairwise(self.probabilities(rolls), lengths, KINDS[self.name].steps, sources, targets)


def pairwise(probabilities, lengths, steps, sources, targets):
  """Probabilities by segment `[B, S, C]` -> P(source) / (P(source) + P(target)) `[B]`, the mean over segments by valid steps."""
  rows = np.arange(len(probabilities))
  first = probabilities[rows, :, [GENRES.index(g) for g in sources]]
  second = probabilities[rows, :, [GENRES.index(g) for g in targets]]
  weights = np.clip(np.asarray(lengths)[:, None] - steps * np.arange(first.shape[1]), 0, steps)  # [B, S]
  return (first / np.maximum(first + second, 1e-30) * weights).sum(1) / weights.sum(1)


def network_logits(model):
  """Function of rolls for a Keras model, in batches."""
  def logits(rolls):
    rolls = np.asarray(rolls, np.float32)
    return np.concatenate([np.asarray(model(rolls[i:i + 256], training=False)) for i in range(0, len(rolls), 256)])
  return logits


def regression_logits(features, weights):
  """Function of rolls for `weights`: `mean`, `scale` `[F]`, `coefficients` `[F, C]`, `intercepts` `[C]`. A roll without an onset is undecided."""
  def logits(rolls):
    rows = np.zeros((len(rolls), weights['coefficients'].shape[1]))
    for i in np.flatnonzero(rolls[:, :, 0].any((1, 2))):
      rows[i] = (features(rolls[i]) - weights['mean']) / weights['scale'] @ weights['coefficients'] + weights['intercepts']
    return rows
  return logits


def build(name, weights):
  """Judge of a kind with its weights (a dict of arrays; of a network, `0`, `1`, ... in the order of its variables)."""
  kind = KINDS[name]
  if kind.features:
    return Judge(name, regression_logits(kind.features, weights))
  model = kind.network(len(GENRES))
  model.set_weights([weights[str(i)] for i in range(len(model.weights))])
  return Judge(name, network_logits(model))


def save(name, weights, folder=FOLDER, **info):
  """Writes `name.npz`: float16 for networks, float32 else, no pickles; `info` goes along as text."""
  dtype = np.float32 if KINDS[name].features else np.float16
  arrays = {key: np.asarray(value, dtype) for key, value in weights.items()}
  with files.atomic_path(os.path.join(folder, f'{name}.npz')) as temporary, open(temporary, 'wb') as out:
    np.savez_compressed(out, info=np.array(json.dumps({'genres': GENRES, **info})), **arrays)


@functools.lru_cache(maxsize=8)
def load(name, folder=FOLDER):
  """The Judge that `save` wrote.

  Raises:
    ModelNotFoundError: it is not there, or damaged.
  """
  path = os.path.join(folder, f'{name}.npz')
  try:
    with np.load(path, allow_pickle=False) as data:
      return build(name, {key: data[key].astype(np.float32) for key in data.files if key != 'info'})
  except (OSError, KeyError, ValueError) as error:
    raise errors.ModelNotFoundError(f'{path}: no usable judge ({error}). Train it: python -m experiments.run transfer_judges') from error


def load_all(folder=FOLDER):
  """Every judge of `KINDS` that is there, in order."""
  there = [name for name in KINDS if os.path.exists(os.path.join(folder, f'{name}.npz'))]
  if not there:
    raise errors.ModelNotFoundError(f'{folder}: no judges. Train them: python -m experiments.run transfer_judges')
  return [load(name, folder) for name in there]
