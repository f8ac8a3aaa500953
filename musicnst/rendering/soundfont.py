"""The General MIDI soundfont that ships in pretty_midi, made fit for symusic's synthesizer.

A SoundFont 2.01 file tells a sample's pitch in its header (root key, correction in cents), and an instrument's zone may say otherwise
(generators overridingRootKey, coarseTune, fineTune). The synthesizer of symusic 0.5.8 reads the header alone, so that the piano of this
soundfont sounds up to three octaves too high. Here every zone gets a copy of its sample's header that says what the zone says.
"""
import importlib.util
import os

import numpy as np

from musicnst import errors

# SoundFont 2.01, section 7: records of the `pdta` list.
_BAG = np.dtype([('generator', '<u2'), ('modulator', '<u2')])
_GENERATOR = np.dtype([('operator', '<u2'), ('amount', '<i2')])
_INSTRUMENT = np.dtype([('name', 'S20'), ('bag', '<u2')])
_SAMPLE = np.dtype([('name', 'S20'), ('start', '<u4'), ('end', '<u4'), ('loop_start', '<u4'), ('loop_end', '<u4'), ('rate', '<u4'),
                    ('root', 'u1'), ('correction', 'i1'), ('link', '<u2'), ('type', '<u2')])
_COARSE_TUNE, _FINE_TUNE, _SAMPLE_ID, _ROOT_KEY = 51, 52, 53, 58


def find():
  """Path of TimGM6mb.sf2 inside the installed pretty_midi, found without importing it.

  Raises:
    ReadError: pretty_midi, or its soundfont, is not installed.
  """
  package = importlib.util.find_spec('pretty_midi')
  path = os.path.join(os.path.dirname(package.origin), 'TimGM6mb.sf2') if package else 'TimGM6mb.sf2'
  if not os.path.isfile(path):
    raise errors.ReadError(path, 'no_soundfont', 'the soundfont that ships in pretty_midi is missing.', 'Run: pip install pretty_midi')
  return path


def corrected(data):
  """A soundfont whose sample headers tell the pitch at which the zones play them.

  Args:
    data: bytes of a SoundFont 2 file.

  Returns:
    bytes of one that sounds the same in a synthesizer that reads the whole format.

  Raises:
    ValueError: not a SoundFont 2 file.
  """
  if data[:4] != b'RIFF' or data[8:12] != b'sfbk':
    raise ValueError('not a SoundFont 2 file')
  lists = [(data[at + 8:at + 12], at, size) for _, at, size in _chunks(data, 12, len(data))]
  pdta = next((at, size) for kind, at, size in lists if kind == b'pdta')
  fields = {name: data[at + 8:at + 8 + size] for name, at, size in _chunks(data, pdta[0] + 12, pdta[0] + 8 + pdta[1])}
  fields[b'igen'], fields[b'shdr'] = _headers_by_zone(fields)
  body = b'pdta' + b''.join(_chunk(name, content) for name, content in fields.items())
  rest = b''.join(data[at:at + 8 + size + (size & 1)] for kind, at, size in lists if kind != b'pdta')
  return _chunk(b'RIFF', b'sfbk' + rest + _chunk(b'LIST', body))


def _chunks(data, at, end):
  """Yields (name, place, size) of the chunks of a RIFF file between two places."""
  while at + 8 <= end:
    size = int.from_bytes(data[at + 4:at + 8], 'little')
    yield data[at:at + 4], at, size
    at += 8 + size + (size & 1)


def _chunk(name, content):
  return name + len(content).to_bytes(4, 'little') + content + b'\0' * (len(content) & 1)


def _headers_by_zone(fields):
  """New `igen` and `shdr`: each way a sample is tuned gets a header of its own."""
  generators = np.frombuffer(fields[b'igen'], _GENERATOR).copy()
  bags, instruments = np.frombuffer(fields[b'ibag'], _BAG), np.frombuffer(fields[b'inst'], _INSTRUMENT)
  samples = np.frombuffer(fields[b'shdr'], _SAMPLE)
  headers, numbers = list(samples[:-1]), {}
  for first, last in zip(instruments['bag'][:-1], instruments['bag'][1:], strict=True):
    common = {}
    for bag in range(int(first), int(last)):
      zone = slice(int(bags['generator'][bag]), int(bags['generator'][bag + 1]))
      said = {**common, **dict(zip(generators['operator'][zone].tolist(), generators['amount'][zone].tolist(), strict=True))}
      if _SAMPLE_ID not in said:
        common = said if bag == first else common  # a first zone without a sample holds for all that follow
        continue
      tuning = (said[_SAMPLE_ID], said.get(_ROOT_KEY, -1), said.get(_COARSE_TUNE, 0), said.get(_FINE_TUNE, 0))
      if tuning not in numbers:
        numbers[tuning] = len(headers)
        headers.append(_tuned(samples[tuning[0]], *tuning[1:]))
      generators['amount'][zone][generators['operator'][zone] == _SAMPLE_ID] = numbers[tuning]
      for operator, neutral in ((_COARSE_TUNE, 0), (_FINE_TUNE, 0), (_ROOT_KEY, -1)):
        generators['amount'][zone][generators['operator'][zone] == operator] = neutral
  return generators.tobytes(), np.array([*headers, samples[-1]], _SAMPLE).tobytes()


def _tuned(header, root, coarse, fine):
  """A header that says by itself what a zone's generators say: root key, semitones and cents up."""
  header = header.copy()
  cents = int(header['correction']) + fine
  semitones = round(cents / 100)
  header['root'] = np.clip((root if root >= 0 else int(header['root'])) - coarse - semitones, 0, 127)
  header['correction'] = cents - 100 * semitones
  return header
