"""What a style transfer gives back."""
import dataclasses


@dataclasses.dataclass
class TransferResult:
  """What `transfer` gives.

  Args:
    sequence: the restyled piece.
    content, style: NoteSequences; `style` is the first where several were given.
    kept, added, removed: lists of Note protos; times are those of `sequence` (removed: of `content`).
    metrics: name -> float, see `measures.of`.
    history: term -> list of floats, one an iteration.
    snapshots: iteration -> NoteSequence.
    settings: what was asked for and recognised: method, strength, seed, names, genres.
    seconds: wall time.
    bars: seconds at which the content's bars begin.
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
