"""Notes as played -> notes as written: on a grid of sixteenths and triplets, by hands, in voices, in pieces that ties join."""
import dataclasses
from fractions import Fraction

import numpy as np

# Places within a quarter: sixteenths, or triplets of eighths where these are nearer by so much (squared quarters a note) at least.
STRAIGHT, TRIPLET = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)), (Fraction(0), Fraction(1, 3), Fraction(2, 3))
TRIPLET_PRICE = .002
SIXTEENTH = Fraction(1, 4)
# A hand spans so many semitones with ease; beyond it each one costs. The staves part between these pitches, best at middle C.
EASY_SPAN, SPLITS, MIDDLE = 13, np.arange(43, 73), 60
SPAN_COST, MOVE_COST, MIDDLE_COST, TUNE_COST = 4.0, .6, .15, 6.0
# A gap or an overlap up to this long (quarters) between two notes of a voice is how they were played, not how they are written.
LEGATO = Fraction(1, 2)
MOST_VOICES = 4
# What one note head with its dots can last, in quarters, the longest first.
LENGTHS = tuple(Fraction(n, 4) for n in (32, 24, 16, 12, 8, 6, 4, 3, 2, 1))
COMPOUND = Fraction(3, 2)


@dataclasses.dataclass(frozen=True)
class Bar:
  """A bar as written: `start` and `length` in quarters, its meter, its number (a pick-up has 0)."""

  start: Fraction
  length: Fraction
  numerator: int
  denominator: int
  number: int

  @property
  def end(self):
    return self.start + self.length

  @property
  def beat(self):
    """Quarters of a beat: one, or one and a half in 6/8 and its like."""
    return COMPOUND if self.denominator == 8 and self.numerator % 3 == 0 else Fraction(1)


@dataclasses.dataclass
class Event:
  """Notes that begin and end together in one voice: `start` and `end` in quarters, `notes` their places in what was given."""

  start: Fraction
  end: Fraction
  notes: tuple
  voice: int = 0


def bars_of(bars, first_onset):
  """List of `reading.meter.Bar` -> list of Bar; a first bar of which half or more is silent before `first_onset` (quarters) is a pick-up.

  A pick-up begins with its first note's eighth; so does one that the file writes as a shorter bar.
  """
  lengths = [_whole(bar.end_beat - bar.start_beat, 48) for bar in bars]
  full = [Fraction(4 * bar.numerator, bar.denominator) for bar in bars]
  silent = Fraction(int(np.floor((first_onset - bars[0].start_beat) * 2 + .1)), 2)
  late = len(bars) > 1 and full[0] / 2 <= silent < lengths[0]
  short = len(bars) > 1 and lengths[0] < max(full[0], full[1])
  number, start, found = 0 if late or short else 1, Fraction(0), []
  for i, (bar, length) in enumerate(zip(bars, lengths)):
    length -= silent if late and not i else 0
    found.append(Bar(start, length, bar.numerator, bar.denominator, number + i))
    start += length
  return found


def _whole(value, parts):
  return Fraction(round(value * parts), parts)


def on_grid(start, end, bars, played):
  """(list of Fraction, list of Fraction): starts and ends of notes on the written grid, quarters from the first written bar.

  Args:
    start, end: float `[N]`, quarters as played.
    bars: list of Bar. played: list of `reading.meter.Bar`, the same bars as they lie in `start` and `end`.
  """
  places = _Places(bars, played)
  cells = [places.cell(value) for value in start]
  grids = _grids(cells, bars)
  starts = [_nearest(*cell, grids, bars) for cell in cells]
  ends = []
  for first, value in zip(starts, end):
    last, (bar, quarter, _) = _nearest(*places.cell(value), grids, bars), places.cell(value)
    unit = Fraction(1, 3) if grids.get((bar, quarter)) is TRIPLET else SIXTEENTH
    ends.append(last if last > first else min(first + unit, max(bars[-1].end, first + SIXTEENTH)))
  return starts, ends


class _Places:
  """Finds the bar, the quarter within it and the fraction of the quarter of a time."""

  def __init__(self, bars, played):
    self.bars, self.last = bars, len(bars) - 1
    self.edges = np.array([bar.start_beat for bar in played])
    self.skipped = float(_whole(played[0].end_beat - played[0].start_beat, 48) - bars[0].length)

  def cell(self, value):
    """(number of the bar, of the quarter in it, float place in the quarter) of a time in quarters as played."""
    bar = int(np.clip(np.searchsorted(self.edges, value + 1 / 24, 'right') - 1, 0, self.last))
    inside = max(value - self.edges[bar] - (self.skipped if bar == 0 else 0.0), 0.0)
    quarter = int(inside + 1 / 24)
    return bar, quarter, inside - quarter


def _grids(cells, bars):
  """dict (bar, quarter) -> STRAIGHT or TRIPLET, whichever is nearer to the onsets there; triplets never in 6/8 and its like."""
  inside = {}
  for bar, quarter, place in cells:
    inside.setdefault((bar, quarter), []).append(place)
  error = lambda places, grid: sum(min((place - float(at))**2 for at in (*grid, 1)) for place in places)
  return {key: TRIPLET if bars[key[0]].beat == 1 and error(places, TRIPLET) + TRIPLET_PRICE * len(places) < error(places, STRAIGHT) else STRAIGHT
          for key, places in inside.items()}


def _nearest(bar, quarter, place, grids, bars):
  """Fraction: the grid's point nearest to a place, never behind the bar's end."""
  grid = grids.get((bar, quarter), STRAIGHT)
  found = min((*grid, Fraction(1)), key=lambda at: abs(float(at) - place))
  return min(bars[bar].start + quarter + found, bars[bar].end)


def hands(start, pitch, tune):
  """bool `[N]`: the notes of the upper of two staves.

  The staves part at a pitch that moves little, such that neither hand has to reach far; the tune is in the upper staff.

  Args:
    start: list of N comparable onsets, equal for notes that begin together. pitch: int `[N]`. tune: bool `[N]`.
  """
  pitch, tune = np.asarray(pitch), np.asarray(tune, bool)
  _, moment = np.unique(np.array([float(value) for value in start]), return_inverse=True)
  cost = np.array([_split_costs(pitch[moment == m], tune[moment == m]) for m in range(moment.max() + 1)])
  move = MOVE_COST * np.abs(SPLITS[:, None] - SPLITS)
  total, back = cost[0], np.zeros(cost.shape, int)
  for m in range(1, len(cost)):
    reached = total[:, None] + move
    back[m] = reached.argmin(0)
    total = reached.min(0) + cost[m]
  path = [int(total.argmin())]
  for m in range(len(cost) - 1, 0, -1):
    path.append(int(back[m, path[-1]]))
  return tune | (pitch >= SPLITS[np.array(path[::-1])[moment]])


def _split_costs(pitch, tune):
  """float `[SPLITS]`: what each parting pitch costs in one moment."""
  upper = pitch >= SPLITS[:, None]
  span = lambda mask: np.maximum(np.where(mask, pitch, -1).max(1) - np.where(mask, pitch, 999).min(1) - EASY_SPAN, 0) * mask.any(1)
  led = upper | tune
  return SPAN_COST * (span(led) + span(~led)) + TUNE_COST * (tune & ~upper).sum(1) + MIDDLE_COST * np.abs(SPLITS - MIDDLE)


def voices(starts, ends, pitches, lead=()):
  """List of Event: notes of one staff as chords in at most four voices, the first of them the notes of `lead` where there are any.

  Notes that begin together are a chord; it lasts as long as most of them do, longer ones are a voice of their own. Small gaps and overlaps
  close. Where five voices would be needed, the one that ends first is cut.

  Args:
    starts, ends: lists of N Fractions. pitches: N ints. lead: set of places.
  """
  events = _chords(starts, ends, pitches, lead)
  until, latest = [Fraction(0)] * MOST_VOICES, [None] * MOST_VOICES
  for event in events:
    leads = bool(lead) and event.notes[0] in lead
    order = range(1 if lead and not leads and len(events) > len(lead) else 0, MOST_VOICES)
    voice = 0 if leads else next((v for v in order if until[v] <= event.start or _may_cut(latest[v], event)), None)
    if voice is None:
      voice = min(order, key=lambda v: until[v])
    before = latest[voice]
    if before is not None and before.start < event.start and (before.end > event.start or event.start - before.end < LEGATO):
      before.end = event.start if _closes(before, event) else min(before.end, event.start)
    event.voice, until[voice], latest[voice] = voice, event.end, event
  return [event for event in _disjoint(events)]


def _may_cut(before, event):
  """Whether an overlap is only how it was played."""
  return before.start < event.start and before.end - event.start <= LEGATO and (event.start - before.start) * 2 >= before.end - before.start


def _closes(before, event):
  """Whether a note is written to last until the next: the gap is no longer than it."""
  return event.start - before.end <= before.end - before.start


def _chords(starts, ends, pitches, lead):
  """List of Event in order of time, high ones first: notes that begin together and end nearly together; those that lead apart."""
  moments = {}
  for i, start in enumerate(starts):
    moments.setdefault((start, i not in lead), []).append(i)
  events = []
  for (start, _), notes in sorted(moments.items()):
    notes = sorted(notes, key=lambda i: (-ends[i], -pitches[i]))
    while notes:
      longest = ends[notes[0]]
      near = [i for i in notes if longest - ends[i] <= max(LEGATO, (longest - start) / 4)]
      events.append((start, -max(pitches[i] for i in near), Event(start, longest, tuple(sorted(near, key=lambda i: pitches[i])))))
      notes = [i for i in notes if i not in near]
  return [event for *_, event in sorted(events, key=lambda entry: entry[:2])]


def _disjoint(events):
  """Events of which none overlaps the next of its voice; those that begin together in one voice are one chord."""
  found = {}
  for event in events:
    line = found.setdefault(event.voice, [])
    if line and line[-1].start == event.start:
      line[-1].notes += event.notes
      line[-1].end = max(line[-1].end, event.end)
      continue
    if line and line[-1].end > event.start:
      line[-1].end = event.start
    line.append(event)
  return sorted((event for line in found.values() for event in line), key=lambda event: (event.start, event.voice))


def pieces(start, end, bar):
  """[(start, length)] Fractions: what is written of a note within a bar, each part as one note head; times from the bar's beginning."""
  found = []
  while start < end:
    length = _piece(start, end, bar.beat)
    found.append((start, length))
    start += length
  return found


def _piece(start, end, beat):
  quarter = start - start % 1
  if start * 4 % 1 or end * 4 % 1 and end < quarter + 1:  # among triplets: no further than the quarter
    return min(end, quarter + 1) - start
  if start % beat:  # off the beat: to the next one; from half of a quarter over it for a quarter or more
    syncope = start % 1 == Fraction(1, 2) and beat == 1 and end - start == 1
    end = end if syncope else min(end, start - start % beat + beat)
  elif end * 4 % 1:
    end -= end % 1
  return next((length for length in LENGTHS if length <= end - start), end - start)
