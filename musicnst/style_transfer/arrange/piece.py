"""A piece as `arrange` reads it: its tune, chords, bars and beats, and the notes around the tune."""
import collections
import dataclasses
import functools

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.analysis import form
from musicnst.analysis import melody
from musicnst.analysis import roles
from musicnst.analysis import score as score_lib
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import musical_time
from musicnst.style_transfer.arrange import equal
from musicnst.style_transfer.arrange import harmony as harmony_lib
from musicnst.style_transfer.arrange import speed
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import tempo

# Onsets belong to the beat that they are nearest to on a grid of so many steps a quarter: both sixteenths and triplets lie on it.
GRID = 12
# The lowest note is a bass below this pitch; notes that begin so near to each other (quarters) begin together.
BASS_BELOW, TOGETHER = 60, .05
# So many bars of a tune by itself at the beginning are meant to be heard so.
TUNE_BEGINS = 4
# What `--keep` knows beside tracks.
ROLES = (roles.TUNE, roles.BASS, roles.CHORDS, roles.PAD, roles.COUNTER)


@dataclasses.dataclass(frozen=True, eq=False)
class ArrangedPiece:
  """A piece read for `arrange`; times are quarter notes from its first beat on.

  Args:
    sequence: NoteSequence, in seconds.
    beat_map: seconds <-> quarters.
    beats_from: where the beats come from.
    score: `analysis.score.Score` of the N pitched notes.
    melody: analysis.melody.Melody.
    harmony: harmony.Harmony.
    name: named in errors.
    details: dict for the report: how the tune was found, what was assumed.
  """

  sequence: music_proto.NoteSequence
  beat_map: beat_map_lib.BeatMap
  beats_from: str
  score: score_lib.Score
  melody: melody.Melody
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

  @property
  def tune(self):
    """bool `[N]`: the notes that lead and so stay: the tune, and where it is silent for long the voice that leads then."""
    return self.melody.lead

  @property
  def accompanying(self):
    """bool `[N]`: the notes that are not the tune: what a donor gives."""
    return ~self.melody.mask

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
  def roles(self):
    """dict instrument -> name of its role (`analysis.roles`)."""
    return {instrument: role.name for instrument, role in roles.of_tracks(self.score, self.melody).items()}

  def role(self, instrument):
    """The role of an instrument beside the tune: what is a tune elsewhere, or both, plays chords here."""
    found = self.roles.get(instrument, roles.CHORDS)
    return roles.CHORDS if found in (roles.TUNE, roles.MIXED) else found

  def part(self, name):
    """bool `[N]`: the notes of a role or of an instrument, by its number or the name of its track.

    Raises:
      ArgumentError: neither a role nor an instrument of this piece.
    """
    names = self.score.track_names
    if name == roles.TUNE:
      return self.tune
    if name == roles.BASS:
      return self.bass
    if name in (roles.CHORDS, roles.PAD, roles.COUNTER):
      return ~self.bass & np.isin(self.score.instrument, [i for i in self.roles if self.role(i) == name])
    found = [i for i in self.roles if name == str(i) or name.lower() == names.get(i, '').lower()]
    if not found:
      known = ', '.join(f'{i} {names.get(i, "")}'.strip() for i in self.roles)
      raise errors.ArgumentError(f'{self.name} has no role or track {name!r}; tracks: {known}; roles: {", ".join(ROLES)}')
    return np.isin(self.score.instrument, found)

  @functools.cached_property
  def bass(self):
    """bool `[N]`: the notes of the bass track; without one those below the middle of the keyboard that nothing lower sounds with."""
    tracks = [i for i, role in self.roles.items() if role == roles.BASS]
    if tracks:
      return np.isin(self.score.instrument, tracks)
    return (self.score.pitch < BASS_BELOW) & (self.score.pitch <= self._sounding(self.around, np.minimum, 128))

  @functools.cached_property
  def above_tune(self):
    """bool `[N]`: the notes that lie above every note of the tune that sounds when they begin."""
    highest = self._sounding(np.flatnonzero(self.tune), np.maximum, -1)
    return (highest >= 0) & (self.score.pitch > highest)

  def _sounding(self, notes, pick, nothing):
    """int `[N]`: the lowest or highest pitch of some notes that sound when each note of the score begins."""
    score, result = self.score, np.full(len(self.score), nothing)
    starts = score.start[notes]
    first = np.searchsorted(score.start, starts - TOGETHER)
    last = np.searchsorted(score.start, np.maximum(score.end[notes] - TOGETHER, starts + TOGETHER))
    for low, high, pitch in zip(first.tolist(), last.tolist(), score.pitch[notes].tolist()):
      result[low:high] = pick(result[low:high], pitch)
    return result

  @functools.cached_property
  def form(self):
    """`analysis.form.Form`."""
    return form.of(self.score, self.tune)

  @functools.cached_property
  def groups(self):
    """int `[M]`: a number for each bar, the same for bars with the same notes at the same places (on a grid of a twelfth of a quarter)."""
    return equal.groups(self.beats, self.onsets, self.score.pitch, self.score.bars, GRID)

  @functools.cached_property
  def sounds(self):
    """bool `[M]`: bars in which something sounds."""
    edges, result = np.append(self.score.bar_starts, self.score.end_beat), np.zeros(len(self.score.bars) + 1, int)
    first = np.searchsorted(edges, self.score.start + TOGETHER, 'right') - 1
    last = np.searchsorted(edges, self.score.end - TOGETHER, 'left')
    np.add.at(result, np.clip(first, 0, len(result) - 1), 1)
    np.add.at(result, np.clip(np.maximum(last, first + 1), 0, len(result) - 1), -1)
    return np.cumsum(result)[:-1] > 0

  @property
  def first_full_bar(self):
    """The bar after a pick-up; 0 without one."""
    return self.form.phrases[0].first_bar if self.form.pickup and self.form.phrases else 0

  @functools.cached_property
  def tune_alone(self):
    """bool `[M]`: a pick-up and up to `TUNE_BEGINS` bars in which the tune begins before any accompaniment, and bars equal to them."""
    result, begins = np.zeros(len(self.score.bars), bool), self.score.start[~self.tune].min(initial=np.inf)
    if begins >= self.score.bar_starts[self.first_full_bar] - TOGETHER:
      result[:self.first_full_bar] = True
    before = np.flatnonzero(self.sounds & (np.append(self.score.bar_starts, self.score.end_beat)[1:] <= begins + TOGETHER))
    if np.isfinite(begins) and len(before) <= TUNE_BEGINS:
      result[before] = True
      result |= np.isin(self.groups, self.groups[before])
    return result

  def alike(self):
    """The piece with tune and chords of equal bars alike."""
    members = equal.notes_by_bar(self.beats, self.onsets)
    tune = equal.tune(self.melody, self.groups, members, self.onsets, self.score.pitch)
    return dataclasses.replace(self, melody=tune, harmony=equal.harmony(self.harmony, self.groups, self.score.bars))

  @functools.cached_property
  def phrase(self):
    """int `[M]`: the number of the phrase that each bar lies in; bars before the first and after the last are phrases of their own."""
    starts = np.zeros(len(self.score.bars), bool)
    for one in self.form.phrases:
      starts[one.first_bar] = True
      starts[one.last_bar:one.last_bar + 1] = True
    return np.cumsum(starts)

  @functools.cached_property
  def beat_seconds(self):
    """Mean seconds of a quarter."""
    return tempo.seconds_a_beat(self)

  @functools.cached_property
  def swing(self):
    """Where the second half of a quarter begins, as a fraction of it; see `speed.swing`."""
    return speed.swing(self)

  @functools.cached_property
  def around(self):
    """int `[A]`: the notes around the tune; of a piece that is tune alone, the tune."""
    return np.flatnonzero(self.accompanying & ~self.doubling) if self.accompanying.any() else np.arange(len(self.tune))

  @functools.cached_property
  def doubling(self):
    """bool `[N]`: notes an octave or two above the tune's highest that begin with it: part of the tune, not of a figure."""
    result, score = np.zeros(len(self.tune), bool), self.score
    start, line = score.start[self.melody.mask], score.pitch[self.melody.mask]
    notes = np.flatnonzero(self.above_tune & self.accompanying)
    first, last = np.searchsorted(start, score.start[notes] - TOGETHER), np.searchsorted(start, score.start[notes] + TOGETHER)
    for note, low, high in zip(notes.tolist(), first.tolist(), last.tolist()):
      result[note] = high > low and score.pitch[note] - line[low:high].max() in (12, 24)
    return result


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
    # Of a meter that counts eighths in threes (6/8, 9/8, 12/8) a beat is three eighths; of all others a quarter.
    unit = speed.COMPOUND if one.denominator == 8 and one.numerator % 3 == 0 else 1.0
    starts = np.arange(one.start_beat, one.end_beat - 1e-3, unit)
    first.append(len(edges))
    edges.extend(starts.tolist())
    bar.extend([number] * len(starts))
  return Beats(np.array([*edges, bars[-1].end_beat]), np.array(bar), np.array([*first, len(edges)]))


def read(sequence, beats='auto', name='the piece', tune_track=None, meter=''):
  """NoteSequence -> ArrangedPiece.

  Args:
    sequence: in seconds.
    beats: where beats come from, see `request.Settings`.
    name: named in errors.
    tune_track: number or name of the track that is the tune; None to find it.
    meter: such as '4/4', see `request.Settings`.

  Raises:
    RejectedSequence: `no_pitched_notes`.
    ArgumentError: no such track.
  """
  beat_map, source = musical_time.choose(sequence, beats, meter=meter)
  score = score_lib.of(sequence, beat_map).pitched()
  if not len(score):
    drums = any(n.is_drum for n in sequence.notes)
    raise errors.RejectedSequence(
        'no_pitched_notes', f'{name} holds {"only drums" if drums else "no notes"}; style transfer needs notes with a pitch.')
  tune = melody.find(score, tune_track)
  details = {'tune': tune.source, 'texture': tune.texture, 'meter': _meters(score.bars)}
  return ArrangedPiece(sequence, beat_map, source, score, tune, harmony_lib.of(score), name, details).alike()


def _meters(bars):
  """Such as '4/4', or '4/4, 2/4': the meters of a list of `meter.Bar`, the most frequent first."""
  counts = collections.Counter(f'{bar.numerator}/{bar.denominator}' for bar in bars)
  return ', '.join(meter for meter, _ in counts.most_common())
