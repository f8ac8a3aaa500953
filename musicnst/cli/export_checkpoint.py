"""A MusicVAE of ours becomes a checkpoint that Magenta's own code reads.

  musicnst export_checkpoint --model=runs/first --output=exported/model.ckpt
  musicnst export_checkpoint --model=mel_big.zip --output=mel_big.tar

--output is the prefix of the checkpoint's files, or a .tar or .tgz. What has an optimizer's state (a run folder, a bundle imported with
it, a checkpoint of Magenta's) is written with it, so that music_vae_train goes on; --notraining leaves it out, as Magenta's public
checkpoints do.
"""
from absl import flags

from musicnst.cli import definers


def define_flags(flag_values):
  """The verb's flags."""
  string, _, _, boolean = definers.definers(flag_values)
  string('model', None, "Bundle (name, folder or .zip), run folder, or one of Magenta's checkpoints.")
  string('config', '', 'Config of a checkpoint that lies outside a run folder.')
  string('hparams', '', 'Overrides of that config.')
  string('output', None, 'Prefix of the files to write, such as exported/model.ckpt; or a name ending in .tar or .tgz.')
  flags.DEFINE_enum('checkpoint', 'best', ('best', 'latest'), 'Which of a run folder; best falls back to the latest.', flag_values=flag_values)
  boolean('training', True, "With the optimizer's state where there is one (three times the size).")
  flags.mark_flags_as_required(['model', 'output'], flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(flag_values.model, flag_values.output, flag_values.config, flag_values.hparams, flag_values.checkpoint, flag_values.training)
  print(flag_values.output)


def run(model, output, config_name='', hparams='', checkpoint='best', training=True):
  """Writes the checkpoint.

  Raises:
    ModelNotFoundError: no such model.
    ArgumentError, OutputError: see `checkpoint_import.exporting.export`.
  """
  from musicnst import inference
  from musicnst.checkpoint_import import exporting
  from musicnst.training import starts
  source = inference.Source(model, config_name, hparams)
  if not training:
    network, _, info = inference.load_model(source, checkpoint=checkpoint)
    exporting.export(network, output, info.get('step') or 0)
    return
  with starts.opened(source.path, source.config(), checkpoint) as found:
    exporting.export(found.model, output, found.step, found.updates, found.moments)
