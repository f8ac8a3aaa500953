"""Where a training runs: one device, several, several processes or a TPU, by the name of a flag."""
import json
import os

import tensorflow as tf

from musicnst import errors

STRATEGIES = ('auto', 'one', 'mirrored', 'multi_worker', 'tpu')


def prepare_devices(num_virtual_devices=0, num_threads=0, deterministic=False):
  """Splits the CPU into `num_virtual_devices` and bounds TensorFlow's threads; 0 leaves things as they are. For the whole process.

  `deterministic` asks for kernels that give the same bits every time: on accelerators it costs speed, on a CPU it is always asked for.

  Raises:
    ArgumentError: TensorFlow has already started with other devices.
  """
  try:
    if num_threads:
      tf.config.threading.set_intra_op_parallelism_threads(num_threads)
      tf.config.threading.set_inter_op_parallelism_threads(num_threads)
    if num_virtual_devices > 1:
      cpu = tf.config.list_physical_devices('CPU')[0]
      tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * num_virtual_devices)
    if deterministic or not tf.config.list_physical_devices('GPU'):
      tf.config.experimental.enable_op_determinism()
  except (RuntimeError, ValueError) as error:
    raise errors.ArgumentError(f'devices can be chosen only before TensorFlow starts ({error})') from error


def create(name='auto', tpu=''):
  """The named `tf.distribute.Strategy`.

  auto: multi_worker if the environment has a TF_CONFIG with several workers, tpu if a TPU address is given, mirrored if there are several
  accelerators (or virtual CPUs), else one.

  Raises:
    ArgumentError: unknown name, multi_worker without TF_CONFIG, or a TPU that does not answer.
  """
  if name not in STRATEGIES:
    raise errors.ArgumentError(f'--strategy={name}: unknown; known: {", ".join(STRATEGIES)}')
  name = _detect(tpu) if name == 'auto' else name
  if name == 'multi_worker':
    if not _workers():
      raise errors.ArgumentError('--strategy=multi_worker needs the environment variable TF_CONFIG with the cluster and the task')
    try:
      return tf.distribute.MultiWorkerMirroredStrategy()
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
      raise errors.ArgumentError(f'TF_CONFIG does not make a cluster: {" ".join(str(error).split())}') from error
  if name == 'tpu':
    return _tpu(tpu)
  if name == 'mirrored':
    return tf.distribute.MirroredStrategy(_devices())
  return tf.distribute.get_strategy()


def is_chief(strategy):
  """Whether this process writes the checkpoints and summaries."""
  resolver = strategy.cluster_resolver
  if resolver is None or not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) or not _workers():
    return True
  return resolver.task_type == 'chief' or (resolver.task_type == 'worker' and resolver.task_id == 0 and 'chief' not in _workers())


def _workers():
  """The cluster of TF_CONFIG, {} where there is none."""
  try:
    return json.loads(os.environ.get('TF_CONFIG', '') or '{}').get('cluster', {})
  except ValueError as error:
    raise errors.ArgumentError(f'TF_CONFIG is not JSON: {error}') from error


def _devices():
  accelerators = tf.config.list_logical_devices('GPU')
  return [device.name for device in accelerators or tf.config.list_logical_devices('CPU')]


def _detect(tpu):
  if sum(len(tasks) for tasks in _workers().values()) > 1:
    return 'multi_worker'
  if tpu:
    return 'tpu'
  return 'mirrored' if len(_devices()) > 1 else 'one'


def _tpu(address):
  try:
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=address)
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
  except (ValueError, RuntimeError, tf.errors.OpError) as error:
    raise errors.ArgumentError(f'--strategy=tpu: no TPU at {address!r} ({error})') from error
  return tf.distribute.TPUStrategy(resolver)
