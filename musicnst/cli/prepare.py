"""NoteSequence records or a corpus -> window records for training, by split, with a report beside them.

  musicnst prepare --input_tfrecord=notes.tfrecord --config=polyphonic-2bar --output_tfrecord=windows.tfrecord
  musicnst prepare --corpus=all-genres --corpus_root=/data --config=polyphonic-2bar --output_tfrecord=windows.tfrecord

writes windows.tfrecord-train-00000-of-00004 and so on; train with --examples_path='windows.tfrecord-train-*'.
"""
import importlib


def define_flags(flag_values):
  """Flags, most of them named as in Magenta's preprocess_tfrecord."""
  from absl import flags  # pylint: disable=import-outside-toplevel
  define = lambda kind, name, default, text: getattr(flags, f'DEFINE_{kind}')(name, default, text, flag_values=flag_values)
  define('string', 'input_tfrecord', '', 'NoteSequence records to read: comma-separated paths and glob patterns.')
  define('string', 'corpus', '', 'Corpora to read instead, comma-separated; `musicnst list` names them.')
  define('string', 'corpus_root', '', 'Folder that holds the corpora.')
  define('bool', 'download', False, 'Fetch the corpora that are public into --corpus_root first.')
  define('bool', 'trust_first_download', False, 'Accept an archive whose checksum nobody publishes; it is recorded and demanded from then on.')
  define('string', 'output_tfrecord', '', 'Prefix of the output files.')
  define('string', 'config', '', 'Config whose converter makes the windows; `musicnst list` names them.')
  define('string', 'hparams', '', "Overrides of the config's hyperparameters: a=1,b=[2,3].")
  define('integer', 'output_shards', 4, 'Files a split.')
  define('string', 'split', '', 'Prepare only this split: train, validation or test. Empty: all three.')
  define('string', 'manifest', '', 'CSV with columns path and split (and label) that declares the splits of the input records.')
  define('string', 'time', '', "How music gets its beats: auto, tempo, estimate or fixed:QPM. Empty: as the corpus needs, auto for records.")
  define('string', 'meter', '', 'Meter of all pieces, such as 4/4. Empty: as their files say, or a guess where that cannot be.')
  define('bool', 'strict', False, 'Reject damaged files; otherwise they are read as far as they go, and the report counts them.')
  define('bool', 'round_trip', True, 'Leave out windows that do not come back equal when decoded and encoded again.')
  define('bool', 'enable_filtering', True, 'Use the six filters below.')
  define('integer', 'max_total_time', 1800, 'Sequences longer than this many seconds are left out.')
  define('integer', 'max_num_notes', 10000, 'Sequences with more notes than this are left out.')
  define('integer', 'min_velocities', 1, 'Sequences with fewer different velocities are left out.')
  define('integer', 'min_metric_positions', 1, 'Sequences with fewer different onset positions within a quarter are left out.')
  define('bool', 'is_drum', None, 'Filters look at drums only (true), at other notes only (false), or at all (unset).')
  define('bool', 'drums_only', False, 'Sequences with notes other than drums are left out.')
  define('string', 'runner', 'local', 'local (processes) or beam.')
  define('list', 'pipeline_options', '--runner=DirectRunner', "Beam's options, comma-separated.")
  define('integer', 'num_processes', 1, 'Processes of the local runner; 0 takes one a core.')


def main(flag_values):
  """Flags -> `data_prep.prepare.run`."""
  report = run(flag_values)
  print('\n'.join(f'{split}: {number} windows' for split, number in report['examples'].items()))
  assumed = _assumed(report['counts'])
  if assumed:
    print(f'assumed: {assumed}')
  print(f'{len(report["rejected"])} pieces rejected; report: {flag_values.output_tfrecord}.report.json')


def _assumed(counts):
  """What was assumed of the pieces: mended files, estimated beats, guessed meters, with their numbers."""
  found = {**counts.get('pieces', {}), **counts.get('sequences', {})}
  return ', '.join(f'{number} {name}' for name, number in found.items()
                   if name.startswith('mended_') or name in ('beats_estimated', 'meter_guessed'))


def run(flag_values):
  """The report of the job that these flags ask for.

  Raises:
    ArgumentError: a required flag is missing.
  """
  import os  # pylint: disable=import-outside-toplevel
  from musicnst import errors  # pylint: disable=import-outside-toplevel
  for name in ('output_tfrecord', 'config'):
    if not flag_values[name].value:
      raise errors.ArgumentError(f'--{name} is required')
  from musicnst.reading import manner  # pylint: disable=import-outside-toplevel
  cleaning = importlib.import_module('data_prep.cleaning')
  filters = cleaning.Filters(
      max_total_time=flag_values.max_total_time, max_num_notes=flag_values.max_num_notes, min_velocities=flag_values.min_velocities,
      min_metric_positions=flag_values.min_metric_positions, is_drum=flag_values.is_drum, drums_only=flag_values.drums_only)
  return importlib.import_module('data_prep.prepare').run(
      flag_values.output_tfrecord, flag_values.config, flag_values.input_tfrecord, flag_values.corpus, flag_values.corpus_root,
      flag_values.hparams, flag_values.split, flag_values.output_shards, filters if flag_values.enable_filtering else None,
      flag_values.time, flag_values.round_trip, flag_values.manifest, flag_values.runner, flag_values.pipeline_options,
      flag_values.num_processes or os.cpu_count(), flag_values.download, flag_values.trust_first_download,
      manner.Manner(flag_values.strict), flag_values.meter)
