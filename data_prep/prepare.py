"""The job behind `musicnst prepare`: corpora or NoteSequence records -> window records by split, with a report beside them.

  musicnst prepare --corpus=pop909 --corpus_root=/data --config=polyphonic-2bar --output_tfrecord=/data/pop.tfrecord
"""
import csv
import importlib
import time

from data_prep import counts as counts_lib
from data_prep import run_local
from data_prep import shards
from data_prep import splits
from data_prep import stages
from data_prep.corpora import corpus_map
from data_prep.corpora import download
from musicnst import errors
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.reading import manner
from musicnst.reading import meter as meter_lib

RUNNERS = ('local', 'beam')


def run(output_tfrecord, config, input_tfrecord='', corpus_names='', corpus_root='', hparams='', split='', output_shards=4, filters=None,
        time_mode='', round_trip=True, manifest='', runner='local', pipeline_options=(), num_processes=1, download_missing=False,
        trust_first_download=False, how=None, meter=''):
  """Prepares windows.

  Args:
    output_tfrecord: prefix of the output: `<prefix>-<split>-00000-of-00004`, with `split` given `<prefix>-00000-of-00004`.
    config: a name in CONFIG_MAP, or in CONVERTER_MAP for the converter alone.
    input_tfrecord: NoteSequence records (comma-separated globs), as `convert` writes them; or
    corpus_names, corpus_root: corpora of CORPUS_MAP (comma-separated) and where they lie.
    hparams: overrides of the config's.
    split: prepare only this split: `train`, `validation` or `test`; empty prepares all three.
    output_shards: files a split.
    filters: `cleaning.Filters`; None filters nothing.
    time_mode, round_trip: see `stages.Settings`.
    manifest: csv with columns path and split (and label): the splits of `input_tfrecord`'s files.
    runner: `local` or `beam`.
    pipeline_options: Beam's.
    num_processes: of the local runner.
    download_missing: fetch the corpora into `corpus_root` first (public ones; see `download`).
    trust_first_download: accept archives whose checksum is not known, and record it.
    how: `reading.manner.Manner` in which files are read; None for the default.
    meter: see `stages.Settings`.

  Returns:
    The report, a dict, as written to `<prefix>.report.json`.

  Raises:
    ArgumentError, UnknownNameError, DataError, OutputError.
  """
  _check(input_tfrecord, corpus_names, corpus_root, split, output_shards, runner)
  if meter:
    meter_lib.parse(meter)
  started = time.time()
  converter = converter_of(config, hparams)
  settings = stages.Settings(converter, filters, time_mode or _own_time(converter), round_trip, manner=how or manner.Manner(), meter=meter)
  shards.check_writable(output_tfrecord)
  split_names = (split,) if split else splits.SPLITS
  paths = shards.shard_paths(output_tfrecord, split_names, output_shards)
  if corpus_names:
    roots = _roots(corpus_names, corpus_root, download_missing, trust_first_download)
    items = list(stages.items_of_corpora(roots, split))
    total = len(items)
  else:
    found = tfrecords.expand(input_tfrecord)
    items, total = stages.items_of_records(found, _declared(manifest)), sum(tfrecords.count(path) for path in found)
  if runner == 'beam':
    counts, rejects = _beam().run(items, settings, paths, pipeline_options)
  else:
    counts, rejects = run_local.run(items, settings, paths, num_processes, total)
  shards.remove_stale(paths)
  report = _report(config, converter, paths, counts, rejects, time.time() - started)
  counts_lib.write_report(f'{output_tfrecord}.report.json', report)
  return report


def _own_time(converter):
  """How far a stroke lies from the grid is measured by the file's own tempo, never by an estimate; else the corpus's own mode."""
  return 'tempo' if converter.real_valued else ''


def _roots(names, root, download_missing, trust_first):
  """[(Corpus, folder)]: each corpus's own folder where it was downloaded, else `root`."""
  if not download_missing:
    return [(entry, root) for entry in corpus_map.get(names)]
  return [(entry, download.corpus_folder(entry, root, trust_first=trust_first)) for entry in corpus_map.get(names)]


def _beam():
  try:
    return importlib.import_module('data_prep.run_beam')
  except ModuleNotFoundError as error:
    raise errors.ArgumentError("--runner=beam needs Apache Beam: pip install 'musicnst[beam]', or use --runner=local") from error


def _check(input_tfrecord, corpus_names, corpus_root, split, output_shards, runner):
  if bool(input_tfrecord) == bool(corpus_names):
    raise errors.ArgumentError('give either --input_tfrecord or --corpus (with --corpus_root)')
  if corpus_names and not corpus_root:
    raise errors.ArgumentError('--corpus needs --corpus_root, the folder that holds it')
  if split and split not in splits.SPLITS:
    raise errors.ArgumentError(f'unknown split {split!r}; known: {", ".join(splits.SPLITS)}')
  if not 1 <= output_shards <= 9999:
    raise errors.ArgumentError(f'output_shards={output_shards} is not between 1 and 9999')
  if runner not in RUNNERS:
    raise errors.ArgumentError(f'unknown runner {runner!r}; known: {", ".join(RUNNERS)}')


def converter_of(config, hparams=''):
  """The converter of a config, or one of CONVERTER_MAP by its own name.

  Raises:
    UnknownNameError: neither; HparamError.
  """
  converter_map = importlib.import_module('musicnst.representations.converter_map').CONVERTER_MAP
  if config in converter_map and not hparams:
    return converter_map[config]()
  return importlib.import_module('musicnst.configs').get(config, hparams).build_converter()


def _declared(manifest):
  """Rows of a manifest by path."""
  if not manifest:
    return {}
  try:
    with open(manifest, newline='', encoding='utf-8') as file:
      rows = list(csv.DictReader(file))
    wrong = {row['split'] for row in rows} - {*splits.SPLITS, ''}
    if wrong:
      raise errors.DataError(f'{manifest}: unknown split {sorted(wrong)[0]!r}; known: {", ".join(splits.SPLITS)}')
    return {row['path']: row for row in rows}
  except OSError as error:
    raise errors.DataError(f'{manifest}: cannot be read ({error.strerror})') from error
  except KeyError as error:
    raise errors.DataError(f'{manifest}: has no column {error}; columns path and split are needed') from error


def _report(config, converter, paths, counts, rejects, seconds):
  return {
      'config': config,
      'converter': {'name': converter.name, 'format': records.format_of(converter), **converter.to_dict()},
      'files': paths,
      'examples': {split: counts['windows', f'written_{split}'] for split in paths},
      'counts': counts.by_stage(),
      'rejected': [{'item': name, 'reason': reason, 'message': message} for _, name, reason, message in rejects],
      'seconds': round(seconds, 1),
  }
