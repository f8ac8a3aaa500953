"""Melody, bass and drums side by side, equal to the tensors of Magenta's TrioConverter: 90 + 90 + 512 = 692 a step."""
import itertools

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import base
from musicnst.representations import drums
from musicnst.representations import labels
from musicnst.representations import melody
from musicnst.representations import quantize

BASS_PROGRAMS = tuple(range(32, 40))
ELECTRIC_BASS = 33
MELODY, BASS, DRUMS = 'melody', 'bass', 'drums'
MAX_INSTRUMENT = 127
_PART_OF_PROGRAM = {**dict.fromkeys(melody.MELODY_PROGRAMS, MELODY), **dict.fromkeys(BASS_PROGRAMS, BASS)}


def part_of(notes):
  """The part an instrument's `QuantizedNotes` can play, or None (other programs, or several kinds at once)."""
  kinds = {DRUMS if is_drum else _PART_OF_PROGRAM.get(program)
           for is_drum, program in set(zip(notes.is_drum.tolist(), notes.program.tolist(), strict=True))}
  return kinds.pop() if len(kinds) == 1 else None


class TrioConverter(base.Converter):
  """NoteSequence <-> windows of a melody (programs 0-31), a bass (32-39) and drums; bars of four quarters only.

  Every combination of one instrument of each kind gives windows, bar by bar, where all three play: an instrument counts as playing
  `gap_bars` bars around each bar it sounds in, and near both ends of the piece if any of the three does.

  Args:
    steps: steps a window: 256 for 16 bars.
    steps_per_quarter: grid.
    gap_bars: silent bars allowed before and after a bar that sounds.
    continuous: the first instrument of each kind, from the beginning of the piece to its end, as consecutive windows, the last filled
      with silence (see `length`); a kind that is missing is silent.

  Deviation: as in `melody.MelodyConverter`, no cap on bars or windows, and repeats are kept.
  """

  name = 'trio'
  categorical_depths = (melody.DEPTH, melody.DEPTH, drums.DEPTH)
  input_depth = output_depth = sum(categorical_depths)

  def __init__(self, steps=256, steps_per_quarter=4, gap_bars=2, continuous=False):
    self.steps, self.steps_per_quarter, self.gap_bars, self.continuous = steps, steps_per_quarter, gap_bars, continuous

  def to_dict(self):
    return {'steps': self.steps, 'steps_per_quarter': self.steps_per_quarter, 'gap_bars': self.gap_bars, 'continuous': self.continuous}

  def to_windows(self, sequence):
    """See `Converter.to_windows`.

    Raises:
      RejectedSequence: another meter (`unsupported_meter`), not all three parts (`no_trio`), or nowhere together for a window
        (`shorter_than_window`).
    """
    quantize.require_four_quarters(sequence)
    notes = quantize.quantize(sequence, self.steps_per_quarter)
    parts = self._parts(notes)
    present = [part for part in (MELODY, BASS, DRUMS) if parts[part]]
    if len(present) < (1 if self.continuous else 3):
      raise errors.RejectedSequence('no_trio', f'of melody, bass and drums only {", ".join(present) or "none"}')
    found = self._continuous_windows(sequence, parts) if self.continuous else self._sliding_windows(sequence, notes, parts)
    if not found:
      raise errors.RejectedSequence('shorter_than_window', f'nowhere do the three parts play together for {self.steps} steps')
    return found

  def _parts(self, notes):
    """{part: {instrument: its QuantizedNotes}} of the instruments that have a note their part can express."""
    parts = {MELODY: {}, BASS: {}, DRUMS: {}}
    for instrument in np.unique(notes.instrument).tolist():
      own = notes.select(notes.instrument == instrument)
      part = part_of(own)
      if part and instrument <= MAX_INSTRUMENT and self._tokens(part, own, 1) is not None:
        parts[part][instrument] = own
    return parts

  def _tokens(self, part, notes, total_steps):
    """Tokens `[total_steps]` of one instrument, or None if it has none of its part's notes."""
    if part == DRUMS:
      steps, classes = drums.hits(notes)
      return drums.encode(steps, classes, total_steps) if len(steps) else None
    voice = notes.select((notes.velocity > 0) & (notes.pitch >= melody.MIN_PITCH) & (notes.pitch <= melody.MAX_PITCH))
    return melody.encode(voice.select(melody.monophonic(voice)), 0, total_steps) if len(voice) else None

  def _one_hot(self, tokens):
    """Three token lists -> bool `[T, 692]`."""
    return np.concatenate([quantize.one_hot(t, d) for t, d in zip(tokens, self.categorical_depths, strict=True)], axis=1)

  def _continuous_windows(self, sequence, parts):
    total = max(int(notes.end.max()) for part in parts.values() for notes in part.values())
    padded = -(-total // self.steps) * self.steps
    first = [next(iter(parts[part].values()), None) for part in (MELODY, BASS, DRUMS)]
    tokens = [np.zeros(padded, np.int64) if notes is None else self._tokens(part, notes, padded)
              for part, notes in zip((MELODY, BASS, DRUMS), first, strict=True)]
    whole = self._one_hot(tokens)
    return [self._window(whole, start, min(self.steps, total - start), labels.of(sequence)) for start in range(0, padded, self.steps)]

  def _window(self, whole, start, length, window_labels):
    hot = whole[start:start + self.steps]
    return base.Window(hot, hot, length, start_step=start, labels=window_labels)

  def _sliding_windows(self, sequence, notes, parts):
    bar = quantize.BAR_QUARTERS * self.steps_per_quarter
    total_bars = -(-int(notes.end.max()) // bar)
    own = {i: (part, n) for part, instruments in parts.items() for i, n in instruments.items()}
    tokens = {i: self._tokens(part, n, total_bars * bar) for i, (part, n) in own.items()}
    playing = {i: self._playing(n, bar, total_bars) for i, (_, n) in own.items()}
    found = []
    for group in itertools.product(parts[MELODY], parts[BASS], parts[DRUMS]):
      together = self._together(np.stack([playing[i] for i in group]))
      whole = self._one_hot([tokens[i] for i in group])
      names = labels.of(sequence, instruments=' '.join(map(str, group)))
      window_bars = -(-self.steps // bar)
      for first in range(total_bars - window_bars + 1):
        if together[first:first + window_bars].all():
          found.append(self._window(whole, first * bar, self.steps, names))
    return found

  def _playing(self, notes, bar, total_bars):
    """bool `[total_bars]`: sounds in this bar, or within `gap_bars` of one in which it does."""
    bars = np.zeros(total_bars + 1, np.int64)
    np.add.at(bars, np.maximum(notes.start // bar - self.gap_bars, 0), 1)
    np.add.at(bars, np.minimum(-(-notes.end // bar) + self.gap_bars, total_bars), -1)
    return np.cumsum(bars)[:total_bars] > 0

  def _together(self, playing):
    """bool `[3, total_bars]` -> `[total_bars]`: all three play; at both ends, any of them within the gap."""
    together = playing.all(axis=0)
    if self.gap_bars:
      together[:self.gap_bars] = playing[:, :self.gap_bars].any()
      together[-self.gap_bars:] = playing[:, -self.gap_bars:].any()
    return together

  def from_windows(self, outputs, qpm=120.0, velocities=None):
    """Consecutive outputs `[S, T, 692]` -> NoteSequence: melody (instrument 0), electric bass (1), drums (9), notes whole across seams.

    `velocities` is not used; all are 80.
    """
    outputs = np.asarray(outputs).reshape(-1, self.output_depth)
    tune, bass, hits = (np.argmax(block, axis=-1) for block in np.split(outputs, np.cumsum(self.categorical_depths)[:-1], axis=-1))
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    melody.add_notes(sequence, tune, self.steps_per_quarter)
    melody.add_notes(sequence, bass, self.steps_per_quarter, instrument=1, program=ELECTRIC_BASS)
    drums.add_notes(sequence, hits, self.steps_per_quarter)
    sequence.total_time = len(outputs) * 60.0 / qpm / self.steps_per_quarter
    return sequence

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`: melody and bass move, drums stay."""
    pitched = melody.pitch_index(semitones)
    bass = np.where(pitched >= 0, pitched + melody.DEPTH, -1)
    return np.concatenate([pitched, bass, np.arange(2 * melody.DEPTH, self.output_depth)]).astype(np.int32)
