"""Makes MIDI files for tests with mido: random ones that use every kind of event, and single-purpose ones."""
import io
import random

import mido

_METAS = (
    lambda rng: mido.MetaMessage('set_tempo', tempo=rng.choice((150_000, 500_000, 461_538, 1_000_003, 6_000_000))),
    lambda rng: mido.MetaMessage('time_signature', numerator=rng.randint(1, 13), denominator=rng.choice((1, 2, 4, 8, 16))),
    lambda rng: mido.MetaMessage('key_signature', key=rng.choice(('C', 'Cb', 'F#', 'C#', 'Abm', 'A#m', 'Am', 'Ebm', 'G'))),
    lambda rng: mido.MetaMessage('track_name', name=rng.choice(('Piano', '', 'Gitarre für zwei', 'x' * 200))),
    lambda rng: mido.MetaMessage('lyrics', text='la'),
    lambda rng: mido.UnknownMetaMessage(0x0A, data=(1, 2, 3)),
)


def to_bytes(tracks, ticks_per_beat=480, kind=1):
  """Lists of messages (times are delta ticks) -> the bytes of a file."""
  midi_file = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat, charset='latin1')
  midi_file.tracks.extend(mido.MidiTrack(track) for track in tracks)
  out = io.BytesIO()
  midi_file.save(file=out)
  return out.getvalue()


def notes(pitches, ticks=240, channel=0, velocity=80):
  """A melody without rests."""
  track = []
  for pitch in pitches:
    track.append(mido.Message('note_on', note=pitch, velocity=velocity, channel=channel, time=0))
    track.append(mido.Message('note_off', note=pitch, channel=channel, time=ticks))
  return track


def random_file(seed, num_events=60):
  """The bytes of a file with 1-4 tracks of random events: few pitches and channels, so that notes overlap and programs meet."""
  rng = random.Random(seed)
  tracks = []
  for _ in range(rng.randint(1, 4)):
    track = []
    for _ in range(rng.randint(1, num_events)):
      message = _random_message(rng)
      message.time = rng.choice((0, 0, 1, 60, 120, 480, 5000))
      track.append(message)
    tracks.append(track)
  return to_bytes(tracks, ticks_per_beat=rng.choice((24, 96, 220, 480, 15360)))


def _random_message(rng):
  channel, pitch = rng.choice((0, 0, 1, 9)), rng.choice((0, 60, 61, 127))
  kind = rng.random()
  if kind < .35:
    return mido.Message('note_on', note=pitch, velocity=rng.choice((0, 1, 64, 127)), channel=channel)
  if kind < .55:
    return mido.Message('note_off', note=pitch, channel=channel)
  if kind < .65:
    return mido.Message('control_change', control=rng.choice((0, 7, 64)), value=rng.choice((0, 5, 127)), channel=channel)
  if kind < .72:
    return mido.Message('pitchwheel', pitch=rng.choice((-8192, -1, 0, 8191)), channel=channel)
  if kind < .8:
    return mido.Message('program_change', program=rng.choice((0, 40, 127)), channel=channel)
  if kind < .85:
    return rng.choice((mido.Message('sysex', data=(1, 2, 3)), mido.Message('aftertouch', value=3, channel=channel),
                       mido.Message('polytouch', note=pitch, value=3, channel=channel)))
  return rng.choice(_METAS)(rng)


def damage(data, rng):
  """A damaged copy: bytes changed, cut out, put in or doubled, or the end cut off."""
  data = bytearray(data)
  for _ in range(rng.choice((1, 1, 2, 5, 20))):
    i, j = rng.randrange(len(data)), rng.randrange(len(data))
    kind = rng.randrange(6)
    if kind == 0:
      data[i] = rng.randrange(256)
    elif kind == 1:
      data[i] ^= 1 << rng.randrange(8)
    elif kind == 2:
      data[i:i + rng.randint(1, 8)] = b''
    elif kind == 3:
      data[i:i] = rng.randbytes(rng.randint(1, 8))
    elif kind == 4:
      data[i:i] = data[j:j + rng.randint(1, 64)]
    else:
      data[i:] = rng.choice((b'', b'\xff' * 9, b'\x00' * 9))
    if not data:
      return b'\x00'
  return bytes(data)
