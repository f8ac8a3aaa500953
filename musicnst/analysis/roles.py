"""What each track of a band plays: tune, bass, chords, pad, counter-melody or drums; a keyboard may play the tune and its accompaniment."""
import dataclasses

import numpy as np

from musicnst.analysis import melody as melodies
from musicnst.analysis import track_features
from musicnst.analysis import track_names
from musicnst.analysis import voices

TUNE, BASS, CHORDS, PAD, COUNTER, DRUMS = track_names.ROLES
MIXED = 'tune and accompaniment'
# Programs of General MIDI that say their part.
BASS_PROGRAMS, PAD_PROGRAMS, PERCUSSIVE_PROGRAMS = range(32, 40), range(88, 96), range(112, 120)
# A track that is not said to be drums must look this much like them; a bass this much like a bass.
DRUM_LIKE, BASS_LIKE = 0.9, 0.5
# A track whose notes are the tune to this share is the tune's, to the lesser share the tune's and its accompaniment's.
ALL_TUNE, SOME_TUNE = 0.7, 0.1
# Chords held for this many beats are a pad; single notes this often are a line; a line is as often unlike the bar before.
PAD_BEATS, LINE_SINGLE, FIGURE_SAME = 1.8, 0.8, 0.4


@dataclasses.dataclass(frozen=True)
class Role:
  """A track's part, one of `track_names.ROLES` or `MIXED`; how sure (0 to 1); and whether its name, program or notes told."""

  name: str
  confidence: float
  source: str


def of_tracks(score, melody=None):
  """The part of every instrument of a Score.

  Args:
    score: Score; its names and programs are used where they tell.
    melody: `melody.Melody` of the score, or None to find it here.

  Returns:
    dict instrument -> Role, in rising order of instruments.
  """
  drums = _drums(score)
  pitched = dataclasses.replace(score, is_drum=score.is_drum | np.isin(score.instrument, list(drums)))
  melody = melody or melodies.find(pitched)
  found = drums | _by_notes(pitched.pitched())
  names = track_names.telling(score.track_names, sorted(found))
  return {one: _told(score, one, names.get(one), melody) or found[one] for one in sorted(found)}


def _told(score, instrument, name, melody):
  """What tune, name and program say of an instrument that is not flagged as drums, in this order, or None."""
  mask = score.instrument == instrument
  if score.is_drum[mask].mean() > 0.5:
    return None
  share = melody.mask[mask].mean()
  if instrument == melody.instrument or share >= ALL_TUNE:
    return Role(TUNE, melody.confidence, melody.source)
  if share >= SOME_TUNE:
    return Role(MIXED, melody.confidence, melody.source)
  named = track_names.role(name) if name else None
  if named and named != TUNE:
    return Role(named, 0.9, f'name {name}')
  program = int(np.bincount(score.program[mask]).argmax())
  if program in BASS_PROGRAMS:
    return Role(BASS, 0.9, 'program')
  if program in PAD_PROGRAMS and voices.single(score.select(mask)) < LINE_SINGLE:
    return Role(PAD, 0.8, 'program')
  if program in PERCUSSIVE_PROGRAMS:
    return Role(DRUMS, 0.7, 'program')
  return None


def _drums(score):
  """dict instrument -> Role of those that are drums: as the file says, and where it says of none, by their notes."""
  instruments = np.unique(score.instrument)
  flagged = np.array([score.is_drum[score.instrument == one].mean() > 0.5 for one in instruments], bool)
  if flagged.any() or not len(instruments):
    return {int(one): Role(DRUMS, 1.0, 'drum channel') for one in instruments[flagged]}
  likely = track_features.drum_likeness(track_features.own(score))
  return {int(one): Role(DRUMS, float(value), 'notes') for one, value in zip(instruments, likely) if value > DRUM_LIKE}


def _by_notes(part):
  """dict instrument -> Role of a Score without drums."""
  if not len(part):
    return {}
  return {one: _pitched_role(part.select(part.instrument == one), row)
          for one, row in zip(np.unique(part.instrument).tolist(), part_likeness(part))}


def part_likeness(part):
  """float `[T, len(track_features.PARTS)]` of a Score without drums."""
  rows = np.hstack([track_features.own(part), track_features.among(part, melodies.probabilities(part))])
  return track_features.part_likeness(rows)


def _pitched_role(track, likely):
  bass = float(likely[track_features.PARTS.index(track_features.BASS)])
  if bass >= BASS_LIKE:
    return Role(BASS, bass, 'notes')
  return Role(_under_the_tune(track), float(likely[track_features.PARTS.index(track_features.REST)]), 'notes')


def _under_the_tune(track):
  """Pad, chords or counter-melody, by rule: held chords; chords or a figure that keeps its rhythm; else a line."""
  values = dict(zip(track_features.OWN, track_features.own(track)[0]))
  single = voices.single(track) >= LINE_SINGLE
  if not single:
    return PAD if 2**values['length'] >= PAD_BEATS else CHORDS
  figure = values['same_bar'] > FIGURE_SAME or values['leaps'] > 0.4
  return CHORDS if figure else COUNTER
