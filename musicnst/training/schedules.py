"""What changes with the step of a training: the learning rate. (KL weight and sampling probability belong to the models' losses.)"""
import tensorflow as tf


def learning_rate(hparams, step):
  """float32 scalar: (learning_rate - min_learning_rate) * decay_rate^step + min_learning_rate, as Magenta's MusicVAE."""
  first, last = hparams.learning_rate, hparams.get('min_learning_rate', hparams.learning_rate)
  decay = tf.pow(tf.constant(hparams.get('decay_rate', 1.0), tf.float32), tf.cast(step, tf.float32))
  return (first - last) * decay + last
