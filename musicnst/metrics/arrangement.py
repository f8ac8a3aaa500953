"""Measures of an arrangement: what of tune, chords and form stayed, whether it repeats and moves as music does, and what no player would play.

All read `analysis.score.Score`s of pitched notes on one clock, in quarters. The accompaniment of a result is what is not the content's tune.
"""
import collections
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from musicnst.analysis import score as score_lib
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer
from musicnst.reading import meter

Profiles = Mapping[str, np.ndarray]

# Two notes are one where pitch is equal and onsets lie at most so many quarters apart.
SAME_ONSET = .06
# Onsets are compared at so many places a quarter, in bars of up to so many of them.
PLACES, LONGEST_BAR = 4, 32
# Bars are equal at so many places a quarter: sixteenths and triplets.
FINE_PLACES = 12
# Registers for the repetition of figures, in semitones.
REGISTER = 12
# Semitones that rub, and how long two notes must sound together to be heard so, in quarters.
RUBS, TOUCH = (1, 11), .13
# Below C3 two notes that begin together and lie nearer than a fourth are mud.
LOW, CLOSE_BELOW = 48, 5
# What two hands can hold: notes at once, and semitones of each hand (a tenth).
HAND_NOTES, HAND_SPAN = 5, 16


def found_in(notes: score_lib.Score, other: score_lib.Score) -> np.ndarray:
  """bool `[N]`: the notes of a Score that another one has too, at the same pitch and onset; each of the other's counts once."""
  result = np.zeros(len(notes), bool)
  free: dict[int, collections.deque[float]] = {}
  for pitch, start in sorted(zip(other.pitch.tolist(), other.start.tolist())):
    free.setdefault(pitch, collections.deque()).append(start)
  for i in np.argsort(notes.start, kind='stable'):
    near = free.get(int(notes.pitch[i]))
    while near and near[0] < notes.start[i] - SAME_ONSET:
      near.popleft()
    if near and near[0] <= notes.start[i] + SAME_ONSET:
      result[i] = True
      near.popleft()
  return result


def tune_kept(content: score_lib.Score, tune: np.ndarray, result: score_lib.Score) -> float:
  """Share of the tune's notes (bool `[N]` of the content) that the result has; 1 of a content without a tune."""
  line = content.select(tune)
  return float(found_in(line, result).mean()) if len(line) else 1.0


def accompaniment(result: score_lib.Score, content: score_lib.Score, tune: np.ndarray) -> score_lib.Score:
  """The Score of a result's notes that are not the content's tune."""
  return result.select(~found_in(result, content.select(tune)))


def chords_kept(
    roots: np.ndarray, minor: np.ndarray, known: np.ndarray, after_roots: np.ndarray, after_minor: np.ndarray, weights: np.ndarray) -> float:
  """Share of the time (weights `[B]`) with the same root and the same third, of spans where the content has a chord.

  Args:
    roots, after_roots: int `[B]`. minor, after_minor: bool `[B]`, a minor third. known: bool `[B]`.
    weights: float `[B]`, lengths of the spans.
  """
  same = (roots == after_roots) & (minor == after_minor)
  total = float(weights[known].sum())
  return float(weights[known & same].sum()) / total if total else 1.0


def chord_tone_share(notes: score_lib.Score, spans: np.ndarray, tones: np.ndarray) -> float:
  """Share of a Score's onsets that are tones of the chord they begin in, among those under a chord.

  Args:
    spans: int `[N]`, the span that each note begins in. tones: bool `[B, 12]`.
  """
  under = tones[spans].any(1)
  return float(tones[spans, notes.pitch % 12][under].mean()) if under.any() else 1.0


def bass_is_root(notes: score_lib.Score, edges: np.ndarray, roots: np.ndarray) -> float:
  """Share of spans `[B]` with notes and a root (int, -1 for none) in which the lowest note that begins or sounds is the root."""
  lowest = np.full(len(roots), 1000)
  first, last = np.searchsorted(edges, notes.start + .03, 'right') - 1, np.searchsorted(edges, notes.end - .03, 'left')
  for pitch, low, high in zip(notes.pitch, np.maximum(first, 0), np.minimum(last, len(roots))):
    lowest[low:high] = np.minimum(lowest[low:high], pitch)
  known = (lowest < 1000) & (roots >= 0)
  return float((lowest[known] % 12 == roots[known]).mean()) if known.any() else 1.0


def bar_onsets(notes: score_lib.Score, bars: Sequence[meter.Bar], registers: bool = False) -> np.ndarray:
  """float `[M, D]`: whether something begins at each place of each bar; with `registers`, how much in each octave."""
  starts = np.array([bar.start_beat for bar in bars])
  bar = np.clip(np.searchsorted(starts, notes.start + SAME_ONSET, 'right') - 1, 0, len(bars) - 1)
  place = np.clip(np.floor((notes.start - starts[bar]) * PLACES + .5).astype(int), 0, LONGEST_BAR - 1)
  result = np.zeros((len(bars), LONGEST_BAR, 128 // REGISTER + 1))
  np.add.at(result, (bar, place, notes.pitch // REGISTER), 1)
  return result.reshape(len(bars), -1) if registers else (result.sum(2) > 0).astype(float)


def repetition(notes: score_lib.Score, bars: Sequence[meter.Bar], back: int = 4) -> float:
  """Mean over bars with notes of the highest cosine with one of the `back` bars before, of onsets by place and register."""
  rows = bar_onsets(notes, bars, registers=True)
  norm = np.linalg.norm(rows, axis=1)
  found = []
  for i in range(1, len(rows)):
    if norm[i]:
      before = range(max(0, i - back), i)
      found.append(max((rows[i] @ rows[j] / (norm[i] * norm[j]) if norm[j] else 0.0) for j in before))
  return float(np.mean(found)) if found else 0.0


def groove_similarity(notes: score_lib.Score, bars: Sequence[meter.Bar]) -> float:
  """1 - the mean share of a bar's places at which two neighbouring bars differ in whether something begins (Wu and Yang, 2020)."""
  rows = bar_onsets(notes, bars)[:, :4 * PLACES]
  return float(1 - np.abs(np.diff(rows, axis=0)).mean()) if len(rows) > 1 else 1.0


def bar_similarity(notes: score_lib.Score, bars: Sequence[meter.Bar], lag: int) -> float:
  """Mean Jaccard index of onsets and pitches of bars `lag` apart; 0 where there are none."""
  starts = np.array([bar.start_beat for bar in bars])
  bar = np.clip(np.searchsorted(starts, notes.start + SAME_ONSET, 'right') - 1, 0, len(bars) - 1)
  place = np.floor((notes.start - starts[bar]) * PLACES + .5).astype(int)
  sets: list[set[tuple[int, int]]] = [set() for _ in bars]
  for number, where, pitch in zip(bar.tolist(), place.tolist(), notes.pitch.tolist()):
    sets[number].add((where, pitch))
  pairs = [(a, b) for a, b in zip(sets, sets[lag:]) if a or b]
  return float(np.mean([len(a & b) / len(a | b) for a, b in pairs])) if pairs else 0.0


def form_kept(groups: np.ndarray, result: score_lib.Score, bars: Sequence[meter.Bar]) -> float:
  """Share of the groups of equal bars (int `[M]`, equal numbers for equal bars) whose bars are equal in the result; 1 without any.

  Bars are equal with the same pitches at the same places.
  """
  starts = np.array([bar.start_beat for bar in bars])
  bar = np.clip(np.searchsorted(starts, result.start + SAME_ONSET, 'right') - 1, 0, len(bars) - 1)
  place = np.floor((result.start - starts[bar]) * FINE_PLACES + .5 + 1e-3).astype(int)
  keys = [frozenset(zip(place[bar == i].tolist(), result.pitch[bar == i].tolist())) for i in range(len(bars))]
  repeated = [np.flatnonzero(groups == g) for g in np.unique(groups)]
  repeated = [members for members in repeated if len(members) > 1]
  same = [len({keys[i] for i in members}) == 1 for members in repeated]
  return float(np.mean(same)) if same else 1.0


def rubbing(notes: score_lib.Score, others: score_lib.Score) -> np.ndarray:
  """bool `[N]`: the notes that lie a semitone, a major seventh or a minor ninth (in any octave) from another that sounds with them."""
  result = np.zeros(len(notes), bool)
  order = np.argsort(others.start, kind='stable')
  start, end, pitch = others.start[order], others.end[order], others.pitch[order]
  longest = float((end - start).max()) if len(start) else 0.0
  first, last = np.searchsorted(start, notes.start - longest), np.searchsorted(start, notes.end)
  for i in range(len(notes)):
    near = slice(first[i], last[i])
    together = np.minimum(end[near], notes.end[i]) - np.maximum(start[near], notes.start[i]) > TOUCH
    distance = np.abs(pitch[near] - notes.pitch[i]) % 12
    result[i] = bool((together & ((distance == RUBS[0]) | (distance == RUBS[1]))).any())
  return result


def wrong_share(notes: score_lib.Score, spans: np.ndarray, tones: np.ndarray, scale: np.ndarray) -> float:
  """Share of notes that belong neither to the chord (bool `[B, 12]`) nor to the key (bool `[B, 12]`) of the span they begin in (int `[N]`)."""
  if not len(notes):
    return 0.0
  pc = notes.pitch % 12
  return float((~tones[spans, pc] & ~scale[spans, pc]).mean())


def low_intervals(notes: score_lib.Score) -> float:
  """Notes that begin with another one below C3 nearer than a fourth under it, for each note of the Score below C3; 0 without any."""
  order = np.lexsort((notes.pitch, np.round(notes.start * 12)))
  start, pitch = notes.start[order], notes.pitch[order]
  below = (pitch < LOW).sum()
  near = (np.abs(np.diff(start)) < SAME_ONSET) & (pitch[1:] < LOW) & (np.diff(pitch) > 0) & (np.diff(pitch) < CLOSE_BELOW)
  return float(near.sum() / below) if below else 0.0


def outside(notes: score_lib.Score, content: score_lib.Score) -> int:
  """How many notes begin before the content's first onset or sound after its last end."""
  if not len(content):
    return len(notes)
  first, last = content.start.min() - SAME_ONSET, content.end.max() + SAME_ONSET
  return int(((notes.start < first) | (notes.end > last)).sum())


def unplayable(notes: score_lib.Score) -> float:
  """Share of the moments where something begins at which two hands of five fingers and a tenth each cannot strike all of it."""
  moments: dict[int, set[int]] = {}
  for start, pitch in zip(np.round(notes.start * 24).astype(int).tolist(), notes.pitch.tolist()):
    moments.setdefault(start, set()).add(pitch)
  return float(np.mean([not _two_hands(sorted(chord)) for chord in moments.values()])) if moments else 0.0


def _two_hands(chord: Sequence[int]) -> bool:
  """Whether sorted pitches fall into a lower and an upper hand."""
  fits = lambda part: len(part) <= HAND_NOTES and (not part or part[-1] - part[0] <= HAND_SPAN)
  return any(fits(chord[:cut]) and fits(chord[cut:]) for cut in range(len(chord) + 1))


def profiles(notes: score_lib.Score) -> Profiles:
  """{name: vector of length 1}: time-pitch and onset-duration (Groove2Groove), and onsets by place in the bar and octave."""
  found = transfer.style_profiles(_as_notes(notes))
  place = np.floor(notes.start * PLACES + .5).astype(int) % 16
  rows = np.zeros((16, 11))
  np.add.at(rows, (place, np.clip(notes.pitch // 12, 0, 10)), 1)
  norm = np.linalg.norm(rows)
  return {'time_pitch': found['time_pitch'].ravel(), 'onset_duration': found['onset_duration'].ravel(),
          'onset_register': rows.ravel() / norm if norm else rows.ravel()}


def similarity(first: Profiles, second: Profiles) -> float:
  """Mean over profiles (of `profiles`) of their cosines."""
  return float(np.mean([_cosine(first[name], second[name]) for name in first]))


def identified(result: Profiles, candidates: Sequence[Profiles], true: int) -> int:
  """Rank of a style piece among candidates, 1 for the nearest: by the similarity of profiles of the result's accompaniment and theirs.

  Args:
    result: of `profiles`. candidates: list of the same. true: which of them it was made with.
  """
  values = np.array([similarity(result, candidate) for candidate in candidates])
  return int((values > values[true]).sum()) + 1


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
  norm = np.linalg.norm(a) * np.linalg.norm(b)
  return float(a @ b / norm) if norm else 0.0


def _as_notes(score: score_lib.Score) -> notes_lib.Notes:
  return notes_lib.Notes(score.pitch, score.velocity, score.start, score.end, score.is_drum)
