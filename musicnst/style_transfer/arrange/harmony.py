"""Chords and scales of a piece, as `arrange` asks for them: at a time, the root, which pitch classes belong to the chord, and to the key."""
import dataclasses
import functools

import numpy as np

from musicnst.analysis import chords as chords_lib
from musicnst.analysis import key as key_lib
from musicnst.metrics import tonal


@dataclasses.dataclass(frozen=True, eq=False)
class Harmony:
  """B spans of one chord each, without gaps.

  Args:
    edges: float `[B + 1]`, quarters at which spans begin, and the end.
    root: int `[B]`, pitch class, -1 where nothing says a chord.
    tones: bool `[B, 12]`, pitch classes of the chord; all False where there is none.
    bass: int `[B]`, pitch class, -1 where there is no chord.
    scale: bool `[B, 12]`, pitch classes of the local key.
    quality: int `[B]`, index into `qualities.QUALITIES`, -1 where there is no chord; None where it is not known.
  """

  edges: np.ndarray
  root: np.ndarray
  tones: np.ndarray
  bass: np.ndarray
  scale: np.ndarray
  quality: np.ndarray | None = None

  def at(self, times):
    """int: the span that each of the times (quarters) lies in."""
    return np.clip(np.searchsorted(self.edges, np.asarray(times) + 1e-6, 'right') - 1, 0, len(self.root) - 1)

  def next_change(self, time, span=None):
    """The quarter at which another chord begins after `time`; infinity after the last."""
    later = self._other[int(self.at(time)) if span is None else span]
    return float(self.edges[later]) if later < len(self.root) else np.inf

  @functools.cached_property
  def _other(self):
    """int `[B]`: the next span with another chord; B where there is none."""
    count = len(self.root)
    differs = np.append((self.root[1:] != self.root[:-1]) | (self.tones[1:] != self.tones[:-1]).any(1), True)
    ends = np.where(differs, np.arange(1, count + 1), count)
    return np.minimum.accumulate(ends[::-1])[::-1]


# Chord qualities of the template recognizer: semitones over the root, and what a rare one costs.
TEMPLATES = (
    ((0, 4, 7), 0.0), ((0, 3, 7), 0.0), ((0, 4, 7, 10), .02), ((0, 4, 7, 11), .03), ((0, 3, 7, 10), .03), ((0, 3, 6), .05), ((0, 3, 6, 10), .05),
    ((0, 4, 8), .08), ((0, 5, 7), .06))
BASS_BONUS, CHANGE_PRICE, DURATION_POWER = .12, .18, .7


def by_templates(score, edges):
  """Harmony of fixed spans by cosine with templates, Viterbi with one price for a change.

  Args:
    score: Score of pitched notes.
    edges: float `[B + 1]`.
  """
  chroma, bass = chroma_of(score, edges), bass_of(score, edges)
  shapes = [(root, [(root + t) % 12 for t in tones], price) for root in range(12) for tones, price in TEMPLATES]
  masks = np.zeros((len(shapes), 12))
  for i, (_, pcs, _) in enumerate(shapes):
    masks[i, pcs] = 1
  norm = lambda x: x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)
  fit = norm(chroma) @ norm(masks).T - np.array([price for _, _, price in shapes])
  roots = np.array([root for root, _, _ in shapes])
  fit += BASS_BONUS * (bass[:, None] == roots[None])
  path = _viterbi(fit, CHANGE_PRICE)
  empty = chroma.sum(1) == 0
  root = np.where(empty, -1, roots[path])
  return Harmony(np.asarray(edges, float), root, (masks[path] > 0) & ~empty[:, None], root, scales(chroma))


def chroma_of(score, edges):
  """float `[B, 12]`: how long each pitch class sounds in each span, each note's share to the power `DURATION_POWER`."""
  result = np.zeros((len(edges) - 1, 12))
  low, high = np.searchsorted(edges, score.start, 'right') - 1, np.searchsorted(edges, score.end, 'left')
  for pitch, start, end, first, last in zip(score.pitch % 12, score.start, score.end, low, high):
    for span in range(max(first, 0), min(last, len(result))):
      sounding = min(end, edges[span + 1]) - max(start, edges[span])
      if sounding > 0:
        result[span, pitch] += sounding ** DURATION_POWER
  return result


def bass_of(score, edges):
  """int `[B]`: pitch class of the lowest note that sounds in each span, -1 for none."""
  lowest = np.full(len(edges) - 1, 1000)
  low, high = np.searchsorted(edges, score.start, 'right') - 1, np.searchsorted(edges, score.end, 'left')
  for pitch, first, last in zip(score.pitch, low, high):
    lowest[max(first, 0):min(last, len(lowest))] = np.minimum(lowest[max(first, 0):min(last, len(lowest))], pitch)
  return np.where(lowest < 1000, lowest % 12, -1)


def scales(chroma, span=16):
  """bool `[B, 12]`: the local key's pitch classes, the key found over `span` spans around each, the whole piece having a say."""
  running = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, 0)])
  whole, count = key_lib.key_scores(running[-1]), len(chroma)
  result = np.zeros((count, 12), bool)
  for i in range(count):
    near = running[min(i + span, count)] - running[max(i - span, 0)]
    result[i] = tonal.scale_mask(int(np.argmax(key_lib.key_scores(near) + .5 * whole)))
  return result


def _viterbi(fit, price):
  """int `[B]`: the states with the largest sum of `fit` `[B, S]`, each change of state costing `price`."""
  best, back = fit[0].copy(), np.zeros(fit.shape, int)
  for i in range(1, len(fit)):
    top = int(np.argmax(best))
    stay = best >= best[top] - price
    back[i] = np.where(stay, np.arange(fit.shape[1]), top)
    best = np.where(stay, best, best[top] - price) + fit[i]
  path = [int(np.argmax(best))]
  for i in range(len(fit) - 1, 0, -1):
    path.append(int(back[i, path[-1]]))
  return np.array(path[::-1])


def of(score):
  """Harmony of a Score, beat by beat (`analysis.chords`, `analysis.key`)."""
  found = chords_lib.of(score)
  keys = key_lib.of(score, found)
  scale = keys.scales()[np.minimum(found.grid.bar, len(keys.bars) - 1)]
  return Harmony(found.grid.edges, found.root, found.tones, found.bass, scale, found.quality)


def half_bars(score):
  """float `[B + 1]`: edges of half bars of an even number of beats, of beats of other meters."""
  edges = []
  for bar in score.bars:
    step = _span(bar)
    edges += [bar.start_beat + k * step for k in range(max(1, round((bar.end_beat - bar.start_beat) / step)))]
  return np.array([*edges, score.end_beat])


def _span(bar):
  length = bar.end_beat - bar.start_beat
  return length / 2 if bar.numerator % 2 == 0 and length > 1 else min(length, 1.5 if bar.denominator == 8 else length)

