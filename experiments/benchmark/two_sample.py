"""The two-sample test: can a classifier tell results from real pieces? The area under its curve; .5 is best, real against real the reference.

Lopez-Paz and Oquab, "Revisiting classifier two-sample tests" (2017); here with two kinds of classifiers, grouped by piece.
"""
import numpy as np
from sklearn import ensemble
from sklearn import linear_model
from sklearn import metrics
from sklearn import model_selection
from sklearn import pipeline
from sklearn import preprocessing

# Quarters of a segment: eight bars of four.
SEGMENT = 32
LEAST_NOTES = 12
KINDS = {
    'logistic': lambda seed: pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression(C=.1, max_iter=500)),
    'forest': lambda seed: ensemble.RandomForestClassifier(200, min_samples_leaf=3, random_state=seed, n_jobs=1),
}


def features(notes):
  """float `[S, D]`: one row for each segment of 32 quarters of a Score that holds enough notes."""
  first = float(np.floor(notes.start.min() / 4) * 4) if len(notes) else 0.0
  segment = ((notes.start - first + .06) // SEGMENT).astype(int)
  parts = [notes.select(segment == i) for i in np.unique(segment)]
  return np.array([_row(part) for part in parts if len(part) >= LEAST_NOTES]).reshape(-1, 146)


def _row(notes):
  start = np.floor(notes.start * 4 + .5).astype(int)
  length = np.clip(np.round((notes.end - notes.start) * 4), 1, 16).astype(int)
  share = lambda values, size: np.bincount(np.clip(values, 0, size - 1), minlength=size) / max(len(values), 1)
  order = np.lexsort((notes.pitch, start))
  pitch, onset = notes.pitch[order], start[order]
  together = np.diff(onset) == 0
  vertical, top = np.diff(pitch)[together], _line(pitch, onset, max)
  bottom, moments = _line(pitch, onset, min), np.unique(onset)
  chord = np.bincount(np.unique(onset, return_inverse=True)[1])
  sounding = _sounding(start, length)
  chroma = np.bincount(notes.pitch % 12, length, 12)
  return np.concatenate([
      share(start % 16, 16), share(length - 1, 16), share(notes.pitch // 6 - 3, 16), share(np.abs(vertical), 13), share(np.diff(top) + 12, 25),
      share(np.diff(bottom) + 12, 25), share(np.diff(moments) - 1, 9), share(chord - 1, 8), share(sounding, 9),
      [len(notes) / 100, sounding.mean(), sounding.std(), (notes.pitch % 12 == np.argmax(chroma)).mean(), np.log(chroma.max() + 1),
       np.sort(chroma / chroma.sum())[-7:].sum(), np.ptp(notes.pitch) / 60, _repeated(onset, pitch), _rub(onset, pitch)]])


def _line(pitch, onset, pick):
  return np.array([pick(pitch[onset == t]) for t in np.unique(onset)])


def _sounding(start, length):
  edges = np.zeros(start.max() - start.min() + 18, int)
  np.add.at(edges, start - start.min(), 1)
  np.add.at(edges, start - start.min() + length, -1)
  return np.cumsum(edges)[:-17]


def _repeated(onset, pitch):
  cells = set(zip(onset.tolist(), pitch.tolist()))
  return np.mean([(t + 16, p) in cells for t, p in cells])


def _rub(onset, pitch):
  return np.mean([((np.abs(pitch[onset == t][:, None] - pitch[onset == t][None]) % 12) == 1).any() for t in np.unique(onset)])


def area(results, real, seed=0, folds=5):
  """{kind: area under the curve} of classifiers that tell two lists of Scores, each piece in one fold only.

  Args:
    results, real: lists of (Score, name of the piece it must not be split from).
    seed: of the folds and the forest.
  """
  rows, labels, groups = [], [], []
  for label, pieces in ((1, results), (0, real)):
    for notes, group in pieces:
      found = features(notes)
      rows.append(found)
      labels += [label] * len(found)
      groups += [group] * len(found)
  x, y, groups = np.concatenate(rows), np.array(labels), np.array(groups)
  split = model_selection.StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
  found = {}
  for kind, build in KINDS.items():
    scores = np.zeros(len(y))
    for train, test in split.split(x, y, groups):
      scores[test] = build(seed).fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    found[kind] = float(metrics.roc_auc_score(y, scores))
  return found
