"""Downloads from a server on loopback: checked, resumed, unpacked whole or not at all."""
import contextlib
import hashlib
import http.server
import io
import json
import os
import tarfile
import threading
import zipfile

import pytest

from data_prep.corpora import corpus
from data_prep.corpora import download
from musicnst import errors


class _Handler(http.server.BaseHTTPRequestHandler):
  """Serves `files`; with `ranges` honours Range; with `cut` breaks off after so many bytes, once."""

  def do_GET(self):
    data = self.server.files.get(self.path)
    self.server.requests.append(self.headers.get('Range', ''))
    if data is None:
      self.send_error(404)
      return
    start = 0
    if self.server.ranges and self.headers.get('Range'):
      start = int(self.headers['Range'].removeprefix('bytes=').rstrip('-'))
      if start >= len(data):
        self.send_error(416)
        return
    self.send_response(206 if start else 200)
    self.send_header('Content-Length', str(len(data) - start))
    self.end_headers()
    end, self.server.cut = self.server.cut or len(data), 0
    self.wfile.write(data[start:end])

  def log_message(self, *args):
    pass


@pytest.fixture
def server():
  with http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler) as instance:
    instance.files, instance.ranges, instance.cut, instance.requests = {}, True, 0, []
    thread = threading.Thread(target=instance.serve_forever)
    thread.start()
    yield instance
    instance.shutdown()
    thread.join()


def _zip(names, top='repository-master/'):
  stream = io.BytesIO()
  with zipfile.ZipFile(stream, 'w') as archive:
    for name in names:
      archive.writestr(top + name, os.urandom(3000) + name.encode())
  return stream.getvalue()


def _serve(server, data, name='/a.zip', known=True, size=True):
  server.files[name] = data
  url = f'http://127.0.0.1:{server.server_address[1]}{name}'
  return corpus.Archive(url, hashlib.sha256(data).hexdigest() if known else '', len(data) if size else 0, 'target')


def test_a_file_is_fetched_once(server, tmp_path):
  data = _zip(['a.mid'])
  archive = _serve(server, data)
  path = download.fetch(archive, tmp_path)
  assert open(path, 'rb').read() == data and os.listdir(tmp_path) == ['a.zip']
  assert download.fetch(archive, tmp_path) == path and len(server.requests) == 1


def test_a_broken_connection_is_resumed(server, tmp_path):
  data = _zip([f'{i}.mid' for i in range(50)])
  archive = _serve(server, data)
  server.cut = 100000
  with pytest.raises(errors.DataError, match='the next try goes on'):
    download.fetch(archive, tmp_path)
  assert os.listdir(tmp_path) == ['a.zip.part']
  assert open(download.fetch(archive, tmp_path), 'rb').read() == data
  assert server.requests == ['', 'bytes=100000-']


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
  data = _zip([f'{i}.mid' for i in range(50)])
  archive = _serve(server, data)
  server.cut, server.ranges = 100000, False
  with contextlib.suppress(errors.DataError):
    download.fetch(archive, tmp_path)
  assert open(download.fetch(archive, tmp_path), 'rb').read() == data


def test_a_part_that_is_complete_is_only_checked(server, tmp_path):
  data = _zip(['a.mid'])
  (tmp_path / 'a.zip.part').write_bytes(data)
  assert open(download.fetch(_serve(server, data, size=False), tmp_path), 'rb').read() == data


def test_a_wrong_checksum_is_refused_and_nothing_is_left(server, tmp_path):
  archive = _serve(server, _zip(['a.mid']))
  server.files['/a.zip'] = _zip(['a.mid'])[:-1] + b'x'
  with pytest.raises(errors.DataError, match='has the sha256'):
    download.fetch(corpus.Archive(archive.url, archive.sha256), tmp_path)
  assert os.listdir(tmp_path) == []


def test_without_a_known_checksum_one_is_demanded_or_recorded(server, tmp_path):
  data = _zip(['a.mid'])
  archive = _serve(server, data, known=False)
  with pytest.raises(errors.DataError, match='trust_first_download'):
    download.fetch(archive, tmp_path)
  assert not server.requests
  path = download.fetch(archive, tmp_path, trust_first=True)
  assert json.loads((tmp_path / 'checksums.json').read_text()) == {archive.url: hashlib.sha256(data).hexdigest()}
  os.remove(path)
  server.files['/a.zip'] = _zip(['other.mid'])
  with pytest.raises(errors.DataError, match='has the sha256'):
    download.fetch(corpus.Archive(archive.url), tmp_path)
  with pytest.raises(errors.DataError, match='has the sha256'):
    download.fetch(corpus.Archive(archive.url), tmp_path / 'elsewhere', sha256='0' * 64)


def test_errors_are_named(server, tmp_path):
  archive = _serve(server, b'x')
  with pytest.raises(errors.DataError, match='Not Found'):
    download.fetch(corpus.Archive(archive.url + 'x', archive.sha256), tmp_path)
  with pytest.raises(errors.DataError, match='cannot be fetched'):
    download.fetch(corpus.Archive('http://127.0.0.1:9/a.zip', archive.sha256), tmp_path)
  (tmp_path / 'file').write_text('')
  with pytest.raises(errors.OutputError):
    download.fetch(archive, tmp_path / 'file')


def _corpus(*archives):
  return corpus.Corpus('c', 'c', 'MIT', '', 'https://example.com', lambda root: [], archives=archives)


def test_a_corpus_is_unpacked_without_its_top_folder(server, tmp_path):
  entry = _corpus(_serve(server, _zip(['001/a.mid', '002/b.mid', 'LICENSE'])))
  folder = download.corpus_folder(entry, tmp_path)
  assert folder == os.path.join(tmp_path, 'target')
  assert sorted(corpus.walk(folder)) == ['001/a.mid', '002/b.mid']
  assert download.corpus_folder(entry, tmp_path) == folder and len(server.requests) == 1


def test_tar_archives_too(server, tmp_path):
  stream = io.BytesIO()
  with tarfile.open(fileobj=stream, mode='w:gz') as archive:
    info = tarfile.TarInfo('top/a.mid')
    info.size = 4
    archive.addfile(info, io.BytesIO(b'MThd'))
  download.corpus_folder(_corpus(_serve(server, stream.getvalue(), '/a.tar.gz')), tmp_path)
  assert (tmp_path / 'target' / 'a.mid').read_bytes() == b'MThd'


@pytest.mark.parametrize('data', [b'no archive at all', _zip(['a.mid'])[:2000], _zip(['../../evil.mid'])])
def test_a_bad_archive_leaves_no_folder(server, tmp_path, data):
  with pytest.raises(errors.DataError):
    download.corpus_folder(_corpus(_serve(server, data)), tmp_path)
  assert os.listdir(tmp_path) == ['a.zip']


def test_an_archive_that_would_swell_is_refused(server, tmp_path):
  stream = io.BytesIO()
  with zipfile.ZipFile(stream, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('bomb', bytes(1 << 24))
  with pytest.raises(errors.DataError, match='would unpack to'):
    download.corpus_folder(_corpus(_serve(server, stream.getvalue())), tmp_path)


def test_a_corpus_without_download_says_so(tmp_path):
  with pytest.raises(errors.DataError, match='no public download'):
    download.corpus_folder(_corpus(), tmp_path)
