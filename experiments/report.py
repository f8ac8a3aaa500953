"""What the results of all experiments share: numbers rounded alike, files written whole, markdown tables, figures with their axes.

Results are OUTPUT.json, the numbers; OUTPUT.md, the page made of them; OUTPUT.png, the figure.
"""
import contextlib
import json
import math
import os

import numpy as np

from musicnst import errors
from musicnst import files

DIGITS = 5


# ---------------------- numbers and files ----


def rounded(value, places=None):
  """JSON-able copy of nested dicts and lists: floats to five significant digits, or to so many decimal places; numpy's values as Python's."""
  if isinstance(value, dict):
    return {str(name): rounded(entry, places) for name, entry in value.items()}
  if isinstance(value, (np.ndarray, np.generic)):
    value = value.tolist()
  if isinstance(value, (list, tuple)):
    return [rounded(entry, places) for entry in value]
  if not isinstance(value, float):
    return value
  return float(f'{value:.{DIGITS}g}') if places is None else round(value, places)


def write_text(path, text):
  """Writes a text that ends with one newline; complete or not at all."""
  with files.atomic_path(path) as temporary, open(temporary, 'w', encoding='utf-8') as out:
    out.write(text.rstrip('\n') + '\n')


def write_json(path, value, places=None, lines=False):
  """Writes `rounded(value, places)`.

  Args:
    path: of the file.
    value: nested dicts and lists.
    places: as in `rounded`.
    lines: a line for each entry of the lists that a dict on top holds, for long tables; else indented.
  """
  value = rounded(value, places)
  if not lines:
    write_text(path, json.dumps(value, indent=1))
    return
  blocks = [f'{json.dumps(name)}: [\n' + ',\n'.join(map(json.dumps, entries)) + '\n]' for name, entries in value.items()]
  write_text(path, '{\n' + ',\n'.join(blocks) + '\n}')


def read_json(path, missing=None):
  """What a JSON file holds; `missing` where there is no such file, unless that is None.

  Raises:
    DataError: no such file (and nothing in its place), or no JSON.
  """
  if missing is not None and not os.path.isfile(path):
    return missing
  try:
    with open(path, encoding='utf-8') as handle:
      return json.load(handle)
  except (OSError, ValueError) as error:
    raise errors.DataError(f'{path}: not a JSON file that can be read ({error})') from error


def write(output, results, page, places=None, lines=False):
  """OUTPUT.json and OUTPUT.md; returns the rounded results.

  Args:
    output: path without extension.
    results: dict for `write_json`.
    page: function of the rounded results, as they are read back from the JSON: the page shows what the file holds. Returns markdown.
    places, lines: as in `write_json`.
  """
  results = rounded(results, places)
  write_json(output + '.json', results, places, lines)
  write_text(output + '.md', page(results))
  return results


# ---------------------- tables ----


def table(columns, rows):
  """A table in markdown, without a newline at its end.

  Args:
    columns: titles.
    rows: lists of as many cells; None is an empty cell.
  """
  cells = [columns, ['---'] * len(columns), *rows]
  return '\n'.join('| ' + ' | '.join('' if cell is None else str(cell) for cell in row) + ' |' for row in cells)


def number(value, digits=3):
  """A number without its leading zero; '' for None."""
  if value is None:
    return ''
  text = f'{value:.{digits}f}'
  return text.replace('0.', '.', 1) if text.startswith(('0.', '-0.')) else text


# ---------------------- figures ----


def pyplot():
  """matplotlib.pyplot without a window.

  Raises:
    ArgumentError: matplotlib, which only the experiments need, is not installed.
  """
  try:
    import matplotlib
  except ImportError as error:
    raise errors.ArgumentError(f"figures need matplotlib ({error}): pip install '.[experiments]'") from error
  matplotlib.use('agg')
  from matplotlib import pyplot as found
  return found


@contextlib.contextmanager
def figure(path, rows=1, columns=1, rect=(0, 0, 1, 1), **options):
  """Yields (figure, axes `[rows, columns]`) of a PNG that is written to `path` at the end.

  Args:
    path: of the PNG; nothing is written where drawing fails.
    rows, columns: of panels.
    rect: left, bottom, right, top of what the panels may fill, as shares of the figure.
    **options: of `pyplot.subplots`.
  """
  plot = pyplot()
  made, axes = plot.subplots(rows, columns, squeeze=False, **options)
  try:
    yield made, axes
    made.tight_layout(rect=rect)
    with files.atomic_path(path) as temporary:
      # No version of matplotlib inside: the same figure is the same file.
      made.savefig(temporary, dpi=100, format='png', metadata={'Software': None})
  finally:
    plot.close(made)


@contextlib.contextmanager
def panels(path, count, columns, size, **options):
  """`figure` of as many panels as there are things to show, at most `columns` side by side; yields (figure, list of their axes).

  Args:
    count: of panels.
    columns: at most.
    size: (width, height) of a panel in inches.
    **options: of `figure`.
  """
  columns = min(columns, count)
  rows = math.ceil(count / columns)
  with figure(path, rows, columns, figsize=(size[0] * columns, size[1] * rows), **options) as (made, axes):
    for axis in axes.flat[count:]:
      axis.set_visible(False)
    yield made, list(axes.flat[:count])


def label(axis, title='', x='', y='', size=8):
  """Titles of a panel and of its axes; its legend where its lines have names."""
  axis.set_title(title, fontsize=size + 1)
  axis.set_xlabel(x, fontsize=size)
  axis.set_ylabel(y, fontsize=size)
  axis.tick_params(labelsize=size - 1)
  if axis.get_legend_handles_labels()[0]:
    axis.legend(fontsize=size - 1)
