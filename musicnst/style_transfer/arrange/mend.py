"""Mends what the rule (`move`) broke: voicings, voice leading, tones beside the chord. A small network reads two bars at a time, in numpy.

The network is bundle `texture-2bar`; see `musicnst.models.texture`. It keeps the figure: notes change their pitch, few go or come, none moves in
time.
"""
import dataclasses
import functools

import numpy as np

from musicnst import bundles
from musicnst.models.texture import network
from musicnst.models.texture import windows
from musicnst.style_transfer.arrange import move

BUNDLE = 'texture-2bar'
KEYS, LOWEST = windows.KEYS, windows.pianoroll.MIN_PITCH
# Windows that are worked on at once.
BATCH = 8
# What is added to the logits of cells that are as the rule left them; chosen on validation windows.
TRUST = 0.5


@functools.cache
def weights(bundle=BUNDLE):
  """{name: float32 array} of the bundle."""
  return {name.split('/')[-1]: np.asarray(value, np.float32) for name, value in bundles.read_weights(bundle).items()}


def logits(inputs, p=None):
  """Inputs `[W, T, windows.DEPTH]` of W windows -> logits float32 `[W, T, 176]`; windows with as many notes go together."""
  p = weights() if p is None else p
  layers = sum(name.startswith('ask') for name in p)
  heads = p['pitch_bias'].shape[1] // layers
  result = np.zeros((*inputs.shape[:2], windows.ROLL), np.float32)
  order = np.argsort((inputs[:, :, :KEYS] > 0).sum((1, 2)), kind='stable')
  for first in range(0, len(order), BATCH):
    rows = order[first:first + BATCH]
    read = inputs[rows].astype(np.float32)
    places, valid = network.notes_of(read[:, :, :KEYS])
    result[rows] = network.logits(p, read, places, valid, layers, heads, np)
  return result


def decided(inputs, found, trust=None, within_key=False):
  """Which cells begin a note, bool `[W, T, 88]`: of each step the likeliest, as many as are expected.

  Args:
    inputs: `[W, T, windows.DEPTH]`. found: of `logits`.
    trust: as TRUST, by default that.
    within_key: no cell comes that lies outside both chord and key; the next likely one comes in its place.
  """
  onset = found[:, :, :KEYS] + (TRUST if trust is None else trust) * (inputs[:, :, :KEYS] > 0)
  seen = onset > network.OFF + .5
  count = np.floor((seen / (1 + np.exp(-onset))).sum(-1) + .5).astype(int)
  if within_key:
    seen &= _in_key(inputs) | (inputs[:, :, :KEYS] > 0)
    onset = np.where(seen, onset, -np.inf)
  rank = np.argsort(np.argsort(-onset, axis=-1, kind='stable'), axis=-1, kind='stable')
  return (rank < count[..., None]) & seen


def _in_key(inputs):
  """bool `[W, T, 88]`: keys in the chord or in the key of each step; all where there is neither."""
  classes = (inputs[:, :, windows.TONES:windows.TONES + 12] > 0) | (inputs[:, :, windows.SCALE:windows.SCALE + 12] > 0)
  classes = classes | ~classes.any(-1, keepdims=True)
  return classes[:, :, (np.arange(KEYS) + LOWEST) % 12]


def alike(inputs, cells):
  """Decided cells `[W, T, 88]`, of bars in which the same begins under the same chords those of the first one."""
  read = np.r_[:KEYS, windows.TUNE:windows.TUNE + KEYS, windows.ROOT:windows.DEPTH]
  result, known = cells.copy(), {}
  for window, after in zip(inputs, result):
    starts = np.flatnonzero(window[:, windows.PLACES])
    for start, stop in zip(starts, [*starts[1:], len(window)]):
      after[start:stop] = known.setdefault(window[start:stop, read].tobytes(), after[start:stop].copy())
  return result


def mend(notes, harmony, tune, bars, styles=()):
  """Moved notes, mended.

  Args:
    notes: move.Moved, times in the content's quarters.
    harmony: the content's Harmony.
    tune: Score of the content's tune.
    bars: list of `meter.Bar`, the content's.
    styles: list of ArrangedPiece that the notes come from; of one the network knows the chords that they were moved from.

  Returns:
    move.Moved: the same notes in their order, some with other pitches, some gone; notes that came last.
  """
  if not len(notes.pitch):
    return notes
  starts = starts_of(bars)
  window = np.searchsorted(starts, notes.start + .03, 'right') - 1
  step = windows.pianoroll.quantize_steps(notes.start - starts[window], windows.STEPS_PER_QUARTER)
  inside = (window >= 0) & (step < windows.STEPS) & (notes.pitch >= LOWEST) & (notes.pitch < LOWEST + KEYS)
  used, place = np.unique(window[inside], return_inverse=True)
  if not len(used):
    return notes
  inputs = _inputs(notes.select(inside), place, starts, used, bars, harmony, tune, styles[0] if len(styles) == 1 else None)
  after = alike(inputs, decided(inputs, logits(inputs), within_key=True))
  return _applied(notes, np.flatnonzero(inside), place, np.clip(step[inside], 0, None), after)


def starts_of(bars):
  """float `[W]`, quarters at which windows begin: at bars, as many of them in each as two bars of four quarters hold; longer bars are divided."""
  length, found = windows.STEPS / windows.STEPS_PER_QUARTER, []
  for bar in bars:
    if not found or bar.end_beat > found[-1] + length + 1e-6:
      found.append(bar.start_beat)
      while bar.end_beat > found[-1] + length + 1e-6:
        found.append(found[-1] + length)
  return np.array(found)


def _inputs(notes, place, starts, used, bars, harmony, tune, style):
  """uint8 `[W, 32, windows.DEPTH]` of the windows `used`; `place` is which of them each note lies in."""
  found, ends = [], np.append(starts[1:], bars[-1].end_beat)
  bar_starts = np.array([bar.start_beat for bar in bars])
  for number, window in enumerate(used):
    first, own = starts[window], notes.select(place == number)
    steps = min(windows.STEPS, int(np.ceil((ends[window] - first) * windows.STEPS_PER_QUARTER - 1e-6)))
    line = _tune(tune, first)
    span = harmony.at(first + np.arange(steps) / windows.STEPS_PER_QUARTER)
    under = windows.Under(harmony.root[span], harmony.bass[span], harmony.tones[span], harmony.scale[span], line[:steps],
                          _places(first, steps, bar_starts, harmony.edges))
    roll = windows.roll_of(own.pitch, np.maximum(own.start - first, 0), np.maximum(own.end - first, 0), windows.STEPS)
    row = windows.read(roll[:steps], under, None if style is None else _source(own, first, under, style))
    found.append(np.pad(row, ((0, windows.STEPS - steps), (0, 0))))
  return np.stack(found)


def _source(notes, first, under, style):
  """uint8 `[T, 24]`, the chords that the notes of a window were moved from (`windows.source_of`), at the steps at which they begin."""
  steps = len(under.root)
  at = np.clip(windows.pianoroll.quantize_steps(notes.start - first, windows.STEPS_PER_QUARTER), 0, steps - 1)
  span, harmony = style.harmony.at(style.onsets[notes.source]), style.harmony
  root, tones, scale = np.full(steps, -1), np.zeros((steps, 12), bool), np.zeros((steps, 12), bool)
  root[at], tones[at], scale[at] = harmony.root[span], harmony.tones[span], harmony.scale[span]
  return windows.source_of(under.root, root, tones, scale)


def _tune(tune, first):
  """uint8 `[32, 176]`: the tune from quarter `first` on; notes that began before are held."""
  near = (tune.start < first + windows.STEPS / windows.STEPS_PER_QUARTER) & (tune.end > first)
  pitch, start, end = tune.pitch[near], tune.start[near] - first, tune.end[near] - first
  roll = windows.roll_of(pitch, start, end, windows.STEPS)
  for key, last in zip(pitch[start < 0] - LOWEST, windows.pianoroll.quantize_steps(end[start < 0], windows.STEPS_PER_QUARTER)):
    if 0 <= key < KEYS:
      roll[:max(last, 0), KEYS + key] |= 1 - roll[:max(last, 0), key]
  return roll


def _places(first, steps, bar_starts, beat_starts):
  """uint8 `[steps, 2]`: whether a bar and whether a beat begins."""
  result = np.zeros((steps, 2), np.uint8)
  for column, starts in enumerate((bar_starts, beat_starts)):
    at = windows.pianoroll.quantize_steps(starts - first, windows.STEPS_PER_QUARTER)
    result[at[(at >= 0) & (at < steps)], column] = 1
  return result


def _applied(notes, which, place, step, after):
  """Moved after the decision: cells that stay keep their notes, a new cell takes the nearest note of its step that lost its own.

  Args:
    notes: Moved. which: int `[K]`, those of them that lie in windows. place, step: int `[K]`, window and step of each.
    after: bool `[W, T, 88]`.
  """
  pitch, keep, added = notes.pitch.copy(), np.ones(len(notes.pitch), bool), []
  groups = {}
  for note, window, at in zip(which.tolist(), place.tolist(), step.tolist()):
    groups.setdefault((window, at), []).append(note)
  for (window, at), members in groups.items():
    wanted = set((np.flatnonzero(after[window, at]) + LOWEST).tolist())
    free = [note for note in members if pitch[note] not in wanted]
    for new in sorted(wanted - {int(pitch[note]) for note in members}):
      if free:
        note = min(free, key=lambda n: abs(int(pitch[n]) - new))
        free.remove(note)
        pitch[note] = new
      else:
        added.append((min(members, key=lambda n: abs(int(notes.pitch[n]) - new)), new))
    keep[free] = False
  kept = dataclasses.replace(notes, pitch=pitch).select(keep)
  if not added:
    return kept
  source, new = (np.array(column) for column in zip(*added))
  extra = dataclasses.replace(notes.select(source), pitch=new, bass=np.zeros(len(new), bool))
  return move.Moved.joined([kept, extra])
