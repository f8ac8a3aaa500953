"""Fits the two classifiers of tracks of `musicnst.analysis.track_features` to karaoke files and writes their weights.

  python -m experiments.run train_tracks --corpus_root=/data --output=musicnst/analysis/weights/tracks.npz

Drums are told by their channel, basses by their program, the tune by the words; the classifiers see none of these. Needs the weights of
`train_melody`. About a minute.
"""
from absl import flags
import numpy as np

from musicnst import files as outputs
from musicnst.analysis import melody
from musicnst.analysis import roles
from musicnst.analysis import track_features
from experiments.analysis import melody_songs

STEPS, RATE, DECAY = 1000, 0.5, 1e-2


def bands(root, split):
  """[(Score, {instrument: part})]: `drums` or one of `track_features.PARTS`; songs whose singer is unknown have no tune and no rest."""
  found = []
  for path in melody_songs.rows(root, 'karaoke', split):
    song = melody_songs.karaoke(root, path)
    if song is not None:
      found.append((song.score, truth(song)))
  return found


def truth(song):
  """{instrument: part} of a karaoke Song."""
  score, result = song.score, {}
  for one in np.unique(score.instrument).tolist():
    mask = score.instrument == one
    bass = int(np.bincount(score.program[mask]).argmax()) in roles.BASS_PROGRAMS
    result[one] = (roles.DRUMS if score.is_drum[mask].mean() > 0.5 else roles.TUNE if song.label[mask].mean() > 0.5 else
                   roles.BASS if bass else track_features.REST)
  return result


def fit(rows, label, classes, weight=None):
  """Multinomial logistic regression: (weights `[F + 1, C]`, mean, scale), by gradient descent, with a price on large weights."""
  mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
  x, target = np.column_stack([(rows - mean) / scale, np.ones(len(rows))]), np.eye(classes)[label]
  weight = np.ones(len(rows)) if weight is None else weight
  w = np.zeros((x.shape[1], classes))
  for _ in range(STEPS):
    values = np.exp(x @ w - (x @ w).max(axis=1, keepdims=True))
    error = (values / values.sum(axis=1, keepdims=True) - target) * weight[:, None]
    w -= RATE * (x.T @ error / weight.sum() + DECAY * np.vstack([w[:-1], np.zeros((1, classes))]))
  return w, mean, scale


def run(root):
  """{name: array} as `track_features.weights` has them."""
  own, drums, rows, parts = [], [], [], []
  for score, known in bands(root, 'train'):
    tracks = track_features.own(score)
    own.append(tracks)
    drums += [known[one] == roles.DRUMS for one in sorted(known)]
    part = score.pitched()
    rows.append(np.hstack([track_features.own(part), track_features.among(part, melody.probabilities(part))]))
    parts += [track_features.PARTS.index(known[one]) if known[one] in track_features.PARTS else track_features.PARTS.index(track_features.REST)
              for one in np.unique(part.instrument).tolist()]
  w, mean, scale = fit(np.vstack(own), np.array(drums, int), 2)
  result = {'drums': w[:, 1] - w[:, 0], 'drums_mean': mean, 'drums_scale': scale}
  w, mean, scale = fit(np.vstack(rows), np.array(parts), len(track_features.PARTS))
  return result | {'parts': w, 'parts_mean': mean, 'parts_scale': scale}


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_string('corpus_root', None, 'Folder with manifest.csv.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'File of weights (.npz) to write.', flag_values=flag_values, required=True)


def main(flag_values):
  """Flags -> weights."""
  found = run(flag_values.corpus_root)
  with outputs.atomic_path(flag_values.output) as path, open(path, 'wb') as file:
    np.savez_compressed(file, **{name: value.astype(np.float32) for name, value in found.items()})
