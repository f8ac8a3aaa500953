"""Seconds of a whole training step of Magenta's own MusicVAE code and of ours, on this machine, in one process.

  pip install --no-deps --target=DIR magenta==2.1.4 tf-slim==1.1.0
  python benchmarks/magenta_speed.py --magenta=DIR [--threads=1] [--clock=cpu] [--only=flat|hierarchical] [--rounds=6]

The models are those of `lstm_step`; a step is batch from memory, loss, gradient, clipping and Adam on both sides: Magenta's as its
`music_vae_train` builds it (graph mode, float32), ours by `training.trainer` in float32 and in bfloat16. The sides take turns, so that
other jobs disturb them alike, and the shortest step of each counts; `--clock=cpu` counts processor time, for a machine that does other
things meanwhile. TensorFlow Datasets, which Magenta imports but no training step needs, is stood in for by an empty module; Magenta's
layers need Keras 2 (`tf_keras`).
"""
import argparse
import importlib.machinery
import os
import sys
import types

os.environ['TF_USE_LEGACY_KERAS'] = '1'

import lstm_step  # noqa: E402  (after the environment is set)
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from musicnst import configs  # noqa: E402
from musicnst.training import trainer  # noqa: E402

v1 = tf.compat.v1
DEPTH = 90
STUBS = ('tensorflow_datasets',)


def magenta_config(folder, name, overrides):
  """Magenta's config of that name from an unpacked wheel, hyperparameters overridden."""
  if folder not in sys.path:
    sys.path.append(folder)
    package = types.ModuleType('magenta')  # its own __init__ imports all of Magenta
    package.__path__ = [os.path.join(folder, 'magenta')]
    package.__spec__ = importlib.machinery.ModuleSpec('magenta', None, is_package=True)
    sys.modules['magenta'] = package
    sys.modules.update({stub: types.ModuleType(stub) for stub in STUBS})
  from magenta.models.music_vae import configs as magenta_configs  # pylint: disable=import-outside-toplevel
  config = magenta_configs.CONFIG_MAP[name]
  config.hparams.parse(overrides)
  return config


def magenta_step(folder, name, overrides, tokens, threads):
  """A function that makes one training step, built as Magenta's training script builds it."""
  config = magenta_config(folder, name, overrides)
  hparams, graph = config.hparams, tf.Graph()
  with graph.as_default():
    lengths = np.full(len(tokens), tokens.shape[1], np.int32)
    inputs, outputs, lengths = v1.data.make_one_shot_iterator(
        v1.data.Dataset.from_tensors((tokens, tokens, lengths)).repeat().prefetch(2)).get_next()
    model = config.model
    model.build(hparams, DEPTH, is_training=True)
    optimizer = model.train(inputs, outputs, lengths)
    gradients, variables = zip(*optimizer.compute_gradients(model.loss))
    norm = v1.global_norm(gradients)
    clipped = v1.cond(
        norm < hparams.grad_norm_clip_to_zero, lambda: v1.clip_by_global_norm(gradients, hparams.grad_clip, use_norm=norm)[0],
        lambda: [tf.zeros(tf.shape(g)) for g in gradients])
    train = optimizer.apply_gradients(zip(clipped, variables), global_step=model.global_step)
    session = v1.Session(config=v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads))
    session.run(v1.global_variables_initializer())
  return lambda: session.run([train, model.loss])[1]


def our_step(name, overrides, tokens, mixed_precision):
  """A function that makes one training step of ours."""
  config = configs.get(name, overrides)
  stepper = trainer.Trainer(config, tf.distribute.get_strategy(), mixed_precision=mixed_precision)
  batch = {'inputs': tokens, 'outputs': tokens, 'lengths': np.full(len(tokens), tokens.shape[1], np.int32),
           'seeds': np.arange(len(tokens), dtype=np.int32)}
  iterator = iter(tf.data.Dataset.from_tensors(batch).repeat().prefetch(2))
  return lambda: stepper.train(iterator, 1)[0]['loss']


def compare(part, arguments):
  """Prints a line for each side."""
  name, overrides = lstm_step.MODELS[part]
  overrides += ',sampling_schedule=constant,sampling_rate=0'
  hparams = configs.get(name, overrides).hparams
  tokens = np.eye(DEPTH, dtype=np.float32)[np.random.default_rng(0).integers(0, DEPTH, (hparams.batch_size, hparams.steps))]
  sides = {'Magenta': magenta_step(arguments.magenta, name, overrides, tokens, arguments.threads),
           'float32': our_step(name, overrides, tokens, False), 'bfloat16': our_step(name, overrides, tokens, True)}
  clock, found = lstm_step.CLOCKS[arguments.clock], {side: [] for side in sides}
  first = {side: float(step()) for side, step in sides.items()}
  for _ in range(arguments.rounds):
    for side, step in sides.items():
      start = clock()
      step()
      found[side].append(clock() - start)
  slowest, size = min(found['Magenta']), tokens.shape[0] * tokens.shape[1]
  for side, values in found.items():
    print(f'{part:12s} {side:8s} {min(values):6.3f} s a step, {size / min(values):6.0f} tokens/s, {slowest / min(values):.2f} x Magenta '
          f'(first loss {first[side]:.2f})', flush=True)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--magenta', required=True, help='folder of the unpacked packages')
  parser.add_argument('--only', default='', choices=('', *lstm_step.MODELS))
  parser.add_argument('--clock', default='wall', choices=tuple(lstm_step.CLOCKS))
  parser.add_argument('--threads', type=int, default=0, help='of TensorFlow; 0 for as many as there are cores')
  parser.add_argument('--rounds', type=int, default=6)
  arguments = parser.parse_args()
  tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
  tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
  for part in lstm_step.MODELS:
    if arguments.only in ('', part):
      compare(part, arguments)


if __name__ == '__main__':
  main()
