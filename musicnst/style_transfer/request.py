"""What is asked of a method, and what it gives back."""
import dataclasses

import numpy as np

from musicnst.style_transfer.pieces import compose


@dataclasses.dataclass(frozen=True)
class Settings:
  """Numbers a method works with; None in `transfer` takes the method's own default.

  Args:
    strength: 0 to 1; how much may change (see `guided_method.budget_of`).
    style_weight, content_weight: factors on the style and the content terms.
    num_steps: iterations.
    learning_rate: Adam's.
    seed: of every random draw.
    candidates: results to choose from.
    genre_share: share of the recognised genre in the targets.
    content_genre, style_genre: names of genres the engine knows, where the caller knows them; empty: they are recognised.
    protect_melody: keep the notes that are highest at their onset, add none above them.
    snapshots: iterations whose notes are kept.
  """

  strength: float = .6
  style_weight: float = 1.0
  content_weight: float = 1.0
  num_steps: int = 70
  learning_rate: float = .35
  seed: int = 0
  candidates: int = 1
  genre_share: float = .75
  content_genre: str = ''
  style_genre: str = ''
  protect_melody: bool = True
  snapshots: tuple = ()


@dataclasses.dataclass(frozen=True)
class Request:
  """One task for a method.

  Args:
    contents: list of Piece, the stretches to restyle; each gets an Edit.
    styles: list of lists of Piece: for each content, the style's pieces.
    editable: list of bool `[T]`, steps that may change.
    settings: Settings.
    engine: engine.Engine.
    folder_style: the style is a folder or several files: a genre of its own.
    progress: called with (done, total), or None.
  """

  contents: list
  styles: list
  editable: list
  settings: Settings
  engine: object
  folder_style: bool = False
  progress: object = None


@dataclasses.dataclass
class Found:
  """A method's answer.

  Args:
    edits: list (one a candidate) of lists of Edit, one a content.
    history: term -> list of floats.
    snapshots: iteration -> list of Edit.
    details: dict for the report, such as the genres recognised.
  """

  edits: list
  history: dict = dataclasses.field(default_factory=dict)
  snapshots: dict = dataclasses.field(default_factory=dict)
  details: dict = dataclasses.field(default_factory=dict)


def edit_within(request, index, roll):
  """`edit_from_roll` for the request's content `index`: its roll `[T or longer, 2, 88]` counts where the content may change."""
  piece, editable = request.contents[index], request.editable[index]
  roll = np.asarray(roll[:piece.total_steps]).astype(bool)
  return edit_from_roll(piece, np.where(editable[:, None, None], roll, piece.roll > 0))


def joined(found):
  """Answers for consecutive groups of contents -> one: edits in order, curves averaged, the first one's details."""
  if len(found) == 1:
    return found[0]
  return Found(
      edits=[[edit for part in parts for edit in part] for parts in zip(*(f.edits for f in found))],
      history={name: np.mean([f.history[name] for f in found], 0).tolist() for name in found[0].history},
      snapshots={i: [edit for f in found for edit in f.snapshots[i]] for i in found[0].snapshots},
      details=found[0].details)


def edit_from_roll(piece, roll):
  """Edit that turns a piece into a result roll bool `[T, 2, 88]`: a note whose onset cell is still on is kept whole, other onsets are new.

  A new note ends where its sustain ends, or where a kept note of its pitch sounds.
  """
  roll = np.asarray(roll).astype(bool)
  content = piece.roll[:, 0] > 0
  gates = content & roll[:, 0]
  keys = np.arange(roll.shape[2])
  owned = (piece.owner >= 0) & gates[np.maximum(piece.owner, 0), keys[None]]
  owned |= piece.frames & (piece.owner < 0)  # notes that began before this stretch sound on
  onsets = roll[:, 0] & ~content & ~owned
  held = roll[:, 1] & ~owned & ~onsets
  return compose.edit_of(piece, gates, onsets, held | onsets)
