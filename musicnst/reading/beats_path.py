"""The inner loops of `beats.track`: the best path through (event, period bin), compiled."""
import numpy as np

from musicnst.reading import compiled

_NEVER = -1e18


@compiled.compiled
def _worth(distance, width):
  return np.exp(-0.5 * (distance / width) ** 2)


@compiled.compiled
def _between(times, weights, i, j, period, half, sixteenth, triplet, width):
  """What the events between two beats, events i and j, are worth at this period."""
  total = 0.0
  for e in range(i + 1, j):
    phase = (times[e] - times[i]) / period
    phase -= np.floor(phase)
    worth = _worth(min(phase, 1 - phase), width)
    worth = max(worth, half * _worth(abs(phase - 0.5), width))
    worth = max(worth, sixteenth * _worth(min(abs(phase - 0.25), abs(phase - 0.75)), width))
    worth = max(worth, triplet * _worth(min(abs(phase - 1 / 3), abs(phase - 2 / 3)), width))
    total += weights[e] * worth
  return total


@compiled.compiled
def _best_before(scores, exact, most_change, price):
  """(score, bin) of the best bin of an earlier event for a period at the fractional bin `exact`."""
  centre = int(exact + 0.5)
  best, chosen = _NEVER, 0
  for b in range(max(0, centre - most_change), min(len(scores), centre + most_change + 1)):
    value = scores[b] - price * (b - exact) ** 2
    if value > best:
      best, chosen = value, b
  return best, chosen


@compiled.compiled
def _over_a_silence(times, weights, i, j, fastest, per_octave, price, scores, previous, before, gaps):
  """From i to j where no onset lies between and the gap is longer than missing beats may be: every period goes on."""
  for b in range(scores.shape[1]):
    beats = max(1, int((times[j] - times[i]) / (fastest * 2.0 ** (b / per_octave)) + 0.5))
    value = scores[i, b] + weights[j] - price
    if value > scores[j, b]:
      scores[j, b], previous[j, b], before[j, b], gaps[j, b] = value, i, b, beats


@compiled.compiled
def _forward(times, weights, prices, settings, scores, previous, before, gaps):
  """Fills the tables `[M, bins]`, event by event."""
  (fastest, per_octave, missing_price, change_price, most_change, most_missing, half, sixteenth, triplet, width_beats, width_secs,
   edge, edge_price, gap_price) = settings
  bins = len(prices)
  slowest = fastest * 2.0 ** ((bins - 1) / per_octave)
  for j in range(len(times)):
    if times[j] - times[0] <= edge or j < 4:
      scores[j, :] = weights[j] - edge_price * (times[j] - times[0])
    for i in range(j - 1, -1, -1):
      distance = times[j] - times[i]
      if distance > most_missing * slowest:
        if i == j - 1:
          _over_a_silence(times, weights, i, j, fastest, per_octave, gap_price, scores, previous, before, gaps)
        break
      for gap in range(1, most_missing + 1):
        period = distance / gap
        if period < 0.98 * fastest:
          break
        if period > 1.02 * slowest:
          continue
        exact = np.log2(period / fastest) * per_octave
        bin_ = min(max(int(exact + 0.5), 0), bins - 1)
        value, chosen = _best_before(scores[i], exact, most_change, change_price)
        if value <= _NEVER / 2:
          continue
        width = max(width_beats, width_secs / period)
        value += weights[j] - prices[bin_] * gap - missing_price * (gap - 1)
        value += _between(times, weights, i, j, period, half, sixteenth, triplet, width)
        if value > scores[j, bin_]:
          scores[j, bin_], previous[j, bin_], before[j, bin_], gaps[j, bin_] = value, i, chosen, gap


@compiled.compiled
def _backward(times, scores, previous, before, gaps, edge, edge_price):
  """Follows the best path from its end: (events, beats between each and the one before), in order."""
  count = len(times)
  best, j, b = _NEVER, count - 1, 0
  for e in range(count - 1, -1, -1):
    if times[count - 1] - times[e] > edge and e < count - 4:
      break
    for c in range(scores.shape[1]):
      value = scores[e, c] - edge_price * (times[count - 1] - times[e])
      if value > best:
        best, j, b = value, e, c
  events, steps, length = np.empty(count, np.int64), np.empty(count, np.int64), 0
  while j >= 0:
    events[length], steps[length] = j, gaps[j, b]
    length += 1
    j, b = previous[j, b], before[j, b]
  return events[:length][::-1], steps[:length][::-1]


def best(times, weights, prices, settings):
  """The best path.

  Args:
    times: float64 `[M]`, increasing seconds of events.
    weights: float64 `[M]`.
    prices: float64 `[bins]`, what a beat of each period costs.
    settings: tuple of the constants of `beats`, in the order of `_forward`.

  Returns:
    (int64 `[L]` events that are beats, int64 `[L]` how many beats each lies after the one before).
  """
  shape = len(times), len(prices)
  scores = np.full(shape, _NEVER)
  previous, before, gaps = np.full(shape, -1, np.int32), np.zeros(shape, np.int16), np.zeros(shape, np.int32)
  _forward(times, weights, prices, settings, scores, previous, before, gaps)
  return _backward(times, scores, previous, before, gaps, settings[11], settings[12])
