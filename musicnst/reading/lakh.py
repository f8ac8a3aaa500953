"""Piano-roll archives of the Lakh Pianoroll Dataset (.npz, pypianoroll's format) -> NoteSequence.

The format (pypianoroll 1.0, Dong et al. 2018): `info.json` with name, resolution (steps a quarter) and the tracks; for each track a
sparse column matrix `[T, 128]` of velocities; `tempo` and `downbeat`, one value a step. Read here without pypianoroll (a second to
import) and without making the rolls dense, so that a small file cannot ask for much memory.
"""
import io
import json
import zipfile
import zlib

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import guards

TRACKS = ('all', 'piano')
DEFAULT_VELOCITY = 64
PIANOS = range(8)
# All arrays of a file together, unpacked, for each byte that a MIDI file may have.
UNPACKED = 8
MOST_TRACKS = 256
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, KeyError, ValueError, TypeError, IndexError, OSError,
           OverflowError)


def read(path, limits=None, tracks='all'):
  """Reads one archive.

  A note is an unbroken run of one velocity at one pitch. Tempo changes and bars (from the downbeats) are kept.

  Args:
    path: an .npz written by pypianoroll, of version 0 or 1.
    limits: `guards.Limits`, or None for the defaults.
    tracks: 'all', or 'piano' for those with a piano's program (0 to 7) that are no drums.

  Returns:
    NoteSequence: one instrument a track.

  Raises:
    ReadError: `bad_zip`, `not_piano_roll`, `bomb`, `no_notes`, or what `guards.Limits` forbids.
    ValueError: another value of `tracks`.
  """
  if tracks not in TRACKS:
    raise ValueError(f'tracks must be one of {TRACKS}, not {tracks!r}.')
  limits = limits or guards.Limits()
  data = guards.read_file(path, limits)
  try:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
      return _sequence(_Archive(archive, path, UNPACKED * limits.max_bytes), path, limits, tracks)
  except zipfile.BadZipFile as error:
    raise errors.ReadError(path, 'bad_zip', f'is no .npz archive, or a damaged one ({error}).') from error
  except _DAMAGE as error:
    raise errors.ReadError(path, 'not_piano_roll', f'is not a piano roll as pypianoroll writes it ({_short(error)}).') from error


class _Archive:
  """The members of an .npz, each read whole but bounded, arrays checked before they are made."""

  def __init__(self, archive, path, largest):
    self._archive = archive
    self.names = set(archive.namelist())
    total = sum(info.file_size for info in archive.infolist())
    if total > largest:
      raise errors.ReadError(path, 'bomb', f'unpacks to {total:,} bytes; at most {largest:,} are read.')

  def info(self):
    return json.loads(self._bytes('info.json').decode('utf-8'))

  def array(self, name):
    """The array `name`, or None where there is none; ValueError for objects or a header that promises more than there is."""
    if name + '.npy' not in self.names:
      return None
    stream = io.BytesIO(self._bytes(name + '.npy'))
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = header(stream)
    if dtype.kind not in 'biuf' or len(shape) > 2:
      raise ValueError(f'{name} holds {dtype} of shape {shape}')
    values = np.frombuffer(stream.read(), dtype)
    if values.size != int(np.prod(shape, dtype=object)):
      raise ValueError(f'{name} is cut short')
    return values

  def _bytes(self, name):
    info = self._archive.getinfo(name)
    with self._archive.open(info) as member:
      return member.read(info.file_size)


def _sequence(archive, path, limits, wanted):
  info = archive.info()
  resolution = info.get('resolution') or info.get('beat_resolution')
  if not isinstance(resolution, (int, float)) or not 1 <= resolution <= 10_000:
    raise ValueError(f'resolution {resolution!r}')
  sequence = music_proto.NoteSequence(ticks_per_quarter=int(resolution))
  sequence.sequence_metadata.title = str(info.get('name') or '')
  seconds = _tempos(sequence, archive.array('tempo'), resolution)
  _meters(sequence, archive.array('downbeat'), resolution, seconds)
  count = 0
  for index in range(MOST_TRACKS):
    track = info.get(str(index))
    if track is None:
      break
    program, is_drum = int(track.get('program') or 0), bool(track.get('is_drum'))
    if wanted == 'piano' and (is_drum or program not in PIANOS):
      continue
    if not 0 <= program <= 127:
      raise ValueError(f'program {program}')
    starts, ends, pitches, velocities = _notes(archive, index)
    count += len(starts)
    guards.check_at_most(path, 'too_many_notes', 'notes', count, limits.max_notes)
    _add(sequence, index, track, (seconds(starts), seconds(ends), pitches, velocities), program, is_drum)
  if not sequence.notes:
    raise errors.ReadError(path, 'no_notes', f'has no notes{" in a piano track" if wanted == "piano" else ""}.')
  sequence.total_time = max(note.end_time for note in sequence.notes)
  guards.check_at_most(path, 'too_long', 'seconds', sequence.total_time, limits.max_total_secs)
  return sequence


def _add(sequence, index, track, columns, program, is_drum):
  for start, end, pitch, velocity in zip(*columns):
    sequence.notes.add(pitch=int(pitch), velocity=int(velocity), start_time=start, end_time=end, instrument=index, program=program,
                       is_drum=is_drum)
  if track.get('name'):
    sequence.instrument_infos.add(instrument=index, name=str(track['name']))


def _notes(archive, index):
  """-> (start steps, end steps, pitches, velocities) of one track, by start and pitch."""
  parts = [archive.array(f'pianoroll_{index}_csc_{part}') for part in ('data', 'indices', 'indptr', 'shape')]
  if any(part is None for part in parts):
    raise KeyError(f'pianoroll_{index}')
  values, rows, pointers, shape = parts
  steps, depth = (int(n) for n in shape)
  bounds = pointers.astype(np.int64)
  if depth != 128 or len(bounds) != 129 or bounds[0] != 0 or bounds[-1] != len(rows) or np.any(np.diff(bounds) < 0) or len(rows) != len(values):
    raise ValueError(f'pianoroll_{index} has the shape {tuple(shape)}')
  pitches = np.repeat(np.arange(128), np.diff(bounds))
  rows = rows.astype(np.int64)
  if len(rows) and not (0 <= rows.min() and rows.max() < steps):
    raise ValueError(f'pianoroll_{index} has steps outside its shape')
  velocities = np.full(len(values), DEFAULT_VELOCITY) if values.dtype == bool else np.clip(values.astype(np.float64), 0, 127).astype(np.int64)
  order = np.lexsort((rows, pitches))
  order = order[velocities[order] > 0]
  pitches, rows, velocities = pitches[order], rows[order], velocities[order]
  new = np.ones(len(rows), bool)
  new[1:] = (np.diff(pitches) != 0) | (np.diff(rows) != 1) | (np.diff(velocities) != 0)
  first = np.flatnonzero(new)
  last = np.append(first[1:], len(rows))[:len(first)] - 1
  starts, ends = rows[first], rows[last] + 1
  by_time = np.lexsort((pitches[first], starts))
  return tuple(column[by_time] for column in (starts, ends, pitches[first], velocities[first]))


def _tempos(sequence, tempo, resolution):
  """Writes the tempo changes; returns the function steps -> seconds."""
  tempo = np.array([beat_map_lib.DEFAULT_QPM]) if tempo is None or not len(tempo) else np.asarray(tempo, np.float64)
  if not np.all((tempo >= beat_map_lib.LOWEST_QPM) & (tempo <= beat_map_lib.HIGHEST_QPM)):
    raise ValueError('tempo outside 1 to 6000')
  changes = np.flatnonzero(np.append(True, np.diff(tempo) != 0))
  lengths = np.diff(np.append(changes, changes[-1] + 1)) / resolution * 60.0 / tempo[changes]
  times = np.append(0.0, np.cumsum(lengths))
  for time, change in zip(times, changes):
    sequence.tempos.add(time=time, qpm=tempo[change])
  beat_map = beat_map_lib.BeatMap.from_tempos(sequence)
  return lambda steps: beat_map.to_seconds(np.asarray(steps, np.float64) / resolution)


def _meters(sequence, downbeat, resolution, seconds):
  """Writes a meter wherever the distance of downbeats changes (4/4 is not distinguished from 2/2)."""
  if downbeat is None:
    return
  steps = np.flatnonzero(downbeat) if downbeat.dtype == bool else np.unique(downbeat.astype(np.int64))
  previous = None
  for step, length in zip(steps, np.diff(steps)):
    for denominator in (4, 8, 16):
      numerator = length * denominator / (4 * resolution)
      if numerator == int(numerator) and numerator <= 255:
        break
    else:
      continue
    if (numerator, denominator) != previous:
      sequence.time_signatures.add(time=float(seconds(step)), numerator=int(numerator), denominator=denominator)
    previous = numerator, denominator


def _short(error):
  return f'{type(error).__name__}: {error}'[:120]
