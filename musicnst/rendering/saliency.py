"""Piano rolls over saliency maps as one SVG picture: a column a window, the music on top, below it what a classifier looked at."""
import html

import numpy as np

# Of a cell of the roll, and of what stands around a panel, in units of the picture.
_CELL, _GAP, _TITLE = 4, 16, 22
# Fewest keys that a panel shows.
_LEAST_KEYS = 24


def picture(panels):
  """SVG text.

  Args:
    panels: list of (title, sounding bool `[T, P]`, saliency `[T, P]` 0 to 1), all with one P; a higher column is a higher pitch.

  Raises:
    ValueError: no panels.
  """
  if not panels:
    raise ValueError('no panels to draw')
  low, high = _key_range([np.asarray(sounding) > 0 for _, sounding, _ in panels])
  height, x, parts = (high - low) * _CELL, _GAP, []
  for title, sounding, saliency in panels:
    width = len(sounding) * _CELL
    parts.append(f'<text x="{x}" y="{_TITLE - 6}">{html.escape(title)}</text>')
    parts.append(_roll(x, _TITLE, np.asarray(sounding)[:, low:high].astype(float), 'n', height, width))
    parts.append(_roll(x, _TITLE + height + _GAP, np.asarray(saliency)[:, low:high], 's', height, width))
    x += width + _GAP
  total = _TITLE + 2 * height + 2 * _GAP
  style = ('text{font:12px sans-serif}rect{stroke:none}.f{fill:#f6f6f4}.n{fill:#30445c}.s{fill:#c0392b}')
  return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x} {total}" width="{x}" height="{total}" role="img" '
          f'aria-label="piano rolls over saliency maps"><style>{style}</style><rect width="{x}" height="{total}" fill="#fff"/>'
          + ''.join(parts) + '</svg>\n')


def _key_range(rolls):
  """(lowest, highest + 1) column that any panel needs."""
  used = np.flatnonzero(np.any([roll.any(0) for roll in rolls], axis=0))
  low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
  missing = max(_LEAST_KEYS - (high - low), 0)
  low = max(low - missing // 2, 0)
  return low, min(max(high, low + _LEAST_KEYS), rolls[0].shape[1])


def _roll(x, y, values, kind, height, width):
  """One panel: a rectangle for each run of equal cells that are not 0."""
  found = [f'<rect class="f" x="{x}" y="{y}" width="{width}" height="{height}"/>']
  levels = np.round(np.clip(values, 0, 1), 2)
  for key in range(levels.shape[1]):
    column = levels[:, key]
    edges = np.flatnonzero(np.diff(np.concatenate([[0.0], column, [0.0]])))
    for start, end in zip(edges, edges[1:]):
      if column[start]:
        found.append(f'<rect class="{kind}" x="{x + start * _CELL}" y="{y + height - (key + 1) * _CELL}" width="{(end - start) * _CELL}" '
                     f'height="{_CELL}" fill-opacity="{column[start]:g}"/>')
  return ''.join(found)
