"""The MIDI file inside of something else: RIFF (RMID, `.rmi`), behind a MacBinary header or behind other bytes."""
from musicnst import errors
from musicnst.reading import manner as manner_lib

# How far from the beginning a MIDI header may stand: MacBinary has 128 bytes, AppleDouble and mail headers some hundreds.
_FARTHEST = 1024
_MAC_BINARY = 128


def unpacked(data, name, mended):
  """The bytes from the MIDI header on.

  Args:
    data: bytes of the file.
    name: for messages.
    mended: list that gets what was taken off.

  Raises:
    ReadError: `not_midi`.
  """
  if data[:4] == b'MThd':
    return data
  if data[:4] == b'RIFF' and data[8:12] != b'RMID':
    raise errors.ReadError(name, 'not_midi', f'not a MIDI file but a RIFF file of kind {data[8:12].decode("latin1")!r}.')
  start = data.find(b'MThd', 0, _FARTHEST + 4)
  if start < 0:
    raise errors.ReadError(name, 'not_midi', 'not a MIDI file (it does not begin with MThd).')
  if data[:4] == b'RIFF':
    size = int.from_bytes(data[start - 4:start], 'little')  # of the chunk `data`; other chunks may follow
    mended.append(manner_lib.Mended('riff', 'taken out of its RIFF container'))
    return data[start:start + size] if data[start - 8:start - 4] == b'data' and size else data[start:]
  if start == _MAC_BINARY and data[0] == 0:
    mended.append(manner_lib.Mended('mac_binary', 'MacBinary header taken off'))
    size = int.from_bytes(data[83:87], 'big')  # of the data fork, without its padding and the resource fork
    return data[start:start + size] if 14 < size else data[start:]
  mended.append(manner_lib.Mended('leading_bytes', f'{start} bytes before the header taken off'))
  return data[start:]
