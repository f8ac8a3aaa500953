"""Memory and time of bringing in a checkpoint as large as Magenta's largest: its peak beside the size of the weights.

  python benchmarks/import_memory.py                               # hierdec-trio_16bar: 42 variables, 924 MB; a minute or two on 2 cores
  python benchmarks/import_memory.py --config=cat-mel_2bar_big     # any other config
  python benchmarks/import_memory.py --training                    # with the optimizer's state: three times the file

Makes a checkpoint of random weights at full size and a .tar of it in a folder of its own (removed at the end), and then, in a process each:
only loads the libraries; loads the model from the .tar (`load_magenta`); makes a bundle of it (`import_checkpoint`); loads that bundle.
The peak is the process's largest resident set, VmHWM; `over libraries` is what is left without the libraries alone. Goal: at most 1.3
times the weights.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import time

JOBS = ('libraries', 'load_magenta', 'import_checkpoint', 'bundle')


def make(config, prefix, training):
  """A random checkpoint of the config's variables."""
  import numpy as np
  import tensorflow as tf

  from musicnst import configs
  from musicnst.checkpoint_import import table
  random = np.random.default_rng(0)
  shapes = {row.magenta: row.shape for row in table.of(configs.get(config))}
  if training:
    shapes.update({f'{name}/{slot}': shape for name, shape in list(shapes.items()) for slot in table.SLOTS})
  tensors = {name: tf.constant(random.standard_normal(shape, np.float32) / 30) for name, shape in shapes.items()}
  if training:
    tensors.update({name: tf.constant(.5, tf.float32) for name in table.POWERS})
  tensors[table.STEP] = tf.constant(100000, tf.int64)
  names = sorted(tensors)
  tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[''] * len(names), tensors=[tensors[name] for name in names])


def work(job, config, folder):
  """One job; prints its seconds and peak bytes."""
  from musicnst import bundles
  from musicnst import checkpoint_import
  from musicnst import configs
  from musicnst import inference
  from musicnst.checkpoint_import import importing
  from musicnst.data import tfrecords
  configs.get(config, 'enc_rnn_size=[4],dec_rnn_size=[4],z_size=2').build_model()  # whatever is loaded late is loaded
  tfrecords.masked_crc32c(b'')
  assert inference
  start, archive, bundle = time.perf_counter(), os.path.join(folder, 'model.tar'), os.path.join(folder, 'bundle')
  if job == 'load_magenta':
    checkpoint_import.load_magenta(config, archive)
  elif job == 'import_checkpoint':
    importing.to_bundle(configs.get(config), archive, bundle)
  elif job == 'bundle':
    bundles.load(bundle)
  seconds = time.perf_counter() - start
  peak = next(line for line in pathlib.Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM'))
  print(json.dumps({'seconds': seconds, 'peak': 1024 * int(peak.split()[1])}))


def run(arguments, *flags):
  """This script in another process; what its last line says."""
  command = [sys.executable, __file__, f'--config={arguments.config}', *(['--training'] if arguments.training else []), *flags]
  environment = {**os.environ, 'PYTHONPATH': str(pathlib.Path(__file__).parent.parent), 'TF_CPP_MIN_LOG_LEVEL': '3'}
  done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
  return json.loads(done.stdout.splitlines()[-1]) if done.stdout else None


def main():
  """Prints a line a job."""
  parser = argparse.ArgumentParser()
  parser.add_argument('--config', default='hierdec-trio_16bar')
  parser.add_argument('--training', action='store_true')
  parser.add_argument('--make')
  parser.add_argument('--job', choices=JOBS)
  parser.add_argument('--folder')
  arguments = parser.parse_args()
  if arguments.make:
    make(arguments.config, arguments.make, arguments.training)
    return
  if arguments.job:
    work(arguments.job, arguments.config, arguments.folder)
    return
  with tempfile.TemporaryDirectory() as folder:
    prefix = os.path.join(folder, 'model.ckpt')
    run(arguments, f'--make={prefix}')
    size = os.path.getsize(f'{prefix}.data-00000-of-00001')
    weights = size / (3 if arguments.training else 1)
    with tarfile.open(os.path.join(folder, 'model.tar'), 'w') as archive:
      for ending in ('.data-00000-of-00001', '.index'):
        archive.add(prefix + ending, f'model.ckpt{ending}')
        os.remove(prefix + ending)
    print(f'{arguments.config}: weights {weights / 1e6:.0f} MB, checkpoint {size / 1e6:.0f} MB', flush=True)
    libraries = 0
    for job in JOBS:
      found = run(arguments, f'--job={job}', f'--folder={folder}')
      libraries = libraries or found['peak']
      over = found['peak'] - libraries
      print(f'{job:18} {found["seconds"]:6.1f} s   peak {found["peak"] / 1e6:6.0f} MB = {found["peak"] / weights:.2f} x the weights; '
            f'over libraries {over / 1e6:6.0f} MB = {over / weights:.2f} x', flush=True)


if __name__ == '__main__':
  main()
