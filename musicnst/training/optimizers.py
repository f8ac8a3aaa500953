"""Adam as TensorFlow 1 had it, and gradient clipping as Magenta's MusicVAE does it, on variables of any distribution strategy.

Keras's Adam computes the same formula but keeps its state inside Keras; here the state is plain `tf.Variable`s with names of their own, so
that a checkpoint holds it by name (Magenta's slots can be read into it), and the update is TensorFlow's one fused kernel.
"""
import tensorflow as tf

# Name of `Adam.shift` in checkpoints.
SHIFT = 'adam_shift'


class Adam:
  """Adam with epsilon added to sqrt(v) without bias correction of v ("epsilon hat", Kingma and Ba 2015, end of section 2).

    alpha_t = learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t),    variable -= alpha_t * m / (sqrt(v) + epsilon)

  Args:
    variables: list of `tf.Variable`; create the optimizer in the scope of their strategy.
    beta1, beta2, epsilon: default .9, .999, 1e-8, as `tf.compat.v1.train.AdamOptimizer`.
  """

  def __init__(self, variables, beta1=.9, beta2=.999, epsilon=1e-8):
    self.variables = list(variables)
    self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
    self.m = [tf.Variable(tf.zeros(v.shape, v.dtype), trainable=False) for v in self.variables]
    self.v = [tf.Variable(tf.zeros(v.shape, v.dtype), trainable=False) for v in self.variables]
    # Updates made beyond those that the steps of this run account for: not 0 where m and v come from elsewhere.
    self.shift = tf.Variable(0, dtype=tf.int64, trainable=False)

  def apply(self, gradients, rate, updates):
    """One update, called in replica context with gradients already summed over the replicas.

    Args:
      gradients: one dense tensor a variable.
      rate: learning rate, scalar.
      updates: updates made before this one by the count of steps, scalar; t is this plus one plus `shift`.
    """
    t = tf.cast(tf.cast(updates, tf.int64) + 1 + self.shift, tf.float32)
    powers = tf.pow(self.beta1, t), tf.pow(self.beta2, t)
    tf.distribute.get_replica_context().merge_call(self._apply_merged, args=(gradients, tf.convert_to_tensor(rate, tf.float32), *powers))

  def _apply_merged(self, strategy, gradients, rate, beta1_power, beta2_power):
    for variable, m, v, gradient in zip(self.variables, self.m, self.v, gradients):
      strategy.extended.update(variable, self._update, args=(m, v, gradient, rate, beta1_power, beta2_power), group=False)

  def _update(self, variable, m, v, gradient, rate, beta1_power, beta2_power):
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle, m=m.handle, v=v.handle, grad=gradient, lr=rate, beta1_power=beta1_power, beta2_power=beta2_power,
        beta1=self.beta1, beta2=self.beta2, epsilon=self.epsilon)


def clip(gradients, hparams):
  """(clipped gradients, global norm before clipping), by `hparams.clip_mode`.

  'global_norm': scaled to norm `grad_clip` where longer; where the norm is not below `grad_norm_clip_to_zero` (or is not a number) every
  gradient is zero, and Adam moves on its momentum alone. 'value': each entry clipped to +-`grad_clip`. 'none': untouched.

  Raises:
    ValueError: another mode.
  """
  norm = tf.linalg.global_norm(gradients)
  mode = hparams.get('clip_mode', 'global_norm')
  if mode == 'none':
    return gradients, norm
  if mode == 'value':
    return [tf.clip_by_value(g, -hparams.grad_clip, hparams.grad_clip) for g in gradients], norm
  if mode != 'global_norm':
    raise ValueError(f'clip_mode {mode!r}; known: global_norm, value, none')
  sane = norm < hparams.get('grad_norm_clip_to_zero', 1e4)
  scale = hparams.grad_clip / tf.maximum(norm, hparams.grad_clip)
  return [tf.where(sane, g * tf.cast(scale, g.dtype), tf.zeros_like(g)) for g in gradients], norm
