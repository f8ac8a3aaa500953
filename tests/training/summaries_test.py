"""Event files in the order they were begun, by names as TensorFlow gives them."""
import tensorflow as tf

from musicnst.training import summaries


def test_files_are_ordered_by_the_numbers_in_their_names(tmp_path):
  names = ['events.out.tfevents.1700000000.host.998.9.v2', 'events.out.tfevents.1700000000.host.998.10.v2',
           'events.out.tfevents.1700000000.host.1002.0.v2', 'events.out.tfevents.1700000007.host.7.0.v2']
  for name in reversed([*names, 'model-1.index']):
    (tmp_path / name).write_bytes(b'')
  assert summaries.event_files(tmp_path) == [str(tmp_path / name) for name in names]
  assert summaries.event_files(tmp_path / 'none') == []


def test_the_eleventh_writer_of_a_process_comes_last(tmp_path):
  folder = tmp_path / '[runs]'  # brackets are no pattern here
  for number in range(11):
    writer = summaries.Writer(str(folder))
    writer.scalars({'number': number}, step=1)
    writer.close()
  found = [float(tf.make_ndarray(value.tensor)) for path in summaries.event_files(folder)
           for event in tf.compat.v1.train.summary_iterator(path) for value in event.summary.value]
  assert found == list(range(11))
