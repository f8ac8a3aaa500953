"""What the instruments of General MIDI can play: their range, and whether they sound one note at a time.

Ranges are sounding pitches of the usual modern instruments (Adler, "The Study of Orchestration", appendix A); synthesizers and effects have none.
"""

WHOLE = (0, 127)
# First program, last program, lowest and highest MIDI pitch.
_RANGES = (
    (0, 7, 21, 108), (8, 8, 60, 108), (9, 9, 79, 108), (10, 10, 60, 108), (11, 11, 53, 89), (12, 12, 36, 96), (13, 13, 65, 108), (14, 14, 60, 77),
    (15, 15, 48, 96), (16, 20, 24, 108), (21, 21, 29, 96), (22, 22, 55, 96), (23, 23, 36, 96), (24, 31, 40, 88), (32, 37, 28, 67),
    (40, 40, 55, 103), (41, 41, 48, 91), (42, 42, 36, 84), (43, 43, 28, 67), (44, 45, 28, 103), (46, 46, 24, 103), (47, 47, 38, 57),
    (48, 51, 28, 103), (52, 54, 40, 84), (56, 56, 54, 86), (57, 57, 40, 77), (58, 58, 26, 65), (59, 59, 54, 86), (60, 60, 34, 77),
    (61, 61, 34, 86), (64, 64, 56, 88), (65, 65, 49, 81), (66, 66, 44, 76), (67, 67, 36, 69), (68, 68, 58, 91), (69, 69, 52, 81),
    (70, 70, 34, 75), (71, 71, 50, 94), (72, 72, 74, 108), (73, 73, 59, 98), (74, 74, 60, 98), (75, 75, 55, 96), (77, 77, 50, 86),
    (79, 79, 60, 89), (104, 104, 48, 84), (105, 105, 48, 88), (106, 106, 50, 88), (107, 107, 43, 91), (108, 108, 48, 84), (109, 109, 55, 80),
    (110, 110, 55, 103), (111, 111, 58, 86))
RANGES = {program: (low, high) for first, last, low, high in _RANGES for program in range(first, last + 1)}
# Winds, brass, solo strings and basses play lines.
MONOPHONIC = frozenset((*range(32, 40), *range(40, 44), *range(56, 61), *range(64, 76), 77, 78, 79, 109, 110, 111))


def pitch_range(program):
  """(lowest, highest) MIDI pitch that a program (0 to 127) can play; all of them of one that has no range."""
  return RANGES.get(int(program), WHOLE)


def monophonic(program):
  """Whether a program (0 to 127) plays one note at a time."""
  return int(program) in MONOPHONIC
