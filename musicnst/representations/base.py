"""The contract of a converter: the only bridge between music and arrays, both directions in one class."""
import dataclasses
import typing

import numpy as np
from numpy import typing as npt

from musicnst import music_proto


@dataclasses.dataclass(frozen=True)
class Window:
  """One fixed-length stretch of music as arrays.

  Args:
    inputs: uint8 or bool (float32 of a converter that is `real_valued`) `[T, input_depth]`, what an encoder reads.
    outputs: of the same type, `[T, output_depth]`, what a decoder is asked for (often `inputs` itself).
    length: valid steps, at most T; a tuple of ints for hierarchical lengths.
    controls: `[T, control_depth]` or None.
    velocities: uint8 `[T, P]` or None; MIDI velocity at each onset cell, 0 elsewhere.
    start_step: first step of the window within its sequence.
    labels: dict of name -> str, such as `genre`, `composer`, `id`.
  """

  inputs: np.ndarray
  outputs: np.ndarray
  length: int | tuple[int, ...]
  controls: np.ndarray | None = None
  velocities: np.ndarray | None = None
  start_step: int = 0
  labels: dict[str, str] = dataclasses.field(default_factory=dict)


class Converter:
  """Both directions between a NoteSequence and windows.

  A subclass is a small class of explicit keyword arguments kept as attributes. `name` is its key in CONVERTER_MAP; `steps` is T,
  `steps_per_quarter` the grid; depths are those of the arrays. `transpose_range` is the (lowest, highest) shift in semitones used for
  augmentation; `transpose(array, semitones)` shifts an `[..., D]` input or output array, numpy or TensorFlow alike being handled in
  `musicnst/data` through `transpose_index` (see there).
  """

  name: str = ''
  steps: int = 32
  steps_per_quarter: int = 4
  input_depth: int = 0
  output_depth: int = 0
  control_depth: int = 0
  # (depth,) blocks of the output that are one categorical each; empty for Bernoulli outputs.
  categorical_depths: tuple[int, ...] = ()
  # What tells records of converters of one name and shape apart, where their windows of one piece differ.
  variant: str = ''
  # Whether only bars of four quarters are taken: a piece is then cut at its changes of meter before it is converted.
  four_four: bool = False
  # Whether windows are piano rolls, whose cells are independent of each other, and not tokens.
  is_roll: bool = False
  # Whether inputs and outputs are float32 in place of bits.
  real_valued: bool = False
  # Lengths of a window: 1, or how many segments have one of their own.
  num_lengths: int = 1
  # (steps a segment, cell): segments whose first step has this cell on are never transposed (drums among other tracks); None for all are.
  unmoved_segments: tuple[int, int] | None = None

  @property
  def grid_steps(self) -> int:
    """Steps of the grid that a window covers: T, unless steps of the arrays are events."""
    return self.steps

  def to_windows(self, sequence: music_proto.NoteSequence) -> list[Window]:
    """Every window of the sequence, in order: list of `Window`.

    Raises:
      RejectedSequence: the music cannot be expressed at all, with the reason to count.
    """
    raise NotImplementedError

  def from_windows(self, outputs: npt.ArrayLike, qpm: float = 120.0, velocities: npt.ArrayLike | None = None) -> music_proto.NoteSequence:
    """Consecutive outputs `[S, T, output_depth]` (bool or uint8) -> one NoteSequence at `qpm`; notes across seams are joined.

    Converters that have controls take them too, as `controls` `[S, T, control_depth]`.
    """
    raise NotImplementedError

  def transpose_index(self, semitones: int, which: str = 'outputs') -> np.ndarray:
    """int32 `[D]`: index i of a transposed array is index `[i]` of the original; -1 where nothing moves in.

    Raises:
      ValueError: this converter cannot transpose (drums), `semitones` != 0.
    """
    raise NotImplementedError

  def to_dict(self) -> dict[str, typing.Any]:
    """The constructor's keyword arguments, JSON-able."""
    raise NotImplementedError

  def no_controls(self) -> np.ndarray:
    """Controls bool `[T, control_depth]` that ask for nothing: no chord, no hit."""
    return np.zeros([self.steps, self.control_depth], bool)

  def inference_arguments(self) -> dict[str, typing.Any]:
    """What to change in `to_dict` for a converter that serves a trained model (`converter_map.for_inference`)."""
    return {}

  def piece_arguments(self) -> dict[str, typing.Any]:
    """What to change in `to_dict` for a converter that reads whole pieces as consecutive windows (`converter_map.for_pieces`)."""
    return {'continuous': True} if 'continuous' in self.to_dict() else {}
