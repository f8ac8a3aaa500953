"""What a style transfer gives back."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Reading:
  """What a method heard in a piece, for the report.

  Args:
    chords: list of (seconds, symbol) where a chord begins.
    phrases: list of (seconds at which it begins, at which it ends, label); equal labels for equal phrases.
    tune: list of places of the tune's notes in the sequence.
  """

  chords: list
  phrases: list
  tune: list

  def moved(self, seconds, tune):
    """The same with another `tune`, and with times that a function (float `[N]` -> float `[N]`) gives."""
    at = lambda *times: tuple(float(time) for time in seconds(list(times)))
    return Reading([(*at(start), symbol) for start, symbol in self.chords], [(*at(start, end), label) for start, end, label in self.phrases], tune)


class Taken(typing.NamedTuple):
  """A bar of the result whose accompaniment comes from bars of a style piece; bars count from 1.

  `number` counts the style pieces from 0. `beats` has for each beat of the bar (quarter at which it begins, at which it ends, the same of the
  style piece's beat that came there).
  """

  bar: int
  style: str
  bars: tuple[int, ...]
  number: int = 0
  beats: tuple[tuple[float, float, float, float], ...] = ()


@dataclasses.dataclass
class TransferResult:
  """What `transfer` gives.

  Args:
    sequence: the restyled piece.
    content, style: NoteSequences; `style` is the first where several were given.
    kept, added, removed: lists of Note protos; times are those of `sequence`, of `removed` those at which they would sound there.
    metrics: name -> float, see `measures.of`.
    history: term -> list of floats, one an iteration.
    snapshots: iteration -> NoteSequence.
    settings: what was asked for and recognised: method, strength, seed, names, genres.
    seconds: wall time.
    bars: seconds at which the content's bars begin.
    beat_map: reading.beat_map.BeatMap of `sequence`, seconds <-> quarters.
    readings: 'content', 'style', 'result' -> Reading (of the result: the content's chords and phrases); empty where the method looks for none.
    taken: list of Taken, in the order of bars.
    candidates: list of TransferResult, one a candidate in the order in which they were made, where there are several; this is the best of them.
  """

  sequence: object
  content: object
  style: object
  kept: list
  added: list
  removed: list
  metrics: dict
  history: dict = dataclasses.field(default_factory=dict)
  snapshots: dict = dataclasses.field(default_factory=dict)
  settings: dict = dataclasses.field(default_factory=dict)
  seconds: float = 0.0
  bars: list = dataclasses.field(default_factory=list)
  beat_map: object = None
  readings: dict = dataclasses.field(default_factory=dict)
  taken: list = dataclasses.field(default_factory=list)
  candidates: list = dataclasses.field(default_factory=list)
