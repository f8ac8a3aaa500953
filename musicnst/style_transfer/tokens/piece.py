"""A piece as a model of tokens reads it, and back: tokens -> what becomes of the piece's notes."""
import collections
import dataclasses

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import meter
from musicnst.reading import musical_time
from musicnst.representations import base
from musicnst.representations import drums
from musicnst.style_transfer.pieces import compose

# Loudness of new notes, beside the mean of what the content has.
ADDED_LOUDNESS = .92
BEATS_QPM = 60.0


@dataclasses.dataclass(frozen=True, eq=False)
class TokenPiece:
  """A piece as windows of tokens.

  Args:
    sequence: NoteSequence, in seconds.
    beat_map: seconds <-> beats.
    beats_from: where the beats come from.
    windows: list of consecutive Windows.
    converter: what read them.
    name: named in errors.
  """

  sequence: music_proto.NoteSequence
  beat_map: beat_map_lib.BeatMap
  beats_from: str
  windows: list
  converter: base.Converter
  name: str = 'the piece'

  @property
  def total_steps(self):
    return len(self.windows) * self.converter.steps

  @property
  def on_grid(self):
    """Whether a step of a window is one of the grid, and not an event."""
    return self.converter.grid_steps == self.converter.steps

  @property
  def outputs(self):
    """The tokens of all windows, `[S, T, D]`."""
    return outputs_of(self.windows)

  @property
  def controls(self):
    """{'controls': float32 `[S, T, C]`} of all windows, or {} where they have none."""
    return controls_of(self.windows)

  def bar_beats(self):
    """float `[bars]`: the beat at which each bar begins."""
    return np.array([bar.start_beat for bar in meter.bars(self.sequence, self.beat_map)])

  def within(self, first_beat, last_beat):
    """bool `[S, T]`: the tokens of steps from `first_beat` until `last_beat`; of events, whole windows."""
    per_quarter = self.converter.steps_per_quarter
    starts = np.array([window.start_step for window in self.windows])[:, None]
    steps = starts + (np.arange(self.converter.steps) if self.on_grid else np.zeros(self.converter.steps, int))
    return (steps >= round(first_beat * per_quarter)) & (steps < (round(last_beat * per_quarter) if np.isfinite(last_beat) else np.inf))

  def sounding(self):
    """bool `[S, T]`: the tokens from the first note of the piece to the end of its last, which may change; silence around it stays."""
    times = [(note.start_time, note.end_time) for note in self.sequence.notes]
    first, last = self.beat_map.to_beats([min(start for start, _ in times), max(end for _, end in times)])
    if not self.on_grid:  # windows are whole there
      return self.within(0.0, np.inf)
    return self.within(float(first), float(last))

  def unchanged(self):
    """The tokens themselves: the edit that changes nothing."""
    return self.outputs

  def changes(self, edit):
    """New tokens `[S, T, D]` -> `compose.Changes`: notes that they still say are the piece's own, to the millisecond.

    The piece's notes that its own tokens do not say (other instruments, chords below a melody) stay as they are.
    """
    decode = lambda tokens: self.converter.from_windows(tokens, qpm=BEATS_QPM, **self.controls).notes
    per_quarter = self.converter.steps_per_quarter
    own, voices = _own_notes(self, decode(self.outputs), per_quarter)
    played = {index for notes in own.values() for index, _ in notes}
    free = {place: list(notes) for place, notes in own.items()}
    kept, ends, new = set(), {}, []
    for note in decode(edit):
      place = _place(note, per_quarter)
      if not free.get(place):
        new.append(note)
        continue
      index, end = free[place].pop(0)
      kept.add(index)
      if _step(note.end_time, per_quarter) != end:
        seconds = float(self.beat_map.to_seconds(np.array([note.end_time]))[0])
        ends[index] = max(seconds, self.sequence.notes[index].start_time + 1e-3)
    loudness = np.mean([self.sequence.notes[i].velocity for i in played]) if played else 80
    added = [_in_seconds(self, note, voices, loudness) for note in new]
    return compose.Changes(tuple(sorted(kept)), tuple(sorted(played - kept)), ends, added)


def outputs_of(windows):
  """The tokens of a list of Windows, `[S, T, D]`."""
  return np.stack([window.outputs for window in windows])


def controls_of(windows):
  """{'controls': float32 `[S, T, C]`} of a list of Windows, or {} where they have none."""
  return {} if windows[0].controls is None else {'controls': np.stack([window.controls for window in windows]).astype(np.float32)}


def read(converter, sequence, beats='auto', name='the piece', semitones=0, meter_text=''):
  """NoteSequence -> TokenPiece. Music in any meter is read as if in bars of four quarters, from its first beat on.

  Args:
    converter: reads whole pieces.
    sequence: in seconds.
    beats: see `request.Settings`.
    name: named in errors.
    semitones: transposes what is read (the drums not).
    meter_text: such as '4/4', see `request.Settings`.

  Raises:
    RejectedSequence: nothing in it that the model reads, and why.
  """
  beat_map, source = musical_time.choose(sequence, beats, meter=meter_text)
  in_beats = musical_time.in_beats(sequence, beat_map)
  del in_beats.time_signatures[:]  # the representations would refuse any but 4/4
  for note in in_beats.notes:
    if not note.is_drum:
      note.pitch = min(max(note.pitch + semitones, 0), 127)
  try:
    windows = converter.to_windows(in_beats)
  except errors.RejectedSequence as error:
    raise errors.RejectedSequence(error.reason, f'{name}: the model reads {converter.name}; {error.detail or error.reason}') from error
  return TokenPiece(sequence, beat_map, source, windows, converter, name)


def _step(beat, per_quarter):
  return int(np.floor(beat * per_quarter + .5 + 1e-6))


def _place(note, per_quarter):
  """What makes two notes the same: pitch (of a drum, its class) and step; times are beats."""
  pitch = drums.CLASS_OF_PITCH[note.pitch] if note.is_drum else note.pitch
  return int(pitch), bool(note.is_drum), _step(note.start_time, per_quarter)


def _own_notes(piece, decoded, per_quarter):
  """What the content's own tokens say of its notes.

  Returns:
    place -> list of (index of the content's note, its last step as the tokens say), and
    instrument in what is decoded -> (instrument, program) that it mostly is in the content.
  """
  in_beats = musical_time.in_beats(piece.sequence, piece.beat_map).notes
  there = {}
  for index in sorted(range(len(in_beats)), key=lambda i: in_beats[i].start_time - in_beats[i].end_time):  # longest first
    there.setdefault(_place(in_beats[index], per_quarter), []).append(index)
  found, votes = {}, collections.defaultdict(collections.Counter)
  for note in decoded:
    place = _place(note, per_quarter)
    if there.get(place):
      index = there[place].pop(0)
      found.setdefault(place, []).append((index, _step(note.end_time, per_quarter)))
      votes[note.instrument][in_beats[index].instrument, in_beats[index].program] += 1
  return found, {instrument: counts.most_common(1)[0][0] for instrument, counts in votes.items()}


def _in_seconds(piece, note, voices, loudness):
  """A new note in the content's time, played by the instrument that its voice mostly is in the content, a little softer than that."""
  start, end = piece.beat_map.to_seconds(np.array([note.start_time, note.end_time]))
  instrument, program = voices.get(note.instrument, (note.instrument, note.program))
  return music_proto.NoteSequence.Note(
      pitch=note.pitch, velocity=int(np.clip(round(ADDED_LOUDNESS * loudness), 1, 127)), start_time=max(float(start), 0.0),
      end_time=float(end), instrument=instrument, program=program, is_drum=note.is_drum)
