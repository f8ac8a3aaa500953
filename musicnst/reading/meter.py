"""Bars: where each begins, in quarter-note beats, through any changes of meter."""
import dataclasses
import math

from musicnst import errors
from musicnst.reading import beat_map as beat_map_lib

DEFAULT_METER = (4, 4)
# A bar shorter than a 64th note is taken for damage, as is one longer than this many quarters; the signature is passed over.
SHORTEST_BAR_BEATS, LONGEST_BAR_BEATS = 1 / 16, 256
# A meter change this near to a bar line (a 32nd note) is on it.
SNAP_BEATS = 1 / 8


@dataclasses.dataclass(frozen=True)
class Bar:
  """One bar: its first beat in quarters from beat 0, its meter, and the beat where the next one begins."""

  start_beat: float
  numerator: int
  denominator: int
  end_beat: float


def bar_beats(numerator, denominator):
  """Quarters in a full bar of this meter; any denominator, also one that is no power of 2."""
  return 4.0 * numerator / denominator


def bars(sequence, beat_map=None):
  """The bars of a sequence from beat 0 to its end, at least one.

  A change of meter begins a bar: where it falls inside one, the bar before it is cut short (so a pickup written as a short first
  meter, or as a first signature after the start, is a short bar). A change within a 32nd of a bar line is on that line; a meter
  repeated without change begins no bar. Without a signature, and before the first, the meter is 4/4. Of two at one time the last
  in the list holds; impossible ones (zero, or a bar shorter than a 64th note) are passed over. Meters of the map (`BeatMap.meters`) hold
  instead of the sequence's.

  Args:
    sequence: NoteSequence in seconds.
    beat_map: its map to beats; None takes the sequence's own tempos.

  Returns:
    list of Bar, in order, each ending where the next begins.
  """
  beat_map = beat_map or beat_map_lib.BeatMap.from_tempos(sequence)
  end = float(beat_map.to_beats(last_time(sequence)))
  result = []
  changes = list(beat_map.meters) or _changes(sequence, beat_map)
  for i, (start, numerator, denominator) in enumerate(changes):
    following = changes[i + 1][0] if i + 1 < len(changes) else None
    last = end if following is None else following
    result.extend(_section(start, last, numerator, denominator, cut=following is not None))
  return result


def last_time(sequence):
  """The second where the music ends: `total_time` or the last note's end, whichever is later."""
  return max([sequence.total_time] + [note.end_time for note in sequence.notes])


def parse(text):
  """'6/8' -> (6, 8).

  Raises:
    ArgumentError: anything else than a meter whose bar lasts a sixteenth of a quarter to 256 quarters.
  """
  numerator, _, denominator = text.partition('/')
  digits = numerator.strip().isdecimal() and denominator.strip().isdecimal() and len(text) < 10
  found = (int(numerator), int(denominator)) if digits else (0, 0)
  if not all(found) or not SHORTEST_BAR_BEATS <= bar_beats(*found) <= LONGEST_BAR_BEATS:
    raise errors.ArgumentError(f'meter {text!r}: write NUMERATOR/DENOMINATOR, such as 4/4 or 6/8')
  return found


def _changes(sequence, beat_map):
  """[(beat, numerator, denominator)], the first at beat 0, snapped to bar lines, without repeats."""
  found = [(0.0,) + DEFAULT_METER]
  for signature in sorted(sequence.time_signatures, key=lambda s: s.time):
    numerator, denominator = signature.numerator, signature.denominator
    if numerator <= 0 or denominator <= 0 or not SHORTEST_BAR_BEATS <= bar_beats(numerator, denominator) <= LONGEST_BAR_BEATS:
      continue
    start, previous = found[-1][0], bar_beats(*found[-1][1:])
    # What holds from the start holds from beat 0, also where beat 0 lies before second 0.
    beat = max(0.0, float(beat_map.to_beats(signature.time))) if signature.time > 0 else 0.0
    line = start + previous * round((beat - start) / previous)
    beat = line if abs(beat - line) <= min(SNAP_BEATS, previous / 4) else beat
    if beat <= start:
      found.pop()
      beat = start
    if not found or (numerator, denominator) != found[-1][1:]:
      found.append((beat, numerator, denominator))
  return found


def _section(start, end, numerator, denominator, cut):
  """Bars of one meter from `start` until `end`; the last is shortened to `end` where `cut`, else full."""
  length = bar_beats(numerator, denominator)
  count = max(1, math.ceil((end - start) / length - 1e-6))
  lines = [start + i * length for i in range(count + 1)]
  if cut:
    lines[-1] = end
  return [Bar(a, numerator, denominator, b) for a, b in zip(lines, lines[1:])]
