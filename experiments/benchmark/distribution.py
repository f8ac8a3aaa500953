"""Generated music against real music, set by set: distances by Yang and Lerch's features, copying, BLEU (distribution).

  python -m experiments.run distribution --models=/tmp/musae/bundles/musae-2bar_gaussian --windows=/tmp/musae/windows-2bar/windows.tfrecord
  python -m experiments.run distribution --generated=samples --real=songs --training=more_songs --output=out

With --models, each samples as many windows as are drawn of the test split of --windows, and what it was trained on is that prefix's training
split; rows of training windows (what a perfect model would reach) and of the test windows with every pitch drawn anew (which has their
rhythm only) stand beside. With --generated, files of folders are compared. A minute a model.
"""
import os

import numpy as np
from absl import flags

from experiments import report
from experiments import windows as windows_lib
from musicnst import errors
from musicnst.metrics import distribution
from musicnst.reading import files

PERFECT, SCRAMBLED = 'training windows', 'test windows, pitches drawn anew'


def run_models(models, windows, output, count=256, num_training=2000, temperature=0.0, seed=0):
  """Samples of models against windows; writes distribution.json and .md; returns the results.

  Args:
    models: list of bundles or run folders, all of one converter's shape.
    windows: prefix of window records with the splits train and test.
    output: folder.
    count: windows of each set.
    num_training: training windows that copying is looked for in.
    temperature: of the samples.
    seed: of every draw.

  Raises:
    ArgumentError: models of windows of different shapes.
  """
  from musicnst import inference  # loads TensorFlow
  real = training = shape = None
  rows = {}
  for name in models:
    trained = inference.TrainedModel.load(name)
    own = trained.converter.steps, trained.converter.output_depth
    if own != (shape or own):
      raise errors.ArgumentError(f'{name}: makes windows of {own[0]} steps by {own[1]}, {models[0]} of {shape[0]} by {shape[1]}; '
                                 'measure models of one shape at a time')
    if real is None:
      shape = own
      real = _windows(f'{windows}-test-*', trained.converter, count, seed)
      training = _windows(f'{windows}-train-*', trained.converter, num_training + count, seed)
      rows[PERFECT] = against(real, training[num_training:], training[:num_training])
      rows[SCRAMBLED] = against(real, scrambled(real, seed), training[:num_training])
    rows[os.path.basename(os.path.normpath(str(name)))] = against(
        real, trained.sample(count, temperature, seed=seed), training[:num_training])
  results = {'count': count, 'num_training': num_training, 'temperature': temperature, 'seed': seed, 'rows': rows}
  return report.write(f'{output}/distribution', results, page)


def run_folders(generated, real, training, output):
  """The same for folders of music files; `training` may be ''."""
  sides = [_pieces(folder) for folder in (real, generated)]
  results = {'count': len(sides[1]), 'rows': {os.path.basename(os.path.normpath(generated)): against(*sides, _pieces(training) if training else [])}}
  return report.write(f'{output}/distribution', results, page)


def against(real, generated, training):
  """{'features': see `metrics.distribution.compare`, 'overlap', 'divergence': means over them, 'copied_share', 'copied_most', 'bleu', 'bleu_2'}.

  Args:
    real, generated, training: lists of NoteSequences; `training` may be empty, which leaves out what is copied.

  Raises:
    DataError: fewer than two pieces on a side.
  """
  for name, side in (('real', real), ('generated', generated)):
    if len(side) < 2:
      raise errors.DataError(f'{len(side)} {name} pieces; a distribution takes two or more')
  compared = distribution.compare(real, generated)
  row = {'features': compared, 'overlap': float(np.mean([f['overlap'] for f in compared.values()])),
         'divergence': float(np.mean([f['divergence'] for f in compared.values()])),
         'bleu': distribution.music_bleu(generated, real), 'bleu_2': distribution.music_bleu(generated, real, 2)}
  if training:
    known = [distribution.tokens(piece) for piece in training]
    shares = [distribution.copied_share(piece, known) for piece in generated if len(piece.notes)]
    row.update(copied_share=float(np.mean(shares)) if shares else 0.0, copied_most=float(np.max(shares)) if shares else 0.0)
  return row


def scrambled(pieces, seed=0):
  """Copies whose notes have pitches drawn from one octave and a half around the piece's mean."""
  generator, found = np.random.default_rng(seed), []
  for piece in pieces:
    copy = type(piece)()
    copy.CopyFrom(piece)
    mean = np.mean([note.pitch for note in copy.notes]) if copy.notes else 60
    for note in copy.notes:
      note.pitch = int(np.clip(generator.integers(mean - 9, mean + 10), 0, 127))
    found.append(copy)
  return found


def _windows(pattern, converter, count, seed):
  """Windows as NoteSequences, in random order."""
  outputs, _ = windows_lib.drawn(pattern, converter, count, seed)
  order = np.random.default_rng(seed).permutation(len(outputs))
  return [converter.from_windows(outputs[i:i + 1]) for i in order]


def _pieces(folder):
  found = []
  for path in files.find(folder):
    try:
      found += files.read(path)
    except errors.ReadError as error:
      print(f'skipped: {error}')
  return found


def page(results):
  """The page."""
  rows = [[name, *(report.number(row.get(column)) for column in ('overlap', 'divergence', 'bleu', 'bleu_2', 'copied_share', 'copied_most'))]
          for name, row in results['rows'].items()]
  parts = ['# Generated against real music',
           f'`python -m experiments.run distribution`, {results["count"]} pieces a set'
           + (f', copying looked for in {results["num_training"]} training windows, temperature {results["temperature"]}, seed {results["seed"]}.'
              if 'seed' in results else '.'),
           'Overlap (1 alike) and divergence (0 alike) are between the distances within the real set and those from it to the generated one, means '
           'over six features (Yang and Lerch, 2020). Copied: longest common subsequence of notes (semitones and time since the note before, '
           'length) with a training piece, as a share of the piece, mean and most. BLEU: runs of one to four steps (and of one to two) from '
           'note to note that real pieces have too.',
           report.table(['set', 'overlap', 'divergence', 'BLEU', 'BLEU of two', 'copied, mean', 'copied, most'], rows), '## By feature']
  columns = ('real_intra', 'generated_intra', 'inter', 'divergence', 'overlap', 'intra_divergence', 'intra_overlap')
  for feature in next(iter(results['rows'].values()))['features']:
    parts += [f'### {feature}', report.table(['set', *(c.replace('_', ' ') for c in columns)], [
        [name, *(report.number(row['features'][feature][c]) for c in columns)] for name, row in results['rows'].items()])]
  return '\n\n'.join(parts)


def define_flags(flag_values):
  """The experiment's flags."""
  def string(name, default, help_text):
    flags.DEFINE_string(name, default, help_text, flag_values=flag_values)

  flags.DEFINE_list('models', [], 'Bundles or run folders that sample.', flag_values=flag_values)
  string('windows', '', 'Prefix of the window records that they were trained on.')
  string('generated', '', 'Folder of generated music, instead of --models.')
  string('real', '', 'Folder of real music.')
  string('training', '', 'Folder of the music that the generator was trained on; without it copying is left out.')
  string('output', 'experiments/results/distribution', 'Folder for distribution.json and distribution.md.')
  flags.DEFINE_integer('count', 256, 'Windows of each set.', lower_bound=2, flag_values=flag_values)
  flags.DEFINE_integer('num_training', 2000, 'Training windows that copying is looked for in.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_float('temperature', 0.0, 'Of the samples; 0 takes the likeliest states.', lower_bound=0.0, flag_values=flag_values)
  flags.DEFINE_integer('seed', 0, 'Of every draw.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run_models` or `run_folders`.

  Raises:
    ArgumentError: neither models with their windows, nor two folders.
  """
  given = flag_values
  if given.models and given.windows and not given.generated:
    run_models(given.models, given.windows, given.output, given.count, given.num_training, given.temperature, given.seed)
  elif given.generated and given.real and not given.models:
    run_folders(given.generated, given.real, given.training, given.output)
  else:
    raise errors.ArgumentError('give either --models and --windows, or --generated and --real')
  print(f'{given.output}/distribution.md')
