"""What every update of weights has in common under any backend of Keras: Adam's constants, and clipping as Magenta's MusicVAE does it."""
from keras import ops

# As `tf.compat.v1.train.AdamOptimizer`.
BETA1, BETA2, EPSILON = .9, .999, 1e-8


def betas(hparams):
  """Adam's (beta1, beta2), by `hparams.adam_beta1` and `adam_beta2` where they are there."""
  return hparams.get('adam_beta1', BETA1), hparams.get('adam_beta2', BETA2)


def clip(gradients, norm, hparams):
  """Gradients, a list, clipped by `hparams.clip_mode`; `norm` is their global norm, by the backend's own function.

  'global_norm': scaled to norm `grad_clip` where longer; where the norm is not below `grad_norm_clip_to_zero` (or is not a number) every
  gradient is zero, and Adam moves on its momentum alone. 'value': each entry clipped to +-`grad_clip`. 'none': untouched.

  Raises:
    ValueError: another mode.
  """
  mode = hparams.get('clip_mode', 'global_norm')
  if mode == 'none':
    return gradients
  if mode == 'value':
    return [ops.clip(g, -hparams.grad_clip, hparams.grad_clip) for g in gradients]
  if mode != 'global_norm':
    raise ValueError(f'clip_mode {mode!r}; known: global_norm, value, none')
  sane = norm < hparams.get('grad_norm_clip_to_zero', 1e4)
  scale = hparams.grad_clip / ops.maximum(norm, hparams.grad_clip)
  return [ops.where(sane, g * ops.cast(scale, g.dtype), ops.zeros_like(g)) for g in gradients]
