"""Loss curves of the first steps in float32 and in bfloat16, on the same windows, seed and weights: how far they lie apart.

  python benchmarks/bfloat16_curve.py --examples_path='windows.tfrecord-train-*' [--model=flat|hierarchical] [--num_steps=200]

The models are those of `lstm_step`. Prints the mean loss of every ten steps in both, and the largest relative distance of the two curves.
"""
import argparse
import tempfile

from musicnst import quiet

quiet.hush()

import keras  # noqa: E402  (after the chatter is hushed)
import lstm_step  # noqa: E402
import numpy as np  # noqa: E402

from musicnst import configs  # noqa: E402
from musicnst.training import loop  # noqa: E402

STEPS_A_POINT = 10


class Curve(keras.callbacks.Callback):
  """Keeps the loss of every call of training steps."""

  def __init__(self):
    super().__init__()
    self.losses = []

  def on_train_batch_end(self, batch, logs=None):
    self.losses.append(logs['loss'])


def curve(config, examples_path, num_steps, mixed_precision):
  """The mean losses of each ten steps."""
  kept = Curve()
  with tempfile.TemporaryDirectory() as folder:
    loop.train(config, folder, examples_path, callbacks=[kept], num_steps=num_steps, seed=0, mixed_precision=mixed_precision,
               steps_per_call=STEPS_A_POINT, log_every_steps=STEPS_A_POINT, checkpoint_every_secs=0.0, show_progress=False)
  return np.array(kept.losses)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--examples_path', required=True)
  parser.add_argument('--model', default='flat', choices=tuple(lstm_step.MODELS))
  parser.add_argument('--num_steps', type=int, default=200)
  arguments = parser.parse_args()
  name, overrides = lstm_step.MODELS[arguments.model]
  config = configs.get(name, overrides + ',sampling_schedule=constant,sampling_rate=0')
  single, half = (curve(config, arguments.examples_path, arguments.num_steps, mixed) for mixed in (False, True))
  for i, (a, b) in enumerate(zip(single, half)):
    print(f'step {(i + 1) * STEPS_A_POINT:4d}  float32 {a:8.3f}  bfloat16 {b:8.3f}  {b / a - 1:+.2%}')
  print(f'largest distance {np.abs(half / single - 1).max():.2%}')


if __name__ == '__main__':
  main()
