"""The sustain pedal: that of the style's bars goes with their figures, that of the content's bars goes with its own.

Readers leave notes as long as keys are held, so the pedal is carried over as it is: control changes at the content's beats.
"""
import bisect

import numpy as np

from musicnst import music_proto
from musicnst.reading import sustain

# General MIDI's pianos and their like have a pedal; from this value on it is down.
KEYBOARDS, DOWN = range(8), 64
# Between stretches of the style that do not follow each other the pedal comes up so long (quarters) before the second; shorter ones go.
LIFT, SHORTEST = 1 / 16, 1 / 8


def of(content, taken, changing, removed, added, styles):
  """(tuple of int, list of ControlChange): the content's control changes that go, and those that come.

  Args:
    content: ArrangedPiece.
    taken: list of `result.Taken` with their beats.
    changing: bool `[M]`, bars that change.
    removed: Note protos that go. added: Note protos that come.
    styles: list of ArrangedPiece, as `Taken.number` counts them.
  """
  players = {note.instrument: note.program for note in added}
  own = {note.instrument: note.program for note in removed}
  runs = _runs(content, changing)
  gone, come = _without(content, runs, {**own, **players})
  spans = _spans(taken, [_held(style) for style in styles])
  for instrument, program in players.items():
    if program in KEYBOARDS:
      for down, up in spans:
        come += [_change(content, down, 127, instrument, program), _change(content, up, 0, instrument, program)]
  return tuple(gone), sorted(come, key=lambda change: change.time)


def _held(style):
  """float `[K, 2]`: from which to which quarter the pedal is down in a piece, on the instrument around the tune that uses it most."""
  around = set(style.score.instrument[style.around].tolist())
  events = [change for change in style.sequence.control_changes if change.control_number == sustain.PEDAL and change.instrument in around]
  if not events:
    return np.zeros((0, 2))
  used = np.bincount([change.instrument for change in events]).argmax()
  events = [(float(style.beat_map.to_beats(c.time)), c.control_value >= DOWN) for c in events if c.instrument == used]
  return _stretches(events, style.score.end_beat)


def _stretches(events, end):
  """[(beat, whether down)] -> float `[K, 2]`, the stretches in which it is down."""
  found, since = [], None
  for beat, down in sorted(events, key=lambda event: event[0]):
    if down and since is None:
      since = beat
    elif not down and since is not None:
      found.append((since, beat))
      since = None
  return np.array(found + ([(since, end)] if since is not None and end > since else [])).reshape(-1, 2)


def _spans(taken, held):
  """[(from, to)] in the content's quarters: the pedal of the beats that were taken; where these do not follow each other it comes up."""
  found, before = [], None  # of each span: from, to; `before`: number of the style, its beat's end, the content's
  for one in taken:
    for ours, until, theirs, theirs_until in one.beats:
      follows = before is not None and before[0] == one.number and abs(before[1] - theirs) < 1e-6 and abs(before[2] - ours) < 1e-6
      if not follows and found and ours - found[-1][1] < LIFT:
        found[-1][1] = ours - LIFT
      scale = (until - ours) / (theirs_until - theirs)
      spans = held[one.number]
      for down, up in spans[np.searchsorted(spans[:, 1], theirs, 'right'):np.searchsorted(spans[:, 0], theirs_until)].tolist():
        first, last = ours + (max(down, theirs) - theirs) * scale, ours + (min(up, theirs_until) - theirs) * scale
        if follows and found and down < theirs and abs(found[-1][1] - ours) < 1e-6:
          found[-1][1] = last
        else:
          found.append([first, last])
      before = one.number, theirs_until, until
  return [(first, last) for first, last in found if last - first >= SHORTEST]


def _runs(content, changing):
  """[(from, to)] in quarters: stretches of bars that change."""
  bars, edges = content.score.bars, np.flatnonzero(np.diff(np.concatenate([[0], changing.astype(int), [0]])))
  return [(bars[first].start_beat, bars[last - 1].end_beat) for first, last in edges.reshape(-1, 2).tolist()]


def _without(content, runs, programs):
  """(list of int, list of ControlChange): the content's pedal inside the runs goes; before, it comes up; after, it is as it was."""
  gone, come, by_instrument = [], [], {}
  for i, change in enumerate(content.sequence.control_changes):
    if change.control_number == sustain.PEDAL and change.instrument in programs:
      by_instrument.setdefault(change.instrument, []).append((float(content.beat_map.to_beats(change.time)), i, change.control_value))
  for instrument, events in by_instrument.items():
    events.sort()
    for first, last in runs:
      gone += [i for at, i, _ in events if first - 1e-6 <= at < last - 1e-6]
      if _value(events, first) >= DOWN:
        come.append(_change(content, first, 0, instrument, programs[instrument]))
      if _value(events, last) >= DOWN and last < content.score.end_beat - 1e-6:
        come.append(_change(content, last, _value(events, last), instrument, programs[instrument]))
  return gone, come


def _value(events, beat):
  """The pedal's value before a beat, of events (beat, index, value) in order."""
  before = bisect.bisect_left(events, (beat - 1e-6,))
  return events[before - 1][2] if before else 0


def _change(content, beat, value, instrument, program):
  return music_proto.NoteSequence.ControlChange(
      time=max(float(content.beat_map.to_seconds(beat)), 0.0), control_number=sustain.PEDAL, control_value=value, instrument=instrument,
      program=program)
