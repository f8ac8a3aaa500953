"""What the measures of an arrangement look at: the content, its tune and chords, and the result, read once each."""
import dataclasses
import functools
from typing import Any

import numpy as np

from musicnst.analysis import score as score_lib
from musicnst.metrics import arrangement
from musicnst.metrics import playing

# A note belongs to the chord that sounds so many quarters after its onset: players are early, too.
EARLY = .03


@dataclasses.dataclass(frozen=True, eq=False)
class Arrangement:
  """A result beside its content, both Scores of pitched notes on one clock, in quarters.

  Args:
    content, result: Scores.
    tune: bool `[N]`, the notes of the content that are to stay.
    chords, after: of content and result, B spans without gaps: `edges` float `[B + 1]`, `root` and `bass` int `[B]` (-1 for no chord), `tones` and
      `scale` bool `[B, 12]`, and `at(quarters)`, the span of each.
    groups: int `[M]`, the same number for bars of the content that are equal.
  """

  content: score_lib.Score
  result: score_lib.Score
  tune: np.ndarray
  chords: Any
  after: Any
  groups: np.ndarray

  @functools.cached_property
  def accompaniment(self) -> score_lib.Score:
    """The result's notes that are not the content's tune."""
    return arrangement.accompaniment(self.result, self.content, self.tune)

  @functools.cached_property
  def own(self) -> score_lib.Score:
    """The content's notes around its tune."""
    return self.content.select(~self.tune)

  @functools.cached_property
  def new(self) -> score_lib.Score:
    """Those of the accompaniment that the content does not have."""
    return self.accompaniment.select(~arrangement.found_in(self.accompaniment, self.content))

  def chords_kept(self, full: bool = False) -> float:
    """Share of the time whose chord stays: root and third, or with `full` root, every tone, and bass."""
    before, after = self.chords, self.after
    places = after.at((before.edges[:-1] + before.edges[1:]) / 2)
    known, weights = before.root >= 0, np.diff(before.edges)
    if full:
      differs = (before.tones != after.tones[places]).any(1) | (before.bass != after.bass[places])
      return arrangement.chords_kept(before.root, np.zeros(len(known), bool), known, after.root[places], differs, weights)
    return arrangement.chords_kept(before.root, _minor(before), known, after.root[places], _minor(after)[places], weights)

  def chord_tone_share(self, notes: score_lib.Score) -> float:
    """Of notes on the content's chords."""
    return arrangement.chord_tone_share(notes, self.chords.at(notes.start + EARLY), self.chords.tones)

  def wrong_share(self, notes: score_lib.Score) -> float:
    """Share of notes outside the content's chord and key."""
    return arrangement.wrong_share(notes, self.chords.at(notes.start + EARLY), self.chords.tones, self.chords.scale)

  def bass_is_root(self, notes: score_lib.Score) -> float:
    return arrangement.bass_is_root(notes, self.chords.edges, self.chords.root)

  def repetition(self, notes: score_lib.Score) -> float:
    return arrangement.repetition(notes, self.content.bars)

  def groove(self, notes: score_lib.Score) -> float:
    return arrangement.groove_similarity(notes, self.content.bars)

  def bar_similarity(self, notes: score_lib.Score, lag: int) -> float:
    return arrangement.bar_similarity(notes, self.content.bars, lag)


def rubs(notes: score_lib.Score, others: score_lib.Score) -> float:
  """Share of notes that rub against what sounds with them; 0 without any."""
  return float(arrangement.rubbing(notes, others).mean()) if len(notes) else 0.0


def out_of_range(notes: score_lib.Score) -> float:
  """How many notes lie outside the ranges of their instruments."""
  return float(playing.out_of_range(notes).sum())


def overlaps(notes: score_lib.Score, others: score_lib.Score) -> float:
  """How many notes sound together with another one of an instrument that plays one at a time."""
  return float(playing.overlapping(notes, others).sum())


def _minor(chords: Any) -> np.ndarray:
  """bool `[B]`: a chord with a minor third."""
  return chords.tones[np.arange(len(chords.root)), (chords.root + 3) % 12]
