"""Random batches as `dataset.batches` and the trainer give them: what a model is tried on where there is no music."""
from collections.abc import Sequence
from typing import Any

import numpy as np


def batch(converter: Any, size: int, seed: int = 0) -> dict[str, np.ndarray]:
  """`size` random windows of a converter.

  Returns:
    dict: `inputs`, `outputs` (the same array where a converter asks for what it reads), `lengths`, `seeds`, and `controls` where the converter
    has any.
  """
  random = np.random.default_rng(seed)
  shape = (size, converter.steps, converter.output_depth)
  outputs = random.random(shape).astype(np.float32) if converter.real_valued else tokens(random, shape, converter.categorical_depths)
  same = converter.input_depth == converter.output_depth and not converter.variant  # a variant says what its inputs lack
  inputs = outputs if same else tokens(random, (size, converter.steps, converter.input_depth))
  found = {'inputs': inputs, 'outputs': outputs, 'lengths': np.full(size, converter.steps, np.int32),
           'seeds': random.integers(0, 2**31 - 1, size).astype(np.int32)}
  if converter.num_lengths > 1:
    found['lengths'] = random.integers(1, converter.steps // converter.num_lengths + 1, (size, converter.num_lengths)).astype(np.int32)
  if converter.control_depth:
    found['controls'] = tokens(random, (size, converter.steps, converter.control_depth), (converter.control_depth,))
  return found


def one_of_each(converter: Any, classes: int, size: int, seed: int = 0) -> dict[str, np.ndarray]:
  """The same where an example is one window of each class: `inputs` and `outputs` `[B, K, T, D]`."""
  random = np.random.default_rng((seed, 1))
  shape = (size, converter.steps, converter.input_depth)
  windows = np.stack([tokens(random, shape, converter.categorical_depths) for _ in range(classes)], 1)
  return {**batch(converter, size, seed), 'inputs': windows, 'outputs': windows}


def tokens(random: np.random.Generator, shape: Sequence[int], depths: Sequence[int] = ()) -> np.ndarray:
  """float32 0/1 `[B, T, D]`: one-hot blocks of `depths`, or thin independent bits."""
  if not depths:
    return (random.random(shape) < .1).astype(np.float32)
  return np.concatenate([np.eye(depth, dtype=np.float32)[random.integers(0, depth, shape[:2])] for depth in depths], axis=-1)
