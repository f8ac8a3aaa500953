"""Records and processes for the tests of training."""
import json
import os
import pathlib
import subprocess
import sys

import keras
import pytest

from musicnst import configs
from musicnst.training import loop
from tests.training import tiny


@pytest.fixture(scope='session')
def config():
  """`polyphonic-2bar`, tiny."""
  return configs.get('polyphonic-2bar', tiny.HPARAMS)


@pytest.fixture(scope='session')
def windows(tmp_path_factory, config):
  """A record file of 60 windows."""
  return tiny.write_windows(tmp_path_factory.mktemp('windows') / 'windows.tfrecord', config.build_converter(), 60)


class Workers:
  """Trainings in processes of their own."""

  def __init__(self, folder, windows):
    self.folder, self.windows, self.processes = pathlib.Path(folder), windows, []

  def start(self, run_dir, num_steps, kill_at=None, tf_config=None, **arguments):
    """Starts one; returns (process, file of its losses)."""
    losses = self.folder / f'{run_dir}-{len(list(self.folder.iterdir()))}.json'
    request = {'losses': str(losses), 'kill_at': kill_at, 'arguments': {
        'config_name': 'polyphonic-2bar', 'run_dir': str(self.folder / run_dir), 'examples_path': self.windows, 'hparams': tiny.HPARAMS,
        'num_steps': num_steps, **tiny.EACH_STEP, **arguments}}
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path), **({'TF_CONFIG': json.dumps(tf_config)} if tf_config else {})}
    script = pathlib.Path(__file__).parent / 'worker.py'
    self.processes.append(
        subprocess.Popen([sys.executable, str(script), json.dumps(request)], env=environment, stderr=subprocess.PIPE, text=True))
    return self.processes[-1], losses

  def finish(self, started, timeout=600):
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
  loop.train(config, folder, windows, num_steps=20, show_progress=False, callbacks=[recorder], **tiny.EACH_STEP)
  return folder, losses


@pytest.fixture
def workers(tmp_path, windows):
  """`Workers`, none of whom outlives the test."""
  made = Workers(tmp_path, windows)
  yield made
  for process in made.processes:
    process.kill()
    process.wait()
