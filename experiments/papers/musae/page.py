"""Results of the experiments on MusAE: one JSON and one page an item, written beside each other."""
import json
import os

from musicnst import files


def write(output_dir, name, results, text):
  """Writes `<name>.json` (floats rounded) and `<name>.md`."""
  with files.atomic_path(os.path.join(output_dir, f'{name}.json')) as path, open(path, 'w', encoding='utf-8') as out:
    json.dump(rounded(results), out, indent=1)
    out.write('\n')
  with files.atomic_path(os.path.join(output_dir, f'{name}.md')) as path, open(path, 'w', encoding='utf-8') as out:
    out.write(text.rstrip() + '\n')


def table(columns, rows):
  """A table in markdown."""
  lines = ['| ' + ' | '.join(map(str, row)) + ' |' for row in (columns, ['---'] * len(columns), *rows)]
  return '\n'.join(lines)


def rounded(value, digits=5):
  """JSON-able values with floats of so many significant digits."""
  if isinstance(value, dict):
    return {str(name): rounded(v, digits) for name, v in value.items()}
  if isinstance(value, (list, tuple)):
    return [rounded(v, digits) for v in value]
  return float(f'{float(value):.{digits}g}') if hasattr(value, 'dtype') or isinstance(value, float) else value


def number(value, digits=3):
  """A number without its leading zero, as the tables have it; an empty text for None."""
  if value is None:
    return ''
  text = f'{value:.{digits}f}'
  return text.replace('0.', '.', 1) if text.startswith(('0.', '-0.')) else text
