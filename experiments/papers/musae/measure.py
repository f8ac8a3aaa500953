"""What the experiments on MusAE measure on windows: accuracies of states, low-level metrics of rolls, distances between them."""
import numpy as np
import tensorflow as tf

from experiments import windows as windows_lib
from musicnst.representations import tracks


def tags(labels):
  """The set of tags of a window's labels."""
  return set(filter(None, labels.get('genre', '').split('|')))


class Network:
  """A latent model on numpy arrays.

  Args:
    model: LatentModel.
    converter: its converter.
  """

  def __init__(self, model, converter):
    self.model, self.converter = model, converter
    self._encode = tf.function(lambda x: model.encode({'inputs': x, 'outputs': x}).mean, reduce_retracing=True)
    self._decode = tf.function(lambda z: model.decode_tokens(z), reduce_retracing=True)
    self._forced = tf.function(lambda z, x: model.decode_logits(z, {'inputs': x, 'outputs': x}), reduce_retracing=True)

  def encode(self, outputs):
    """`[N, T, D]` -> means `[N, Z]`."""
    return windows_lib.batched(lambda x: self._encode(tf.cast(x, tf.float32)), outputs)

  def decode(self, z):
    """`[N, Z]` -> states int64 `[N, T, K]`, running freely."""
    return self.converter.states(windows_lib.batched(self._decode, np.asarray(z, np.float32)))

  def forced(self, z, outputs):
    """The same, teacher-forced on the truth where the decoder is autoregressive."""
    forced = windows_lib.batched(lambda rows, x: self._forced(rows, tf.cast(x, tf.float32)), np.asarray(z, np.float32), outputs)
    return self.converter.states(forced)


# ---------------------- accuracy ----


def accuracies(truth, found, names):
  """Shares of right states: by track and their mean, of the steps at which a note begins, and of those that sound or begin.

  Args:
    truth, found: states int64 `[N, T, K]`.
    names: of the tracks.
  """
  right = truth == found
  begins = truth < tracks.SILENCE
  by_track = {name: float(right[..., i].mean()) for i, name in enumerate(names)}
  return {**by_track, 'average': float(np.mean(list(by_track.values()))), 'onsets': float(right[begins].mean()) if begins.any() else 1.0,
          'not silent': float(right[truth != tracks.SILENCE].mean()) if (truth != tracks.SILENCE).any() else 1.0}


def constant_accuracies(truth, names):
  """What always saying each track's most frequent state would reach: the floor of `accuracies`."""
  most = np.stack([np.bincount(truth[..., i].ravel(), minlength=tracks.DEPTH).argmax() for i in range(truth.shape[-1])])
  return accuracies(truth, np.broadcast_to(most, truth.shape), names)


# ---------------------- low-level metrics ----


def voice_metrics(states):
  """{metric: float} of one track's states `[T]`: what Figure 3 asks of a piano roll.

  `notes`: how many; `length`: their mean length in steps; `pitch`: mean; `span`: highest less lowest; `step`: mean distance of two consecutive
  pitches; `pitches`: different ones; `silence`: share of silent steps; `off_beat`: share of notes that begin between beats.
  """
  pitches, starts, ends = tracks.decode(states)
  mean = lambda values: float(np.mean(values)) if len(values) else 0.0
  return {
      'notes': float(len(pitches)), 'length': mean(ends - starts), 'pitch': mean(pitches),
      'span': float(np.ptp(pitches)) if len(pitches) else 0.0, 'step': mean(np.abs(np.diff(pitches))),
      'pitches': float(len(np.unique(pitches))), 'silence': float((tracks.sounding(states) == tracks.SILENCE).mean()),
      'off_beat': mean(starts % 4 != 0)}


def metrics(states, names):
  """{'<track> <metric>': float64 `[N]`} of states `[N, T, K]`."""
  found = [{f'{name} {metric}': value for i, name in enumerate(names) for metric, value in voice_metrics(window[:, i]).items()}
           for window in states]
  return {metric: np.array([row[metric] for row in found]) for metric in found[0]}


def hamming(first, second):
  """Share of states that differ, float64 `[N]`, of states `[N, T, K]`."""
  return (first != second).mean(axis=(1, 2))


def mixed(first, second, share, generator):
  """States of which each is that of `second` with probability `share`, else that of `first`: interpolation in the data's space."""
  return np.where(generator.random(first.shape) < share, second, first)
