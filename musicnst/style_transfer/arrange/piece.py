"""A piece as `arrange` reads it: its tune, chords, bars and beats, and the notes around the tune."""
import dataclasses
import functools

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.analysis import melody
from musicnst.analysis import score as score_lib
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import musical_time
from musicnst.style_transfer.arrange import harmony as harmony_lib
from musicnst.style_transfer.pieces import compose

# Onsets belong to the beat that they are nearest to on a grid of so many steps a quarter: both sixteenths and triplets lie on it.
GRID = 12
# Of a bar whose meter counts eighths in threes (6/8, 9/8, 12/8) a beat is three eighths; of all others a quarter.
COMPOUND_BEAT = 1.5


@dataclasses.dataclass(frozen=True, eq=False)
class ArrangedPiece:
  """A piece read for `arrange`; times are quarter notes from its first beat on.

  Args:
    sequence: NoteSequence, in seconds.
    beat_map: seconds <-> quarters.
    beats_from: where the beats come from.
    score: `analysis.score.Score` of the N pitched notes.
    tune: bool `[N]`, the notes that lead and so stay: the tune, and where it is silent for long the voice that leads then.
    accompanying: bool `[N]`, the notes that are not the tune: what a donor gives.
    harmony: harmony.Harmony.
    name: named in errors.
    details: dict for the report: how the tune was found, what was assumed.
  """

  sequence: music_proto.NoteSequence
  beat_map: beat_map_lib.BeatMap
  beats_from: str
  score: score_lib.Score
  tune: np.ndarray
  accompanying: np.ndarray
  harmony: harmony_lib.Harmony
  name: str
  details: dict

  @property
  def total_steps(self):
    """Length in sixteenths, for what bounds the work done at a time."""
    return int(4 * self.score.end_beat)

  def bar_beats(self):
    """float `[bars]`: the quarter at which each bar begins."""
    return self.score.bar_starts

  def unchanged(self):
    """The changes that change nothing."""
    return compose.Changes(tuple(self.score.index.tolist()), (), {}, [])

  def changes(self, edit):
    """What `arrange` decides are `compose.Changes` already."""
    return edit

  @functools.cached_property
  def onsets(self):
    """float `[N]`: onsets on the grid of a twelfth."""
    return np.floor(self.score.start * GRID + .5) / GRID

  @functools.cached_property
  def beats(self):
    """Beats of every bar: `Beats`."""
    return beats_of(self.score.bars)

  @functools.cached_property
  def around(self):
    """int `[A]`: the notes around the tune; of a piece that is tune alone, the tune."""
    return np.flatnonzero(self.accompanying) if self.accompanying.any() else np.arange(len(self.tune))


@dataclasses.dataclass(frozen=True, eq=False)
class Beats:
  """The beats of all bars, one after the other.

  Args:
    edges: float `[B + 1]`, quarters at which beats begin, and the end.
    bar: int `[B]`, the bar of each.
    first: int `[M + 1]`, the first beat of each bar, and B.
  """

  edges: np.ndarray
  bar: np.ndarray
  first: np.ndarray

  def of(self, times):
    """int: the beat that each of the times (quarters) lies in."""
    return np.clip(np.searchsorted(self.edges, np.asarray(times) + 1e-6, 'right') - 1, 0, len(self.bar) - 1)


def beats_of(bars):
  """Beats of a list of `meter.Bar`; a last beat is shorter where a bar is no whole number of beats."""
  edges, bar, first = [], [], []
  for number, one in enumerate(bars):
    unit = COMPOUND_BEAT if one.denominator == 8 and one.numerator % 3 == 0 else 1.0
    starts = np.arange(one.start_beat, one.end_beat - 1e-3, unit)
    first.append(len(edges))
    edges.extend(starts.tolist())
    bar.extend([number] * len(starts))
  return Beats(np.array([*edges, bars[-1].end_beat]), np.array(bar), np.array([*first, len(edges)]))


def read(sequence, beats='auto', name='the piece', meter=''):
  """NoteSequence -> ArrangedPiece.

  Args:
    sequence: in seconds.
    beats: where beats come from, see `request.Settings`.
    name: named in errors.
    meter: such as '4/4', likewise.

  Raises:
    RejectedSequence: `no_pitched_notes`.
  """
  beat_map, source = musical_time.choose(sequence, beats, meter=meter)
  score = score_lib.of(sequence, beat_map).pitched()
  if not len(score):
    drums = any(n.is_drum for n in sequence.notes)
    raise errors.RejectedSequence(
        'no_pitched_notes', f'{name} holds {"only drums" if drums else "no notes"}; style transfer needs notes with a pitch.')
  tune = melody.find(score)
  details = {'tune': tune.source, 'texture': tune.texture}
  return ArrangedPiece(sequence, beat_map, source, score, tune.lead, ~tune.mask, harmony_lib.of(score), name, details)

