"""A run that is killed with SIGKILL goes on to the very bits of a run that was not."""
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst.training import loop
from musicnst.training import run_dir as run_dir_lib
from tests.training import tiny


def _values(run_dir):
  reader = tf.train.load_checkpoint(run_dir_lib.RunDir(run_dir).checkpoint())
  return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
          if 'VARIABLE_VALUE' in name and 'save_counter' not in name}


@pytest.mark.slow
def test_resume_after_kill_equals_unbroken_run_to_the_bit(config, windows, workers, unbroken, tmp_path):
  # Killed at step 13, after the checkpoint of step 10: three steps are lost and made again. An epoch is 7 and a half batches.
  assert workers.finish(workers.start('killed', 20, kill_at=13, checkpoint_every_steps=5)) == -signal.SIGKILL
  assert run_dir_lib.RunDir(tmp_path / 'killed').checkpoint().endswith('model-10')
  folder, losses = unbroken
  resumed = {}
  recorder = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: resumed.update({step: logs['loss']}))
  loop.train(config, tmp_path / 'killed', windows, num_steps=20, show_progress=False, callbacks=[recorder], **tiny.EACH_STEP)
  assert resumed == {step: losses[step] for step in range(11, 21)}
  expected, found = _values(folder), _values(tmp_path / 'killed')
  assert len(expected) > 40 and sorted(expected) == sorted(found)
  for name, value in expected.items():
    np.testing.assert_array_equal(found[name], value, err_msg=name)
