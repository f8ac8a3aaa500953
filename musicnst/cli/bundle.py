"""A run folder becomes a bundle: one folder, or one .zip, to share and to load by name or path.

  musicnst bundle --run_dir=runs/first --output=first.zip --card='Trained on ...' --examples_path='windows/validation*'
"""
import os

from absl import flags

from musicnst import errors


def define_flags(flag_values):
  """The verb's flags."""
  def string(name, default, text):
    flags.DEFINE_string(name, default, text, flag_values=flag_values)

  string('run_dir', None, 'Folder of the run (or a bundle, to write it again).')
  string('output', None, 'Bundle to write: a name ending in .zip, else a folder.')
  flags.DEFINE_enum('checkpoint', 'best', ('best', 'latest'), 'Which checkpoint; best falls back to the latest.', flag_values=flag_values)
  flags.DEFINE_enum('dtype', 'float16', ('float16', 'float16-rounded', 'float32'), 'Of the weights; rounded ones pack a fifth smaller.',
                    flag_values=flag_values)
  string('card', '', 'Data card: text, or a file of it: what it was trained on, how well it does, licence.')
  string('description', '', "One line for musicnst list; the config's by default.")
  flags.DEFINE_float('threshold', None, 'Probability from which a cell is on (polyphonic models).', lower_bound=0.0, upper_bound=1.0,
                     flag_values=flag_values)
  string('examples_path', '', 'Validation windows: the threshold that gives the best onset F1 on them is chosen.')
  flags.DEFINE_integer('eval_num_batches', None, 'Batches of them; all by default.', lower_bound=1, flag_values=flag_values)
  flags.mark_flags_as_required(['run_dir', 'output'], flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(flag_values.run_dir, flag_values.output, flag_values.checkpoint, flag_values.dtype, flag_values.card, flag_values.description,
      flag_values.threshold, flag_values.examples_path, flag_values.eval_num_batches)
  print(flag_values.output)


def run(run_dir, output, checkpoint='best', dtype='float16', card='', description='', threshold=None, examples_path='', num_batches=None):
  """Writes the bundle; returns what its `config.json` says beside the weights.

  Raises:
    ArgumentError: a threshold for a model that has none, or both a threshold and windows to tune it on.
  """
  from musicnst import bundles
  from musicnst import inference
  if threshold is not None and examples_path:
    raise errors.ArgumentError('give --threshold, or --examples_path to tune it, not both')
  model, config, found = inference.load_model(run_dir, checkpoint=checkpoint)
  if (threshold is not None or examples_path) and 'threshold' not in config.hparams:
    raise errors.ArgumentError(f'config {config.name!r} has no threshold')
  info = {'step': found.get('step'), 'description': description or found.get('description') or config.description}
  if examples_path:
    from musicnst.evaluation import threshold as tuning
    threshold, score = tuning.tune(model, config, examples_path, num_batches)
    info['tuned'] = {'onset_f1': score, 'examples_path': os.path.basename(examples_path)}
  if threshold is not None:
    config = config.override(threshold=threshold)
  if 'threshold' in config.hparams:
    info['threshold'] = config.hparams.threshold
  bundles.save(model, config, output, card_text(card) or found.get('card', ''), dtype, **info)
  return info


def card_text(card):
  """The text of the card's file where `card` names one, else `card` itself."""
  if card and os.path.isfile(card):
    with open(card, encoding='utf-8') as handle:
      return handle.read()
  return card
