"""Whole pieces through a model of tokens: NoteSequence -> windows -> `tokens.run` -> one restyled NoteSequence, with what changed."""
import collections
import dataclasses
import time

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.reading import meter
from musicnst.reading import musical_time
from musicnst.representations import drums
from musicnst.style_transfer import controls
from musicnst.style_transfer.pieces import result as result_lib
from musicnst.style_transfer.tokens import latents as tokens

# Loudness of new notes, beside the mean of what the content has.
ADDED_LOUDNESS = .92
BEATS_QPM = 60.0


@dataclasses.dataclass(frozen=True)
class Read:
  """A piece as a model of tokens reads it.

  Args:
    sequence: NoteSequence, in seconds.
    beat_map: seconds <-> beats.
    windows: list of consecutive Windows.
    beats_from: where the beats come from.
  """

  sequence: object
  beat_map: object
  windows: list
  beats_from: str


def read(engine, sequence, beats='auto', name='the piece', semitones=0):
  """NoteSequence -> Read. Music in any meter is read as if in bars of four quarters, from its first beat on.

  Args:
    engine: tokens.TokenEngine.
    sequence: in seconds.
    beats: see `transfer_each`.
    name: named in errors.
    semitones: transposes what is read (the drums not).

  Raises:
    RejectedSequence: nothing in it that the model reads, and why.
  """
  beat_map, source = musical_time.choose(sequence, beats)
  in_beats = musical_time.in_beats(sequence, beat_map)
  del in_beats.time_signatures[:]  # the representations would refuse any but 4/4
  for note in in_beats.notes:
    if not note.is_drum:
      note.pitch = min(max(note.pitch + semitones, 0), 127)
  try:
    windows = engine.converter.to_windows(in_beats)
  except errors.RejectedSequence as error:
    raise errors.RejectedSequence(error.reason, f'{name}: the model reads {engine.converter.name}; {error.detail or error.reason}') from error
  return Read(sequence, beat_map, windows, source)


@dataclasses.dataclass(frozen=True)
class Task:
  """What is the same for every content of one call, as `transfer._Task`."""

  entry: object
  settings: object
  engine: tokens.TokenEngine
  styles: list  # of (name, NoteSequence)
  beats: str
  bars: tuple | None
  load: object  # content -> (name, NoteSequence)
  progress: object

  def run(self, content):
    """One content -> TransferResult."""
    started = time.monotonic()
    name, sequence = self.load(content)
    content = read(self.engine, sequence, self.beats, name)
    style = [window for style_name, style in self.styles
             for window in read(self.engine, style, self.beats, style_name, _transposition(sequence, style)).windows]
    if self.settings.strength == 0:
      found = tokens.Latents(tokens.outputs_of(content.windows))
    else:
      found = tokens.run(self.engine, self.entry.name, content.windows, style, self.settings, self.progress)
    finish = lambda outputs: _composed(self.engine, content, self._within_bars(content, outputs))
    result, kept, added, removed = finish(found.outputs)
    return result_lib.TransferResult(
        sequence=result, content=sequence, style=self.styles[0][1], kept=kept, added=added, removed=removed,
        metrics=_metrics(content, [s for _, s in self.styles], result), history=found.history,
        snapshots={i: finish(outputs)[0] for i, outputs in found.snapshots.items()}, settings=self._described(name, content),
        seconds=time.monotonic() - started, bars=[float(s) for s in content.beat_map.to_seconds(_bar_beats(content))])

  def _within_bars(self, content, outputs):
    """The outputs where bars may change, the content's own tokens elsewhere."""
    if self.bars is None:
      return outputs
    bars = _bar_beats(content)
    if self.bars[0] > len(bars):
      raise errors.ArgumentError(f'bars {self.bars[0]}-{self.bars[1]}: the piece has {len(bars)} bars')
    per_quarter = self.engine.converter.steps_per_quarter
    first = round(bars[self.bars[0] - 1] * per_quarter)
    last = round(bars[self.bars[1]] * per_quarter) if self.bars[1] < len(bars) else np.inf
    starts = np.array([window.start_step for window in content.windows])[:, None]
    steps = starts + (np.arange(outputs.shape[1]) if self.engine.on_grid else np.zeros(outputs.shape[1], int))
    inside = (steps >= first) & (steps < last)
    return np.where(inside[..., None], outputs, tokens.outputs_of(content.windows))

  def _described(self, name, content):
    names, settings = [n for n, _ in self.styles], self.settings
    described = {
        'method': self.entry.name, 'model': self.engine.trained.config.name, 'content': name,
        'style': ', '.join(names[:5]) + (' ...' if len(names) > 5 else ''), 'strength': settings.strength,
        'style_weight': settings.style_weight, 'content_weight': settings.content_weight, 'num_steps': settings.num_steps, 'seed': settings.seed,
        'beats_from': content.beats_from}
    return {**described, **({'bars': f'{self.bars[0]}-{self.bars[1]}'} if self.bars else {})}


def _bar_beats(content):
  """Beats at which the content's bars begin."""
  return np.array([bar.start_beat for bar in meter.bars(content.sequence, content.beat_map)])


def _transposition(content, style):
  """Semitones, -5 to 6, that bring the style to the content's key (as `controls.transposition`, of NoteSequences); 0 without pitches."""
  chroma = lambda sequence: np.bincount(
      [n.pitch % 12 for n in sequence.notes if not n.is_drum], [n.end_time - n.start_time for n in sequence.notes if not n.is_drum], 12)
  first, second = chroma(content), chroma(style)
  return controls.key_shift(first, second) if first.any() and second.any() else 0


def _composed(engine, content, outputs):
  """(sequence, kept, added, removed): notes that the new tokens still say are the content's own, to the millisecond.

  The content's notes that its own tokens do not say (other instruments, chords below a melody) stay as they are.
  """
  known = tokens.controls_of(content.windows)
  decode = lambda tokens_: engine.converter.from_windows(tokens_, qpm=BEATS_QPM, **known).notes
  per_quarter = engine.converter.steps_per_quarter
  own, voices = _own_notes(content, decode(tokens.outputs_of(content.windows)), per_quarter)
  played = {index for notes in own.values() for index, _ in notes}
  free = {place: list(notes) for place, notes in own.items()}
  kept_index, ends, new = set(), {}, []
  for note in decode(outputs):
    place = _place(note, per_quarter)
    if not free.get(place):
      new.append(note)
      continue
    index, end = free[place].pop(0)
    kept_index.add(index)
    if _step(note.end_time, per_quarter) != end:
      ends[index] = float(content.beat_map.to_seconds(np.array([note.end_time]))[0])
  loudness = np.mean([content.sequence.notes[i].velocity for i in played]) if played else 80
  added = [_in_seconds(content, note, voices, loudness) for note in new]
  return _assembled(content, played, kept_index, ends, added)


def _step(beat, per_quarter):
  return int(np.floor(beat * per_quarter + .5 + 1e-6))


def _place(note, per_quarter):
  """What makes two notes the same: pitch (of a drum, its class) and step; times are beats."""
  pitch = drums.CLASS_OF_PITCH[note.pitch] if note.is_drum else note.pitch
  return int(pitch), bool(note.is_drum), _step(note.start_time, per_quarter)


def _own_notes(content, decoded, per_quarter):
  """What the content's own tokens say of its notes.

  Returns:
    place -> list of (index of the content's note, its last step as the tokens say), and
    instrument in what is decoded -> (instrument, program) that it mostly is in the content.
  """
  in_beats = musical_time.in_beats(content.sequence, content.beat_map).notes
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


def _assembled(content, played, kept_index, ends, added):
  """The result of `compose.compose`, of indices of the content's notes: those in play, those that stay, new ends, and new notes."""
  source = content.sequence
  result = music_proto.NoteSequence()
  result.CopyFrom(source)
  for i, seconds in ends.items():
    result.notes[i].end_time = max(seconds, result.notes[i].start_time + 1e-3)
  notes = list(result.notes)
  kept = [notes[i] for i in sorted(kept_index)]
  staying = [note for i, note in enumerate(notes) if i not in played or i in kept_index]
  removed = [source.notes[i] for i in sorted(played - kept_index)]
  del result.notes[:]
  result.notes.extend(sorted(staying + added, key=lambda n: (n.start_time, n.instrument, n.pitch)))
  result.total_time = max([source.total_time] + [n.end_time for n in result.notes])
  return result, kept, added, removed


def _in_seconds(content, note, voices, loudness):
  """A new note in the content's time, played by the instrument that its voice mostly is in the content, a little softer than that."""
  start, end = content.beat_map.to_seconds(np.array([note.start_time, note.end_time]))
  instrument, program = voices.get(note.instrument, (note.instrument, note.program))
  return music_proto.NoteSequence.Note(
      pitch=note.pitch, velocity=int(np.clip(round(ADDED_LOUDNESS * loudness), 1, 127)), start_time=max(float(start), 0.0),
      end_time=float(end), instrument=instrument, program=program, is_drum=note.is_drum)


def _metrics(content, styles, result):
  """`metric_map.measure`; drums count as pitches where the content has nothing else."""
  sequences = [content.sequence, *styles, result]
  if all(note.is_drum for note in content.sequence.notes):
    sequences = [_undrummed(sequence) for sequence in sequences]
  before, *style, after = (notes_lib.of(sequence) for sequence in sequences)
  return metric_map.measure(before, style, after)


def _undrummed(sequence):
  copy = music_proto.NoteSequence()
  copy.CopyFrom(sequence)
  drums = [note for note in copy.notes if note.is_drum]
  del copy.notes[:]
  copy.notes.extend(drums)
  for note in copy.notes:
    note.is_drum = False
  return copy
