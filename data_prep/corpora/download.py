"""Fetches a corpus's public archive: resumed where it stopped, checked, unpacked whole or not at all.

A checksum comes from the corpus's `Archive`. Some publishers give none (the archives that GitHub makes of a branch may even change);
then the caller must give one, or say that the first download is to be trusted: its sha256 is written to `checksums.json` in the same
folder and demanded from then on.
"""
import hashlib
import http.client
import json
import os
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile

import tqdm

from data_prep.corpora import corpus as corpus_lib
from musicnst import errors
from musicnst import files

_BLOCK_BYTES = 1 << 20
_TIMEOUT_SECS = 60
_RECORDED = 'checksums.json'
# An archive may unpack to at most this many times its size: music shrinks by two to ten.
_MAX_EXPANSION = 200


def corpus_folder(corpus: corpus_lib.Corpus, root: str, sha256: str = '', trust_first: bool = False) -> str:
  """Makes sure that a corpus lies under `root`: downloads and unpacks its archives where it does not.

  Args:
    corpus: `Corpus`.
    root: folder for archives and what they hold.
    sha256: of the archive, where the corpus knows none.
    trust_first: accept an archive without a known checksum, and record what came.

  Returns:
    Folder to read the corpus from.

  Raises:
    DataError: no public download, no connection, wrong checksum or a damaged archive. OutputError: no room.
  """
  if not corpus.archives:
    raise errors.DataError(f'the corpus {corpus.name!r} has no public download; {corpus.where()}')
  for archive in corpus.archives:
    target = os.path.join(root, archive.folder)
    if not os.path.isdir(target):
      unpack(fetch(archive, root, sha256, trust_first), archive.folder, root)
  return os.path.join(root, corpus.archives[0].folder)


def fetch(archive: corpus_lib.Archive, folder: str, sha256: str = '', trust_first: bool = False) -> str:
  """Downloads one archive into `folder` and returns its path; a complete, correct one is not fetched again.

  Raises:
    DataError, OutputError: see `corpus_folder`.
  """
  expected = archive.sha256 or sha256 or _recorded(folder).get(archive.url, '')
  path = os.path.join(folder, os.path.basename(archive.url))
  if not expected and not trust_first:
    raise errors.DataError(f'{archive.url}: no checksum is published for this file; give its sha256, or trust the first download '
                           f'(--trust_first_download), which records it in {os.path.join(folder, _RECORDED)}')
  if os.path.isfile(path) and expected and digest_of(path) == expected:
    return path
  try:
    os.makedirs(folder, exist_ok=True)
    _transfer(archive, path + '.part')
    found = digest_of(path + '.part')
    if expected and found != expected:
      os.remove(path + '.part')
      raise errors.DataError(f'{archive.url}: has the sha256 {found}, not {expected}; it was removed. Try again, or see whether the file changed.')
    os.replace(path + '.part', path)
    if not archive.sha256:
      _record(folder, archive.url, found)
  except urllib.error.URLError as error:
    raise errors.DataError(f'{archive.url}: cannot be fetched ({error.reason}); what came is kept, the next try goes on from there') from error
  except OSError as error:
    raise errors.OutputError(f'{path}: cannot be written ({error.strerror or error}).') from error
  return path


def _transfer(archive: corpus_lib.Archive, part: str) -> None:
  """Appends what is missing of the file to `part`."""
  have = os.path.getsize(part) if os.path.exists(part) else 0
  if archive.num_bytes and have >= archive.num_bytes:
    return
  request = urllib.request.Request(archive.url, headers={'Range': f'bytes={have}-'} if have else {})
  try:
    response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECS)
  except urllib.error.HTTPError as error:
    if error.code == 416 and have:  # nothing is missing
      return
    raise
  with response:
    resumed = response.status == 206
    total = int(response.headers.get('Content-Length') or 0) + (have if resumed else 0)
    # A server that knows no ranges sends the whole file: begin anew.
    with open(part, 'ab' if resumed else 'wb') as file, tqdm.tqdm(
        total=total or None, initial=have if resumed else 0, unit='B', unit_scale=True, desc=os.path.basename(archive.url)) as bar:
      while block := _read(response):
        file.write(block)
        bar.update(len(block))
  if total and os.path.getsize(part) < total:
    raise urllib.error.URLError(f'connection lost after {os.path.getsize(part)} of {total} bytes')


def _read(response: http.client.HTTPResponse) -> bytes:
  try:
    return response.read(_BLOCK_BYTES)
  except (OSError, ValueError) as error:
    raise urllib.error.URLError(error) from error


def digest_of(path: str) -> str:
  """sha256 of a file, hexadecimal."""
  with open(path, 'rb') as file:
    return hashlib.file_digest(file, 'sha256').hexdigest()


def _recorded(folder: str) -> dict[str, str]:
  path = os.path.join(folder, _RECORDED)
  if not os.path.isfile(path):
    return {}
  try:
    with open(path, encoding='utf-8') as file:
      return dict(json.load(file))
  except (OSError, ValueError) as error:
    raise errors.DataError(f'{path}: cannot be read ({error}); remove it to begin anew') from error


def _record(folder: str, url: str, digest: str) -> None:
  with files.atomic_path(os.path.join(folder, _RECORDED)) as temporary:
    recorded = {**_recorded(folder), url: digest}
    with open(temporary, 'w', encoding='utf-8') as file:
      json.dump(recorded, file, indent=2)


def unpack(path: str, folder: str, root: str) -> None:
  """Unpacks a .zip or .tar.gz that holds one folder to `root/folder`, whole or not at all.

  Raises:
    DataError: a damaged archive, names that lead outside it, or more than fits its size.
  """
  try:
    with files.atomic_folder(os.path.join(root, folder)) as temporary:
      _extract(path, temporary)
      names = os.listdir(temporary)
      # An archive's own top folder becomes the target.
      if len(names) == 1 and os.path.isdir(os.path.join(temporary, names[0])):
        inner = os.path.join(temporary, names[0])
        for name in os.listdir(inner):
          shutil.move(os.path.join(inner, name), os.path.join(temporary, name))
        os.rmdir(inner)
  except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
    raise errors.DataError(f'{path}: damaged archive ({error})') from error


def _extract(path: str, folder: str) -> None:
  limit = os.path.getsize(path) * _MAX_EXPANSION
  if zipfile.is_zipfile(path):
    with zipfile.ZipFile(path) as archive:
      _check_members(path, [(info.filename, info.file_size) for info in archive.infolist()], limit)
      archive.extractall(folder)
    return
  with tarfile.open(path) as archive:
    _check_members(path, [(member.name, member.size) for member in archive.getmembers()], limit)
    archive.extractall(folder, filter='data')


def _check_members(path: str, members: list[tuple[str, int]], limit: int) -> None:
  for name, _ in members:
    if os.path.isabs(name) or '..' in name.split('/'):
      raise errors.DataError(f'{path}: holds the name {name!r}, which leads out of its folder; nothing was unpacked')
  size = sum(size for _, size in members)
  if size > limit:
    raise errors.DataError(f'{path}: would unpack to {size} bytes, over {limit}; nothing was unpacked')
