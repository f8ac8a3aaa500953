"""Names of chords: the qualities that are told apart, their tones, symbols, and the chord that a few notes spell."""
import numpy as np

ROOTS = ('C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')
NONE, NO_CHORD = -1, 'N.C.'
# Name as in Harte et al. (2005), how it is written in a symbol, semitones over the root. Where notes spell two chords alike, the earlier one is
# taken.
_TABLE = (
    ('maj', '', (0, 4, 7)), ('min', 'm', (0, 3, 7)), ('7', '7', (0, 4, 7, 10)), ('min7', 'm7', (0, 3, 7, 10)), ('maj7', 'maj7', (0, 4, 7, 11)),
    ('sus4', 'sus4', (0, 5, 7)), ('sus2', 'sus2', (0, 2, 7)), ('dim', 'dim', (0, 3, 6)), ('hdim7', 'm7b5', (0, 3, 6, 10)),
    ('dim7', 'dim7', (0, 3, 6, 9)), ('aug', 'aug', (0, 4, 8)), ('maj6', '6', (0, 4, 7, 9)), ('min6', 'm6', (0, 3, 7, 9)),
    ('minmaj7', 'm(maj7)', (0, 3, 7, 11)))
QUALITIES, SUFFIXES, TONES = (tuple(column) for column in zip(*_TABLE))
# int8 `[qualities, 12]`: 1 at each tone, from the root.
TEMPLATES = np.array([[interval in tones for interval in range(12)] for tones in TONES], np.int8)
# The third of each quality: 4 major, 3 minor, 0 neither.
THIRDS = np.array([4 if 4 in tones else 3 if 3 in tones else 0 for tones in TONES])
MAJOR, MINOR = QUALITIES.index('maj'), QUALITIES.index('min')


def mask(roots, qualities):
  """Roots and qualities int `[...]` (NONE for no chord) -> bool `[..., 12]`, the pitch classes of each chord."""
  roots, qualities = np.asarray(roots), np.asarray(qualities)
  intervals = (np.arange(12) - roots[..., None]) % 12
  return (TEMPLATES[qualities[..., None], intervals] > 0) & (roots >= 0)[..., None]


def symbol(root, quality, bass=NONE):
  """Such as `Am7`, `C/G`, `N.C.`; the bass is written where it is not the root."""
  if root < 0:
    return NO_CHORD
  return ROOTS[root] + SUFFIXES[quality] + (f'/{ROOTS[bass]}' if bass not in (NONE, root) else '')


def spelled(pitches, root=None):
  """The chord that pitches spell: (root, quality, bass), the bass being the lowest of them; NONE three times for fewer than two pitch classes.

  The root and quality with most tones in common, half a tone off for each that is missing and each that is left over, a quarter more where
  the root is the lowest note (so C E G A is a C6 over C and an Am7 over A); then the earlier in the table. `root` is the root where it is known.
  """
  present = np.bincount(np.asarray(pitches, np.int64) % 12, minlength=12) > 0
  if present.sum() < 2:
    return NONE, NONE, NONE
  bass = int(min(pitches)) % 12
  turned = np.array([np.roll(present, -root) for root in range(12)])
  common = turned.astype(int) @ TEMPLATES.T
  score = common - .5 * (TEMPLATES.sum(1) - common) - .5 * (present.sum() - common)
  score[bass] += .25
  if root is not None:
    score[np.arange(12) != root] = -np.inf
  best = np.argwhere(score >= score.max() - 1e-9)
  root, quality = min(best.tolist(), key=lambda pair: pair[1])
  return root, quality, bass
