"""Samples, interpolates or reconstructs music with a trained model.

  musicnst generate --model=polyphonic-2bar --mode=sample --num_outputs=5 --output_dir=samples
  musicnst generate --model=runs/mel --mode=interpolate --input_midi_1=a.mid --input_midi_2=b.mid --output_dir=between
  musicnst generate --model=polyphonic-2bar --mode=reconstruct --input_midi_1=a.mid --output_dir=again

Inputs may be any file that musicnst reads. An input of several windows cannot be interpolated as a whole: its windows are written as
files of their own, to choose from.
"""
import os
import secrets
import sys
import time

from absl import flags

from musicnst import errors


def define_flags(flag_values):
  """The verb's flags; those of Magenta's music_vae_generate keep their names."""
  def string(name, default, text):
    flags.DEFINE_string(name, default, text, flag_values=flag_values)

  string('model', '', "Bundle (name, folder or .zip), run folder, checkpoint, or one of Magenta's (prefix, folder, .tar, .tgz).")
  string('config', '', 'Config of a checkpoint that lies outside a run folder; else known from the model.')
  string('hparams', '', 'Overrides of that config.')
  string('checkpoint_file', '', "Magenta's name for --model.")
  string('run_dir', '', 'Run folder whose latest checkpoint is used.')
  flags.DEFINE_enum('mode', 'sample', ('sample', 'interpolate', 'reconstruct'), 'What to do.', flag_values=flag_values)
  flags.DEFINE_integer('num_outputs', 5, 'Files to write; in interpolations both ends count.', lower_bound=1, flag_values=flag_values)
  string('output_dir', '/tmp/music_vae/generated', 'Folder for the MIDI files.')
  string('input_midi_1', '', 'First end of the interpolation, or what to reconstruct.')
  string('input_midi_2', '', 'Last end of the interpolation.')
  flags.DEFINE_integer('max_batch_size', 8, 'Windows through the network at once.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_float('temperature', .5, 'Of the draw; 0 takes the likeliest.', lower_bound=0.0, flag_values=flag_values)
  flags.DEFINE_integer('seed', None, 'Equal seeds give equal files; by default each run has its own.', flag_values=flag_values)
  flags.DEFINE_bool('strict', False, 'Refuse damaged inputs; otherwise they are read as far as they go.', flag_values=flag_values)
  flags.DEFINE_enum('log', 'INFO', ('DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'), 'WARN and above: print nothing.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  given = [name for name in ('model', 'checkpoint_file', 'run_dir') if flag_values[name].value]
  if len(given) != 1:
    raise errors.ArgumentError('give exactly one of --model, --checkpoint_file, --run_dir')
  paths = run(
      flag_values[given[0]].value, flag_values.mode, flag_values.output_dir, flag_values.num_outputs, flag_values.input_midi_1,
      flag_values.input_midi_2, flag_values.temperature, flag_values.max_batch_size, flag_values.seed, flag_values.config,
      hparams=flag_values.hparams, checkpoint='latest' if given == ['run_dir'] else 'best',
      strict=flag_values.strict)
  if flag_values.log in ('DEBUG', 'INFO'):
    print('\n'.join(paths))


def run(model, mode, output_dir, num_outputs=5, input_midi_1='', input_midi_2='', temperature=.5, max_batch_size=8, seed=None,
        config_name='', checkpoint='best', hparams='', strict=False):
  """Writes the MIDI files; returns their paths.

  Raises:
    ArgumentError: an input is missing, or has several windows where one is needed (they are written then).
  """
  needed = {'sample': (), 'interpolate': (input_midi_1, input_midi_2), 'reconstruct': (input_midi_1,)}[mode]
  if not all(needed):
    raise errors.ArgumentError(f'--mode={mode} needs ' + ('--input_midi_1 and --input_midi_2' if len(needed) == 2 else '--input_midi_1'))
  from musicnst import inference
  from musicnst.reading import files as reading
  from musicnst.reading import manner
  source = inference.Source(model, config_name, hparams)
  trained = inference.TrainedModel.load(source, checkpoint=checkpoint, max_batch_size=max_batch_size)
  seed = secrets.randbelow(2**31) if seed is None else seed
  names = _Names(output_dir, trained.config.name, time.strftime('%Y-%m-%d_%H%M%S'))
  with manner.using(manner.Manner(strict)) as mended:
    inputs = [reading.read(path)[0] for path in needed]
  if mended:
    print(f'inputs mended: {manner.described(mended)}', file=sys.stderr)
  if mode == 'sample':
    return names.write(mode, trained.sample(num_outputs, temperature, seed=seed))
  if mode == 'reconstruct':
    return names.write(mode, trained.reconstruct(inputs, temperature, seed))
  for number, (path, sequence) in enumerate(zip(needed, inputs), 1):
    _check_single(trained, names, number, path, sequence)
  return names.write(mode, trained.interpolate(*inputs, num_outputs, temperature, seed))


def _check_single(trained, names, number, path, sequence):
  """An input of several windows: each is written as a file, and the error says where."""
  windows = trained.windows(sequence)
  if len(windows) == 1:
    return
  qpm = sequence.tempos[0].qpm if sequence.tempos else 120.0
  extracted = [trained.converter.from_windows(window.outputs[None], qpm=qpm) for window in windows]
  paths = names.write(f'input{number}-extractions', extracted)
  raise errors.ArgumentError(
      f'{path}: {len(windows)} windows of {trained.converter.steps} steps found where one is needed; they were written as '
      f'{paths[0]} and so on: choose one as --input_midi_{number}')


class _Names:
  """Output names as Magenta's: `<config>_<mode>_<time>-<000>-of-<N>.mid`."""

  def __init__(self, folder, config, stamp):
    self.folder, self.config, self.stamp = folder, config, stamp

  def write(self, mode, sequences):
    from musicnst.rendering import midi
    paths = []
    for i, sequence in enumerate(sequences):
      name = f'{self.config}_{mode}_{self.stamp}-{i:03d}-of-{len(sequences):03d}.mid'
      paths.append(os.path.join(self.folder, name))
      midi.write(sequence, paths[-1])
    return paths
