"""Which donor comes under which bar: a dynamic programme over the content's bars, with equal bars under equal donors."""
import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Costs:
  """What a choice costs.

  Args:
    rhythm: tunes whose rhythms differ, 1 - cosine.
    shifts: each beat at which the way between the roots becomes another, so that the figure cannot move as a whole.
    tones: a note that is a tone of the donor's chord, or of its key, and none of the bar's, as a share of its notes.
    root: the way the root moves, of half an octave.
    energy: the difference of the bars' ranks.
    bass: a donor without a bass under a bar that has one.
    empty: a donor without notes under a bar that has some; full: the reverse.
    ends: a bar other than the last under the style's last, the first under others than its first, a third of it for the first.
    again: a beat of the donor twice, as a share of its beats.
    jump: to a window that does not follow. repeat: the same window again. phrase: the share of both at the beginning of a phrase.
    seed: what another seed adds to the donor that a bar would have without it. noise: the deviation of what it adds to each donor.
  """

  rhythm: float = .6
  shifts: float = .25
  tones: float = 1.0
  root: float = .15
  energy: float = .5
  bass: float = .5
  empty: float = 1.5
  full: float = .5
  ends: float = 1.2
  again: float = .6
  jump: float = 1.0
  repeat: float = .8
  phrase: float = .4
  seed: float = 1.0
  noise: float = .2


def fit(bars, donors, costs):
  """float `[M, W]`: what each donor costs under each bar, by itself.

  Args:
    bars: dict of arrays as `donors.bars_summary` gives, with `count` (notes around the tune), `active` (any note), `first`, `last`, a row a bar.
    donors: donors.Donors.
    costs: Costs.
  """
  had_tune = (donors.rhythm.any(1))[None] & bars['rhythm'].any(1)[:, None]
  rhythm = np.where(had_tune, 1 - bars['rhythm'] @ donors.rhythm.T, .5)
  shift = (bars['root'][:, None] - donors.root[None]) % 12  # [M, W, n]
  known = (bars['root'][:, None] >= 0) & (donors.root[None] >= 0)
  turns = ((shift[..., 1:] != shift[..., :-1]) & known[..., 1:] & known[..., :-1]).sum(-1)
  way = (np.abs((shift + 6) % 12 - 6) * known).mean(-1) / 6
  flat = lambda values: values.reshape(len(values), -1).astype(float)
  lost = flat(~bars['chord']) @ flat(donors.used_chord).T + flat(~bars['scale']) @ flat(donors.used_scale).T
  total = costs.rhythm * rhythm + costs.shifts * np.minimum(turns, 3) + costs.tones * lost + costs.root * way
  total += costs.energy * np.abs(bars['energy'][:, None] - donors.energy[None])
  total += costs.bass * (bars['low'][:, None] & ~donors.low[None])
  total += costs.empty * (bars['active'][:, None] & (donors.count[None] == 0)) + costs.full * (~bars['active'][:, None] & (donors.count[None] > 0))
  total += costs.ends * ((bars['last'][:, None] != donors.last[None]) + (bars['first'][:, None] & ~donors.first[None]) / 3)
  total += costs.again * (donors.beats[:, 1:] == donors.beats[:, :-1]).sum(1) / donors.beats.shape[1]
  return total


@dataclasses.dataclass(frozen=True, eq=False)
class Moves:
  """What it costs that one of W windows is followed by another: nothing for the next one of its piece, else `jump`, or `repeat` for itself.

  Args:
    follows: int `[W]`, the window that comes next, -1 for none.
    jump, repeat: of Costs.
  """

  follows: np.ndarray
  jump: float
  repeat: float

  def after(self, window):
    """float `[W]`: from a window to each."""
    result = np.full(len(self.follows), self.jump)
    result[window] = self.repeat
    if self.follows[window] >= 0:
      result[self.follows[window]] = 0.0
    return result

  def before(self, window):
    """float `[W]`: from each to a window."""
    result = np.where(self.follows == window, 0.0, self.jump)
    result[window] = 0.0 if self.follows[window] == window else self.repeat
    return result

  def best(self, so_far, share):
    """(float `[W]`, int `[W]`): the cheapest way to each window from costs so far `[W]`, and the window that it comes from; in linear time."""
    cheapest, here = int(so_far.argmin()), np.arange(len(so_far))
    total, origin = np.full(len(so_far), so_far[cheapest] + share * self.jump), np.full(len(so_far), cheapest)
    stay = so_far + share * self.repeat < total
    total[stay], origin[stay] = (so_far + share * self.repeat)[stay], here[stay]
    for window in np.flatnonzero(self.follows >= 0):
      to = self.follows[window]
      if so_far[window] < total[to]:
        total[to], origin[to] = so_far[window], window
    return total, origin


def path(alone, moves, phrase_starts, phrase_share):
  """int `[M]`: the cheapest sequence of donors.

  Args:
    alone: float `[M, W]`.
    moves: Moves.
    phrase_starts: bool `[M]`; there moves cost `phrase_share` of theirs.
  """
  best, back = alone[0].copy(), np.zeros(alone.shape, int)
  for i in range(1, len(alone)):
    best, back[i] = moves.best(best, phrase_share if phrase_starts[i] else 1.0)
    best = best + alone[i]
  found = [int(best.argmin())]
  for i in range(len(alone) - 1, 0, -1):
    found.append(int(back[i, found[-1]]))
  return np.array(found[::-1])


def of(alone, moves, phrase_starts, phrase_share, groups):
  """Donors of all bars, those of one group alike.

  First each bar by itself (`path`), then group after group takes the donor that is cheapest for all of its bars between their neighbours, until
  nothing changes.

  Args:
    alone, moves, phrase_starts, phrase_share: as in `path`.
    groups: int `[M]`, equal for bars of the content that are equal.
  """
  chosen = path(alone, moves, phrase_starts, phrase_share)
  members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
  members = [bars for bars in members if len(bars) > 1]
  weigh = np.where(phrase_starts, phrase_share, 1.0)
  for round_ in range(4):
    before = chosen.copy()
    for bars in members:
      cost = alone[bars].sum(0)
      for bar in bars.tolist():
        if bar > 0 and groups[bar - 1] != groups[bar]:
          cost = cost + weigh[bar] * moves.after(chosen[bar - 1])
        if bar + 1 < len(chosen) and groups[bar + 1] != groups[bar]:
          cost = cost + weigh[bar + 1] * moves.before(chosen[bar + 1])
      chosen[bars] = int(cost.argmin())
    if (chosen == before).all() and round_:
      break
  return chosen
