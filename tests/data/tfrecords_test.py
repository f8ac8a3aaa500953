"""TFRecord framing against TensorFlow's own."""
import numpy as np
import pytest
import tensorflow as tf

from musicnst import errors
from musicnst.data import tfrecords

RECORDS = [b'', b'a', b'123456789', bytes(range(256)) * 40]


def _write(path, records=RECORDS):
  path.write_bytes(b''.join(tfrecords.frame(record) for record in records))
  return str(path)


def test_checksum_of_the_standard_check_string():
  # CRC-32C of "123456789" is E3069283 (RFC 3720); masked as TensorFlow does it.
  crc = 0xE3069283
  assert tfrecords.masked_crc32c(b'123456789') == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_tensorflow_reads_what_is_framed_here(tmp_path):
  path = _write(tmp_path / 'a')
  assert [r.numpy() for r in tf.data.TFRecordDataset(path)] == RECORDS


def test_reads_and_counts_what_tensorflow_writes(tmp_path):
  path = str(tmp_path / 'a')
  with tf.io.TFRecordWriter(path) as writer:
    for record in RECORDS:
      writer.write(record)
  assert list(tfrecords.read(path)) == RECORDS
  assert tfrecords.count(path) == len(RECORDS)


def test_an_empty_file_holds_no_records(tmp_path):
  path = _write(tmp_path / 'a', [])
  assert list(tfrecords.read(path)) == [] and tfrecords.count(path) == 0


@pytest.mark.parametrize('keep', [5, 13, -1])
def test_a_file_cut_short_is_named(tmp_path, keep):
  path = tmp_path / 'cut'
  path.write_bytes(tfrecords.frame(b'some record')[:keep])
  with pytest.raises(errors.DataError, match='cut'):
    list(tfrecords.read(str(path)))
  with pytest.raises(errors.DataError, match='cut short'):
    tfrecords.count(str(path))


def test_a_flipped_bit_anywhere_is_noticed(tmp_path):
  good = np.frombuffer(tfrecords.frame(b'some record'), np.uint8)
  for position in range(len(good)):
    bad = good.copy()
    bad[position] ^= 4
    path = tmp_path / 'bad'
    path.write_bytes(bad.tobytes())
    with pytest.raises(errors.DataError):
      list(tfrecords.read(str(path)))


def test_text_is_not_a_record_file(tmp_path):
  path = tmp_path / 'text'
  path.write_text('this is a text file, not records')
  with pytest.raises(errors.DataError, match='not a TFRecord file'):
    list(tfrecords.read(str(path)))
  with pytest.raises(errors.DataError, match='not a TFRecord file'):
    tfrecords.count(str(path))


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(errors.DataError, match='cannot be read'):
    list(tfrecords.read(str(tmp_path / 'nothing')))


def test_expand_takes_lists_and_patterns_and_leaves_reports_out(tmp_path):
  for name in ('b-train-00001-of-00002', 'b-train-00000-of-00002', 'a', 'b-train.report.json'):
    (tmp_path / name).write_bytes(b'')
  found = tfrecords.expand(f'{tmp_path}/a, {tmp_path}/b-train*,{tmp_path}/a')
  assert [name.rsplit('/', 1)[1] for name in found] == ['a', 'b-train-00000-of-00002', 'b-train-00001-of-00002']


def test_expand_hints_at_the_split(tmp_path):
  (tmp_path / 'w.tfrecord-train-00000-of-00001').write_bytes(b'')
  with pytest.raises(errors.DataError, match=r'w\.tfrecord-train-\*\?'):
    tfrecords.expand(f'{tmp_path}/w.tfrecord')
  with pytest.raises(errors.DataError, match='no record files'):
    tfrecords.expand('')
