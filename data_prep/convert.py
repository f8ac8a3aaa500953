"""A folder of music files -> TFRecords of `NoteSequence` and a report of what was read, written and rejected.

As Magenta's convert_dir_to_note_sequences, with the same ids, made for folders nobody has looked at: each file is read by a
worker process under a time and a memory limit, a bad file costs one line of the report, and the output appears whole or not at
all. Records stand in the order of the files (those of a folder sorted by name, then its sub-folders), whatever the number of
processes. Memory does not grow with the number of files.
"""
import collections
import contextlib
import dataclasses
import json
import os
import tempfile
import time

import tqdm

from data_prep import convert_file
from data_prep import folders
from data_prep import labels as labels_lib
from data_prep import workers
from musicnst import errors
from musicnst import files
from musicnst.reading import files as reading_files
from musicnst.reading import guards
from musicnst.reading import manner as manner_lib

_MAX_SHARDS = 1000


@dataclasses.dataclass(frozen=True)
class Options:
  """How to convert; the defaults suit any folder."""
  recursive: bool = False
  num_shards: int = 1
  num_processes: int = 0  # 0: one for each processor
  labels: str = ''  # CSV, see `labels.Labels.read`
  max_secs: float = 60.0  # for one file
  max_bytes: int = 2 << 30  # of memory for one file
  limits: guards.Limits = guards.Limits()
  manner: manner_lib.Manner = manner_lib.Manner()  # strict or like note_seq


def run(input_dir, output_file, options=None, tell=None, progress=None):
  """Converts every music file of a folder.

  Args:
    input_dir: the folder; its name is the collection's name.
    output_file: TFRecord file to write; with several shards `<output_file>-00000-of-00004` and so on. Beside it stands
      `<output_file>.report.json`.
    options: `Options`.
    tell: called with a line of text for every reject, or None.
    progress: True, False, or None for a bar where stderr is a terminal.

  Returns:
    the report: dict with `sequences_written`, `files_found`, `files_rejected`, `rejected_by_reason`, `files_mended`, `mended_by_reason`,
    `output_files` and more.

  Raises:
    ArgumentError: numbers out of range.
    DataError: no such folder, no music files in it, none that can be read, or a bad table of labels.
    OutputError: the output cannot be written; nothing of it is left behind.
  """
  options = options or Options()
  input_dir = os.path.abspath(os.path.expanduser(input_dir))
  output_file = os.path.abspath(os.path.expanduser(output_file))
  _check(input_dir, output_file, options)
  labels = labels_lib.Labels.read(os.path.expanduser(options.labels)) if options.labels else labels_lib.Labels()
  job = _Job(input_dir, output_file, options, labels, tell or (lambda line: None))
  total, other = folders.count(input_dir, options.recursive)
  if not total:
    raise errors.DataError(_no_files(input_dir, other, options.recursive))
  with job, tqdm.tqdm(total=total, unit='file', desc='convert', disable=None if progress is None else not progress) as bar:
    job.convert(bar)
    report = job.report(other)
  if not report['sequences_written']:
    reasons = ', '.join(f'{number} {reason}' for reason, number in list(report['rejected_by_reason'].items())[:3])
    raise errors.DataError(f'{input_dir}: none of its {total} music files can be read ({reasons}); see {report["report_file"]}')
  return report


class _NothingRead(Exception):
  """Ends the writing of outputs that would be empty."""


class _Job:
  """One run: the open outputs and the counts."""

  def __init__(self, input_dir, output_file, options, labels, tell):
    self._input_dir, self._output_file, self._options, self._labels, self._tell = input_dir, output_file, options, labels, tell
    self._collection = os.path.basename(input_dir)
    self._counts, self._reasons, self._mended = collections.Counter(), collections.Counter(), collections.Counter()
    self._started = time.monotonic()

  def __enter__(self):
    self._lists = {name: tempfile.TemporaryFile('w+', encoding='utf-8') for name in ('rejects', 'mended')}  # may be long: not in memory
    return self

  def __exit__(self, *exception):
    for lines in self._lists.values():
      lines.close()

  @property
  def _paths(self):
    number = self._options.num_shards
    return [self._output_file] if number == 1 else [f'{self._output_file}-{i:05d}-of-{number:05d}' for i in range(number)]

  def convert(self, bar):
    """Writes all records; the outputs appear together at the end, and not at all without a single record."""
    settings = workers.Settings('data_prep.convert_file:convert', self._options.max_secs, self._options.max_bytes)
    with contextlib.suppress(_NothingRead), contextlib.ExitStack() as stack:
      temporaries = [stack.enter_context(files.atomic_path(path)) for path in self._paths]
      shards = [stack.enter_context(open(path, 'wb')) for path in temporaries]
      outcomes = workers.run(settings, self._tasks(), self._options.num_processes or os.cpu_count() or 1)
      with contextlib.closing(outcomes):
        for task, outcome in outcomes:
          self._write(task, outcome, shards)
          bar.update()
      if not self._counts['sequences_written']:
        raise _NothingRead

  def _tasks(self):
    for relative_path in folders.walk(self._input_dir, self._options.recursive, refuse=self._refuse_folder):
      found = self._labels.find(relative_path, self._collection)
      if self._labels and not found:
        self._counts['files_without_label'] += 1
      yield convert_file.Task(self._input_dir, relative_path, self._collection, *(found or ((), ())), self._options.limits,
                              self._options.manner)

  def _write(self, task, outcome, shards):
    records, rejects, mended = ([], [(outcome.reason, outcome.detail)], []) if isinstance(outcome, workers.Failure) else outcome
    for record in records:
      shards[self._counts['sequences_written'] % len(shards)].write(record)
      self._counts['sequences_written'] += 1
    self._counts['files_found'] += 1
    self._counts['files_read' if records else 'files_rejected'] += 1
    self._counts['files_mended'] += bool(mended)
    self._mended.update({reason for reason, _ in mended})
    for reason, detail in mended:
      self._list('mended', task.relative_path, reason, detail)
    for reason, detail in rejects:
      self._reject(task.relative_path, reason, detail)

  def _refuse_folder(self, relative_path, error):
    self._reject(relative_path, 'unreadable_folder', f'cannot be listed ({error.strerror})')

  def _reject(self, relative_path, reason, detail):
    self._reasons[reason] += 1
    self._list('rejects', relative_path, reason, detail)
    self._tell(f'{relative_path}: {reason}: {detail}')

  def _list(self, name, relative_path, reason, detail):
    """A line of one of the report's lists."""
    self._lists[name].write(json.dumps({'file': relative_path, 'reason': reason, 'detail': detail}) + '\n')

  def report(self, other_files):
    """Writes the report; -> it, without the lists of what was rejected and mended."""
    report = {
        'input_dir': self._input_dir, 'output_files': self._paths if self._counts['sequences_written'] else [],
        'report_file': f'{self._output_file}.report.json',
        **{name: self._counts[name] for name in ('files_found', 'files_read', 'files_rejected', 'files_mended', 'sequences_written')},
        'files_without_label': self._counts['files_without_label'] if self._labels else None,
        'other_files': dict(other_files.most_common()), 'rejected_by_reason': dict(self._reasons.most_common()),
        'mended_by_reason': dict(self._mended.most_common()),
        'seconds': round(time.monotonic() - self._started, 2)}
    with files.atomic_path(report['report_file']) as temporary, open(temporary, 'w', encoding='utf-8') as file:
      file.write(json.dumps(report, indent=2).removesuffix('\n}'))
      for name, lines in self._lists.items():
        file.write(f',\n  "{name}": [')
        lines.seek(0)
        for i, line in enumerate(lines):
          file.write((',' if i else '') + '\n    ' + line.rstrip('\n'))
        file.write('\n  ]')
      file.write('\n}\n')
    return report


def _check(input_dir, output_file, options):
  if not 1 <= options.num_shards <= _MAX_SHARDS:
    raise errors.ArgumentError(f'num_shards: {options.num_shards}, must be from 1 to {_MAX_SHARDS}')
  if options.num_processes < 0:
    raise errors.ArgumentError(f'num_processes: {options.num_processes}, must be 0 (one for each processor) or more')
  if options.max_secs <= 0 or options.max_bytes <= 0:
    raise errors.ArgumentError('the time and the memory that one file may take must be more than 0')
  if os.path.isdir(output_file):
    raise errors.OutputError(f'{output_file}: cannot be written (it is a folder). Name a file.')
  try:
    with os.scandir(input_dir):
      pass
  except OSError as error:
    raise errors.DataError(f'{input_dir}: cannot be read as a folder ({error.strerror})') from error


def _no_files(input_dir, other, recursive):
  found = f' (found: {", ".join(f"{number} {kind}" for kind, number in other.most_common(5))})' if other else ' (it is empty)'
  hint = '' if recursive else '; --recursive looks into its sub-folders'
  return f'{input_dir}: holds no music files with one of {" ".join(reading_files.EXTENSIONS)}{found}{hint}'
