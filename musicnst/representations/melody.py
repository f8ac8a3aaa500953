"""One voice as one token a step, equal to the tensors of Magenta's OneHotMelodyConverter.

Depth 90: token 0 nothing happens (hold, or silence goes on), 1 the note ends, 2..89 a note of pitch 21..108 begins. A quarter C4, an
eighth rest and an eighth D4 on sixteenths: 41 0 0 0 1 0 43 0.
"""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import base
from musicnst.representations import chords as chords_lib
from musicnst.representations import labels
from musicnst.representations import quantize

NO_EVENT, NOTE_OFF, FIRST_PITCH_TOKEN = 0, 1, 2
MIN_PITCH, MAX_PITCH = 21, 108
DEPTH = MAX_PITCH - MIN_PITCH + 1 + FIRST_PITCH_TOKEN
MELODY_PROGRAMS = tuple(range(32))  # piano, chromatic percussion, organ, guitar
OUTPUT_VELOCITY = 80
# Classes of chords that Magenta's converter writes back: it takes the last 12 columns for a key, also where there is none.
MAGENTA_CHORDS = chords_lib.DEPTH - 12


def monophonic(notes):
  """Indices of the notes that a melody keeps of one instrument's `QuantizedNotes`: at each step the highest that begins there."""
  order = np.lexsort((-notes.pitch, notes.start))
  first = np.diff(notes.start[order], prepend=-1) > 0
  return order[first]


def stretches(notes, gap_steps):
  """Cuts a voice (sorted, one note a step) where `gap_steps` or more lie between a note's end and the next onset: list of slices."""
  cuts = np.nonzero(notes.start[1:] - notes.end[:-1] >= gap_steps)[0] + 1
  return [slice(a, b) for a, b in zip([0, *cuts.tolist()], [*cuts.tolist(), len(notes)], strict=True)]


def encode(notes, first_step, total_steps):
  """Tokens int64 `[total_steps]` of a voice from `first_step` on; a note ends where the next one begins, if not before."""
  tokens = np.zeros(total_steps, np.int64)
  start, end = notes.start - first_step, notes.end - first_step
  off = end[end < np.append(start[1:], total_steps)]
  tokens[off[off < total_steps]] = NOTE_OFF
  inside = start < total_steps
  tokens[start[inside]] = notes.pitch[inside] - MIN_PITCH + FIRST_PITCH_TOKEN
  return tokens


def decode(tokens):
  """Tokens `[T]` -> int64 arrays (pitches, start_steps, end_steps); a note still held at the end ends there."""
  tokens = np.asarray(tokens)
  events = np.append(np.nonzero(tokens)[0], len(tokens))
  is_note = tokens[events[:-1]] >= FIRST_PITCH_TOKEN
  starts, ends = events[:-1][is_note], events[1:][is_note]
  return tokens[starts] - FIRST_PITCH_TOKEN + MIN_PITCH, starts, ends


def add_notes(sequence, tokens, steps_per_quarter, first_step=0, instrument=0, program=0):
  """Appends the notes of `tokens` to a sequence, in its first tempo."""
  seconds = 60.0 / sequence.tempos[0].qpm / steps_per_quarter
  for pitch, start, end in zip(*(column.tolist() for column in decode(tokens)), strict=True):
    sequence.notes.add(pitch=pitch, velocity=OUTPUT_VELOCITY, start_time=(first_step + start) * seconds,
                       end_time=(first_step + end) * seconds, instrument=instrument, program=program)


def without_leading_offs(tokens):
  """The tokens with every NOTE_OFF before the first note made NO_EVENT, as Magenta does with each slice."""
  notes = np.nonzero(tokens >= FIRST_PITCH_TOKEN)[0]
  first = notes[0] if len(notes) else len(tokens)
  return np.concatenate([np.zeros(first, tokens.dtype), tokens[first:]])


def pitch_index(semitones):
  """The `transpose_index` of one melody block, int32 `[90]`."""
  index = np.arange(DEPTH)
  source = index - semitones
  source = np.where((source >= FIRST_PITCH_TOKEN) & (source < DEPTH), source, -1)
  return np.where(index < FIRST_PITCH_TOKEN, index, source).astype(np.int32)


class MelodyConverter(base.Converter):
  """NoteSequence <-> one-hot windows of one voice; bars of four quarters only.

  Each instrument gives melodies: its highest note at each step, cut where `gap_bars` bars are silent, begun at a bar line and filled to
  one. Windows slide over each melody bar by bar. A note held into a window is not in it, and `from_windows` ends the notes of each
  window with it: a window says nothing of its neighbours, as in Magenta.

  Args:
    steps: steps a window: 32 for 2 bars, 256 for 16.
    steps_per_quarter: grid.
    gap_bars: silent bars that end a melody; None for never.
    programs: programs to read, such as MELODY_PROGRAMS; None for all.
    continuous: read the first instrument that has notes, from the beginning of the piece to its end, as consecutive windows of one token
      list, the last filled with silence (see `length`); notes held across a seam are then whole again after `from_windows`.
    chords: whether there are controls `[T, 49]`: the chord at each step (`chords`); inferred from all notes where the music names none.

  Deviation: Magenta stops at 100 bars a melody and 5 windows a sequence, and drops repeated windows; all are given here.
  """

  name = 'melody'
  input_depth = output_depth = DEPTH
  categorical_depths = (DEPTH,)

  def __init__(self, steps=32, steps_per_quarter=4, gap_bars=1.0, programs=None, continuous=False, chords=False):
    self.steps, self.steps_per_quarter, self.chords = steps, steps_per_quarter, chords
    self.control_depth = chords_lib.DEPTH * chords
    self.gap_bars, self.programs, self.continuous = gap_bars, None if programs is None else tuple(programs), continuous

  def to_dict(self):
    return {'steps': self.steps, 'steps_per_quarter': self.steps_per_quarter, 'gap_bars': self.gap_bars,
            'programs': None if self.programs is None else list(self.programs), 'continuous': self.continuous, 'chords': self.chords}

  @property
  def steps_per_bar(self):
    return quantize.BAR_QUARTERS * self.steps_per_quarter

  def to_windows(self, sequence):
    """See `Converter.to_windows`.

    Raises:
      RejectedSequence: another meter (`unsupported_meter`), no note to read (`no_melody`), melodies shorter than a window
        (`shorter_than_window`), or chords that cannot be inferred (see `chords`).
    """
    quantize.require_four_quarters(sequence)
    notes = quantize.quantize(sequence, self.steps_per_quarter)
    valid = ~notes.is_drum & (notes.velocity > 0) & (notes.pitch >= MIN_PITCH) & (notes.pitch <= MAX_PITCH)
    if self.programs is not None:
      valid &= np.isin(notes.program, self.programs)
    notes = notes.select(valid)
    if not len(notes):
      raise errors.RejectedSequence('no_melody', 'no note of pitch 21 to 108 in the instruments asked for')
    found = self._continuous_windows(sequence, notes) if self.continuous else self._sliding_windows(sequence, notes)
    if not found:
      raise errors.RejectedSequence('shorter_than_window', f'every melody is shorter than a window of {self.steps} steps')
    return self._with_chords(found, sequence) if self.chords else found

  def _with_chords(self, windows, sequence):
    """The windows with their controls."""
    heard = music_proto.NoteSequence()
    heard.CopyFrom(sequence)
    del heard.notes[:]
    heard.notes.extend(note for note in sequence.notes if MIN_PITCH <= note.pitch <= MAX_PITCH)
    notes = quantize.quantize(heard, self.steps_per_quarter)
    controls = chords_lib.of_steps(heard, notes, self.steps_per_quarter, max(w.start_step for w in windows) + self.steps)
    return [dataclasses.replace(w, controls=controls[w.start_step:w.start_step + self.steps]) for w in windows]

  def _voices(self, notes):
    for instrument in np.unique(notes.instrument):
      voice = notes.select(notes.instrument == instrument)
      yield instrument, voice.select(monophonic(voice))

  def _sliding_windows(self, sequence, notes):
    found, bar = [], self.steps_per_bar
    gap_steps = np.inf if not self.gap_bars else self.gap_bars * bar
    for instrument, voice in self._voices(notes):
      next_search = 0
      for part in stretches(voice, gap_steps):
        melody = voice.select(part)
        melody = melody.select(melody.start >= next_search)  # only with gaps under a bar: the bar just ended is not begun again
        if not len(melody):
          continue
        first = melody.start[0] // bar * bar
        length = -(-(melody.end[-1] - first) // bar) * bar
        next_search = first + length
        tokens, names = encode(melody, first, length), labels.of(sequence, instrument=instrument)
        for start in range(0, length - self.steps + 1, bar):
          hot = quantize.one_hot(without_leading_offs(tokens[start:start + self.steps]), DEPTH)
          found.append(base.Window(hot, hot, self.steps, start_step=int(first + start), labels=names))
    return found

  def _continuous_windows(self, sequence, notes):
    instrument, voice = next(self._voices(notes))
    total = int(voice.end[-1])
    tokens = encode(voice, 0, -(-total // self.steps) * self.steps)
    names, found = labels.of(sequence, instrument=instrument), []
    for start in range(0, len(tokens), self.steps):
      hot = quantize.one_hot(tokens[start:start + self.steps], DEPTH)
      found.append(base.Window(hot, hot, min(self.steps, total - start), start_step=start, labels=names))
    return found

  def from_windows(self, outputs, qpm=120.0, velocities=None, controls=None):
    """Consecutive one-hot outputs `[S, T, 90]` -> NoteSequence of velocity 80; `velocities` is not used.

    `controls` `[S, T, 49]` give the chord symbols. Magenta reads but the first 37 classes here, so that diminished chords become none; so
    it is here too, unless the converter is `continuous`.
    """
    tokens = np.argmax(np.asarray(outputs), axis=-1)  # [S, T]
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    pieces = [tokens.reshape(-1)] if self.continuous else list(tokens)
    for index, piece in enumerate(pieces):
      add_notes(sequence, piece, self.steps_per_quarter, first_step=index * self.steps)
    sequence.total_time = tokens.size * 60.0 / qpm / self.steps_per_quarter
    if controls is not None:
      seconds = 60.0 / qpm / self.steps_per_quarter
      known = np.asarray(controls)[..., :None if self.continuous else MAGENTA_CHORDS]
      classes = np.argmax(known, axis=-1).reshape(-1).tolist()
      chords_lib.add(sequence, [(step * seconds, chords_lib.symbol_of(c)) for step, c in enumerate(classes)])
    return sequence

  def no_controls(self):
    """See `Converter.no_controls`."""
    return chords_lib.one_hot(np.zeros(self.steps, np.int64))[:, :self.control_depth]

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`; a note that leaves 21..108 leaves a step of no token."""
    return chords_lib.transpose_index(semitones) if which == 'controls' else pitch_index(semitones)
