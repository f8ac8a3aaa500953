"""Windows of accompaniment under chords and a tune, as config `texture-2bar` reads them; numpy alone.

Layout of one step of what is read, depth 426: the accompaniment's roll (176 cells, see `representations.pianoroll`), the tune's roll (176),
then of the chord that holds there the root, the tones, the bass and the scale of the local key (12 pitch classes each, all 0 where there is no
chord), then whether a bar and whether a beat begins, then the tones and the scale of the chord that the accompaniment was moved from, as they
would lie over the root of the chord that holds (12 each, all 0 where that is not known). What is written is the roll of an accompaniment, depth
176.
"""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst.analysis import chords as chords_lib
from musicnst.analysis import key as key_lib
from musicnst.analysis import melody
from musicnst.analysis import score as score_lib
from musicnst.representations import base
from musicnst.representations import pianoroll

STEPS, STEPS_PER_QUARTER = 32, 4
KEYS, ROLL = pianoroll.NUM_PITCHES, 2 * pianoroll.NUM_PITCHES
# First cells of the tune, root, tones, bass, scale, places, and of the tones and the scale that the accompaniment comes from.
TUNE, ROOT, TONES, BASS, SCALE, PLACES = ROLL, 2 * ROLL, 2 * ROLL + 12, 2 * ROLL + 24, 2 * ROLL + 36, 2 * ROLL + 48
FROM_TONES, FROM_SCALE = PLACES + 2, PLACES + 14
DEPTH = FROM_SCALE + 12


@dataclasses.dataclass(frozen=True, eq=False)
class Under:
  """What an accompaniment of T steps stands under.

  Args:
    root, bass: int `[T]`, pitch class, -1 for no chord.
    tones, scale: bool `[T, 12]`, pitch classes of the chord and of the local key.
    tune: uint8 `[T, 176]`, the tune's roll.
    places: uint8 `[T, 2]`, whether a bar and whether a beat begins.
  """

  root: np.ndarray
  bass: np.ndarray
  tones: np.ndarray
  scale: np.ndarray
  tune: np.ndarray
  places: np.ndarray

  def cut(self, start, stop):
    """Steps from `start` to `stop` (exclusive)."""
    return Under(*(getattr(self, field.name)[start:stop] for field in dataclasses.fields(self)))


def roll_of(pitch, start, end, total):
  """Notes, times in quarters -> uint8 `[total, 176]` on the grid of sixteenths."""
  steps = [pianoroll.quantize_steps(times, STEPS_PER_QUARTER) for times in (start, end)]
  return pianoroll.encode_notes(np.asarray(pitch), *steps, total)[0].reshape(total, ROLL)


def read(roll, under, source=None):
  """A roll `[T, 176]`, what it stands under and where it comes from (`source_of`; None for not known) -> uint8 `[T, DEPTH]`."""
  one_hot = lambda pitch_class: pitch_class[:, None] == np.arange(12)
  source = np.zeros((len(roll), 24)) if source is None else source
  parts = [roll, under.tune, one_hot(under.root), under.tones, one_hot(under.bass), under.scale, under.places, source]
  return np.concatenate(parts, 1).astype(np.uint8)


def source_of(root, their_root, their_tones, their_scale):
  """Chords `[T]` laid over the roots that hold: uint8 `[T, 24]`, tones and scale; 0 where either root is -1.

  Args:
    root, their_root: int `[T]`. their_tones, their_scale: bool `[T, 12]` by pitch class.
  """
  index = (np.arange(12) - (root - their_root)[:, None]) % 12
  over = [np.take_along_axis(np.asarray(classes), index, 1) for classes in (their_tones, their_scale)]
  return (np.concatenate(over, 1) & ((root >= 0) & (their_root >= 0))[:, None]).astype(np.uint8)


def steps_of(score):
  """How many steps of sixteenths hold all of a Score."""
  return int(np.ceil(max(score.end.max(initial=0), score.end_beat) * STEPS_PER_QUARTER))


def under(score, tune, chords=None):
  """What the accompaniment of a Score stands under.

  Args:
    score: `analysis.score.Score` of pitched notes.
    tune: bool `[N]`, its tune.
    chords: `analysis.chords.Chords`; found in the score by default.
  """
  chords = chords or chords_lib.of(score)
  keys, total = key_lib.of(score, chords), steps_of(score)
  beat = chords.at(np.arange(total) / STEPS_PER_QUARTER)
  places = np.zeros((total, 2), np.uint8)
  for column, starts in enumerate((score.bar_starts, chords.grid.edges[:-1])):
    at = pianoroll.quantize_steps(starts, STEPS_PER_QUARTER)
    places[at[at < total], column] = 1
  scale = keys.scales()[np.minimum(chords.grid.bar[beat], len(keys.bars) - 1)]
  line = roll_of(score.pitch[tune], score.start[tune], score.end[tune], total)
  return Under(chords.root[beat], chords.bass[beat], chords.tones[beat], scale, line, places)


class TextureConverter(pianoroll.PolyphonicConverter):
  """NoteSequence <-> windows of its accompaniment, as it is: both what is read and what is asked for, under its own chords and tune.

  What a network learns from is made of them by `experiments.run texture_windows`: there the accompaniment that is read has been moved.
  """

  name = 'texture'
  is_roll = False
  input_depth, output_depth = DEPTH, ROLL

  def to_windows(self, sequence):
    score = score_lib.of(sequence).pitched()
    if not len(score):
      raise errors.RejectedSequence('no_pitched_notes', 'no note outside the drums')
    tune = melody.find(score).mask
    whole, other = under(score, tune), score.select(~tune)
    total, found = steps_of(score), []
    roll = roll_of(other.pitch, other.start, other.end, total)
    inputs = read(roll, whole)
    for start in range(0, total, self.steps):
      length = min(self.steps, total - start)
      padded = [np.pad(array[start:start + length], ((0, self.steps - length), (0, 0))) for array in (inputs, roll)]
      found.append(base.Window(*padded, length=length, start_step=start))
    return found

  def transpose_index(self, semitones, which='outputs'):
    roll = super().transpose_index(semitones)
    if which != 'inputs':
      return roll
    classes = (np.arange(12) - semitones) % 12
    return np.concatenate([
        roll, np.where(roll >= 0, roll + TUNE, -1), *(classes + first for first in (ROOT, TONES, BASS, SCALE)), [PLACES, PLACES + 1],
        classes + FROM_TONES, classes + FROM_SCALE]).astype(np.int32)


class LatentTextureConverter(TextureConverter):
  """The same windows for a model with latents: what is read and asked for is the accompaniment, the controls are what `TextureConverter` reads."""

  name = 'texture-latent'
  input_depth, output_depth, control_depth = ROLL, ROLL, DEPTH

  def to_windows(self, sequence):
    return [of_latents(window) for window in super().to_windows(sequence)]

  def from_windows(self, outputs, qpm=120.0, velocities=None, controls=None):
    del controls  # the chords are not written
    return super().from_windows(outputs, qpm, velocities)

  def transpose_index(self, semitones, which='outputs'):
    return super().transpose_index(semitones, 'inputs' if which == 'controls' else 'outputs')


def of_latents(window):
  """base.Window of a TextureConverter -> of a LatentTextureConverter."""
  return dataclasses.replace(window, inputs=window.outputs, controls=window.inputs)
