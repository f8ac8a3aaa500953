"""Sequence -> sequences fit for a converter: filters, stretches of one meter, and the signature by which near-duplicates are found."""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import meter

# Sequences with more changes of meter than this are dropped, as Magenta does with time changes.
MAX_SECTIONS = 100
# Longer pieces, in quarters, are damaged: half an hour at 400 quarters a minute has 12,000.
MAX_BEATS = 50_000


@dataclasses.dataclass(frozen=True)
class Filters:
  """What a sequence must be to enter; names and defaults as in Magenta's preprocess_tfrecord.

  Args:
    max_total_time: seconds.
    max_num_notes: notes.
    min_velocities: different velocities.
    min_metric_positions: different onset positions within a quarter, in sixteenths of it.
    is_drum: count only drum notes (True), only others (False) or all (None) for the two figures above.
    drums_only: refuse sequences with other than drum notes.
  """

  max_total_time: float = 1800.0
  max_num_notes: int = 10000
  min_velocities: int = 1
  min_metric_positions: int = 1
  is_drum: bool | None = None
  drums_only: bool = False

  def check(self, sequence):
    """Raises RejectedSequence if a sequence in seconds is too long or has too many notes."""
    if sequence.total_time > self.max_total_time:
      raise errors.RejectedSequence('too_long', f'{sequence.total_time:.0f} s')
    if len(sequence.notes) > self.max_num_notes:
      raise errors.RejectedSequence('too_many_notes', f'{len(sequence.notes)} notes')
    if self.drums_only and not all(note.is_drum for note in sequence.notes):
      raise errors.RejectedSequence('not_drums_only')

  def check_in_beats(self, sequence):
    """Raises RejectedSequence if a sequence in beats has too few velocities or metric positions."""
    notes = [n for n in sequence.notes if n.velocity > 0 and self.is_drum in (None, n.is_drum)]
    if len({n.velocity for n in notes}) < self.min_velocities:
      raise errors.RejectedSequence('too_few_velocities')
    positions = {int(np.floor(n.start_time * 16 + .5)) % 16 for n in notes}
    if len(positions) < self.min_metric_positions:
      raise errors.RejectedSequence('too_few_metric_positions')


def check_length(sequence):
  """Raises RejectedSequence if a sequence in beats is so long that only a damaged tempo can explain it; filters or not."""
  if sequence.total_time > MAX_BEATS or any(note.end_time > MAX_BEATS for note in sequence.notes):
    raise errors.RejectedSequence('too_many_beats', f'{sequence.total_time:.0f} quarters, more than {MAX_BEATS}')


# ---------------------- stretches of one meter ----


def one_meter_sections(sequence):
  """Stretches of a sequence in beats between changes of meter: list of copies whose time starts at 0, in order.

  Notes belong to the stretch they start in and are cut at its end. A sequence of one meter is returned as it is.

  Raises:
    RejectedSequence: more than `MAX_SECTIONS` changes.
  """
  bars = meter.bars(sequence)
  starts = [bar.start_beat for i, bar in enumerate(bars)
            if i == 0 or (bar.numerator, bar.denominator) != (bars[i - 1].numerator, bars[i - 1].denominator)]
  if len(starts) == 1:
    return [sequence]
  if len(starts) > MAX_SECTIONS:
    raise errors.RejectedSequence('too_many_meter_changes', f'{len(starts)} changes of meter')
  meters = {bar.start_beat: (bar.numerator, bar.denominator) for bar in bars}
  ends = starts[1:] + [max(bars[-1].end_beat, sequence.total_time)]
  return [_section(sequence, start, end, meters[start]) for start, end in zip(starts, ends, strict=True)]


def _section(sequence, start, end, signature):
  part = music_proto.NoteSequence(ticks_per_quarter=sequence.ticks_per_quarter, id=sequence.id, filename=sequence.filename,
                                  collection_name=sequence.collection_name)
  part.sequence_metadata.CopyFrom(sequence.sequence_metadata)
  part.tempos.add(qpm=60.0)
  part.time_signatures.add(numerator=signature[0], denominator=signature[1])
  for note in sequence.notes:
    if start - 1e-6 <= note.start_time < end - 1e-6:
      moved = part.notes.add()
      moved.CopyFrom(note)
      moved.start_time, moved.end_time = max(note.start_time - start, 0.0), min(note.end_time, end) - start
  part.total_time = max((note.end_time for note in part.notes), default=0.0)
  _copy_chords(sequence, part, start, end)
  return part


def _copy_chords(sequence, part, start, end):
  """The chord symbols of a stretch; the one that holds when it begins stands at its beginning."""
  kind = music_proto.NoteSequence.TextAnnotation.CHORD_SYMBOL
  symbols = sorted((a for a in sequence.text_annotations if a.annotation_type == kind and a.time < end - 1e-6), key=lambda a: a.time)
  first = max((i for i, a in enumerate(symbols) if a.time <= start + 1e-6), default=0)
  for symbol in symbols[first:]:
    part.text_annotations.add(annotation_type=kind, time=max(symbol.time - start, 0.0), text=symbol.text)


# ---------------------- near-duplicates ----

NUM_HASHES = 128
# Tunes are compared by runs of this many steps of their top voice.
_RUN = 7
# Onsets closer than this many seconds (or beats) are one chord: performances spread theirs.
_CHORD_SPREAD = .06
_EMPTY = np.uint64(2**64 - 1)


def signature(sequence):
  """A 128-number sketch (MinHash, Broder 1997) of a piece's tune, the same in every key and tempo.

  The top pitches of successive chords are taken, their intervals, and of these all runs of 7; of the runs each of 128 hash
  functions keeps the smallest value. The share of equal numbers of two sketches estimates the share of runs that the pieces have in
  common (their Jaccard index).

  Returns:
    uint32 `[128]`; None for fewer than 8 chords, where nothing can be said.
  """
  runs = _interval_runs(skyline(sequence))
  if not len(runs):
    return None
  mixed = runs[:, None] * _MULTIPLIERS + _OFFSETS  # [N, 128], wraps at 2**64
  return (mixed >> np.uint64(32)).min(axis=0).astype(np.uint32)


def skyline(sequence):
  """int64 `[N]`: the highest pitch of each chord (onsets within .06) in order, drums left out."""
  notes = np.array([(n.start_time, n.pitch) for n in sequence.notes if not n.is_drum])
  if not len(notes):
    return np.zeros(0, np.int64)
  notes = notes[np.lexsort((notes[:, 1], notes[:, 0]))]
  first = np.concatenate([[True], np.diff(notes[:, 0]) > _CHORD_SPREAD])
  return np.maximum.reduceat(notes[:, 1], np.flatnonzero(first)).astype(np.int64)


def _interval_runs(pitches):
  """uint64 `[N]`: each different run of 7 intervals as one well-mixed number."""
  intervals = (np.diff(pitches) + 128).astype(np.uint64)
  if len(intervals) < _RUN:
    return np.zeros(0, np.uint64)
  value = np.zeros(len(intervals) - _RUN + 1, np.uint64)
  for i in range(_RUN):
    value = value * np.uint64(257) + intervals[i:i + len(value)]
  return np.unique(_mix(value))


def _mix(value):
  """splitmix64's finalizer."""
  value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
  value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
  return value ^ (value >> np.uint64(31))


_MULTIPLIERS = _mix(np.arange(1, NUM_HASHES + 1, dtype=np.uint64)) | np.uint64(1)
_OFFSETS = _mix(np.arange(1001, NUM_HASHES + 1001, dtype=np.uint64))
