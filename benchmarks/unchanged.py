"""Whether transfers, trainings and flags are what they were: note lists, losses and flags, compared with a file or written to it.

  python benchmarks/unchanged.py               # exit status 1 where something differs, which is said
  python benchmarks/unchanged.py --write       # before a change that is meant to change something: take the new values

Transfers go through the command line: `guided`, every method of papers, generators, tokens and controls, on shipped pieces. Small models of
the families that do not ship get weights drawn from their names; --bundles_dir keeps them, so that bundles written before a change are read after
it. Results hold for one kind of processor: others round sums in another order.
"""
import argparse
import contextlib
import gzip
import io
import json
import os
import pathlib
import sys
import tempfile
import zlib

import numpy as np

GOLDEN = pathlib.Path(__file__).parent / 'golden' / 'unchanged.json.gz'
PIECES = pathlib.Path('musicnst/pieces')
ODE, RAG, PRELUDE, GREEN, JIG, SAINTS = (str(PIECES / f'{name}.mid') for name in (
    'ode_to_joy', 'maple_leaf_rag', 'prelude_in_c', 'greensleeves', 'irish_washerwoman', 'when_the_saints'))
GUIDED = '--method=guided'
# Name -> (config, hparams) of small models.
TINY = {
    'tiny-lstm': ('polyphonic-2bar_lstm', 'enc_rnn_size=[4],dec_rnn_size=[6],z_size=6'),
    'tiny-cyclegan': ('cyclegan-full_classical_pop-small', 'width=4,critic_width=4,blocks=1,steps=16,input_skip=.5'),
    'tiny-musae': ('musae-2bar_mixture-small', 'width=6,z_size=4,critic_size=[4]'),
}
TRAININGS = {
    'beats': ('polyphonic-2bar', 'batch_size=8,width=8,z_size=4,transpose_low=-2,transpose_high=2'),
    'lstm': ('polyphonic-2bar_lstm', 'batch_size=8,enc_rnn_size=[4],dec_rnn_size=[6],z_size=6'),
    'genre': ('genre-roll', 'batch_size=8,filters=[8,8],kernels=[4,4],strides=[2,2],dense=[6],steps=32,classes=[pop,jazz]'),
}
CONTROLS = ('copy', 'silence', 'half-notes', 'style-piece', 'reconstruction', 'interpolation', 'arithmetic', 'moment-matching')


def cases(bundles_dir):
  """name -> arguments of `musicnst transfer` besides --output."""
  model = lambda name: f'--model={bundles_dir / name}'
  found = {
      'guided': [ODE, RAG, GUIDED], 'guided prelude': [PRELUDE, RAG, GUIDED],
      'guided short': [GREEN, PRELUDE, GUIDED, '--num_steps=15', '--strength=.3', '--seed=7'],
      'guided candidates': [ODE, RAG, GUIDED, '--num_steps=10', '--candidates=3'],
      'guided tracks': [SAINTS, RAG, GUIDED, '--num_steps=10', '--tracks=each', '--bars=3-6'],
      'guided weights': [SAINTS, JIG, GUIDED, '--num_steps=10', '--style_weight=2', '--content_weight=.5', '--learning_rate=.2'],
      'guided genres': [ODE, RAG, GUIDED, '--num_steps=10', '--content_genre=classical', '--style_genre=jazz', '--noprotect_melody'],
      'guided grid': [JIG, f'{RAG},{PRELUDE}', GUIDED, '--num_steps=10', '--steps_per_quarter=3', '--snapshots=1,5'],
      'guided lstm': [ODE, RAG, GUIDED, '--num_steps=5', model('tiny-lstm')],
      'paper-vgg-roll': [GREEN, PRELUDE, '--method=paper-vgg-roll', '--num_steps=2', '--bars=1-4'],
      'paper-classifier-roll': [ODE, RAG, '--method=paper-classifier-roll', '--num_steps=8'],
      'paper-classifier-roll candidates': [ODE, RAG, '--method=paper-classifier-roll', '--num_steps=3', '--candidates=2', '--seed=3'],
      'paper-vgg-latents': [ODE, RAG, '--method=paper-vgg-latents', '--num_steps=2'],
      'paper-classifier-latents': [ODE, RAG, '--method=paper-classifier-latents', '--num_steps=8'],
      'cyclegan': [PRELUDE, RAG, '--method=cyclegan', '--style_genre=pop', model('tiny-cyclegan')],
      'cyclegan-cycled': [PRELUDE, RAG, '--method=cyclegan-cycled', '--style_genre=pop', '--strength=.4', model('tiny-cyclegan')],
      'musae': [ODE, RAG, '--method=musae', model('tiny-musae')],
      'musae genres': [SAINTS, RAG, '--method=musae', '--content_genre=pop', '--style_genre=jazz', '--bars=2-5', model('tiny-musae')],
      'tokens guided': [ODE, JIG, GUIDED, '--model=cat-mel_2bar_small', '--num_steps=10'],
      'tokens guided trio': [SAINTS, RAG, GUIDED, '--model=hierdec-trio_16bar', '--num_steps=4', '--bars=3-8'],
  }
  for method in ('reconstruction', 'arithmetic', 'interpolation', 'moment-matching'):
    found[f'tokens {method}'] = [ODE, JIG, '--model=cat-mel_2bar_small', f'--method={method}']
  for control in CONTROLS:
    found[f'control {control}'] = [ODE, RAG, f'--method={control}', '--seed=1']
    found[f'control {control} bars'] = [SAINTS, PRELUDE, f'--method={control}', '--bars=3-5', '--tracks=each']
  found['drums'] = [SAINTS, SAINTS, '--method=copy', '--drums=drop']
  return found


def draw_bundles(folder):
  """Bundles of `TINY` with weights drawn from each variable's name, where they are not there yet."""
  from musicnst import bundles
  from musicnst import configs
  from musicnst.models import naming
  for name, (config_name, hparams) in TINY.items():
    if (folder / name).exists():
      continue
    config = configs.get(config_name, hparams)
    model = config.build_model()
    for variable_name, variable in naming.named_variables(model).items():
      if np.issubdtype(np.asarray(variable).dtype, np.floating):
        random = np.random.default_rng(zlib.crc32(variable_name.encode()))
        variable.assign(random.normal(size=variable.shape) * .4 / max(1, len(variable.shape) - 1))
    bundles.save(model, config, folder / name, dtype='float32')


def transferred(arguments, folder):
  """A command line of `musicnst transfer` -> list of [start, end, pitch, velocity, program, is drum, instrument], or the error's line."""
  import mido
  from musicnst.cli import command
  output = os.path.join(folder, 'out.mid')
  if os.path.exists(output):
    os.remove(output)
  content, style, *others = arguments
  said = io.StringIO()
  with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
    status = command.execute(['transfer', f'--content={content}', f'--style={style}', f'--output={output}', *others])
  if status:
    return f'{status}: {said.getvalue()}'
  events = []
  for number, track in enumerate(mido.MidiFile(output).tracks):
    time = 0
    for message in track:
      time += message.time
      events.append([number, time, str(message.copy(time=0)) if not message.is_meta else repr(message.copy(time=0))])
  return events


def trained(config_name, hparams, folder):
  """Losses of eight steps of a small training: {tag: [value, ...]}."""
  import tensorflow as tf
  from musicnst import configs
  from musicnst.cli import command
  from tests.training import tiny
  config = configs.get(config_name, hparams)
  windows = tiny.write_windows(os.path.join(folder, f'{config_name}.tfrecord'), config.build_converter(), 24, genres=('pop', 'jazz'))
  run_dir = os.path.join(folder, f'run-{config_name}')
  with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
    status = command.execute([
        'train', f'--config={config_name}', f'--run_dir={run_dir}', f'--examples_path={windows}', f'--hparams={hparams}', '--num_steps=8', '--seed=5',
        '--log_every_steps=1', '--steps_per_call=1', '--log=WARN'])
  if status:
    return {'error': said.getvalue()}
  found = {}
  for path in sorted(pathlib.Path(run_dir).rglob('events.out.tfevents.*')):
    for event in tf.compat.v1.train.summary_iterator(str(path)):
      for value in event.summary.value:
        if value.HasField('tensor') and value.tensor.dtype == tf.float32.as_datatype_enum and 'second' not in value.tag:
          number = tf.make_ndarray(value.tensor)
          if number.shape == ():
            found.setdefault(value.tag, []).append(float(number))
  return found


def flags_of_verbs():
  """verb -> sorted list of [flag, default]."""
  import importlib
  from absl import flags
  from musicnst.cli import command
  found = {}
  for verb in command.VERBS:
    values = flags.FlagValues()
    importlib.import_module(f'musicnst.cli.{verb}').define_flags(values)
    found[verb] = sorted([name, repr(values[name].default)] for name in values)
  return found


def measured(bundles_dir):
  """Everything."""
  draw_bundles(bundles_dir)
  found = {'flags': flags_of_verbs(), 'transfers': {}, 'trainings': {}}
  with tempfile.TemporaryDirectory() as folder:
    for name, arguments in cases(bundles_dir).items():
      found['transfers'][name] = transferred(arguments, folder)
      print(f'{name}: {len(found["transfers"][name])}', flush=True)
    for name, (config_name, hparams) in TRAININGS.items():
      found['trainings'][name] = trained(config_name, hparams, folder)
      print(f'training {name}: {len(found["trainings"][name])}', flush=True)
  return found


def differences(before, after):
  """Lines that say what differs."""
  lines = []
  for verb, flags in before['flags'].items():
    if flags != after['flags'].get(verb):
      gone = [f for f in flags if f not in after['flags'].get(verb, [])]
      new = [f for f in after['flags'].get(verb, []) if f not in flags]
      lines.append(f'flags of {verb}: gone {gone}, new {new}')
  for name, notes in before['transfers'].items():
    if notes != after['transfers'].get(name):
      lines.append(f'transfer {name}: {len(notes)} events before, {len(after["transfers"].get(name, []))} after')
  for name, curves in before['trainings'].items():
    for tag, values in curves.items():
      same = after['trainings'].get(name, {}).get(tag)
      if isinstance(values, str) or same is None or len(same) != len(values) or not np.allclose(values, same, rtol=1e-6, atol=1e-6):
        lines.append(f'training {name}: {tag} {values} before, {same} after')
  return lines


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument('--golden', default=str(GOLDEN))
  parser.add_argument('--bundles_dir', default='')
  parser.add_argument('--write', action='store_true')
  options = parser.parse_args()
  with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(options.bundles_dir or temporary)
    folder.mkdir(parents=True, exist_ok=True)
    found = measured(folder)
  if options.write:
    with gzip.open(options.golden, 'wt', encoding='utf-8') as out:
      json.dump(found, out)
    return 0
  with gzip.open(options.golden, 'rt', encoding='utf-8') as file:
    lines = differences(json.load(file), json.loads(json.dumps(found)))
  print('\n'.join(lines) or 'everything is as it was')
  return int(bool(lines))


if __name__ == '__main__':
  sys.exit(main())
