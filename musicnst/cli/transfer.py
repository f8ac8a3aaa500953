"""Restyles a piece: the content of one file in the style of another.

  musicnst transfer --content=song.mid --style=rag.mid --output=restyled.mid --report_dir=report

--style may be a folder or several files (one style of all); --content a folder, with a folder as --output. The report is one HTML file
that shows, measures and plays what changed. Formats: MIDI, MusicXML, ABC, Lakh piano rolls.
"""
import os
import sys

from absl import flags

from musicnst import errors
from musicnst.cli import definers
from musicnst.cli import outputs
from musicnst.style_transfer import registry
from musicnst.style_transfer import request


def define_flags(flag_values):
  """The verb's flags."""
  string, _, _, boolean = definers.definers(flag_values)
  string('content', None, 'File (or folder) whose music is restyled.')
  string('style', None, 'File, several with commas between, or a folder: whose style it takes.')
  string('output', None, 'MIDI file (.mid) or score (.musicxml, .mxl) to write; a folder where --content is one, or for all --candidates.')
  string('method', registry.DEFAULT_METHOD, 'Method; musicnst list --kind=methods shows them.')
  string('model', None, "Bundle, run folder or path of a method's model, also one of Magenta's checkpoints; by default the method's own.")
  string('checkpoint_file', None, "Magenta's name for --model.")
  string('config', '', 'Config of a checkpoint that lies outside a run folder; else known from the model.')
  string('hparams', '', 'Overrides of that config.')
  definers.define_options(flag_values, request.Settings)
  string('report_dir', '', 'Folder for the report (HTML) and the sound (WAV); none by default.')
  boolean('audio', True, 'Sound in the report.')
  flags.mark_flags_as_required(['content', 'style', 'output'], flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  styles = [s for s in flag_values.style.split(',') if s] if not os.path.exists(flag_values.style) else [flag_values.style]
  run(flag_values.content, styles, flag_values.output, flag_values.method, _source(flag_values),
      definers.settings_of(flag_values, request.Settings), report_dir=flag_values.report_dir, audio=flag_values.audio)


def run(content, style, output, method=registry.DEFAULT_METHOD, model=None, settings=None, report_dir='', audio=True):
  """Restyles a file, or every file of a folder; prints the paths it wrote.

  Args:
    content: file or folder. style: list of files and folders.
    output: MIDI file or score; a folder where content is one, or for all of several candidates.
    method, model, settings: see `style_transfer.transfer.transfer_each`.
    report_dir: folder for HTML and WAV, or ''.
    audio: whether the report has sound and a WAV is written.

  Raises:
    MusicnstError: nothing could be restyled.
  """
  from musicnst.reading import files
  is_folder = os.path.isdir(content)
  contents = files.find(content) if is_folder else [content]
  all_kept = outputs.check(output, is_folder, settings.candidates if settings else 1)
  for path in contents if not is_folder else []:
    files.check(path)
  for path in style:
    if not os.path.isdir(path):
      files.check(path)
  from musicnst.style_transfer import transfer  # loads TensorFlow
  failed = 0
  for path, result in zip(contents, _results(transfer, contents, style, method, model, settings)):
    if isinstance(result, errors.MusicnstError):
      if not is_folder:
        raise result
      failed += 1
      print(f'skipped: {result}', file=sys.stderr)
      continue
    if all_kept:
      outputs.write_all(result, os.path.splitext(os.path.basename(path))[0], output, report_dir, audio)
      continue
    stem = os.path.splitext(os.path.relpath(path, content) if is_folder else os.path.basename(output))[0]
    target = os.path.join(output, stem + '.mid') if is_folder else output
    outputs.write(result, target, os.path.join(report_dir, stem) if report_dir else '', audio)
  if failed:
    print(f'{len(contents) - failed} of {len(contents)} files restyled, {failed} skipped', file=sys.stderr)
  if failed == len(contents):
    raise errors.DataError(f'{content}: none of its {failed} files could be restyled; the reasons stand above.')


def _results(transfer, contents, style, method, model, settings):
  """One result after the other, each made when it is asked for, so that a long folder never fills the memory."""
  progress = _Progress() if sys.stderr.isatty() else None
  style = style[0] if len(style) == 1 else style
  for result in transfer.transfer_each(contents, style, method, model, settings, progress):
    if progress:
      progress.end()
    yield result


def _source(flag_values):
  """The model that is named, with its config where that is named."""
  if flag_values.model and flag_values.checkpoint_file:
    raise errors.ArgumentError('give --model or --checkpoint_file, not both')
  named = flag_values.model or flag_values.checkpoint_file
  if not flag_values.config and not flag_values.hparams:
    return named
  from musicnst import inference
  if not named:
    raise errors.ArgumentError('--config and --hparams say what --model is; give one')
  return inference.Source(named, flag_values.config, flag_values.hparams)


class _Progress:
  """A line of progress on a terminal."""

  def __call__(self, done, total):
    print(f'\rrestyling {done}/{total}', end='', file=sys.stderr, flush=True)

  def end(self):
    print('\r' + ' ' * 30 + '\r', end='', file=sys.stderr, flush=True)
