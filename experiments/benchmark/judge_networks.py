"""The two judges that are networks; both read stretches of roll and are of other kinds than the classifiers that any method is steered by.

`paper_cnn` is the classifier of the CycleGAN papers (Brunner et al., 2018): five convolutions over frames of 64 steps x 84 pitches.
`map_cnn` reads onsets and frames as two images, scaled to one density, with small square kernels and pooling over all places.
"""
import keras
from keras import ops

from musicnst.layers import images

PAPER_STEPS, MAP_STEPS = 64, 128
# MIDI 24 to 107 of 21 to 108.
LOWEST, PAPER_PITCHES = 3, 84
# Onsets a step to which a picture is scaled, and the fewest that are scaled up to it.
_TYPICAL_ONSETS, _LEAST_ONSETS = .5, .05


def paper_cnn(classes):
  """Model of rolls `[B, 64, 2, 88]` -> logits `[B, C]`. Deviation: `classes` logits, where the papers train one network for each pair."""
  rolls = keras.Input((PAPER_STEPS, 2, 88))
  x = ops.max(rolls, axis=2)[:, :, LOWEST:LOWEST + PAPER_PITCHES, None] * 2 - 1  # [B, 64, 84, 1]
  x = images.leaky_relu(keras.layers.Conv2D(64, (1, 12), (1, 12))(x))
  for filters, height in ((128, 4), (256, 2), (512, 8)):
    x = keras.layers.Conv2D(filters, (height, 1), (height, 1), use_bias=False)(x)
    x = images.leaky_relu(keras.layers.GroupNormalization(groups=-1, epsilon=1e-3)(x))
    x = keras.layers.SpatialDropout2D(.2)(x)
  x = keras.layers.Conv2D(classes, (1, 7))(x)  # [B, 1, 1, C]
  return keras.Model(rolls, keras.layers.Flatten()(x))


def map_cnn(classes):
  """Model of rolls `[B, 128, 2, 88]` -> logits `[B, C]`."""
  rolls = keras.Input((MAP_STEPS, 2, 88))
  pictures = ops.stack([rolls[:, :, 0], ops.max(rolls, axis=2)], -1)  # [B, 128, 88, 2]
  density = ops.mean(ops.sum(rolls[:, :, 0], axis=2), axis=1)
  x = pictures * (_TYPICAL_ONSETS / ops.maximum(density, _LEAST_ONSETS))[:, None, None, None]
  for filters, kernel in ((24, 5), (48, 3), (72, 3), (96, 3)):
    x = ops.relu(keras.layers.Conv2D(filters, kernel, 2, padding='same')(x))
    x = keras.layers.SpatialDropout2D(.1)(x)
  x = ops.concatenate([ops.mean(x, axis=(1, 2)), ops.max(x, axis=(1, 2))], -1)
  x = keras.layers.Dropout(.3)(ops.relu(keras.layers.Dense(96)(x)))
  return keras.Model(rolls, keras.layers.Dense(classes)(x))
