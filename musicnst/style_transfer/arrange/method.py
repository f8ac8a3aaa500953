"""Method arrange: the content keeps its tune, chords and form; what is around the tune is taken from the style piece, figure by figure.

Bars of the content choose stretches of the style (`choose`), whose notes are moved to the content's chords by their roles (`move`) and give way to
the tune (`fit`). No model and no genre is needed.
"""
import dataclasses

import numpy as np

from musicnst import music_proto
from musicnst.style_transfer import method
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.arrange import choose
from musicnst.style_transfer.arrange import donors as donors_lib
from musicnst.style_transfer.arrange import equal
from musicnst.style_transfer.arrange import fit
from musicnst.style_transfer.arrange import heard
from musicnst.style_transfer.arrange import measures
from musicnst.style_transfer.arrange import move
from musicnst.style_transfer.arrange import pedal
from musicnst.style_transfer.arrange import piece as piece_lib
from musicnst.style_transfer.arrange import players
from musicnst.style_transfer.arrange import shown
from musicnst.style_transfer.arrange import speed
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import passages

# With less strength s the share of bars that take the style's figures is 1 - (1 - s) ** this, so that the style is still heard in the middle.
STRENGTH_POWER = 2


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
  # All instruments are read together, times are those of the style piece's figures, and nothing is iterated.
  unused = ('tracks', 'content_genre', 'style_genre', 'style_weight', 'content_weight', 'num_steps', 'learning_rate', 'steps_per_quarter',
            'protect_melody', 'snapshots', 'imagenet')

  @classmethod
  def load(cls, loaded):
    del loaded
    return cls()

  def prepare(self, sequence, settings, name='the piece'):
    return piece_lib.read(sequence, settings.beats, name, settings.melody or None, settings.meter)

  def stretches(self, piece, settings):
    """[(ArrangedPiece, bool `[M]`)]: the whole, and which bars may change: those that sound, and none in which the tune begins alone."""
    return [(piece, piece.sounds & ~piece.tune_alone & passages.mask(settings.bars, piece))]

  def reading(self, piece):
    return shown.reading(piece)

  def measures(self, piece, result, details):
    return measures.of(piece, result)

  def score(self, metrics):
    return measures.score(metrics)

  def run(self, request):
    settings, edits, taken = request.settings, [], []
    for candidate in range(settings.candidates):
      edits.append([])
      taken.append([])
      for content, editable, styles in zip(request.contents, request.editable, request.styles):
        rng = np.random.default_rng([settings.seed, candidate]) if settings.seed or candidate else None
        changes, bars = self._arranged(content, editable, styles, settings, rng)
        edits[-1].append(changes)
        taken[-1] += bars
        if request.progress is not None:
          request.progress(len(edits[-1]), len(request.contents))
    assumed = shown.assumed(request.contents[0], request.styles[0])
    return request_lib.MethodResult(edits, details={**request.contents[0].details, **({'assumed': assumed} if assumed else {})}, taken=taken)

  def _arranged(self, content, editable, styles, settings, rng):
    """(Changes, list of `result.Taken`) of one content."""
    if len(styles) == 1 and equal.music(content, styles[0]):
      return content.unchanged(), []
    given, styles = styles, [speed.at(style, speed.factor(content, style)) for style in styles]
    moved, planned = [], []
    groups = content.groups
    for length in np.unique(np.diff(content.beats.first)):
      bars = np.flatnonzero(np.diff(content.beats.first) == length)
      plan = self._plan(content, bars, styles, groups, int(length), rng)
      planned += plan
      shift = 0
      for bar, donors, number, window in plan:
        notes, shift = _under(content, bar, donors, number, window, shift)
        moved.append(notes)
    changing = editable & self._chosen(content, groups, settings.strength)
    taken = shown.taken(content, planned, changing, given)
    changes = self._changes(content, changing, move.Moved.joined(moved), groups, styles, settings)
    gone, come = pedal.of(content, taken, changing, [content.sequence.notes[i] for i in changes.removed], changes.added, given)
    return dataclasses.replace(changes, controls_removed=gone, controls_added=come), taken

  def _plan(self, content, bars, styles, groups, length, rng):
    """[(bar, Donors, number of the style, window)] for the content's bars of one length."""
    pools = [donors_lib.of(style, length) for style in styles]
    costs, summary = self.constants.costs, _bars(content, bars, length)
    alone = np.concatenate([choose.fit(summary, donors, costs) for donors in pools], 1)
    offsets = np.cumsum([0, *(len(donors.first) for donors in pools)])
    follows = np.concatenate([np.where(donors.follows >= 0, donors.follows + at, -1) for donors, at in zip(pools, offsets)])
    starts = np.diff(content.phrase[bars], prepend=-1) > 0
    best = lambda alone: choose.of(alone, choose.Moves(follows, costs.jump, costs.repeat), starts, costs.phrase, groups[bars])
    chosen = best(alone)
    if rng is not None:  # another draw: each bar away from its donor, and by chance among the rest
      alone = alone + costs.noise * rng.standard_normal((1, alone.shape[1]))
      alone[np.arange(len(bars)), chosen] += costs.seed
      chosen = best(alone)
    pool = np.searchsorted(offsets, chosen, 'right') - 1
    return [(int(bar), pools[p], int(p), int(window - offsets[p])) for bar, window, p in zip(bars, chosen, pool)]

  def _chosen(self, content, groups, strength):
    """bool `[M]`: the bars that take the style's figures; with less strength fewer, phrase by phrase as far as that comes out, equal bars alike."""
    if strength >= 1:
      return np.ones(len(groups), bool)
    share, result, phrase = 1 - (1 - strength) ** STRENGTH_POWER, np.zeros(len(groups), bool), content.phrase
    # Phrases from all over the piece: the golden ratio spreads them.
    for number in np.unique(phrase)[np.argsort((np.arange(len(np.unique(phrase))) * .618034) % 1, kind='stable')]:
      whole = result | np.isin(groups, groups[phrase == number])
      if whole.mean() <= share + .5 / len(groups):
        result = whole
        continue
      for group in groups[phrase == number]:
        more = result | (groups == group)
        if abs(more.mean() - share) < abs(result.mean() - share):
          result = more
    return result

  def _changes(self, content, editable, moved, groups, styles, settings):
    """compose.Changes: the notes around the tune go where bars change, and the moved ones come."""
    score, beats = content.score, content.beats
    stays = content.tune | players.kept(content, settings.keep)
    removed = ~stays & editable[beats.bar[beats.of(content.onsets)]]
    kept = score.select(~removed)
    notes = players.without(moved.select(editable[moved.bar]), settings.keep, styles)
    if self.constants.mends:
      from musicnst.style_transfer.arrange import mend  # loads bundles, which the default does without
      notes = mend.mend(notes, content.harmony, score.select(content.tune), score.bars, styles)
    notes = self._fitted(notes, content, kept, editable, groups, styles)
    notes, played = players.assigned(notes, content, kept, styles, settings.instruments == 'style')
    index = lambda mask: tuple(score.index[mask].tolist())
    return compose.Changes(index(~removed), index(removed), {}, self._protos(content, notes, played))

  def _fitted(self, notes, content, kept, editable, groups, styles):
    """move.Moved: the notes in reach of the chords, the tune and the piece's beginning and end."""
    harmony, beats, score = content.harmony, content.beats, content.score
    notes = fit.against_harmony(notes, harmony)
    begins = beats.bar[beats.of(notes.start)]
    notes = notes.select((begins <= notes.bar) | editable[begins])  # nothing goes on in a bar that stays as it is
    notes = fit.in_register(fit.on_bass(notes, harmony))
    line = score.start[content.tune], score.end[content.tune], score.pitch[content.tune]
    notes = fit.under_tune(notes, line, harmony)
    notes = fit.once(fit.without_mud(fit.once(notes)))
    notes = fit.within(notes, score.start.min(), score.end.max())
    spans = editable[beats.bar[beats.of((harmony.edges[:-1] + harmony.edges[1:]) / 2)]]
    notes = heard.of(notes, kept, harmony, spans)
    theirs = np.array([styles[s].score.pitch[n] for s, n in zip(notes.style.tolist(), notes.source.tolist())], int)
    notes = fit.alike(fit.moving(notes, theirs, line, harmony), groups, score.bar_starts, editable)
    notes = fit.ended(notes, line, harmony, score.start.max(), score.end.max())
    return fit.within(fit.once(notes), score.start.min(), score.end.max())

  def _protos(self, content, notes, played):
    """Note protos in seconds, as loud as the content's own accompaniment."""
    if not len(notes.pitch):
      return []
    seconds = content.beat_map.to_seconds(np.stack([notes.start, notes.end]))
    velocity = self._levelled(content, notes)
    return [music_proto.NoteSequence.Note(
        pitch=int(pitch), velocity=int(loud), start_time=max(float(start), 0.0), end_time=max(float(end), float(start) + 1e-3),
        instrument=player.instrument, program=player.program)
            for pitch, loud, start, end, player in zip(notes.pitch, velocity, seconds[0], seconds[1], played)]

  def _levelled(self, content, notes):
    """int `[K]`: the donor's loudness at the level of the content's accompaniment; below its tune, and no note above the tune of its bar."""
    score = content.score
    own = score.velocity[~content.tune] if (~content.tune).any() else score.velocity
    tune = score.velocity[content.tune] if content.tune.any() else score.velocity
    level = min(float(own.mean()), float(tune.mean()) - self.constants.softer) if content.tune.any() else float(own.mean())
    loudest, bar = np.zeros(len(score.bars)), lambda times: content.beats.bar[content.beats.of(times)]
    np.maximum.at(loudest, bar(content.onsets[content.tune]), score.velocity[content.tune])
    ceiling = np.where(loudest > 0, loudest, 127)[bar(notes.start)]
    return np.clip(np.round(np.minimum(notes.velocity + level - notes.velocity.mean(), ceiling)), 1, 127).astype(int)


def _bars(content, bars, length):
  """What `choose.fit` compares, a row for each of the bars."""
  rows = content.beats.first[bars][:, None] + np.arange(length)
  summary = donors_lib.bars_summary(content, rows)
  notes = np.bincount(content.beats.bar[content.beats.of(content.onsets)], minlength=len(content.score.bars))
  sounding = np.flatnonzero(notes * ~content.tune_alone)
  sounding = sounding if len(sounding) else np.array([0])
  return {**summary, 'active': notes[bars] > 0, 'first': bars == sounding[0], 'last': bars == sounding[-1]}


def _under(content, bar, donors, number, window, before):
  """(move.Moved, int): the notes of a window of style `number` under a bar; how far roots were moved, see `move.pitches`."""
  first, last = content.beats.first[bar], content.beats.first[bar + 1]
  edges, style = content.beats.edges[first:last + 1], donors.piece
  notes, places = move.notes_of(donors, window)
  middles = speed.middles(content, np.arange(first, last))
  start, end = move.placed(donors, notes, places, edges, donors.beats[window], middles)
  on_grid = np.floor(start * piece_lib.GRID + .5) / piece_lib.GRID
  pitch, shift = move.pitches(style, notes, content.harmony, on_grid, end, before)
  return move.Moved(
      start, end, pitch, style.score.velocity[notes].astype(int), notes, style.bass[notes], style.above_tune[notes],
      np.full(len(notes), number), np.full(len(notes), bar)), shift
