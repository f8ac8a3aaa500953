"""Which notes of a piece are its tune: by the names of tracks, by the words, else by the notes themselves.

  tune = melody.find(score)
  tune.mask      # the notes of the tune
  tune.lead      # these, and where the tune is silent for long the voice that leads then: what must not be lost
"""
import dataclasses

import numpy as np

from musicnst import errors
from musicnst.analysis import melody_line
from musicnst.analysis import melody_network
from musicnst.analysis import note_features
from musicnst.analysis import track_features
from musicnst.analysis import track_names
from musicnst.analysis import voices

# What a piece is: nothing at all; one voice; a tune over an accompaniment; voices that are equals (a fugue, a choir); no tune found.
TEXTURES = EMPTY, ONE_VOICE, TUNE_AND_ACCOMPANIMENT, EQUAL_VOICES, NO_TUNE = (
    'empty', 'one voice', 'tune and accompaniment', 'equal voices', 'no tune')
# Of a piece with one voice, at most 1 - this share of the notes sounds with another.
ALONE = 0.95
# A track is taken for the tune by its notes where it is this likely and plays single notes to this share.
TRACK_LIKELY, TRACK_SINGLE = 0.5, 0.8
# Words and a track's notes agree (F1 of onsets within so many beats).
WORD_BEATS, SUNG = 0.15, 0.6
# A tune that rests for longer than this is silent; what leads then is `lead`.
SILENT_BEATS = 4.0
# Without tracks: the tune must reach into this share of the bars that have notes, else the top voice is taken.
COVERED = 0.3
# Notes of one pitch that begin within this many beats are one; the longest and loudest stands for it.
DOUBLE_BEATS = 0.1


@dataclasses.dataclass(frozen=True, eq=False)
class Melody:
  """The tune of a Score of N notes.

  Args:
    mask: bool `[N]`, the tune.
    second: bool `[N]`, notes of second voices: counter-melodies, fills, introductions; none of them in `mask`.
    lead: bool `[N]`, `mask`, and where it is silent for more than `SILENT_BEATS` the voice that leads.
    probability: float32 `[N]`, how likely each note is the tune by the notes alone; 0 for drums.
    confidence: from 0 to 1, of the whole decision.
    source: how it was decided: 'asked', 'track NAME', 'words', 'only voice', 'notes of track N', 'classifier', 'top voice', 'nothing'.
    instrument: the instrument that plays the tune where it is a track's, else None.
    texture: one of `TEXTURES`.
  """

  mask: np.ndarray
  second: np.ndarray
  lead: np.ndarray
  probability: np.ndarray
  confidence: float
  source: str
  instrument: object
  texture: str


def find(score, track=None, syllables=None):
  """The tune of a piece.

  Args:
    score: Score; drums are passed over.
    track: an instrument's number or name that is the tune, or None.
    syllables: `[S]` beats at which words are sung, or None.

  Returns:
    Melody.

  Raises:
    ArgumentError: `track` is none of the piece's pitched instruments.
  """
  places = np.flatnonzero(~score.is_drum)
  part = score.select(places)
  classes = probabilities(part)
  chosen = (_asked(part, track) or _named(part) or _sung(part, syllables) or _alone(part) or _by_track(part, classes) or
            _by_notes(part, classes))
  mask, confidence, source, instrument = chosen
  second, lead = _others(part, classes, mask)
  back = lambda values: _scatter(values, places, len(score))
  return Melody(mask=back(mask), second=back(second), lead=back(lead), probability=back(classes[:, melody_network.TUNE]),
                confidence=float(confidence), source=source, instrument=instrument, texture=_texture(part, mask))


def _scatter(values, places, count):
  result = np.zeros(count, values.dtype)
  result[places] = values
  return result


def probabilities(part):
  """float32 `[N, 3]`: the classifier's, of doubled notes once: the others have those of the note that stands for them."""
  stands_for = representatives(part)
  kept = np.flatnonzero(stands_for == np.arange(len(part)))
  result = np.zeros((len(part), 3), np.float32)
  result[kept] = melody_network.probabilities(part.select(kept))
  return result[stands_for]


def representatives(part):
  """int64 `[N]`: for each note the place of the one that stands for all of its pitch that begin with it, itself in most cases."""
  result = np.arange(len(part))
  order = np.lexsort((part.start, part.pitch))
  new = np.r_[True, (np.diff(part.pitch[order]) != 0) | (np.diff(part.start[order]) > DOUBLE_BEATS)][:len(order)]
  firsts = np.append(np.flatnonzero(new), len(order))
  for i in np.flatnonzero(np.diff(firsts) > 1).tolist():
    group = order[firsts[i]:firsts[i + 1]]
    result[group] = group[np.lexsort((part.end[group] - part.start[group], part.velocity[group]))[-1]]
  return result


def _name(part, instrument):
  return part.track_names.get(instrument) or str(instrument)


def _asked(part, track):
  if track is None:
    return None
  known = np.unique(part.instrument).tolist()
  found = [one for one in known if track == one or str(track) == str(one) or str(track).lower() == part.track_names.get(one, '').lower()]
  if not found:
    names = ', '.join(f'{one} {part.track_names.get(one, "")}'.strip() for one in known)
    raise errors.ArgumentError(f'No track {track!r} with pitched notes; there are: {names or "none"}.')
  return np.isin(part.instrument, found), 1.0, f'track {_name(part, found[0])}', found[0]


def _named(part):
  """The track that is named as a tune; of several the surest, then the one with most notes."""
  instruments, counts = np.unique(part.instrument, return_counts=True)
  names = track_names.telling(part.track_names, instruments.tolist())
  found = [(track_names.rank_of_tune(names[one]), -count, one) for one, count in zip(instruments.tolist(), counts.tolist()) if one in names]
  found = sorted(one for one in found if one[0] is not None)
  if not found or len(instruments) < 2:
    return None
  rank, _, instrument = found[0]
  return part.instrument == instrument, (0.99, 0.95, 0.8)[rank], f'track {names[instrument]}', instrument


def _sung(part, syllables):
  """The track whose notes begin where words are sung."""
  if syllables is None or not len(syllables) or not len(part):
    return None
  fit, instrument = max((agreement(part.start[part.instrument == one], syllables), one) for one in np.unique(part.instrument).tolist())
  return (part.instrument == instrument, fit, 'words', instrument) if fit >= SUNG else None


def agreement(starts, syllables):
  """F1 of the onsets of notes and of words, both in beats, within `WORD_BEATS`; 0 where either is missing."""
  starts, syllables = np.unique(starts), np.unique(syllables)
  if not len(starts) or not len(syllables):
    return 0.0
  precision, recall = (np.mean(voices.distance(*pair) <= WORD_BEATS) for pair in ((starts, syllables), (syllables, starts)))
  return float(2 * precision * recall / max(precision + recall, 1e-9))


def _alone(part):
  """A piece with one voice is all tune, of its double stops the top."""
  if not len(part):
    return np.zeros(0, bool), 0.0, 'nothing', None
  if voices.single(part) < ALONE:
    return None
  instruments = np.unique(part.instrument)
  return voices.skyline(part), 1.0, 'only voice', int(instruments[0]) if len(instruments) == 1 else None


def _by_track(part, classes):
  """The track of a band that plays as tunes do, where one stands out."""
  instruments = np.unique(part.instrument)
  if len(instruments) < 2:
    return None
  likely = tune_likeness(part, classes)
  best = int(np.argmax(likely))
  mask = part.instrument == instruments[best]
  if likely[best] < TRACK_LIKELY or voices.single(part.select(mask)) < TRACK_SINGLE:
    return None
  return mask, likely[best], f'notes of track {_name(part, instruments[best])}', int(instruments[best])


def tune_likeness(part, classes):
  """float `[T]`: how likely each instrument of a Score without drums plays the tune; `classes` as of `melody_network.probabilities`."""
  rows = np.hstack([track_features.own(part), track_features.among(part, classes)])
  return track_features.part_likeness(rows)[:, track_features.PARTS.index(track_features.TUNE)]


def _by_notes(part, classes):
  """The line of the classifier, or the top voice where it finds next to none, and of voices that are equals."""
  stands = representatives(part) == np.arange(len(part))
  mask = melody_line.best(part, classes[:, melody_network.TUNE] * stands)
  if _coverage(part, mask) >= COVERED and not voices.are_equal(part):
    return mask, classes[mask, melody_network.TUNE].mean(), 'classifier', None
  mask = _leading(part, classes, stands)
  return mask, 0.5 * classes[mask, :][:, melody_network.TUNE].mean() if mask.any() else 0.0, 'top voice', None


def _coverage(part, mask):
  """Share of the bars with notes that have notes of the mask."""
  bars = np.searchsorted(part.bar_starts, part.start + note_features.CHORD_BEATS, side='right')
  return len(np.unique(bars[mask])) / max(len(np.unique(bars)), 1)


def _leading(part, classes, allowed):
  """The best line of tune and second voices, the top voice where there are none."""
  likely = classes[:, melody_network.TUNE] + classes[:, melody_network.SECOND]
  return melody_line.best(part, np.maximum(likely, 0.6 * voices.top_voice(part)) * allowed)


def _others(part, classes, mask):
  """(`second`, `lead`) beside the tune."""
  second = (classes[:, melody_network.SECOND] > 0.5) & ~mask
  allowed = _silent(part, mask) & (representatives(part) == np.arange(len(part)))
  lead = mask | _leading(part, classes, allowed)
  return second, lead


def _silent(part, mask):
  """bool `[N]`: notes that begin where the tune rests for more than `SILENT_BEATS`."""
  if not len(part):
    return mask
  start, end = part.start[mask], np.maximum.accumulate(part.end[mask])
  rest_from, rest_to = np.r_[part.start[0], end], np.r_[start, part.end.max()]
  rest = np.searchsorted(start, part.start, side='right')
  inside = (part.start >= rest_from[rest] - note_features.CHORD_BEATS) & (part.start < rest_to[rest] - note_features.CHORD_BEATS)
  return inside & ((rest_to - rest_from)[rest] > SILENT_BEATS)


def _texture(part, mask):
  if not len(part):
    return EMPTY
  if voices.single(part) >= ALONE:
    return ONE_VOICE
  if voices.are_equal(part):
    return EQUAL_VOICES
  return TUNE_AND_ACCOMPANIMENT if mask.any() else NO_TUNE
