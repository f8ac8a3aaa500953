"""Chords by a recognizer that is not ours: the dynamic programme of pip's smg-metrics, after the one that labelled POP909 (Wang et al., 2020).

It reads MIDI files; scores go there at one quarter a half second.
"""
import os
import tempfile

import numpy as np

from musicnst.metrics import arrangement

SECONDS = .5
PITCH_CLASSES = {name: number for number, names in enumerate(
    (('C', 'B#'), ('C#', 'Db'), ('D',), ('D#', 'Eb'), ('E', 'Fb'), ('F', 'E#'), ('F#', 'Gb'), ('G',), ('G#', 'Ab'), ('A',), ('A#', 'Bb'),
     ('B', 'Cb')))
                 for name in names}
NOTHING = -1


def available():
  """Whether smg-metrics is installed (the extra `experiments`)."""
  try:
    import smg_metrics  # noqa: F401
  except ImportError:
    return False
  return True


def at(score, times):
  """(root int `[T]`, minor bool `[T]`) of a Score at quarters `[T]`; root -1 for no chord."""
  import smg_metrics.chord_recognition as chord_recognition  # `from smg_metrics import` recurses in 5.4
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'score.mid')
    _write(score, path)
    found = chord_recognition.recognize_chords(path)
  root, minor = np.full(len(times), NOTHING), np.zeros(len(times), bool)
  for interval in found:
    inside = (times * SECONDS >= interval.start) & (times * SECONDS < interval.end)
    root[inside], minor[inside] = _read(interval.label)
  return root, minor


def kept(content, result):
  """`metrics.arrangement.chords_kept` of two Scores by half bars, by that recognizer."""
  times = np.array([bar.start_beat + share * (bar.end_beat - bar.start_beat) for bar in content.bars for share in (.25, .75)])
  root, minor = at(content, times)
  after, after_minor = at(result, times)
  return arrangement.chords_kept(root, minor, root >= 0, after, after_minor, np.ones(len(times)))


def _read(label):
  """'A:min7/b3' -> (9, True)."""
  name, _, quality = label.partition(':')
  if name not in PITCH_CLASSES:
    return NOTHING, False
  return PITCH_CLASSES[name], quality.startswith(('min', 'dim', 'hdim'))


def _write(score, path):
  import mido
  file = mido.MidiFile(ticks_per_beat=480)
  track = mido.MidiTrack()
  file.tracks.append(track)
  events = [(0, 0, mido.MetaMessage('set_tempo', tempo=int(SECONDS * 1e6))),
            (0, 0, mido.MetaMessage('time_signature', numerator=score.bars[0].numerator, denominator=score.bars[0].denominator))]
  for pitch, velocity, start, end in zip(score.pitch.tolist(), score.velocity.tolist(), score.start.tolist(), score.end.tolist()):
    events.append((round(start * 480), 2, mido.Message('note_on', note=pitch, velocity=max(velocity, 1))))
    events.append((max(round(end * 480), round(start * 480) + 1), 1, mido.Message('note_off', note=pitch)))
  now = 0
  for tick, _, message in sorted(events, key=lambda event: event[:2]):
    track.append(message.copy(time=tick - now))
    now = tick
  file.save(path)
