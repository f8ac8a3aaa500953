"""What is asked of a transfer and of its method, and what a method gives back."""
from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
from typing import Any

from musicnst import errors
from musicnst.options import option
from musicnst.style_transfer.pieces import passages
from musicnst.reading import meter

# Called with (done, total).
Progress = Callable[[int, int], None] | None
TRACKS = ('merge', 'each')
DRUMS = ('keep', 'drop', 'style')
# Whose instruments, and whose tempo.
SIDES = ('content', 'style')


def parse_names(text: str) -> tuple[str, ...]:
  """'bass, Strings' -> ('bass', 'Strings')."""
  return tuple(name.strip() for name in text.split(',') if name.strip())


def parse_snapshots(values: Sequence[str]) -> tuple[int, ...]:
  """['1', '10'] -> (1, 10).

  Raises:
    ArgumentError: something that is no whole number.
  """
  if not all(value.strip().isdigit() for value in values):
    raise errors.ArgumentError(f'--snapshots={",".join(values)}: write whole numbers of iterations, such as 1,10,60')
  return tuple(int(value) for value in values)


@dataclasses.dataclass(frozen=True)
class Settings:
  """What a transfer is asked for, the same for every method; None takes the method's own default (`registry.Entry.defaults`).

  Args:
    strength: 0 to 1; how much is restyled: 0 copies the content; of `arrange` the share of the bars that take the style's figures, of other
      methods how much may change. Not together with `style_weight`.
    style_weight, content_weight: factors on the style and the content terms, at least 0.
    num_steps: iterations.
    learning_rate: Adam's.
    seed: of every random draw.
    candidates: results to make, of which the best by the metrics is kept.
    bars: what may change: (first, last), counted from 1, both included, or a tuple of passages (`pieces.passages.parse`); None for all.
    tracks: 'merge' restyles all instruments as one texture, 'each' every instrument by itself.
    drums: 'keep' leaves them as they are, 'drop' leaves them out, 'style' puts the style piece's in their place.
    keep: roles (bass, chords, pad, counter-melody) or tracks, by name or number, that stay beside the tune.
    melody: number or name of the content's track that is the tune; '' to find it.
    instruments: new notes are played by the content's instruments, or by the style's.
    tempo: the result goes at the content's tempo, or at the style's.
    steps_per_quarter: grid; kept notes keep their exact times whatever it is.
    beats: where beats come from: 'auto', 'tempo', 'estimate' or 'fixed:QPM'.
    meter: the content's, such as '4/4'; '' takes what its file says, or a guess where that cannot be.
    strict: refuse damaged files, which are read as far as they go otherwise.
    protect_melody: keep every note that is highest at its onset, and add none above it.
    content_genre, style_genre: genres of the two, where they are known; what is not given is recognised.
    imagenet: VGG-19 methods load ImageNet's weights (a download).
    snapshots: iterations whose music is kept.
  """

  strength: float | None = option(
      None, "0 to 1: 0 copies the content, 1 restyles every bar; between, so many of the bars take the style's figures (other methods: how much "
      'may change). Not together with --style_weight.')
  style_weight: float | None = option(None, 'Factor on the style terms of a method that optimizes, such as guided.')
  content_weight: float | None = option(None, 'Factor on its content terms.')
  num_steps: int | None = option(None, 'Its iterations.')
  learning_rate: float | None = option(None, 'Step size of its optimizer.')
  seed: int = option(0, 'Of every random draw; another seed is another result.')
  candidates: int = option(1, 'Make so many results and keep the best by the metrics; all of them where --output is a folder.')
  bars: tuple[Any, ...] | None = option(
      None, 'Restyle only these bars: 9-24 (counted from 1, both included), 0:35-1:02, @MARKER of the file; several with commas.',
      flag_default='', parse=passages.parse)
  tracks: str = option(
      'merge', 'All instruments as one texture, or each by itself (guided and others that change notes in place).', choices=TRACKS)
  drums: str = option('keep', "Keep the drums, leave them out, or take the style's.", choices=DRUMS)
  keep: tuple[str, ...] = option(
      (), 'What stays beside the tune: bass, chords, pad, counter-melody, or tracks by name or number.', flag_default='', parse=parse_names)
  melody: str = option('', "The content's track that is the tune, by name or number; found where it is not given.")
  instruments: str = option('content', "Whose instruments play what is new.", choices=SIDES)
  tempo: str = option('content', "Whose tempo the result has.", choices=SIDES)
  steps_per_quarter: int = option(4, 'Grid of methods that have one, such as guided; kept notes keep their exact times.')
  beats: str = option('auto', 'Where beats come from: auto, tempo, estimate or fixed:QPM.')
  meter: str = option('', "The content's meter, such as 4/4; else what its file says, or a guess where that cannot be.")
  strict: bool = option(False, 'Refuse damaged files; otherwise they are read as far as they go, and what was mended is told.')
  protect_melody: bool = option(True, 'Methods that optimize: keep every note that is highest when it starts.')
  content_genre: str = option('', 'Methods with genres, such as guided: that of the content, such as jazz; else recognised.')
  style_genre: str = option('', 'Genre of the style, likewise.')
  imagenet: bool = option(False, "VGG-19 methods: download and use ImageNet's weights (random ones otherwise).")
  snapshots: tuple[int, ...] = option(
      (), 'Methods that optimize: iterations to show in the report, such as 1,10,60.', flag_default=[], parse=parse_snapshots)

  def check(self) -> None:
    """Raises ArgumentError for values out of range, or that contradict each other."""
    if self.strength is not None and self.style_weight is not None:
      raise errors.ArgumentError('give either strength or style_weight, not both: strength sets how much may change, style_weight the loss.')
    if self.strength is not None and not 0.0 <= self.strength <= 1.0:
      raise errors.ArgumentError(f'strength {self.strength} is outside 0 to 1')
    for name in ('style_weight', 'content_weight'):
      value = getattr(self, name)
      if value is not None and not 0.0 <= value < float('inf'):
        raise errors.ArgumentError(f'{name} {value} must be 0 or more')
    for name in ('num_steps', 'candidates'):
      if getattr(self, name) is not None and getattr(self, name) < 1:
        raise errors.ArgumentError(f'{name} {getattr(self, name)} must be at least 1')
    for name, choices in (('drums', DRUMS), ('tracks', TRACKS), ('instruments', SIDES), ('tempo', SIDES)):
      if getattr(self, name) not in choices:
        raise errors.ArgumentError(f'{name} {getattr(self, name)!r}: known are {", ".join(choices)}')
    if self.bars is not None:
      passages.check(self.bars)
    if self.meter:
      meter.parse(self.meter)
    if not 1 <= self.steps_per_quarter <= 24:
      raise errors.ArgumentError(f'steps_per_quarter {self.steps_per_quarter} is outside 1 to 24')

  def filled(self, defaults: dict[str, Any]) -> 'Settings':
    """A copy whose fields that are None are those of `defaults` (dict)."""
    return dataclasses.replace(self, **{name: value for name, value in defaults.items() if getattr(self, name) is None})


@dataclasses.dataclass(frozen=True)
class Request:
  """One task for a method.

  Args:
    contents: list of pieces as `Method.stretches` gave them; each gets an edit.
    styles: list of lists of pieces (`Method.prepare`): for each content, the style's.
    editable: list of bool arrays, for each content where it may change (of a `Piece` by steps, `[T]`).
    settings: Settings without None.
    folder_style: the style is a folder or several files: a genre of its own.
    progress: called with (done, total), or None.
  """

  contents: list[Any]
  styles: list[list[Any]]
  editable: list[Any]
  settings: Settings
  folder_style: bool = False
  progress: Progress = None


@dataclasses.dataclass
class MethodResult:
  """A method's answer.

  Args:
    edits: list (one a candidate) of lists of edits, one a content, as the content's `changes` takes them.
    history: term -> list of floats.
    snapshots: iteration -> list of edits.
    details: dict for the report, such as the genres recognised.
    taken: list (one a candidate) of lists of `pieces.result.Taken`, where a method takes whole bars of the style; empty otherwise.
  """

  edits: list[list[Any]]
  history: dict[str, list[float]] = dataclasses.field(default_factory=dict)
  snapshots: dict[int, list[Any]] = dataclasses.field(default_factory=dict)
  details: dict[str, Any] = dataclasses.field(default_factory=dict)
  taken: list[list[Any]] = dataclasses.field(default_factory=list)
