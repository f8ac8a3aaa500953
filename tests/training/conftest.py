"""Records and processes for the tests of training."""
import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from musicnst import configs
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import base
from musicnst.training import loop

# Every step is a point of the curves.
EACH_STEP = {'steps_per_call': 1, 'log_every_steps': 1, 'checkpoint_every_secs': 0}
TINY = 'batch_size=8,width=8,z_size=4,transpose_low=-2,transpose_high=2'


def write_windows(path, converter, count, seed=0, genres=('pop',)):
  """`count` windows of random music as one record file."""
  random = np.random.default_rng(seed)
  serialized = []
  for i in range(count):
    onset = (random.random((converter.steps, 88)) < .02).astype(np.uint8)
    onset[:, :8] = onset[:, -8:] = 0
    roll = np.concatenate([onset, np.roll(onset, 1, 0) * (1 - onset)], 1)
    roll[0, 88:] = 0
    window = base.Window(inputs=roll, outputs=roll, length=converter.steps, labels={'genre': genres[i % len(genres)], 'id': str(i)})
    serialized.append(records.write_example(window, converter))
  pathlib.Path(path).write_bytes(b''.join(tfrecords.frame(data) for data in serialized))
  return str(path)


@pytest.fixture(scope='session')
def config():
  """`polyphonic-2bar`, tiny."""
  return configs.get('polyphonic-2bar', TINY)


@pytest.fixture(scope='session')
def windows(tmp_path_factory, config):
  """A record file of 60 windows."""
  return write_windows(tmp_path_factory.mktemp('windows') / 'windows.tfrecord', config.build_converter(), 60)


class Workers:
  """Trainings in processes of their own."""

  def __init__(self, folder, windows):
    self.folder, self.windows = pathlib.Path(folder), windows

  def start(self, run_dir, num_steps, kill_at=None, tf_config=None, **arguments):
    """Starts one; returns (process, file of its losses)."""
    losses = self.folder / f'{run_dir}-{len(list(self.folder.iterdir()))}.json'
    request = {'losses': str(losses), 'kill_at': kill_at, 'arguments': {
        'config_name': 'polyphonic-2bar', 'run_dir': str(self.folder / run_dir), 'examples_path': self.windows, 'hparams': TINY,
        'num_steps': num_steps, **EACH_STEP, **arguments}}
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path), **({'TF_CONFIG': json.dumps(tf_config)} if tf_config else {})}
    script = pathlib.Path(__file__).parent / 'worker.py'
    return subprocess.Popen([sys.executable, str(script), json.dumps(request)], env=environment, stderr=subprocess.PIPE, text=True), losses

  def finish(self, started, timeout=240):
    """Waits; returns {step: loss}, or the exit code where it is not 0."""
    process, losses = started
    _, messages = process.communicate(timeout=timeout)
    if process.returncode < 0:
      return process.returncode
    assert process.returncode == 0, messages[-3000:]
    return {int(step): loss for step, loss in json.loads(losses.read_text()).items()}


@pytest.fixture(scope='session')
def unbroken(tmp_path_factory, config, windows):
  """(run folder, {step: loss}) of 20 steps on one replica, trained in this process."""
  folder, losses = tmp_path_factory.mktemp('unbroken'), {}
  recorder = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: losses.update({step: logs['loss']}))
  loop.train(config, folder, windows, num_steps=20, show_progress=False, callbacks=[recorder], **EACH_STEP)
  return folder, losses


@pytest.fixture
def workers(tmp_path, windows):
  return Workers(tmp_path, windows)
