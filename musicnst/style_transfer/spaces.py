"""What a method may move: the roll itself, or the latents of its windows. Both ways, for pieces side by side."""
import numpy as np

WINDOW_STEPS = 32


def rolls_of(pieces, multiple=WINDOW_STEPS):
  """Pieces -> float32 `[B, T, 2, 88]`, padded with silence to the longest, and that up to a multiple."""
  longest = max(piece.total_steps for piece in pieces)
  rolls = np.zeros((len(pieces), -(-longest // multiple) * multiple, 2, pieces[0].roll.shape[2]), np.float32)
  for row, piece in zip(rolls, pieces):
    row[:piece.total_steps] = piece.roll
  return rolls


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
