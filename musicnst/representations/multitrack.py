"""Up to eight instruments of a bar, each a list of events, equal to the tensors of Magenta's MultiInstrumentPerformanceConverter.

A window is one bar of four quarters, 24 steps each: 8 segments of 64 rows, a segment a track (Simon et al. 2018, "Learning a Latent
Space of Multitrack Measures"). A row is one-hot of depth 490:

| cells | |
|---|---|
| 0-359 | an event, see `performance` |
| 360-487 | the track's program, its first row; 488 for drums |
| 489 | the end of the track, its last row |

Rows after a track's end are zeros. A missing track is one row, the end. Tracks stand by program, drums last.
"""
import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import sustain
from musicnst.representations import base
from musicnst.representations import chords as chords_lib
from musicnst.representations import labels
from musicnst.representations import performance
from musicnst.representations import quantize

PROGRAM = performance.DEPTH
DRUMS = PROGRAM + 128
END = DRUMS + 1
DEPTH = END + 1
BAR_STEPS = performance.MAX_SHIFT


class MultitrackConverter(base.Converter):
  """NoteSequence <-> windows of one bar of several instruments, `[512, 490]`, with 8 lengths.

  Notes are cut at bar lines. A bar is left out if it has less than two or more than `tracks` instruments, less than 8 events, or a
  track of more events than fit.

  Args:
    steps: rows of a window, `tracks` segments of equal length.
    tracks: segments.
    chords: whether there are controls `[512, 49]`: the chord at each row (`chords`); inferred where the music names none.
    continuous: every bar of the piece has its window, also an empty one; of more tracks those with the most notes are kept, of more
      events the first.
  """

  name = 'multitrack'
  steps_per_quarter = BAR_STEPS // quantize.BAR_QUARTERS
  input_depth = output_depth = DEPTH
  categorical_depths = (DEPTH,)
  MIN_TRACKS, MIN_EVENTS = 2, 8

  def __init__(self, steps=512, tracks=8, chords=False, continuous=False):
    if steps % tracks or steps // tracks < 3:
      raise errors.ArgumentError(f'{steps} rows do not divide into {tracks} tracks of 3 or more')
    self.steps, self.tracks, self.chords, self.continuous = steps, tracks, chords, continuous
    self.rows = steps // tracks
    self.num_lengths, self.control_depth = tracks, chords_lib.DEPTH * chords
    # Nothing is transposed in a segment that begins with the drums' program.
    self.unmoved_segments = (self.rows, DRUMS)

  def to_dict(self):
    return {'steps': self.steps, 'tracks': self.tracks, 'chords': self.chords, 'continuous': self.continuous}

  @property
  def grid_steps(self):
    return BAR_STEPS

  def to_windows(self, sequence):
    """See `Converter.to_windows`.

    Raises:
      RejectedSequence: another meter (`unsupported_meter`), no notes (`no_notes`), no bar with enough and not too much in it
        (`no_fitting_bar`), or chords that cannot be inferred (`no_chords`).
    """
    quantize.require_four_quarters(sequence)
    if any(change.control_number == sustain.PEDAL for change in sequence.control_changes):
      sequence = sustain.apply_sustain(sequence)
    if not any(note.velocity for note in sequence.notes):
      raise errors.RejectedSequence('no_notes', 'nothing sounds')
    timed = chords_lib.known_or_inferred(sequence, self.steps_per_quarter) if self.chords else []
    names, found, reason = labels.of(sequence), [], None
    for k, bar in enumerate(_bars(sequence, timed)):
      try:
        found.append(self._window(bar, k * BAR_STEPS, names))
      except errors.RejectedSequence as error:
        reason = error
    if not found:
      raise errors.RejectedSequence('no_fitting_bar', f'the last of them: {reason}')
    return found

  def _window(self, bar, start_step, names):
    """The window of one bar.

    Raises:
      RejectedSequence: too much or too little in it.
    """
    tracks = [(program, *performance.bar(notes, BAR_STEPS)) for program, notes in self._chosen(bar.tracks)]
    # As in Magenta, a track of which nothing is left counts as drums, where it stood before.
    tracks = [(program if sounds else DRUMS, tokens[:self.rows - 2] if self.continuous else tokens) for program, tokens, sounds in tracks]
    events = [len(tokens) for _, tokens in tracks]
    if max(events, default=0) > self.rows - 2:
      raise errors.RejectedSequence('too_many_events', f'{max(events)} events in a track; {self.rows - 2} fit')
    if sum(events) < self.MIN_EVENTS and not self.continuous:
      raise errors.RejectedSequence('too_few_events', f'{sum(events)} events in a bar')
    segments = [[program, *tokens, END] for program, tokens in tracks] + [[END]] * (self.tracks - len(tracks))
    lengths = tuple(len(segment) for segment in segments)
    hot = self._laid_out(segments, DEPTH)
    return base.Window(hot, hot, lengths, self._controls(bar, tracks) if self.chords else None, start_step=start_step, labels=names)

  def _chosen(self, tracks):
    """The (program, notes) of a bar that are kept, by program, drums last."""
    if self.continuous:
      most = sorted(range(len(tracks)), key=lambda i: -len(tracks[i][1]))[:self.tracks]
      tracks = [tracks[i] for i in sorted(most)]
    elif not self.MIN_TRACKS <= len(tracks) <= self.tracks:
      raise errors.RejectedSequence('number_of_tracks', f'{len(tracks)} instruments in a bar; {self.MIN_TRACKS} to {self.tracks} are taken')
    return sorted(tracks, key=lambda track: track[0])

  def _controls(self, bar, tracks):
    classes = chords_lib.by_step(bar.chords, bar.total_steps, bar.to_steps)
    at = lambda step: int(classes[min(step, len(classes) - 1)])
    segments = []
    for _, tokens in tracks:
      own = [at(step) for step in performance.starts(tokens)]
      segments.append([0, *own, own[-1]])
    return self._laid_out(segments + [[0]] * (self.tracks - len(tracks)), chords_lib.DEPTH)

  def _laid_out(self, segments, depth):
    """Lists of tokens -> bool `[T, depth]`."""
    whole = np.zeros([self.tracks, self.rows, depth], bool)
    for rows, segment in zip(whole, segments, strict=True):
      rows[np.arange(len(segment)), segment] = True
    return whole.reshape(self.steps, depth)

  def from_windows(self, outputs, qpm=120.0, velocities=None, controls=None):
    """Consecutive outputs `[S, T, 490]` -> NoteSequence: one bar after another, each track of the first its own instrument.

    In later bars a track goes on with the instrument that has had its program (the second of two equal ones with the second).
    `controls` `[S, T, 49]` give the chord symbols; `velocities` is not used.
    """
    seconds = 60.0 / qpm / self.steps_per_quarter
    sequence = music_proto.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    tokens = np.argmax(np.asarray(outputs).reshape(-1, self.tracks, self.rows, DEPTH), axis=-1).tolist()  # [S, K, rows]
    classes = None if controls is None else np.argmax(np.asarray(controls).reshape(len(tokens), self.tracks, self.rows, -1), axis=-1)
    instruments, timed = {}, []
    for window, segments in enumerate(tokens):
      first, seen = window * BAR_STEPS, {}
      for slot, segment in enumerate(segments):
        program, places = _program_and_events(segment)
        nth = seen[program] = seen.get(program, -1) + 1
        instrument = instruments.setdefault((program, nth), slot if window == 0 else max(instruments.values()) + 1)
        events = [segment[i] for i in places]
        _add_notes(sequence, performance.decode(performance.fitted(events, BAR_STEPS)), first, seconds, program, instrument)
        if classes is not None:
          at = performance.starts(events)
          timed += [((first + step) * seconds, chords_lib.symbol_of(int(classes[window, slot, i])))
                    for step, i in zip([step for step in at if step < BAR_STEPS], places)]
    chords_lib.add(sequence, sorted(timed))
    sequence.total_time = len(tokens) * BAR_STEPS * seconds
    return sequence

  def no_controls(self):
    """See `Converter.no_controls`."""
    return chords_lib.one_hot(np.zeros(self.steps, np.int64))[:, :self.control_depth]

  def transpose_index(self, semitones, which='outputs'):
    """See `Converter.transpose_index`: notes on and off move; drums are left by `unmoved_segments`."""
    if which == 'controls':
      return chords_lib.transpose_index(semitones)
    pitch = np.arange(128) - semitones
    pitch = np.where((pitch >= 0) & (pitch < 128), pitch, -1)
    return np.concatenate([pitch, np.where(pitch < 0, -1, pitch + performance.NOTE_OFF), np.arange(256, DEPTH)]).astype(np.int32)


def _program_and_events(segment):
  """(the program's token, where the events are) of a segment's tokens up to its end; program 0 if it names none."""
  segment = segment[:segment.index(END)] if END in segment else segment
  named = [token for token in segment if token >= PROGRAM]
  return named[0] if named else PROGRAM, [i for i, token in enumerate(segment) if token < PROGRAM]


def _add_notes(sequence, notes, first, seconds, program, instrument):
  drums = program == DRUMS
  for note in notes:
    sequence.notes.add(
        pitch=note.pitch, velocity=note.velocity, start_time=(first + note.start) * seconds, end_time=(first + note.end) * seconds,
        program=0 if drums else program - PROGRAM, instrument=instrument, is_drum=drums)


class _Bar:
  """One bar of a sequence: `tracks`, a list of (program token, `Note`s in steps), and its chords from its own beginning."""

  def __init__(self, notes, start, qpm, timed):
    self._steps_per_second = MultitrackConverter.steps_per_quarter * qpm / 60.0
    by_instrument = {}
    for note, begins, ends in notes:
      by_instrument.setdefault(note.instrument, []).append((note, begins - start, ends - start))
    # The order of a Python set, in which Magenta goes through them: it decides between tracks of one program.
    self.tracks = [self._track(by_instrument[i]) for i in set(note.instrument for note, _, _ in notes)]
    last = max((note.end for _, track in self.tracks for note in track), default=1)
    self.total_steps = max(last, *self.to_steps([ends - start for _, _, ends in notes] or [0]))
    before = [symbol for time, symbol in timed if time <= start][-1:]
    self.chords = [(0.0, symbol) for symbol in before] + [(time - start, symbol) for time, symbol in timed if time > start]

  def to_steps(self, seconds):
    """Nearest steps, int64, halves up."""
    return np.trunc(np.asarray(seconds, np.float64) * self._steps_per_second + .5).astype(np.int64)

  def _track(self, notes):
    drums = notes[0][0].is_drum
    notes = sorted(notes, key=lambda note: (note[1], note[0].pitch))
    starts, ends = (self.to_steps([note[i] for note in notes]) for i in (1, 2))
    return DRUMS if drums else PROGRAM + notes[0][0].program, [
        performance.Note(int(start), max(int(end), int(start) + 1), note.pitch, note.velocity)
        for (note, _, _), start, end in zip(notes, starts, ends)]


def _bars(sequence, timed):
  """`_Bar`s of a sequence from its beginning; notes are cut at the bars' ends."""
  qpm = sequence.tempos[0].qpm if sequence.tempos else beat_map_lib.DEFAULT_QPM
  to_time = lambda times: times
  if len({tempo.qpm for tempo in sequence.tempos}) > 1:
    qpm, to_time = 60.0, beat_map_lib.BeatMap.from_tempos(sequence).to_beats  # seconds are quarters
  notes = [note for note in sequence.notes if note.velocity]
  starts = np.asarray(to_time(np.array([note.start_time for note in notes], np.float64)))
  ends = np.asarray(to_time(np.array([note.end_time for note in notes], np.float64)))
  times = np.asarray(to_time(np.array([time for time, _ in timed], np.float64)))
  timed = [(time, symbol) for time, (_, symbol) in zip(times.tolist(), timed)]
  hop = 60.0 * quantize.BAR_QUARTERS / qpm
  total = float(ends.max())
  edges = [0.0, *np.arange(hop, total, hop).tolist()]
  edges.append(max(total, edges[-1]))
  order = np.argsort(starts, kind='stable')
  place = np.searchsorted(edges[:-1], starts, 'right') - 1
  for k, (start, end) in enumerate(zip(edges, edges[1:])):
    own = [(notes[i], float(starts[i]), float(min(ends[i], end))) for i in order if place[i] == k]
    yield _Bar(own, start, qpm, [chord for chord in timed if chord[0] < end])
