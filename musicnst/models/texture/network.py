"""The network that mends moved accompaniment, written once for Keras and for numpy: note by note, each seeing its surroundings and all others.

Every note of the roll that is read becomes a token: the keys around it that sound and that the tune takes, the tones of its chord as seen from
it (and those of the chord that the rule took it from), its register, length and place. Tokens attend to each other (Vaswani et al., 2017; how
far away by pitch and by time another lies is a bias of the attention, as in Shaw et al., 2018). Each says of every key up to an octave around it
how much likelier a note there becomes; these numbers are added to the logits of the roll that was read. The last layer begins at zero: an
untrained network changes nothing.

`xp` is numpy or `keras.ops`; B windows of T steps with N notes, D units, H heads.
"""
import numpy as np

from musicnst.models.texture import windows

KEYS = windows.KEYS
# Keys to either side that a note sees, and that it can move to.
SEES, REACH = 16, 12
# Distances that attention tells apart, in semitones and steps; those beyond count as these.
FAR_PITCH, FAR_TIME = 36, 31
# Logits of the cells of the roll that is read.
ON, OFF = 3.0, -6.0
REGISTERS = 8
FEATURES = 3 * (2 * SEES + 1) + 6 * 12 + REGISTERS + 4 + 1 + 2 + 2 + 2 + 2 * 12


def shapes(units, layers, heads):
  """{name: shape} of all weights."""
  result = {'in': (FEATURES, units), 'in_bias': (units,), 'pitch_bias': (2 * FAR_PITCH + 1, layers * heads),
            'time_bias': (2 * FAR_TIME + 1, layers * heads), 'norm': (units,), 'norm_bias': (units,), 'out': (units, 2 * REACH + 1),
            'out_bias': (2 * REACH + 1,)}
  for i in range(layers):
    result |= {f'norm{i}': (units,), f'norm{i}_bias': (units,), f'ask{i}': (units, 3 * units), f'answer{i}': (units, units),
               f'norm_wide{i}': (units,), f'norm_wide{i}_bias': (units,), f'wide{i}': (units, 2 * units), f'wide{i}_bias': (2 * units,),
               f'narrow{i}': (2 * units, units), f'narrow{i}_bias': (units,)}
  return result


def notes_of(roll, most=None):
  """Onsets of rolls, numpy `[B, T, 88]` -> (places int32 `[B, N]` of the notes, step * 88 + key; valid float32 `[B, N]`), by step, then key.

  N is `most`, or what the fullest window has; what is left is filled with place 0, which is not valid.
  """
  flat = np.asarray(roll).reshape(len(roll), -1) > 0
  count = int(max(1, flat.sum(1).max())) if most is None else most
  places, valid = np.zeros((len(flat), count), np.int32), np.zeros((len(flat), count), np.float32)
  for row, cells in enumerate(flat):
    found = np.flatnonzero(cells)[:count]
    places[row, :len(found)], valid[row, :len(found)] = found, 1
  return places, valid


def logits(p, inputs, places, valid, layers, heads, xp, added=None):
  """Logits `[B, T, 176]` of the mended roll.

  Args:
    p: weights by the names of `shapes`.
    inputs: float32 `[B, T, windows.DEPTH]`.
    places, valid: as of `notes_of`.
    added: as of `tokens`.
  """
  step, key = places // KEYS, places % KEYS
  held = _held(inputs, step, key, xp)
  x = tokens(p, inputs, places, valid, layers, heads, xp, held, added)
  return _on_cells(inputs, _dense(x, p, 'out') * valid[..., None], step, key, held, xp)


def tokens(p, inputs, places, valid, layers, heads, xp, held=None, added=None):
  """What is known of each note after all have attended to all, `[B, N, D]`; arguments as of `logits`.

  Args:
    held: as of `_held`, where it is known.
    added: `[B, D]`, what every note of a window is told beside what it sees; None for nothing.
  """
  step, key = places // KEYS, places % KEYS
  held = _held(inputs, step, key, xp) if held is None else held
  x = _dense(_features(inputs, step, key, held, xp), p, 'in')
  x = x if added is None else x + added[:, None]
  away, later = key[:, None] - key[:, :, None], step[:, None] - step[:, :, None]
  bias = (xp.take(p['pitch_bias'], xp.clip(away, -FAR_PITCH, FAR_PITCH) + FAR_PITCH, axis=0)
          + xp.take(p['time_bias'], xp.clip(later, -FAR_TIME, FAR_TIME) + FAR_TIME, axis=0))  # [B, N, N, layers H]
  bias = xp.transpose(bias, (0, 3, 1, 2)) + (np.float32(1e4) * (valid - 1))[:, None, None]
  for i in range(layers):
    x = x + _attended(_normed(x, p, f'norm{i}', xp), bias[:, i * heads:(i + 1) * heads], p, i, heads, xp)
    wide = _dense(_normed(x, p, f'norm_wide{i}', xp), p, f'wide{i}')
    x = x + _dense(xp.maximum(wide, np.float32(0)), p, f'narrow{i}')
  return _normed(x, p, 'norm', xp)


def _held(inputs, step, key, xp):
  """float32 `[B, T, N]`, 1 at the steps after its first in which a note sounds on."""
  steps = inputs.shape[1]
  sustain = inputs[:, :, KEYS:2 * KEYS]
  column = xp.take_along_axis(sustain, key[:, None] + xp.zeros((1, steps, 1), 'int32'), 2)
  silent = xp.cumsum(1 - column, axis=1)
  since = silent - xp.take_along_axis(silent, step[:, None], 1)
  return _float((xp.arange(steps, dtype='int32')[None, :, None] > step[:, None]) & (since < .5), xp)


def _features(inputs, step, key, held, xp):
  """float32 `[B, N, FEATURES]`."""
  onset, sustain = inputs[:, :, :KEYS], inputs[:, :, KEYS:2 * KEYS]
  tune = inputs[:, :, windows.TUNE:windows.TUNE + KEYS] + inputs[:, :, windows.TUNE + KEYS:windows.ROOT]
  found = [_keys_around(roll, step, key, xp) for roll in (onset, sustain, tune)]
  turn, later = (key + windows.pianoroll.MIN_PITCH) % 12, xp.minimum(step + 4, inputs.shape[1] - 1)
  turned = lambda first, at: _gather(inputs[:, :, first:first + 12], at, (turn[..., None] + xp.arange(12, dtype='int32')) % 12, xp)
  found += [turned(first, step) for first in (windows.ROOT, windows.TONES, windows.BASS, windows.SCALE)]
  found += [turned(first, later) for first in (windows.ROOT, windows.TONES)]
  centres = np.linspace(0, KEYS - 1, REGISTERS, dtype=np.float32)
  height = _float(key, xp)[..., None]
  found.append(xp.exp(-xp.square((height - centres) / np.float32(KEYS / REGISTERS))))
  found += [_float(step[..., None] % 4 == xp.arange(4, dtype='int32'), xp), _float(step, xp)[..., None] / np.float32(inputs.shape[1])]
  found.append(_gather(inputs[:, :, windows.PLACES:windows.FROM_TONES], step, xp.zeros_like(step)[..., None] + xp.arange(2, dtype='int32'), xp))
  length = xp.sum(held, axis=1)[..., None] + 1
  found += [xp.minimum(length / 4, np.float32(1)), xp.minimum(length / 16, np.float32(1))]
  up_to = _gather(xp.cumsum(onset, axis=2), step, xp.stack([key, xp.zeros_like(key) + KEYS - 1], -1), xp)
  below, above = up_to[..., :1] - 1, up_to[..., 1:] - up_to[..., :1]
  found += [xp.minimum(below / 4, np.float32(1)), xp.minimum(above / 4, np.float32(1))]
  found += [turned(first, step) for first in (windows.FROM_TONES, windows.FROM_SCALE)]
  return xp.concatenate(found, -1)


def _keys_around(roll, step, key, xp):
  """What a roll `[B, T, 88]` has at each note's step, SEES keys down to SEES keys up: `[B, N, 2 SEES + 1]`."""
  padded = xp.pad(roll, ((0, 0), (0, 0), (SEES, SEES)))
  return _gather(padded, step, key[..., None] + xp.arange(2 * SEES + 1, dtype='int32'), xp)


def _gather(array, step, cells, xp):
  """`[B, T, C]` at steps `[B, N]`, of each the cells `[B, N, W]` -> `[B, N, W]`."""
  steps, count = array.shape[1:]
  notes, width = cells.shape[1:]
  flat = xp.reshape(step[..., None] * count + cells, (-1, notes * width))
  return xp.reshape(xp.take_along_axis(xp.reshape(array, (-1, steps * count)), flat, 1), (-1, notes, width))


def _attended(x, bias, p, i, heads, xp):
  """What notes learn from each other, `[B, N, D]`; `bias` `[B, H, N, N]`."""
  notes, units = x.shape[1:]
  size = units // heads
  parts = xp.reshape(x @ p[f'ask{i}'], (-1, notes, 3, heads, size))
  query, keys, values = (xp.transpose(parts[:, :, j], (0, 2, 1, 3)) for j in range(3))
  scores = query @ xp.transpose(keys, (0, 1, 3, 2)) * np.float32(size ** -.5) + bias
  scores = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
  mixed = scores / xp.sum(scores, axis=-1, keepdims=True) @ values
  return xp.reshape(xp.transpose(mixed, (0, 2, 1, 3)), (-1, notes, units)) @ p[f'answer{i}']


def _on_cells(inputs, moves, step, key, held, xp):
  """Each note's numbers `[B, N, 2 REACH + 1]` added to the logits of the keys around it, where it begins and where it is held."""
  padded = xp.pad(moves, ((0, 0), (0, 0), (1, 1)))
  cells = xp.clip(xp.arange(KEYS, dtype='int32') - key[..., None] + REACH + 1, 0, 2 * REACH + 2)
  rows = xp.take_along_axis(padded, cells, 2)  # [B, N, 88]
  begins = _float(xp.arange(inputs.shape[1], dtype='int32')[None, :, None] == step[:, None], xp)
  added = xp.concatenate([begins @ rows, held @ rows], -1)
  return inputs[:, :, :2 * KEYS] * np.float32(ON - OFF) + np.float32(OFF) + added


def _dense(x, p, name):
  return x @ p[name] + p[f'{name}_bias']


def _normed(x, p, name, xp):
  centred = x - xp.mean(x, axis=-1, keepdims=True)
  return centred / xp.sqrt(xp.mean(xp.square(centred), axis=-1, keepdims=True) + np.float32(1e-5)) * p[name] + p[f'{name}_bias']


def _float(values, xp):
  """Booleans or integers as float32."""
  return values.astype(np.float32) if xp is np else xp.cast(values, 'float32')
