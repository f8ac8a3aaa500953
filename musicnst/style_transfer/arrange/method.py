"""Method arrange: the content keeps its tune, chords and form; what is around the tune is taken from the style piece, figure by figure.

Bars of the content choose stretches of the style (`choose`), whose notes are moved to the content's chords by their roles (`move`) and give way to
the tune (`fit`). No model and no genre is needed.
"""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.style_transfer import method
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.arrange import choose
from musicnst.style_transfer.arrange import donors as donors_lib
from musicnst.style_transfer.arrange import fit
from musicnst.style_transfer.arrange import mend
from musicnst.style_transfer.arrange import move
from musicnst.style_transfer.arrange import piece as piece_lib
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import stretches

# Until phrases are read from the piece, they are taken for so many bars.
PHRASE_BARS = 4


@dataclasses.dataclass(frozen=True)
class ArrangeSettings:
  """Constants of method `arrange`.

  Args:
    costs: choose.Costs.
    softer: new notes are so much softer than the tune at least, in velocities.
    mends: whether a network mends what the rule made of the donors' notes (`mend`).
  """

  costs: choose.Costs = choose.Costs()
  softer: int = 6
  mends: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class ArrangeMethod(method.Method):
  """See the module.

  Args:
    constants: ArrangeSettings.
  """

  constants: ArrangeSettings = ArrangeSettings()

  uses_model = False
  unused = ('tracks',)

  @classmethod
  def load(cls, loaded):
    del loaded
    return cls()

  def check(self, settings):
    super().check(settings)
    if settings.tracks != 'merge':
      raise errors.ArgumentError('method arrange reads all instruments together; tracks=each is for methods that change notes in place')

  def prepare(self, sequence, settings, name='the piece'):
    return piece_lib.read(sequence, settings.beats, name)

  def stretches(self, piece, settings):
    """[(ArrangedPiece, bool `[M]`)]: the whole, and which bars may change."""
    editable = np.ones(len(piece.score.bars), bool)
    if settings.bars is not None:
      stretches.check_bars(settings.bars, len(editable))
      editable[:] = False
      editable[settings.bars[0] - 1:settings.bars[1]] = True
    return [(piece, editable)]

  def run(self, request):
    settings, edits = request.settings, []
    for candidate in range(settings.candidates):
      edits.append([])
      for content, editable, styles in zip(request.contents, request.editable, request.styles):
        rng = np.random.default_rng([settings.seed, candidate]) if settings.seed or candidate else None
        edits[-1].append(self._arranged(content, editable, styles, settings, rng))
        if request.progress is not None:
          request.progress(len(edits[-1]), len(request.contents))
    return request_lib.MethodResult(edits, details=request.contents[0].details)

  def _arranged(self, content, editable, styles, settings, rng):
    """Changes of one content."""
    moved = []
    groups = equal_bars(content)
    for length in np.unique(np.diff(content.beats.first)):
      bars = np.flatnonzero(np.diff(content.beats.first) == length)
      plan = self._plan(content, bars, styles, groups, int(length), rng)
      for bar, donors, window in plan:
        moved.append(_under(content, bar, donors, window))
    return self._changes(content, editable & self._chosen(groups, settings.strength), move.Moved.joined(moved), styles)

  def _plan(self, content, bars, styles, groups, length, rng):
    """[(bar, Donors, window)] for the content's bars of one length."""
    pools = [donors_lib.of(style, length) for style in styles]
    costs, summary = self.constants.costs, _bars(content, bars, length)
    alone = np.concatenate([choose.fit(summary, donors, costs) for donors in pools], 1)
    offsets = np.cumsum([0, *(len(donors.first) for donors in pools)])
    follows = np.concatenate([np.where(donors.follows >= 0, donors.follows + at, -1) for donors, at in zip(pools, offsets)])
    starts = np.array([bar % PHRASE_BARS == 0 for bar in bars])
    best = lambda alone: choose.of(alone, choose.Moves(follows, costs.jump, costs.repeat), starts, costs.phrase, groups[bars])
    chosen = best(alone)
    if rng is not None:  # another draw: away from these, and by chance among the rest
      alone = alone + costs.seed * rng.standard_normal((1, alone.shape[1]))
      alone[:, np.unique(chosen)] += costs.seed
      chosen = best(alone)
    pool = np.searchsorted(offsets, chosen, 'right') - 1
    return [(int(bar), pools[p], int(window - offsets[p])) for bar, window, p in zip(bars, chosen, pool)]

  def _chosen(self, groups, strength):
    """bool `[M]`: the bars that take the style's figures; with less strength fewer, phrase by phrase as far as that comes out, equal bars alike."""
    count = len(groups)
    if strength >= 1:
      return np.ones(count, bool)
    result, phrase = np.zeros(count, bool), np.arange(count) // PHRASE_BARS
    # Phrases from all over the piece: the golden ratio spreads them.
    for number in np.argsort((np.unique(phrase) * .618034) % 1, kind='stable'):
      whole = result | np.isin(groups, groups[phrase == number])
      if whole.mean() <= strength + .5 / count:
        result = whole
        continue
      for group in groups[phrase == number]:
        more = result | (groups == group)
        if abs(more.mean() - strength) < abs(result.mean() - strength):
          result = more
    return result

  def _changes(self, content, editable, moved, styles):
    """compose.Changes: the notes around the tune go where bars change, and the moved ones come."""
    score, beats = content.score, content.beats
    bar = beats.bar[beats.of(content.onsets)]
    around = np.zeros(len(score), bool)
    around[~content.tune] = True
    removed = around & editable[bar]
    tune = np.flatnonzero(~removed)
    notes = moved.select(editable[moved.bar])
    notes = mend.mend(notes, content.harmony, score.select(content.tune), score.bars, styles) if self.constants.mends else notes
    notes = fit.on_bass(fit.against_harmony(notes, content.harmony), content.harmony)
    notes = fit.in_register(notes)
    line = tune[content.tune[tune]]
    notes = fit.under_tune(notes, (score.start[line], score.end[line], score.pitch[line]), content.harmony)
    notes = fit.once(fit.without_mud(fit.once(notes)))
    notes = fit.within(notes, score.start.min(), score.end.max())
    kept = np.flatnonzero(~removed)
    return compose.Changes(
        tuple(score.index[kept].tolist()), tuple(score.index[np.flatnonzero(removed)].tolist()), {}, self._protos(content, notes))

  def _protos(self, content, notes):
    """Note protos in seconds, with the loudness and the instruments of the content's own accompaniment."""
    if not len(notes.pitch):
      return []
    seconds = content.beat_map.to_seconds(np.stack([notes.start, notes.end]))
    velocity = self._levelled(content, notes)
    instruments = _instruments(content, notes)
    return [music_proto.NoteSequence.Note(
        pitch=int(pitch), velocity=int(loud), start_time=max(float(start), 0.0), end_time=max(float(end), float(start) + 1e-3),
        instrument=instrument, program=program)
            for pitch, loud, start, end, (instrument, program) in zip(notes.pitch, velocity, seconds[0], seconds[1], instruments)]

  def _levelled(self, content, notes):
    """int `[K]`: the donor's loudness, moved to the level of the content's accompaniment and below its tune."""
    score = content.score
    own = score.velocity[~content.tune] if (~content.tune).any() else score.velocity
    tune = score.velocity[content.tune] if content.tune.any() else score.velocity
    level = min(float(own.mean()), float(tune.mean()) - self.constants.softer) if content.tune.any() else float(own.mean())
    return np.clip(np.round(notes.velocity + level - notes.velocity.mean()), 1, 127).astype(int)


def equal_bars(content):
  """int `[M]`: a number for each bar, the same for bars with the same notes at the same places (on a grid of a twelfth of a quarter)."""
  beats = content.beats
  bar = beats.bar[beats.of(content.onsets)]
  known, result = {}, np.zeros(len(content.score.bars), int)
  for number, one in enumerate(content.score.bars):
    inside = bar == number
    place = np.round((content.onsets[inside] - one.start_beat) * piece_lib.GRID).astype(int)
    key = (round(one.end_beat - one.start_beat, 3), tuple(sorted(zip(place.tolist(), content.score.pitch[inside].tolist()))))
    result[number] = known.setdefault(key, len(known))
  return result


def _bars(content, bars, length):
  """What `choose.fit` compares, a row for each of the bars."""
  rows = content.beats.first[bars][:, None] + np.arange(length)
  summary = donors_lib.bars_summary(content, rows)
  bar = content.beats.bar[content.beats.of(content.onsets)]
  notes = np.bincount(bar, minlength=len(content.score.bars))[bars]
  sounding = np.flatnonzero(np.bincount(bar, minlength=len(content.score.bars)))
  return {**summary, 'active': notes > 0, 'first': bars == sounding[0], 'last': bars == sounding[-1]}


def _under(content, bar, donors, window):
  """move.Moved: the notes of a window under a bar."""
  first, last = content.beats.first[bar], content.beats.first[bar + 1]
  edges, style = content.beats.edges[first:last + 1], donors.piece
  notes, places = move.notes_of(donors, window)
  start, end = move.placed(donors, notes, places, edges, donors.beats[window])
  on_grid = np.floor(start * piece_lib.GRID + .5) / piece_lib.GRID
  pitch = move.pitches(style, notes, content.harmony, on_grid, end)
  return move.Moved(start, end, pitch, style.score.velocity[notes].astype(int), notes, _lowest(style, notes), np.full(len(notes), bar))


def _lowest(style, notes):
  """bool `[K]`: whether each is the lowest of the style's notes that sound when it begins, and lies below the middle of the keyboard."""
  score = style.score
  result = np.zeros(len(notes), bool)
  for i, note in enumerate(notes.tolist()):
    sounding = (score.start <= score.start[note] + .05) & (score.end > score.start[note] + .05)
    result[i] = score.pitch[note] <= score.pitch[sounding].min() and score.pitch[note] < 60
  return result


def _instruments(content, notes):
  """[(instrument, program)]: of the content's accompaniment, the lowest instrument for the bass and the one with most notes for the rest."""
  score = content.score
  own = np.flatnonzero(~content.tune) if (~content.tune).any() else np.arange(len(score))
  names = {int(i): int(score.program[score.instrument == i][0]) for i in np.unique(score.instrument[own])}
  counts = {i: int((score.instrument[own] == i).sum()) for i in names}
  main = max(names, key=lambda i: counts[i])
  lowest = min(names, key=lambda i: float(np.median(score.pitch[own][score.instrument[own] == i])))
  return [(lowest, names[lowest]) if bass else (main, names[main]) for bass in notes.bass]
