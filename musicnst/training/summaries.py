"""TensorBoard event files: scalars and text, written without importing TensorBoard (which only shows them)."""
import glob
import os
import re

import tensorflow as tf

from musicnst import errors


def event_files(folder):
  """Event files of a folder, oldest first.

  Their names end in the second, the host, the process and the writer's number in it (`events.out.tfevents.SECOND.HOST.PROCESS.NUMBER.v2`):
  runs of digits are compared as numbers, so that writer 10 comes after writer 9.
  """
  digits = lambda path: [int(part) if part.isdigit() else part for part in re.split(r'(\d+)', os.path.basename(path))]
  return sorted(glob.glob(os.path.join(glob.escape(os.fspath(folder)), 'events.out.tfevents.*')), key=digits)


class Writer:
  """Event file in `folder`; does nothing where `folder` is ''.

  Raises:
    OutputError: the folder cannot be written.
  """

  def __init__(self, folder):
    try:
      self._writer = tf.summary.create_file_writer(folder) if folder else None
    except (tf.errors.OpError, OSError) as error:
      raise errors.OutputError(f'{folder}: event files cannot be written ({error})') from error

  def scalars(self, values, step):
    """{name: float} at a step."""
    self._write([(name, tf.constant(value, tf.float32), 'scalars') for name, value in values.items()], step)

  def text(self, name, text, step=0):
    """Markdown text under a name."""
    self._write([(name, tf.constant([text]), 'text')], step)

  def table(self, name, values, step=0):
    """{key: value} as a table of text."""
    rows = '\n'.join(f'|{key}|{value}|' for key, value in sorted(values.items()))
    self.text(name, f'|name|value|\n|:--|:--|\n{rows}', step)

  def close(self):
    if self._writer:
      self._writer.close()

  def _write(self, entries, step):
    if not self._writer:
      return
    with self._writer.as_default():
      for name, value, plugin in entries:
        tf.summary.write(name, value, step=int(step), metadata=_metadata(name, plugin))
    self._writer.flush()


def _metadata(name, plugin):
  classes = {'scalars': 'DATA_CLASS_SCALAR', 'text': 'DATA_CLASS_TENSOR'}
  metadata = tf.compat.v1.SummaryMetadata(display_name=name, data_class=classes[plugin])
  metadata.plugin_data.plugin_name = plugin
  return metadata
