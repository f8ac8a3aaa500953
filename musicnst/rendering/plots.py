"""Curves as SVG text: the loss terms of a transfer, one small plot a term, since their units differ."""
import html
import math

_WIDTH, _HEIGHT = 260, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 22
_MOST_POINTS = 400


def curves(history):
  """Small SVG plots, one for each term.

  Args:
    history: dict of term -> list of floats, one an iteration; values that are not finite are left out.

  Returns:
    dict of term -> `<svg>` text; a term without two finite values is left out.
  """
  return {term: _curve(term, points) for term, points in ((term, _points(values)) for term, values in history.items()) if len(points) > 1}


def _points(values):
  """[(iteration, value)], thinned so that a long optimization stays a light picture; the last one is always kept."""
  finite = [(i, float(value)) for i, value in enumerate(values) if math.isfinite(float(value))]
  stride = -(-len(finite) // _MOST_POINTS) or 1
  thinned = finite[::stride]
  return thinned if not finite or thinned[-1] == finite[-1] else [*thinned, finite[-1]]


def _curve(term, points):
  lowest, highest = min(v for _, v in points), max(v for _, v in points)
  if -1e-3 * highest <= lowest < highest / 2:
    lowest = 0.  # a positive loss is read against zero unless it hardly moves
  if highest - lowest < 1e-12 * max(1, abs(highest)):
    lowest, highest = min(lowest, 0.), max(highest, 0.) or 1.  # a flat line is read against zero
  first, last = points[0][0], points[-1][0]

  def place(i, value):
    x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * (i - first) / (last - first)
    y = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (highest - value) / (highest - lowest)
    return f'{x:.1f},{y:.1f}'

  line = ' '.join(place(i, value) for i, value in points)
  base, left = _HEIGHT - _BOTTOM, _LEFT - 6
  label = f'{term}: from {short(points[0][1])} to {short(points[-1][1])} in {last - first + 1} iterations'
  return (
      f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(label)}"><title>{html.escape(label)}</title>'
      f'<path class="axis" d="M{_LEFT},{_TOP}V{base}H{_WIDTH - _RIGHT}"/>'
      f'<text x="{left}" y="{_TOP + 6}" text-anchor="end">{short(highest)}</text><text x="{left}" y="{base}" text-anchor="end">{short(lowest)}</text>'
      f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{first + 1}</text><text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">{last + 1}</text>'
      f'<polyline class="curve" points="{line}"/></svg>')


def short(value):
  """A number in three digits, for a person."""
  value = float(value)
  if not math.isfinite(value):
    return 'none' if math.isnan(value) else ('∞' if value > 0 else '-∞')
  if value == 0:
    return '0'
  if 1e-3 <= abs(value) < 1e5:
    text = f'{value:.3g}' if abs(value) < 1000 else f'{value:.0f}'
    return text.removeprefix('0') if text.startswith('0.') else text.replace('-0.', '-.')
  return f'{value:.1e}'
