"""How alike the bars of a piece are, and which are the same: what form is read from. All of it in time linear in bars."""
import dataclasses

import numpy as np

# Two notes are the same where they begin within this many quarters of each other, and end within this many or a quarter of the length.
SAME_ONSET, SAME_END = .09, .3
# Places in a quarter at which onsets are compared (3 and 4 divide them), and how far back bars are compared.
PLACES, MEMORY_BARS = 12, 96
# Kinds of tokens that at most count: the most frequent ones.
MOST_TOKENS = 4096
# What agreement in tune, rhythm of the tune and pitch classes counts.
TUNE, RHYTHM, CHROMA = .5, .2, .3


@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
  """Descriptions of M bars: which notes of the tune begin where (bool `[M, V]`), when (bool `[M, P]`), and all pitch classes (`[M, 12]`)."""

  tune: np.ndarray
  rhythm: np.ndarray
  chroma: np.ndarray

  def between(self, left, right):
    """How alike bars are, 0 to 1: indices int `[N]` of each -> float64 `[N]`; two silent bars are alike."""
    tune = _jaccard(self.tune, left, right)
    rhythm = _jaccard(self.rhythm, left, right)
    chroma = (self.chroma[left] * self.chroma[right]).sum(1)
    silent = lambda which: ~self.chroma[which].any(1)
    chroma = np.where(silent(left) & silent(right), 1, chroma)
    return TUNE * tune + RHYTHM * rhythm + CHROMA * np.clip(chroma, 0, 1)


def _jaccard(rows, left, right):
  """Shared over all of the tokens of two bars; where neither has any, 1."""
  shared = (rows[left] & rows[right]).sum(1)
  every = (rows[left] | rows[right]).sum(1)
  return np.where(every > 0, shared / np.maximum(every, 1), 1.0)


def bar_of(score, beats):
  """Quarters `[N]` -> the bar each lies in, int64 `[N]`; what begins just before a bar line belongs to the bar after it."""
  return np.clip(np.searchsorted(score.bar_starts, np.asarray(beats) + SAME_ONSET / 2, side='right') - 1, 0, len(score.bars) - 1)


def rows(score, tune):
  """Rows of a Score; `tune` is the Score of its tune (or of all notes where no tune is known)."""
  bars = len(score.bars)
  bar = bar_of(score, tune.start)
  place = np.round((tune.start - score.bar_starts[bar]) * PLACES).astype(np.int64).clip(0)
  notes = score.pitched()
  chroma = np.bincount(bar_of(score, notes.start) * 12 + notes.pitch % 12, weights=np.clip(notes.end - notes.start, 0, 4), minlength=bars * 12)
  chroma = np.sqrt(np.maximum(chroma.reshape(bars, 12), 0))
  chroma /= np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
  return Rows(_tokens(bar, place * 128 + tune.pitch, bars), _tokens(bar, place, bars), chroma)


def _tokens(bar, token, bars):
  """bool `[bars, V]`: which of the tokens each bar has."""
  kinds, column, counts = np.unique(token, return_inverse=True, return_counts=True)
  rank = np.argsort(np.argsort(-counts, kind='stable'), kind='stable')[column]
  found = np.zeros((bars, min(len(kinds), MOST_TOKENS)), bool)
  kept = rank < MOST_TOKENS
  found[bar[kept], rank[kept]] = True
  return found


def banded(descriptions, bars):
  """float64 `[bars, L + 1]`: how alike each bar is to the one `lag` before it, by lag; 0 where there is none, and at lag 0."""
  most = min(MEMORY_BARS, bars - 1)
  found = np.zeros((bars, most + 1))
  for lag in range(1, most + 1):
    found[lag:, lag] = descriptions.between(np.arange(lag, bars), np.arange(bars - lag))
  return found


def equal_groups(score):
  """Groups of two bars or more whose notes are the same but for tiny timing: tuple of tuples of bars, by first bar; silent bars are no group.

  The same: instrument, pitch, onset within SAME_ONSET and end within SAME_END quarters (of a long note, a quarter of its length), meter.
  """
  buckets, groups = {}, []
  for bar, (shape, times) in enumerate(_contents(score)):
    if not len(times):
      continue
    fitting = next((group for group in buckets.get(shape, ()) if _same(group[0], times)), None)
    if fitting is None:
      fitting = (times, [])
      buckets.setdefault(shape, []).append(fitting)
      groups.append(fitting[1])
    fitting[1].append(bar)
  return tuple(tuple(group) for group in groups if len(group) > 1)


def _contents(score):
  """Yields for each bar (what can be compared as it is: meter, length and sorted notes; onsets and ends float64 `[n, 2]` in the bar)."""
  bar = bar_of(score, score.start)
  order = np.lexsort((score.start, score.pitch, score.instrument, score.is_drum, bar))
  edges = np.searchsorted(bar[order], np.arange(len(score.bars) + 1))
  for i, (first, last) in enumerate(zip(edges[:-1], edges[1:])):
    which, written = order[first:last], score.bars[i]
    notes = zip(score.is_drum[which].tolist(), score.instrument[which].tolist(), score.pitch[which].tolist())
    shape = (written.numerator, written.denominator, round(written.end_beat - written.start_beat, 3), tuple(notes))
    yield shape, np.stack([score.start[which], score.end[which]], 1) - written.start_beat


def _same(left, right):
  difference = np.abs(left - right)
  length = np.maximum(left[:, 1] - left[:, 0], right[:, 1] - right[:, 0])
  return bool(np.all(difference[:, 0] <= SAME_ONSET) and np.all(difference[:, 1] <= np.maximum(SAME_END, length / 4)))


def varied_groups(descriptions, equal, least):
  """Groups of bars that are alike by `least` or more without all being equal: tuple of tuples of bars, by first bar.

  Each bar goes to the group whose first bar is most like it, of the groups with a member in the last MEMORY_BARS bars.
  """
  first_of = {bar: group[0] for group in equal for bar in group}
  groups, whose, recent = [], {}, []
  sounding = descriptions.chroma.any(1)
  for bar in np.flatnonzero(sounding).tolist():
    if first_of.get(bar, bar) != bar:
      group = whose[first_of[bar]]
    else:
      recent = [g for g in recent if groups[g][-1] >= bar - MEMORY_BARS]
      group = _nearest(descriptions, bar, [groups[g][0] for g in recent], recent, least)
    if group is None:
      group = len(groups)
      groups.append([])
      recent.append(group)
    groups[group].append(bar)
    whose[bar] = group
  return tuple(tuple(group) for group in groups if len(group) > 1 and len({first_of.get(bar, bar) for bar in group}) > 1)


def _nearest(descriptions, bar, heads, groups, least):
  if not heads:
    return None
  alike = descriptions.between(np.full(len(heads), bar), np.array(heads))
  return groups[int(alike.argmax())] if alike.max() >= least else None
