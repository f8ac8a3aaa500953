"""Music files of a folder, one folder's listing in memory at a time."""
import collections
import os

from musicnst.reading import files


def walk(root, recursive, refuse=None):
  """Yields the paths of music files below `root`, relative to it, with `/`.

  The files of a folder come sorted by name, then its sub-folders. Hidden files and folders are passed over (macOS leaves a
  hidden `._name.mid` beside every file it copies), and so are links to folders.

  Args:
    root: the folder.
    recursive: whether to look into sub-folders.
    refuse: called with (relative path, OSError) for a sub-folder that cannot be listed, or None.
  """
  for relative_path, is_music in _entries(root, '', recursive, refuse):
    if is_music:
      yield relative_path


def count(root, recursive):
  """-> number of music files, Counter of other files by extension."""
  music, other = 0, collections.Counter()
  for relative_path, is_music in _entries(root, '', recursive, None):
    music += is_music
    if not is_music:
      other[_extension(relative_path) or 'without extension'] += 1
  return music, other


def _entries(root, folder, recursive, refuse):
  try:
    with os.scandir(os.path.join(root, folder)) as listing:
      entries = sorted((entry.name, entry.is_dir(), entry.is_symlink()) for entry in listing if not entry.name.startswith('.'))
  except OSError as error:
    if refuse:
      refuse(folder, error)
    return
  for name, is_folder, _ in entries:
    if not is_folder:
      yield os.path.join(folder, name).replace(os.sep, '/'), _extension(name) in files.EXTENSIONS
  for name, is_folder, is_link in entries:
    if recursive and is_folder and not is_link:
      yield from _entries(root, os.path.join(folder, name), recursive, refuse)


def _extension(name):
  return os.path.splitext(name)[1].lower()
