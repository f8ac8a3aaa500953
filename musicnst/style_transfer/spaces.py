"""What a method may move: the roll itself, or the latents of its windows. Both ways, for pieces side by side."""
import numpy as np

from musicnst.representations import padding

WINDOW_STEPS = 32


def rolls_of(pieces, steps=None):
  """Pieces -> float32 `[B, steps, 2, 88]`, silence behind them; by default as many whole windows as the longest fills."""
  steps = steps or -(-max(piece.total_steps for piece in pieces) // WINDOW_STEPS) * WINDOW_STEPS
  return np.stack([padding.to_length(np.asarray(piece.roll, np.float32), steps) for piece in pieces])


def candidate_noise(candidates, shape, deviation, normal):
  """Where the candidates of a content start beside it: the first at the content itself, the others near it.

  Args:
    candidates: int `[R]`, the number of the candidate, 0 for the first, that each row of the variable is.
    shape: of the variable, `[R, ...]`.
    deviation: of the noise, such as `LatentSpace.noise`.
    normal: row's index -> standard normal draws, an array of the shape of a row.

  Returns:
    float64 of that shape.
  """
  noise = np.zeros(shape)
  for row, candidate in enumerate(candidates):
    if candidate:
      noise[row] = deviation * normal(row)
  return noise


def repeated(rolls, steps):
  """A roll (or rows) `[T, ...]` repeated from its start, or cut, to `[steps, ...]`."""
  return rolls[np.arange(steps) % len(rolls)]


class RollSpace:
  """The roll itself.

  Args:
    threshold: from here a cell is on.
  """

  # Steps of the music in one row of the variable; noise that sets further candidates apart.
  name, row_steps, noise = 'roll', 1, .1
  description = 'roll'

  def __init__(self, threshold=.5):
    self.threshold = threshold

  def encode(self, rolls):
    """float32 `[B, T, 2, 88]` -> the variable, itself."""
    return np.asarray(rolls, np.float32)

  def decode(self, variable):
    """bool `[B, T, 2, 88]`."""
    return np.asarray(variable) >= self.threshold


class LatentSpace:
  """Posterior means of windows of 32 steps, `[B, S, Z]`.

  Args:
    latents: roll_latents.RollLatents.
  """

  name, row_steps, noise = 'latents', WINDOW_STEPS, .5

  def __init__(self, latents):
    self.latents = latents

  @property
  def description(self):
    return f'latents of {self.latents.name}'

  def encode(self, rolls):
    """float32 `[B, S * 32, 2, 88]` -> `[B, S, Z]`."""
    return self.latents.encode_rolls(rolls)

  def decode(self, variable):
    """bool `[B, S * 32, 2, 88]`, what the decoder writes, not residual."""
    return self.latents.decode_rolls(variable) > .5
