"""NoteSequence -> sound, by pip alone: symusic's synthesizer with the soundfont that ships in pretty_midi (`soundfont.py`).

The synthesizer knows notes, programs and drums. The pedal lengthens notes before they reach it; pitch bends, volume, expression and pan are
not heard (docs/decisions/sound.md says why it is this synthesizer). It plays every velocity equally loud, so that notes are rendered by classes
of velocity, each at its own gain. It ends a note within three milliseconds, so a short room is added. A long piece is rendered block by block:
memory does not grow with length.
"""
import functools
import io
import tempfile

import numpy as np

from musicnst import errors
from musicnst import files
from musicnst.reading import sustain
from musicnst.rendering import soundfont

SAMPLE_RATE = 44100
_BLOCK_SECS = 300.0  # [N, 2] float32 of one block: 106 MB
_SHORTEST_NOTE_SECS = .03
_RELEASE_SECS = .06  # added to each note, so that legato lines do not gape
_CLASS_WIDTH = 8  # velocities that are played at one gain: within half a decibel of their own from 64 on
_PEAK = .9
_SILENCE_SECS = .5
_QUALITY = 4  # 0 to 4; above, symusic 0.5.8 renders silence
_ROOM_SECS, _ROOM_DECAY_SECS, _ROOM_LEVEL = .35, .09, .22
_OGG_CHUNK = 1 << 16  # libsndfile's Vorbis writer overflows its stack on buffers of a few minutes


def synthesize(sequence, sample_rate=SAMPLE_RATE, end_secs=None):
  """Sound of a sequence.

  Args:
    sequence: NoteSequence; without notes it gives half a second of silence.
    sample_rate: samples a second.
    end_secs: stop there; None renders to the end.

  Returns:
    float32 `[N, 2]`, left and right, with its peak at .9.
  """
  return np.concatenate(list(_levelled(sequence, sample_rate, end_secs)))  # [N, 2]


def write_wav(sequence, path, sample_rate=SAMPLE_RATE):
  """Writes a sequence's sound as 16-bit stereo WAV.

  Raises:
    OutputError: the file cannot be written.
  """
  with files.atomic_path(path) as temporary:
    _write(temporary, _levelled(sequence, sample_rate, None), sample_rate, path, format='WAV', subtype='PCM_16')


def ogg_bytes(sound, sample_rate=SAMPLE_RATE, quality=.3):
  """Ogg Vorbis of `sound`.

  Args:
    sound: float32 `[N, 2]` or `[N]`.
    sample_rate: samples a second.
    quality: 0 (smallest) to 1 (best).
  """
  import soundfile
  buffer = io.BytesIO()
  channels = 1 if sound.ndim == 1 else sound.shape[1]
  with soundfile.SoundFile(buffer, 'w', sample_rate, channels, format='OGG', subtype='VORBIS', compression_level=1 - quality) as out:
    for start in range(0, len(sound), _OGG_CHUNK):
      out.write(sound[start:start + _OGG_CHUNK])
  return buffer.getvalue()


def _write(temporary, blocks, sample_rate, path, **settings):
  import soundfile
  try:
    with soundfile.SoundFile(temporary, 'w', sample_rate, 2, **settings) as out:
      for block in blocks:
        out.write(block)
  except (soundfile.LibsndfileError, RuntimeError) as error:  # what libsndfile makes of a full disk
    raise errors.OutputError(f'{path}: cannot be written ({error}).') from error


@functools.cache
def _synthesizer(sample_rate):
  """The synthesizer, which takes its soundfont from a file and keeps it in memory."""
  import symusic
  with open(soundfont.find(), 'rb') as file:
    data = soundfont.corrected(file.read())
  with tempfile.NamedTemporaryFile(suffix='.sf2') as corrected:
    corrected.write(data)
    corrected.flush()
    return symusic.Synthesizer(sf_path=corrected.name, sample_rate=sample_rate, quality=_QUALITY)


def _levelled(sequence, sample_rate, end_secs):
  """Blocks brought to the peak: one block is rendered once, more of them twice (to find the loudest sample, then to keep only one at a time)."""
  tracks = _tracks(sequence, end_secs)
  if _last(tracks) <= _BLOCK_SECS:
    block = next(_blocks(tracks, sample_rate))
    yield block * _gain([block])
  else:
    gain = _gain(_blocks(tracks, sample_rate))
    yield from (block * gain for block in _blocks(tracks, sample_rate))


def _gain(blocks):
  """What brings the loudest sample of all blocks to the peak."""
  loudest = max(float(np.abs(block).max(initial=0)) for block in blocks)
  return np.float32(_PEAK / loudest) if loudest > 1e-6 else np.float32(1)


def _last(tracks):
  return max((float(track['end'].max()) for track in tracks), default=0.)


def _blocks(tracks, sample_rate):
  """Sound in blocks of five minutes, float32 `[n, 2]`; what rings past a block's end is added to the next."""
  last = _last(tracks)
  ringing = np.zeros((0, 2), np.float32)
  for start in np.arange(0, max(last, 1e-9), _BLOCK_SECS):
    sound = _room(_render(tracks, start, sample_rate), sample_rate)
    sound = _added(sound, ringing)
    size = int(_BLOCK_SECS * sample_rate)
    if start + _BLOCK_SECS >= last:
      size = max(len(sound), int(_SILENCE_SECS * sample_rate))
      sound = _added(sound, np.zeros((size, 2), np.float32))
    yield sound[:size]
    ringing = sound[size:]


def _added(first, second):
  """The sum of two sounds, as long as the longer."""
  if len(first) < len(second):
    first, second = second, first
  first = first.copy()
  first[:len(second)] += second
  return first


def _tracks(sequence, end_secs):
  """One dict of arrays a (program, drums) pair: start, end, pitch, velocity."""
  groups = {}
  pedalled = any(change.control_number == sustain.PEDAL for change in sequence.control_changes)
  for note in (sustain.apply_sustain(sequence) if pedalled else sequence).notes:
    if end_secs is None or note.start_time < end_secs:
      key = (0 if note.is_drum else note.program, note.is_drum)
      groups.setdefault(key, []).append((note.start_time, note.end_time, note.pitch, note.velocity))
  tracks = []
  for (program, is_drum), notes in sorted(groups.items()):
    start, end, pitch, velocity = np.array(notes, np.float64).T
    end = np.maximum(end, start + _SHORTEST_NOTE_SECS) + (0 if is_drum else _RELEASE_SECS)
    if end_secs is not None:
      end = np.minimum(end, end_secs)
    tracks.append({'program': program, 'is_drum': is_drum, 'start': start, 'end': end, 'pitch': pitch, 'velocity': velocity})
  return tracks


def _render(tracks, start, sample_rate):
  """Notes that begin in the block at `start` seconds, with all that rings after them; float32 `[n, 2]`.

  A note's gain is (velocity / 127)^2, the default modulator of SoundFont 2.01 (section 8.4.1: 960 centibels, concave).
  """
  sound = np.zeros((0, 2), np.float32)
  for velocity in range(_CLASS_WIDTH // 2, 128, _CLASS_WIDTH):  # the middles of the classes
    score = _score(tracks, start, sample_rate, velocity)
    if len(score.tracks):
      part = np.asarray(_synthesizer(sample_rate).render(score, stereo=True)).T  # [2, n] -> [n, 2]
      sound = _added(sound, part * np.float32((velocity / 127) ** 2))
  return np.nan_to_num(sound, nan=0., posinf=0., neginf=0.)  # a few sound effects of the soundfont are not finite


def _score(tracks, start, sample_rate, velocity):
  """A symusic score of the notes that begin in the block at `start` seconds, of the class of velocities around `velocity`."""
  import symusic
  score = symusic.Score(480).to('second')
  for track in tracks:
    chosen = (track['start'] >= start) & (track['start'] < start + _BLOCK_SECS)
    chosen &= np.minimum(track['velocity'], 127) // _CLASS_WIDTH == velocity // _CLASS_WIDTH
    if not chosen.any():
      continue
    part = symusic.Track(name='', program=track['program'], is_drum=track['is_drum'], ttype='second')
    # Half a sample after a whole one, so that rounding puts a note at the same sample in whatever block it lies.
    onset = (np.round(track['start'][chosen] * sample_rate) + .5) / sample_rate - start
    length = track['end'][chosen] - track['start'][chosen]
    part.notes = symusic.Note.from_numpy(onset.astype(np.float32), length.astype(np.float32),
                                         track['pitch'][chosen].astype(np.int8), np.minimum(track['velocity'][chosen], 127).astype(np.int8),
                                         ttype='second')
    score.tracks.append(part)
  return score


def _room(sound, sample_rate):
  """A short room around a dry sound: noise that dies away, a different one on each side (the same at each call)."""
  if not len(sound):
    return sound
  size = int(_ROOM_SECS * sample_rate)
  fade = np.exp(-np.arange(size) / (_ROOM_DECAY_SECS * sample_rate))[:, None]
  echo = np.random.default_rng(0).standard_normal((size, 2)) * fade
  echo *= _ROOM_LEVEL / np.sqrt((echo ** 2).sum(0))
  return _added(_convolved(sound, echo.astype(np.float32)), sound)


def _convolved(sound, echo):
  """Each column of `sound` convolved with that of `echo`, by overlap and add (scipy.signal would take a second to import)."""
  size = 1 << (len(echo) - 1).bit_length() + 1
  spectrum = np.fft.rfft(echo, 2 * size, axis=0)
  result = np.zeros((len(sound) + 2 * size, sound.shape[1]), np.float32)
  for start in range(0, len(sound), size):
    piece = np.fft.irfft(np.fft.rfft(sound[start:start + size], 2 * size, axis=0) * spectrum, axis=0)
    result[start:start + 2 * size] += piece
  return result[:len(sound) + len(echo) - 1]
