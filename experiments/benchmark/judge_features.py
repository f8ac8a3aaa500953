"""Hand-made features of a stretch of roll, all of them shares and ratios, so that how many notes there are decides nothing."""
import numpy as np

from musicnst.metrics import tonal
from musicnst.representations import pianoroll

# Upper edges of the classes of lengths and of distances between onsets, in steps.
_LENGTHS, _DISTANCES = (1, 2, 3, 4, 6, 8, 12, 16), (1, 2, 3, 4, 6, 8, 16)
_LAGS = (*range(1, 9), 12, 16)
_MOST_TOGETHER, _WIDEST_LEAP, _BAND, _BAR = 6, 12, 7, 16
_MAJOR = tonal.scale_mask(0)


def texture(roll):
  """roll `[T, 2, 88]` -> float64 `[F]`: metre, lengths, chords, melody, bass, harmony, register and repetition.

  At least one note must begin in it.
  """
  pitches, starts, ends = pianoroll.decode_notes(roll)
  onsets, frames = roll[:, 0] > 0, sounding(roll, ends, starts, pitches)
  together = onsets.sum(1)
  played = np.flatnonzero(together)
  return np.concatenate([
      phase(roll), _classes(ends - starts, _LENGTHS), _classes(np.diff(played), _DISTANCES),
      _shares(np.minimum(together[played], _MOST_TOGETHER) - 1, _MOST_TOGETHER),
      _intervals(frames, played), _leaps(_outer(onsets, played, top=True)), _leaps(_outer(onsets, played, top=False)),
      _harmony(frames), _register(pitches), _spread(frames, onsets), _autocorrelation(together), _repetition(onsets, frames)])


def phase(roll):
  """roll `[T, 2, 88]` -> float64 `[20]`: shares of the onsets by sixteenth of the quarter and of 16 sixteenths."""
  counts = (roll[:, 0] > 0).sum(1)
  steps = np.arange(len(counts))
  return np.concatenate([_normal(np.bincount(steps % size, weights=counts, minlength=size)) for size in (4, 16)])


def sounding(roll, ends, starts, pitches):
  """bool `[T, 88]`: the notes that begin here, without what is held on from before."""
  frames = np.zeros((len(roll) + 1, roll.shape[2]), np.int64)
  np.add.at(frames, (starts, pitches - pianoroll.MIN_PITCH), 1)
  np.add.at(frames, (ends, pitches - pianoroll.MIN_PITCH), -1)
  return np.cumsum(frames, 0)[:-1] > 0


def _normal(counts):
  return counts / max(counts.sum(), 1e-9)


def _shares(values, size):
  return _normal(np.bincount(values, minlength=size).astype(float))


def _classes(values, edges):
  """Shares of whole numbers from 1 on by class."""
  return _shares(np.searchsorted(edges, values), len(edges) + 1)


def _intervals(frames, played):
  """Shares of the pairs that sound together where something begins, by semitones from 1 to 24 and 12 folded ones."""
  now = frames[played].astype(float)
  counts = np.array([(now[:, i:] * now[:, :-i]).sum() for i in range(1, 25)])
  return np.concatenate([_normal(counts), _normal(np.bincount(np.arange(1, 25) % 12, weights=counts, minlength=12))])


def _outer(onsets, played, top):
  """Highest (or lowest) key that begins at each step where something does."""
  return np.array([np.flatnonzero(onsets[t])[-1 if top else 0] for t in played])


def _leaps(keys):
  """Shares of the moves from one to the next, -12 to 12 semitones."""
  return _shares(np.clip(np.diff(keys), -_WIDEST_LEAP, _WIDEST_LEAP) + _WIDEST_LEAP, 2 * _WIDEST_LEAP + 1)


def _harmony(frames):
  """Pitch classes: similarity with their own transpositions, entropy, share in the best major scale; number of them in a half bar."""
  folded = np.zeros((len(frames), 12))
  for key in range(frames.shape[1]):
    folded[:, (key + pianoroll.MIN_PITCH) % 12] += frames[:, key]
  total = _normal(folded.sum(0))
  similar = [float(total @ np.roll(total, shift)) / max(float(total @ total), 1e-9) for shift in range(1, 7)]
  entropy = -float((total[total > 0] * np.log2(total[total > 0])).sum())
  in_scale = max(float(total[np.roll(_MAJOR, shift)].sum()) for shift in range(12))
  halves = folded[:len(folded) // 8 * 8].reshape(-1, 8, 12).any(1).sum(1)
  halves = halves[halves > 0]
  return np.array([*similar, entropy, in_scale, halves.mean() if len(halves) else 0.0])


def _register(pitches):
  """Shares of the notes by band of seven semitones; mean and deviation in octaves."""
  keys = pitches - pianoroll.MIN_PITCH
  return np.concatenate([_shares(keys // _BAND, -(-pianoroll.NUM_PITCHES // _BAND)), [keys.mean() / 12, keys.std() / 12]])


def _spread(frames, onsets):
  """How uneven polyphony and attack are, how long notes are held (logarithm), and what share of the time nothing sounds."""
  polyphony, attack = frames.sum(1).astype(float), onsets.sum(1).astype(float)
  uneven = [x.std() / max(x.mean(), 1e-9) for x in (polyphony, attack)]
  return np.array([*uneven, np.log(max(polyphony.sum(), 1.0) / max(attack.sum(), 1.0)), (polyphony == 0).mean()])


def _autocorrelation(together):
  """Of the number of onsets by step, at some lags; 0 where it does not vary."""
  centred = together - together.mean()
  power = float(centred @ centred)
  return np.array([float(centred[lag:] @ centred[:-lag]) / power if power > 1e-9 else 0.0 for lag in _LAGS])


def _repetition(onsets, frames):
  """Mean cosine between a bar and the one one or two bars later: of the rhythm, of the keys that sound."""
  bars = len(onsets) // _BAR
  rhythm = onsets[:bars * _BAR].sum(1).reshape(bars, -1).astype(float)
  keys = frames[:bars * _BAR].reshape(bars, _BAR, -1).sum(1).astype(float)
  return np.array([_mean_cosine(rows[lag:], rows[:-lag]) for rows in (rhythm, keys) for lag in (1, 2)])


def _mean_cosine(first, second):
  norm = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
  both = norm > 1e-9
  return float(((first * second).sum(1)[both] / norm[both]).mean()) if both.any() else 0.0
