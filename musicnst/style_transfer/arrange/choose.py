"""Which donor comes under which bar: a dynamic programme over the content's bars, with equal bars under equal donors."""
import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Costs:
  """What a choice costs.

  Args:
    rhythm: tunes whose rhythms differ, 1 - cosine.
    changes: each change of chord that one has and the other has not.
    mode: minor for major.
    root: the way the root moves, of half an octave.
    energy: the difference of the bars' ranks.
    empty: a donor without notes under a bar that has some; full: the reverse.
    ends: a bar other than the last under the style's last, the first under others than its first, half of it for the first.
    jump: to a window that does not follow. repeat: the same window again. phrase: the share of both at the beginning of a phrase.
    seed: deviation of the noise by which another seed finds other donors.
  """

  rhythm: float = .6
  changes: float = .35
  mode: float = .35
  root: float = .15
  energy: float = .5
  empty: float = 1.5
  full: float = .5
  ends: float = .8
  jump: float = 1.0
  repeat: float = .6
  phrase: float = .4
  seed: float = .35


def fit(bars, donors, costs, rng=None):
  """float `[M, W]`: what each donor costs under each bar, by itself.

  Args:
    bars: dict of arrays as `donors.bars_summary` gives, with `count` (notes around the tune), `active` (any note), `first`, `last`, a row a bar.
    donors: donors.Donors.
    costs: Costs.
    rng: numpy Generator of the noise; None for none.
  """
  had_tune = (donors.rhythm.any(1))[None] & bars['rhythm'].any(1)[:, None]
  rhythm = np.where(had_tune, 1 - bars['rhythm'] @ donors.rhythm.T, .5)
  known = (bars['root'][:, None] >= 0) & (donors.root[None] >= 0)
  shift = np.abs((bars['root'][:, None] - donors.root[None] + 6) % 12 - 6) / 6
  total = costs.rhythm * rhythm + costs.changes * np.minimum(np.abs(bars['changes'][:, None] - donors.changes[None]), 3)
  total += known * (costs.mode * (bars['minor'][:, None] != donors.minor[None]) + costs.root * shift)
  total += costs.energy * np.abs(bars['energy'][:, None] - donors.energy[None])
  total += costs.empty * (bars['active'][:, None] & (donors.count[None] == 0)) + costs.full * (~bars['active'][:, None] & (donors.count[None] > 0))
  total += costs.ends * ((bars['last'][:, None] != donors.last[None]) + .5 * (bars['first'][:, None] & ~donors.first[None]))
  return total if rng is None else total + costs.seed * rng.standard_normal((1, len(donors.first)))


def moves(donors, costs):
  """float `[W, W]`: what it costs that a window is followed by another."""
  count = len(donors.follows)
  result = np.full((count, count), costs.jump)
  result[np.arange(count), np.arange(count)] = costs.repeat
  goes_on = np.flatnonzero(donors.follows >= 0)
  result[goes_on, donors.follows[goes_on]] = 0.0
  return result


def path(alone, between, phrase_starts, phrase_share):
  """int `[M]`: the cheapest sequence of donors.

  Args:
    alone: float `[M, W]`.
    between: float `[W, W]`.
    phrase_starts: bool `[M]`; there `between` counts `phrase_share`.
  """
  best, back = alone[0].copy(), np.zeros(alone.shape, int)
  for i in range(1, len(alone)):
    total = best[:, None] + between * (phrase_share if phrase_starts[i] else 1.0)
    back[i] = total.argmin(0)
    best = total.min(0) + alone[i]
  found = [int(best.argmin())]
  for i in range(len(alone) - 1, 0, -1):
    found.append(int(back[i, found[-1]]))
  return np.array(found[::-1])


def of(alone, between, phrase_starts, phrase_share, groups):
  """Donors of all bars, those of one group alike.

  First each bar by itself (`path`), then group after group takes the donor that is cheapest for all of its bars between their neighbours, until
  nothing changes.

  Args:
    groups: int `[M]`, equal for bars of the content that are equal.
  """
  chosen = path(alone, between, phrase_starts, phrase_share)
  members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
  members = [bars for bars in members if len(bars) > 1]
  weigh = np.where(phrase_starts, phrase_share, 1.0)
  for round_ in range(4):
    before = chosen.copy()
    for bars in members:
      cost = alone[bars].sum(0)
      for bar in bars.tolist():
        if bar > 0 and groups[bar - 1] != groups[bar]:
          cost = cost + weigh[bar] * between[chosen[bar - 1]]
        if bar + 1 < len(chosen) and groups[bar + 1] != groups[bar]:
          cost = cost + weigh[bar + 1] * between[:, chosen[bar + 1]]
      chosen[bars] = int(cost.argmin())
    if (chosen == before).all() and round_:
      break
  return chosen
