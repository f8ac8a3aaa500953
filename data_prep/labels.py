"""Labels of files from a table: composer and genre by path."""
import csv

from musicnst import errors

_GENRE_COLUMNS, _COMPOSER_COLUMNS = ('label', 'genre'), ('composer',)


class Labels:
  """Genres and composers by path.

  Args:
    rows: dict of path -> (tuple of genres, tuple of composers).
  """

  def __init__(self, rows=None):
    self._rows = rows or {}

  def __len__(self):
    return len(self._rows)

  @classmethod
  def read(cls, path):
    """Reads a CSV with a header: column `path`, and `label` or `genre` (both mean the genre), `composer`, or several of them.

    Raises:
      DataError: no such file, no such columns, or not text.
    """
    try:
      with open(path, newline='', encoding='utf-8-sig') as file:
        table = csv.DictReader(file)
        columns = [(name or '').strip() for name in table.fieldnames or ()]
        table.fieldnames = columns
        if 'path' not in columns or not set(columns) & {*_GENRE_COLUMNS, *_COMPOSER_COLUMNS}:
          raise errors.DataError(f'{path}: needs a header with the columns path and label, genre or composer; found: {", ".join(columns)}')
        return cls({_normal(row['path'] or ''): (_values(row, _GENRE_COLUMNS), _values(row, _COMPOSER_COLUMNS)) for row in table})
    except OSError as error:
      raise errors.DataError(f'{path}: cannot be read ({error.strerror})') from error
    except (UnicodeDecodeError, csv.Error) as error:
      raise errors.DataError(f'{path}: not a CSV file in UTF-8 ({error})') from error

  def find(self, relative_path, collection):
    """-> (genres, composers), or None: by the path below the input folder, or by that with the folder's name before it."""
    return self._rows.get(relative_path) or self._rows.get(f'{collection}/{relative_path}')


def _normal(path):
  return path.strip().replace('\\', '/').removeprefix('./')


def _values(row, columns):
  return tuple(dict.fromkeys(row[name].strip() for name in columns if (row.get(name) or '').strip()))
