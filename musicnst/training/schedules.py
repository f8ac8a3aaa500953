"""What changes with the step of a training: the learning rate. (KL weight and sampling probability belong to the models' losses.)"""
import keras
from keras import ops


def learning_rate(hparams, step):
  """float32 scalar: (learning_rate - min_learning_rate) * decay_rate^step + min_learning_rate, as Magenta's MusicVAE.

  With `zero_rate_step`, `learning_rate` for `constant_steps` steps, then on a line to 0 at `zero_rate_step`, as the CycleGAN papers.
  """
  if hparams.get('zero_rate_step', 0):
    return _to_zero(hparams, step)
  first, last = hparams.learning_rate, hparams.get('min_learning_rate', hparams.learning_rate)
  decay = ops.power(ops.convert_to_tensor(hparams.get('decay_rate', 1.0), 'float32'), ops.cast(step, 'float32'))
  return (first - last) * decay + last


def _to_zero(hparams, step):
  constant, end = hparams.get('constant_steps', 0), hparams.zero_rate_step
  left = (end - ops.cast(step, 'float32')) / max(end - constant, 1)
  return hparams.learning_rate * ops.clip(left, 0.0, 1.0)


class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
  """`learning_rate` as what an optimizer of Keras's takes.

  Args:
    hparams: HParams.
  """

  def __init__(self, hparams):
    super().__init__()
    self.hparams = hparams

  def __call__(self, step):
    return learning_rate(self.hparams, step)

  def get_config(self):
    return {'hparams': self.hparams.to_dict()}
