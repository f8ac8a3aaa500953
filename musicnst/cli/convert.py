"""A folder of music files -> NoteSequence records, with a report of every file that could not be read.

  musicnst convert --input_dir=~/midi --recursive --output_file=/tmp/notesequences.tfrecord

Reads .mid .midi .kar .rmi, .xml .musicxml .mxl, .abc (every tune) and .npz (Lakh piano rolls). The report lies beside the output, as
<output_file>.report.json. A thousand pop songs take about two seconds on two cores.
"""
import sys

import tqdm

from data_prep import convert
from musicnst import errors
from musicnst.reading import manner

_LEVELS = ('DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL')
_MEGABYTE = 1 << 20


def define_flags(flag_values):
  """Magenta's flags, and ours for shards, processes, labels and limits."""
  from absl import flags
  flags.DEFINE_string('input_dir', None, 'Folder with the files to convert (required).', flag_values=flag_values)
  flags.DEFINE_string('output_file', None, 'TFRecord file to write, of NoteSequence protos (required).', flag_values=flag_values)
  flags.DEFINE_bool('recursive', False, 'Look into sub-folders.', flag_values=flag_values)
  flags.DEFINE_enum('log', 'INFO', _LEVELS, 'DEBUG, INFO and WARN name each rejected file; ERROR and FATAL say nothing.',
                    flag_values=flag_values)
  flags.DEFINE_integer('num_shards', 1, 'Files to spread the records over: <output_file>-00000-of-00004 ...', flag_values=flag_values)
  flags.DEFINE_integer('num_processes', 0, 'Worker processes; 0: one for each processor.', flag_values=flag_values)
  flags.DEFINE_string('labels', '', 'CSV with the columns path and label (or genre), composer; paths below the input folder.',
                      flag_values=flag_values)
  flags.DEFINE_bool('strict', False, 'Reject damaged MIDI files; otherwise they are read as far as they go, and the report says so.',
                    flag_values=flag_values)
  flags.DEFINE_bool('like_note_seq', False, 'Read MIDI exactly as note_seq does, where it is wrong too (docs/results/reading.md).',
                    flag_values=flag_values)
  flags.DEFINE_float('max_secs_per_file', 60.0, 'A file that takes longer is rejected.', flag_values=flag_values)
  flags.DEFINE_integer('max_mb_per_file', 2048, 'A file that needs more memory is rejected.', flag_values=flag_values)


def main(flag_values):
  """Runs the job and prints its sums."""
  for name in ('input_dir', 'output_file'):
    if not flag_values[name].value:
      raise errors.ArgumentError(f'--{name} is required')
  options = convert.Options(
      recursive=flag_values.recursive, num_shards=flag_values.num_shards, num_processes=flag_values.num_processes,
      labels=flag_values.labels, max_secs=flag_values.max_secs_per_file, max_bytes=flag_values.max_mb_per_file * _MEGABYTE,
      manner=manner.Manner(flag_values.strict, flag_values.like_note_seq))
  level = _LEVELS.index(flag_values.log)
  report = convert.run(flag_values.input_dir, flag_values.output_file, options, tell=_tell if level <= _LEVELS.index('WARN') else None)
  if level <= _LEVELS.index('INFO'):
    print(summary(report))


def summary(report):
  """The lines that end a run."""
  outputs = report['output_files']
  where = outputs[0] if len(outputs) == 1 else f'{outputs[0]} ... ({len(outputs)} shards)'
  rejected = ', '.join(f'{number} {reason}' for reason, number in report['rejected_by_reason'].items())
  lines = [f'{report["files_read"]} of {report["files_found"]} files read, {report["sequences_written"]} sequences written to {where}']
  if rejected:
    lines.append(f'rejected: {rejected}; each with its reason in {report["report_file"]}')
  if report['files_mended']:
    mended = ', '.join(f'{number} {reason}' for reason, number in report['mended_by_reason'].items())
    lines.append(f'{report["files_mended"]} files mended: {mended}')
  if report['files_without_label']:
    lines.append(f'{report["files_without_label"]} files have no row in the table of labels')
  return '\n'.join(lines)


def _tell(line):
  tqdm.tqdm.write(line, file=sys.stderr)
