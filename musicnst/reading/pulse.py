"""Whether onsets follow the pulse of a given beat map, and where in it the beat lies.

Three kinds of music keep time with their file's tempo map: scores, whose onsets stand on its grid; recordings to a click (swung jazz),
whose onsets crowd around its beats; and transcriptions whose tempo is right but whose first beat is anywhere (POP909). Free
performances do not: their phases are spread evenly.
"""
import numpy as np

# Share of onsets within 1/16 of a sixteenth of the grid above which a map is taken as it is (chance: 1/8 straight, 3/16 mixed).
GRID_SHARE, GRID_TOLERANCE_STEPS = 0.6, 1 / 16
# Grid points within a quarter: sixteenths; sixteenths and triplet eighths; triplet sixteenths.
STRAIGHT_GRID, MIXED_GRID = (0.0, 0.25, 0.5, 0.75), (0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75)
SEXTUPLET_GRID = (0.0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6)
# Least share of onsets on the beats themselves: scores have .15 and more; POP909's songs, where their grid is a step off, near 0.
BEAT_SHARE = 0.08
# Phase concentration above which a pulse is followed. Measured: MAESTRO at most 0.1, click-played jazz from 0.2, POP909 from 0.7.
CONCENTRATION = 0.2
HARMONICS = (1, 2, 3, 4, 6, 8, 12)
# How well an onset suits each place within a quarter, and how wide a place is (quarters).
PLACES = ((0.0, 1.0), (0.5, 0.6), (0.25, 0.7), (0.75, 0.7), (1 / 3, 0.22), (2 / 3, 0.3))
WIDTH = 0.02
SHIFTS = 96
# Played by hand (the moments of sixteenths and of their triplets below this), the beat lies within an eighth of a quarter of the
# nominal one; in music that a machine plays it may lie anywhere.
MACHINE, NEAR = 0.6, 1 / 8


def share_near(phases, grid, tolerance):
  """Share of phases `[N]` (quarters) within `tolerance` quarters of a point of `grid`, a sequence of points in one quarter."""
  points = np.append(np.asarray(grid, np.float64), 1.0)
  distances = np.min(np.abs((np.asarray(phases) % 1.0)[:, None] - points), axis=1)  # [N, G] -> [N]
  return float(np.mean(distances <= tolerance + 1e-9)) if len(phases) else 0.0


def on_grid(phases):
  """Whether most onsets stand on sixteenths, with or without triplets, or on triplets and their halves, and some on the beat."""
  if share_near(phases, (0.0,), GRID_TOLERANCE_STEPS / 4) < BEAT_SHARE:
    return False
  return any(share_near(phases, grid, GRID_TOLERANCE_STEPS / 4) >= GRID_SHARE for grid in (STRAIGHT_GRID, MIXED_GRID, SEXTUPLET_GRID))


def concentration(phases):
  """How unevenly onsets fall within the beat, 0 to 1.

  The largest of some circular moments of the phases `[N]`: for even spread about 1 / sqrt(N), for one place 1. The moments catch
  beats, eighths, swing and triplets, sixteenths, and finer steps.
  """
  phases = np.asarray(phases, np.float64)
  if not len(phases):
    return 0.0
  chance = 1 / np.sqrt(len(phases))
  return float(max(0.0, max(abs(np.mean(np.exp(2j * np.pi * k * phases))) for k in HARMONICS) - 1.5 * chance))


def shift(phases, weights):
  """The phase, -1/2 to 1/2 quarters, at which the beat lies, judged by what falls on beats, eighths, sixteenths and triplets.

  Args:
    phases: `[M]` events in quarters of the map.
    weights: `[M]`.
  """
  shifts = np.arange(SHIFTS) / SHIFTS
  fits = np.array([np.sum(weights * suits(phases - each)) for each in shifts])
  if max(abs(np.mean(np.exp(2j * np.pi * k * phases))) for k in (4, 12)) < MACHINE:
    fits[(shifts > NEAR) & (shifts < 1 - NEAR)] = -np.inf
  return float((shifts[np.argmax(fits)] + 0.5) % 1.0 - 0.5)


def suits(phases):
  """How well phases `[...]` suit the places of a quarter: 1 on the beat, 0 between places."""
  phases = np.asarray(phases) % 1.0
  result = np.zeros_like(phases)
  for place, value in PLACES:
    distance = np.abs(phases - place)
    np.maximum(result, value * np.exp(-0.5 * (np.minimum(distance, 1 - distance) / WIDTH) ** 2), out=result)
  return result
