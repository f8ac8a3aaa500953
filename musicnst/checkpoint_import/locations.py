"""Where a checkpoint's files lie: a prefix, a folder, or an archive, which is read in place and never unpacked."""
import os
import posixpath
import re
import tarfile

from musicnst import errors

_INDEX = '.index'
_STATE = 'checkpoint'
# What a careless shell completion leaves behind a prefix.
_ENDING = re.compile(r'\.(index|meta|data-\d{5}-of-\d{5})$')
ARCHIVE_ENDINGS = ('.tar', '.tgz', '.tar.gz')


class Location:
  """The files of one checkpoint.

  Args:
    path: what was named, for messages.
    prefix: what the files' names begin with.
    opened: name of a file -> binary file object, seekable; KeyError where there is no such file.
  """

  def __init__(self, path, prefix, opened, close=lambda: None):
    self.path, self.prefix, self._opened, self.close = str(path), prefix, opened, close

  def open(self, ending):
    """The file `<prefix><ending>`.

    Raises:
      CheckpointError: it is missing.
    """
    try:
      return self._opened(self.prefix + ending)
    except (KeyError, FileNotFoundError, IsADirectoryError):
      raise errors.CheckpointError(
          f'{self.path}: {posixpath.basename(self.prefix)}{ending} is missing; a checkpoint is its .index and its .data files together') from None
    except (OSError, EOFError, tarfile.TarError) as error:
      raise errors.CheckpointError(f'{self.path}: {self.prefix}{ending} cannot be read ({error})') from error


def is_checkpoint(path):
  """Whether a path looks like a checkpoint's prefix, folder or archive (whether it can be read is another question)."""
  full = os.path.abspath(os.path.expanduser(str(path)))
  if os.path.isdir(full):
    return bool(_holder(full))
  if os.path.isfile(full):
    return bool(full.endswith(ARCHIVE_ENDINGS) or _ENDING.search(full) or tarfile.is_tarfile(full))
  return any(_ENDING.sub('', name) == os.path.basename(full) for name in _listed(os.path.dirname(full)) if _ENDING.search(name))


def locate(path):
  """The Location of a checkpoint named by its prefix (or one of its files), its folder, or its archive.

  Raises:
    CheckpointError: nothing there, an archive that is damaged or would write outside its folder, or several checkpoints.
  """
  full = os.path.abspath(os.path.expanduser(str(path)))
  if os.path.isdir(full):
    return _in_folder(path, full)
  prefix = _ENDING.sub('', full)
  if os.path.isfile(full) and prefix == full:
    return _in_archive(path, full)
  if not is_checkpoint(prefix):
    raise errors.CheckpointError(f'{path}: no checkpoint there: neither a prefix, nor a folder, nor an archive ({", ".join(ARCHIVE_ENDINGS)})')
  return Location(path, prefix, _open_file)


def _listed(folder):
  return os.listdir(folder) if os.path.isdir(folder) else []


def _open_file(name):
  return open(name, 'rb')


def _holder(folder):
  """The folder itself where it holds files of a checkpoint; else its train/, as in Magenta's run folders; '' for neither.

  In a run folder of ours, which has a config.json, train/ is not looked into.
  """
  places = [folder] if os.path.isfile(os.path.join(folder, 'config.json')) else [folder, os.path.join(folder, 'train')]
  return next((place for place in places if any(_ENDING.search(name) for name in _listed(place))), '')


def _in_folder(path, folder):
  """The folder's latest checkpoint."""
  folder = _holder(folder) or folder
  state = ''
  if os.path.isfile(os.path.join(folder, _STATE)):
    with open(os.path.join(folder, _STATE), encoding='utf-8', errors='replace') as file:
      state = file.read()
  return Location(path, os.path.join(folder, _choose(path, _listed(folder), state)), _open_file)


def _in_archive(path, file):
  try:
    archive = tarfile.open(file)
    members = archive.getmembers()
  except (tarfile.TarError, EOFError, OSError) as error:
    raise errors.CheckpointError(f'{path}: not a complete archive ({error}); compare its size with the original and get it again') from error
  try:
    return _in_members(path, archive, members)
  except BaseException:
    archive.close()
    raise


def _in_members(path, archive, members):
  for member in members:
    _check_member(path, member)
  plain = {posixpath.normpath(member.name): member for member in members if member.isfile()}
  plain = {name: member for name, member in plain.items() if not posixpath.basename(name).startswith('._')}  # left by macOS
  states = [archive.extractfile(member).read(1 << 20).decode('utf-8', 'replace')
            for name, member in plain.items() if posixpath.basename(name) == _STATE]
  prefix = _choose(path, list(plain), states[0] if len(states) == 1 else '')
  return Location(path, prefix, lambda name: archive.extractfile(plain[name]), archive.close)


def _check_member(path, member):
  """Refuses what has no business in a checkpoint's archive, whether or not it would be read."""
  if member.name.startswith(('/', '\\')) or '..' in re.split(r'[/\\]', member.name) or re.match(r'[A-Za-z]:', member.name):
    raise errors.CheckpointError(f'{path}: refused: its member {member.name!r} points outside of the archive')
  if not (member.isfile() or member.isdir()):
    raise errors.CheckpointError(f'{path}: refused: its member {member.name!r} is a link or a device, not a file')


def _choose(path, names, state):
  """The prefix among file names: the one the state file calls the latest, else that of the last step, else the only one."""
  prefixes = sorted({_ENDING.sub('', name) for name in names if _ENDING.search(name) and not name.endswith('.meta')})
  latest = re.search(r'^\s*model_checkpoint_path:\s*"([^"]+)"', state, re.MULTILINE)
  if latest:
    prefixes = [p for p in prefixes if posixpath.basename(p) == posixpath.basename(latest[1])] or prefixes
  steps = [re.fullmatch(r'(.*\.ckpt)-(\d+)', prefix) for prefix in prefixes]
  if all(steps) and len({step[1] for step in steps}) == 1:
    prefixes = [max(steps, key=lambda step: int(step[2]))[0]]
  if not prefixes:
    raise errors.CheckpointError(f'{path}: holds no checkpoint: no file that ends in {_INDEX} or .data-00000-of-00001')
  if len(prefixes) > 1:
    raise errors.CheckpointError(f'{path}: holds {len(prefixes)} checkpoints; name one: {", ".join(map(posixpath.basename, prefixes[:6]))}')
  return prefixes[0]
