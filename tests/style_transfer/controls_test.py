"""The walks in latent space, against their formulas."""
import dataclasses

import numpy as np
import pytest

from musicnst.representations import testing
from musicnst.style_transfer import controls
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer import spaces

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def _scale(tonic, bars=4):
  """A tune that dwells on the tonic triad of a major key."""
  degrees = (0, 4, 7, 0, 2, 4, 5, 7, 9, 7, 4, 2, 11, 0, 0, 0)
  return testing.sequence([(60 + tonic + degrees[i % 16], i / 4, (i + 1) / 4) for i in range(16 * bars)])


@pytest.mark.parametrize('tonic, expected', [(0, 0), (2, -2), (5, -5), (6, 6), (7, 5), (11, 1)])
def test_transposition_meets_the_key(tonic, expected):
  content, style = (piece_lib.from_sequence(_scale(t)).roll for t in (0, tonic))
  assert controls.transposition(content, style) == expected
  assert set(degree % 12 for degree in MAJOR) >= set((piece_lib.from_sequence(_scale(0)).pitches - 60) % 12)


class _Recorder:
  """Two latents a window (onsets of its lower and upper half), and what was asked to be decoded."""

  name, model = 'recorder', dataclasses.make_dataclass('Model', ['z_size'])(2)

  def __init__(self):
    self.decoded = []

  def encode_rolls(self, rolls):
    onsets = rolls[:, :, 0].reshape(len(rolls), -1, spaces.WINDOW_STEPS, 2, 44)
    return onsets.sum((2, 4)).astype(np.float32)

  def decode_rolls(self, z):
    self.decoded.append(z[0])
    return np.zeros((1, z.shape[1] * spaces.WINDOW_STEPS, 2, 88), np.float32)


def _walk(name, strength, **arguments):
  """(decoded latents, content's latents, style's latents in the content's key, repeated)."""
  latents = _Recorder()
  content, style = piece_lib.from_sequence(testing.chords(6, 0)), piece_lib.from_sequence(testing.chords(4, 1))
  controls.LatentWalk(latents, name, **arguments).run(request_lib.Request(
      [content], [[style]], [np.ones(content.total_steps, bool)], request_lib.Settings(strength=strength)))
  shift = controls.transposition(content.roll, style.roll)
  moved = np.zeros_like(style.roll)
  for key in range(88):
    if 0 <= key + shift < 88:
      moved[:, :, key + shift] = style.roll[:, :, key]
  z = latents.encode_rolls(spaces.rolls_of([content]))[0]
  target = latents.encode_rolls(moved[None])[0][[0, 1, 0]]
  return latents.decoded[0], z, target


@pytest.mark.parametrize('strength', [.25, 1.0])
def test_interpolation_is_on_the_great_circle(strength):
  found, z, target = _walk('interpolation', strength)
  for row, a, b in zip(found, z, target):
    angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    np.testing.assert_allclose(row, (np.sin((1 - strength) * angle) * a + np.sin(strength * angle) * b) / np.sin(angle), rtol=1e-4)


def test_arithmetic_moves_every_window_alike():
  found, z, target = _walk('arithmetic', .5, use_residual=False)
  np.testing.assert_allclose(found - z, np.tile(1.25 * (target.mean(0) - z.mean(0)), (3, 1)), rtol=1e-4)


def test_moment_matching_matches_moments():
  found, z, target = _walk('moment-matching', 1.0, use_residual=False)
  np.testing.assert_allclose(found.mean(0), target.mean(0), rtol=1e-4)
  np.testing.assert_allclose(found.std(0), target.std(0), rtol=1e-3)
  half, _, _ = _walk('moment-matching', .5, use_residual=False)
  np.testing.assert_allclose(half, (z + found) / 2, rtol=1e-4)


def test_reconstruction_decodes_the_content_itself():
  found, z, _ = _walk('reconstruction', 1.0)
  np.testing.assert_array_equal(found, z)
