"""Magenta's MusicVAE checkpoints: read into our models, trained on, and written again; README.md beside this file shows the way.

  model = checkpoint_import.load_magenta('cat-mel_2bar_big', 'cat-mel_2bar_big.tar')
"""


def load_magenta(config, checkpoint_file, hparams=''):
  """A MusicVAE with the weights of one of Magenta's checkpoints.

  Args:
    config: name of the config, or a `config.Config`.
    checkpoint_file: the checkpoint's prefix, its folder, or its .tar or .tgz.
    hparams: overrides of the config, such as 'z_size=16,enc_rnn_size=[24]', for a checkpoint that is not of the config's own size.

  Raises:
    CheckpointError: it is missing, damaged, of another config (the message says which one fits) or not Magenta's.
    UnknownNameError, HparamError: no such config, or no such hyperparameter.
  """
  from musicnst import configs
  from musicnst.checkpoint_import import importing  # loads TensorFlow
  chosen = configs.get(config, hparams) if isinstance(config, str) else config.override(hparams)
  return importing.load(chosen, checkpoint_file)
