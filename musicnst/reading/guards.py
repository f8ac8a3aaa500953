"""Limits on what a file may ask of the reader, each with the name under which a refusal is counted.

A damaged or hostile file may claim gigabytes of sysex, a million notes or a silence of a week. Readers check these limits
before they allocate, so that one bad file costs one named `ReadError` and no memory.
"""
import dataclasses
import os
import stat

from musicnst import errors


@dataclasses.dataclass(frozen=True)
class Limits:
  """What one file may hold; the defaults pass every piece of the public corpora with room to spare."""
  max_bytes: int = 10_000_000  # file size; the longest of MAESTRO has 270 kB
  max_notes: int = 500_000  # notes of one sequence
  max_events: int = 2_000_000  # control changes and pitch bends of one sequence
  max_changes: int = 100_000  # tempos, time signatures and key signatures together
  max_tracks: int = 4096  # track chunks; real files have fewer than 100
  max_total_secs: float = 6 * 3600.0  # time of the last event that enters the sequence
  max_gap_secs: float = 3600.0  # silence between one event and the next (a damaged delta time)


def read_file(path, limits):
  """Reads a regular file whole.

  Raises:
    ReadError: `missing_file`, `not_a_file` (folder, pipe, device), `unreadable_file`, `empty_file`, `file_too_large`.
  """
  try:
    information = os.stat(path)
    if not stat.S_ISREG(information.st_mode):
      kind = 'a folder' if stat.S_ISDIR(information.st_mode) else 'not a regular file'
      raise errors.ReadError(path, 'not_a_file', f'is {kind}.', 'Name one music file.')
    check_size(path, information.st_size, limits)
    with open(path, 'rb') as file:
      return file.read(information.st_size)
  except FileNotFoundError as error:
    raise errors.ReadError(path, 'missing_file', 'no such file.') from error
  except (OSError, ValueError) as error:
    raise errors.ReadError(path, 'unreadable_file', f'cannot be read ({getattr(error, "strerror", None) or error}).') from error


def check_size(path, size, limits):
  """Raises `empty_file` or `file_too_large`."""
  if size == 0:
    raise errors.ReadError(path, 'empty_file', 'the file is empty (0 bytes).')
  check_at_most(path, 'file_too_large', 'bytes', size, limits.max_bytes)


def check_at_most(path, reason, unit, found, allowed):
  """Raises ReadError(reason) when `found` exceeds `allowed`."""
  if found > allowed:
    raise errors.ReadError(path, reason, f'{_number(found)} {unit}, more than the {_number(allowed)} allowed.',
                           'The file is probably damaged; if it is sound, raise the limit.')


def _number(value):
  return f'{value:,}' if isinstance(value, int) else f'{value:,.1f}'
