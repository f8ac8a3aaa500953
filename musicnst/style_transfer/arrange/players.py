"""Who plays the new notes: instruments of the content by their roles, or those of the style; each within its range, winds one note at a time."""
import dataclasses

import numpy as np

from musicnst.analysis import instruments
from musicnst.analysis import roles

PIANO = 0
# Two notes of a line that begin so near to each other (quarters) are one moment; a note shorter than this is not worth an attack.
TOGETHER, SHORTEST = .06, .05


@dataclasses.dataclass(frozen=True)
class Player:
  """An instrument of the result: its number in the sequence and its program."""

  instrument: int
  program: int


def assigned(notes, content, staying, styles, like_style):
  """(move.Moved, list of Player): the notes that can be played, in reach of who plays them, and who that is for each.

  Args:
    notes: `move.Moved`.
    content: ArrangedPiece.
    staying: Score of its notes that stay.
    styles: list of ArrangedPiece; `notes.style` counts them.
    like_style: each of the style's tracks keeps its instrument, as a track of its own; otherwise the content's instruments play.
  """
  choose = _StylePlayers(content, styles) if like_style else _ContentPlayers(content, styles)
  track = [int(styles[s].score.instrument[n]) for s, n in zip(notes.style.tolist(), notes.source.tolist())]
  players = [choose(s, t, bool(b)) for s, t, b in zip(notes.style.tolist(), track, notes.bass.tolist())]
  notes, keep = _in_range(notes, players)
  players = [player for player, k in zip(players, keep.tolist()) if k]
  return _one_at_a_time(notes, players, content, staying)


class _Players:
  """Chooses and remembers the player of each style track."""

  def __init__(self, content, styles):
    self.content, self.styles, self.known = content, styles, {}
    self.next = max(note.instrument for note in content.sequence.notes) + 1

  def __call__(self, style, track, bass):
    key = self.key(style, track, bass)
    if key not in self.known:
      self.known[key] = self.choose(style, track, bass)
    return self.known[key]

  def key(self, style, track, bass):
    return style, track, bass

  def new(self, program):
    """A track that the content does not have; one that is a drum kit's channel is left out."""
    self.next += 1 if self.next == 9 else 0
    self.next += 1
    return Player(self.next - 1, int(program))

  def program(self, style, track):
    score = self.styles[style].score
    return int(score.program[score.instrument == track][0])


class _StylePlayers(_Players):
  """Each track of the style as a track of the result."""

  def key(self, style, track, bass):
    return style, track

  def choose(self, style, track, bass):
    return self.new(self.program(style, track))


class _ContentPlayers(_Players):
  """The content's accompaniment: its bass for what is bass, else its instrument of the same role, else the one with most notes."""

  def __init__(self, content, styles):
    super().__init__(content, styles)
    score = content.score
    own = content.accompanying if content.accompanying.any() else np.ones(len(score), bool)
    numbers, counts = np.unique(score.instrument[own], return_counts=True)
    self.counts = dict(zip(numbers.tolist(), counts.tolist()))
    self.programs = {i: int(score.program[score.instrument == i][0]) for i in self.counts}
    self.chordal = sorted((i for i in self.counts if not instruments.monophonic(self.programs[i])), key=lambda i: -self.counts[i])
    self.bass = sorted((i for i in self.counts if content.role(i) == roles.BASS), key=lambda i: -self.counts[i])
    self.added = {}

  def choose(self, style, track, bass):
    role = roles.BASS if bass else self.styles[style].role(track)
    if bass and self.bass:
      return self._own(self.bass[0])
    alike = [i for i in self.chordal if self.content.role(i) == role]
    if bass and self.chordal:
      score = self.content.score
      return self._own(min(self.chordal, key=lambda i: float(np.median(score.pitch[score.instrument == i]))))
    if alike or self.chordal:
      return self._own((alike or self.chordal)[0])
    program = self.program(style, track)
    program = PIANO if instruments.monophonic(program) else program
    if program not in self.added:  # nothing there plays chords
      self.added[program] = self.new(program)
    return self.added[program]

  def _own(self, instrument):
    return Player(instrument, self.programs[instrument])


def _in_range(notes, players):
  """(notes, kept): by octaves into the range of each player; notes that no octave brings there are left out."""
  pitch = notes.pitch.copy()
  low, high = np.array([instruments.pitch_range(p.program) for p in players], int).reshape(-1, 2).T
  pitch += 12 * np.maximum(-((pitch - low) // 12), 0)
  pitch -= 12 * np.maximum(-((high - pitch) // 12), 0)
  keep = (pitch >= low) & (pitch <= high)
  return dataclasses.replace(notes, pitch=pitch).select(keep), keep


def _one_at_a_time(notes, players, content, staying):
  """(notes, players): of instruments that play lines, one note at a time: the lowest of a bass, else the highest; each ends where the next begins.

  What stays of such an instrument goes before what is new.
  """
  keep, end = np.ones(len(players), bool), notes.end.copy()
  single = {p.instrument for p in players if instruments.monophonic(p.program)}
  for instrument in single:
    mine = np.array([i for i, p in enumerate(players) if p.instrument == instrument])
    sign = 1 if content.role(instrument) == roles.BASS or notes.bass[mine].all() else -1
    own, last = staying.select(staying.instrument == instrument), None
    for i in mine[np.lexsort((sign * notes.pitch[mine], np.round(notes.start[mine] / TOGETHER)))]:
      busy = (own.start < notes.start[i] + TOGETHER) & (own.end > notes.start[i] + TOGETHER)
      if busy.any() or last is not None and notes.start[i] < notes.start[last] + TOGETHER:
        keep[i] = False
        continue
      end[i] = min(end[i], own.start[own.start > notes.start[i]].min(initial=np.inf))
      if last is not None:
        end[last] = min(end[last], notes.start[i])
      last = i
  keep &= end - notes.start > SHORTEST
  return dataclasses.replace(notes, end=end).select(keep), [p for p, k in zip(players, keep.tolist()) if k]


def kept(content, names):
  """bool `[N]`: notes of a content's score that stay by the names of roles or tracks in `names`, the tune aside.

  Raises:
    ArgumentError: neither a role nor a track of the piece.
  """
  found = np.zeros(len(content.score), bool)
  for name in names:
    found |= content.part(name)
  return found & ~content.tune


def without(notes, names, styles):
  """Notes without those whose role is one of `names`, for roles that the content keeps."""
  role = np.array([roles.BASS if b else styles[s].role(int(styles[s].score.instrument[n]))
                   for s, n, b in zip(notes.style.tolist(), notes.source.tolist(), notes.bass.tolist())])
  return notes.select(~np.isin(role, names)) if len(role) else notes

