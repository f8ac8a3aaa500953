"""Songs whose tune is known, for training and measuring the note classifier of `musicnst.analysis.melody`.

POP909 tells the tune by its tracks, Nottingham too (the first is the tune); in karaoke files the tune is the track whose notes begin
where the words are sung.
"""
import csv
import dataclasses
import os

import mido
import numpy as np

from musicnst import errors
from musicnst.analysis import melody
from musicnst.analysis import melody_network
from musicnst.analysis import score as scores
from musicnst.analysis import voices
from musicnst.reading import files

CLASSES = ACCOMPANIMENT, TUNE, SECOND = melody_network.CLASSES
# A track is sung where its notes and the words agree this well (F1 of onsets within `melody.WORD_BEATS`), and no other track nearly so.
SUNG, SUNG_MARGIN = 0.6, 0.1
AROUND_BEATS = 4.0


@dataclasses.dataclass(frozen=True, eq=False)
class Song:
  """A Score and what each of its N notes is: int64 `[N]` of `melody_network.CLASSES`; -1 where nothing says."""

  corpus: str
  path: str
  score: scores.Score
  label: np.ndarray


def rows(root, corpus, split):
  """Paths of a corpus and split as the manifest has them, sorted."""
  with open(os.path.join(root, 'manifest.csv'), newline='') as file:
    return sorted(row['path'] for row in csv.DictReader(file) if row['corpus'] == corpus and row['split'] == split)


def merged(score, label):
  """One keyboard: instruments forgotten; notes doubled in pitch and onset become one, the longest and loudest, the tune if one is."""
  kept, last = [], {}
  end, velocity, label = score.end.copy(), score.velocity.copy(), label.copy()
  worth = np.array([0, 2, 1])
  for i, (pitch, start) in enumerate(zip(score.pitch.tolist(), score.start.tolist())):
    j = last.get(pitch)
    if j is None or start - score.start[j] > melody.DOUBLE_BEATS:
      kept.append(i)
      last[pitch] = i
      continue
    end[j], velocity[j] = max(end[j], end[i]), max(velocity[j], velocity[i])
    if worth[label[i]] > worth[label[j]]:
      label[j] = label[i]
  nothing = np.zeros(len(score), np.int64)
  whole = dataclasses.replace(score, end=end, velocity=velocity, instrument=nothing, program=nothing, track_names={})
  mask = np.zeros(len(score), bool)
  mask[kept] = True
  return whole.select(mask), label[mask]


def pop909(root, path, merge=True):
  """A song of POP909 as it was played, its tracks merged."""
  score = scores.of(files.read(os.path.join(root, path))[0])
  names = {name: number for number, name in score.track_names.items()}
  label = np.where(score.instrument == names.get('MELODY'), TUNE, np.where(score.instrument == names.get('BRIDGE'), SECOND, ACCOMPANIMENT))
  return Song('pop909', path, *(merged(score, label) if merge else (score, label)))


def pop909cl(root, path):
  """A song of POP909-CL, on its corrected beats; which note is which is taken from POP909. None where the two do not agree."""
  number = os.path.splitext(os.path.basename(path))[0].strip()
  played = pop909(root, f'pop909/{number}/{number}.mid', merge=False)
  score = scores.of(files.read(os.path.join(root, path))[0])
  names = {name: number for number, name in score.track_names.items()}
  score = score.select(score.instrument == names['piano'])
  if len(score) != len(played.score):
    return None
  here, there = (np.lexsort((each.start, each.velocity, each.pitch)) for each in (score, played.score))
  if np.any(score.pitch[here] != played.score.pitch[there]) or np.any(score.velocity[here] != played.score.velocity[there]):
    return None
  label = np.zeros(len(score), np.int64)
  label[here] = played.label[there]
  return Song('pop909cl', path, *merged(score, label))


def nottingham(root, path, merge=True):
  """A folk tune with its chords."""
  score = scores.of(files.read(os.path.join(root, path))[0])
  label = np.where(score.instrument == 0, TUNE, ACCOMPANIMENT)
  return Song('nottingham', path, *(merged(score, label) if merge else (score, label)))


def words(path):
  """float64: the beats at which a karaoke file's words begin; headers (lines with @) and breaks are left out."""
  try:
    file = mido.MidiFile(path, clip=True)
  except (OSError, ValueError, EOFError, IndexError, KeyError, mido.KeySignatureError) as error:
    raise errors.ReadError(path, 'unreadable_words', f'its words cannot be read: {error}.') from error
  found = {'lyrics': [], 'text': []}
  for track in file.tracks:
    ticks = 0
    for message in track:
      ticks += message.time
      if message.type in found and message.text.strip('\\/ \r\n\t') and not message.text.startswith('@'):
        found[message.type].append(ticks / file.ticks_per_beat)
  return np.unique(max(found.values(), key=len))


def karaoke(root, path):
  """A band whose sung track is known by the words; None where no track, or more than one, agrees with them."""
  score = scores.of(files.read(os.path.join(root, path))[0])
  try:
    syllables = words(os.path.join(root, path))
  except errors.ReadError:
    return None
  found = sorted(((melody.agreement(score.start[score.instrument == one], syllables), one) for one in np.unique(score.instrument[~score.is_drum])),
                 reverse=True)
  if not found or found[0][0] < SUNG or (len(found) > 1 and found[0][0] - found[1][0] < SUNG_MARGIN):
    return None
  return Song('karaoke', path, score, np.where(score.instrument == found[0][1], TUNE, ACCOMPANIMENT))


def sung_band(root, path):
  """`karaoke` on one keyboard; what plays more than `AROUND_BEATS` from the singing has no label, and drums are left out."""
  song = karaoke(root, path)
  if song is None:
    return None
  pitched = ~song.score.is_drum
  score, label = merged(song.score.select(pitched), song.label[pitched])
  sung = score.start[label == TUNE]
  return Song('karaoke', path, score, np.where(voices.distance(score.start, sung) <= AROUND_BEATS, label, -1))


def top_voiced(root, path):
  """A piano piece whose top voice is taken for the tune and whose left hand for accompaniment; nothing is said of other notes."""
  score = scores.of(files.read(os.path.join(root, path))[0])
  if not len(score):
    return None
  top = voices.top_voice(score)
  left = score.pitch < np.median(score.pitch[top]) - 12 if len(set(score.instrument.tolist())) != 2 else score.instrument == 1
  label = np.where(top, TUNE, np.where(left, ACCOMPANIMENT, -1))
  return Song(path.split('/')[0], path, *merged(score, label))
