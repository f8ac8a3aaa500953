"""Measures a model on windows (--mode=model), or transfers (--mode=transfer).

  musicnst evaluate --mode=model --model=runs/first --examples_path='windows/test*' --output=results.json

  musicnst evaluate --mode=transfer --triples=transfers.csv --output=results.json

--mode=model gives losses in nats, KL, active dimensions, accuracy and F1 under teacher forcing and running free;
--mode=transfer the metrics of (content, style, output) files, what became of tune, chords and form among them, their means and intervals, and what
judges say. A table, and JSON.
"""
import json
import os

from absl import flags

from musicnst import errors
from musicnst import files


def define_flags(flag_values):
  """The verb's flags."""
  def string(name, default, text):
    flags.DEFINE_string(name, default, text, flag_values=flag_values)

  flags.DEFINE_enum('mode', 'model', ('model', 'transfer'), 'What to measure.', flag_values=flag_values)
  string('model', '', "Bundle (name, folder or .zip), run folder, checkpoint, or one of Magenta's (prefix, folder, .tar, .tgz).")
  string('checkpoint_file', '', "Magenta's name for --model.")
  string('config', '', 'Config of a checkpoint that lies outside a run folder.')
  string('hparams', '', 'Overrides, such as batch_size=64.')
  string('examples_path', '', 'Window records to measure on.')
  flags.DEFINE_integer('eval_num_batches', None, 'Batches to measure; all by default.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_enum('checkpoint', 'best', ('best', 'latest'), "Which of a run folder's checkpoints.", flag_values=flag_values)
  string('group_by', 'corpus', "Label of the records to report by: corpus, genre, composer; '' for none.")
  string('output', '', 'JSON file to write.')
  string('triples', '', 'For --mode=transfer: CSV with the columns content, style, output (paths).')
  string('content', '', 'For --mode=transfer without --triples: content file, or a folder of them.')
  string('style', '', 'Style file, or a folder: one style of all.')
  string('result', '', 'Output file, or a folder of outputs named as their contents.')
  flags.DEFINE_bool('strict', False, 'For --mode=transfer: reject damaged files.', flag_values=flag_values)
  flags.DEFINE_list('judges', [], 'Genre classifiers (bundles, run folders) that no method has seen.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run_model` or `run_transfer`."""
  if flag_values.mode == 'transfer':
    pieces = (flag_values.content, flag_values.style, flag_values.result)
    if bool(flag_values.triples) == any(pieces) or any(pieces) and not all(pieces):
      raise errors.ArgumentError('--mode=transfer needs either --triples, or --content, --style and --result')
    run_transfer(flag_values.triples, *pieces, judges=flag_values.judges, output=flag_values.output, strict=flag_values.strict)
    return
  named = flag_values.model or flag_values.checkpoint_file
  if not named or flag_values.model and flag_values.checkpoint_file or not flag_values.examples_path:
    raise errors.ArgumentError('--model and --examples_path are needed (--checkpoint_file is another name of --model)')
  run_model(
      named, flag_values.examples_path, flag_values.config, flag_values.hparams, flag_values.eval_num_batches,
      checkpoint=flag_values.checkpoint, group_by=flag_values.group_by, output=flag_values.output)


def run_model(model, examples_path, config_name='', hparams='', num_batches=None, eval_dir_suffix=None, checkpoint='best', group_by='corpus',
              output=''):
  """Measures, prints the table, writes JSON to `output`; returns the report of `evaluation.model.evaluate`.

  With `eval_dir_suffix` (that of `train --mode=eval`), `model` is a run folder, and curves and `results.json` go to its `eval<suffix>/`.
  """
  from musicnst import configs
  from musicnst import inference
  from musicnst.evaluation import model as model_evaluation
  config = configs.get(config_name, hparams) if config_name else None
  network, config, info = inference.load_model(model, config, checkpoint)
  report = model_evaluation.evaluate(network, config.override(_only_run(hparams)), examples_path, num_batches, group_by)
  report.update(model=str(model), config=config.name, step=info.get('step'), examples_path=examples_path)
  print(model_evaluation.table(report))
  if eval_dir_suffix is not None:
    output = _write_curves(model, eval_dir_suffix, report)
  if output:
    with files.atomic_path(output) as path, open(path, 'w', encoding='utf-8') as handle:
      json.dump(report, handle, indent=2)
  return report


def run_transfer(triples='', content='', style='', result='', judges=(), output='', strict=False):
  """Measures transfers named by a CSV or by three paths, prints the table, writes JSON; returns `evaluation.transfer.run`'s report."""
  from musicnst.evaluation import transfer as transfer_evaluation
  from musicnst.reading import manner
  found = transfer_evaluation.read_triples(triples) if triples else transfer_evaluation.match(content, style, result)
  with manner.using(manner.Manner(strict)) as mended:
    report = transfer_evaluation.run(found, judges)
  if mended:
    print(f'files mended: {manner.described(mended)}')
  print(transfer_evaluation.table(report))
  if output:
    with files.atomic_path(output) as path, open(path, 'w', encoding='utf-8') as handle:
      json.dump(report, handle, indent=2)
  return report


def _only_run(hparams):
  """Of --hparams what changes the measuring and not the network: the batch size."""
  from musicnst import hparams as hparams_lib
  batch_size = hparams_lib.parse(hparams).get('batch_size')
  return f'batch_size={batch_size}' if batch_size else ''


def _write_curves(run_dir, suffix, report):
  """Scalars into the run's evaluation folder; the path for the JSON."""
  from musicnst.training import run_dir as run_dir_lib
  from musicnst.training import summaries
  folder = run_dir_lib.RunDir(run_dir).evaluation(suffix)
  writer = summaries.Writer(folder)
  writer.scalars(report['measures'], report['step'] or 0)
  writer.close()
  return os.path.join(folder, 'results.json')
