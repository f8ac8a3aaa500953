"""From decided cells back to a NoteSequence: kept notes stay what they were, new notes get timing, loudness and instrument."""
import dataclasses

import numpy as np

from musicnst import music_proto
from musicnst.representations import pianoroll

# New notes are this much softer than what surrounds them.
ADDED_LOUDNESS = .92
# How far (in steps) to look for neighbours of a new note, and how many are needed for a typical deviation from the grid.
NEIGHBOUR_STEPS, MIN_NEIGHBOURS = 64, 4
# An octave away counts like this many steps away when the nearest note is sought.
STEPS_PER_OCTAVE = 6.0


@dataclasses.dataclass(frozen=True)
class Edit:
  """What was decided for one Piece.

  Args:
    keep: bool `[N]`, for each of the piece's notes.
    pitches, start_steps, end_steps: int `[M]`, the notes to add.
    longer: int `[N]`, by how many steps each of the piece's notes is held longer; None for none.
  """

  keep: np.ndarray
  pitches: np.ndarray
  start_steps: np.ndarray
  end_steps: np.ndarray
  longer: np.ndarray | None = None


def edit_of(piece, gates, added_onsets, added_frames):
  """Decided cells -> Edit.

  Args:
    piece: the content, T steps.
    gates: bool `[T, 88]`, at onset cells of the content: the note stays.
    added_onsets, added_frames: bool `[T, 88]`, where new notes start and sound; sound that follows a kept note without a new onset
      lengthens that note.
  """
  keys = piece.pitches - pianoroll.MIN_PITCH
  keep = gates[piece.start_steps, keys]
  held = added_frames & ~added_onsets
  pitches, starts, ends = pianoroll.decode_notes(np.stack([added_onsets, held], 1))
  return Edit(keep=keep, pitches=pitches, start_steps=starts, end_steps=ends, longer=np.where(keep, _held_on(piece, keys, held), 0))


def _held_on(piece, keys, held):
  """int `[N]`: for how many steps `held` cells follow the last cell of each note of the piece."""
  longer = np.zeros(len(keys), int)
  going = np.ones(len(keys), bool)
  while going.any():
    step = piece.end_steps + longer
    going &= (step < len(held)) & held[np.minimum(step, len(held) - 1), keys]
    longer += going
  return longer


def edit_from_roll(piece, roll, editable=None):
  """Edit that turns a piece into a result roll: a note whose onset cell is still on is kept whole, other onsets are new.

  A new note ends where its sustain ends, or where a kept note of its pitch sounds.

  Args:
    piece: Piece of T steps.
    roll: 0/1 `[T or longer, 2, 88]`.
    editable: bool `[T]`, the steps where the roll counts; None for all.
  """
  roll = np.asarray(roll[:piece.total_steps]).astype(bool)
  if editable is not None:
    roll = np.where(editable[:, None, None], roll, piece.roll > 0)
  content = piece.roll[:, 0] > 0
  gates = content & roll[:, 0]
  keys = np.arange(roll.shape[2])
  owned = (piece.owner >= 0) & gates[np.maximum(piece.owner, 0), keys[None]]
  owned |= piece.frames & (piece.owner < 0)  # notes that began before this stretch sound on
  onsets = roll[:, 0] & ~content & ~owned
  held = roll[:, 1] & ~owned & ~onsets
  return edit_of(piece, gates, onsets, held | onsets)


def edit_of_notes(piece, notes, row=0):
  """Edit of one row of decided notes (numpy of `residual.decode`: `gates`, `added_onsets`, `added_frames`, each `[B, T', 88]`)."""
  decided = lambda name: notes[name][row, :piece.total_steps] > .5
  return edit_of(piece, decided('gates'), decided('added_onsets'), decided('added_frames'))


def keeping(keep):
  """Edit that adds nothing and keeps the notes of `keep`, bool `[N]`."""
  nothing = np.zeros(0, int)
  return Edit(keep, nothing, nothing, nothing)


@dataclasses.dataclass(frozen=True)
class Changes:
  """What becomes of a NoteSequence's notes; those that are not named stay as they are.

  Args:
    kept: indices of notes that were looked at and stay.
    removed: indices of notes that go.
    ends: index -> seconds at which a note now ends.
    added: list of Note protos, in seconds.
    controls_removed: indices of control changes that go.
    controls_added: list of ControlChange protos, in seconds.
  """

  kept: tuple
  removed: tuple
  ends: dict
  added: list
  controls_removed: tuple = ()
  controls_added: list = dataclasses.field(default_factory=list)


def changes_of(piece, edit):
  """A Piece and its Edit -> Changes of the piece's sequence."""
  return Changes(
      kept=tuple(piece.note_index[edit.keep].tolist()), removed=tuple(piece.note_index[~edit.keep].tolist()), ends=_later_ends(piece, edit),
      added=_added_notes(piece, edit))


def joined(parts):
  """Changes of several parts of one sequence -> one."""
  return Changes(
      kept=tuple(i for part in parts for i in part.kept), removed=tuple(i for part in parts for i in part.removed),
      ends={i: seconds for part in parts for i, seconds in part.ends.items()}, added=[note for part in parts for note in part.added],
      controls_removed=tuple(i for part in parts for i in part.controls_removed),
      controls_added=[change for part in parts for change in part.controls_added])


def compose(source, changes):
  """Applies changes to a sequence.

  Args:
    source: NoteSequence, in seconds.
    changes: Changes.

  Returns:
    (sequence, kept, added, removed): the result, sorted by onset, and lists of Note protos.
  """
  removed_index = set(changes.removed)
  removed = [source.notes[i] for i in sorted(removed_index)]
  result = music_proto.NoteSequence()
  result.CopyFrom(source)
  for i, seconds in changes.ends.items():
    result.notes[i].end_time = seconds
  notes = list(result.notes)
  kept = [notes[i] for i in sorted(changes.kept)]
  staying = [note for i, note in enumerate(notes) if i not in removed_index]
  del result.notes[:]
  result.notes.extend(sorted(staying + changes.added, key=lambda n: (n.start_time, n.instrument, n.pitch)))
  _set_controls(result, changes)
  result.total_time = max([source.total_time] + [n.end_time for n in result.notes])
  return result, kept, changes.added, removed


def _set_controls(result, changes):
  if changes.controls_removed or changes.controls_added:
    gone = set(changes.controls_removed)
    staying = [change for i, change in enumerate(result.control_changes) if i not in gone]
    del result.control_changes[:]
    result.control_changes.extend(sorted(staying + changes.controls_added, key=lambda change: change.time))


def _later_ends(piece, edit):
  """Index in the source's notes -> seconds at which a lengthened note now ends."""
  if edit.longer is None or not edit.longer.any():
    return {}
  deviations, found = _Deviations(piece), {}
  for i in np.flatnonzero(edit.longer):
    beat = deviations.beat(int(piece.end_steps[i] + edit.longer[i]))
    index = int(piece.note_index[i])
    found[index] = max(piece.sequence.notes[index].end_time, float(piece.beat_map.to_seconds(np.array([beat]))[0]))
  return found


def _added_notes(piece, edit):
  """Note protos of the new notes, in seconds."""
  if not len(edit.pitches):
    return []
  deviations = _Deviations(piece)
  notes = []
  for pitch, start, end in zip(edit.pitches.tolist(), edit.start_steps.tolist(), edit.end_steps.tolist()):
    near = _nearest_note(piece, pitch, start)
    model = piece.sequence.notes[piece.note_index[near]]
    start_beat, end_beat = deviations.beat(start), deviations.beat(end)
    seconds = piece.beat_map.to_seconds(np.array([start_beat, max(end_beat, start_beat + .125 / piece.steps_per_quarter)]))
    notes.append(music_proto.NoteSequence.Note(
        pitch=pitch, velocity=_loudness(piece, start), start_time=max(float(seconds[0]), 0.0), end_time=float(seconds[1]),
        instrument=model.instrument, program=model.program, part=model.part, voice=model.voice))
  return notes


class _Deviations:
  """How far the content plays from its own grid, step by step: exact where it plays itself, else as its neighbours do."""

  def __init__(self, piece):
    self.per_quarter, self.first_step = piece.steps_per_quarter, piece.first_step
    self.steps = piece.start_steps
    self.off = piece.start_beats - (piece.start_steps + piece.first_step) / piece.steps_per_quarter  # beats
    order = np.argsort(self.steps, kind='stable')
    self.steps, self.off = self.steps[order], self.off[order]
    # The place of a step in its quarter, counted from the piece's first beat.
    self.phases = (self.steps + self.first_step) % self.per_quarter

  def beat(self, step):
    """Beat at which something on this step should sound."""
    return max((step + self.first_step) / self.per_quarter + self._offset(step), 0.0)

  def _offset(self, step):
    low, high = np.searchsorted(self.steps, [step, step + 1])
    if high > low:
      return float(self.off[low:high].mean())
    low, high = np.searchsorted(self.steps, [step - NEIGHBOUR_STEPS, step + NEIGHBOUR_STEPS])
    alike = self.phases[low:high] == (step + self.first_step) % self.per_quarter
    return float(np.median(self.off[low:high][alike])) if alike.sum() >= MIN_NEIGHBOURS else 0.0


def _nearest_note(piece, pitch, step):
  """Index of the content's note nearest in time and pitch."""
  distance = np.abs(piece.start_steps - step) + np.abs(piece.pitches - pitch) * (STEPS_PER_OCTAVE / 12)
  return int(np.argmin(distance))


def _loudness(piece, step):
  """Velocity for a new note: a little below the mean of the notes that start within two steps, else of the nearest ones."""
  distance = np.abs(piece.start_steps - step)
  near = piece.velocities[distance <= max(2, distance.min())]
  return int(np.clip(round(float(near.mean()) * ADDED_LOUDNESS), 1, 127))
