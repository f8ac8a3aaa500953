"""How much of the style arrived, and how much of the content stayed, in a style transfer.

Strength and content change are those of the CycleGAN papers (Brunner et al., 2018, and its spectral-norm and self-attention successor);
chroma similarity and style profiles those of Groove2Groove (Cífka et al., 2020, section VI). Functions of music take NoteSequences
or `notes.Notes` and count time in beats by each sequence's own tempo map. Drums are left out of all of them.
"""
import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy import typing as npt

from musicnst.metrics import common_run
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import tonal
from musicnst.representations import padding

# In frames, of which a beat has 12.
CHROMA_WINDOW, CHROMA_STRIDE = 24, 12
# A sixteenth is a quarter of a beat; half of it is how far two onsets may lie apart and still be one.
HALF_STEP_BEATS = .125
_BIN_BITS = 20  # a sixth of a beat is 2^20 of the units of `notes`
_PROFILE_BEATS, _PROFILE_INTERVAL = 4, 20
_TIME_BINS, _DURATION_BINS, _VELOCITY_BINS = 24, 12, 7


def transfer_strength(p_source: npt.ArrayLike, p_cycled: npt.ArrayLike, p_transferred: npt.ArrayLike) -> np.ndarray:
  """Strength of a transfer by a classifier, per example: half of (P(x) - P(x^)) + (P(x~) - P(x^)).

  Args:
    p_source: `[B]` probability of the source class for the sources x, or 0/1 hits (the papers' tables count hits).
    p_cycled: `[B]` the same for the cycled x~ (transferred and back).
    p_transferred: `[B]` the same for the transferred x^.

  Returns:
    float64 `[B]`, -1 to 1; average it, and then both directions, for the papers' S_tot.
  """
  source, cycled, transferred = (np.asarray(p, np.float64) for p in (p_source, p_cycled, p_transferred))
  return ((source - transferred) + (cycled - transferred)) / 2


def one_way_strength(p_source: npt.ArrayLike, p_transferred: npt.ArrayLike) -> np.ndarray:
  """P(x) - P(x^) per example, for methods without an inverse; arguments as in `transfer_strength`."""
  return np.asarray(p_source, np.float64) - np.asarray(p_transferred, np.float64)


@dataclasses.dataclass(frozen=True)
class ContentChange:
  """Cells changed as shares of the source's cells that are on; float64 `[B]` (or a float, of one roll).

  Args:
    total: added + removed.
    added: on in the result, off in the source.
    removed: on in the source, off in the result.
  """

  total: np.ndarray
  added: np.ndarray
  removed: np.ndarray


def content_change(source: npt.ArrayLike, result: npt.ArrayLike) -> ContentChange:
  """`ContentChange` per example of binary rolls.

  Args:
    source: `[B, T, P]` or `[T, P]`; a cell is on where it is not 0.
    result: the same shape.

  An empty source counts as one cell, so that the figures stay finite: n added cells give n, none give 0.

  Raises:
    ValueError: the shapes differ.
  """
  before, after = np.asarray(source) != 0, np.asarray(result) != 0
  if before.shape != after.shape:
    raise ValueError(f'source and result have shapes {before.shape} and {after.shape}')
  cells = np.maximum(before.sum(axis=(-2, -1)), 1)
  added = (after & ~before).sum(axis=(-2, -1)) / cells
  removed = (before & ~after).sum(axis=(-2, -1)) / cells
  return ContentChange(added + removed, added, removed)


def sequence_change(content: notes_lib.Music, result: notes_lib.Music, steps_per_beat: int = 4) -> ContentChange:
  """`content_change` of two whole pieces as frame rolls (every sounding cell) on a grid."""
  return _change(content, result, steps_per_beat, onsets_only=False)


def onset_change(content: notes_lib.Music, result: notes_lib.Music, steps_per_beat: int = 4) -> ContentChange:
  """`content_change` of two whole pieces as onset rolls: notes added and removed, whatever their length."""
  return _change(content, result, steps_per_beat, onsets_only=True)


def _change(content: notes_lib.Music, result: notes_lib.Music, steps_per_beat: int, onsets_only: bool) -> ContentChange:
  rolls = [notes_lib.roll(music, steps_per_beat, onsets_only) for music in (content, result)]
  num_steps = max(len(roll) for roll in rolls)
  return content_change(*(padding.to_length(roll, num_steps) for roll in rolls))


def chroma(music: notes_lib.Music) -> np.ndarray:
  """float64 `[12, T]`: notes sounding by pitch class, 12 frames a beat (velocities do not count)."""
  notes = notes_lib.pitched(music)
  shift = _BIN_BITS - 1  # a twelfth of a beat
  start, end = notes.start_units >> shift, notes.end_units >> shift
  frames = np.zeros([12, int(end.max(initial=0)) + 1])
  np.add.at(frames, (notes.pitch % 12, start), 1.)
  np.add.at(frames, (notes.pitch % 12, np.maximum(start, end)), -1.)
  return np.cumsum(frames, axis=1)[:, :-1]


def chroma_similarity(reference: notes_lib.Music, result: notes_lib.Music) -> float:
  """Groove2Groove's content preservation, 0 to 1: cosine of chroma averaged over two beats, every beat.

  The shorter piece is padded with silence; the mean is over the beats where at least one of the two sounds, so that a beat silent on
  one side only counts 0. Two silent pieces give 0.
  """
  frames = [chroma(music) for music in (reference, result)]
  num_frames = max(f.shape[1] for f in frames)
  columns = [_moving_sum(np.pad(f, [(0, 0), (0, num_frames - f.shape[1])])) for f in frames]
  norms = [np.linalg.norm(c, axis=0) for c in columns]
  sounding = (norms[0] > 1e-9) | (norms[1] > 1e-9)
  product = norms[0] * norms[1]
  cosine = np.divide((columns[0] * columns[1]).sum(axis=0), product, out=np.zeros_like(product), where=product > 1e-18)
  return float(cosine.sum() / max(sounding.sum(), 1))


def _moving_sum(frames: np.ndarray) -> np.ndarray:
  """Windows of a full convolution whose first is the one that ends with frame 11, then every 12 frames: `[12, T] -> [12, N]`."""
  num_frames = frames.shape[1]
  if not num_frames:
    return frames
  sums = np.concatenate([np.zeros([12, 1]), np.cumsum(frames, axis=1)], axis=1)
  ends = np.arange((CHROMA_WINDOW - 1) % CHROMA_STRIDE, num_frames + CHROMA_WINDOW - 1, CHROMA_STRIDE) + 1
  return sums[:, np.minimum(ends, num_frames)] - sums[:, np.maximum(ends - CHROMA_WINDOW, 0)]


def style_profiles(music: notes_lib.Music | Sequence[notes_lib.Music]) -> dict[str, np.ndarray]:
  """Groove2Groove's three histograms of one piece, or summed over a list of pieces, as counts.

  Returns:
    dict: `time_pitch` `[24, 41]` sixths of a beat between two onsets less than 4 beats apart x interval -20..20 (pairs that share an
    onset count in both orders); `onset_duration` `[24, 12]` onset in a 4-beat bar x duration to 2 beats, in sixths; `onset_velocity`
    `[24, 7]` the same x velocity by 16 (above 111 falls out, as in the published code).
  """
  if isinstance(music, (list, tuple)):
    profiles = [style_profiles(m) for m in music]
    return {name: np.sum([p[name] for p in profiles], axis=0) for name in ('time_pitch', 'onset_duration', 'onset_velocity')}
  notes = notes_lib.pitched(music)
  start = notes.start_units
  position = (start >> _BIN_BITS) % _TIME_BINS
  length = notes.end_units - start
  duration = np.where(length == _DURATION_BINS << _BIN_BITS, _DURATION_BINS - 1, length >> _BIN_BITS)  # the last bin holds its upper edge
  return {'time_pitch': _time_pitch(start, notes.pitch),
          'onset_duration': _histogram(position, duration, _DURATION_BINS),
          'onset_velocity': _histogram(position, notes.velocity >> 4, _VELOCITY_BINS)}


def _histogram(rows: np.ndarray, columns: np.ndarray, num_columns: int) -> np.ndarray:
  """Counts `[24, num_columns]`; columns out of range fall out."""
  inside = (columns >= 0) & (columns < num_columns)
  flat = np.bincount(rows[inside] * num_columns + columns[inside], minlength=_TIME_BINS * num_columns)
  return flat.reshape(_TIME_BINS, num_columns)


def _time_pitch(start: np.ndarray, pitch: np.ndarray) -> np.ndarray:
  """`[24, 41]` of notes sorted by start. Pairs are met by their distance in the sorted list: as many passes as notes in 4 beats."""
  width = 2 * _PROFILE_INTERVAL + 1
  total = np.zeros([_TIME_BINS, width], np.int64)
  limit = _PROFILE_BEATS * notes_lib.UNITS_PER_BEAT
  for lag in range(1, len(start)):
    apart = start[lag:] - start[:-lag]
    near = apart < limit
    if not near.any():
      break
    apart, interval = apart[near], (pitch[lag:] - pitch[:-lag])[near] + _PROFILE_INTERVAL
    total += _histogram(apart >> _BIN_BITS, interval, width)
    total[0] += _histogram(apart[apart == 0], interval[apart == 0], width)[0, ::-1]
  return total


def style_profile_similarity(reference: notes_lib.Music | Sequence[notes_lib.Music],
                             result: notes_lib.Music | Sequence[notes_lib.Music]) -> dict[str, float]:
  """Cosine of each of `style_profiles` of two pieces (or lists of pieces): dict of floats, 0 where either has none."""
  first, second = style_profiles(reference), style_profiles(result)
  return {name: _cosine(first[name], second[name]) for name in first}


def _cosine(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
  first, second = (np.asarray(x, np.float64).ravel() for x in (first, second))
  norm = np.linalg.norm(first) * np.linalg.norm(second)
  return float(first @ second / norm) if norm else 0.


def style_gain(content: notes_lib.Music, style: notes_lib.Music | Sequence[notes_lib.Music], result: notes_lib.Music) -> dict[str, float]:
  """Style gain by profile: how far the result went from content to style, (s(result) - s(content)) / (1 - s(content)).

  s is the similarity to the style (a piece, or a list of them). Negative: away from it. 0 where the content is there already.
  """
  before, after = style_profile_similarity(style, content), style_profile_similarity(style, result)
  return {name: (after[name] - before[name]) / (1 - before[name]) if before[name] < 1 - 1e-9 else 0. for name in before}


def skyline(music: notes_lib.Music, tolerance_beats: float = HALF_STEP_BEATS) -> notes_lib.Notes:
  """The top note of each onset, as `notes.Notes`; notes less than `tolerance_beats` after an onset's first belong to it."""
  notes = notes_lib.pitched(music)
  tops, group_start = [], -np.inf
  for index, (start, pitch) in enumerate(zip(notes.start.tolist(), notes.pitch.tolist(), strict=True)):
    if start - group_start > tolerance_beats - 1e-6:
      group_start = start
      tops.append(index)
    elif pitch > notes.pitch[tops[-1]]:
      tops[-1] = index
  return notes.select(np.array(tops, np.int64))


def skyline_kept(content: notes_lib.Music, result: notes_lib.Music, tolerance_beats: float = HALF_STEP_BEATS) -> float:
  """Share of the content's skyline notes that the result has: same pitch, onset within half a sixteenth; 1 if the content has none."""
  top, other = skyline(content, tolerance_beats), notes_lib.pitched(result)
  if not len(top):
    return 1.
  # One key orders notes by pitch and then by time; pitches lie too far apart to be confused.
  apart = max(top.start.max(), other.start.max(initial=0.)) + 1.
  keys = np.concatenate([[-np.inf], np.sort(other.pitch * apart * 2 + other.start), [np.inf]])
  wanted = top.pitch * apart * 2 + top.start
  place = np.searchsorted(keys, wanted)
  nearest = np.minimum(wanted - keys[place - 1], keys[place] - wanted)
  return float((nearest <= tolerance_beats + 1e-6).mean())


def density_ratio(content: notes_lib.Music, result: notes_lib.Music) -> float:
  """Notes of the result for each note of the content (an empty content counts as one note)."""
  return len(notes_lib.pitched(result)) / max(len(notes_lib.pitched(content)), 1)


def key_share(content: notes_lib.Music, result: notes_lib.Music) -> float:
  """Share of the result's notes in the content's estimated key (`tonal.estimate_key`)."""
  return tonal.in_key_share(result, tonal.estimate_key(content))


def one_step_share(music: notes_lib.Music, steps_per_beat: int = 4) -> float:
  """Share of notes that last one grid step or less (nearest); 0 if there are none."""
  notes = notes_lib.pitched(music)
  return float(((notes.end - notes.start) * steps_per_beat < 1.5).mean()) if len(notes) else 0.


@dataclasses.dataclass(frozen=True)
class CommonNotes:
  """The longest run of notes that two pieces share.

  Args:
    length: notes in the run.
    share: of the result's notes, 0 to 1.
    result_start: beats at which it starts in the result.
    style_start: beats at which it starts in the style piece.
  """

  length: int
  share: float
  result_start: float
  style_start: float


def longest_common_notes(result: notes_lib.Music, style: notes_lib.Music, steps_per_beat: int = 4) -> CommonNotes:
  """`CommonNotes`: longest contiguous run with equal pitch intervals and equal onset intervals on the grid, at any pitch and place.

  Args:
    result: NoteSequence or `notes.Notes`; give `notes.of(sequence, notes=added)` to look at the added notes alone.
    style: NoteSequence or Notes.
    steps_per_beat: grid on which onset intervals are compared.
  """
  pieces = [notes_lib.pitched(music) for music in (result, style)]
  if not all(len(piece) for piece in pieces):
    return CommonNotes(0, 0., 0., 0.)
  moves = [np.diff(piece.steps(steps_per_beat)) * 256 + np.diff(piece.pitch) + 128 for piece in pieces]
  intervals, at_result, at_style = common_run.longest(*moves)
  length = intervals + 1 if intervals else 1
  return CommonNotes(length, length / len(pieces[0]), float(pieces[0].start[at_result]), float(pieces[1].start[at_style]))
