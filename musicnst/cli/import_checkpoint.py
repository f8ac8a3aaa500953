"""A checkpoint made with Magenta's MusicVAE becomes a bundle, which every verb takes by its path.

  musicnst import_checkpoint --config=cat-mel_2bar_big --checkpoint_file=cat-mel_2bar_big.tar --output=mel_big.zip

The checkpoint is a prefix, a folder, a .tar or a .tgz, and is read where it lies, one tensor at a time. Where it holds the optimizer's
state, the bundle holds it too, and `musicnst train --checkpoint_file=<bundle>` goes on where the training stopped.
"""
from absl import flags

from musicnst.cli import definers


def define_flags(flag_values):
  """The verb's flags."""
  string, _, _, boolean = definers.definers(flag_values)
  string('config', '', 'Config of the checkpoint, by its name in Magenta; can be left out where only one fits.')
  string('hparams', '', 'Overrides, for a checkpoint of another size than the config: z_size=16,enc_rnn_size=[24].')
  string('checkpoint_file', None, "Magenta's checkpoint: prefix, folder, .tar or .tgz.")
  string('output', None, 'Bundle to write: a name ending in .zip, else a folder.')
  flags.DEFINE_enum('dtype', 'float32', ('float16', 'float32'), 'Of the weights.', flag_values=flag_values)
  string('card', '', 'Data card: text, or a file of it; by default it says where the weights are from.')
  boolean('training', True, "Take the optimizer's state along where the checkpoint has it (twice the weights in size).")
  flags.mark_flags_as_required(['checkpoint_file', 'output'], flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  found = run(flag_values.checkpoint_file, flag_values.output, flag_values.config, flag_values.hparams, flag_values.dtype,
              flag_values.card, flag_values.training)
  state = 'without optimizer state' if found['updates'] is None else f'with optimizer state after {found["updates"]} updates'
  print(f'{found["config"]}, step {found["step"]}, {state}')
  print(flag_values.output)


def run(checkpoint_file, output, config_name='', hparams='', dtype='float32', card='', training=True):
  """Writes the bundle; {'config', 'step', 'updates'}. Errors: see `checkpoint_import.importing.to_bundle`."""
  from musicnst import inference
  from musicnst.checkpoint_import import importing
  from musicnst.cli import bundle
  config = inference.Source(checkpoint_file, config_name, hparams).config() or importing.only_config(checkpoint_file)
  return {'config': config.name, **importing.to_bundle(config, checkpoint_file, output, dtype, bundle.card_text(card), training)}
