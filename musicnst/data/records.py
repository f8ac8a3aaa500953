"""The record of one window: written and parsed here, and nowhere else.

A record is a `tf.train.Example`. Arrays of zeros and ones are packed to bits and deflated (a 2-bar polyphonic window of 704 packed
bytes becomes about 100), velocities are deflated bytes, inputs and outputs of a converter that is `real_valued` deflated float32:

| feature | type | what |
|---|---|---|
| `format` | bytes | name and shape of the converter, such as `polyphonic:32x176/176/0`: records of another converter are refused |
| `inputs`, `outputs`, `controls` | bytes | deflated bits of `[T, D]`; `outputs` is left out where it equals `inputs` |
| `velocities` | bytes | deflated uint8 `[T, P]`, where the window has them |
| `lengths` | int64 list | valid steps, one number or one a segment |
| `start_step` | int64 | first step of the window in its piece |
| `genre`, `composer`, `id`, `corpus`, ... | bytes | the window's labels |

Writing needs no TensorFlow; parsing uses TensorFlow operations only.
"""
import hashlib
import zlib

import numpy as np

from musicnst import errors
from musicnst.data import wire
from musicnst.representations import base

# Labels every record has, empty where unknown, so that a batch of records parses alike.
LABELS = ('id', 'genre', 'composer', 'corpus')


def format_of(converter):
  """What a converter's records are stamped with."""
  shape = f'{converter.steps}x{converter.input_depth}/{converter.output_depth}/{converter.control_depth}'
  return f'{converter.name}:{shape}' + (f'/{converter.variant}' if converter.variant else '')


# ---------------------- writing ----


def write_example(window, converter):
  """A `Window` as a serialized `tf.train.Example`.

  Raises:
    DataError: an array that is not of the converter's shape, or holds other values than 0 and 1.
  """
  features = {'format': wire.bytes_feature(format_of(converter).encode())}
  pack = _pack_real if converter.real_valued else _pack
  features['inputs'] = wire.bytes_feature(pack(window.inputs, converter.steps, converter.input_depth))
  if window.outputs is not window.inputs and not np.array_equal(window.outputs, window.inputs):
    features['outputs'] = wire.bytes_feature(pack(window.outputs, converter.steps, converter.output_depth))
  if converter.control_depth:
    features['controls'] = wire.bytes_feature(_pack(window.controls, converter.steps, converter.control_depth))
  if window.velocities is not None:
    features['velocities'] = wire.bytes_feature(zlib.compress(np.ascontiguousarray(window.velocities, np.uint8).tobytes(), 6))
  features['lengths'] = wire.int64_feature(np.atleast_1d(window.length))
  features['start_step'] = wire.int64_feature([window.start_step])
  for name in (*LABELS, *sorted(set(window.labels) - set(LABELS))):
    features[name] = wire.bytes_feature(str(window.labels.get(name) or '').encode())
  return wire.example(features)


def content_key(window):
  """16 bytes (blake2b) that are equal exactly for windows of equal arrays and length, whatever their labels."""
  digest = hashlib.blake2b(digest_size=16)
  for array in (window.inputs, window.outputs, window.controls):
    if array is not None:
      cells = array.tobytes() if array.dtype == np.float32 else np.packbits(np.asarray(array, bool)).tobytes()
      digest.update(repr(np.shape(array)).encode() + cells)
  digest.update(repr(tuple(int(n) for n in np.atleast_1d(window.length))).encode())
  return digest.digest()


def _shaped(array, steps, depth):
  array = np.asarray(array)
  if array.shape != (steps, depth):
    raise errors.DataError(f'window array of shape {array.shape}, not {(steps, depth)}')
  return array


def _pack_real(array, steps, depth):
  return zlib.compress(_shaped(array, steps, depth).astype('<f4').tobytes(), 6)


def _pack(array, steps, depth):
  array = _shaped(array, steps, depth)
  if array.dtype != bool and array.max(initial=0) > 1:
    raise errors.DataError('window array holds other values than 0 and 1')
  return zlib.compress(np.packbits(array.astype(bool)).tobytes(), 6)


def _unpack(data, steps, depth):
  bits = np.unpackbits(np.frombuffer(zlib.decompress(data), np.uint8), count=steps * depth)
  return bits.reshape(steps, depth)


def _unpack_real(data, steps, depth):
  return np.frombuffer(zlib.decompress(data), '<f4').reshape(steps, depth)


# ---------------------- reading ----


def read_window(serialized, converter):
  """The `Window` that `write_example` wrote, in numpy.

  Raises:
    DataError: a record of another converter, or none.
  """
  features = wire.parse(serialized)
  check_format(features, converter)
  unpack = _unpack_real if converter.real_valued else _unpack
  inputs = unpack(features['inputs'], converter.steps, converter.input_depth)
  outputs = unpack(features['outputs'], converter.steps, converter.output_depth) if 'outputs' in features else inputs
  controls = _unpack(features['controls'], converter.steps, converter.control_depth) if 'controls' in features else None
  velocities = None
  if 'velocities' in features:
    velocities = np.frombuffer(zlib.decompress(features['velocities']), np.uint8).reshape(converter.steps, -1)
  lengths = features['lengths']
  known = ('format', 'inputs', 'outputs', 'controls', 'velocities', 'lengths', 'start_step')
  return base.Window(inputs, outputs, lengths[0] if len(lengths) == 1 else tuple(lengths), controls, velocities,
                     features['start_step'][0], {n: v.decode() for n, v in features.items() if n not in known})


def check_format(features, converter, path='this record'):
  """Raises `DataError` unless these features were written for this converter."""
  found = features.get('format', b'?').decode(errors='replace')
  if found != format_of(converter):
    raise errors.DataError(f'{path} holds windows of {found}, but this config reads {format_of(converter)}; prepare them with this config')


def parse_example(serialized, converter, num_lengths=1, label_names=(), velocities=False, dtype='float32'):
  """Serialized records -> tensors, by TensorFlow operations only.

  Args:
    serialized: string tensor `[B]` (fast: the whole batch is parsed at once) or a scalar.
    converter: whose records these are.
    num_lengths: numbers in `lengths`; 1 gives `lengths` `[B]`, more give `[B, num_lengths]`.
    label_names: labels to return too, each a string tensor `[B]` under its own name.
    velocities: return `velocities`, uint8 `[B, T, P]` too.
    dtype: of the arrays of zeros and ones; inputs and outputs of a converter that is `real_valued` are float32.

  Returns:
    dict of `inputs`, `outputs` `[B, T, D]`, `lengths` int32, `controls` where the converter has them; without B for a scalar.
  """
  import tensorflow as tf  # pylint: disable=import-outside-toplevel
  serialized = tf.convert_to_tensor(serialized)
  if serialized.shape.rank == 0:
    single = parse_example(serialized[tf.newaxis], converter, num_lengths, label_names, velocities, dtype)
    return {name: tensor[0] for name, tensor in single.items()}
  spec = {'inputs': tf.io.FixedLenFeature([], tf.string), 'outputs': tf.io.FixedLenFeature([], tf.string, ''),
          'lengths': tf.io.FixedLenFeature([num_lengths], tf.int64)}
  spec.update({name: tf.io.FixedLenFeature([], tf.string, '') for name in label_names})
  if converter.control_depth:
    spec['controls'] = tf.io.FixedLenFeature([], tf.string)
  if velocities:
    spec['velocities'] = tf.io.FixedLenFeature([], tf.string)
  features = tf.io.parse_example(serialized, spec)
  return _tensors(tf, features, converter, num_lengths, label_names, dtype)


def _tensors(tf, features, converter, num_lengths, label_names, dtype):
  lengths = tf.cast(features['lengths'], tf.int32)
  parsed = {'lengths': lengths[:, 0] if num_lengths == 1 else lengths, **{name: features[name] for name in label_names}}
  unpack = _reals if converter.real_valued else _bits
  parsed['inputs'] = unpack(tf, features['inputs'], converter.steps, converter.input_depth, dtype)
  parsed['outputs'] = _outputs(tf, features, parsed['inputs'], converter, dtype)
  if converter.control_depth:
    parsed['controls'] = _bits(tf, features['controls'], converter.steps, converter.control_depth, dtype)
  if 'velocities' in features:
    raw = tf.io.decode_raw(tf.io.decode_compressed(features['velocities'], 'ZLIB'), tf.uint8)
    parsed['velocities'] = tf.reshape(raw, [tf.shape(raw)[0], converter.steps, -1])
  return parsed


def _outputs(tf, features, inputs, converter, dtype):
  """`outputs` `[B, T, D]`; where a record leaves them out they are its inputs."""
  kind = _reals if converter.real_valued else _bits
  unpack = lambda packed: kind(tf, packed, converter.steps, converter.output_depth, dtype)
  if converter.input_depth != converter.output_depth:
    return unpack(features['outputs'])
  absent = tf.equal(features['outputs'], '')
  packed = tf.where(absent, features['inputs'], features['outputs'])
  return tf.cond(tf.reduce_all(absent), lambda: inputs, lambda: unpack(packed))


def _reals(tf, packed, steps, depth, dtype):
  """Deflated float32 `[B]` (strings) -> `[B, T, D]`."""
  del dtype
  return tf.reshape(tf.io.decode_raw(tf.io.decode_compressed(packed, 'ZLIB'), tf.float32), [-1, steps, depth])


def _bits(tf, packed, steps, depth, dtype):
  """Deflated bits `[B]` (strings) -> `[B, T, D]`: each byte is looked up in a table of 256 rows of 8 bytes, each row read as one int64."""
  table = tf.constant(np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).view(np.int64)[:, 0])
  num_bytes = (steps * depth + 7) // 8
  raw = tf.io.decode_raw(tf.io.decode_compressed(packed, 'ZLIB'), tf.uint8)
  raw = tf.ensure_shape(raw, [None, num_bytes])  # [B, bytes]
  bits = tf.reshape(tf.bitcast(tf.gather(table, tf.cast(raw, tf.int32)), tf.uint8), [-1, num_bytes * 8])
  return tf.cast(tf.reshape(bits[:, :steps * depth], [-1, steps, depth]), dtype)
