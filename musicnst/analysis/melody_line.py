"""The tune as a line: of the notes that may be the tune, the best succession of single notes, by dynamic programming."""
import numpy as np

from musicnst.analysis import note_features

# A note counts for its log odds of being the tune, within this; below the lowest probability it is no candidate.
STRONGEST, LOWEST = 6.0, 0.03
# How many candidates before a note may be the one before it in the line; beyond, the line goes on from anywhere at no cost.
BACK = 16
# What it costs to leave a note while it sounds (by the share of it that is left), and a semitone of a leap beyond a fifth.
OVERLAP_COST, LEAP_COST, FREE_LEAP = 1.5, 0.06, 7
# What it costs to begin again after so many beats of rest: lone notes between phrases must be worth it.
REST_COST, REST_BEATS = 1.0, 1.5


def best(score, probability, bias=0.0):
  """The line of highest worth.

  Args:
    score: Score of N notes.
    probability: float `[N]`, how likely each note is in the line.
    bias: added to the log odds: above 0 more notes are taken.

  Returns:
    bool `[N]`.
  """
  result = np.zeros(len(score), bool)
  order, chord = note_features.reading_order(score)
  candidates = probability[order] >= LOWEST
  order, chord = order[candidates], chord[candidates]
  if len(order):
    likely = np.clip(probability[order].astype(np.float64), 1e-6, 1 - 1e-6)
    worth = np.clip(np.log(likely / (1 - likely)), -STRONGEST, STRONGEST) + bias
    result[order[_path(worth, score.pitch[order], score.start[order], score.end[order], chord)]] = True
  return result


def _path(worth, pitch, start, end, chord):
  """Indices of the best chain: each note in a later chord than the one before it."""
  count = len(worth)
  total, before = np.zeros(count), np.full(count, -1)
  # The best chain among notes that are too far back to be looked at one by one, and where it ends.
  far, far_end = 0.0, -1
  length = np.maximum(end - start, note_features.SHORTEST_BEATS)
  for i in range(count):
    low = max(0, i - BACK)
    if low and total[low - 1] > far:
      far, far_end = total[low - 1], low - 1
    links = total[low:i] - _cost(pitch[low:i], end[low:i], length[low:i], pitch[i], start[i])
    links = np.where(chord[low:i] < chord[i], links, -np.inf)
    j = int(np.argmax(links)) if i > low else 0
    near = links[j] if i > low else -np.inf
    total[i], before[i] = (near, low + j) if near > far - REST_COST else (far - REST_COST, far_end)
    total[i] += worth[i]
  path, i = [], int(np.argmax(total)) if np.max(total) > 0 else -1
  while i >= 0:
    path.append(i)
    i = before[i]
  return path


def _cost(pitch, end, length, to_pitch, to_start):
  left = np.clip((end - to_start - note_features.CHORD_BEATS) / length, 0, 1)
  rest = REST_COST * (to_start - end > REST_BEATS)
  return rest + OVERLAP_COST * left + LEAP_COST * np.maximum(np.abs(pitch - to_pitch) - FREE_LEAP, 0)
