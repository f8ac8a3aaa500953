"""Adam as TensorFlow 1 had it, on variables of any distribution strategy and on tensors.

Keras's Adam computes the same formula but keeps its state inside Keras; here the state of a training is plain `tf.Variable`s with names of
their own, so that a checkpoint holds it by name (Magenta's slots can be read into it), and the update is TensorFlow's one fused kernel. What
is no variable, such as a tensor whose shape differs from run to run, is moved by `updated`.
"""
import tensorflow as tf

from musicnst.training import updates as updates_lib

# Name of `Adam.shift` in checkpoints.
SHIFT = 'adam_shift'


class Adam:
  """Adam with epsilon added to sqrt(v) without bias correction of v ("epsilon hat", Kingma and Ba 2015, end of section 2).

    alpha_t = learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t),    variable -= alpha_t * m / (sqrt(v) + epsilon)

  Args:
    variables: list of `tf.Variable`; create the optimizer in the scope of their strategy.
    beta1, beta2, epsilon: as in the formula.
  """

  def __init__(self, variables, beta1=updates_lib.BETA1, beta2=updates_lib.BETA2, epsilon=updates_lib.EPSILON):
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


def updated(value, m, v, gradient, rate, t):
  """One update of a tensor by `Adam`'s formula: (value, m, v), given those before it, its gradient and its number t, 1 for the first."""
  beta1, beta2 = updates_lib.BETA1, updates_lib.BETA2
  m = beta1 * m + (1 - beta1) * gradient
  v = beta2 * v + (1 - beta2) * tf.square(gradient)
  alpha = rate * tf.sqrt(1.0 - beta2 ** t) / (1.0 - beta1 ** t)
  return value - alpha * m / (tf.sqrt(v) + updates_lib.EPSILON), m, v
