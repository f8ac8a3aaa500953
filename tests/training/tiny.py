"""Small windows and settings with which tests train in a second."""
import pathlib

import numpy as np

from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import base

# Every step is a point of the curves.
EACH_STEP = {'steps_per_call': 1, 'log_every_steps': 1, 'checkpoint_every_secs': 0}
HPARAMS = 'batch_size=8,width=8,z_size=4,transpose_low=-2,transpose_high=2'


def write_windows(path, converter, count, seed=0, genres=('pop',)):
  """`count` windows of random music as one record file."""
  random = np.random.default_rng(seed)
  serialized = []
  for i in range(count):
    onset = (random.random((converter.steps, 88)) < .02).astype(np.uint8)
    onset[:, :8] = onset[:, -8:] = 0
    roll = np.concatenate([onset, np.roll(onset, 1, 0) * (1 - onset)], 1)
    roll[0, 88:] = 0
    window = base.Window(
        inputs=roll, outputs=roll, length=converter.steps,
        labels={'genre': genres[i % len(genres)], 'corpus': genres[i % len(genres)], 'id': str(i)})
    serialized.append(records.write_example(window, converter))
  pathlib.Path(path).write_bytes(b''.join(tfrecords.frame(data) for data in serialized))
  return str(path)
