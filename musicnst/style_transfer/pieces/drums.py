"""What becomes of the drums: kept as they are, dropped, or taken from the style piece, in the order in which its bars were taken."""
import dataclasses
from typing import Any

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter
from musicnst.reading import musical_time

LEAST_BEATS = 1 / 32
# Onsets this little before a beat (quarters) belong to it.
EARLY = 1 / 24


@dataclasses.dataclass(frozen=True, eq=False)
class Drums:
  """A style piece that is drums alone: what is asked of a prepared piece where only its drums are taken."""

  sequence: music_proto.NoteSequence
  beat_map: beat_map_lib.BeatMap


def alone(sequence: music_proto.NoteSequence) -> bool:
  """Whether a NoteSequence holds drums and nothing else."""
  return bool(sequence.notes) and all(note.is_drum for note in sequence.notes)


def read(sequence, choice, name, beats='auto'):
  """A style's NoteSequence that holds only drums -> Drums.

  Args:
    choice: one of `request.DRUMS`. name: named in errors. beats: see `request.Settings`.

  Raises:
    RejectedSequence: `no_pitched_notes`, other drums than the style's are asked for.
  """
  if choice != 'style':
    raise errors.RejectedSequence(
        'no_pitched_notes', f'{name} holds only drums, and a style needs notes with a pitch; --drums=style lays its drums under the content')
  return Drums(sequence, musical_time.choose(sequence, beats)[0])


def apply(sequence: music_proto.NoteSequence, choice: str, whole: Any, styles: list[Any], taken: Any = ()) -> music_proto.NoteSequence:
  """The sequence with its drums kept, dropped, or replaced.

  A bar for which bars of a style were taken gets their drums, beat by beat; others the first style's bars of drums that has any, one after
  the other, each cut to the bar it comes to lie in. Drums wait for the music, and where it begins with a pick-up for the bar after it.

  Args:
    sequence: NoteSequence in seconds.
    choice: one of `request.DRUMS`.
    whole: prepared piece of the content: its beats and bars.
    styles: prepared pieces of the style, in the order that `Taken.number` counts, and those that are `Drums`.
    taken: list of `result.Taken`.

  Raises:
    RejectedSequence: `no_drums`, the style has none to take.
  """
  if choice == 'keep':
    return sequence
  result = music_proto.NoteSequence()
  result.CopyFrom(sequence)
  del result.notes[:]
  result.notes.extend([note for note in sequence.notes if not note.is_drum])
  if choice == 'style':
    result.notes.extend(_style_drums(whole, [_Pattern(style) for style in styles], taken, sequence.notes))
  return result


class _Pattern:
  """The drums of a style piece by their beats."""

  def __init__(self, style):
    self.notes = sorted((note for note in style.sequence.notes if note.is_drum), key=lambda note: note.start_time)
    times = np.array([(note.start_time, note.end_time) for note in self.notes]).reshape(-1, 2)
    self.starts, self.ends = style.beat_map.to_beats(times).T
    bars = [(bar.start_beat, bar.end_beat) for bar in meter.bars(style.sequence, style.beat_map)]
    sounding = [i for i, bar in enumerate(bars) if len(self.within(*bar))]
    self.bars = bars[sounding[0]:] if sounding else []

  def within(self, start, end):
    """Places of the notes that begin in a stretch of beats."""
    return np.flatnonzero((self.starts >= start - EARLY) & (self.starts < end - EARLY))


def _style_drums(whole, patterns, taken, notes):
  """Note protos of the drums, at the content's beats."""
  first = next((pattern for pattern in patterns if pattern.bars), None)
  if first is None:
    raise errors.RejectedSequence('no_drums', 'the style piece holds no drums to take')
  pitched = {note.instrument for note in notes if not note.is_drum}
  instrument = 9 if 9 not in pitched else max(pitched) + 1
  sounding = [note for note in whole.sequence.notes if not note.is_drum] or whole.sequence.notes
  times = whole.beat_map.to_beats(np.array([(note.start_time, note.end_time) for note in sounding]))
  bars, by_bar = meter.bars(whole.sequence, whole.beat_map), {one.bar - 1: one for one in taken if one.beats}
  begin, end, result = _first_bar(bars, float(times[:, 0].min())), float(times[:, 1].max()), []
  for number, bar in enumerate(bars[begin:]):
    one = by_bar.get(begin + number)
    pattern = first if one is None else patterns[one.number]
    start, stop = first.bars[number % len(first.bars)]
    beats = one.beats if one is not None else [(bar.start_beat, bar.start_beat + stop - start, start, stop)]
    for ours, until, theirs, theirs_until in beats:
      scale = (until - ours) / (theirs_until - theirs)
      for i in pattern.within(theirs, theirs_until):
        at = ours + (pattern.starts[i] - theirs) * scale
        if at < min(bar.end_beat, end) - EARLY:
          result.append(_moved(pattern.notes[i], whole, at, (pattern.ends[i] - pattern.starts[i]) * scale, instrument))
  return result


def _first_bar(bars, onset):
  """The first bar with drums: that in which the music begins, or the one after it where half of it or more is silent or missing before."""
  number = max((i for i, bar in enumerate(bars) if bar.start_beat <= onset + EARLY), default=0)
  bar = bars[number]
  full = meter.bar_beats(bar.numerator, bar.denominator)
  waits = bar.end_beat - onset <= full / 2 + EARLY
  return number + 1 if waits and number + 1 < len(bars) else number


def _moved(note, whole, start, length, instrument):
  seconds = whole.beat_map.to_seconds(np.array([start, start + max(length, LEAST_BEATS)]))
  return music_proto.NoteSequence.Note(
      pitch=note.pitch, velocity=note.velocity, start_time=max(float(seconds[0]), 0.0), end_time=float(seconds[1]), is_drum=True,
      instrument=instrument, program=note.program)
