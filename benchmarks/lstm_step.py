"""Seconds of a training step: our LSTM layer beside keras.layers.LSTM, and two MusicVAEs beside the machine's matrix-multiply rate.

  python benchmarks/lstm_step.py [--policy=mixed_bfloat16] [--threads=1] [--only=layer|flat|hierarchical] [--clock=cpu]
  python benchmarks/lstm_step.py --table                # both precisions, one and two threads, each in a process of its own

The models are those of which Magenta's speed is known: cat-mel_2bar_big with encoder 512, decoder 2 x 512, z 128, batch 128;
hierdec-mel_16bar with encoder 2 x 256, decoder 2 x 256, batch 32. On 2 cores that multiply float32 matrices at 171 GFLOP/s Magenta's own
code trained them at 3681 and 3158 tokens a second; "x Magenta" is beside as many tokens for each GFLOP/s of this machine's float32 products at the
same number of threads, measured in the same minute: an estimate; `magenta_speed` runs Magenta's code itself.
`--clock=cpu` counts processor time, for a machine that does other things meanwhile.
"""
import argparse
import subprocess
import sys
import time

from musicnst import quiet

quiet.hush()

import keras  # noqa: E402  (after the chatter is hushed)
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from musicnst import configs  # noqa: E402
from musicnst.layers import lstm  # noqa: E402

STEPS, BATCH, DEPTH, UNITS = 32, 128, 602, 512
MODELS = {
    'flat': ('cat-mel_2bar_big', 'enc_rnn_size=[512],dec_rnn_size=[512,512],z_size=128,batch_size=128'),
    'hierarchical': ('hierdec-mel_16bar', 'enc_rnn_size=[256,256],dec_rnn_size=[256,256],batch_size=32'),
}
# Tokens a second of Magenta's code for each GFLOP/s of float32 matrix products.
MAGENTA = {'flat': 3681 / 171, 'hierarchical': 3158 / 171}
CLOCKS = {'wall': time.perf_counter, 'cpu': time.process_time}


def seconds(function, clock, repeats=8):
  """The shortest of `repeats` runs, after one to trace."""
  function()
  found = []
  for _ in range(repeats):
    start = clock()
    function()
    found.append(clock() - start)
  return min(found)


def matrix_rate(clock, dtype, size=2048):
  """Multiply-adds of a large product, GFLOP/s (two operations each)."""
  a = tf.cast(tf.random.normal((size, size)), dtype)
  multiply = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)))
  return 2 * size ** 3 / seconds(multiply, clock) / 1e9


def our_layer():
  """One training step (forward and gradient) of our layer, time-major."""
  layer = lstm.LSTMLayer(UNITS)
  layer.build((None, DEPTH))
  x = tf.random.normal((STEPS, BATCH, DEPTH))

  @tf.function
  def step():
    with tf.GradientTape() as tape:
      tape.watch(x)
      outputs, _ = layer.sequence([x], layer.cell.zero_state(BATCH))
      loss = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2)
    return [tf.reduce_sum(g) for g in tape.gradient(loss, [*layer.trainable_variables, x])]

  return step


def stock_layer():
  """The same step of keras.layers.LSTM, batch-major."""
  layer = keras.layers.LSTM(UNITS, return_sequences=True)
  layer.build((BATCH, STEPS, DEPTH))
  x = tf.random.normal((BATCH, STEPS, DEPTH))

  @tf.function
  def step():
    with tf.GradientTape() as tape:
      tape.watch(x)
      loss = tf.reduce_sum(tf.cast(layer(x), tf.float32) ** 2)
    return [tf.reduce_sum(g) for g in tape.gradient(loss, [*layer.trainable_variables, x])]

  return step


def model_step(name, overrides, schedule):
  """(one training step with its gradient, tokens a step, operations of its matrix products) of a config."""
  if not schedule:
    overrides += ',sampling_schedule=constant,sampling_rate=0'
  config = configs.get(name, overrides)
  model, size, length = config.build_model(), config.hparams.batch_size, config.hparams.steps
  tokens = tf.constant(np.eye(90, dtype=np.float32)[np.random.default_rng(0).integers(0, 90, (size, length))])
  batch = {'inputs': tokens, 'outputs': tokens, 'lengths': tf.fill([size], length), 'seeds': tf.range(size)}

  @tf.function
  def step():
    with tf.GradientTape() as tape:
      loss = tf.reduce_mean(tf.add_n(list(model.loss_terms(batch, True, tf.constant(1000)).values())))
    return [tf.reduce_sum(g) for g in tape.gradient(loss, model.trainable_variables)]

  recurrent = sum(int(np.prod(v.shape)) for v in model.trainable_variables if 'cell' in v.path or 'output_projection' in v.path)
  return step, size * length, 6 * recurrent * size * length


def table(clock):
  """The lines of the models for both precisions and one and two threads."""
  for threads in (1, 2):
    for policy in ('float32', 'mixed_bfloat16'):
      for part in MODELS:
        command = [sys.executable, __file__, f'--policy={policy}', f'--threads={threads}', f'--only={part}', f'--clock={clock}']
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        print(f'{threads} thread{"s" * (threads > 1)}, {policy:15s} {lines[-1]}', flush=True)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--policy', default='float32', choices=('float32', 'mixed_bfloat16'))
  parser.add_argument('--only', default='', choices=('', 'layer', *MODELS))
  parser.add_argument('--clock', default='wall', choices=tuple(CLOCKS))
  parser.add_argument('--schedule', action='store_true', help='keep the scheduled sampling of the flat config')
  parser.add_argument('--threads', type=int, default=0, help='of TensorFlow; 0 for as many as there are cores')
  parser.add_argument('--table', action='store_true', help='all of it')
  arguments = parser.parse_args()
  if arguments.table:
    table(arguments.clock)
    return
  clock = CLOCKS[arguments.clock]
  tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
  tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
  keras.config.set_dtype_policy(arguments.policy)
  single = matrix_rate(clock, 'float32')
  rate = matrix_rate(clock, keras.config.dtype_policy().compute_dtype)
  print(f'{arguments.policy}, {arguments.clock} clock: matrix products at {rate:.0f} GFLOP/s')
  if arguments.only in ('', 'layer'):
    ours, theirs = seconds(our_layer(), clock), seconds(stock_layer(), clock)
    operations = 6 * STEPS * BATCH * (DEPTH + UNITS) * 4 * UNITS
    for name, value in (('our layer', ours), ('keras.layers.LSTM', theirs)):
      print(f'{name:20s} {value * 1e3:7.1f} ms a step, {operations / value / 1e9 / rate:.0%} of the matrix rate, {theirs / value:.2f} x stock')
  for part, (name, overrides) in MODELS.items():
    if arguments.only in ('', part):
      step, tokens, operations = model_step(name, overrides, arguments.schedule)
      value = seconds(step, clock, 4)
      print(f'{part:20s} {value:7.3f} s a step, {tokens / value:6.0f} tokens/s, {operations / value / 1e9 / rate:.0%} of the matrix rate, '
            f'{tokens / value / (MAGENTA[part] * single):.2f} x Magenta (products: float32 {single:.0f}, {arguments.policy} {rate:.0f} GFLOP/s)')


if __name__ == '__main__':
  main()
